/* siprec-metadata: reads XML documents, SIP messages and events files
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record.h"

#include <string.h>

#include "message.h"
#include "siprec-core/body/multipart.h"
#include "siprec-core/deviation.h"
#include "siprec-core/error.h"
#include "siprec-core/metadata/merge.h"
#include "siprec-core/metadata/reader.h"
#include "siprec-core/sdp/offer.h"

/* json-glib parses by recursion; the events that we write have a few levels only. */
#define MAX_NESTING 32

static void
document_free (gpointer data)
{
  MetadataDocument *document = data;

  g_bytes_unref (document->data);
  g_free (document->time);
  g_free (document->error);
  g_free (document);
}

static MetadataRecord *
record_new (void)
{
  MetadataRecord *record = g_new0 (MetadataRecord, 1);

  record->state = siprec_metadata_new ();
  record->documents = g_ptr_array_new_with_free_func (document_free);
  record->events = g_ptr_array_new_with_free_func ((GDestroyNotify)json_object_unref);
  record->deviations = siprec_deviations_new ();
  record->labels = g_ptr_array_new_with_free_func (g_free);
  return record;
}

void
metadata_record_free (MetadataRecord *record)
{
  siprec_metadata_free (record->state);
  g_ptr_array_unref (record->documents);
  g_ptr_array_unref (record->events);
  g_ptr_array_unref (record->deviations);
  g_ptr_array_unref (record->labels);
  g_free (record);
}

const gchar *
metadata_member_text (JsonObject *object, const gchar *name)
{
  JsonNode *node = object ? json_object_get_member (object, name) : NULL;

  return node && json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node)
                                                                  : NULL;
}

JsonObject *
metadata_member_object (JsonObject *object, const gchar *name)
{
  JsonNode *node = object ? json_object_get_member (object, name) : NULL;

  return node && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

JsonArray *
metadata_member_array (JsonObject *object, const gchar *name)
{
  JsonNode *node = object ? json_object_get_member (object, name) : NULL;

  return node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

GPtrArray *
metadata_array_texts (JsonArray *array)
{
  GPtrArray *texts = g_ptr_array_new ();

  for (guint i = 0; array && i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);

    if (json_node_get_value_type (node) == G_TYPE_STRING)
      g_ptr_array_add (texts, (gpointer)json_node_get_string (node));
  }
  return texts;
}

static void
add_document (MetadataRecord *record, GBytes *data, const gchar *time)
{
  MetadataDocument *document = g_new0 (MetadataDocument, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (SiprecMetadata) read = siprec_metadata_read (data, NULL, record->deviations, &error);
  g_autoptr (SiprecMetadata) before = NULL;

  document->data = g_bytes_ref (data);
  document->time = g_strdup (time);
  g_ptr_array_add (record->documents, document);
  if (!read) {
    document->error = g_strdup (error->message);
    return;
  }
  document->partial = read->partial;
  before = record->state;
  record->state = siprec_metadata_merge (before, read);
  siprec_metadata_check_ids (record->state, record->deviations);
}

/* Learns the labels of an offer; the last one counts. */
static void
read_labels (MetadataRecord *record, const SiprecBodyPart *part)
{
  SiprecOffer *offer = siprec_offer_parse (part->data, record->deviations, NULL);

  if (!offer)
    return;
  g_ptr_array_set_size (record->labels, 0);
  for (guint i = 0; i < offer->mlines->len; i++) {
    const SiprecMline *mline = g_ptr_array_index (offer->mlines, i);

    if (mline->rtp && mline->port != 0)
      g_ptr_array_add (record->labels, g_strdup (mline->label));
  }
  siprec_offer_free (offer);
}

static void
read_messages (MetadataRecord *record, const gchar *text, gsize size)
{
  for (;;) {
    g_autofree gchar *type = NULL;
    g_autofree gchar *disposition = NULL;
    g_autoptr (GBytes) body = metadata_message_next (&text, &size, &type, &disposition);
    g_autoptr (GPtrArray) parts = NULL;

    if (!body)
      return;
    parts = siprec_body_split (type, disposition, body, record->deviations, NULL);
    for (guint i = 0; parts && i < parts->len; i++) {
      const SiprecBodyPart *part = g_ptr_array_index (parts, i);

      if (siprec_body_is_metadata (part))
        add_document (record, part->data, NULL);
      else if (g_str_equal (part->content_type, "application/sdp"))
        read_labels (record, part);
    }
  }
}

/* TRUE if @line, which is JSON or nothing, is nested no deeper than it should be. */
static gboolean
is_flat (const gchar *line, gsize length)
{
  gboolean in_text = FALSE;
  guint depth = 0;

  for (gsize i = 0; i < length && depth <= MAX_NESTING; i++) {
    if (in_text && line[i] == '\\')
      i++;
    else if (line[i] == '"')
      in_text = !in_text;
    else if (!in_text && (line[i] == '{' || line[i] == '['))
      depth++;
    else if (!in_text && (line[i] == '}' || line[i] == ']') && depth > 0)
      depth--;
  }
  return depth <= MAX_NESTING;
}

static void
read_deviation (MetadataRecord *record, JsonObject *data)
{
  const gchar *id = metadata_member_text (data, "id");
  const gchar *detail = metadata_member_text (data, "detail");

  for (const gchar *const *known = siprec_deviation_ids (); id && *known; known++) {
    if (g_str_equal (*known, id))
      siprec_deviations_add (record->deviations, *known, "%s", detail ? detail : "");
  }
}

/* The document in the data of a metadata event, byte by byte as it came; or NULL. */
static GBytes *
read_document (JsonObject *data)
{
  const gchar *raw = metadata_member_text (data, "raw");
  const gchar *base64 = metadata_member_text (data, "raw_base64");
  gsize size;
  guchar *bytes;

  if (!base64)
    return raw ? g_bytes_new (raw, strlen (raw)) : NULL;
  bytes = g_base64_decode (base64, &size);
  return g_bytes_new_take (bytes, size);
}

static void
read_event (MetadataRecord *record, JsonObject *event)
{
  const gchar *type = metadata_member_text (event, "type");
  JsonObject *data = metadata_member_object (event, "data");
  g_autoptr (GBytes) document = read_document (data);

  g_ptr_array_add (record->events, json_object_ref (event));
  if (g_strcmp0 (type, "siprec.metadata") == 0 && document) {
    add_document (record, document, metadata_member_text (event, "time"));
  } else if (g_strcmp0 (type, "siprec.deviation") == 0) {
    read_deviation (record, data);
  } else if (g_strcmp0 (type, "siprec.stream.added") == 0) {
    g_ptr_array_add (record->labels, g_strdup (metadata_member_text (data, "label")));
  }
}

/* Lines that are no events are left out: a recorder that was killed leaves half a line. */
static void
read_events (MetadataRecord *record, const gchar *text, gsize size)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();

  while (size > 0) {
    const gchar *end = memchr (text, '\n', size);
    gsize length = end ? (gsize)(end - text) : size;
    JsonNode *root = NULL;

    if (g_utf8_validate_len (text, length, NULL) && is_flat (text, length) &&
        json_parser_load_from_data (parser, text, length, NULL))
      root = json_parser_get_root (parser);
    if (root && JSON_NODE_HOLDS_OBJECT (root))
      read_event (record, json_node_get_object (root));
    text += MIN (length + 1, size);
    size -= MIN (length + 1, size);
  }
}

/* Why a record with nothing in it has nothing in it. */
static void
explain (const MetadataRecord *record, GError **error)
{
  const MetadataDocument *document =
      record->documents->len > 0 ? g_ptr_array_index (record->documents, 0) : NULL;

  g_set_error_literal (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX,
                       document ? document->error
                                : "There is no metadata in it. Give an XML document as in RFC "
                                  "7865, a SIP message that carries one, or an events file.");
}

MetadataRecord *
metadata_record_read (GBytes *input, GError **error)
{
  g_autoptr (MetadataRecord) record = record_new ();
  gsize size;
  const gchar *text = g_bytes_get_data (input, &size);
  gsize blank = 0;
  gboolean understood;

  while (blank < size && strchr (" \t\r\n", text[blank]) && text[blank])
    blank++;
  if (blank < size && text[blank] == '{')
    read_events (record, text + blank, size - blank);
  else if (blank < size && metadata_is_message (text + blank, size - blank))
    read_messages (record, text + blank, size - blank);
  else if (size > 0)
    add_document (record, input, NULL);

  siprec_metadata_guess (record->state, record->labels);
  understood = record->events->len > 0;
  for (guint i = 0; i < record->documents->len; i++)
    understood =
        understood || !((MetadataDocument *)g_ptr_array_index (record->documents, i))->error;
  if (understood)
    return g_steal_pointer (&record);
  explain (record, error);
  return NULL;
}
