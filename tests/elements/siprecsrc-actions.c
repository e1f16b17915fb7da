/* Action signals with odd arguments, at odd moments and from odd threads.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "pipeline.h"

static const gchar *const wishes[] = {"call", "pause", "resume", "request-snapshot"};

static void
emit (GstElement *src, const gchar *action, const gchar *text, gint mline, GstPromise *promise)
{
  if (g_str_equal (action, "pause") || g_str_equal (action, "resume"))
    g_signal_emit_by_name (src, action, mline, promise);
  else
    g_signal_emit_by_name (src, action, text, promise);
}

/* Every wish is refused with a reason, and a hangup passes without a trace. */
static void
expect_refusals (Pipeline *pipeline, const gchar *text, gint mline)
{
  for (guint i = 0; i < G_N_ELEMENTS (wishes); i++) {
    GstPromise *promise = gst_promise_new ();

    emit (pipeline->src, wishes[i], text, mline, promise);
    pipeline_expect_reply (promise, 0, "");
    emit (pipeline->src, wishes[i], text, mline, NULL);
  }
  g_signal_emit_by_name (pipeline->src, "hangup", text);
  g_signal_emit_by_name (pipeline->src, "hangup", NULL);
}

/* There is nobody to ask before the call, and after it. */
GST_START_TEST (test_wrong_time)
{
  static const GstState states[] = {GST_STATE_NULL, GST_STATE_READY, GST_STATE_PAUSED};
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  Caller *caller;

  for (guint i = 0; i < G_N_ELEMENTS (states); i++) {
    pipeline_set_state (pipeline, states[i]);
    expect_refusals (pipeline, "sip:127.0.0.1:9", 0);
  }
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_called (pipeline, 1);
  pipeline_hang_up (caller, pipeline_pad (pipeline, "audio_0"));
  expect_refusals (pipeline, "sip:127.0.0.1:9", 0);
  pipeline_set_state (pipeline, GST_STATE_NULL);
  expect_refusals (pipeline, "sip:127.0.0.1:9", 0);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* Of the last message; in a body lines may break. */
static void
expect_clean_head (Caller *caller)
{
  const gchar *message = caller_last (caller);
  const gchar *end = strstr (message, "\r\n\r\n");

  fail_unless (end != NULL);
  fail_if (g_strstr_len (message, end - message, "\nInjected") != NULL);
}

/* No argument does harm: m-lines that aren't there, URIs that are none, texts that would be headers. */
GST_START_TEST (test_odd_arguments)
{
  static const gint mlines[] = {1, 64, -2, G_MAXINT, G_MININT};
  g_autofree gchar *longish = g_strnfill (100000, '<');
  const gchar *uris[] = {NULL,      "",        "sip:",     "sip:@", "tel:1",
                         "sip:a b", "sip:[::", "\xff\xfe", longish};
  g_autofree gchar *wordy = g_strnfill (2000, '<');
  const gchar *reasons[] = {"a\r\nInjected: yes\r\n\r\n", "\xff\xfe\"", ";;;=", wordy};

  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller;

  caller = pipeline_caller (pipeline);
  for (guint i = 0; i < G_N_ELEMENTS (uris); i++) {
    GstPromise *promise = gst_promise_new ();

    emit (pipeline->src, "call", uris[i], 0, promise);
    pipeline_expect_reply (promise, 0, "");
  }
  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++) {
    fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
    pipeline_pad (pipeline, "audio_0");
    for (guint n = 0; n < G_N_ELEMENTS (mlines); n++) {
      GstPromise *promise = gst_promise_new ();

      emit (pipeline->src, n % 2 ? "pause" : "resume", NULL, mlines[n], promise);
      pipeline_expect_reply (promise, 0, "no such stream");
    }
    g_signal_emit_by_name (pipeline->src, "request-snapshot", reasons[i], NULL);
    fail_unless (caller_await (caller, "UPDATE"));
    expect_clean_head (caller);
    g_signal_emit_by_name (pipeline->src, "hangup", reasons[i]);
    g_signal_emit_by_name (pipeline->src, "hangup", reasons[i]);
    fail_unless (caller_await (caller, "BYE"));
    expect_clean_head (caller);
    pipeline_await_eos (pipeline_pad (pipeline, "audio_0"));
    caller = pipeline_again (pipeline, caller);
  }
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

typedef struct {
  GMutex lock;
  GCond changed;
  gboolean entered, released;
} Gate;

static void
set (Gate *gate, gboolean *flag)
{
  g_mutex_lock (&gate->lock);
  *flag = TRUE;
  g_cond_broadcast (&gate->changed);
  g_mutex_unlock (&gate->lock);
}

/* For longer than a caller waits. */
static void
await (Gate *gate, gboolean *flag)
{
  gint64 until = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;

  g_mutex_lock (&gate->lock);
  while (!*flag && g_cond_wait_until (&gate->changed, &gate->lock, until))
    ;
  g_mutex_unlock (&gate->lock);
}

static void
sit (GstPromise *promise, gpointer user_data)
{
  Gate *gate = user_data;

  set (gate, &gate->entered);
  await (gate, &gate->released);
}

/* Who is told of a reply may take its time: other calls are answered meanwhile. */
GST_START_TEST (test_reply_takes_its_time)
{
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  /* Whoever sits may leave after the test. */
  static Gate gate;
  GstPromise *promise = gst_promise_new_with_change_func (sit, &gate, NULL);
  Caller *caller, *other;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  other = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  pipeline_pad (pipeline, "audio_0");
  emit (pipeline->src, "pause", NULL, -1, promise);
  fail_unless (caller_await (caller, "INVITE"));
  await (&gate, &gate.entered);
  fail_unless (gate.entered);
  fail_unless_equals_int (caller_options (other), 200);
  pipeline_hang_up (caller, pipeline_pad (pipeline, "audio_0"));
  set (&gate, &gate.released);
  gst_promise_unref (promise);
  caller_free (other);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

typedef struct {
  Gate gate;
  Pipeline *pipeline;
} Stopper;

static void
stop (GstPromise *promise, gpointer user_data)
{
  Stopper *stopper = user_data;

  gst_element_set_state (stopper->pipeline->bin, GST_STATE_NULL);
  set (&stopper->gate, &stopper->gate.entered);
}

/* It may stop the pipeline, too. */
GST_START_TEST (test_reply_stops)
{
  static Stopper stopper;
  GstPromise *promise = gst_promise_new_with_change_func (stop, &stopper, NULL);
  Caller *caller;

  stopper.pipeline = pipeline_new ("", "fakesink async=false");
  pipeline_set_state (stopper.pipeline, GST_STATE_PLAYING);
  caller = pipeline_called (stopper.pipeline, 1);
  pipeline_pad (stopper.pipeline, "audio_0");
  emit (stopper.pipeline->src, "pause", NULL, -1, promise);
  fail_unless (caller_await (caller, "INVITE"));
  await (&stopper.gate, &stopper.gate.entered);
  fail_unless (stopper.gate.entered);
  fail_unless (caller_await (caller, "BYE"));
  gst_promise_unref (promise);
  caller_free (caller);
  pipeline_free (stopper.pipeline);
}
GST_END_TEST;

/* All actions but hangup, which is for @last. */
static void
emit_all (GstElement *src, gboolean last)
{
  for (guint i = 0; i < G_N_ELEMENTS (wishes); i++)
    emit (src, wishes[i], "sip:127.0.0.1:9", -1, NULL);
  if (last)
    g_signal_emit_by_name (src, "hangup", "enough");
}

static void
on_session (GstElement *src, const GstStructure *session, gpointer user_data)
{
  emit_all (src, FALSE);
}

static GstPadProbeReturn
on_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer src)
{
  emit_all (src, FALSE);
  return GST_PAD_PROBE_REMOVE;
}

static void
on_pad (GstElement *src, GstPad *pad, gpointer user_data)
{
  emit_all (src, FALSE);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, src, NULL);
}

static gpointer
emit_in_thread (gpointer src)
{
  for (guint i = 0; i < 50; i++)
    emit_all (src, i == 49);
  return NULL;
}

/* From handlers of signals, from streaming threads and from several others at once: the call ends by it. */
GST_START_TEST (test_any_thread)
{
  Pipeline *pipeline = pipeline_new (__i__ ? "push-mode=shared" : "", "fakesink async=false");
  GThread *threads[3];
  Caller *caller;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  g_signal_connect (pipeline->src, "session-started", G_CALLBACK (on_session), NULL);
  g_signal_connect (pipeline->src, "session-ended", G_CALLBACK (on_session), NULL);
  g_signal_connect (pipeline->src, "pad-added", G_CALLBACK (on_pad), NULL);
  caller = pipeline_called (pipeline, 2);
  /* A hangup before the element has the session would be for nothing. */
  pipeline_pad (pipeline, "audio_0");
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("actions", emit_in_thread, pipeline->src);
  fail_unless (caller_await (caller, "BYE"));
  pipeline_await_eos (pipeline_pad (pipeline, "audio_0"));
  pipeline_await_eos (pipeline_pad (pipeline, "metadata"));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static Suite *
siprecsrc_actions_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-actions");
  TCase *tcase = tcase_create ("actions");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_wrong_time);
  tcase_add_test (tcase, test_odd_arguments);
  tcase_add_test (tcase, test_reply_takes_its_time);
  tcase_add_test (tcase, test_reply_stops);
  tcase_add_loop_test (tcase, test_any_thread, 0, 2);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_actions)
