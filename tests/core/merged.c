/* What is known of a call, as documents make it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "merged.h"

#include <gst/check/gstcheck.h>

#include "siprec-core/metadata/reader.h"

SiprecMetadata *state;

void
merged_set_up (void)
{
  state = siprec_metadata_new ();
}

void
merged_tear_down (void)
{
  g_clear_pointer (&state, siprec_metadata_free);
}

void
apply (const gchar *xml)
{
  g_autoptr (GBytes) bytes = g_bytes_new (xml, strlen (xml));
  g_autoptr (GError) error = NULL;
  g_autoptr (SiprecMetadata) document = siprec_metadata_read (bytes, NULL, NULL, &error);
  SiprecMetadata *merged;

  fail_unless (document != NULL, "%s", error ? error->message : "");
  merged = siprec_metadata_merge (state, document);
  fail_if (merged->partial);
  siprec_metadata_free (state);
  state = merged;
}

void
assert_senders (const gchar *label, const gchar *expected)
{
  g_autoptr (GString) ids = g_string_new (NULL);

  for (guint i = 0; i < state->streams->len; i++) {
    const SiprecStreamInfo *stream = g_ptr_array_index (state->streams, i);
    g_autoptr (GPtrArray) senders = siprec_metadata_senders (state, stream->id);

    for (guint n = 0; g_strcmp0 (stream->label, label) == 0 && n < senders->len; n++) {
      const SiprecParticipant *sender = g_ptr_array_index (senders, n);

      g_string_append_printf (ids, "%s%s", ids->len ? "," : "", sender->id);
    }
  }
  fail_unless_equals_string (ids->str, expected);
}

void
guess (const gchar *labels)
{
  g_auto (GStrv) split = g_strsplit (labels, ",", -1);
  g_autoptr (GPtrArray) array = g_ptr_array_new ();

  for (guint i = 0; split[i]; i++)
    g_ptr_array_add (array, g_str_equal (split[i], "-") ? NULL : split[i]);
  siprec_metadata_guess (state, array);
}

void
assert_guessed (const gchar *participant, gboolean guessed)
{
  const SiprecStreamAssoc *assoc = siprec_metadata_assoc (state, participant);

  fail_unless (assoc != NULL);
  fail_unless_equals_int (assoc->guessed, guessed);
}
