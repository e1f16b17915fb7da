/* Elements that are restarted, removed and given other settings while a call is up.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "pipeline.h"

static const gchar answer[] =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 0\r\na=sendonly\r\n";

/* An INVITE that offers a line, or one that leaves that to the recorder. */
static guint
invite (Caller *caller, gboolean delayed)
{
  if (!delayed)
    return caller_invite (caller, 1, "sendonly");
  caller_set_answer (caller, answer);
  return caller_invite_with (caller, "Require: siprec\r\n", NULL, NULL);
}

/* Another client records a call from its beginning to its end. */
static void
check_next_call (Pipeline *pipeline)
{
  g_autofree gchar *uri = pipeline_uri (pipeline);
  Caller *caller = caller_new (uri, FALSE);
  PadLog *log;

  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  log = pipeline_pad (pipeline, "audio_0");
  caller_talk (caller, 1, 10);
  pipeline_await_heard (log, 10);
  pipeline_hang_up (caller, log);
  pipeline_await_eos (pipeline_pad (pipeline, "metadata"));
  caller_free (caller);
}

typedef struct {
  Pipeline *pipeline;
  GstState final;
  gint entered, done;
} Restart;

/* In whatever signal: 0 is the answer that accepts. */
static guint
restart (Restart *restart)
{
  if (!g_atomic_int_compare_and_exchange (&restart->entered, 0, 1))
    return 0;
  gst_element_set_state (restart->pipeline->bin, GST_STATE_READY);
  gst_element_set_state (restart->pipeline->bin, restart->final);
  g_atomic_int_set (&restart->done, 1);
  return 0;
}

static void
check_restart (const gchar *signal, gboolean delayed, GstState final)
{
  Restart state = {.pipeline = pipeline_new ("", "fakesink async=false"), .final = final};
  Caller *caller;

  pipeline_set_state (state.pipeline, GST_STATE_PLAYING);
  g_signal_connect_swapped (state.pipeline->src, signal, G_CALLBACK (restart), &state);
  caller = pipeline_caller (state.pipeline);
  invite (caller, delayed);
  if (!g_atomic_int_get (&state.entered))
    caller_bye (caller);
  for (guint i = 0; i < 500 && !g_atomic_int_get (&state.done); i++)
    g_usleep (10000);
  fail_unless (g_atomic_int_get (&state.done), "%s", signal);
  caller_free (caller);
  if (final != GST_STATE_PLAYING)
    pipeline_set_state (state.pipeline, GST_STATE_PLAYING);
  check_next_call (state.pipeline);
  pipeline_free (state.pipeline);
}

/* A handler may stop the pipeline, and start it again for the next call. */
GST_START_TEST (test_restart_in_handler)
{
  static const gchar *const signals[] = {
      "on-sdp",    "accept-session", "session-started",       "session-ended",
      "pad-added", "no-more-pads",   "notify::session-state", "metadata-changed",
  };

  check_restart (signals[__i__], FALSE, GST_STATE_PLAYING);
  check_restart (signals[__i__], FALSE, GST_STATE_READY);
}
GST_END_TEST;

/* The SDP that a phone answers with comes with the start of the session. */
GST_START_TEST (test_restart_in_late_sdp)
{
  check_restart ("on-sdp", TRUE, GST_STATE_READY);
  check_restart ("on-sdp", TRUE, GST_STATE_PLAYING);
}
GST_END_TEST;

/* One element goes and another comes while the rest of the pipeline plays on. */
GST_START_TEST (test_removed_while_playing)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller;
  PadLog *log;

  caller = pipeline_called (pipeline, 2);
  log = pipeline_pad (pipeline, "audio_1");
  pipeline_await_buffers (log, 5);
  gst_object_ref (pipeline->src);
  fail_unless (gst_bin_remove (GST_BIN (pipeline->bin), pipeline->src));
  gst_element_set_state (pipeline->src, GST_STATE_NULL);
  fail_unless (caller_await (caller, "BYE"));
  pipeline_await_removed (log);
  fail_unless (gst_bin_add (GST_BIN (pipeline->bin), pipeline->src));
  fail_unless (gst_element_sync_state_with_parent (pipeline->src));
  gst_object_unref (pipeline->src);
  check_next_call (pipeline);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* What gst-inspect says of a property is so: most stay as they are from PAUSED on, and can be changed again then. */
GST_START_TEST (test_settings_stay)
{
  Pipeline *pipeline = pipeline_new ("latency=50 codecs=PCMU", "fakesink async=false");
  g_autofree gchar *codecs = NULL;
  gboolean detach;
  guint latency;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  g_test_expect_message ("siprec", G_LOG_LEVEL_WARNING, "src: latency can*READY*");
  g_test_expect_message ("siprec", G_LOG_LEVEL_WARNING, "src: codecs can*READY*");
  g_object_set (pipeline->src, "latency", 100, "codecs", "PCMA", NULL);
  g_test_assert_expected_messages ();
  g_object_set (pipeline->src, "session-detach", TRUE, NULL);
  g_object_get (pipeline->src, "latency", &latency, "codecs", &codecs, "session-detach", &detach,
                NULL);
  fail_unless_equals_int (latency, 50);
  fail_unless_equals_string (codecs, "PCMU");
  fail_unless (detach);

  g_object_set (pipeline->src, "session-detach", FALSE, NULL);
  pipeline_set_state (pipeline, GST_STATE_READY);
  g_object_set (pipeline->src, "latency", 100, NULL);
  g_object_get (pipeline->src, "latency", &latency, NULL);
  fail_unless_equals_int (latency, 100);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  check_next_call (pipeline);
  pipeline_free (pipeline);
}
GST_END_TEST;

static Suite *
siprecsrc_life_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-life");
  TCase *tcase = tcase_create ("life");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_restart_in_handler, 0, 8);
  tcase_add_test (tcase, test_restart_in_late_sdp);
  tcase_add_test (tcase, test_removed_while_playing);
  tcase_add_test (tcase, test_settings_stay);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_life)
