/* Guesses of who speaks where documents do not say it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "merged.h"

#define TWO "<participant participant_id='p1'/><participant participant_id='p2'/>"
#define STREAMS                                                                                    \
  "<stream stream_id='s1'><label>1</label></stream><stream "                                       \
  "stream_id='s2'><label>2</label></stream>"

GST_START_TEST (test_guess_order)
{
  apply (HEAD TWO STREAMS END);
  guess ("2,1");
  assert_senders ("1", "p1");
  assert_senders ("2", "p2");
  assert_guessed ("p1", TRUE);
  fail_if (siprec_metadata_stream (state, "s1")->guessed);

  /* Guesses can be repeated, and give way to facts. */
  guess ("2,1");
  fail_unless_equals_int (state->assocs->len, 2);
  fail_unless_equals_int (siprec_metadata_assoc (state, "p1")->send->len, 1);
  apply (PARTIAL ASSOC ("p1") "<send>s2</send></participantstreamassoc>" END);
  guess ("2,1");
  assert_senders ("2", "p1");
  assert_senders ("1", "");
  assert_guessed ("p1", FALSE);
}
GST_END_TEST;

GST_START_TEST (test_guess_needs_equal_counts)
{
  apply (HEAD TWO "<participant participant_id='p3'/>" STREAMS END);
  guess ("1,2");
  assert_senders ("1", "");
  fail_unless_equals_int (state->assocs->len, 0);
  apply (
      PARTIAL PSA ("p3") "<disassociate-time>T</disassociate-time></participantsessionassoc>" END);
  guess ("1,2");
  assert_senders ("2", "p2");
}
GST_END_TEST;

GST_START_TEST (test_guess_among_carried_streams)
{
  apply (HEAD TWO "<stream stream_id='s0'><label>20</label></stream>" STREAMS END);
  guess ("1,2");
  assert_senders ("20", "");
  assert_senders ("1", "p1");
}
GST_END_TEST;

GST_START_TEST (test_guess_streams)
{
  apply (HEAD TWO END);
  guess ("7,-");
  fail_unless_equals_int (state->streams->len, 2);
  fail_unless (siprec_metadata_stream (state, "7")->guessed);
  assert_senders ("7", "p1");
  assert_senders ("mline-1", "p2");

  /* A partial document that comes without SDP doesn't lose them. */
  apply (PARTIAL "<participant participant_id='p2'><nameID aor='sip:x@y'/></participant>" END);
  siprec_metadata_guess (state, NULL);
  assert_senders ("mline-1", "p2");
  fail_unless_equals_int (state->streams->len, 2);

  apply (PARTIAL STREAMS END);
  guess ("1,2");
  fail_unless_equals_int (state->streams->len, 2);
  assert_senders ("1", "p1");
}
GST_END_TEST;

GST_START_TEST (test_guess_unlabelled_lines)
{
  apply (HEAD TWO STREAMS ASSOC ("p1") "<send>s2</send></participantstreamassoc>" ASSOC (
      "p2") "<send>s1</send></participantstreamassoc>" END);
  guess ("-,-");
  assert_senders ("1", "p2");
  assert_senders ("mline-0", "p2");
  assert_senders ("mline-1", "p1");
  guess ("-,-");
  fail_unless_equals_int (state->streams->len, 4);
}
GST_END_TEST;

/* A second sender's stream was never named, and one line has no sender. */
GST_START_TEST (test_guess_undeclared_stream)
{
  apply (HEAD TWO "<stream stream_id='s1'><label>1</label></stream>" ASSOC (
      "p1") "<send>s1</send></participantstreamassoc>" ASSOC ("p2") "<send>s9</send></"
                                                                    "participantstreamassoc>" END);
  guess ("1,2");
  assert_senders ("2", "p2");
  fail_unless (siprec_metadata_stream (state, "s9")->guessed);
  guess ("1,2,3");
  assert_senders ("2", "");
}
GST_END_TEST;

GST_START_TEST (test_guess_nothing)
{
  guess ("");
  siprec_metadata_guess (state, NULL);
  fail_unless_equals_int (state->assocs->len, 0);
  apply (BASIC_CALL);
  guess ("96,97,98,99");
  fail_unless_equals_int (state->streams->len, 4);
  fail_unless_equals_int (state->assocs->len, 2);
}
GST_END_TEST;

static Suite *
metadata_guess_suite (void)
{
  Suite *suite = suite_create ("metadata-guess");
  TCase *guesses = tcase_create ("guesses");

  suite_add_tcase (suite, guesses);
  tcase_add_checked_fixture (guesses, merged_set_up, merged_tear_down);
  tcase_add_test (guesses, test_guess_order);
  tcase_add_test (guesses, test_guess_needs_equal_counts);
  tcase_add_test (guesses, test_guess_among_carried_streams);
  tcase_add_test (guesses, test_guess_streams);
  tcase_add_test (guesses, test_guess_unlabelled_lines);
  tcase_add_test (guesses, test_guess_undeclared_stream);
  tcase_add_test (guesses, test_guess_nothing);
  return suite;
}

GST_CHECK_MAIN (metadata_guess);
