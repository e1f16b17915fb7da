/* Metadata documents as an attacker would lay them out: their bounds, and any bytes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "parsed.h"
#include "siprec-core/error.h"
#include "tests/support/rounds.h"

static void
fail_to_read (const void *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;

  fail_unless (siprec_metadata_read (bytes, NULL, deviations, &error) == NULL);
  fail_unless (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX));
}

GST_START_TEST (test_nothing_to_read)
{
  static const gchar *const texts[] = {
      "",
      " ",
      "\n<",
      "not xml",
      "<",
      "&",
      "<?xml version='1.0'?>",
      "<!-- only a comment -->",
      "<html><body>no</body></html>",
      "<requestsnapshot xmlns='" NS "'/>",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    fail_to_read (texts[i], strlen (texts[i]));
  fail_to_read (NULL, 0);
  fail_to_read ("\0\0\0\0", 4);
  fail_to_read ("\xff\xfe", 2);
  fail_to_read ("\xff\xfe<\0", 4);
}
GST_END_TEST;

/* Broken somewhere in the middle: what came before counts, but nobody is taken as gone. */
GST_START_TEST (test_broken_is_partial)
{
  g_autoptr (SiprecMetadata) m =
      read_text (HEAD "<datamode>complete</datamode><participant participant_id='p'>"
                      "<nameID aor='sip:a@b'><name>A</wrong></nameID></participant>");

  fail_unless (siprec_deviations_has (deviations, "metadata-malformed"));
  fail_unless_equals_string (name_of (m, "p"), "A");
  fail_unless (m->partial);
}
GST_END_TEST;

GST_START_TEST (test_trailing_garbage)
{
  g_autoptr (SiprecMetadata) m =
      read_text (HEAD "<participant participant_id='p'/></recording>\r\n--boundary--\r\n");

  fail_unless (siprec_deviations_has (deviations, "metadata-malformed"));
  fail_unless_equals_int (m->participants->len, 1);
  fail_if (m->partial);
}
GST_END_TEST;

GST_START_TEST (test_doctype)
{
  static const gchar bomb[] =
      "<?xml version='1.0'?><!DOCTYPE recording [<!ENTITY a 'aaaaaaaaaa'>"
      "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>"
      "]><recording><participant participant_id='&c;'/></recording>";
  static const gchar defaults[] =
      "<!DOCTYPE recording [<!ATTLIST participant participant_id CDATA 'default'>]>"
      "<recording><participant/></recording>";
  static const gchar external[] = "<!DOCTYPE recording SYSTEM 'file:///etc/passwd' [<!ENTITY % x "
                                  "SYSTEM 'http://192.0.2.1/'>%x;]>"
                                  "<recording/>";
  g_autoptr (SiprecMetadata) m = NULL;

  fail_to_read (bomb, strlen (bomb));
  fail_to_read (defaults, strlen (defaults));
  fail_to_read (external, strlen (external));
  m = read_text (
      "<!DOCTYPE recording SYSTEM 'file:///etc/passwd'><recording xmlns='" NS "'>"
      "<participant participant_id='p'><nameID aor='&nope;'/></participant></recording>");
  fail_unless_equals_string (aor_of (m, 0, 0), "&nope;");
  expect_metadata_deviations ("ampersand doctype id-format aor");
}
GST_END_TEST;

GST_START_TEST (test_deep)
{
  GString *xml = g_string_new (HEAD "<participant participant_id='p'/>");
  g_autoptr (SiprecMetadata) m = NULL;

  for (guint i = 0; i < 100000; i++)
    g_string_append (xml, "<a>");
  m = read_text (xml->str);
  fail_unless_equals_int (m->participants->len, 1);
  fail_unless (m->partial);
  expect_metadata_deviations ("limit aor-missing element id-format");
  g_string_free (xml, TRUE);
}
GST_END_TEST;

GST_START_TEST (test_many_elements)
{
  GString *xml = g_string_new (HEAD);
  g_autoptr (SiprecMetadata) m = NULL;

  for (guint i = 0; i < 20000; i++)
    g_string_append_printf (xml, "<participant participant_id='%u'/>", i);
  g_string_append (xml, "</recording>");
  m = read_text (xml->str);
  fail_unless_equals_int (m->participants->len, 9999);
  fail_unless (m->partial);
  fail_unless (siprec_deviations_has (deviations, "metadata-limit"));
  g_string_free (xml, TRUE);
}
GST_END_TEST;

GST_START_TEST (test_large)
{
  GString *xml = g_string_new (HEAD "<participant participant_id='p'><nameID aor='sip:a@b'/>"
                                    "</participant><participant participant_id='q'><nameID aor='");
  g_autoptr (SiprecMetadata) m = NULL;

  for (guint i = 0; i < 2 * 1024 * 1024; i++)
    g_string_append_c (xml, 'x');
  g_string_append (xml, "'/></participant></recording>");
  m = read_text (xml->str);
  fail_unless_equals_string (name_of (m, "p"), "a@b");
  fail_unless (m->partial);
  fail_unless (siprec_deviations_has (deviations, "metadata-limit"));
  g_string_free (xml, TRUE);
}
GST_END_TEST;

/* A text and an address are cut, an element with text of any length is read. */
GST_START_TEST (test_long_name)
{
  g_autofree gchar *name = g_strnfill (100000, 'n');
  g_autofree gchar *xml = g_strdup_printf (
      HEAD "<participant participant_id='p'><nameID aor='sip:a@b'><name>%s</name></nameID>"
           "</participant></recording>",
      name);
  g_autoptr (SiprecMetadata) m = read_text (xml);

  fail_unless_equals_int (strlen (name_of (m, "p")), 1024);
}
GST_END_TEST;

/* What makes parsers slow must not make us slow: each of these takes far less than a second. */
GST_START_TEST (test_expensive)
{
  static const struct {
    const gchar *head, *repeated;
  } cases[] = {
      {"<recording ", "a%u='' "},
      {"<recording ", "xmlns:a%u='u' "},
      {"<recording>", "<![CDATA[&"},
      {"<recording>", "<![CDATA[]]>"},
      {"<recording>", "<!-- & "},
      {"<recording>", "&"},
      {"<recording>", "&amp;&#65;"},
      {"<recording>", "<![CDATA[x]]>"},
      {"<recording>", "<a:b>x</c>"},
      {"<recording>", "<?a b?>"},
      {"<recording>", "<a b='"},
      {"<recording>", "]]>"},
      {"<recording><participant participant_id='p'><nameID aor='", "\xff"},
      {"<recording><participantstreamassoc participant_id='p'>", "<send>s%u</send>"},
      {"<recording>", "<participantsessionassoc participant_id='p%u' session_id='s'/>"},
      {"<recording>", "<participant participant_id='p'><nameID aor='a%u'/></participant>"},
      {"", "<recording><?a "},
      {"<recording>", "<x%u xmlns='urn:x'/>"},
      {"<recording>", "<x:y xmlns:x='urn:x'><x:z/></x:y>"},
      {"<?xml version='1.0'?>", "<!DOCTYPE a"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GString *xml = g_string_new (cases[i].head);
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (SiprecMetadata) m = NULL;

    for (guint n = 0; xml->len < rounds (1024 * 1024); n++) {
      const gchar *number = strstr (cases[i].repeated, "%u");

      if (number) {
        g_string_append_len (xml, cases[i].repeated, number - cases[i].repeated);
        g_string_append_printf (xml, "%u%s", n, number + 2);
      } else {
        g_string_append (xml, cases[i].repeated);
      }
    }
    bytes = g_string_free_to_bytes (xml);
    m = siprec_metadata_read (bytes, NULL, deviations, NULL);
  }
}
GST_END_TEST;

static SiprecMetadata *
read_within (const gchar *xml, const SiprecMetadataLimits *limits)
{
  g_autoptr (GBytes) bytes = g_bytes_new (xml, strlen (xml));

  g_ptr_array_set_size (deviations, 0);
  return siprec_metadata_read (bytes, limits, deviations, NULL);
}

/* Each bound is a setting; what is within it is read, what is beyond it is told and left out. */
GST_START_TEST (test_limits)
{
  static const gchar xml[] =
      HEAD "<participant participant_id='four'><nameID aor='sip:a@b'/>"
           "</participant><participant participant_id='p'><nameID aor='sip:c@d'>"
           "<name>C</name></nameID></participant></recording>";
  const SiprecMetadataLimits none = {0}, enough = {sizeof xml - 1, 6, 4, 4};
  static const struct {
    SiprecMetadataLimits limits;
    guint n_participants;
    gboolean partial;
    const gchar *deviation;
  } cases[] = {
      {{.size = sizeof xml - 2}, 2, TRUE, "metadata-limit"},
      {{.elements = 3}, 1, TRUE, "metadata-limit"},
      {{.depth = 3}, 2, TRUE, "metadata-limit"},
      {{.depth = 2}, 1, TRUE, "metadata-limit"},
      {{.id_length = 3}, 1, FALSE, "metadata-id-too-long"},
  };
  g_autoptr (SiprecMetadata) by_default = read_within (xml, &none);
  g_autoptr (SiprecMetadata) whole = NULL;

  fail_if (siprec_deviations_has (deviations, "metadata-limit"));
  whole = read_within (xml, &enough);
  fail_if (siprec_deviations_has (deviations, "metadata-limit"));
  fail_unless (by_default->participants->len == 2 && whole->participants->len == 2);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (SiprecMetadata) m = read_within (xml, &cases[i].limits);

    fail_unless_equals_int (m->participants->len, cases[i].n_participants);
    fail_unless_equals_int (m->partial, cases[i].partial);
    fail_unless (siprec_deviations_has (deviations, cases[i].deviation), "%u", i);
  }
}
GST_END_TEST;

/* Raised bounds: 2 MB and 100,000 elements are read. */
GST_START_TEST (test_raised_limits)
{
  const SiprecMetadataLimits limits = {.size = 16 * 1024 * 1024, .elements = 200000, .depth = 1000};
  GString *xml = g_string_new (HEAD);
  g_autoptr (SiprecMetadata) m = NULL;
  guint n = rounds (100000);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (xml, "<stream stream_id='%u'/>", i);
  g_string_append (xml, "</recording>");
  m = read_within (xml->str, &limits);
  fail_unless_equals_int (m->streams->len, n);
  fail_if (siprec_deviations_has (deviations, "metadata-limit"));
  fail_if (m->partial);
  g_string_free (xml, TRUE);
}
GST_END_TEST;

GST_START_TEST (test_truncated_anywhere)
{
  static const gchar *const names[] = {"metadata/rfc7865.xml",
                                       "metadata/recording-metadata-root.xml",
                                       "metadata/unescaped-ampersand.xml"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GBytes) whole = load_data (names[i]);

    for (gsize size = 0; size < g_bytes_get_size (whole); size++) {
      g_autoptr (GBytes) cut = g_bytes_new (g_bytes_get_data (whole, NULL), size);
      g_autoptr (GError) error = NULL;
      g_autoptr (SiprecMetadata) m = siprec_metadata_read (cut, NULL, NULL, &error);

      fail_unless ((m != NULL) != (error != NULL));
      fail_unless (!m || m->participants->len <= 2);
    }
  }
}
GST_END_TEST;

GST_START_TEST (test_mutated)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7865);
  g_autoptr (GBytes) whole = load_data ("metadata/rfc7865.xml");
  gsize size = g_bytes_get_size (whole);

  for (guint i = 0; i < rounds (3000); i++) {
    guchar *data = g_memdup2 (g_bytes_get_data (whole, NULL), size);
    g_autoptr (GBytes) bytes = g_bytes_new_take (data, size);
    g_autoptr (GError) error = NULL;
    g_autoptr (SiprecMetadata) m = NULL;

    for (gint n = g_rand_int_range (rand, 1, 12); n > 0; n--)
      data[g_rand_int_range (rand, 0, size)] = g_rand_boolean (rand)
                                                   ? "<>&\"'/=!?[] "[g_rand_int_range (rand, 0, 12)]
                                                   : g_rand_int_range (rand, 0, 256);
    m = siprec_metadata_read (bytes, NULL, deviations, &error);
    fail_unless ((m != NULL) != (error != NULL));
  }
}
GST_END_TEST;

static gpointer
read_often (gpointer data)
{
  for (guint i = 0; i < 100; i++) {
    g_autoptr (SiprecMetadata) m = siprec_metadata_read (data, NULL, NULL, NULL);

    fail_unless (m && m->participants->len == 2);
  }
  return NULL;
}

GST_START_TEST (test_threads)
{
  g_autoptr (GBytes) bytes = load_data ("metadata/rfc7865.xml");
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("read", read_often, bytes);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}
GST_END_TEST;

static Suite *
metadata_hostile_suite (void)
{
  Suite *suite = suite_create ("metadata-hostile");
  TCase *hostile = tcase_create ("hostile");

  suite_add_tcase (suite, hostile);
  tcase_add_checked_fixture (hostile, parsed_set_up, parsed_tear_down);
  tcase_add_test (hostile, test_nothing_to_read);
  tcase_add_test (hostile, test_broken_is_partial);
  tcase_add_test (hostile, test_trailing_garbage);
  tcase_add_test (hostile, test_doctype);
  tcase_add_test (hostile, test_deep);
  tcase_add_test (hostile, test_many_elements);
  tcase_add_test (hostile, test_large);
  tcase_add_test (hostile, test_long_name);
  tcase_add_test (hostile, test_expensive);
  tcase_add_test (hostile, test_limits);
  tcase_add_test (hostile, test_raised_limits);
  tcase_add_test (hostile, test_truncated_anywhere);
  tcase_add_test (hostile, test_mutated);
  tcase_add_test (hostile, test_threads);

  return suite;
}

GST_CHECK_MAIN (metadata_hostile)
