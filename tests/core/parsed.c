/* What the parsers make of texts and files, and the deviations that they note meanwhile.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parsed.h"

#include <gst/check/gstcheck.h>
#include <string.h>

#include "siprec-core/error.h"

GPtrArray *deviations;

void
parsed_set_up (void)
{
  deviations = siprec_deviations_new ();
}

void
parsed_tear_down (void)
{
  g_clear_pointer (&deviations, g_ptr_array_unref);
}

void
expect_only_deviation (const gchar *id)
{
  if (deviations->len > 0 && id == NULL) {
    const SiprecDeviation *deviation = g_ptr_array_index (deviations, 0);

    fail ("unexpected deviation %s: %s", deviation->id, deviation->detail);
  }
  fail_unless_equals_int (deviations->len, id != NULL ? 1 : 0);
  fail_unless (id == NULL || siprec_deviations_has (deviations, id), "%s is missing", id);
}

void
expect_readable (GPtrArray *noted)
{
  for (guint i = 0; i < noted->len; i++) {
    const SiprecDeviation *deviation = g_ptr_array_index (noted, i);

    fail_unless (g_utf8_validate (deviation->detail, -1, NULL));
  }
}

SiprecOffer *
parse_offer_bytes (const gchar *data, gsize size, GPtrArray *noted, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);

  return siprec_offer_parse (bytes, noted, error);
}

SiprecOffer *
parse_offer (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  SiprecOffer *offer = parse_offer_bytes (text, strlen (text), deviations, &error);

  fail_unless (offer != NULL, "%s", error ? error->message : "neither offer nor error");
  return offer;
}

SiprecOffer *
parse_offer_noting (const gchar *text, const gchar *id)
{
  SiprecOffer *offer = parse_offer (text);

  expect_only_deviation (id);
  return offer;
}

const SiprecMline *
parse_offer_line (SiprecOffer **offer, const gchar *lines)
{
  g_autofree gchar *text = g_strconcat (SESSION, lines, NULL);

  g_clear_pointer (offer, siprec_offer_free);
  *offer = parse_offer (text);
  fail_unless_equals_int ((*offer)->mlines->len, 1);
  return siprec_offer_mline (*offer, 0);
}

void
check_format (const SiprecMline *mline, guint index, guint pt, const gchar *name, guint clock)
{
  fail_unless (index < mline->formats->len, "format %u of %u", index, mline->formats->len);
  const SiprecFormat *format = g_ptr_array_index (mline->formats, index);

  fail_unless_equals_int (format->pt, pt);
  fail_unless_equals_string (format->encoding_name, name);
  fail_unless_equals_int (format->clock_rate, clock);
}

GPtrArray *
split_bytes (const gchar *type, const gchar *data, gsize size)
{
  g_autoptr (GBytes) body = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  GPtrArray *parts = siprec_body_split (type, NULL, body, deviations, &error);

  fail_unless (parts != NULL, "%s", error ? error->message : "neither parts nor error");
  fail_unless (error == NULL);
  return parts;
}

GPtrArray *
split_text (const gchar *type, const gchar *text)
{
  return split_bytes (type, text, strlen (text));
}

void
expect_unsplit (const gchar *type, const gchar *text)
{
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;

  fail_unless (siprec_body_split (type, NULL, body, deviations, &error) == NULL);
  fail_unless (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX));
}

void
check_part (GPtrArray *parts, guint index, const gchar *type, const gchar *content)
{
  fail_unless (index < parts->len, "part %u of %u", index, parts->len);
  const SiprecBodyPart *part = g_ptr_array_index (parts, index);
  gsize size = 0;
  const gchar *data = g_bytes_get_data (part->data, &size);
  g_autofree gchar *text = g_strndup (data ? data : "", size);

  fail_unless_equals_string (part->content_type, type);
  fail_unless_equals_string (text, content);
}

GBytes *
load_data (const gchar *path)
{
  g_autofree gchar *file = g_build_filename (TEST_DATA_DIR, path, NULL);
  g_autoptr (GError) error = NULL;
  gchar *data = NULL;
  gsize size;

  fail_unless (g_file_get_contents (file, &data, &size, &error), "%s", error ? error->message : "");
  return g_bytes_new_take (data, size);
}

SiprecMetadata *
read_bytes (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  SiprecMetadata *metadata = siprec_metadata_read (bytes, NULL, deviations, &error);

  fail_unless (metadata != NULL, "%s", error ? error->message : "no error");
  return metadata;
}

SiprecMetadata *
read_file (const gchar *name)
{
  g_autofree gchar *path = g_build_filename ("metadata", name, NULL);
  g_autoptr (GBytes) bytes = load_data (path);

  return read_bytes (bytes);
}

SiprecMetadata *
read_text (const gchar *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return read_bytes (bytes);
}

void
expect_metadata_deviations (const gchar *expected)
{
  g_autoptr (GString) ids = g_string_new (NULL);

  for (guint i = 0; i < deviations->len; i++) {
    const SiprecDeviation *deviation = g_ptr_array_index (deviations, i);

    fail_unless (g_str_has_prefix (deviation->id, "metadata-"));
    fail_unless (g_utf8_validate (deviation->detail, -1, NULL));
    g_string_append_printf (ids, "%s%s", i ? " " : "", deviation->id + strlen ("metadata-"));
  }
  fail_unless_equals_string (ids->str, expected);
}

const gchar *
name_of (const SiprecMetadata *metadata, const gchar *id)
{
  const SiprecParticipant *participant = siprec_metadata_participant (metadata, id);

  fail_unless (participant != NULL, "no participant %s", id);
  return siprec_participant_display_name (participant);
}

const gchar *
aor_of (const SiprecMetadata *metadata, guint participant, guint n)
{
  const SiprecParticipant *p = g_ptr_array_index (metadata->participants, participant);
  const SiprecNameId *name_id = g_ptr_array_index (p->names, n);

  return name_id->aor;
}

void
mutate (GRand *rand, gchar *data, gsize size, const gchar *const *pieces, guint n_pieces)
{
  for (guint n = g_rand_int_range (rand, 1, 8); n > 0; n--) {
    gsize at = g_rand_int_range (rand, 0, size - 12);
    const gchar *piece = pieces[g_rand_int_range (rand, 0, n_pieces)];

    if (g_rand_boolean (rand))
      data[at] = g_rand_int (rand);
    else
      memcpy (data + at, piece, strlen (piece));
  }
}
