/* tests: documents written from the model are valid and say the same
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/metadata/json.h"
#include "siprec-core/metadata/merge.h"
#include "siprec-core/metadata/reader.h"
#include "siprec-core/metadata/writer.h"
#include "tests/support/schema.h"

/* TRUE if @xml obeys the schema of tests/data. */
static gboolean
is_valid (const gchar *xml)
{
  g_autoptr (Schema) schema = schema_new (TEST_DATA_DIR "/metadata/recording.xsd");

  return schema_accepts (schema, xml);
}

static SiprecMetadata *
read_text (const gchar *xml)
{
  g_autoptr (GBytes) bytes = g_bytes_new (xml, strlen (xml));
  g_autoptr (SiprecMetadata) nothing = siprec_metadata_new ();
  g_autoptr (SiprecMetadata) document = siprec_metadata_read (bytes, NULL, NULL, NULL);

  fail_unless (document != NULL, "%s", xml);
  return siprec_metadata_merge (nothing, document);
}

/* What is written says what @metadata says. (transfer full) */
static gchar *
assert_same (const SiprecMetadata *metadata)
{
  gchar *xml = siprec_metadata_write (metadata);
  g_autoptr (SiprecMetadata) again = read_text (xml);
  g_autoptr (JsonObject) before = siprec_metadata_to_json (metadata);
  g_autoptr (JsonObject) after = siprec_metadata_to_json (again);

  fail_unless (json_object_equal (before, after), "%s", xml);
  return xml;
}

GST_START_TEST (test_vectors)
{
  g_autoptr (GDir) dir = g_dir_open (TEST_DATA_DIR "/metadata", 0, NULL);
  const gchar *name;
  guint n_valid = 0;

  while ((name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename (TEST_DATA_DIR "/metadata", name, NULL);
    g_autofree gchar *text = NULL;
    g_autofree gchar *written = NULL;
    g_autoptr (SiprecMetadata) metadata = NULL;

    /* This one isn't UTF-8, which read_text() takes. */
    if (!g_str_has_suffix (name, ".xml") || g_str_equal (name, "latin1.xml"))
      continue;
    fail_unless (g_file_get_contents (path, &text, NULL, NULL));
    metadata = read_text (text);
    written = assert_same (metadata);
    if (g_str_equal (name, "unescaped-ampersand.xml") || !is_valid (text))
      continue;
    n_valid++;
    fail_unless (is_valid (written), "%s", written);
  }
  fail_unless (n_valid >= 2);
}
GST_END_TEST;

/* The check itself refuses what it should. */
GST_START_TEST (test_schema)
{
  g_autofree gchar *text = NULL;

  fail_unless (g_file_get_contents (TEST_DATA_DIR "/metadata/everything.xml", &text, NULL, NULL));
  fail_unless (is_valid (text));
  for (guint i = 0; i < 4; i++) {
    static const gchar *const changes[][2] = {{"stream_id", "id"},
                                              {"2026-06-01T09:00:00Z", "yesterday"},
                                              {"<datamode>complete", "<datamode>whole"},
                                              {"<d:floor>3</d:floor>", "<floor>3</floor>"}};
    g_auto (GStrv) parts = g_strsplit (text, changes[i][0], -1);
    g_autofree gchar *changed = g_strjoinv (changes[i][1], parts);

    fail_if (is_valid (changed), "%s", changes[i][1]);
  }
}
GST_END_TEST;

/* Texts from the network stay texts, and guesses stay out. */
GST_START_TEST (test_texts)
{
  g_autoptr (SiprecMetadata) metadata = siprec_metadata_new ();
  SiprecParticipant *p = siprec_metadata_add_participant (metadata, "QUFB");
  SiprecStreamInfo *stream = siprec_metadata_add_stream (metadata, "QkJC");
  SiprecStreamAssoc *assoc = siprec_metadata_add_assoc (metadata, "QUFB");
  g_autofree gchar *xml = NULL;

  siprec_participant_add_name (p, "sip:a\"b<c>&d@x", "</name>\x01 ]]> & 'é'", "en");
  siprec_metadata_add_participant (metadata, "Q0ND");
  p->extensions = g_strdup ("<broken");
  stream->guessed = assoc->guessed = TRUE;
  g_ptr_array_add (assoc->send, g_strdup ("QkJC"));
  xml = siprec_metadata_write (metadata);
  fail_unless (is_valid (xml), "%s", xml);
  fail_unless (strstr (xml, "QkJC") == NULL && strstr (xml, "broken") == NULL);

  g_clear_pointer (&p->extensions, g_free);
  g_ptr_array_set_size (metadata->streams, 0);
  g_ptr_array_set_size (metadata->assocs, 0);
  g_free (((SiprecNameId *)g_ptr_array_index (p->names, 0))->name);
  ((SiprecNameId *)g_ptr_array_index (p->names, 0))->name = g_strdup ("</name> ]]> & 'é'");
  g_free (assert_same (metadata));
}
GST_END_TEST;

/* What vendors put into the wrong namespace comes back as it was. */
GST_START_TEST (test_odd_extensions)
{
  static const gchar *const odd[] = {
      "<callref>81</callref>",
      "<mode xmlns=\"urn:ietf:params:xml:ns:recording:1\">mixed</mode>",
      "<a:x xmlns:a=\"urn:a\"><y/></a:x>",
      "<a:x xmlns:a=\"urn:a\">1</a:x><plain/>",
      "<x xmlns=\"urn:a\"><y xmlns=\"\"/></x>",
  };

  for (guint i = 0; i < G_N_ELEMENTS (odd); i++) {
    g_autoptr (SiprecMetadata) metadata = siprec_metadata_new ();
    g_autofree gchar *xml = NULL;

    siprec_metadata_add_call (metadata, "QUFB")->extensions = g_strdup (odd[i]);
    metadata->extensions = g_strdup (odd[i]);
    xml = assert_same (metadata);
    fail_unless (is_valid (xml), "%s", xml);
  }
}
GST_END_TEST;

GST_START_TEST (test_partial)
{
  g_autoptr (SiprecMetadata) metadata = siprec_metadata_new ();
  g_autofree gchar *complete = siprec_metadata_write (metadata);
  g_autofree gchar *partial = NULL;

  metadata->partial = TRUE;
  partial = siprec_metadata_write (metadata);
  fail_unless (strstr (complete, "<datamode>complete</datamode>") != NULL && is_valid (complete));
  fail_unless (strstr (partial, "<datamode>partial</datamode>") != NULL && is_valid (partial));
}
GST_END_TEST;

static Suite *
metadata_writer_suite (void)
{
  Suite *s = suite_create ("metadata-writer");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_vectors);
  tcase_add_test (tc, test_schema);
  tcase_add_test (tc, test_texts);
  tcase_add_test (tc, test_odd_extensions);
  tcase_add_test (tc, test_partial);
  return s;
}

GST_CHECK_MAIN (metadata_writer);
