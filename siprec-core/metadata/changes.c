/* siprec-core: who joined, left or changed between two metadata states
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "changes.h"

/* A state with what is looked up in it again and again. */
typedef struct {
  const SiprecMetadata *metadata;
  GHashTable *left;    /* ids of participants */
  GHashTable *streams; /* id -> SiprecStreamInfo, as documents named it or else as guessed */
  GHashTable *assocs;  /* participant id -> SiprecStreamAssoc, if it is in force */
} View;

static void
view_init (View *view, const SiprecMetadata *metadata)
{
  view->metadata = metadata;
  view->left = siprec_metadata_left (metadata);
  view->streams = g_hash_table_new (g_str_hash, g_str_equal);
  view->assocs = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; i < metadata->streams->len; i++) {
    SiprecStreamInfo *stream = g_ptr_array_index (metadata->streams, i);

    if (!stream->guessed || !g_hash_table_contains (view->streams, stream->id))
      g_hash_table_insert (view->streams, stream->id, stream);
  }
  for (guint i = 0; i < metadata->assocs->len; i++) {
    SiprecStreamAssoc *assoc = g_ptr_array_index (metadata->assocs, i);

    if (!assoc->disassociate_time)
      g_hash_table_insert (view->assocs, assoc->participant_id, assoc);
  }
}

static void
view_clear (View *view)
{
  g_hash_table_unref (view->left);
  g_hash_table_unref (view->streams);
  g_hash_table_unref (view->assocs);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (View, view_clear)

static void
set_text (JsonObject *object, const gchar *name, const gchar *text)
{
  g_autofree gchar *clean = text ? siprec_event_text (text, -1) : NULL;

  if (clean)
    json_object_set_string_member (object, name, clean);
}

static void
add_text (JsonArray *array, const gchar *text)
{
  g_autofree gchar *clean = siprec_event_text (text, -1);

  json_array_add_string_element (array, clean);
}

JsonObject *
siprec_participant_to_json (const SiprecParticipant *participant)
{
  JsonObject *object = json_object_new ();
  JsonArray *aors = json_array_new ();

  for (guint i = 0; i < participant->names->len; i++) {
    const SiprecNameId *name_id = g_ptr_array_index (participant->names, i);

    if (*name_id->aor)
      add_text (aors, name_id->aor);
  }
  set_text (object, "id", participant->id);
  set_text (object, "name", siprec_participant_display_name (participant));
  json_object_set_array_member (object, "aors", aors);
  return object;
}

/* A participant as the events about it carry it. */
static JsonObject *
describe_participant (const View *view, const SiprecParticipant *participant)
{
  JsonObject *object = siprec_participant_to_json (participant);
  JsonArray *labels = json_array_new ();
  const SiprecStreamAssoc *assoc = g_hash_table_lookup (view->assocs, participant->id);
  gboolean guessed = assoc && assoc->guessed;
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; assoc && i < assoc->send->len; i++) {
    const SiprecStreamInfo *stream =
        g_hash_table_lookup (view->streams, g_ptr_array_index (assoc->send, i));

    if (!stream || !stream->label || !g_hash_table_add (seen, stream->label))
      continue;
    guessed = guessed || stream->guessed;
    add_text (labels, stream->label);
  }
  if (guessed)
    json_object_set_boolean_member (object, "guessed", TRUE);
  json_object_set_array_member (object, "streams", labels);
  return object;
}

static JsonObject *
describe_call (const SiprecCall *call)
{
  JsonObject *object = json_object_new ();
  JsonArray *ids = json_array_new ();

  for (guint i = 0; i < call->sip_session_ids->len; i++)
    add_text (ids, g_ptr_array_index (call->sip_session_ids, i));
  set_text (object, "id", call->id);
  set_text (object, "group", call->group_ref);
  set_text (object, "start_time", call->start_time);
  set_text (object, "stop_time", call->stop_time);
  json_object_set_array_member (object, "sip_session_ids", ids);
  return object;
}

/* Who is there, by id, in the form that events tell it; so what counts as a change is what is told. */
static GHashTable *
describe_present (const View *view)
{
  GHashTable *present =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)json_object_unref);

  for (guint i = 0; i < view->metadata->participants->len; i++) {
    const SiprecParticipant *participant = g_ptr_array_index (view->metadata->participants, i);

    if (!g_hash_table_contains (view->left, participant->id))
      g_hash_table_insert (present, participant->id, describe_participant (view, participant));
  }
  return present;
}

static GHashTable *
describe_calls (const SiprecMetadata *metadata)
{
  GHashTable *calls =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)json_object_unref);

  for (guint i = 0; i < metadata->calls->len; i++) {
    const SiprecCall *call = g_ptr_array_index (metadata->calls, i);

    if (!siprec_call_has_ended (call))
      g_hash_table_insert (calls, call->id, describe_call (call));
  }
  return calls;
}

static void
add_event (GPtrArray *events, SiprecEventType type, JsonObject *data)
{
  g_ptr_array_add (events, siprec_event_new (type, data));
}

/* An event for each of @elements that is in @now and not in @before, and one for each that is in both
 * but differs; either only if its type is given, -1 for none. Elements begin with their id. */
static void
compare (GPtrArray *events, const GPtrArray *elements, GHashTable *before, GHashTable *now,
         gint type_new, gint type_changed)
{
  for (guint i = 0; i < elements->len; i++) {
    const gchar *id = *(gchar **)g_ptr_array_index (elements, i);
    JsonObject *data = g_hash_table_lookup (now, id);
    JsonObject *old = g_hash_table_lookup (before, id);

    if (data && !old && type_new >= 0)
      add_event (events, type_new, json_object_ref (data));
    else if (data && old && type_changed >= 0 && !json_object_equal (old, data))
      add_event (events, type_changed, json_object_ref (data));
  }
}

/* A call that ended is told with its stop-time, if the document gave one. */
static void
compare_ended_calls (GPtrArray *events, const SiprecMetadata *before, const SiprecMetadata *after,
                     GHashTable *calls_before, GHashTable *calls_after)
{
  g_autoptr (GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < after->calls->len; i++) {
    SiprecCall *call = g_ptr_array_index (after->calls, i);

    g_hash_table_insert (known, call->id, call);
  }
  for (guint i = 0; i < before->calls->len; i++) {
    const SiprecCall *old = g_ptr_array_index (before->calls, i);
    const SiprecCall *call = g_hash_table_lookup (known, old->id);

    if (g_hash_table_contains (calls_before, old->id) &&
        !g_hash_table_contains (calls_after, old->id))
      add_event (events, SIPREC_EVENT_CALL_ENDED, describe_call (call ? call : old));
  }
}

GPtrArray *
siprec_metadata_changes (const SiprecMetadata *before, const SiprecMetadata *after)
{
  GPtrArray *events = g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_event_unref);
  g_auto (View) old = {0};
  g_auto (View) now = {0};
  g_autoptr (GHashTable) calls_before = describe_calls (before);
  g_autoptr (GHashTable) calls_after = describe_calls (after);
  g_autoptr (GHashTable) present_before = NULL;
  g_autoptr (GHashTable) present_after = NULL;

  view_init (&old, before);
  view_init (&now, after);
  present_before = describe_present (&old);
  present_after = describe_present (&now);

  compare (events, after->calls, calls_before, calls_after, SIPREC_EVENT_CALL_STARTED,
           SIPREC_EVENT_CALL_UPDATED);
  compare (events, after->participants, present_before, present_after,
           SIPREC_EVENT_PARTICIPANT_JOINED, -1);
  compare (events, after->participants, present_before, present_after, -1,
           SIPREC_EVENT_PARTICIPANT_UPDATED);
  compare (events, before->participants, present_after, present_before,
           SIPREC_EVENT_PARTICIPANT_LEFT, -1);
  compare_ended_calls (events, before, after, calls_before, calls_after);
  return events;
}

/* TRUE if @assoc sends one of @streams; @guessed tells if that is only supposed. */
static gboolean
sends_one_of (const SiprecStreamAssoc *assoc, GHashTable *streams, gboolean *guessed)
{
  for (guint i = 0; assoc && i < assoc->send->len; i++) {
    const SiprecStreamInfo *stream =
        g_hash_table_lookup (streams, g_ptr_array_index (assoc->send, i));

    if (stream) {
      *guessed = assoc->guessed || stream->guessed;
      return TRUE;
    }
  }
  return FALSE;
}

JsonArray *
siprec_metadata_stream_senders_json (const SiprecMetadata *metadata, const gchar *label)
{
  JsonArray *senders = json_array_new ();
  g_autoptr (GHashTable) labelled = g_hash_table_new (g_str_hash, g_str_equal);
  g_auto (View) view = {0};

  view_init (&view, metadata);
  for (guint i = 0; label && i < metadata->streams->len; i++) {
    SiprecStreamInfo *stream = g_ptr_array_index (metadata->streams, i);

    if (g_strcmp0 (stream->label, label) == 0)
      g_hash_table_insert (labelled, stream->id, stream);
  }
  for (guint i = 0; i < metadata->participants->len; i++) {
    const SiprecParticipant *participant = g_ptr_array_index (metadata->participants, i);
    gboolean guessed = FALSE;
    JsonObject *object;

    if (g_hash_table_contains (view.left, participant->id) ||
        !sends_one_of (g_hash_table_lookup (view.assocs, participant->id), labelled, &guessed))
      continue;
    object = siprec_participant_to_json (participant);
    if (guessed)
      json_object_set_boolean_member (object, "guessed", TRUE);
    json_array_add_object_element (senders, object);
  }
  return senders;
}
