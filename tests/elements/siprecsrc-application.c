/* siprecsrc: sessions that the application was given, and what elements do with them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "pipeline.h"
#include "siprec-core/endpoint/endpoint.h"
#include "tests/support/recorder.h"

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

  fail_unless_equals_int (pad_log_count (log, 0x10), 30 * 160);
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
    spoken += pad_log_count (log, 0x10) / 160;
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

static Suite *
siprecsrc_application_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-application");
  TCase *tcase = tcase_create ("sessions");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_claim);
  tcase_add_test (tcase, test_claimed_already);
  tcase_add_test (tcase, test_detach);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_application)
