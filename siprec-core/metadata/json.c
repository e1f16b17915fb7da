/* siprec-core: JSON of what the metadata says
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"

#include "../event.h"
#include "aor.h"

static void
set_text (JsonObject *object, const gchar *name, const gchar *text)
{
  g_autofree gchar *clean = text ? siprec_event_text (text, -1) : NULL;

  if (clean)
    json_object_set_string_member (object, name, clean);
}

static void
set_texts (JsonObject *object, const gchar *name, const GPtrArray *texts)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < texts->len; i++) {
    g_autofree gchar *clean = siprec_event_text (g_ptr_array_index (texts, i), -1);

    json_array_add_string_element (array, clean);
  }
  json_object_set_array_member (object, name, array);
}

/* The times of an association, and its "history" if it has one. */
static void
set_times (JsonObject *object, const gchar *associate, const gchar *disassociate,
           const GPtrArray *history)
{
  JsonArray *array;

  set_text (object, "associate_time", associate);
  set_text (object, "disassociate_time", disassociate);
  if (!history || history->len == 0)
    return;
  array = json_array_new ();
  for (guint i = 0; i < history->len; i++) {
    const SiprecInterval *interval = g_ptr_array_index (history, i);
    JsonObject *times = json_object_new ();

    set_times (times, interval->begin, interval->end, NULL);
    json_array_add_object_element (array, times);
  }
  json_object_set_array_member (object, "history", array);
}

/* The language of the name that siprec_participant_display_name() takes. */
static const gchar *
display_language (const SiprecParticipant *participant)
{
  for (guint i = 0; i < participant->names->len; i++) {
    const SiprecNameId *name_id = g_ptr_array_index (participant->names, i);

    if (name_id->name && *name_id->name)
      return name_id->lang;
  }
  return NULL;
}

/* The addresses in one form, where one of them has come in another. */
static void
set_addresses (JsonObject *object, GPtrArray *aors)
{
  g_autoptr (GPtrArray) addresses = g_ptr_array_new_with_free_func (g_free);
  gboolean differ = FALSE;

  for (guint i = 0; i < aors->len; i++) {
    gchar *address = siprec_aor_normalise (g_ptr_array_index (aors, i));

    differ |= !g_str_equal (address, g_ptr_array_index (aors, i));
    g_ptr_array_add (addresses, address);
  }
  if (differ)
    set_texts (object, "addresses", addresses);
}

JsonObject *
siprec_participant_to_json (const SiprecParticipant *participant)
{
  JsonObject *object = json_object_new ();
  g_autoptr (GPtrArray) aors = g_ptr_array_new ();

  for (guint i = 0; i < participant->names->len; i++) {
    const SiprecNameId *name_id = g_ptr_array_index (participant->names, i);

    if (*name_id->aor)
      g_ptr_array_add (aors, name_id->aor);
  }
  set_text (object, "id", participant->id);
  set_text (object, "name", siprec_participant_display_name (participant));
  set_text (object, "language", display_language (participant));
  set_texts (object, "aors", aors);
  set_addresses (object, aors);
  return object;
}

JsonObject *
siprec_call_to_json (const SiprecCall *call)
{
  JsonObject *object = json_object_new ();
  JsonArray *reasons = json_array_new ();

  for (guint i = 0; i < call->reasons->len; i++) {
    const SiprecReason *reason = g_ptr_array_index (call->reasons, i);
    JsonObject *member = json_object_new ();

    set_text (member, "protocol", reason->protocol);
    set_text (member, "cause", reason->cause);
    set_text (member, "text", reason->text);
    json_array_add_object_element (reasons, member);
  }
  set_text (object, "id", call->id);
  set_text (object, "group", call->group_ref);
  set_text (object, "start_time", call->start_time);
  set_text (object, "stop_time", call->stop_time);
  set_texts (object, "sip_session_ids", call->sip_session_ids);
  json_object_set_array_member (object, "reasons", reasons);
  set_text (object, "extensions", call->extensions);
  return object;
}

static JsonObject *
full_call_to_json (gconstpointer data)
{
  const SiprecCall *call = data;
  JsonObject *object = siprec_call_to_json (call);

  set_times (object, call->associate_time, call->disassociate_time, call->history);
  set_text (object, "recording_extensions", call->recording_extensions);
  return object;
}

static JsonObject *
full_participant_to_json (gconstpointer data)
{
  const SiprecParticipant *participant = data;
  JsonObject *object = siprec_participant_to_json (participant);
  JsonArray *names = json_array_new ();

  for (guint i = 0; i < participant->names->len; i++) {
    const SiprecNameId *name_id = g_ptr_array_index (participant->names, i);
    JsonObject *name = json_object_new ();

    set_text (name, "aor", name_id->aor);
    set_text (name, "name", name_id->name);
    set_text (name, "language", name_id->lang);
    json_array_add_object_element (names, name);
  }
  json_object_set_array_member (object, "names", names);
  set_text (object, "extensions", participant->extensions);
  return object;
}

static JsonObject *
group_to_json (gconstpointer data)
{
  const SiprecGroup *group = data;
  JsonObject *object = json_object_new ();

  set_text (object, "id", group->id);
  set_times (object, group->associate_time, group->disassociate_time, NULL);
  set_text (object, "extensions", group->extensions);
  return object;
}

static void
set_guessed (JsonObject *object, gboolean guessed)
{
  if (guessed)
    json_object_set_boolean_member (object, "guessed", TRUE);
}

static JsonObject *
stream_to_json (gconstpointer data)
{
  const SiprecStreamInfo *stream = data;
  JsonObject *object = json_object_new ();

  set_text (object, "id", stream->id);
  set_text (object, "call", stream->session_id);
  set_text (object, "label", stream->label);
  set_text (object, "extensions", stream->extensions);
  set_guessed (object, stream->guessed);
  return object;
}

static JsonObject *
attendance_to_json (gconstpointer data)
{
  const SiprecAttendance *attendance = data;
  JsonObject *object = json_object_new ();
  JsonArray *params = json_array_new ();

  for (guint i = 0; i < attendance->params->len; i++) {
    const SiprecParam *param = g_ptr_array_index (attendance->params, i);
    JsonObject *member = json_object_new ();

    set_text (member, "name", param->name);
    set_text (member, "value", param->value);
    json_array_add_object_element (params, member);
  }
  set_text (object, "participant", attendance->participant_id);
  set_text (object, "call", attendance->call_id);
  set_times (object, attendance->associate_time, attendance->disassociate_time,
             attendance->history);
  json_object_set_array_member (object, "params", params);
  set_text (object, "extensions", attendance->extensions);
  return object;
}

static JsonObject *
assoc_to_json (gconstpointer data)
{
  const SiprecStreamAssoc *assoc = data;
  JsonObject *object = json_object_new ();

  set_text (object, "participant", assoc->participant_id);
  set_texts (object, "send", assoc->send);
  set_texts (object, "recv", assoc->recv);
  set_times (object, assoc->associate_time, assoc->disassociate_time, assoc->history);
  set_text (object, "extensions", assoc->extensions);
  set_guessed (object, assoc->guessed);
  return object;
}

static void
set_elements (JsonObject *object, const gchar *name, const GPtrArray *elements,
              JsonObject *(*to_json) (gconstpointer element))
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < elements->len; i++)
    json_array_add_object_element (array, to_json (g_ptr_array_index (elements, i)));
  json_object_set_array_member (object, name, array);
}

JsonObject *
siprec_metadata_to_json (const SiprecMetadata *metadata)
{
  JsonObject *object = json_object_new ();

  set_elements (object, "groups", metadata->groups, group_to_json);
  set_elements (object, "calls", metadata->calls, full_call_to_json);
  set_elements (object, "participants", metadata->participants, full_participant_to_json);
  set_elements (object, "streams", metadata->streams, stream_to_json);
  set_elements (object, "attendances", metadata->attendances, attendance_to_json);
  set_elements (object, "stream_associations", metadata->assocs, assoc_to_json);
  set_text (object, "extensions", metadata->extensions);
  return object;
}
