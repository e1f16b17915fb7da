/* What people see of calls that aren't taken.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "pipeline.h"

#define SDP                                                                                        \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                      \
  "m=audio 40000 RTP/AVP 0\r\na=sendonly\r\n"

static void
expect_refusal (Pipeline *pipeline, guint status, const gchar *reason)
{
  GstMessage *message = pipeline_message (pipeline, GST_MESSAGE_ELEMENT, "GstSiprecSessionRefused");
  const GstStructure *refusal;
  guint told = 0;

  fail_unless (message != NULL);
  refusal = gst_message_get_structure (message);
  fail_unless (gst_structure_get_uint (refusal, "status", &told));
  fail_unless_equals_int (told, status);
  fail_unless (strstr (gst_structure_get_string (refusal, "reason"), reason) != NULL, "%s",
               gst_structure_get_string (refusal, "reason"));
  fail_unless_equals_string (gst_structure_get_string (refusal, "remote-address"), "127.0.0.1");
  gst_message_unref (message);
}

/* The next warning's text. (transfer full) */
static gchar *
next_warning (Pipeline *pipeline)
{
  GstMessage *message = pipeline_message (pipeline, GST_MESSAGE_WARNING, NULL);
  g_autoptr (GError) error = NULL;

  fail_unless (message != NULL);
  gst_message_parse_warning (message, &error, NULL);
  gst_message_unref (message);
  return g_strdup (error->message);
}

GST_START_TEST (test_refusals)
{
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  g_autofree gchar *warning = NULL;
  Caller *caller, *other;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  other = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite_with (caller, "Require: siprec\r\n", "text/plain", "x"),
                          415);
  warning = next_warning (pipeline);
  fail_unless (strstr (warning, "127.0.0.1 was refused with 415") != NULL, "%s", warning);
  expect_refusal (pipeline, 415, "text/plain");
  fail_unless_equals_int (
      caller_invite_with (caller, "Require: siprec\r\n", "application/sdp", "x"), 400);
  expect_refusal (pipeline, 400, "SDP");
  fail_unless_equals_int (
      caller_invite_with (caller, "Require: siprec, foo\r\n", "application/sdp", SDP), 420);
  expect_refusal (pipeline, 420, "extension");
  fail_unless_equals_int (caller_invite (other, 1, "sendonly"), 200);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 503);
  expect_refusal (pipeline, 503, "free");
  /* One warning does for a while. */
  fail_unless_equals_int (caller_bye (other), 200);
  pipeline_await_eos (pipeline_pad (pipeline, "audio_0"));
  fail_if (gst_bus_pop_filtered (pipeline->bus, GST_MESSAGE_WARNING) != NULL);
  caller_free (caller);
  caller_free (other);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* What events don't tell refusals don't tell either. */
GST_START_TEST (test_filtered)
{
  static const gchar *const hidden[] = {"from", "to", "remote-address", "reason"};
  Pipeline *pipeline = pipeline_new ("metadata-filter=people", "fakesink async=false");
  g_autofree gchar *warning = NULL;
  GstMessage *message;
  Caller *caller;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite_with (caller, NULL, "text/plain", "x"), 415);
  warning = next_warning (pipeline);
  fail_unless_equals_string (warning, "A call was refused with 415.");
  message = pipeline_message (pipeline, GST_MESSAGE_ELEMENT, "GstSiprecSessionRefused");
  for (guint i = 0; i < G_N_ELEMENTS (hidden); i++)
    fail_unless_equals_string (
        gst_structure_get_string (gst_message_get_structure (message), hidden[i]), "");
  gst_message_unref (message);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* Who isn't allowed to connect, and so never gets to an answer, is told of too. */
GST_START_TEST (test_connections)
{
  Pipeline *pipeline = pipeline_new (
      __i__ ? "allow=192.0.2.1 metadata-filter=people" : "allow=192.0.2.1", "fakesink async=false");
  g_autofree gchar *warning = NULL;
  const GstStructure *refusal;
  GstMessage *message;
  Caller *caller;
  g_autofree gchar *uri = NULL;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  uri = pipeline_uri (pipeline);
  caller = caller_new (uri, TRUE);
  warning = next_warning (pipeline);
  fail_unless_equals_string (
      warning, __i__ ? "A TCP connection was refused."
                     : "A TCP connection from 127.0.0.1 was refused: It isn't in the list of "
                       "those that may record, allow.");
  message = pipeline_message (pipeline, GST_MESSAGE_ELEMENT, "GstSiprecConnectionRefused");
  fail_unless (message != NULL);
  refusal = gst_message_get_structure (message);
  fail_unless_equals_string (gst_structure_get_string (refusal, "remote-address"),
                             __i__ ? "" : "127.0.0.1");
  fail_unless_equals_string (gst_structure_get_string (refusal, "transport"), "tcp");
  gst_message_unref (message);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* Keys that don't fit are told, whatever is filtered: else the recording is silent, and nobody knows why. */
GST_START_TEST (test_wrong_keys)
{
  Pipeline *pipeline = pipeline_new ("metadata-filter=people", "fakesink async=false");
  g_autofree gchar *warning = NULL;
  Caller *caller;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  caller_set_media (caller, 0, "RTP/SAVP",
                    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
                    "inline:MDEyMzQ1Njc4OUFCQ0RFRjAxMjM0NTY3ODlBQkNE\r\n");
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  /* In clear. */
  caller_talk (caller, 1, 5);
  warning = next_warning (pipeline);
  fail_unless (g_str_has_prefix (warning, "audio_0: packets are dropped") &&
                   strstr (warning, "keys of the SDP"),
               "%s", warning);
  fail_unless_equals_int (caller_bye (caller), 200);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static guint
refuse (GstElement *src, const GstStructure *request, gpointer data)
{
  return 486;
}

/* Who has refused needn't be told. */
GST_START_TEST (test_own_decision)
{
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  Caller *caller;

  g_signal_connect (pipeline->src, "accept-session", G_CALLBACK (refuse), NULL);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 486);
  fail_unless_equals_int (caller_invite_with (caller, "Require: siprec\r\n", "text/plain", "x"),
                          415);
  expect_refusal (pipeline, 415, "text/plain");
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* Of how many refusals the messages that have come by now tell: each of itself, and of those unsaid. */
static void
count_refusals (Pipeline *pipeline, guint *n_told, guint *n_unsaid)
{
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (pipeline->bus, GST_MESSAGE_ELEMENT))) {
    const GstStructure *refusal = gst_message_get_structure (message);
    guint unsaid = 0;

    if (gst_structure_has_name (refusal, "GstSiprecSessionRefused")) {
      fail_unless (gst_structure_get_uint (refusal, "unsaid", &unsaid));
      *n_unsaid += unsaid;
      ++*n_told;
    }
    gst_message_unref (message);
  }
}

/* A flood is told in part, and all of it is counted, to its end. */
GST_START_TEST (test_flood)
{
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  gint64 until;
  Caller *caller;
  guint n_refused = 0, n_told = 0, n_unsaid = 0;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  /* Some more than the first that goes unsaid. */
  for (guint left = 50; left > 0 && n_refused<100000; left -= n_unsaid> 0) {
    guint status = caller_invite_with (caller, NULL, "text/plain", "x");

    /* At last there are too many of this source. */
    fail_unless (status == 415 || status == 503, "%u", status);
    n_refused++;
    count_refusals (pipeline, &n_told, &n_unsaid);
  }
  until = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;
  while (n_told + n_unsaid < n_refused && g_get_monotonic_time () < until) {
    g_usleep (10000);
    count_refusals (pipeline, &n_told, &n_unsaid);
  }
  fail_unless (n_told > 0 && n_unsaid > 0, "%u %u", n_told, n_unsaid);
  fail_unless_equals_int (n_told + n_unsaid, n_refused);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* The element is too busy to tell of any: the messages that it has kept count the others. */
static GstBusSyncReply
dawdle (GstBus *bus, GstMessage *message, gpointer busy)
{
  while (g_atomic_int_get ((gint *)busy) &&
         gst_message_has_name (message, "GstSiprecSessionRefused"))
    g_usleep (1000);
  return GST_BUS_PASS;
}

GST_START_TEST (test_slow_application)
{
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  gint64 until = g_get_monotonic_time () + 30 * G_TIME_SPAN_SECOND;
  gint busy = 1;
  Caller *caller;
  guint n_refused = 0, n_told = 0, n_unsaid = 0;

  gst_bus_set_sync_handler (pipeline->bus, dawdle, &busy, NULL);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  for (gint64 more = g_get_monotonic_time () + 3 * G_TIME_SPAN_SECOND;
       g_get_monotonic_time () < more; n_refused++)
    fail_unless (caller_invite_with (caller, NULL, "text/plain", "x") != 0);
  g_atomic_int_set (&busy, 0);
  while (n_told + n_unsaid < n_refused && g_get_monotonic_time () < until) {
    g_usleep (10000);
    count_refusals (pipeline, &n_told, &n_unsaid);
  }
  fail_unless_equals_int (n_told + n_unsaid, n_refused);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static Suite *
siprecsrc_refused_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-refused");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_refusals);
  tcase_add_test (tcase, test_filtered);
  tcase_add_loop_test (tcase, test_connections, 0, 2);
  tcase_add_test (tcase, test_wrong_keys);
  tcase_add_test (tcase, test_own_decision);
  tcase_add_test (tcase, test_flood);
  tcase_add_test (tcase, test_slow_application);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_refused);
