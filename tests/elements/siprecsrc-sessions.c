/* siprecsrc: which session it takes, what becomes of it, and what comes after it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <unistd.h>
#include <gst/sdp/gstsdpmessage.h>

#include "pipeline.h"
#include "siprec-core/endpoint/endpoint.h"
#include "tests/support/recorder.h"

/* An element that isn't PLAYING takes nothing. */
GST_START_TEST (test_busy)
{
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  Caller *caller;
  g_autofree gchar *retry = NULL;

  pipeline_set_state (pipeline, GST_STATE_PAUSED);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 503);
  retry = caller_header (caller, "Retry-After");
  fail_unless (retry != NULL);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  pipeline_hang_up (caller, pipeline_pad (pipeline, "audio_0"));
  /* One call is what it was for. */
  pipeline_await_state (pipeline, "ended");
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 503);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static void
note_sdp (GstElement *src, GstSDPMessage *sdp, gpointer n_media)
{
  *(guint *)n_media = gst_sdp_message_medias_len (sdp);
}

/* A phone that offers nothing: its pads come with its ACK. */
GST_START_TEST (test_delayed_offer)
{
  Pipeline *pipeline = pipeline_new ("delayed-offer-streams=2", "fakesink async=false");
  Caller *caller;
  guint n_media = 0;

  g_signal_connect (pipeline->src, "on-sdp", G_CALLBACK (note_sdp), &n_media);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  caller_set_answer (caller,
                     "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                     "m=audio 40000 RTP/AVP 0\r\na=sendonly\r\nm=audio 40002 RTP/AVP 0\r\n");
  fail_unless_equals_int (caller_invite_with (caller, "Require: siprec\r\n", NULL, NULL), 200);
  pipeline_await_order (pipeline, "audio_0 audio_1 metadata no-more-pads");
  fail_unless_equals_int (n_media, 2);
  caller_talk (caller, 2, 10);
  pipeline_await_buffers (pipeline_pad (pipeline, "audio_1"), 10);
  pipeline_hang_up (caller, pipeline_pad (pipeline, "audio_0"));
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static void
ask (Pipeline *pipeline, Caller *caller, const gchar *action, const gchar *method)
{
  GstPromise *promise = gst_promise_new ();

  if (g_str_equal (action, "request-snapshot"))
    g_signal_emit_by_name (pipeline->src, action, "because", promise);
  else
    g_signal_emit_by_name (pipeline->src, action, -1, promise);
  fail_unless (caller_await (caller, method));
  pipeline_expect_reply (promise, 200, NULL);
}

/* What the application can want of the client. */
GST_START_TEST (test_wishes)
{
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  GstPromise *promise = gst_promise_new ();
  Caller *caller;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  g_signal_emit_by_name (pipeline->src, "pause", 0, promise);
  pipeline_expect_reply (promise, 0, "");

  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  pipeline_pad (pipeline, "audio_0");
  ask (pipeline, caller, "pause", "INVITE");
  pipeline_expect_message (pipeline, "GstSiprecStreamHeld");
  ask (pipeline, caller, "resume", "INVITE");
  pipeline_expect_message (pipeline, "GstSiprecStreamResumed");
  ask (pipeline, caller, "request-snapshot", "UPDATE");
  /* Nobody needs to wait for the outcome. */
  g_signal_emit_by_name (pipeline->src, "pause", 0, NULL);
  fail_unless (caller_await (caller, "INVITE"));
  pipeline_hang_up (caller, pipeline_pad (pipeline, "audio_0"));
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* What a pause is for: nothing that is said meanwhile leaves a pad, whatever the client sends. */
GST_START_TEST (test_pause_keeps_secrets)
{
  Pipeline *pipeline = pipeline_new ("latency=20", "fakesink async=false sync=false");
  Caller *caller;
  PadLog *log;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  log = pipeline_pad (pipeline, "audio_0");
  for (guint i = 0; i < 10; i++)
    caller_send (caller, 0, 0x11);
  pipeline_await_heard (log, 10);
  ask (pipeline, caller, "pause", "INVITE");
  pipeline_expect_message (pipeline, "GstSiprecStreamHeld");
  for (guint i = 0; i < 20; i++) {
    caller_send (caller, 0, 0x22);
    g_usleep (10000);
  }
  ask (pipeline, caller, "resume", "INVITE");
  pipeline_expect_message (pipeline, "GstSiprecStreamResumed");
  for (guint i = 0; i < 10; i++)
    caller_send (caller, 0, 0x33);
  pipeline_await_heard (log, 20);
  pipeline_hang_up (caller, log);
  for (guint i = 0; i < log->buffers->len; i++) {
    GstMapInfo map;

    gst_buffer_map (log->buffers->pdata[i], &map, GST_MAP_READ);
    fail_if (memchr (map.data, 0x22, map.size), "buffer %u", i);
    gst_buffer_unmap (log->buffers->pdata[i], &map);
  }
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* The first of eight ports beyond those that other tests and the kernel take. */
static guint16
free_ports (void)
{
  static guint16 next;

  if (next == 0)
    next = 61000 + getpid () % 180 * 24;
  next += 8;
  return next;
}

/* The test reaches the limit of port-range: two streams can be received, three can't. */
GST_START_TEST (test_ports_exhausted)
{
  guint16 low = free_ports ();
  g_autofree gchar *properties = g_strdup_printf ("port-range=%u-%u", low, low + 3);
  g_autofree gchar *range = g_strdup_printf ("from %u to %u", low, low + 3);
  Pipeline *pipeline = pipeline_listening (properties);
  Caller *caller = pipeline_caller (pipeline);
  g_autofree gchar *retry = NULL, *warning = NULL;

  fail_unless_equals_int (caller_invite (caller, 3, "sendonly"), 503);
  retry = caller_header (caller, "Retry-After");
  warning = caller_header (caller, "Warning");
  fail_unless (retry != NULL);
  fail_unless (warning && strstr (warning, range), "%s", warning);

  /* Nothing is left of it: the element waits, and all four ports are free. */
  pipeline_await_state (pipeline, "waiting");
  fail_unless_equals_int (pipeline->pads->len, 0);
  for (guint i = 0; i < 2; i++) {
    fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
    fail_unless_equals_int (caller_bye (caller), 200);
    pipeline_await_eos (pipeline_pad (pipeline, "audio_1"));
    pipeline_await_eos (pipeline_pad (pipeline, "metadata"));
    caller = pipeline_again (pipeline, caller);
  }
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* Calls are spread over the addresses, and where there are no ports left the next one has to do. */
GST_START_TEST (test_media_addresses)
{
  guint16 low = free_ports ();
  Recorder *recorder;
  Caller *callers[5];
  guint n[4] = {0};
  gboolean taken = FALSE;
  SiprecSettings settings = {.local_uri = "sip:127.0.0.1:0;transport=udp",
                             .media_address = "127.0.0.1, 127.0.0.2, 127.0.0.3",
                             .first_port = low,
                             .last_port = low + 3};

  recorder = recorder_new_with (&settings, NULL);
  recorder_apply (recorder, 20 * GST_SECOND);
  for (guint i = 0; i < G_N_ELEMENTS (callers); i++) {
    const gchar *line;

    callers[i] = caller_new (recorder_uri (recorder), FALSE);
    fail_unless_equals_int (caller_invite (callers[i], i < 3 ? 2 : 1, "sendonly"),
                            i < 3 ? 200 : 503);
    line = strstr (caller_last (callers[i]), "c=IN IP4 127.0.0.");
    if (line)
      n[line[strlen ("c=IN IP4 127.0.0.")] - '0']++;
  }
  for (guint i = 1; i < G_N_ELEMENTS (n); i++)
    fail_unless_equals_int (n[i], 1);
  /* It is the third one's turn, but only the second one's ports are free; a tick after the BYE. */
  fail_unless_equals_int (caller_bye (callers[1]), 200);
  for (guint i = 0; i < 50 && !taken; i++) {
    g_usleep (20000);
    taken = caller_invite (callers[4], 2, "sendonly") == 200;
  }
  fail_unless (taken);
  for (guint i = 0; i < G_N_ELEMENTS (callers); i++) {
    if (i != 1 && i != 3)
      fail_unless_equals_int (caller_bye (callers[i]), 200);
    caller_free (callers[i]);
  }
  fail_unless (recorder_await_idle (recorder));
  recorder_free (recorder);
}
GST_END_TEST;

/* Elements of one endpoint take turns, the one that has waited longest first. */
GST_START_TEST (test_shared_endpoint)
{
  Pipeline *one = pipeline_new ("endpoint=shared", "fakesink async=false");
  Pipeline *two = pipeline_new ("endpoint=shared", "fakesink async=false");
  Caller *callers[3];
  g_autofree gchar *uri = NULL, *other = NULL;

  pipeline_set_state (one, GST_STATE_PLAYING);
  pipeline_set_state (two, GST_STATE_PLAYING);
  uri = pipeline_uri (one);
  other = pipeline_uri (two);
  fail_unless_equals_string (uri, other);
  for (guint i = 0; i < G_N_ELEMENTS (callers); i++)
    callers[i] = caller_new (uri, FALSE);

  fail_unless_equals_int (caller_invite (callers[0], 1, "sendonly"), 200);
  pipeline_pad (one, "audio_0");
  fail_unless_equals_int (caller_invite (callers[1], 2, "sendonly"), 200);
  pipeline_pad (two, "audio_1");
  fail_unless_equals_int (caller_invite (callers[2], 1, "sendonly"), 503);
  fail_unless_equals_int (caller_bye (callers[0]), 200);
  pipeline_await_eos (pipeline_pad (one, "audio_0"));
  fail_unless_equals_int (caller_bye (callers[1]), 200);
  pipeline_await_eos (pipeline_pad (two, "audio_0"));
  for (guint i = 0; i < G_N_ELEMENTS (callers); i++)
    caller_free (callers[i]);
  pipeline_free (one);
  pipeline_free (two);
}
GST_END_TEST;

/* Going to NULL hangs up. */
GST_START_TEST (test_null_is_bye)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_called (pipeline, 1);

  pipeline_pad (pipeline, "audio_0");
  pipeline_set_state (pipeline, GST_STATE_NULL);
  fail_unless (caller_await (caller, "BYE"));
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

GST_START_TEST (test_hangup)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_called (pipeline, 1);
  g_autofree gchar *reason = NULL;

  pipeline_pad (pipeline, "audio_0");
  g_signal_emit_by_name (pipeline->src, "hangup", "lunch time");
  fail_unless (caller_await (caller, "BYE"));
  reason = caller_header (caller, "Reason");
  fail_unless (reason && strstr (reason, "lunch time"));
  pipeline_await_eos (pipeline_pad (pipeline, "audio_0"));
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* A hundred times up and down with a call each. */
GST_START_TEST (test_again_and_again)
{
  Pipeline *pipeline = pipeline_new ("latency=20", "fakesink async=false");

  for (guint i = 0; i < 100; i++) {
    Caller *caller;

    pipeline_set_state (pipeline, GST_STATE_PLAYING);
    caller = pipeline_caller (pipeline);
    fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
    /* The pads of the calls before are gone. */
    pipeline_pad (pipeline, "audio_0");
    caller_send (caller, 0, 0x10);
    if (i % 2) {
      fail_unless_equals_int (caller_bye (caller), 200);
      pipeline_await_eos (pipeline_pad (pipeline, "audio_0"));
    }
    pipeline_set_state (pipeline, GST_STATE_NULL);
    fail_unless (i % 2 || caller_await (caller, "BYE"));
    fail_unless_equals_int (GST_ELEMENT (pipeline->src)->numpads, 0);
    caller_free (caller);
  }
  pipeline_free (pipeline);
}
GST_END_TEST;

/* While paused nothing is given; after it the running time goes on where it was. */
GST_START_TEST (test_pause)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_called (pipeline, 1);
  PadLog *log;
  GstClockTime before, after, pause = 0;

  log = pipeline_pad (pipeline, "audio_0");
  pipeline_await_buffers (log, 10);
  before = gst_element_get_current_running_time (pipeline->bin);
  pipeline_set_state (pipeline, GST_STATE_PAUSED);
  g_usleep (1000000);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  pause = gst_element_get_current_running_time (pipeline->bin) - before;
  fail_unless (pause < 500 * GST_MSECOND);
  pipeline_await_buffers (log, pipeline_n_buffers (log) + 10);
  fail_unless_equals_int (caller_bye (caller), 200);
  after = gst_element_get_current_running_time (pipeline->bin);
  pipeline_await_eos (log);
  fail_unless (ABS (GST_CLOCK_DIFF (after, pad_log_end (log))) < 50 * GST_MSECOND);
  /* What came in the pause is not given late. */
  for (guint i = 1; i < log->buffers->len; i++)
    fail_unless (GST_BUFFER_PTS (g_ptr_array_index (log->buffers, i)) >
                 GST_BUFFER_PTS (g_ptr_array_index (log->buffers, i - 1)));
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* The pads stay, silent, and the next session goes on with them on the same timeline. */
static void
check_stay (const gchar *properties)
{
  Pipeline *pipeline = pipeline_listening (properties);
  Caller *caller = pipeline_caller (pipeline);
  PadLog *log, *metadata;
  guint n;

  for (guint i = 0; i < 3; i++) {
    fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
    log = pipeline_pad (pipeline, "audio_0");
    caller_talk (caller, 1, 20);
    fail_unless_equals_int (caller_bye (caller), 200);
    pipeline_await_state (pipeline, "waiting");
    n = pipeline_n_buffers (log);
    pipeline_await_buffers (log, n + 30);
    fail_if (log->eos);
  }
  metadata = pipeline_pad (pipeline, "metadata");
  fail_if (metadata->eos);
  pipeline_await_order (pipeline, "audio_0 metadata no-more-pads");
  /* Each session and each silence between has its own. */
  fail_unless_equals_int (log->n_stream_starts, 6);
  fail_unless (gst_element_send_event (pipeline->bin, gst_event_new_eos ()));
  pipeline_await_eos (log);
  pipeline_await_eos (metadata);
  fail_unless_equals_int (pad_log_count (log, 0x10), 60 * 160);
  /* The last frame of a session may reach beyond BYE, into the silence. */
  fail_unless (pad_log_unevenness (log) < 3 * 20 * GST_MSECOND);
  caller_free (caller);
  pipeline_free (pipeline);
}

GST_START_TEST (test_stay)
{
  check_stay ("eos-on-session-end=false");
  check_stay ("eos-on-session-end=false push-mode=shared");
}
GST_END_TEST;

static void
stop_pipeline (GstElement *src, GstStructure *session, Pipeline *pipeline)
{
  gst_element_set_state (pipeline->bin, GST_STATE_NULL);
  g_atomic_int_set (&pipeline->stopped, 1);
}

/* A signal handler may stop the pipeline that it is called for. */
GST_START_TEST (test_stop_from_signal)
{
  static const gchar *const signals[] = {"session-started", "session-ended"};

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++) {
    Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
    Caller *caller;

    g_signal_connect (pipeline->src, signals[i], G_CALLBACK (stop_pipeline), pipeline);
    pipeline_set_state (pipeline, GST_STATE_PLAYING);
    caller = pipeline_caller (pipeline);
    fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
    if (i == 0) {
      fail_unless (caller_await (caller, "BYE"));
    } else {
      fail_unless_equals_int (caller_bye (caller), 200);
    }
    for (guint t = 0; t < 500 && !g_atomic_int_get (&pipeline->stopped); t++)
      g_usleep (10000);
    fail_unless (g_atomic_int_get (&pipeline->stopped));
    caller_free (caller);
    pipeline_free (pipeline);
  }
}
GST_END_TEST;

static Suite *
siprecsrc_sessions_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-sessions");
  TCase *tcase = tcase_create ("sessions");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_busy);
  tcase_add_test (tcase, test_ports_exhausted);
  tcase_add_test (tcase, test_media_addresses);
  tcase_add_test (tcase, test_delayed_offer);
  tcase_add_test (tcase, test_wishes);
  tcase_add_test (tcase, test_pause_keeps_secrets);
  tcase_add_test (tcase, test_shared_endpoint);
  tcase_add_test (tcase, test_null_is_bye);
  tcase_add_test (tcase, test_hangup);
  tcase_add_test (tcase, test_again_and_again);
  tcase_add_test (tcase, test_pause);
  tcase_add_test (tcase, test_stay);
  tcase_add_test (tcase, test_stop_from_signal);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_sessions)
