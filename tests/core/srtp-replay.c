/* Windows against replay, and which sources are remembered.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/srtp/replay.h"

GST_START_TEST (the_window_forgets_nothing_that_is_in_it)
{
  SiprecReplayTable table = {0};
  g_autoptr (GRand) random = g_rand_new_with_seed (3);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  guint64 newest = 0;

  for (guint i = 0; i < 20000; i++) {
    guint64 back = (guint64)g_rand_int_range (random, 0, 320);
    guint64 index = newest + 40 - MIN (newest, back);
    gboolean old = index + SIPREC_REPLAY_WINDOW <= newest ||
                   g_hash_table_contains (seen, GSIZE_TO_POINTER (index));

    fail_unless_equals_int (siprec_replay_is_old (siprec_replay_find (&table, 1), index), old);
    if (old)
      continue;
    siprec_replay_mark (&table, 1, index, i);
    g_hash_table_add (seen, GSIZE_TO_POINTER (index));
    newest = MAX (newest, index);
  }
}
GST_END_TEST

GST_START_TEST (the_source_heard_of_longest_ago_gives_way)
{
  SiprecReplayTable table = {0};

  for (guint i = 1; i <= SIPREC_REPLAY_SOURCES; i++)
    siprec_replay_mark (&table, i, 5, i);
  siprec_replay_mark (&table, 1, 6, 100);
  siprec_replay_mark (&table, 99, 1, 101);
  fail_unless (siprec_replay_find (&table, 1) && siprec_replay_find (&table, 99));
  fail_if (siprec_replay_find (&table, 2));
}
GST_END_TEST

static Suite *
srtp_replay_suite (void)
{
  Suite *suite = suite_create ("srtp-replay");
  TCase *tcase = tcase_create ("windows");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, the_window_forgets_nothing_that_is_in_it);
  tcase_add_test (tcase, the_source_heard_of_longest_ago_gives_way);
  return suite;
}

GST_CHECK_MAIN (srtp_replay);
