/* siprec-core: documents applied to the state (RFC 7865 section 8.2), and guesses where they are silent
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "merge.h"

#include <string.h>

static void
replace (gchar **to, const gchar *value)
{
  if (!value)
    return;
  g_free (*to);
  *to = g_strdup (value);
}

/* A new beginning after an end opens a new interval; an end alone leaves the beginning. */
static void
merge_interval (gchar **begin, gchar **end, const gchar *new_begin, const gchar *new_end)
{
  if (new_begin && g_strcmp0 (*begin, new_begin) != 0)
    g_clear_pointer (end, g_free);
  replace (begin, new_begin);
  replace (end, new_end);
}

static void
replace_list (GPtrArray *to, const GPtrArray *from)
{
  g_ptr_array_set_size (to, 0);
  for (guint i = 0; i < from->len; i++)
    g_ptr_array_add (to, g_strdup (g_ptr_array_index (from, i)));
}

/* Elements by id, which each of them begins with. */
static GHashTable *
index_by_id (const GPtrArray *elements)
{
  GHashTable *index = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < elements->len; i++) {
    gchar **element = g_ptr_array_index (elements, i);

    if (!g_hash_table_contains (index, element[0]))
      g_hash_table_insert (index, element[0], element);
  }
  return index;
}

typedef gpointer (*AddFunc) (SiprecMetadata *metadata, const gchar *id);

/* The element of @state that has the id of @from, a new one if none has. */
static gpointer
find_or_add (SiprecMetadata *state, GHashTable *index, gconstpointer from, AddFunc add)
{
  const gchar *id = *(gchar *const *)from;
  gpointer element = g_hash_table_lookup (index, id);

  if (!element) {
    element = add (state, id);
    g_hash_table_insert (index, *(gchar **)element, element);
  }
  return element;
}

static void
merge_groups (SiprecMetadata *state, const GPtrArray *groups)
{
  g_autoptr (GHashTable) index = index_by_id (state->groups);

  for (guint i = 0; i < groups->len; i++) {
    const SiprecGroup *from = g_ptr_array_index (groups, i);
    SiprecGroup *to = find_or_add (state, index, from, (AddFunc)siprec_metadata_add_group);

    merge_interval (&to->associate_time, &to->disassociate_time, from->associate_time,
                    from->disassociate_time);
  }
}

static void
merge_calls (SiprecMetadata *state, const GPtrArray *calls)
{
  g_autoptr (GHashTable) index = index_by_id (state->calls);

  for (guint i = 0; i < calls->len; i++) {
    const SiprecCall *from = g_ptr_array_index (calls, i);
    SiprecCall *to = find_or_add (state, index, from, (AddFunc)siprec_metadata_add_call);

    replace (&to->group_ref, from->group_ref);
    merge_interval (&to->start_time, &to->stop_time, from->start_time, from->stop_time);
    merge_interval (&to->associate_time, &to->disassociate_time, from->associate_time,
                    from->disassociate_time);
    if (from->sip_session_ids->len > 0)
      replace_list (to->sip_session_ids, from->sip_session_ids);
  }
}

static void
merge_participants (SiprecMetadata *state, const GPtrArray *participants)
{
  g_autoptr (GHashTable) index = index_by_id (state->participants);

  for (guint i = 0; i < participants->len; i++) {
    const SiprecParticipant *from = g_ptr_array_index (participants, i);
    SiprecParticipant *to =
        find_or_add (state, index, from, (AddFunc)siprec_metadata_add_participant);

    if (from->names->len > 0)
      g_ptr_array_set_size (to->names, 0);
    for (guint n = 0; n < from->names->len; n++) {
      const SiprecNameId *name = g_ptr_array_index (from->names, n);

      siprec_participant_add_name (to, name->aor, name->name, name->lang);
    }
  }
}

static void
merge_streams (SiprecMetadata *state, const GPtrArray *streams)
{
  g_autoptr (GHashTable) index = index_by_id (state->streams);

  for (guint i = 0; i < streams->len; i++) {
    const SiprecStreamInfo *from = g_ptr_array_index (streams, i);
    SiprecStreamInfo *to = find_or_add (state, index, from, (AddFunc)siprec_metadata_add_stream);

    /* After a transfer a stream belongs to another session (RFC 8068 section 3.2.3). */
    replace (&to->session_id, from->session_id);
    replace (&to->label, from->label);
    to->guessed = from->guessed;
  }
}

static gchar *
attendance_key (const SiprecAttendance *attendance)
{
  return g_strconcat (attendance->participant_id, "\n", attendance->call_id, NULL);
}

static void
merge_attendances (SiprecMetadata *state, const GPtrArray *attendances)
{
  g_autoptr (GHashTable) index = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < state->attendances->len; i++) {
    SiprecAttendance *known = g_ptr_array_index (state->attendances, i);

    g_hash_table_insert (index, attendance_key (known), known);
  }
  for (guint i = 0; i < attendances->len; i++) {
    const SiprecAttendance *from = g_ptr_array_index (attendances, i);
    g_autofree gchar *key = attendance_key (from);
    SiprecAttendance *to = g_hash_table_lookup (index, key);

    if (!to) {
      to = siprec_metadata_add_attendance (state, from->participant_id, from->call_id);
      g_hash_table_insert (index, g_steal_pointer (&key), to);
    }
    merge_interval (&to->associate_time, &to->disassociate_time, from->associate_time,
                    from->disassociate_time);
  }
}

static void
merge_assocs (SiprecMetadata *state, const GPtrArray *assocs)
{
  g_autoptr (GHashTable) index = index_by_id (state->assocs);

  for (guint i = 0; i < assocs->len; i++) {
    const SiprecStreamAssoc *from = g_ptr_array_index (assocs, i);
    SiprecStreamAssoc *to = find_or_add (state, index, from, (AddFunc)siprec_metadata_add_assoc);

    replace_list (to->send, from->send);
    replace_list (to->recv, from->recv);
    merge_interval (&to->associate_time, &to->disassociate_time, from->associate_time,
                    from->disassociate_time);
    to->guessed = from->guessed;
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
  return state;
}

/* The labels of the lines; "mline-<n>" for one without. Without lines, those of the streams. */
static GPtrArray *
collect_labels (const SiprecMetadata *metadata, const GPtrArray *lines)
{
  GPtrArray *labels = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; lines && i < lines->len; i++) {
    const gchar *label = g_ptr_array_index (lines, i);

    g_ptr_array_add (labels, label ? g_strdup (label) : g_strdup_printf ("mline-%u", i));
  }
  if (labels->len > 0)
    return labels;
  for (guint i = 0; i < metadata->streams->len; i++) {
    const SiprecStreamInfo *stream = g_ptr_array_index (metadata->streams, i);

    if (stream->label)
      g_ptr_array_add (labels, g_strdup (stream->label));
  }
  return labels;
}

static void
drop_guesses (SiprecMetadata *metadata)
{
  for (guint i = metadata->streams->len; i > 0; i--) {
    const SiprecStreamInfo *stream = g_ptr_array_index (metadata->streams, i - 1);

    if (stream->guessed)
      g_ptr_array_remove_index (metadata->streams, i - 1);
  }
  for (guint i = 0; i < metadata->assocs->len; i++) {
    SiprecStreamAssoc *assoc = g_ptr_array_index (metadata->assocs, i);

    if (assoc->guessed)
      g_ptr_array_set_size (assoc->send, 0);
    assoc->guessed = FALSE;
  }
}

static gboolean
has_ties (const SiprecMetadata *metadata)
{
  for (guint i = 0; i < metadata->assocs->len; i++) {
    const SiprecStreamAssoc *assoc = g_ptr_array_index (metadata->assocs, i);

    if (assoc->send->len > 0 || assoc->recv->len > 0)
      return TRUE;
  }
  return FALSE;
}

static void
add_guessed_stream (SiprecMetadata *metadata, const gchar *id, const gchar *label)
{
  SiprecStreamInfo *stream = siprec_metadata_add_stream (metadata, id);

  stream->label = g_strdup (label);
  stream->guessed = TRUE;
}

static GHashTable *
set_of (const GPtrArray *strings)
{
  GHashTable *set = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < strings->len; i++)
    g_hash_table_add (set, g_ptr_array_index (strings, i));
  return set;
}

/* The streams that a line carries; all of them if none is known by its label. */
static GPtrArray *
carried_streams (const SiprecMetadata *metadata, const GPtrArray *labels)
{
  GPtrArray *streams = g_ptr_array_new ();
  g_autoptr (GHashTable) set = set_of (labels);

  for (guint i = 0; i < metadata->streams->len; i++) {
    SiprecStreamInfo *stream = g_ptr_array_index (metadata->streams, i);

    if (stream->label && g_hash_table_contains (set, stream->label))
      g_ptr_array_add (streams, stream);
  }
  if (streams->len == 0)
    g_ptr_array_extend (streams, metadata->streams, NULL, NULL);
  return streams;
}

/* Ties the n-th participant to the n-th stream. */
static void
guess_by_order (SiprecMetadata *metadata, const GPtrArray *labels)
{
  g_autoptr (GPtrArray) present = g_ptr_array_new ();
  g_autoptr (GPtrArray) streams = NULL;
  g_autoptr (GHashTable) left = siprec_metadata_left (metadata);
  g_autoptr (GHashTable) assocs = index_by_id (metadata->assocs);

  if (metadata->streams->len == 0) {
    for (guint i = 0; i < labels->len; i++)
      add_guessed_stream (metadata, g_ptr_array_index (labels, i), g_ptr_array_index (labels, i));
  }
  streams = carried_streams (metadata, labels);
  for (guint i = 0; i < metadata->participants->len; i++) {
    SiprecParticipant *participant = g_ptr_array_index (metadata->participants, i);

    if (!g_hash_table_contains (left, participant->id))
      g_ptr_array_add (present, participant);
  }
  if (present->len != streams->len)
    return;
  for (guint i = 0; i < present->len; i++) {
    const SiprecStreamInfo *stream = g_ptr_array_index (streams, i);
    SiprecStreamAssoc *assoc = find_or_add (metadata, assocs, g_ptr_array_index (present, i),
                                            (AddFunc)siprec_metadata_add_assoc);

    g_ptr_array_add (assoc->send, g_strdup (stream->id));
    assoc->guessed = TRUE;
  }
}

/* What is sent by those who are there: ids that no document explained go to @unknown, the labels of
 * the others into the set that is returned. */
static GHashTable *
collect_sent (const SiprecMetadata *metadata, GPtrArray *unknown)
{
  GHashTable *sent = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) streams = index_by_id (metadata->streams);
  g_autoptr (GHashTable) left = siprec_metadata_left (metadata);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < metadata->assocs->len; i++) {
    const SiprecStreamAssoc *assoc = g_ptr_array_index (metadata->assocs, i);

    if (assoc->disassociate_time || g_hash_table_contains (left, assoc->participant_id))
      continue;
    for (guint n = 0; n < assoc->send->len; n++) {
      gchar *id = g_ptr_array_index (assoc->send, n);
      const SiprecStreamInfo *stream = g_hash_table_lookup (streams, id);

      if (stream && stream->label)
        g_hash_table_add (sent, stream->label);
      else if (!stream && g_hash_table_add (seen, id))
        g_ptr_array_add (unknown, id);
    }
  }
  return sent;
}

/* A transfer can name streams by new ids that no stream element explains (RFC 8068 section 3.2.3):
 * they are those of the labels that nobody sends any more, if there are as many. */
static void
guess_unknown_streams (SiprecMetadata *metadata, const GPtrArray *labels)
{
  g_autoptr (GPtrArray) unknown = g_ptr_array_new ();
  g_autoptr (GPtrArray) unsent = g_ptr_array_new ();
  g_autoptr (GHashTable) sent = collect_sent (metadata, unknown);

  for (guint i = 0; i < labels->len; i++) {
    if (!g_hash_table_contains (sent, g_ptr_array_index (labels, i)))
      g_ptr_array_add (unsent, g_ptr_array_index (labels, i));
  }
  if (unknown->len != unsent->len)
    return;
  for (guint i = 0; i < unknown->len; i++)
    add_guessed_stream (metadata, g_ptr_array_index (unknown, i), g_ptr_array_index (unsent, i));
}

/* TRUE if the lines and the streams know nothing of each other's labels, but are as many. */
static gboolean
is_unlabelled (const SiprecMetadata *metadata, const GPtrArray *labels)
{
  g_autoptr (GHashTable) set = set_of (labels);

  for (guint i = 0; i < metadata->streams->len; i++) {
    const SiprecStreamInfo *stream = g_ptr_array_index (metadata->streams, i);

    if (stream->label && g_hash_table_contains (set, stream->label))
      return FALSE;
  }
  return metadata->streams->len > 0 && metadata->streams->len == labels->len;
}

/* Gives the n-th stream the name of the n-th line as a second label. */
static void
guess_labels (SiprecMetadata *metadata, const GPtrArray *labels)
{
  for (guint i = 0; i < labels->len; i++) {
    const SiprecStreamInfo *stream = g_ptr_array_index (metadata->streams, i);

    add_guessed_stream (metadata, stream->id, g_ptr_array_index (labels, i));
  }
}

void
siprec_metadata_guess (SiprecMetadata *metadata, GPtrArray *labels)
{
  g_autoptr (GPtrArray) all_labels = collect_labels (metadata, labels);
  gboolean unlabelled;

  drop_guesses (metadata);
  unlabelled = is_unlabelled (metadata, all_labels);
  if (!has_ties (metadata))
    guess_by_order (metadata, all_labels);
  else if (!unlabelled)
    guess_unknown_streams (metadata, all_labels);
  if (unlabelled)
    guess_labels (metadata, all_labels);
}
