/* A recorder of the core as plays see it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recorder.h"

#include <string.h>

static void
on_streams_free (gpointer streams)
{
  g_ptr_array_unref (streams);
}

/* The streams of @session, which are claimed as their events come. */
static GPtrArray *
claimed_streams (SiprecSession *session)
{
  GPtrArray *streams = g_object_get_data (G_OBJECT (session), "streams");

  if (streams == NULL) {
    streams = g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_stream_unref);
    g_object_set_data_full (G_OBJECT (session), "streams", streams, on_streams_free);
  }
  return streams;
}

/* Takes what has come, so that nothing is too old when it is wanted. */
static void
drain (SiprecSession *session)
{
  GPtrArray *streams = claimed_streams (session);
  SiprecUnit units[16];
  guint n;

  for (guint i = 0; i < streams->len; i++) {
    while ((n = siprec_stream_pop (g_ptr_array_index (streams, i), units, G_N_ELEMENTS (units))))
      while (n > 0)
        siprec_unit_clear (&units[--n]);
  }
}

static void
claim_stream (SiprecSession *session, SiprecStream *stream)
{
  SiprecStreamWishes wishes = {.latency = 20 * GST_MSECOND, .fill = SIPREC_FILL_NONE};

  siprec_stream_claim (stream, &wishes, NULL);
  g_ptr_array_add (claimed_streams (session), siprec_stream_ref (stream));
}

static JsonObject *
next_event (gpointer recorder, guint n)
{
  SiprecSession *session = recorder_session (recorder, n);
  g_autoptr (SiprecEvent) event = NULL;
  JsonObject *object;

  if (session == NULL)
    return NULL;
  if (!siprec_session_is_claimed (session))
    recorder_claim (recorder, session);
  drain (session);
  event = recorder_next_event (recorder, session);
  if (event == NULL)
    return NULL;
  if (event->type == SIPREC_EVENT_STREAM_ADDED)
    claim_stream (session, event->stream);
  object = json_object_new ();
  json_object_set_string_member (object, "type", siprec_event_type_name (event->type));
  json_object_set_object_member (object, "data", json_object_ref (event->data));
  return object;
}

static void
act (gpointer recorder, guint n, const gchar *action)
{
  SiprecSession *session = recorder_session (recorder, n);

  if (session == NULL)
    return;
  if (g_str_equal (action, "pause"))
    siprec_session_pause (session, SIPREC_ALL_LINES, NULL, NULL);
  else if (g_str_equal (action, "resume"))
    siprec_session_resume (session, SIPREC_ALL_LINES, NULL, NULL);
  else if (g_str_equal (action, "snapshot"))
    siprec_session_request_snapshot (session, "state lost", NULL, NULL);
  else if (g_str_equal (action, "hangup"))
    siprec_session_hangup (session, NULL);
}

gchar *
recorder_play (const gchar *path, gboolean strict)
{
  static const PlayRecorder handler = {next_event, NULL, act};
  g_autoptr (Play) play = play_new (path);
  SiprecPolicy policy = {
      .accept = g_strcmp0 (play_setting (play, "accept"), "any") == 0 ? SIPREC_ACCEPT_ANY
                                                                      : SIPREC_ACCEPT_SIPREC,
      .strictness = strict ? SIPREC_STRICTNESS_STRICT : SIPREC_STRICTNESS_LENIENT,
  };
  Recorder *recorder = recorder_new (&policy);
  gchar *problem;

  recorder_apply (recorder, 60 * GST_SECOND);
  problem = play_run (play, &handler, recorder, recorder_uri (recorder), strict);
  if (problem == NULL && !recorder_await_idle (recorder))
    problem = g_strdup_printf ("%s: a session is left", path);
  recorder_free (recorder);
  return problem;
}

static gint
compare_paths (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const gchar *const *)a, *(const gchar *const *)b);
}

GPtrArray *
recorder_find_plays (const gchar *folder)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir))) {
    if (g_str_has_suffix (name, ".play"))
      g_ptr_array_add (paths, g_build_filename (folder, name, NULL));
  }
  g_ptr_array_sort (paths, compare_paths);
  return paths;
}

gchar *
recorder_play_all (const gchar *folder, gboolean strict)
{
  g_autoptr (GPtrArray) paths = recorder_find_plays (folder);
  GString *problems = g_string_new (NULL);

  for (guint i = 0; i < paths->len; i++) {
    g_autofree gchar *problem = recorder_play (g_ptr_array_index (paths, i), strict);

    /* One is told whole, and of the others where they are. */
    if (problem && problems->len > 0)
      problem[strcspn (problem, " \n")] = '\0';
    if (problem)
      g_string_append_printf (problems, "%s\n", problem);
  }
  return g_string_free (problems, problems->len == 0);
}
