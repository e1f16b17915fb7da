/* siprec-core: who joined, left or changed between two metadata states
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "changes.h"

/* A state with what is looked up in it again and again. */
typedef struct {
  const SiprecMetadata *metadata;
  GHashTable *left;    /* ids of participants */
  GHashTable *streams; /* id -> SiprecStreamInfo, as documents named it or else as guessed */
  GHashTable *assocs;  /* participant id -> SiprecStreamAssoc, if it is in force */
  GHashTable *calls;   /* participant id -> JsonArray of the ids of calls that it attends */
} View;

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

/* The calls that each participant is in now. */
static GHashTable *
collect_calls (const SiprecMetadata *metadata)
{
  GHashTable *calls =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)json_array_unref);
  g_autoptr (GHashTable) ended = siprec_metadata_ended (metadata);

  for (guint i = 0; i < metadata->attendances->len; i++) {
    const SiprecAttendance *attendance = g_ptr_array_index (metadata->attendances, i);
    JsonArray *ids = g_hash_table_lookup (calls, attendance->participant_id);

    if (attendance->disassociate_time || g_hash_table_contains (ended, attendance->call_id))
      continue;
    if (!ids) {
      ids = json_array_new ();
      g_hash_table_insert (calls, attendance->participant_id, ids);
    }
    add_text (ids, attendance->call_id);
  }
  return calls;
}

static void
view_init (View *view, const SiprecMetadata *metadata)
{
  view->metadata = metadata;
  view->left = siprec_metadata_left (metadata);
  view->calls = collect_calls (metadata);
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
  g_hash_table_unref (view->calls);
  g_hash_table_unref (view->streams);
  g_hash_table_unref (view->assocs);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (View, view_clear)

/* The labels of @streams that have one, each once; TRUE in @guessed if one of them is only supposed. */
static JsonArray *
describe_labels (const View *view, const GPtrArray *streams, gboolean *guessed)
{
  JsonArray *labels = json_array_new ();
  g_autoptr (GHashTable) seen = NULL;

  if (streams && streams->len > 1)
    seen = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; streams && i < streams->len; i++) {
    const SiprecStreamInfo *stream =
        g_hash_table_lookup (view->streams, g_ptr_array_index (streams, i));

    if (!stream || !stream->label || (seen && !g_hash_table_add (seen, stream->label)))
      continue;
    *guessed = *guessed || stream->guessed;
    add_text (labels, stream->label);
  }
  return labels;
}

/* A participant as the events about it carry it. */
static JsonObject *
describe_participant (const View *view, const SiprecParticipant *participant)
{
  JsonObject *object = siprec_participant_to_json (participant);
  const SiprecStreamAssoc *assoc = g_hash_table_lookup (view->assocs, participant->id);
  gboolean guessed = assoc && assoc->guessed;
  JsonArray *sends = describe_labels (view, assoc ? assoc->send : NULL, &guessed);
  JsonArray *receives = describe_labels (view, assoc ? assoc->recv : NULL, &guessed);
  JsonArray *calls = g_hash_table_lookup (view->calls, participant->id);

  if (guessed)
    json_object_set_boolean_member (object, "guessed", TRUE);
  json_object_set_array_member (object, "streams", sends);
  json_object_set_array_member (object, "receives", receives);
  json_object_set_array_member (object, "calls",
                                calls ? json_array_ref (calls) : json_array_new ());
  set_text (object, "extensions", participant->extensions);
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
      g_hash_table_insert (calls, call->id, siprec_call_to_json (call));
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
      add_event (events, SIPREC_EVENT_CALL_ENDED, siprec_call_to_json (call ? call : old));
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
