/* siprec-core: the metadata state, its construction and its look-ups
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

#include <string.h>

#include "history.h"

static void
reason_free (gpointer data)
{
  SiprecReason *reason = data;

  g_free (reason->protocol);
  g_free (reason->cause);
  g_free (reason->text);
  g_free (reason);
}

static void
param_free (gpointer data)
{
  SiprecParam *param = data;

  g_free (param->name);
  g_free (param->value);
  g_free (param);
}

static void
name_id_free (gpointer data)
{
  SiprecNameId *name = data;

  g_free (name->aor);
  g_free (name->name);
  g_free (name->lang);
  g_free (name);
}

static void
participant_free (gpointer data)
{
  SiprecParticipant *participant = data;

  g_free (participant->id);
  g_ptr_array_unref (participant->names);
  g_free (participant->extensions);
  g_free (participant);
}

static void
stream_free (gpointer data)
{
  SiprecStreamInfo *stream = data;

  g_free (stream->id);
  g_free (stream->session_id);
  g_free (stream->label);
  g_free (stream->extensions);
  g_free (stream);
}

static void
call_free (gpointer data)
{
  SiprecCall *call = data;

  g_free (call->id);
  g_free (call->group_ref);
  g_free (call->start_time);
  g_free (call->stop_time);
  g_free (call->associate_time);
  g_free (call->disassociate_time);
  g_ptr_array_unref (call->history);
  g_ptr_array_unref (call->sip_session_ids);
  g_ptr_array_unref (call->reasons);
  g_free (call->extensions);
  g_free (call->recording_extensions);
  g_free (call);
}

static void
group_free (gpointer data)
{
  SiprecGroup *group = data;

  g_free (group->id);
  g_free (group->associate_time);
  g_free (group->disassociate_time);
  g_free (group->extensions);
  g_free (group);
}

static void
attendance_free (gpointer data)
{
  SiprecAttendance *attendance = data;

  g_free (attendance->participant_id);
  g_free (attendance->call_id);
  g_free (attendance->associate_time);
  g_free (attendance->disassociate_time);
  g_ptr_array_unref (attendance->history);
  g_ptr_array_unref (attendance->params);
  g_free (attendance->extensions);
  g_free (attendance);
}

static void
assoc_free (gpointer data)
{
  SiprecStreamAssoc *assoc = data;

  g_free (assoc->participant_id);
  g_ptr_array_unref (assoc->send);
  g_ptr_array_unref (assoc->recv);
  g_free (assoc->associate_time);
  g_free (assoc->disassociate_time);
  g_ptr_array_unref (assoc->history);
  g_free (assoc->extensions);
  g_free (assoc);
}

SiprecMetadata *
siprec_metadata_new (void)
{
  SiprecMetadata *metadata = g_new0 (SiprecMetadata, 1);

  metadata->groups = g_ptr_array_new_with_free_func (group_free);
  metadata->calls = g_ptr_array_new_with_free_func (call_free);
  metadata->participants = g_ptr_array_new_with_free_func (participant_free);
  metadata->streams = g_ptr_array_new_with_free_func (stream_free);
  metadata->attendances = g_ptr_array_new_with_free_func (attendance_free);
  metadata->assocs = g_ptr_array_new_with_free_func (assoc_free);
  return metadata;
}

void
siprec_metadata_free (SiprecMetadata *metadata)
{
  g_ptr_array_unref (metadata->groups);
  g_ptr_array_unref (metadata->calls);
  g_ptr_array_unref (metadata->participants);
  g_ptr_array_unref (metadata->streams);
  g_ptr_array_unref (metadata->attendances);
  g_ptr_array_unref (metadata->assocs);
  g_free (metadata->extensions);
  g_free (metadata);
}

guint
siprec_metadata_n_elements (const SiprecMetadata *metadata)
{
  return metadata->groups->len + metadata->calls->len + metadata->participants->len +
         metadata->streams->len + metadata->attendances->len + metadata->assocs->len;
}

SiprecParticipant *
siprec_metadata_add_participant (SiprecMetadata *metadata, const gchar *id)
{
  SiprecParticipant *participant = g_new0 (SiprecParticipant, 1);

  participant->id = g_strdup (id);
  participant->names = g_ptr_array_new_with_free_func (name_id_free);
  g_ptr_array_add (metadata->participants, participant);
  return participant;
}

SiprecStreamInfo *
siprec_metadata_add_stream (SiprecMetadata *metadata, const gchar *id)
{
  SiprecStreamInfo *stream = g_new0 (SiprecStreamInfo, 1);

  stream->id = g_strdup (id);
  g_ptr_array_add (metadata->streams, stream);
  return stream;
}

SiprecCall *
siprec_metadata_add_call (SiprecMetadata *metadata, const gchar *id)
{
  SiprecCall *call = g_new0 (SiprecCall, 1);

  call->id = g_strdup (id);
  call->history = siprec_history_new ();
  call->sip_session_ids = g_ptr_array_new_with_free_func (g_free);
  call->reasons = g_ptr_array_new_with_free_func (reason_free);
  g_ptr_array_add (metadata->calls, call);
  return call;
}

SiprecGroup *
siprec_metadata_add_group (SiprecMetadata *metadata, const gchar *id)
{
  SiprecGroup *group = g_new0 (SiprecGroup, 1);

  group->id = g_strdup (id);
  g_ptr_array_add (metadata->groups, group);
  return group;
}

SiprecAttendance *
siprec_metadata_add_attendance (SiprecMetadata *metadata, const gchar *participant_id,
                                const gchar *call_id)
{
  SiprecAttendance *attendance = g_new0 (SiprecAttendance, 1);

  attendance->participant_id = g_strdup (participant_id);
  attendance->call_id = g_strdup (call_id);
  attendance->history = siprec_history_new ();
  attendance->params = g_ptr_array_new_with_free_func (param_free);
  g_ptr_array_add (metadata->attendances, attendance);
  return attendance;
}

SiprecStreamAssoc *
siprec_metadata_add_assoc (SiprecMetadata *metadata, const gchar *participant_id)
{
  SiprecStreamAssoc *assoc = g_new0 (SiprecStreamAssoc, 1);

  assoc->participant_id = g_strdup (participant_id);
  assoc->send = g_ptr_array_new_with_free_func (g_free);
  assoc->recv = g_ptr_array_new_with_free_func (g_free);
  assoc->history = siprec_history_new ();
  g_ptr_array_add (metadata->assocs, assoc);
  return assoc;
}

SiprecNameId *
siprec_participant_add_name (SiprecParticipant *participant, const gchar *aor, const gchar *name,
                             const gchar *lang)
{
  SiprecNameId *name_id = g_new0 (SiprecNameId, 1);

  name_id->aor = g_strdup (aor ? aor : "");
  name_id->name = g_strdup (name);
  name_id->lang = g_strdup (lang);
  g_ptr_array_add (participant->names, name_id);
  return name_id;
}

SiprecReason *
siprec_call_add_reason (SiprecCall *call, const gchar *protocol, const gchar *cause,
                        const gchar *text)
{
  SiprecReason *reason = g_new0 (SiprecReason, 1);

  reason->protocol = g_strdup (protocol ? protocol : "SIP");
  reason->cause = g_strdup (cause);
  reason->text = g_strdup (text);
  g_ptr_array_add (call->reasons, reason);
  return reason;
}

SiprecParam *
siprec_attendance_add_param (SiprecAttendance *attendance, const gchar *name, const gchar *value)
{
  SiprecParam *param = g_new0 (SiprecParam, 1);

  param->name = g_strdup (name);
  param->value = g_strdup (value);
  g_ptr_array_add (attendance->params, param);
  return param;
}

/* Every element begins with the id that it is found by. */
G_STATIC_ASSERT (G_STRUCT_OFFSET (SiprecParticipant, id) == 0);
G_STATIC_ASSERT (G_STRUCT_OFFSET (SiprecStreamInfo, id) == 0);
G_STATIC_ASSERT (G_STRUCT_OFFSET (SiprecCall, id) == 0);
G_STATIC_ASSERT (G_STRUCT_OFFSET (SiprecStreamAssoc, participant_id) == 0);

static gpointer
find (const GPtrArray *elements, const gchar *id)
{
  for (guint i = 0; id && i < elements->len; i++) {
    gchar **element = g_ptr_array_index (elements, i);

    if (strcmp (element[0], id) == 0)
      return element;
  }
  return NULL;
}

SiprecParticipant *
siprec_metadata_participant (const SiprecMetadata *metadata, const gchar *id)
{
  return find (metadata->participants, id);
}

SiprecStreamInfo *
siprec_metadata_stream (const SiprecMetadata *metadata, const gchar *id)
{
  return find (metadata->streams, id);
}

SiprecCall *
siprec_metadata_call (const SiprecMetadata *metadata, const gchar *id)
{
  return find (metadata->calls, id);
}

SiprecStreamAssoc *
siprec_metadata_assoc (const SiprecMetadata *metadata, const gchar *participant_id)
{
  return find (metadata->assocs, participant_id);
}

SiprecStreamInfo *
siprec_metadata_stream_by_label (const SiprecMetadata *metadata, const gchar *label)
{
  for (guint i = 0; label && i < metadata->streams->len; i++) {
    SiprecStreamInfo *stream = g_ptr_array_index (metadata->streams, i);

    if (g_strcmp0 (stream->label, label) == 0)
      return stream;
  }
  return NULL;
}

gboolean
siprec_call_has_ended (const SiprecCall *call)
{
  return call->stop_time || call->disassociate_time;
}

GHashTable *
siprec_metadata_ended (const SiprecMetadata *metadata)
{
  GHashTable *ended = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < metadata->calls->len; i++) {
    const SiprecCall *call = g_ptr_array_index (metadata->calls, i);

    if (siprec_call_has_ended (call))
      g_hash_table_add (ended, call->id);
  }
  return ended;
}

GHashTable *
siprec_metadata_left (const SiprecMetadata *metadata)
{
  GHashTable *left = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) ended = siprec_metadata_ended (metadata);
  g_autoptr (GHashTable) present = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < metadata->attendances->len; i++) {
    const SiprecAttendance *attendance = g_ptr_array_index (metadata->attendances, i);

    if (!attendance->disassociate_time && !g_hash_table_contains (ended, attendance->call_id)) {
      g_hash_table_add (present, attendance->participant_id);
      g_hash_table_remove (left, attendance->participant_id);
    } else if (!g_hash_table_contains (present, attendance->participant_id)) {
      g_hash_table_add (left, attendance->participant_id);
    }
  }
  return left;
}

GPtrArray *
siprec_metadata_senders (const SiprecMetadata *metadata, const gchar *stream_id)
{
  GPtrArray *senders = g_ptr_array_new ();
  g_autoptr (GHashTable) left = siprec_metadata_left (metadata);
  g_autoptr (GHashTable) sending = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; stream_id && i < metadata->assocs->len; i++) {
    const SiprecStreamAssoc *assoc = g_ptr_array_index (metadata->assocs, i);

    if (!assoc->disassociate_time &&
        g_ptr_array_find_with_equal_func (assoc->send, stream_id, g_str_equal, NULL))
      g_hash_table_add (sending, assoc->participant_id);
  }
  for (guint i = 0; i < metadata->participants->len; i++) {
    SiprecParticipant *participant = g_ptr_array_index (metadata->participants, i);

    if (g_hash_table_contains (sending, participant->id) &&
        !g_hash_table_contains (left, participant->id))
      g_ptr_array_add (senders, participant);
  }
  return senders;
}

static const gchar *
without_scheme (const gchar *aor)
{
  static const gchar *const schemes[] = {"sip:", "sips:", "tel:"};

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++) {
    if (g_ascii_strncasecmp (aor, schemes[i], strlen (schemes[i])) == 0)
      return aor + strlen (schemes[i]);
  }
  return aor;
}

const gchar *
siprec_participant_display_name (const SiprecParticipant *participant)
{
  for (guint i = 0; i < participant->names->len; i++) {
    const SiprecNameId *name_id = g_ptr_array_index (participant->names, i);

    if (name_id->name && *name_id->name)
      return name_id->name;
  }
  for (guint i = 0; i < participant->names->len; i++) {
    const SiprecNameId *name_id = g_ptr_array_index (participant->names, i);
    const gchar *address = without_scheme (name_id->aor);

    if (*address)
      return address;
  }
  return participant->id;
}
