/* The table of deviations: it agrees with its page, and each of its ids has a play that shows what is done about it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/deviation.h"
#include "tests/support/recorder.h"

#define PLAYS     TEST_DATA_DIR "/deviations"
#define LAST_PLAY 55 /* the numbered ones are 1 to this, without a gap */

static GPtrArray *plays; /* paths */

GST_START_TEST (the_page_lists_every_id)
{
  const gchar *const *ids = siprec_deviation_ids ();
  g_autofree gchar *page = NULL;
  guint n_rows = 0;

  fail_unless (g_file_get_contents (INTEROP_PAGE, &page, NULL, NULL));
  for (const gchar *row = page; (row = strstr (row, "\n| `")); row++)
    n_rows++;
  for (guint i = 0; ids[i]; i++) {
    guint status = siprec_deviation_status (ids[i]);
    g_autofree gchar *strict = status ? g_strdup_printf ("%u", status) : g_strdup ("recorded");
    g_autofree gchar *row = g_strdup_printf ("\n| `%s` | %s | %s |", ids[i],
                                             siprec_deviation_description (ids[i]), strict);

    fail_unless (strstr (page, row) != NULL, "docs/interop.md lacks the row%s", row);
    fail_unless (i == 0 || strcmp (ids[i - 1], ids[i]) < 0, "%s is out of order", ids[i]);
  }
  fail_unless_equals_int (n_rows, g_strv_length ((gchar **)ids));
}
GST_END_TEST

GST_START_TEST (an_id_is_noted_once)
{
  g_autoptr (GPtrArray) list = siprec_deviations_new ();

  siprec_deviations_add (list, "sdp-no-label", "line %d", 0);
  siprec_deviations_add (list, "sdp-no-label", "line %d", 1);
  fail_unless_equals_int (list->len, 1);
  fail_unless_equals_string (((SiprecDeviation *)g_ptr_array_index (list, 0))->detail, "line 0");
  fail_unless (siprec_deviations_has (list, "sdp-no-label"));
  siprec_deviations_add (NULL, "sdp-no-label", "nobody listens");
}
GST_END_TEST

GST_START_TEST (every_id_has_a_play)
{
  const gchar *const *ids = siprec_deviation_ids ();
  g_autoptr (GPtrArray) loaded = g_ptr_array_new_with_free_func ((GDestroyNotify)play_free);

  for (guint i = 0; i < plays->len; i++)
    g_ptr_array_add (loaded, play_new (g_ptr_array_index (plays, i)));
  for (; *ids; ids++) {
    g_autofree gchar *member = g_strdup_printf ("id=%s", *ids);
    gboolean found = FALSE;

    for (guint i = 0; i < loaded->len && !found; i++)
      found = play_expects (g_ptr_array_index (loaded, i), member);
    fail_unless (found, "no file of " PLAYS " expects %s", *ids);
  }
}
GST_END_TEST

GST_START_TEST (every_number_has_a_play)
{
  for (guint n = 1; n <= LAST_PLAY; n++) {
    g_autofree gchar *start = g_strdup_printf (PLAYS "/%02u", n);
    gboolean found = FALSE;

    for (guint i = 0; i < plays->len && !found; i++)
      found = g_str_has_prefix (g_ptr_array_index (plays, i), start);
    fail_unless (found, "no file %s*", start);
  }
}
GST_END_TEST

/* All in one test: a process each would take too long where checkers look for leaks at the end of each. */
GST_START_TEST (lenient)
{
  g_autofree gchar *problems = recorder_play_all (PLAYS, FALSE);

  fail_unless (problems == NULL, "%s", problems);
}
GST_END_TEST

GST_START_TEST (strict)
{
  g_autofree gchar *problems = recorder_play_all (PLAYS, TRUE);

  fail_unless (problems == NULL, "%s", problems);
}
GST_END_TEST

static Suite *
deviation_suite (void)
{
  Suite *suite = suite_create ("deviation");
  TCase *tcase = tcase_create ("deviation");

  plays = recorder_find_plays (PLAYS);
  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 600);
  tcase_add_test (tcase, the_page_lists_every_id);
  tcase_add_test (tcase, an_id_is_noted_once);
  tcase_add_test (tcase, every_id_has_a_play);
  tcase_add_test (tcase, every_number_has_a_play);
  tcase_add_test (tcase, lenient);
  tcase_add_test (tcase, strict);
  return suite;
}

GST_CHECK_MAIN (deviation)
