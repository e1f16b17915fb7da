/* Partial and complete documents applied in turn (RFC 8068).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "merged.h"
#include "siprec-core/deviation.h"
#include "siprec-core/metadata/reader.h"

static const SiprecAttendance *
attendance_of (const gchar *id)
{
  for (guint i = 0; i < state->attendances->len; i++) {
    const SiprecAttendance *attendance = g_ptr_array_index (state->attendances, i);

    if (g_str_equal (attendance->participant_id, id))
      return attendance;
  }
  return NULL;
}

static gboolean
has_left (const gchar *id)
{
  g_autoptr (GHashTable) left = siprec_metadata_left (state);

  return g_hash_table_contains (left, id);
}

GST_START_TEST (test_complete_replaces)
{
  apply (BASIC_CALL);
  assert_senders ("96", "alice");
  assert_senders ("99", "bob");
  apply (HEAD "<session session_id='c2'/><participant participant_id='carol'/>" END);
  fail_unless_equals_int (state->groups->len, 0);
  fail_unless_equals_int (state->calls->len, 1);
  fail_unless_equals_int (state->participants->len, 1);
  fail_unless_equals_int (state->streams->len, 0);
  fail_unless_equals_int (state->attendances->len, 0);
  fail_unless_equals_int (state->assocs->len, 0);
}
GST_END_TEST;

GST_START_TEST (test_inputs_untouched)
{
  static const gchar xml[] = PARTIAL ASSOC ("alice") "</participantstreamassoc>" END;
  g_autoptr (GBytes) bytes = g_bytes_new_static (xml, strlen (xml));
  g_autoptr (SiprecMetadata) document = NULL;
  g_autoptr (SiprecMetadata) merged = NULL;

  apply (BASIC_CALL);
  document = siprec_metadata_read (bytes, NULL, NULL, NULL);
  merged = siprec_metadata_merge (state, document);
  assert_senders ("96", "alice");
  fail_unless (document->partial);
  fail_unless_equals_int (siprec_metadata_assoc (merged, "alice")->send->len, 0);
}
GST_END_TEST;

GST_START_TEST (test_empty_partial_changes_nothing)
{
  apply (BASIC_CALL);
  apply (PARTIAL END);
  fail_unless_equals_int (state->participants->len, 2);
  fail_unless_equals_int (state->groups->len, 1);
  assert_senders ("96", "alice");
}
GST_END_TEST;

/* RFC 8068 sections 3.2.2 and 3.3.2. */
GST_START_TEST (test_hold_and_resume)
{
  apply (BASIC_CALL);
  apply (PARTIAL ASSOC ("alice") "<recv>s3</recv><recv>s4</recv></participantstreamassoc>" ASSOC (
      "bob") "<send>s3</send><send>s4</send></participantstreamassoc>" END);
  guess ("96,97,98,99");
  assert_senders ("96", "");
  assert_senders ("98", "bob");
  fail_if (has_left ("alice"));
  fail_unless_equals_int (siprec_metadata_assoc (state, "bob")->recv->len, 0);
  apply (PARTIAL ASSOC ("alice") "<send>s1</send><send>s2</send></participantstreamassoc>" END);
  assert_senders ("96", "alice");
}
GST_END_TEST;

/* RFC 8068 section 3.2.3: nobody explains the new ids of the streams that Carol sends. */
GST_START_TEST (test_transfer_in_session)
{
  apply (BASIC_CALL);
  guess ("96,97,98,99");
  apply (PARTIAL
         "<session session_id='c1'><sipSessionID>three</sipSessionID></session>"
         "<participant participant_id='carol'><nameID "
         "aor='sip:carol@c'/></participant>" PSA (
             "carol") "<associate-time>T1</"
                      "associate-time></"
                      "participantsessionassoc>" PSA (
                          "alice") "<disassociate-"
                                   "time>T1</"
                                   "disassociate-time>"
                                   "</"
                                   "participantsession"
                                   "assoc>" ASSOC ("bob") "<send>"
                                                          "s3</"
                                                          "send><"
                                                          "send>"
                                                          "s4</"
                                                          "send><"
                                                          "recv>"
                                                          "n1</"
                                                          "recv><"
                                                          "recv>"
                                                          "n2</"
                                                          "recv>"
                                                          "</"
                                                          "partici"
                                                          "pantstr"
                                                          "eamasso"
                                                          "c"
                                                          ">" ASSOC ("car"
                                                                     "ol") "<send>n1</"
                                                                           "send><send>n2</"
                                                                           "send></"
                                                                           "participantstream"
                                                                           "assoc>" END);
  guess ("96,97,98,99");
  fail_unless (has_left ("alice"));
  fail_if (has_left ("carol"));
  fail_unless_equals_string (attendance_of ("alice")->associate_time, "T0");
  fail_unless_equals_string (attendance_of ("alice")->disassociate_time, "T1");
  assert_senders ("96", "carol");
  assert_senders ("97", "carol");
  assert_senders ("98", "bob");
  assert_guessed ("carol", FALSE);
  fail_unless (siprec_metadata_stream (state, "n1")->guessed);

  /* Once a document explains them, no guess is left. */
  apply (PARTIAL "<stream stream_id='n2'><label>96</label></stream>"
                 "<stream stream_id='n1'><label>97</label></stream>" END);
  guess ("96,97,98,99");
  fail_if (siprec_metadata_stream (state, "n1")->guessed);
  fail_unless_equals_string (siprec_metadata_stream (state, "n1")->label, "97");
  fail_unless_equals_int (state->streams->len, 6);
  assert_senders ("96", "carol");
}
GST_END_TEST;

/* RFC 8068 section 3.2.3, by REFER: the call's end takes everybody along. */
GST_START_TEST (test_call_ends)
{
  const SiprecCall *call;

  apply (BASIC_CALL);
  apply (PARTIAL "<session session_id='c1'><stop-time>T2</stop-time></session>" END);
  call = siprec_metadata_call (state, "c1");
  fail_unless (siprec_call_has_ended (call));
  fail_unless_equals_string (call->start_time, "T0");
  fail_unless_equals_int (call->sip_session_ids->len, 2);
  fail_unless (has_left ("alice") && has_left ("bob"));
  assert_senders ("96", "");
  apply (PARTIAL "<session session_id='c1'><start-time>T3</start-time></session>" END);
  fail_if (siprec_call_has_ended (siprec_metadata_call (state, "c1")));
  fail_if (has_left ("alice"));
}
GST_END_TEST;

GST_START_TEST (test_call_leaves_recording)
{
  apply (BASIC_CALL);
  apply (PARTIAL "<sessionrecordingassoc session_id='c1'><disassociate-time>T2</disassociate-time>"
                 "</sessionrecordingassoc>" END);
  fail_unless (siprec_call_has_ended (siprec_metadata_call (state, "c1")));
  apply (PARTIAL "<sessionrecordingassoc session_id='c1'><associate-time>T3</associate-time>"
                 "</sessionrecordingassoc>" END);
  fail_if (siprec_call_has_ended (siprec_metadata_call (state, "c1")));
}
GST_END_TEST;

/* RFC 8068 section 3.3.3: the list of ids shrinks when a party leaves. */
GST_START_TEST (test_given_children_replace)
{
  const SiprecCall *call;
  const SiprecParticipant *alice;

  apply (BASIC_CALL);
  apply (PARTIAL "<session session_id='c1'><sipSessionID>only</sipSessionID></session>"
                 "<participant participant_id='alice'><nameID aor='sip:new@a'/></participant>"
                 "<participant participant_id='bob'/>"
                 "<stream stream_id='s1' session_id='c9'/>" END);
  call = siprec_metadata_call (state, "c1");
  fail_unless_equals_int (call->sip_session_ids->len, 1);
  fail_unless_equals_string (g_ptr_array_index (call->sip_session_ids, 0), "only");
  fail_unless_equals_string (call->group_ref, "g1");
  alice = siprec_metadata_participant (state, "alice");
  fail_unless_equals_int (alice->names->len, 1);
  fail_unless_equals_string (siprec_participant_display_name (alice), "new@a");
  fail_unless_equals_string (
      siprec_participant_display_name (siprec_metadata_participant (state, "bob")), "bob@b");
  fail_unless_equals_string (siprec_metadata_stream (state, "s1")->session_id, "c9");
  fail_unless_equals_string (siprec_metadata_stream (state, "s1")->label, "96");
}
GST_END_TEST;

GST_START_TEST (test_leave_and_join_again)
{
  apply (BASIC_CALL);
  apply (PARTIAL PSA (
      "alice") "<disassociate-time>T1</disassociate-time></participantsessionassoc>" END);
  fail_unless (has_left ("alice"));
  fail_unless_equals_string (attendance_of ("alice")->associate_time, "T0");
  /* The same beginning again is no new one. */
  apply (PARTIAL PSA ("alice") "<associate-time>T0</associate-time></participantsessionassoc>" END);
  fail_unless (has_left ("alice"));
  apply (PARTIAL PSA ("alice") "<associate-time>T2</associate-time></participantsessionassoc>" END);
  fail_if (has_left ("alice"));
  fail_unless_equals_int (state->attendances->len, 2);
  fail_unless_equals_string (attendance_of ("alice")->associate_time, "T2");
  fail_unless (attendance_of ("alice")->disassociate_time == NULL);
}
GST_END_TEST;

/* Both intervals in one document: the last one counts. */
GST_START_TEST (test_intervals_in_one_document)
{
  apply (HEAD "<session session_id='c1'/><participant participant_id='p'/>" PSA (
      "p") "<associate-time>T0</associate-time><disassociate-time>T1</disassociate-time>"
           "</participantsessionassoc>" PSA (
               "p") "<associate-time>T2</associate-time></participantsessionassoc>" END);
  fail_unless_equals_int (state->attendances->len, 1);
  fail_if (has_left ("p"));
}
GST_END_TEST;

GST_START_TEST (test_two_calls)
{
  apply (HEAD "<session session_id='c1'/><session session_id='c2'/>"
              "<participant participant_id='bob'/>" PSA (
                  "bob") "</participantsessionassoc>"
                         "<participantsessionassoc participant_id='bob' session_id='c2'/>" END);
  apply (
      PARTIAL PSA ("bob") "<disassociate-time>T</disassociate-time></participantsessionassoc>" END);
  fail_if (has_left ("bob"));
  apply (PARTIAL "<session session_id='c2'><stop-time>T</stop-time></session>" END);
  fail_unless (has_left ("bob"));
}
GST_END_TEST;

/* Also for somebody in two calls the lists replace the old ones as a whole: an association says
 * nothing of which call it is about. */
GST_START_TEST (test_lists_replace_as_a_whole)
{
  apply (HEAD "<session session_id='c1'/><session session_id='c2'/>"
              "<participant participant_id='bob'/>"
              "<stream stream_id='s1' session_id='c1'><label>1</label></stream>"
              "<stream stream_id='s2' session_id='c2'><label>2</label></stream>" ASSOC (
                  "bob") "<send>s1</send><send>s2</send></participantstreamassoc>" END);
  assert_senders ("2", "bob");
  apply (PARTIAL ASSOC ("bob") "<send>s1</send></participantstreamassoc>" END);
  assert_senders ("1", "bob");
  assert_senders ("2", "");
}
GST_END_TEST;

GST_START_TEST (test_partial_before_complete)
{
  apply (PARTIAL ASSOC ("alice") "<send>s1</send></participantstreamassoc>" PSA (
      "alice") "<disassociate-time>T</disassociate-time></participantsessionassoc>" END);
  fail_unless_equals_int (state->participants->len, 0);
  apply (PARTIAL "<participant participant_id='alice'/>"
                 "<stream stream_id='s1'><label>1</label></stream>" PSA (
                     "alice") "<associate-time>T2</associate-time></participantsessionassoc>" END);
  assert_senders ("1", "alice");
}
GST_END_TEST;

/* An early draft says within the participant what it sends; nothing means that it has ceased to. */
GST_START_TEST (test_draft_stops_sending)
{
  apply (HEAD "<session id='c'/><participant id='p' session='c'><send>s1</send></participant>"
              "<stream id='s1'><label>1</label></stream>" END);
  assert_senders ("1", "p");
  apply (PARTIAL "<participant id='p' session='c'/>" END);
  assert_senders ("1", "");
}
GST_END_TEST;

/* One id for two kinds of elements is told, also when they come in two documents. */
GST_START_TEST (test_id_of_two_kinds)
{
  g_autoptr (GPtrArray) deviations = siprec_deviations_new ();

  apply (HEAD "<participant participant_id='x'/>" END);
  siprec_metadata_guess (state, NULL);
  siprec_metadata_check_ids (state, deviations);
  fail_unless_equals_int (deviations->len, 0);
  apply (PARTIAL "<stream stream_id='x'/>" END);
  siprec_metadata_check_ids (state, deviations);
  fail_unless (siprec_deviations_has (deviations, "metadata-id-duplicate"));
  fail_unless (siprec_metadata_participant (state, "x") != NULL);
  fail_unless (siprec_metadata_stream (state, "x") != NULL);
}
GST_END_TEST;

/* Who comes and goes leaves a history, with bounds. */
GST_START_TEST (test_history)
{
  const SiprecAttendance *attendance;

  for (guint i = 0; i < 300; i++) {
    g_autofree gchar *xml =
        g_strdup_printf (PARTIAL PSA ("alice") "<associate-time>T%u</associate-time>"
                                               "<disassociate-time>U%u</disassociate-time>"
                                               "</participantsessionassoc>" END,
                         i, i);

    apply (xml);
  }
  attendance = attendance_of ("alice");
  fail_unless_equals_string (attendance->associate_time, "T299");
  fail_unless_equals_int (attendance->history->len, 256);
  fail_unless_equals_string (((SiprecInterval *)g_ptr_array_index (attendance->history, 255))->end,
                             "U298");
}
GST_END_TEST;

/* A snapshot that tells of the present only doesn't make the past undone. */
GST_START_TEST (test_complete_keeps_history)
{
  const SiprecAttendance *alice;
  const SiprecInterval *past;

  apply (BASIC_CALL);
  apply (PARTIAL PSA (
      "alice") "<disassociate-time>T1</disassociate-time></participantsessionassoc>" END);
  apply (HEAD "<session session_id='c1'/><participant participant_id='alice'/>" PSA (
      "alice") "<associate-time>T2</associate-time></participantsessionassoc>" END);
  alice = attendance_of ("alice");
  fail_unless_equals_int (state->attendances->len, 1);
  fail_unless_equals_string (alice->associate_time, "T2");
  fail_unless (alice->disassociate_time == NULL);
  fail_unless_equals_int (alice->history->len, 1);
  past = g_ptr_array_index (alice->history, 0);
  fail_unless_equals_string (past->begin, "T0");
  fail_unless_equals_string (past->end, "T1");
  apply (HEAD "<session session_id='c1'/><participant participant_id='alice'/>" PSA (
      "alice") "<associate-time>T2</associate-time></participantsessionassoc>" END);
  fail_unless_equals_int (attendance_of ("alice")->history->len, 1);
}
GST_END_TEST;

/* The end of one interval and the beginning of the next in one document. */
GST_START_TEST (test_end_and_beginning_together)
{
  const SiprecInterval *past;
  const SiprecCall *call;

  apply (BASIC_CALL);
  apply (PARTIAL "<sessionrecordingassoc session_id='c1'><associate-time>T1</associate-time>"
                 "</sessionrecordingassoc>" END);
  apply (PARTIAL "<sessionrecordingassoc session_id='c1'><disassociate-time>T2</disassociate-time>"
                 "</sessionrecordingassoc><sessionrecordingassoc session_id='c1'>"
                 "<associate-time>T3</associate-time></sessionrecordingassoc>" END);
  call = siprec_metadata_call (state, "c1");
  fail_unless_equals_int (call->history->len, 1);
  past = g_ptr_array_index (call->history, 0);
  fail_unless_equals_string (past->begin, "T1");
  fail_unless_equals_string (past->end, "T2");
  fail_unless_equals_string (call->associate_time, "T3");
}
GST_END_TEST;

static Suite *
metadata_merge_suite (void)
{
  Suite *s = suite_create ("metadata-merge");
  TCase *merge = tcase_create ("merge");

  suite_add_tcase (s, merge);
  tcase_add_checked_fixture (merge, merged_set_up, merged_tear_down);
  tcase_add_test (merge, test_complete_replaces);
  tcase_add_test (merge, test_inputs_untouched);
  tcase_add_test (merge, test_empty_partial_changes_nothing);
  tcase_add_test (merge, test_hold_and_resume);
  tcase_add_test (merge, test_transfer_in_session);
  tcase_add_test (merge, test_call_ends);
  tcase_add_test (merge, test_call_leaves_recording);
  tcase_add_test (merge, test_given_children_replace);
  tcase_add_test (merge, test_leave_and_join_again);
  tcase_add_test (merge, test_intervals_in_one_document);
  tcase_add_test (merge, test_two_calls);
  tcase_add_test (merge, test_lists_replace_as_a_whole);
  tcase_add_test (merge, test_partial_before_complete);
  tcase_add_test (merge, test_draft_stops_sending);
  tcase_add_test (merge, test_id_of_two_kinds);
  tcase_add_test (merge, test_history);
  tcase_add_test (merge, test_complete_keeps_history);
  tcase_add_test (merge, test_end_and_beginning_together);
  return s;
}

GST_CHECK_MAIN (metadata_merge);
