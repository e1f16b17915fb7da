/* Calls begin and end by the hundred, each with a pipeline of its own, while others go on undisturbed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include <gst/check/gstcheck.h>

#include "tests/support/caller.h"
#include "tests/support/recorder.h"

#define N_THREADS 4
#define N_LONG    2

static guint n_calls = 100;

typedef struct {
  Recorder *recorder;
  gint n_sessions; /* atomic: taken so far */
  gint n_left;     /* atomic: calls still to be made */
  gint stopped;    /* atomic */
} Churn;

/* A pipeline for the session that comes next. */
static GstElement *
take_session (Churn *churn)
{
  guint n = (guint)g_atomic_int_add (&churn->n_sessions, 1);
  g_autofree gchar *line =
      g_strdup_printf ("siprecsrc name=s latency=40 push-mode=%s s.audio_0 ! fakesink async=false",
                       n % 2 ? "pad" : "shared");
  GstElement *pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstElement) src = gst_bin_get_by_name (GST_BIN (pipeline), "s");

  g_object_set (src, "session", recorder_session (churn->recorder, n), NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return pipeline;
}

static void
end_pipeline (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message =
      gst_bus_timed_pop_filtered (bus, 30 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  g_assert (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

/* One short call after the other. Some pipelines are stopped before the call ends. */
static gpointer
make_calls (gpointer data)
{
  Churn *churn = data;
  Caller *caller = caller_new (recorder_uri (churn->recorder), FALSE);
  gint left;

  while ((left = g_atomic_int_add (&churn->n_left, -1)) > 0) {
    GstElement *pipeline;

    g_assert_cmpint (caller_invite (caller, 1, "sendonly"), ==, 200);
    caller_send (caller, 0, 1);
    pipeline = take_session (churn);
    caller_send (caller, 0, 2);
    if (left % 3 == 0)
      g_assert_cmpint (caller_reinvite (caller, 2, "sendonly"), ==, 200);
    g_assert_cmpint (caller_bye (caller), ==, 200);
    end_pipeline (pipeline);
  }
  caller_free (caller);
  return NULL;
}

/* Both long calls talk until the others are through; returns how many packets each sent. */
static gpointer
talk (gpointer data)
{
  Churn *churn = ((gpointer *)data)[0];
  guint n = 0;

  while (!g_atomic_int_get (&churn->stopped)) {
    for (guint i = 0; i < N_LONG; i++)
      caller_send (((gpointer *)data)[1 + i], 0, 5);
    n++;
    g_usleep (20000);
  }
  return GUINT_TO_POINTER (n);
}

static void
check_long_call (GstElement *pipeline, guint sent)
{
  g_autoptr (GstElement) src = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  const GstStructure *stream;
  GstStructure *stats;
  guint64 received = 0, lost = 1;

  g_object_get (src, "stats", &stats, NULL);
  stream = gst_value_get_structure (
      gst_value_array_get_value (gst_structure_get_value (stats, "streams"), 0));
  gst_structure_get (stream, "packets-received", G_TYPE_UINT64, &received, "num-lost",
                     G_TYPE_UINT64, &lost, NULL);
  fail_unless_equals_uint64 (received, sent);
  fail_unless_equals_uint64 (lost, 0);
  gst_structure_free (stats);
}

GST_START_TEST (test_churn)
{
  Churn churn = {.recorder = recorder_new (NULL), .n_left = (gint)n_calls};
  GThread *threads[N_THREADS], *talker;
  GstElement *pipelines[N_LONG];
  gpointer talking[1 + N_LONG] = {&churn};
  guint sent;

  recorder_apply (churn.recorder, 20 * GST_SECOND);
  for (guint i = 0; i < N_LONG; i++) {
    Caller *caller = caller_new (recorder_uri (churn.recorder), FALSE);

    talking[1 + i] = caller;
    fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
    pipelines[i] = take_session (&churn);
  }
  talker = g_thread_new ("talk", talk, talking);
  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("calls", make_calls, &churn);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  g_atomic_int_set (&churn.stopped, TRUE);
  sent = GPOINTER_TO_UINT (g_thread_join (talker));
  for (guint i = 0; i < N_LONG; i++) {
    g_autoptr (GstBus) bus = gst_element_get_bus (pipelines[i]);
    g_autoptr (GstMessage) message = NULL;

    fail_unless_equals_int (caller_bye (talking[1 + i]), 200);
    message = gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND, GST_MESSAGE_EOS);
    fail_unless (message != NULL);
    check_long_call (pipelines[i], sent);
    gst_element_set_state (pipelines[i], GST_STATE_NULL);
    gst_object_unref (pipelines[i]);
    caller_free (talking[1 + i]);
  }
  fail_unless (recorder_await_idle (churn.recorder));
  recorder_free (churn.recorder);
}
GST_END_TEST;

static Suite *
churn_suite (void)
{
  Suite *suite = suite_create ("churn");
  TCase *tcase = tcase_create ("calls");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 600);
  tcase_add_test (tcase, test_churn);
  return suite;
}

int
main (int argc, char **argv)
{
  gst_check_init (&argc, &argv);
  if (argc > 1)
    n_calls = (guint)g_ascii_strtoull (argv[1], NULL, 10);
  return gst_check_run_suite (churn_suite (), "churn", __FILE__);
}
