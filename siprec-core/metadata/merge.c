/* siprec-core: documents applied to the state (RFC 7865 section 8.2)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "merge.h"

#include "../deviation.h"
#include "history.h"
#include "index.h"

static void
replace (gchar **to, const gchar *value)
{
  if (!value)
    return;
  g_free (*to);
  *to = g_strdup (value);
}

static void
replace_list (GPtrArray *to, const GPtrArray *from)
{
  g_ptr_array_set_size (to, 0);
  for (guint i = 0; i < from->len; i++)
    g_ptr_array_add (to, g_strdup (g_ptr_array_index (from, i)));
}

static void
merge_groups (SiprecMetadata *state, const GPtrArray *groups)
{
  g_autoptr (GHashTable) index = siprec_metadata_index (state->groups);

  for (guint i = 0; i < groups->len; i++) {
    const SiprecGroup *from = g_ptr_array_index (groups, i);
    SiprecGroup *to = siprec_metadata_find_or_add (
        state, index, from, (SiprecMetadataAddFunc)siprec_metadata_add_group);

    siprec_history_update (NULL, &to->associate_time, &to->disassociate_time, from->associate_time,
                           from->disassociate_time);
    replace (&to->extensions, from->extensions);
  }
}

static void
merge_calls (SiprecMetadata *state, const GPtrArray *calls)
{
  g_autoptr (GHashTable) index = siprec_metadata_index (state->calls);

  for (guint i = 0; i < calls->len; i++) {
    const SiprecCall *from = g_ptr_array_index (calls, i);
    SiprecCall *to = siprec_metadata_find_or_add (state, index, from,
                                                  (SiprecMetadataAddFunc)siprec_metadata_add_call);

    replace (&to->group_ref, from->group_ref);
    siprec_history_update (NULL, &to->start_time, &to->stop_time, from->start_time,
                           from->stop_time);
    siprec_history_merge (to->history, &to->associate_time, &to->disassociate_time, from->history,
                          from->associate_time, from->disassociate_time);
    if (from->sip_session_ids->len > 0)
      replace_list (to->sip_session_ids, from->sip_session_ids);
    if (from->reasons->len > 0)
      g_ptr_array_set_size (to->reasons, 0);
    for (guint n = 0; n < from->reasons->len; n++) {
      const SiprecReason *reason = g_ptr_array_index (from->reasons, n);

      siprec_call_add_reason (to, reason->protocol, reason->cause, reason->text);
    }
    replace (&to->extensions, from->extensions);
    replace (&to->recording_extensions, from->recording_extensions);
  }
}

static void
merge_participants (SiprecMetadata *state, const GPtrArray *participants)
{
  g_autoptr (GHashTable) index = siprec_metadata_index (state->participants);

  for (guint i = 0; i < participants->len; i++) {
    const SiprecParticipant *from = g_ptr_array_index (participants, i);
    SiprecParticipant *to = siprec_metadata_find_or_add (
        state, index, from, (SiprecMetadataAddFunc)siprec_metadata_add_participant);

    if (from->names->len > 0)
      g_ptr_array_set_size (to->names, 0);
    for (guint n = 0; n < from->names->len; n++) {
      const SiprecNameId *name = g_ptr_array_index (from->names, n);

      siprec_participant_add_name (to, name->aor, name->name, name->lang);
    }
    replace (&to->extensions, from->extensions);
  }
}

static void
merge_streams (SiprecMetadata *state, const GPtrArray *streams)
{
  g_autoptr (GHashTable) index = siprec_metadata_index (state->streams);

  for (guint i = 0; i < streams->len; i++) {
    const SiprecStreamInfo *from = g_ptr_array_index (streams, i);
    SiprecStreamInfo *to = siprec_metadata_find_or_add (
        state, index, from, (SiprecMetadataAddFunc)siprec_metadata_add_stream);

    /* After a transfer a stream belongs to another session (RFC 8068 section 3.2.3). */
    replace (&to->session_id, from->session_id);
    replace (&to->label, from->label);
    replace (&to->extensions, from->extensions);
    to->guessed = from->guessed;
  }
}

static gchar *
attendance_key (const SiprecAttendance *attendance)
{
  return g_strconcat (attendance->participant_id, "\n", attendance->call_id, NULL);
}

/* Attendances by participant and call. */
static GHashTable *
index_attendances (const GPtrArray *attendances)
{
  GHashTable *index = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < attendances->len; i++) {
    SiprecAttendance *attendance = g_ptr_array_index (attendances, i);

    g_hash_table_insert (index, attendance_key (attendance), attendance);
  }
  return index;
}

static void
merge_attendances (SiprecMetadata *state, const GPtrArray *attendances)
{
  g_autoptr (GHashTable) index = index_attendances (state->attendances);

  for (guint i = 0; i < attendances->len; i++) {
    const SiprecAttendance *from = g_ptr_array_index (attendances, i);
    g_autofree gchar *key = attendance_key (from);
    SiprecAttendance *to = g_hash_table_lookup (index, key);

    if (!to) {
      to = siprec_metadata_add_attendance (state, from->participant_id, from->call_id);
      g_hash_table_insert (index, g_steal_pointer (&key), to);
    }
    siprec_history_merge (to->history, &to->associate_time, &to->disassociate_time, from->history,
                          from->associate_time, from->disassociate_time);
    if (from->params->len > 0)
      g_ptr_array_set_size (to->params, 0);
    for (guint n = 0; n < from->params->len; n++) {
      const SiprecParam *param = g_ptr_array_index (from->params, n);

      siprec_attendance_add_param (to, param->name, param->value);
    }
    replace (&to->extensions, from->extensions);
  }
}

static void
merge_assocs (SiprecMetadata *state, const GPtrArray *assocs)
{
  g_autoptr (GHashTable) index = siprec_metadata_index (state->assocs);

  for (guint i = 0; i < assocs->len; i++) {
    const SiprecStreamAssoc *from = g_ptr_array_index (assocs, i);
    SiprecStreamAssoc *to = siprec_metadata_find_or_add (
        state, index, from, (SiprecMetadataAddFunc)siprec_metadata_add_assoc);

    replace_list (to->send, from->send);
    replace_list (to->recv, from->recv);
    siprec_history_merge (to->history, &to->associate_time, &to->disassociate_time, from->history,
                          from->associate_time, from->disassociate_time);
    replace (&to->extensions, from->extensions);
    to->guessed = from->guessed;
  }
}

/* A complete document tells how things are; when somebody was there before stays known. */
static void
keep_histories (SiprecMetadata *state, const SiprecMetadata *known)
{
  g_autoptr (GHashTable) calls = siprec_metadata_index (known->calls);
  g_autoptr (GHashTable) attendances = index_attendances (known->attendances);
  g_autoptr (GHashTable) assocs = siprec_metadata_index (known->assocs);

  for (guint i = 0; i < state->calls->len; i++) {
    SiprecCall *call = g_ptr_array_index (state->calls, i);
    const SiprecCall *old = g_hash_table_lookup (calls, call->id);

    if (old)
      siprec_history_keep (&call->history, call->associate_time, old->history, old->associate_time,
                           old->disassociate_time);
  }
  for (guint i = 0; i < state->attendances->len; i++) {
    SiprecAttendance *attendance = g_ptr_array_index (state->attendances, i);
    g_autofree gchar *key = attendance_key (attendance);
    const SiprecAttendance *old = g_hash_table_lookup (attendances, key);

    if (old)
      siprec_history_keep (&attendance->history, attendance->associate_time, old->history,
                           old->associate_time, old->disassociate_time);
  }
  for (guint i = 0; i < state->assocs->len; i++) {
    SiprecStreamAssoc *assoc = g_ptr_array_index (state->assocs, i);
    const SiprecStreamAssoc *old = g_hash_table_lookup (assocs, assoc->participant_id);

    if (old)
      siprec_history_keep (&assoc->history, assoc->associate_time, old->history,
                           old->associate_time, old->disassociate_time);
  }
}

SiprecMetadata *
siprec_metadata_merge (const SiprecMetadata *known, const SiprecMetadata *document)
{
  SiprecMetadata *state = document->partial ? siprec_metadata_copy (known) : siprec_metadata_new ();

  state->partial = FALSE;
  merge_groups (state, document->groups);
  merge_calls (state, document->calls);
  merge_participants (state, document->participants);
  merge_streams (state, document->streams);
  merge_attendances (state, document->attendances);
  merge_assocs (state, document->assocs);
  replace (&state->extensions, document->extensions);
  if (!document->partial)
    keep_histories (state, known);
  return state;
}

/* Every element begins with its id. */
static void
check_ids (GHashTable *kinds, const GPtrArray *elements, const gchar *kind, GPtrArray *deviations)
{
  for (guint i = 0; i < elements->len; i++) {
    gchar *id = *(gchar **)g_ptr_array_index (elements, i);
    const gchar *other = g_hash_table_lookup (kinds, id);

    if (other && other != kind) {
      g_autofree gchar *shown = siprec_printable (id, -1);

      siprec_deviations_add (deviations, "metadata-id-duplicate",
                             "%s is the id of a %s and of a %s", shown, other, kind);
    }
    g_hash_table_insert (kinds, id, (gpointer)kind);
  }
}

void
siprec_metadata_check_ids (const SiprecMetadata *metadata, GPtrArray *deviations)
{
  g_autoptr (GHashTable) kinds = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) streams = g_ptr_array_new ();

  for (guint i = 0; i < metadata->streams->len; i++) {
    SiprecStreamInfo *stream = g_ptr_array_index (metadata->streams, i);

    if (!stream->guessed)
      g_ptr_array_add (streams, stream);
  }
  check_ids (kinds, metadata->groups, "group", deviations);
  check_ids (kinds, metadata->calls, "session", deviations);
  check_ids (kinds, metadata->participants, "participant", deviations);
  check_ids (kinds, streams, "stream", deviations);
}
