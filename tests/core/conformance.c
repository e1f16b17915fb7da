/* What the RFCs ask of a recorder and nothing else tests: each file of tests/data/conformance is one call, each of
 * tests/data/torture a message that is hard to read.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/support/recorder.h"

static GPtrArray *plays;   /* paths */
static GPtrArray *torture; /* the same */

GST_START_TEST (lenient)
{
  g_autofree gchar *problem = recorder_play (g_ptr_array_index (plays, __i__), FALSE);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

GST_START_TEST (strict)
{
  g_autofree gchar *problem = recorder_play (g_ptr_array_index (plays, __i__), TRUE);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

GST_START_TEST (tortured)
{
  g_autofree gchar *problem = recorder_play (g_ptr_array_index (torture, __i__), FALSE);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

static Suite *
conformance_suite (void)
{
  Suite *suite = suite_create ("conformance");
  TCase *tcase = tcase_create ("conformance");

  plays = recorder_find_plays (TEST_DATA_DIR "/conformance");
  torture = recorder_find_plays (TEST_DATA_DIR "/torture");
  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, lenient, 0, (gint)plays->len);
  tcase_add_loop_test (tcase, strict, 0, (gint)plays->len);
  tcase_add_loop_test (tcase, tortured, 0, (gint)torture->len);
  return suite;
}

GST_CHECK_MAIN (conformance)
