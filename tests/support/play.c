/* The steps of plays against a recorder.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <string.h>

#include "play-private.h"

#define MAX_CALLS   8
#define MAX_PROBLEM 4000 /* bytes; a longer message would be too long for a test to tell */

/* One call of the play. */
typedef struct {
  Caller *caller;
  guint status;      /* of the last response */
  gint session;      /* which of the recorder's, -1 if it hasn't been accepted */
  GPtrArray *events; /* JsonObject, all that have come */
  GArray *seen;      /* gboolean for each: an `event` step was content with it */
  gboolean ended;
} Call;

typedef struct {
  Play *play;
  const PlayRecorder *handler;
  gpointer recorder;
  const gchar *uri;
  gboolean strict;
  gboolean tcp;
  gboolean over;
  Call calls[MAX_CALLS];
  guint current;
  guint n_sessions;
  const PlayStep *step;
  gchar *status_line; /* what the recorder's requests get */
  gchar *problem;
} Stage;

static void G_GNUC_PRINTF (2, 3) complain (Stage *stage, const gchar *format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  if (stage->problem)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  stage->problem =
      g_strdup_printf ("%s:%u: %s%.*s", stage->play->path, stage->step ? stage->step->line : 0,
                       stage->strict ? "(strict) " : "", MAX_PROBLEM, text);
}

static Call *
current_call (Stage *stage)
{
  Call *call = &stage->calls[stage->current];

  if (call->caller == NULL) {
    call->caller = caller_new (stage->uri, stage->tcp);
    call->session = -1;
    call->events = g_ptr_array_new_with_free_func ((GDestroyNotify)json_object_unref);
    call->seen = g_array_new (FALSE, TRUE, sizeof (gboolean));
    caller_begin (call->caller);
    caller_set_status (call->caller, stage->status_line);
  }
  return call;
}

static void
call_clear (Call *call)
{
  if (call->caller == NULL)
    return;
  caller_free (call->caller);
  g_ptr_array_unref (call->events);
  g_array_unref (call->seen);
}

/* ---- events ---- */

/* Waits for one more event. FALSE if none comes. */
static gboolean
fetch (Stage *stage, Call *call)
{
  JsonObject *event = call->session < 0 || call->ended
                          ? NULL
                          : stage->handler->next_event (stage->recorder, call->session);
  gboolean seen = FALSE;

  if (event == NULL)
    return FALSE;
  g_ptr_array_add (call->events, event);
  g_array_append_val (call->seen, seen);
  call->ended = g_str_equal (json_object_get_string_member (event, "type"), "siprec.session.ended");
  return TRUE;
}

static gchar *
node_text (JsonNode *node)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    return g_strdup (
        json_object_get_string_member_with_default (json_node_get_object (node), "name", "?"));
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    return json_node_dup_string (node);
  if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *array = json_node_get_array (node);
    g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

    for (guint i = 0; i < json_array_get_length (array); i++)
      g_ptr_array_add (texts, node_text (json_array_get_element (array, i)));
    g_ptr_array_add (texts, NULL);
    return g_strjoinv (",", (gchar **)texts->pdata);
  }
  return json_to_string (node, FALSE);
}

/* The member of @data at @path, "streams.0.stats.num-lost", or NULL. */
static JsonNode *
find_member (JsonObject *data, const gchar *path)
{
  g_auto (GStrv) names = g_strsplit (path, ".", -1);
  JsonNode *node = json_object_get_member (data, names[0]);

  for (guint i = 1; names[0] && names[i] && node; i++) {
    guint index = (guint)g_ascii_strtoull (names[i], NULL, 10);

    if (JSON_NODE_HOLDS_OBJECT (node))
      node = json_object_get_member (json_node_get_object (node), names[i]);
    else if (JSON_NODE_HOLDS_ARRAY (node) &&
             index < json_array_get_length (json_node_get_array (node)))
      node = json_array_get_element (json_node_get_array (node), index);
    else
      node = NULL;
  }
  return node;
}

/* TRUE if @event has all of @pairs, "member=value" each. */
static gboolean
matches (JsonObject *event, const gchar *type, gchar **pairs)
{
  JsonObject *data = json_object_get_object_member (event, "data");

  if (!g_str_equal (json_object_get_string_member (event, "type") + strlen ("siprec."), type))
    return FALSE;
  for (; *pairs; pairs++) {
    const gchar *wanted = strchr (*pairs, '=');
    g_autofree gchar *name = g_strndup (*pairs, wanted ? (gsize)(wanted - *pairs) : 0);
    JsonNode *node = find_member (data, name);
    g_autofree gchar *value = node ? node_text (node) : g_strdup ("");

    if (wanted == NULL || !g_pattern_match_simple (wanted + 1, value))
      return FALSE;
  }
  return TRUE;
}

static gchar *
list_events (Call *call)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < call->events->len; i++) {
    JsonObject *event = g_ptr_array_index (call->events, i);
    JsonObject *data = json_object_get_object_member (event, "data");
    g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
    g_autofree gchar *text = NULL;

    json_node_set_object (node, data);
    text = json_to_string (node, FALSE);
    g_string_append_printf (list, "\n  %s %.200s", json_object_get_string_member (event, "type"),
                            text);
  }
  return g_string_free (g_steal_pointer (&list), FALSE);
}

static void
do_event (Stage *stage)
{
  Call *call = current_call (stage);
  gchar **words = stage->step->words;

  for (guint i = 0;; i++) {
    if (i == call->events->len && !fetch (stage, call)) {
      g_autofree gchar *list = list_events (call);

      complain (stage, "no such event; there were%s", list);
      return;
    }
    if (!g_array_index (call->seen, gboolean, i) &&
        matches (g_ptr_array_index (call->events, i), words[0], words + 1)) {
      g_array_index (call->seen, gboolean, i) = TRUE;
      return;
    }
  }
}

static void
do_total (Stage *stage)
{
  Call *call = current_call (stage);
  gchar **words = stage->step->words;
  guint wanted = (guint)g_ascii_strtoull (words[1], NULL, 10), n = 0;

  for (guint i = 0; i < call->events->len; i++)
    n += matches (g_ptr_array_index (call->events, i), words[0], words + 2);
  if (n != wanted) {
    g_autofree gchar *list = list_events (call);

    complain (stage, "%u such events; there were%s", n, list);
  }
}

/* The streams that the events of @call so far leave. */
static GPtrArray *
present_streams (Call *call)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < call->events->len; i++) {
    JsonObject *event = g_ptr_array_index (call->events, i);
    JsonObject *data = json_object_get_object_member (event, "data");
    const gchar *type = json_object_get_string_member (event, "type");
    guint at;

    if (g_str_equal (type, "siprec.stream.added"))
      g_ptr_array_add (names, (gpointer)json_object_get_string_member (data, "stream"));
    else if (g_str_equal (type, "siprec.stream.removed") &&
             g_ptr_array_find_with_equal_func (
                 names, json_object_get_string_member (data, "stream"), g_str_equal, &at))
      g_ptr_array_remove_index (names, at);
  }
  return names;
}

gboolean
play_streams_match (const gchar *const *wanted, gchar **present)
{
  for (; *wanted; wanted++) {
    gboolean optional = g_str_has_suffix (*wanted, "?");
    gsize length = strlen (*wanted) - optional;

    if (*present && strncmp (*present, *wanted, length) == 0 && strlen (*present) == length)
      present++;
    else if (!optional)
      return FALSE;
  }
  return *present == NULL;
}

static void
do_streams (Stage *stage)
{
  Call *call = current_call (stage);
  const gchar *const *wanted = (const gchar *const *)stage->step->words;

  if (stage->handler->await_streams) {
    if (!stage->handler->await_streams (stage->recorder, wanted))
      complain (stage, "the streams are others");
    return;
  }
  for (;;) {
    g_autoptr (GPtrArray) names = present_streams (call);

    g_ptr_array_add (names, NULL);
    if (play_streams_match (wanted, (gchar **)names->pdata))
      return;
    if (!fetch (stage, call)) {
      g_autofree gchar *list = g_strjoinv (" ", (gchar **)names->pdata);

      complain (stage, "the streams are %s", list);
      return;
    }
  }
}

/* ---- SIP ---- */

static void
do_send (Stage *stage)
{
  Call *call = current_call (stage);
  gboolean wait = !g_strv_contains ((const gchar *const *)stage->step->words, "nowait");
  GString *message = play_expand (stage->play, stage->step, call->caller);

  call->status = caller_send_whole (call->caller, message->str, message->len, wait);
  if (wait && call->session < 0 && call->status / 100 == 2 &&
      g_str_has_prefix (message->str, "INVITE "))
    call->session = (gint)stage->n_sessions++;
  g_string_free (message, TRUE);
}

static void
do_status (Stage *stage)
{
  Call *call = current_call (stage);
  guint wanted = (guint)g_ascii_strtoull (stage->step->words[0], NULL, 10);

  if (call->status != wanted)
    complain (stage, "status %u:\n%s", call->status,
              caller_last (call->caller) ? caller_last (call->caller) : "");
}

static void
do_strict (Stage *stage)
{
  if (!stage->strict)
    return;
  do_status (stage);
  stage->over = current_call (stage)->status >= 300;
}

static void
do_has (Stage *stage)
{
  Call *call = current_call (stage);
  const gchar *last = caller_last (call->caller);
  gboolean wanted = g_str_equal (stage->step->name, "has");

  if ((last && strstr (last, stage->step->rest)) != wanted)
    complain (stage, "the message is\n%s", last ? last : "none");
}

static void
do_call (Stage *stage)
{
  g_autofree gchar *call_id = caller_word (current_call (stage)->caller, "call-id");
  gchar **words = stage->step->words;

  stage->current = (guint)(g_ascii_strtoull (words[0], NULL, 10) - 1) % MAX_CALLS;
  current_call (stage);
  if (words[1] && g_str_equal (words[1], "same-call-id"))
    caller_set_word (current_call (stage)->caller, "call-id", call_id);
}

static void
do_tcp (Stage *stage)
{
  stage->tcp = TRUE;
}

static void
do_reply (Stage *stage)
{
  g_free (stage->status_line);
  stage->status_line = g_strdup (stage->step->rest);
  caller_set_status (current_call (stage)->caller, stage->status_line);
}

static void
do_answer (Stage *stage)
{
  Call *call = current_call (stage);
  GString *sdp = play_expand (stage->play, stage->step, call->caller);

  caller_set_answer (call->caller, sdp->len > 2 ? sdp->str : NULL);
  g_string_free (sdp, TRUE);
}

static void
do_await (Stage *stage)
{
  Call *call = current_call (stage);

  if (!caller_await (call->caller, stage->step->words[0]))
    complain (stage, "there was no such request");
}

static void
do_silence (Stage *stage)
{
  Call *call = current_call (stage);

  if (!caller_is_left_alone (call->caller,
                             (guint)g_ascii_strtoull (stage->step->words[0], NULL, 10)))
    complain (stage, "there was a message");
}

static void
do_act (Stage *stage)
{
  Call *call = current_call (stage);

  stage->handler->act (stage->recorder, (guint)MAX (call->session, 0), stage->step->words[0]);
}

static void
do_end (Stage *stage)
{
  Call *call = current_call (stage);

  while (fetch (stage, call))
    ;
  if (!call->ended) {
    g_autofree gchar *list = list_events (call);

    complain (stage, "the session has not ended; there were%s", list);
  }
}

static void
do_bye (Stage *stage)
{
  Call *call = current_call (stage);

  call->status = caller_bye (call->caller);
  if (call->status != 200)
    complain (stage, "BYE got %u", call->status);
  do_end (stage);
}

/* ---- RTP ---- */

static void
do_rtp (Stage *stage)
{
  Call *call = current_call (stage);
  gchar **words = stage->step->words;
  guint line = (guint)g_ascii_strtoull (words[0], NULL, 10);
  guint n = (guint)g_ascii_strtoull (words[1], NULL, 10);

  if (g_str_equal (stage->step->name, "skip")) {
    caller_skip (call->caller, line, n);
    return;
  }
  for (guint i = 0; i < n; i++) {
    caller_send (call->caller, line, (guint8)(0x10 + line));
    g_usleep (20000);
  }
}

static void
do_raw (Stage *stage)
{
  Call *call = current_call (stage);
  gchar **words = stage->step->words;
  g_autoptr (GByteArray) packet = g_byte_array_new ();

  for (const gchar *hex = words[1]; g_ascii_isxdigit (hex[0]) && g_ascii_isxdigit (hex[1]);
       hex += 2) {
    guint8 byte = (guint8)(g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));

    g_byte_array_append (packet, &byte, 1);
  }
  caller_send_raw (call->caller, (guint)g_ascii_strtoull (words[0], NULL, 10), packet->data,
                   packet->len);
}

static void
do_restart (Stage *stage)
{
  caller_restart (current_call (stage)->caller,
                  (guint)g_ascii_strtoull (stage->step->words[0], NULL, 10));
}

/* ---- the whole ---- */

static void
do_nothing (Stage *stage)
{
}

static const struct {
  const gchar *name;
  guint n_words; /* at least */
  void (*run) (Stage *stage);
} actions[] = {
    {"set", 1, do_nothing}, {"tcp", 0, do_tcp},         {"call", 1, do_call},
    {"send", 0, do_send},   {"status", 1, do_status},   {"strict", 1, do_strict},
    {"has", 1, do_has},     {"hasnt", 1, do_has},       {"event", 1, do_event},
    {"total", 2, do_total}, {"streams", 0, do_streams}, {"rtp", 2, do_rtp},
    {"skip", 2, do_rtp},    {"raw", 2, do_raw},         {"restart", 1, do_restart},
    {"act", 1, do_act},     {"reply", 1, do_reply},     {"answer", 0, do_answer},
    {"await", 1, do_await}, {"silence", 1, do_silence}, {"bye", 0, do_bye},
    {"end", 0, do_end},
};

static void
run_step (Stage *stage)
{
  for (guint i = 0; i < G_N_ELEMENTS (actions); i++) {
    if (!g_str_equal (actions[i].name, stage->step->name))
      continue;
    if (g_strv_length (stage->step->words) < actions[i].n_words)
      complain (stage, "\"%s\" needs more words", stage->step->name);
    else
      actions[i].run (stage);
    return;
  }
  complain (stage, "there is no step \"%s\"", stage->step->name);
}

gchar *
play_run (Play *play, const PlayRecorder *handler, gpointer recorder, const gchar *uri,
          gboolean strict)
{
  Stage stage = {.play = play,
                 .handler = handler,
                 .recorder = recorder,
                 .uri = uri,
                 .strict = strict,
                 .status_line = g_strdup ("200 OK")};

  for (guint i = 0; i < play->steps->len && !stage.problem && !stage.over; i++) {
    stage.step = g_ptr_array_index (play->steps, i);
    run_step (&stage);
  }
  for (stage.current = 0; stage.current < MAX_CALLS && !stage.problem; stage.current++) {
    Call *call = &stage.calls[stage.current];

    if (call->caller && call->session >= 0 && !call->ended)
      do_bye (&stage);
  }
  for (guint i = 0; i < MAX_CALLS; i++)
    call_clear (&stage.calls[i]);
  g_free (stage.status_line);
  return stage.problem;
}
