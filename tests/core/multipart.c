/* Message bodies: cutting into parts, and what is tolerated.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "parsed.h"

/* The two usual parts, and @id as the only deviation (NULL: none). */
static void
check_usual (const gchar *type, const gchar *text, const gchar *id)
{
  g_autoptr (GPtrArray) parts = split_text (type, text);

  fail_unless_equals_int (parts->len, 2);
  check_part (parts, 0, "application/sdp", SDP);
  check_part (parts, 1, "application/rs-metadata+xml", XML);
  const SiprecBodyPart *xml = g_ptr_array_index (parts, 1);
  fail_unless_equals_string (xml->disposition, "recording-session");
  expect_only_deviation (id);
}

GST_START_TEST (test_two_parts)
{
  g_autoptr (GPtrArray) parts = split_text (MIXED, GOOD);
  const SiprecBodyPart *xml = siprec_body_find (parts, "application/rs-metadata+xml");

  check_usual (MIXED, GOOD, NULL);
  fail_unless (xml == g_ptr_array_index (parts, 1));
  fail_unless (siprec_body_is_metadata (xml));
  fail_if (siprec_body_is_metadata (siprec_body_find (parts, "application/sdp")));
  fail_unless (siprec_body_find (parts, "text/html") == NULL);
}
GST_END_TEST;

GST_START_TEST (test_empty)
{
  g_autoptr (GBytes) empty = g_bytes_new (NULL, 0);
  g_autoptr (GPtrArray) none = siprec_body_split (MIXED, NULL, NULL, deviations, NULL);
  g_autoptr (GPtrArray) nothing = siprec_body_split (NULL, NULL, empty, deviations, NULL);

  fail_unless_equals_int (none->len, 0);
  fail_unless_equals_int (nothing->len, 0);
  fail_unless_equals_int (deviations->len, 0);
}
GST_END_TEST;

GST_START_TEST (test_not_multipart)
{
  g_autoptr (GBytes) body = g_bytes_new_static (XML, strlen (XML));
  g_autoptr (GPtrArray) sdp = split_text ("Application/SDP ; charset=utf-8", SDP);
  g_autoptr (GPtrArray) xml = siprec_body_split (
      "application/rs-metadata", "Recording-Session;handling=Optional", body, deviations, NULL);
  const SiprecBodyPart *part = g_ptr_array_index (xml, 0);

  check_part (sdp, 0, "application/sdp", SDP);
  check_part (xml, 0, "application/rs-metadata", XML);
  fail_unless_equals_string (part->disposition, "recording-session");
  fail_unless (part->optional);
  fail_unless (siprec_body_is_metadata (part));
  fail_unless_equals_int (deviations->len, 0);
}
GST_END_TEST;

GST_START_TEST (test_order_and_extra_part)
{
  g_autoptr (GPtrArray) parts = split_text (
      MIXED, "--b1\r\n" XML_PART "\r\n--b1\r\nContent-Type: application/gtd\r\n"
             "Content-Disposition: signal;handling=optional\r\n\r\nIAM,\r\n\r\n--b1\r\n"
             "Content-Disposition: session;handling=required\r\n" SDP_PART "\r\n--b1--");
  const SiprecBodyPart *gtd = siprec_body_find (parts, "application/gtd");
  const SiprecBodyPart *sdp = siprec_body_find (parts, "application/sdp");

  fail_unless_equals_int (parts->len, 3);
  check_part (parts, 1, "application/gtd", "IAM,\r\n");
  fail_unless (gtd->optional);
  fail_if (sdp->optional);
  fail_unless_equals_string (sdp->disposition, "session");
}
GST_END_TEST;

GST_START_TEST (test_boundary_spellings)
{
  check_usual ("multipart/mixed; boundary=\"b1\"", GOOD, NULL);
  check_usual ("Multipart/Mixed ; charset=\"a;b\" ; BOUNDARY = b1 ", GOOD, NULL);
  check_usual ("multipart/mixed;boundary=\"b1 \";x", GOOD, NULL);
  check_usual ("multipart/mixed;boundary=\"\\b1\"", GOOD, NULL);
  check_usual ("multipart/mixed;boundary=\"b1", GOOD, NULL);
  check_usual ("multipart/related;boundary==+'().,/:=? _",
               "--=+'().,/:=? _\r\n" SDP_PART "\r\n--=+'().,/:=? _\r\n" XML_PART
               "\r\n--=+'().,/:=? _--",
               NULL);
}
GST_END_TEST;

GST_START_TEST (test_stray_cr_after_delimiter)
{
  static const gchar body[] = "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\r\n";
  g_autoptr (GBytes) bytes = g_bytes_new_static (body, strlen (body));
  g_autoptr (GPtrArray) deviations = siprec_deviations_new ();
  g_autoptr (GPtrArray) parts =
      siprec_body_split ("multipart/mixed;boundary=b", NULL, bytes, deviations, NULL);

  fail_unless_equals_int (parts->len, 1);
  fail_if (siprec_deviations_has (deviations, "body-unterminated"));
}
GST_END_TEST

GST_START_TEST (test_transport_padding)
{
  check_usual (
      MIXED, "--b1 \t\r\n" SDP_PART "\r\n--b1 \r\n" XML_PART "\r\n--b1-- \r\nepilogue\r\n--b1\r\nx",
      NULL);
}
GST_END_TEST;

GST_START_TEST (test_preamble_and_lookalikes)
{
  check_usual (MIXED, "preamble\r\n--b11\r\n--b1x\r\n" GOOD, NULL);
}
GST_END_TEST;

GST_START_TEST (test_delimiter_lookalike_in_part)
{
  g_autoptr (GPtrArray) parts =
      split_text (MIXED, "--b1\r\nContent-Type: text/a\r\n\r\n--b1x\r\n--b\r\n\r\n--b1--");

  check_part (parts, 0, "text/a", "--b1x\r\n--b\r\n");
}
GST_END_TEST;

GST_START_TEST (test_boundary_missing)
{
  check_usual ("multipart/mixed", "\r\n" GOOD, "body-boundary-missing");
}
GST_END_TEST;

GST_START_TEST (test_boundary_empty)
{
  check_usual ("multipart/mixed;boundary=\"\"", GOOD, "body-boundary-missing");
}
GST_END_TEST;

GST_START_TEST (test_boundary_mismatch)
{
  check_usual ("multipart/mixed;boundary=other", GOOD, "body-boundary-mismatch");
}
GST_END_TEST;

GST_START_TEST (test_boundary_spaces)
{
  check_usual (MIXED, "  --b1\r\n" SDP_PART "\r\n\t--b1\r\n" XML_PART "\r\n --b1--",
               "body-boundary-spaces");
}
GST_END_TEST;

GST_START_TEST (test_content_length)
{
  check_usual (MIXED,
               "--b1\r\nContent-Length: 2012\r\n" SDP_PART
               "\r\n--b1\r\nContent-Length:-1\r\n" XML_PART "\r\n--b1--",
               "body-content-length");
}
GST_END_TEST;

GST_START_TEST (test_content_length_right)
{
  check_usual (
      MIXED, "--b1\r\nContent-Length: 10\r\n" SDP_PART "\r\n--b1\r\n" XML_PART "\r\n--b1--", NULL);
}
GST_END_TEST;

GST_START_TEST (test_header_garbage)
{
  check_usual (MIXED,
               "--b1\r\n\001\002 garbage\r\nno colon\r\n" SDP_PART "\r\n--b1\r\n" XML_PART
               "\r\n--b1--",
               "body-header");
}
GST_END_TEST;

GST_START_TEST (test_header_spellings)
{
  check_usual (MIXED,
               "--b1\r\ncontent-TYPE:Application/SDP;x=y\r\n\r\n" SDP "\r\n--b1\r\n"
               "Content-Type :\r\n application/rs-metadata+xml\r\n\t;a=b\r\n"
               "Content-Disposition:Recording-Session\r\nX-Other: 1\r\n\r\n" XML "\r\n--b1--",
               NULL);
}
GST_END_TEST;

GST_START_TEST (test_line_ends)
{
  g_autoptr (GPtrArray) parts = split_text (
      MIXED,
      "--b1\nContent-Type: application/sdp\n\nv=0\ns=-\n\n--b1\nContent-Type: "
      "application/rs-metadata+xml\nContent-Disposition: recording-session\n\n" XML "\n--b1--\n");

  fail_unless_equals_int (parts->len, 2);
  check_part (parts, 0, "application/sdp", "v=0\ns=-\n");
  check_part (parts, 1, "application/rs-metadata+xml", XML);
  fail_unless_equals_int (deviations->len, 1);
  fail_unless (siprec_deviations_has (deviations, "body-line-ends"));
}
GST_END_TEST;

GST_START_TEST (test_unterminated)
{
  check_usual (MIXED, "--b1\r\n" SDP_PART "\r\n--b1\r\n" XML_PART, "body-unterminated");
}
GST_END_TEST;

GST_START_TEST (test_unterminated_by_open_delimiter)
{
  check_usual (MIXED, "--b1\r\n" SDP_PART "\r\n--b1\r\n" XML_PART "\r\n--b1\r\n",
               "body-unterminated");
}
GST_END_TEST;

GST_START_TEST (test_no_disposition)
{
  g_autoptr (GPtrArray) parts =
      split_text (MIXED, "--b1\r\nContent-Type: application/rs-metadata\r\n\r\n" XML "\r\n--b1--");
  const SiprecBodyPart *part = g_ptr_array_index (parts, 0);

  check_part (parts, 0, "application/rs-metadata", XML);
  fail_unless (part->disposition == NULL);
  fail_unless (siprec_deviations_has (deviations, "body-no-disposition"));
}
GST_END_TEST;

GST_START_TEST (test_no_type)
{
  g_autoptr (GPtrArray) parts =
      split_text (MIXED, "--b1\r\n\r\n" SDP "\r\n--b1\r\nContent-Type: x\r\n\r\n<?xml?>" XML
                         "\r\n--b1\r\n\r\nhello\r\n--b1--");
  g_autoptr (GPtrArray) whole = split_text (NULL, GOOD);

  fail_unless_equals_int (parts->len, 3);
  check_part (parts, 0, "application/sdp", SDP);
  check_part (parts, 1, "application/rs-metadata+xml", "<?xml?>" XML);
  check_part (parts, 2, "text/plain", "hello");
  fail_unless_equals_int (whole->len, 2);
  fail_unless (siprec_deviations_has (deviations, "body-no-type"));
}
GST_END_TEST;

GST_START_TEST (test_no_empty_line_before_body)
{
  g_autoptr (GPtrArray) parts = split_text (MIXED, "--b1\r\nContent-Type: application/sdp\r\n" SDP
                                                   "\r\n--b1\r\n" XML "\r\n--b1--");

  fail_unless_equals_int (parts->len, 2);
  check_part (parts, 0, "application/sdp", SDP);
  check_part (parts, 1, "application/rs-metadata+xml", XML);
}
GST_END_TEST;

GST_START_TEST (test_transfer_encoding)
{
  g_autoptr (GPtrArray) parts = split_text (
      MIXED, "--b1\r\nContent-Transfer-Encoding: Base64\r\nContent-Type: application/sdp\r\n\r\n"
             "dj0wDQpz\r\nPS0NCg==\r\n--b1\r\nContent-Transfer-Encoding: quoted-printable\r\n"
             "Content-Type: text/a\r\n\r\na=3Db\r\n--b1--");

  check_part (parts, 0, "application/sdp", SDP);
  check_part (parts, 1, "text/a", "a=3Db");
  fail_unless (siprec_deviations_has (deviations, "body-transfer-encoding"));
}
GST_END_TEST;

GST_START_TEST (test_transfer_encoding_identity)
{
  g_autoptr (GPtrArray) parts = split_text (
      MIXED, "--b1\r\nContent-Transfer-Encoding: BINARY\r\nContent-Type: text/a\r\n\r\nx"
             "\r\n--b1--");

  check_part (parts, 0, "text/a", "x");
  fail_unless_equals_int (deviations->len, 0);
}
GST_END_TEST;

GST_START_TEST (test_nested)
{
  g_autoptr (GPtrArray) parts =
      split_text (MIXED, "--b1\r\nContent-Type: multipart/alternative;boundary=b2\r\n"
                         "Content-Disposition: session;handling=optional\r\n\r\n--b2\r\n" SDP_PART
                         "\r\n--b2\r\n\r\n" SDP "\r\n--b2--\r\n--b1\r\n" XML_PART "\r\n--b1--");
  const SiprecBodyPart *inner = g_ptr_array_index (parts, 0);
  const SiprecBodyPart *outer = g_ptr_array_index (parts, 2);

  fail_unless_equals_int (parts->len, 3);
  check_part (parts, 0, "application/sdp", SDP);
  check_part (parts, 2, "application/rs-metadata+xml", XML);
  fail_unless (inner->optional);
  fail_if (outer->optional);
}
GST_END_TEST;

GST_START_TEST (test_nested_broken)
{
  g_autoptr (GPtrArray) parts = split_text (
      MIXED, "--b1\r\nContent-Type: multipart/mixed;boundary=b2\r\n\r\nnothing\r\n--b1\r\n" SDP_PART
             "\r\n--b1--");

  fail_unless_equals_int (parts->len, 1);
  fail_unless (siprec_deviations_has (deviations, "body-nested"));
}
GST_END_TEST;

GST_START_TEST (test_binary_part)
{
  static const gchar body[] =
      "--b1\r\nContent-Type: application/x\0y\r\n\r\n\0\377\r\n\n--b\0\r\n--b1--\r\n";
  g_autoptr (GPtrArray) parts = split_bytes (MIXED, body, sizeof body - 1);
  const SiprecBodyPart *part = g_ptr_array_index (parts, 0);
  gsize size = 0;
  const gchar *data = g_bytes_get_data (part->data, &size);

  fail_unless_equals_int (size, 9);
  fail_unless (memcmp (data, "\0\377\r\n\n--b\0", 9) == 0);
  fail_unless_equals_string (part->content_type, "application/x");
}
GST_END_TEST;

GST_START_TEST (test_printable)
{
  static const struct {
    const gchar *text;
    gssize size;
    const gchar *expected;
  } rows[] = {
      {NULL, -1, ""},
      {"abc", -1, "abc"},
      {"abc", 2, "ab"},
      {"a\r\n\0b", 5, "a...b"},
      {"\377\303", 2, ".."},
      {"\303\251", 1, "."},
      {"\303\251", 2, "\303\251"},
      {"\342\200\256x", -1, ".x"}, /* U+202E turns the text round */
  };
  g_autofree gchar *large = g_strnfill (100, 'x');
  g_autofree gchar *exact = g_strnfill (64, 'x');
  g_autofree gchar *shown = siprec_printable (large, -1);
  g_autofree gchar *whole = siprec_printable (exact, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *text = siprec_printable (rows[i].text, rows[i].size);
    fail_unless_equals_string (text, rows[i].expected);
  }
  fail_unless_equals_int (g_utf8_strlen (shown, -1), 64);
  fail_unless_equals_string (whole, exact);
}
GST_END_TEST;

GST_START_TEST (test_deviation_table)
{
  const gchar *const *ids = siprec_deviation_ids ();

  for (guint i = 0; ids[i] != NULL; i++) {
    fail_unless (i == 0 || strcmp (ids[i - 1], ids[i]) < 0, "%s is out of order", ids[i]);
    fail_unless (strspn (ids[i], "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen (ids[i]));
    fail_unless (siprec_deviation_description (ids[i]) != NULL);
  }
  fail_unless (siprec_deviation_description ("no-such-id") == NULL);
  siprec_deviations_add (NULL, ids[0], "nothing happens");
  siprec_deviations_add (deviations, ids[0], "first %d", 1);
  siprec_deviations_add (deviations, ids[0], "second");
  const SiprecDeviation *deviation = g_ptr_array_index (deviations, 0);
  fail_unless_equals_int (deviations->len, 1);
  fail_unless_equals_string (deviation->detail, "first 1");
  fail_unless_equals_string (deviation->id, ids[0]);
}
GST_END_TEST;

static Suite *
multipart_suite (void)
{
  Suite *suite = suite_create ("multipart");
  TCase *parts = tcase_create ("parts");
  TCase *tolerated = tcase_create ("tolerated");

  suite_add_tcase (suite, parts);
  tcase_add_checked_fixture (parts, parsed_set_up, parsed_tear_down);
  tcase_add_test (parts, test_two_parts);
  tcase_add_test (parts, test_empty);
  tcase_add_test (parts, test_not_multipart);
  tcase_add_test (parts, test_order_and_extra_part);
  tcase_add_test (parts, test_boundary_spellings);
  tcase_add_test (parts, test_stray_cr_after_delimiter);
  tcase_add_test (parts, test_transport_padding);
  tcase_add_test (parts, test_preamble_and_lookalikes);
  tcase_add_test (parts, test_delimiter_lookalike_in_part);
  tcase_add_test (parts, test_content_length_right);
  tcase_add_test (parts, test_header_spellings);
  tcase_add_test (parts, test_transfer_encoding_identity);
  tcase_add_test (parts, test_nested);
  tcase_add_test (parts, test_binary_part);
  tcase_add_test (parts, test_printable);
  tcase_add_test (parts, test_deviation_table);

  suite_add_tcase (suite, tolerated);
  tcase_add_checked_fixture (tolerated, parsed_set_up, parsed_tear_down);
  tcase_add_test (tolerated, test_boundary_missing);
  tcase_add_test (tolerated, test_boundary_empty);
  tcase_add_test (tolerated, test_boundary_mismatch);
  tcase_add_test (tolerated, test_boundary_spaces);
  tcase_add_test (tolerated, test_content_length);
  tcase_add_test (tolerated, test_header_garbage);
  tcase_add_test (tolerated, test_line_ends);
  tcase_add_test (tolerated, test_unterminated);
  tcase_add_test (tolerated, test_unterminated_by_open_delimiter);
  tcase_add_test (tolerated, test_no_disposition);
  tcase_add_test (tolerated, test_no_type);
  tcase_add_test (tolerated, test_no_empty_line_before_body);
  tcase_add_test (tolerated, test_transfer_encoding);
  tcase_add_test (tolerated, test_nested_broken);

  return suite;
}

GST_CHECK_MAIN (multipart)
