/* Pipelines that fail or are stopped in mid-call: another one goes on, and no media is lost on the way.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "pipeline.h"
#include "tests/support/recorder.h"
#include "tests/support/rounds.h"

#define N_CALLS 24
#define VALUE   0x10
#define PACKET  160 /* bytes of PCMU in 20 ms */

/* A sink that takes this much and fails then. */
#define BROKEN_SINK "identity error-after=12 ! fakesink async=false sync=false"
#define GOOD_SINK   "fakesink async=false sync=false"

/* The packets in which @caller spoke that came out of the pad, whether its branch took them or not. */
static guint
count_spoken (PadLog *log)
{
  g_autoptr (GByteArray) bytes = pad_log_bytes (log);
  guint n = 0;

  for (guint i = 0; i < bytes->len; i++)
    n += bytes->data[i] == VALUE;
  return n / PACKET;
}

static Pipeline *
record (SiprecSession *session, const gchar *properties, const gchar *sink)
{
  g_autofree gchar *all = g_strconcat ("session-detach=true ", properties, NULL);
  Pipeline *pipeline = pipeline_new (all, sink);

  g_object_set (pipeline->src, "session", session, NULL);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  return pipeline;
}

static void
talk (Caller *caller, guint n)
{
  for (guint i = 0; i < n; i++) {
    caller_send (caller, 0, VALUE);
    g_usleep (20000);
  }
}

static void
await_error (Pipeline *pipeline)
{
  GstMessage *message = pipeline_message (pipeline, GST_MESSAGE_ERROR, NULL);

  fail_unless (message != NULL);
  gst_message_unref (message);
}

/* The application hears of the error late. Meanwhile nothing goes into a branch that takes no more. */
static void
check_failed_branch (const gchar *properties)
{
  Recorder *recorder = recorder_new (NULL);
  Caller *caller = NULL;
  Pipeline *broken, *good;
  SiprecSession *session;
  guint spoken;

  recorder_apply (recorder, 20 * GST_SECOND);
  caller = caller_new (recorder_uri (recorder), FALSE);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  session = recorder_session (recorder, 0);
  broken = record (session, properties, BROKEN_SINK);
  talk (caller, 40);
  await_error (broken);
  talk (caller, 20);
  spoken = count_spoken (pipeline_pad (broken, "audio_0"));
  pipeline_set_state (broken, GST_STATE_NULL);
  good = record (session, properties, GOOD_SINK);
  pipeline_pad (good, "audio_0");
  fail_unless_equals_int (caller_bye (caller), 200);
  pipeline_await_eos (pipeline_pad (good, "audio_0"));
  /* The pads of both together have given it all, once. */
  spoken += count_spoken (pipeline_pad (good, "audio_0"));
  fail_unless_equals_int (spoken, 60);
  pipeline_free (broken);
  pipeline_free (good);
  caller_free (caller);
  fail_unless (recorder_await_idle (recorder));
  recorder_free (recorder);
}

GST_START_TEST (test_failed_branch)
{
  check_failed_branch ("");
  check_failed_branch ("push-mode=shared");
}
GST_END_TEST

/* A pause that is none: the pipeline plays on, and what came meanwhile isn't given late. */
GST_START_TEST (test_pause_and_go_on)
{
  Recorder *recorder = recorder_new (NULL);
  Caller *caller;
  Pipeline *pipeline;
  PadLog *log;
  guint n;

  recorder_apply (recorder, 20 * GST_SECOND);
  caller = caller_new (recorder_uri (recorder), FALSE);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  pipeline = record (recorder_session (recorder, 0), "", GOOD_SINK);
  log = pipeline_pad (pipeline, "audio_0");
  pipeline_await_buffers (log, 5);
  pipeline_set_state (pipeline, GST_STATE_PAUSED);
  n = count_spoken (log);
  talk (caller, 20);
  fail_unless_equals_int (count_spoken (log), n);
  g_usleep (300000);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  talk (caller, 20);
  fail_unless_equals_int (caller_bye (caller), 200);
  pipeline_await_eos (log);
  fail_unless_equals_int (count_spoken (log), n + 20);
  pipeline_free (pipeline);
  caller_free (caller);
  recorder_free (recorder);
}
GST_END_TEST

/* Many calls at once; of those who record them every third fails, and every third is stopped in mid-call. The rest
 * doesn't notice, and what another pipeline has taken over is complete. */
GST_START_TEST (test_burst)
{
  guint n_calls = MAX (rounds (N_CALLS), 6);
  Recorder *recorder = recorder_new (NULL);
  Caller *callers[N_CALLS];
  Pipeline *before[N_CALLS], *after[N_CALLS] = {NULL};

  recorder_apply (recorder, 60 * GST_SECOND);
  for (guint i = 0; i < n_calls; i++)
    callers[i] = caller_new (recorder_uri (recorder), FALSE);
  for (guint i = 0; i < n_calls; i++)
    caller_invite_only (callers[i], 1);
  for (guint i = 0; i < n_calls; i++)
    fail_unless_equals_int (caller_finish (callers[i]), 200);
  for (guint i = 0; i < n_calls; i++)
    before[i] = record (recorder_session (recorder, i), i % 2 ? "push-mode=shared" : "",
                        i % 3 == 0 ? BROKEN_SINK : GOOD_SINK);
  for (guint round = 0; round < 60; round++) {
    for (guint i = 0; i < n_calls; i++)
      caller_send (callers[i], 0, VALUE);
    g_usleep (20000);
    /* One a round, while the others go on. */
    if (round >= 20 && round - 20 < n_calls && (round - 20) % 3 == 1) {
      guint i = round - 20;

      pipeline_set_state (before[i], GST_STATE_NULL);
      after[i] = record (recorder_session (recorder, i), "", GOOD_SINK);
    }
  }
  for (guint i = 0; i < n_calls; i += 3) {
    await_error (before[i]);
    pipeline_set_state (before[i], GST_STATE_NULL);
    after[i] = record (recorder_session (recorder, i), "", GOOD_SINK);
  }
  for (guint i = 0; i < n_calls; i++) {
    PadLog *last = pipeline_pad (after[i] ? after[i] : before[i], "audio_0");

    fail_unless_equals_int (caller_bye (callers[i]), 200);
    pipeline_await_eos (last);
  }
  fail_unless (recorder_await_idle (recorder));
  for (guint i = 0; i < n_calls; i++) {
    guint spoken = count_spoken (g_ptr_array_index (before[i]->pads, 0));

    if (after[i])
      spoken += count_spoken (g_ptr_array_index (after[i]->pads, 0));
    fail_unless (spoken == 60, "call %u: %u of 60 packets came out", i, spoken);
    pipeline_free (before[i]);
    g_clear_pointer (&after[i], pipeline_free);
    caller_free (callers[i]);
  }
  recorder_free (recorder);
}
GST_END_TEST

/* Elements that leave while calls are given out: each caller is told yes or no, and a yes holds or ends with BYE. */
GST_START_TEST (test_elements_that_leave)
{
  guint n_calls = MAX (rounds (N_CALLS), 6) / 2 * 2, n_taken = 0;
  Caller *callers[N_CALLS];
  Pipeline *elements[N_CALLS], *last;

  for (guint i = 0; i < n_calls; i++) {
    elements[i] = pipeline_new ("endpoint=leaving", GOOD_SINK);
    pipeline_set_state (elements[i], GST_STATE_PLAYING);
  }
  for (guint i = 0; i < n_calls; i++)
    callers[i] = pipeline_caller (elements[0]);
  for (guint i = 0; i < n_calls; i++) {
    caller_invite_only (callers[i], 1);
    if (i % 2)
      pipeline_set_state (elements[i], GST_STATE_NULL);
  }
  for (guint i = 0; i < n_calls; i++) {
    guint status = caller_finish (callers[i]);

    fail_unless (status == 200 || status == 503, "%u", status);
    if (status == 200) {
      /* The element of this one may have said BYE meanwhile. */
      status = caller_bye (callers[i]);
      fail_unless (status == 200 || status == 481, "%u", status);
      n_taken++;
    }
  }
  fail_unless (n_taken >= n_calls / 2, "%u", n_taken);
  last = pipeline_new ("endpoint=leaving", GOOD_SINK);
  pipeline_set_state (last, GST_STATE_PLAYING);
  fail_unless_equals_int (caller_invite (callers[0], 1, "sendonly"), 200);
  fail_unless_equals_int (caller_bye (callers[0]), 200);
  pipeline_free (last);
  for (guint i = 0; i < n_calls; i++) {
    pipeline_free (elements[i]);
    caller_free (callers[i]);
  }
}
GST_END_TEST

static Suite *
handover_suite (void)
{
  Suite *suite = suite_create ("handover");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 120);
  tcase_add_test (tcase, test_failed_branch);
  tcase_add_test (tcase, test_pause_and_go_on);
  tcase_add_test (tcase, test_burst);
  tcase_add_test (tcase, test_elements_that_leave);
  return suite;
}

GST_CHECK_MAIN (handover)
