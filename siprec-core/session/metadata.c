/* What a session knows of who speaks: documents, the state they make, its senders. SIP thread only.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-private.h"

#include <string.h>

#include "../deviation.h"
#include "../metadata/changes.h"
#include "../metadata/merge.h"
#include "../metadata/reader.h"

/* A line that the metadata may know as a stream. */
static gboolean
carries_media (const SiprecMline *mline)
{
  return mline->rtp && mline->port != 0;
}

/* The a=label of each line, or of each that carries media: guesses go by those, or by their order. */
static GPtrArray *
collect_labels (SiprecSession *session, gboolean all)
{
  GPtrArray *labels = g_ptr_array_new ();

  /* There is none yet if we offer and the client hasn't answered. */
  for (guint i = 0; session->offer && i < session->offer->mlines->len; i++) {
    const SiprecMline *mline = g_ptr_array_index (session->offer->mlines, i);

    if (all || carries_media (mline))
      g_ptr_array_add (labels, mline->label);
  }
  return labels;
}

/* The name of @line in the metadata: its label, else the one that siprec_metadata_guess() makes up. */
static gchar *
metadata_label (SiprecSession *session, const SiprecLine *line)
{
  guint n = 0;

  if (line->label)
    return g_strdup (line->label);
  for (guint i = 0; i < line->mline; i++) {
    const SiprecMline *mline = siprec_offer_mline (session->offer, i);

    n += mline && carries_media (mline);
  }
  return g_strdup_printf ("mline-%u", n);
}

JsonArray *
siprec_session_find_senders (SiprecSession *session, const SiprecLine *line)
{
  g_autofree gchar *label = metadata_label (session, line);

  return siprec_senders_to_json (session->senders, label);
}

/* What isn't fit for JSON in the document has been made so; then its bytes come beside. */
static void
add_bytes (SiprecEvent *event, const gchar *text, gsize size)
{
  const gchar *raw = json_object_get_string_member (event->data, "raw");
  g_autofree gchar *bytes = NULL;

  if (strlen (raw) == size && memcmp (raw, text, size) == 0)
    return;
  bytes = g_base64_encode ((const guchar *)text, size);
  json_object_set_string_member (event->data, "raw_base64", bytes);
  event->size += strlen (bytes);
}

static void
emit_document (SiprecSession *session, GBytes *document, const SiprecMetadata *read,
               const GError *error)
{
  gsize size;
  const gchar *text = g_bytes_get_data (document, &size);
  g_autofree gchar *raw = g_utf8_make_valid (text ? text : "", size);
  JsonObject *data = json_object_new ();
  SiprecEvent *event;

  json_object_set_string_member (data, "mode", read && read->partial ? "partial" : "complete");
  json_object_set_string_member (data, "raw", raw);
  if (error)
    json_object_set_string_member (data, "error", error->message);
  event = siprec_event_new (SIPREC_EVENT_METADATA, data);
  add_bytes (event, text ? text : "", size);
  siprec_session_emit (session, event);
}

/* STREAM_UPDATED for each line whose senders are other ones than were told last. */
static void
update_senders (SiprecSession *session)
{
  GPtrArray *lines =
      session->negotiation ? siprec_negotiation_get_lines (session->negotiation) : NULL;

  for (guint i = 0; lines && i < lines->len; i++)
    siprec_session_report_senders (session, g_ptr_array_index (lines, i));
}

/* Remembers the lines that guesses were made for; TRUE if they are others than before. */
static gboolean
note_labels (SiprecSession *session, const GPtrArray *labels)
{
  GString *noted = g_string_new (NULL);
  gboolean differs;

  for (guint i = 0; i < labels->len; i++) {
    const gchar *label = g_ptr_array_index (labels, i);

    g_string_append_printf (noted, "%s\n", label ? label : "");
  }
  differs = g_strcmp0 (noted->str, session->guess_labels) != 0;
  g_free (session->guess_labels);
  session->guess_labels = g_string_free (noted, FALSE);
  return differs;
}

/* Makes @state (taken) what is known, completed by guesses, and tells the difference. */
static void
set_metadata (SiprecSession *session, SiprecMetadata *state, GPtrArray *labels)
{
  g_autoptr (SiprecMetadata) before = session->metadata;
  g_autoptr (GPtrArray) changes = NULL;

  session->metadata = state;
  siprec_metadata_guess (state, labels);
  changes = siprec_metadata_changes (before, state);
  for (guint i = 0; i < changes->len; i++)
    siprec_session_emit (session, siprec_event_ref (g_ptr_array_index (changes, i)));
  g_clear_pointer (&session->senders, g_hash_table_unref);
  session->senders = siprec_senders_new (state);
  update_senders (session);
}

void
siprec_session_report_offer (SiprecSession *session)
{
  g_autoptr (GPtrArray) labels = collect_labels (session, FALSE);

  /* Before the first document there is nothing to guess from. */
  if (session->senders && note_labels (session, labels))
    set_metadata (session, siprec_metadata_copy (session->metadata), labels);
}

/* Partial documents add to what is known; in sum that has the bound of a single one. FALSE if it is exceeded. */
static gboolean
check_size (SiprecSession *session, const SiprecMetadata *state)
{
  guint max = session->policy.metadata_limits.elements;

  if (max == 0)
    max = SIPREC_METADATA_DEFAULT_ELEMENTS;
  if (siprec_metadata_n_elements (state) <= max)
    return TRUE;
  siprec_deviations_add (session->deviations, "metadata-limit",
                         "more than %u elements in all documents together", max);
  return FALSE;
}

/* Makes the merge of what is known with @read the new state. */
static void
apply_metadata (SiprecSession *session, const SiprecMetadata *read)
{
  g_autoptr (GPtrArray) labels = collect_labels (session, FALSE);
  g_autoptr (GPtrArray) all_labels = collect_labels (session, TRUE);
  g_autoptr (SiprecMetadata) merged = siprec_metadata_merge (session->metadata, read);
  SiprecMetadata *state;

  if (!check_size (session, merged))
    return;
  state = g_steal_pointer (&merged);
  note_labels (session, labels);
  siprec_metadata_check_ids (state, session->deviations);
  set_metadata (session, state, labels);
  /* Without an offer, as in an answer that is awaited, there is nothing to compare with. */
  if (session->offer)
    siprec_metadata_check_streams (state, all_labels, labels, session->deviations);
}

/* Without the white space at its end, which depends on what it was sent in. */
static GBytes *
trim_document (GBytes *document)
{
  gsize size;
  const gchar *text = g_bytes_get_data (document, &size);

  while (size > 0 && g_ascii_isspace (text[size - 1]))
    size--;
  return g_bytes_new_from_bytes (document, 0, size);
}

void
siprec_session_report_metadata (SiprecSession *session, GBytes *document)
{
  g_autoptr (GBytes) trimmed = trim_document (document);
  g_autoptr (GError) error = NULL;
  g_autoptr (SiprecMetadata) read = NULL;
  gboolean awaited = siprec_context_now () < session->snapshot_deadline;

  /* Refreshes repeat the document; they are no news. */
  if (session->document && g_bytes_equal (session->document, trimmed))
    return;
  g_clear_pointer (&session->document, g_bytes_unref);
  session->document = g_steal_pointer (&trimmed);

  read = siprec_metadata_read (document, &session->policy.metadata_limits, session->deviations,
                               &error);
  emit_document (session, document, read, error);
  /* What is partial builds on what we asked to be told anew (RFC 7866 section 9.2). */
  if (read && !(read->partial && awaited))
    apply_metadata (session, read);
  if (read && !read->partial)
    session->snapshot_deadline = 0;
}
