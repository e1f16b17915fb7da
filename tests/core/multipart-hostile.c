/* Message bodies of an attacker: their bounds, and any bytes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "parsed.h"
#include "tests/support/effort.h"
#include "tests/support/rounds.h"

GST_START_TEST (test_not_multipart_at_all)
{
  expect_unsplit (MIXED, SDP);
  expect_unsplit ("multipart/mixed", "\r\n\r\n");
  expect_unsplit (MIXED, "--\r\n-- \r\n");
}
GST_END_TEST;

GST_START_TEST (test_too_many_parts)
{
  g_autoptr (GString) body = g_string_new (NULL);
  for (guint i = 0; i < 40; i++)
    g_string_append_printf (body, "--b1\r\nContent-Type: text/a\r\n\r\n%u\r\n", i);
  g_string_append (body, "--b1--");
  g_autoptr (GPtrArray) parts = split_text (MIXED, body->str);

  fail_unless_equals_int (parts->len, 32);
  check_part (parts, 31, "text/a", "31");
  fail_unless (siprec_deviations_has (deviations, "body-too-many-parts"));
}
GST_END_TEST;

static GPtrArray *
split_nested (guint levels)
{
  g_autoptr (GString) body = g_string_new (NULL);
  for (guint i = 1; i < levels; i++)
    g_string_append_printf (body, "--l%u\r\nContent-Type: multipart/mixed;boundary=l%u\r\n\r\n", i,
                            i + 1);
  g_string_append_printf (body, "--l%u\r\n" SDP_PART, levels);
  for (guint i = levels; i >= 1; i--)
    g_string_append_printf (body, "\r\n--l%u--", i);
  return split_text ("multipart/mixed;boundary=l1", body->str);
}

GST_START_TEST (test_depth)
{
  g_autoptr (GPtrArray) four = split_nested (4);
  fail_unless_equals_int (four->len, 1);
  fail_unless_equals_int (deviations->len, 0);

  g_autoptr (GPtrArray) five = split_nested (5);
  fail_unless_equals_int (five->len, 0);
  fail_unless (siprec_deviations_has (deviations, "body-too-deep"));
}
GST_END_TEST;

GST_START_TEST (test_too_many_headers)
{
  g_autoptr (GString) body = g_string_new ("--b1\r\n");
  for (guint i = 0; i < 64; i++)
    g_string_append (body, "X: y\r\n");
  g_string_append (body, SDP_PART "\r\n--b1\r\n" XML_PART "\r\n--b1--");
  g_autoptr (GPtrArray) parts = split_text (MIXED, body->str);

  fail_unless_equals_int (parts->len, 1);
  check_part (parts, 0, "application/rs-metadata+xml", XML);
  fail_unless (siprec_deviations_has (deviations, "body-too-many-headers"));
}
GST_END_TEST;

/* Any bytes: parts or an error, every part with a type. */
static void
check_survives (const gchar *type, const gchar *data, gsize size)
{
  /* A copy of the exact size, so that ASan sees any read behind the end. */
  g_autoptr (GBytes) body = g_bytes_new (data, size);
  g_autoptr (GPtrArray) noted = siprec_deviations_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) parts = siprec_body_split (type, type, body, noted, &error);

  fail_unless ((parts != NULL) == (error == NULL));
  for (guint i = 0; parts != NULL && i < parts->len; i++) {
    const SiprecBodyPart *part = g_ptr_array_index (parts, i);
    fail_unless (g_utf8_validate (part->content_type, -1, NULL) && *part->content_type != '\0');
  }
  expect_readable (noted);
}

static const gchar hostile_seed[] =
    "pre\r\n--b1\r\nContent-Length: 7\r\n" SDP_PART "\r\n--b1\r\nContent-Type: "
    "multipart/mixed;boundary=\"b2\"\r\n\r\n--b2\r\nContent-Transfer-Encoding: base64\r\n" XML_PART
    "\r\n--b2--\r\n\r\n--b1\n" XML_PART "\r\n--b1--\r\n";

GST_START_TEST (test_truncations)
{
  for (gsize size = 0; size < sizeof hostile_seed; size++) {
    check_survives (MIXED, hostile_seed, size);
    check_survives (NULL, hostile_seed, size);
  }
}
GST_END_TEST;

GST_START_TEST (test_mutations)
{
  static const gchar *const pieces[] = {"--b1", "--b2", "--", "\r\n", "\n", "\"", ";", ":", "\t"};
  g_autoptr (GRand) rand = g_rand_new_with_seed (20);

  for (guint i = 0; i < rounds (10000); i++) {
    g_autofree gchar *data = g_memdup2 (hostile_seed, sizeof hostile_seed);

    mutate (rand, data, sizeof hostile_seed, pieces, G_N_ELEMENTS (pieces));
    check_survives (g_rand_boolean (rand) ? MIXED : "multipart/mixed", data, sizeof hostile_seed);
  }
}
GST_END_TEST;

GST_START_TEST (test_hostile_content_types)
{
  static const gchar *const types[] = {
      "",
      ";",
      "/",
      "a/",
      "/a",
      "multipart/",
      "multipart/mixed;",
      "multipart/mixed;boundary",
      "multipart/mixed;boundary=",
      "multipart/mixed;boundary=\"",
      "multipart/mixed;boundary=\"\\",
      "multipart/mixed;;;=;=\"\"",
      "multipart",
      "\377\376/\001",
      "a/b/c",
      "a b/c",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    check_survives (types[i], GOOD, sizeof GOOD - 1);
}
GST_END_TEST;

/* What @size bytes of the worst shapes cost. */
static gint64
weigh_bodies (gsize size)
{
  static const gchar *const units[] = {"--b1\n",
                                       "--b1\n\n--b2\n",
                                       "--b1\n\nx\n",
                                       "--b",
                                       "\n",
                                       " ",
                                       "--b1\nContent-Type:multipart/mixed\n\n"};
  gint64 start = effort ();

  for (gsize u = 0; u < G_N_ELEMENTS (units); u++) {
    g_autoptr (GString) body = g_string_new (NULL);
    while (body->len < size)
      g_string_append (body, units[u]);
    check_survives (MIXED, body->str, body->len);
    check_survives (NULL, body->str, body->len);
  }
  return effort () - start;
}

/* A megabyte of them costs no more than its share: nothing may be quadratic. */
GST_START_TEST (test_large_bodies)
{
  gint64 brief = weigh_bodies (256 * 1024), lengthy = weigh_bodies (1024 * 1024);

  fail_unless (effort_is_linear (brief, lengthy),
               "%" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " us", brief, lengthy);
}
GST_END_TEST;

static Suite *
multipart_hostile_suite (void)
{
  Suite *suite = suite_create ("multipart-hostile");
  TCase *hostile = tcase_create ("hostile");

  suite_add_tcase (suite, hostile);
  tcase_add_checked_fixture (hostile, parsed_set_up, parsed_tear_down);
  tcase_add_test (hostile, test_not_multipart_at_all);
  tcase_add_test (hostile, test_too_many_parts);
  tcase_add_test (hostile, test_depth);
  tcase_add_test (hostile, test_too_many_headers);
  tcase_add_test (hostile, test_truncations);
  tcase_add_test (hostile, test_mutations);
  tcase_add_test (hostile, test_hostile_content_types);
  tcase_add_test (hostile, test_large_bodies);

  return suite;
}

GST_CHECK_MAIN (multipart_hostile)
