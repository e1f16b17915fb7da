/* The table of deviations and its page agree.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/deviation.h"

GST_START_TEST (the_page_lists_every_id)
{
  const gchar *const *ids = siprec_deviation_ids ();
  g_autofree gchar *page = NULL;
  guint n_rows = 0;

  fail_unless (g_file_get_contents (INTEROP_PAGE, &page, NULL, NULL));
  for (const gchar *row = page; (row = strstr (row, "\n| `")); row++)
    n_rows++;
  for (guint i = 0; ids[i]; i++) {
    g_autofree gchar *row =
        g_strdup_printf ("\n| `%s` | %s |", ids[i], siprec_deviation_description (ids[i]));

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

static Suite *
deviation_suite (void)
{
  Suite *suite = suite_create ("deviation");
  TCase *tcase = tcase_create ("deviation");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, the_page_lists_every_id);
  tcase_add_test (tcase, an_id_is_noted_once);
  return suite;
}

GST_CHECK_MAIN (deviation)
