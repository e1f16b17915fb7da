/* siprec-core: copies of the metadata state
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "history.h"

static void
copy_strings (GPtrArray *to, const GPtrArray *from)
{
  for (guint i = 0; i < from->len; i++)
    g_ptr_array_add (to, g_strdup (g_ptr_array_index (from, i)));
}

static void
copy_groups (SiprecMetadata *copy, const SiprecMetadata *metadata)
{
  for (guint i = 0; i < metadata->groups->len; i++) {
    const SiprecGroup *from = g_ptr_array_index (metadata->groups, i);
    SiprecGroup *to = siprec_metadata_add_group (copy, from->id);

    to->associate_time = g_strdup (from->associate_time);
    to->disassociate_time = g_strdup (from->disassociate_time);
    to->extensions = g_strdup (from->extensions);
  }
}

static void
copy_calls (SiprecMetadata *copy, const SiprecMetadata *metadata)
{
  for (guint i = 0; i < metadata->calls->len; i++) {
    const SiprecCall *from = g_ptr_array_index (metadata->calls, i);
    SiprecCall *to = siprec_metadata_add_call (copy, from->id);

    to->group_ref = g_strdup (from->group_ref);
    to->start_time = g_strdup (from->start_time);
    to->stop_time = g_strdup (from->stop_time);
    to->associate_time = g_strdup (from->associate_time);
    to->disassociate_time = g_strdup (from->disassociate_time);
    g_ptr_array_unref (to->history);
    to->history = siprec_history_copy (from->history);
    copy_strings (to->sip_session_ids, from->sip_session_ids);
    for (guint n = 0; n < from->reasons->len; n++) {
      const SiprecReason *reason = g_ptr_array_index (from->reasons, n);

      siprec_call_add_reason (to, reason->protocol, reason->cause, reason->text);
    }
    to->extensions = g_strdup (from->extensions);
    to->recording_extensions = g_strdup (from->recording_extensions);
  }
}

static void
copy_participants (SiprecMetadata *copy, const SiprecMetadata *metadata)
{
  for (guint i = 0; i < metadata->participants->len; i++) {
    const SiprecParticipant *from = g_ptr_array_index (metadata->participants, i);
    SiprecParticipant *to = siprec_metadata_add_participant (copy, from->id);

    for (guint n = 0; n < from->names->len; n++) {
      const SiprecNameId *name = g_ptr_array_index (from->names, n);

      siprec_participant_add_name (to, name->aor, name->name, name->lang);
    }
    to->extensions = g_strdup (from->extensions);
  }
}

static void
copy_streams (SiprecMetadata *copy, const SiprecMetadata *metadata)
{
  for (guint i = 0; i < metadata->streams->len; i++) {
    const SiprecStreamInfo *from = g_ptr_array_index (metadata->streams, i);
    SiprecStreamInfo *to = siprec_metadata_add_stream (copy, from->id);

    to->session_id = g_strdup (from->session_id);
    to->label = g_strdup (from->label);
    to->extensions = g_strdup (from->extensions);
    to->guessed = from->guessed;
  }
}

static void
copy_attendances (SiprecMetadata *copy, const SiprecMetadata *metadata)
{
  for (guint i = 0; i < metadata->attendances->len; i++) {
    const SiprecAttendance *from = g_ptr_array_index (metadata->attendances, i);
    SiprecAttendance *to =
        siprec_metadata_add_attendance (copy, from->participant_id, from->call_id);

    to->associate_time = g_strdup (from->associate_time);
    to->disassociate_time = g_strdup (from->disassociate_time);
    g_ptr_array_unref (to->history);
    to->history = siprec_history_copy (from->history);
    for (guint n = 0; n < from->params->len; n++) {
      const SiprecParam *param = g_ptr_array_index (from->params, n);

      siprec_attendance_add_param (to, param->name, param->value);
    }
    to->extensions = g_strdup (from->extensions);
  }
}

static void
copy_assocs (SiprecMetadata *copy, const SiprecMetadata *metadata)
{
  for (guint i = 0; i < metadata->assocs->len; i++) {
    const SiprecStreamAssoc *from = g_ptr_array_index (metadata->assocs, i);
    SiprecStreamAssoc *to = siprec_metadata_add_assoc (copy, from->participant_id);

    copy_strings (to->send, from->send);
    copy_strings (to->recv, from->recv);
    to->associate_time = g_strdup (from->associate_time);
    to->disassociate_time = g_strdup (from->disassociate_time);
    g_ptr_array_unref (to->history);
    to->history = siprec_history_copy (from->history);
    to->extensions = g_strdup (from->extensions);
    to->guessed = from->guessed;
  }
}

SiprecMetadata *
siprec_metadata_copy (const SiprecMetadata *metadata)
{
  SiprecMetadata *copy = siprec_metadata_new ();

  copy->partial = metadata->partial;
  copy_groups (copy, metadata);
  copy_calls (copy, metadata);
  copy_participants (copy, metadata);
  copy_streams (copy, metadata);
  copy_attendances (copy, metadata);
  copy_assocs (copy, metadata);
  copy->extensions = g_strdup (metadata->extensions);
  return copy;
}
