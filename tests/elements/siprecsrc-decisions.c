/* siprecsrc: what the application decides while a call is offered: whether it is taken, and which of its streams.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "pipeline.h"

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

static Suite *
siprecsrc_decisions_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-decisions");
  TCase *tcase = tcase_create ("sessions");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_accept_session);
  tcase_add_test (tcase, test_select_stream);
  tcase_add_test (tcase, test_slow_decision);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_decisions)
