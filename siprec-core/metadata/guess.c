/* siprec-core: guesses where metadata documents are silent
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "merge.h"

#include "../deviation.h"
#include "index.h"

/* The labels of the lines; "mline-<n>" for one without. Without lines, those of the streams, each once: a guess
 * gives a new stream the label of an old one. */
static GPtrArray *
collect_labels (const SiprecMetadata *metadata, const GPtrArray *lines)
{
  GPtrArray *labels = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; lines && i < lines->len; i++) {
    const gchar *label = g_ptr_array_index (lines, i);

    g_ptr_array_add (labels, label ? g_strdup (label) : g_strdup_printf ("mline-%u", i));
  }
  if (labels->len > 0)
    return labels;
  for (guint i = 0; i < metadata->streams->len; i++) {
    const SiprecStreamInfo *stream = g_ptr_array_index (metadata->streams, i);

    if (stream->label && g_hash_table_add (seen, stream->label))
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
  for (guint i = metadata->assocs->len; i > 0; i--) {
    SiprecStreamAssoc *assoc = g_ptr_array_index (metadata->assocs, i - 1);

    if (!assoc->guessed)
      continue;
    g_ptr_array_set_size (assoc->send, 0);
    assoc->guessed = FALSE;
    /* One that says nothing else is no loss, whoever made it. */
    if (assoc->recv->len == 0 && assoc->history->len == 0 && !assoc->associate_time &&
        !assoc->disassociate_time && !assoc->extensions)
      g_ptr_array_remove_index (metadata->assocs, i - 1);
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

  for (guint i = 0; i < strings->len; i++) {
    if (g_ptr_array_index (strings, i))
      g_hash_table_add (set, g_ptr_array_index (strings, i));
  }
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
  g_autoptr (GHashTable) assocs = siprec_metadata_index (metadata->assocs);

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
    SiprecStreamAssoc *assoc =
        siprec_metadata_find_or_add (metadata, assocs, g_ptr_array_index (present, i),
                                     (SiprecMetadataAddFunc)siprec_metadata_add_assoc);

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
  g_autoptr (GHashTable) streams = siprec_metadata_index (metadata->streams);
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

static void
note_guesses (const SiprecMetadata *metadata, GPtrArray *deviations)
{
  for (guint i = 0; i < metadata->assocs->len; i++) {
    const SiprecStreamAssoc *assoc = g_ptr_array_index (metadata->assocs, i);
    g_autofree gchar *shown = siprec_printable (assoc->participant_id, -1);

    if (assoc->guessed)
      siprec_deviations_add (deviations, "metadata-guessed", "what participant %s sends", shown);
  }
  for (guint i = 0; i < metadata->streams->len; i++) {
    const SiprecStreamInfo *stream = g_ptr_array_index (metadata->streams, i);
    g_autofree gchar *shown = siprec_printable (stream->label, -1);

    if (stream->guessed)
      siprec_deviations_add (deviations, "metadata-guessed", "the stream of label %s", shown);
  }
}

/* RFC 7865 section 6.7.1. A stream may be one of a line that is refused or disabled. */
static void
note_labels (const SiprecMetadata *metadata, GPtrArray *labels, GPtrArray *used,
             GPtrArray *deviations)
{
  g_autoptr (GHashTable) known = set_of (labels);
  g_autoptr (GHashTable) named = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < metadata->streams->len; i++) {
    const SiprecStreamInfo *stream = g_ptr_array_index (metadata->streams, i);
    g_autofree gchar *shown = siprec_printable (stream->label, -1);

    if (stream->label == NULL)
      continue;
    g_hash_table_add (named, stream->label);
    if (!stream->guessed && !g_hash_table_contains (known, stream->label))
      siprec_deviations_add (deviations, "metadata-label", "no line has the label %s", shown);
  }
  for (guint i = 0; i < used->len && metadata->streams->len > 0; i++) {
    const gchar *label = g_ptr_array_index (used, i);
    g_autofree gchar *shown = siprec_printable (label, -1);

    if (label && !g_hash_table_contains (named, label))
      siprec_deviations_add (deviations, "metadata-label", "no stream has the label %s", shown);
  }
}

void
siprec_metadata_check_streams (const SiprecMetadata *metadata, GPtrArray *labels, GPtrArray *used,
                               GPtrArray *deviations)
{
  note_guesses (metadata, deviations);
  note_labels (metadata, labels, used, deviations);
}
