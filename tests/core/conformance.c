/* What the RFCs ask of a recorder and nothing else tests: each file of tests/data/conformance is one call, each of
 * tests/data/torture a message that is hard to read.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/support/recorder.h"

GST_START_TEST (lenient)
{
  g_autofree gchar *problems = recorder_play_all (TEST_DATA_DIR "/conformance", FALSE);

  fail_unless (problems == NULL, "%s", problems);
}
GST_END_TEST

GST_START_TEST (strict)
{
  g_autofree gchar *problems = recorder_play_all (TEST_DATA_DIR "/conformance", TRUE);

  fail_unless (problems == NULL, "%s", problems);
}
GST_END_TEST

GST_START_TEST (tortured)
{
  g_autofree gchar *problems = recorder_play_all (TEST_DATA_DIR "/torture", FALSE);

  fail_unless (problems == NULL, "%s", problems);
}
GST_END_TEST

static Suite *
conformance_suite (void)
{
  Suite *suite = suite_create ("conformance");
  TCase *tcase = tcase_create ("conformance");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 300);
  tcase_add_test (tcase, lenient);
  tcase_add_test (tcase, strict);
  tcase_add_test (tcase, tortured);
  return suite;
}

GST_CHECK_MAIN (conformance)
