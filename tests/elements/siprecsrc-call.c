/* An element that calls a recording client.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <gst/sdp/gstsdpmessage.h>

#include "pipeline.h"

static GstPromise *
call (Pipeline *pipeline, const gchar *uri)
{
  GstPromise *promise = gst_promise_new ();

  g_signal_emit_by_name (pipeline->src, "call", uri, promise);
  return promise;
}

/* After its answer the client's call is like any other. */
GST_START_TEST (test_call)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_caller (pipeline);
  g_autofree gchar *uri = NULL;
  GstPromise *promise;

  uri = caller_uri (caller);
  promise = call (pipeline, uri);
  pipeline_expect_reply (call (pipeline, uri), 0, "already");
  fail_unless (caller_ring (caller));
  fail_unless (caller_answer (caller, "200 OK", 2));
  pipeline_expect_reply (promise, 200, NULL);
  pipeline_await_order (pipeline, "audio_0 audio_1 metadata no-more-pads");
  caller_talk (caller, 2, 5);
  pipeline_await_buffers (pipeline_pad (pipeline, "audio_1"), 5);
  pipeline_expect_reply (call (pipeline, uri), 0, "PLAYING");
  pipeline_hang_up (caller, pipeline_pad (pipeline, "audio_0"));
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

static guint
refuse (GstElement *src, GstStructure *request, gpointer data)
{
  return 403;
}

static void
count_media (GstElement *src, GstSDPMessage *sdp, guint *n_media)
{
  *n_media += gst_sdp_message_medias_len (sdp);
}

/* The application has decided on the call itself; but which streams there are only the client's answer tells. */
GST_START_TEST (test_streams_are_selected)
{
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  g_autofree gchar *uri = NULL;
  GstPromise *promise;
  Caller *caller;
  guint n_media = 0;

  g_signal_connect (pipeline->src, "accept-session", G_CALLBACK (refuse), NULL);
  g_signal_connect (pipeline->src, "select-stream", G_CALLBACK (want_second), NULL);
  g_signal_connect (pipeline->src, "on-sdp", G_CALLBACK (count_media), &n_media);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  uri = caller_uri (caller);
  promise = call (pipeline, uri);
  fail_unless (caller_ring (caller));
  fail_unless (caller_answer (caller, "200 OK", 2));
  fail_unless_equals_int (caller_port (caller, 0), 0);
  fail_unless (caller_port (caller, 1) > 0);
  pipeline_expect_reply (promise, 200, NULL);
  pipeline_await_order (pipeline, "audio_0 metadata no-more-pads");
  fail_unless_equals_int (n_media, 2);
  pipeline_hang_up (caller, pipeline_pad (pipeline, "audio_0"));
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static gboolean
hang_up_instead (GstElement *src, guint mline, GstCaps *caps, gpointer data)
{
  g_signal_emit_by_name (src, "hangup", "wrong streams");
  return TRUE;
}

/* Who hangs up over the streams has answered nothing, but acknowledges (RFC 3261 section 13.2.2.4). */
GST_START_TEST (test_hangup_over_streams)
{
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  g_autofree gchar *uri = NULL;
  GstPromise *promise;
  Caller *caller;

  g_signal_connect (pipeline->src, "select-stream", G_CALLBACK (hang_up_instead), NULL);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  uri = caller_uri (caller);
  promise = call (pipeline, uri);
  fail_unless (caller_ring (caller));
  fail_unless (caller_answer (caller, "200 OK", 1));
  fail_unless (strstr (caller_last (caller), "Content-Length: 0"));
  fail_unless (caller_await (caller, "BYE"));
  pipeline_expect_reply (promise, 0, "given up");
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* A refusal leaves the element as it was: it is called, or calls again. */
GST_START_TEST (test_refused)
{
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  g_autofree gchar *uri = NULL;
  Caller *caller;

  pipeline_expect_reply (call (pipeline, "sip:127.0.0.1:9"), 0, "PLAYING");
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  uri = caller_uri (caller);
  pipeline_expect_reply (call (pipeline, "http://127.0.0.1"), 0, "Can't call");
  g_signal_emit_by_name (pipeline->src, "call", NULL, NULL);
  for (guint i = 0; i < 2; i++) {
    GstPromise *promise = call (pipeline, uri);

    fail_unless (caller_ring (caller));
    fail_unless (caller_answer (caller, "486 Busy Here", 0));
    pipeline_expect_reply (promise, 486, "busy");
  }
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  pipeline_await_order (pipeline, "audio_0 metadata no-more-pads");
  pipeline_hang_up (caller, pipeline_pad (pipeline, "audio_0"));
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* While it rings: hangup, NULL, or the end of the promise's user. */
GST_START_TEST (test_given_up)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_caller (pipeline);
  g_autofree gchar *uri = NULL;
  GstPromise *promise;

  uri = caller_uri (caller);
  promise = call (pipeline, uri);
  fail_unless (caller_ring (caller));
  if (__i__ == 0)
    g_signal_emit_by_name (pipeline->src, "hangup", NULL);
  else
    gst_element_set_state (pipeline->bin, GST_STATE_NULL);
  pipeline_expect_reply (promise, 0, "given up");
  fail_unless (caller_await (caller, "CANCEL"));
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static Suite *
siprecsrc_call_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-call");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_call);
  tcase_add_test (tcase, test_streams_are_selected);
  tcase_add_test (tcase, test_hangup_over_streams);
  tcase_add_test (tcase, test_refused);
  tcase_add_loop_test (tcase, test_given_up, 0, 2);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_call);
