/* siprecsrc: which session it takes, what the application is asked, and how a session changes hands.
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
    pipeline_set_state (pipeline, GST_STATE_READY);
    pipeline_set_state (pipeline, GST_STATE_PLAYING);
    caller_free (caller);
    caller = pipeline_caller (pipeline);
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

/* The element's place in the process: an endpoint, and the sessions that it gave the application. */
typedef struct {
  SiprecEndpoint *endpoint;
  GAsyncQueue *sessions;
  GAsyncQueue *uris;
} Application;

static void
take_session (SiprecEndpoint *endpoint, SiprecSession *session, gpointer application)
{
  g_async_queue_push (((Application *)application)->sessions, g_object_ref (session));
}

static void
endpoint_ready (SiprecEndpoint *endpoint, const gchar *uri, const GError *error,
                gpointer application)
{
  fail_unless (error == NULL);
  g_async_queue_push (((Application *)application)->uris, g_strdup (uri));
}

static Caller *
application_init (Application *application)
{
  SiprecSettings settings = {
      .local_uri = "sip:127.0.0.1:0", .first_port = 31000, .last_port = 32000};
  SiprecPolicy policy = {.accept = SIPREC_ACCEPT_SIPREC};
  g_autofree gchar *uri = NULL;

  application->sessions = g_async_queue_new_full (g_object_unref);
  application->uris = g_async_queue_new_full (g_free);
  application->endpoint = siprec_endpoint_get (NULL, &settings, NULL);
  siprec_endpoint_set_application (application->endpoint, &policy, 5 * GST_SECOND, take_session,
                                   application, NULL);
  siprec_endpoint_start (application->endpoint, endpoint_ready, application);
  uri = g_async_queue_timeout_pop (application->uris, 5 * G_USEC_PER_SEC);
  fail_unless (uri != NULL);
  return caller_new (uri, FALSE);
}

static SiprecSession *
application_session (Application *application)
{
  SiprecSession *session = g_async_queue_timeout_pop (application->sessions, 5 * G_USEC_PER_SEC);

  fail_unless (session != NULL);
  return session;
}

static void
application_clear (Application *application)
{
  siprec_endpoint_unref (application->endpoint);
  g_async_queue_unref (application->sessions);
  g_async_queue_unref (application->uris);
}

static guint
count_spoken (PadLog *log)
{
  g_autoptr (GByteArray) bytes = pad_log_bytes (log);
  guint n = 0;

  for (guint i = 0; i < bytes->len; i++)
    n += bytes->data[i] == 0x10;
  return n / 160;
}

/* An application builds the pipeline after the call was answered, and still has the first packet. */
GST_START_TEST (test_claim)
{
  Application application;
  Caller *caller = application_init (&application);
  Pipeline *pipeline;
  PadLog *log;
  SiprecSession *session;

  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  caller_talk (caller, 1, 20);
  session = application_session (&application);
  pipeline = pipeline_new ("", "fakesink async=false");
  g_object_set (pipeline->src, "session", session, NULL);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  log = pipeline_pad (pipeline, "audio_0");
  caller_talk (caller, 1, 10);
  pipeline_hang_up (caller, log);

  fail_unless_equals_int (count_spoken (log), 30);
  /* Its start is the pipeline's: nothing is late. */
  fail_unless_equals_uint64 (pad_log_start (log), 0);
  fail_unless (pad_log_end (log) >= 600 * GST_MSECOND);
  fail_unless (pad_log_unevenness (log) < GST_MSECOND);
  pipeline_free (pipeline);
  g_object_unref (session);
  caller_free (caller);
  application_clear (&application);
}
GST_END_TEST;

/* A session has one consumer; the second element fails. */
GST_START_TEST (test_claimed_already)
{
  Application application;
  Caller *caller = application_init (&application);
  Pipeline *one = pipeline_new ("", "fakesink async=false");
  Pipeline *two = pipeline_new ("", "fakesink async=false");
  SiprecSession *session;
  GstMessage *message;

  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  session = application_session (&application);
  g_object_set (one->src, "session", session, NULL);
  g_object_set (two->src, "session", session, NULL);
  pipeline_set_state (one, GST_STATE_PLAYING);
  pipeline_pad (one, "audio_0");
  gst_element_set_state (two->bin, GST_STATE_PLAYING);
  message = pipeline_message (two, GST_MESSAGE_ERROR, NULL);
  fail_unless (message != NULL);
  gst_message_unref (message);
  pipeline_free (two);
  fail_unless_equals_int (caller_bye (caller), 200);
  pipeline_await_eos (pipeline_pad (one, "audio_0"));
  pipeline_free (one);
  g_object_unref (session);
  caller_free (caller);
  application_clear (&application);
}
GST_END_TEST;

/* A session that is detached from one pipeline goes on in another; what came between is there. */
GST_START_TEST (test_detach)
{
  Application application;
  Caller *caller = application_init (&application);
  Pipeline *pipelines[2];
  SiprecSession *session;
  guint spoken = 0;

  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  session = application_session (&application);
  for (guint i = 0; i < 2; i++) {
    PadLog *log;

    pipelines[i] = pipeline_new ("session-detach=true", "fakesink async=false");
    g_object_set (pipelines[i]->src, "session", session, NULL);
    pipeline_set_state (pipelines[i], GST_STATE_PLAYING);
    log = pipeline_pad (pipelines[i], "audio_0");
    caller_talk (caller, 1, 25);
    if (i == 0) {
      pipeline_set_state (pipelines[i], GST_STATE_NULL);
      fail_if (log->eos);
      caller_talk (caller, 1, 15);
    } else {
      fail_unless_equals_int (caller_bye (caller), 200);
      pipeline_await_eos (log);
    }
    spoken += count_spoken (log);
    fail_unless_equals_uint64 (pad_log_start (log), 0);
  }
  fail_unless_equals_int (spoken, 65);
  for (guint i = 0; i < 2; i++)
    pipeline_free (pipelines[i]);
  g_object_unref (session);
  caller_free (caller);
  application_clear (&application);
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
  fail_unless_equals_int (count_spoken (log), 60);
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

static guint
refuse (GstElement *src, GstStructure *request, gpointer status)
{
  fail_unless (gst_structure_has_name (request, "application/x-siprec-request"));
  fail_unless (gst_structure_get_string (request, "call-id") != NULL);
  return GPOINTER_TO_UINT (status);
}

static void
count (GstElement *src, gpointer thing, guint *n)
{
  g_atomic_int_inc (n);
}

/* The application refuses, and the element waits for the next session. */
GST_START_TEST (test_accept_session)
{
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  Caller *caller;
  gulong handler;
  guint sdps = 0, starts = 0, ends = 0, documents = 0;

  handler = g_signal_connect (pipeline->src, "accept-session", G_CALLBACK (refuse),
                              GUINT_TO_POINTER (403));
  g_signal_connect (pipeline->src, "on-sdp", G_CALLBACK (count), &sdps);
  g_signal_connect (pipeline->src, "session-started", G_CALLBACK (count), &starts);
  g_signal_connect (pipeline->src, "session-ended", G_CALLBACK (count), &ends);
  g_signal_connect (pipeline->src, "metadata-changed", G_CALLBACK (count), &documents);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 403);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 403);
  g_signal_handler_disconnect (pipeline->src, handler);
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  pipeline_hang_up (caller, pipeline_pad (pipeline, "audio_0"));
  pipeline_await_state (pipeline, "ended");
  fail_unless_equals_int (g_atomic_int_get (&sdps), 3);
  fail_unless_equals_int (g_atomic_int_get (&starts), 1);
  fail_unless_equals_int (g_atomic_int_get (&ends), 1);
  fail_unless_equals_int (g_atomic_int_get (&documents), 1);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static gboolean
want_second (GstElement *src, guint mline, GstCaps *caps, gpointer data)
{
  fail_unless (GST_IS_CAPS (caps));
  return mline == 1;
}

/* A line that the application doesn't want is answered with port 0 and has no pad. */
GST_START_TEST (test_select_stream)
{
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  Caller *caller;
  gint mline;

  g_signal_connect (pipeline->src, "select-stream", G_CALLBACK (want_second), NULL);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  fail_unless_equals_int (caller_port (caller, 0), 0);
  fail_unless (caller_port (caller, 1) != 0);
  pipeline_pad (pipeline, "metadata");
  g_object_get (((PadLog *)g_ptr_array_index (pipeline->pads, 0))->pad, "mline", &mline, NULL);
  fail_unless_equals_int (mline, 1);
  fail_unless_equals_int (caller_bye (caller), 200);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static guint
dawdle (GstElement *src, GstStructure *request, gpointer data)
{
  g_usleep (600000);
  return 403;
}

/* A handler that takes too long has no say, and a caller that gives up leaves no trace. */
GST_START_TEST (test_slow_decision)
{
  Pipeline *pipeline = pipeline_new ("decision-timeout=200000000", "fakesink async=false");
  Caller *caller;

  g_signal_connect (pipeline->src, "accept-session", G_CALLBACK (dawdle), NULL);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  caller_invite_only (caller, 1);
  g_usleep (50000);
  fail_unless_equals_int (caller_cancel (caller), 200);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  pipeline_pad (pipeline, "audio_0");
  pipeline_hang_up (caller, pipeline_pad (pipeline, "audio_0"));
  pipeline_await_order (pipeline, "audio_0 metadata no-more-pads");
  caller_free (caller);
  pipeline_free (pipeline);
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
  tcase_add_test (tcase, test_claim);
  tcase_add_test (tcase, test_claimed_already);
  tcase_add_test (tcase, test_detach);
  tcase_add_test (tcase, test_null_is_bye);
  tcase_add_test (tcase, test_hangup);
  tcase_add_test (tcase, test_again_and_again);
  tcase_add_test (tcase, test_pause);
  tcase_add_test (tcase, test_stay);
  tcase_add_test (tcase, test_accept_session);
  tcase_add_test (tcase, test_select_stream);
  tcase_add_test (tcase, test_slow_decision);
  tcase_add_test (tcase, test_stop_from_signal);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_sessions)
