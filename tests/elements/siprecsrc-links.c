/* What is behind a pad is taken away, put back and replaced while a call is up.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "pipeline.h"

/* A pipeline in a call of @n_streams, each pad of which is linked to a fakesink. */
static Pipeline *
start_call (const gchar *properties, guint n_streams, Caller **caller)
{
  Pipeline *pipeline = pipeline_listening (properties);

  *caller = pipeline_called (pipeline, n_streams);
  return pipeline;
}

static void
end_call (Pipeline *pipeline, Caller *caller)
{
  pipeline_hang_up (caller, pipeline_pad (pipeline, "audio_0"));
  pipeline_await_eos (pipeline_pad (pipeline, "metadata"));
  caller_free (caller);
  pipeline_free (pipeline);
}

/* What fakesink has taken since its last start. */
static guint64
rendered (GstElement *sink)
{
  GstStructure *stats;
  guint64 n;

  g_object_get (sink, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, "rendered", &n);
  gst_structure_free (stats);
  return n;
}

static void
await_rendered (GstElement *sink, guint64 n)
{
  for (guint i = 0; i < 500 && rendered (sink) < n; i++)
    g_usleep (10000);
  fail_unless (rendered (sink) >= n, "only %" G_GUINT64_FORMAT " buffers came", rendered (sink));
}

static GstElement *
find_sink (PadLog *log)
{
  return GST_ELEMENT (gst_bin_get_by_name (GST_BIN (log->sink),
                                           GST_OBJECT_NAME (GST_BIN (log->sink)->children->data)));
}

/* A sink gets another file name by going to NULL and back: the call goes on in the next file. */
static void
check_sink_is_restarted (const gchar *properties)
{
  Caller *caller;
  Pipeline *pipeline = start_call (properties, 1, &caller);
  PadLog *log = pipeline_pad (pipeline, "audio_0");
  g_autoptr (GstElement) sink = find_sink (log);
  guint n;

  for (guint i = 0; i < 3; i++) {
    await_rendered (sink, 5);
    gst_element_set_locked_state (log->sink, TRUE);
    gst_element_set_state (log->sink, GST_STATE_NULL);
    n = pipeline_n_buffers (log);
    /* The pad notices. */
    pipeline_await_buffers (log, n + 1);
    gst_element_set_locked_state (log->sink, FALSE);
    fail_unless (gst_element_sync_state_with_parent (log->sink));
  }
  await_rendered (sink, 5);
  end_call (pipeline, caller);
}

GST_START_TEST (test_sink_is_restarted)
{
  check_sink_is_restarted ("");
  check_sink_is_restarted ("push-mode=shared");
}
GST_END_TEST;

static GMutex gate;

/* Holds the push until the gate opens, and fails then. */
static GstPadProbeReturn
fail_late (GstPad *pad, GstPadProbeInfo *info, gpointer reached)
{
  g_atomic_int_set ((gint *)reached, 1);
  g_mutex_lock (&gate);
  g_mutex_unlock (&gate);
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_ERROR;
  return GST_PAD_PROBE_HANDLED;
}

/* The old branch fails when the new one is there already: that is not the new one's failure. */
GST_START_TEST (test_old_branch_fails_late)
{
  Caller *caller;
  Pipeline *pipeline = start_call ("", 2, &caller);
  PadLog *log = pipeline_pad (pipeline, "audio_0");
  g_autoptr (GstPad) old = NULL;
  g_autoptr (GstPad) new = NULL;
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  gint reached = 0;

  pipeline_await_buffers (log, 5);
  old = gst_pad_get_peer (log->pad);
  g_mutex_lock (&gate);
  gst_pad_add_probe (old, GST_PAD_PROBE_TYPE_BUFFER, fail_late, &reached, NULL);
  for (guint i = 0; i < 500 && !g_atomic_int_get (&reached); i++)
    g_usleep (10000);
  fail_unless (g_atomic_int_get (&reached));

  fail_unless (gst_pad_unlink (log->pad, old));
  g_object_set (sink, "async", FALSE, NULL);
  gst_bin_add (GST_BIN (pipeline->bin), sink);
  gst_element_sync_state_with_parent (sink);
  new = gst_element_get_static_pad (sink, "sink");
  fail_unless_equals_int (gst_pad_link (log->pad, new), GST_PAD_LINK_OK);
  g_mutex_unlock (&gate);
  await_rendered (sink, 5);
  end_call (pipeline, caller);
}
GST_END_TEST;

/* Who links one pad of two is told of the other and what it gives; metadata needn't be wanted. */
GST_START_TEST (test_unlinked_pad_is_told)
{
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  Caller *caller;

  pipeline->only = "audio_0";
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_called (pipeline, 2);
  message = pipeline_message (pipeline, GST_MESSAGE_INFO, NULL);
  fail_unless (message != NULL);
  gst_message_parse_info (message, &error, &debug);
  fail_unless (strstr (error->message, "audio_1") != NULL, "%s", error->message);
  fail_unless (strstr (debug, "audio/x-mulaw") != NULL, "%s", debug);
  end_call (pipeline, caller);
}
GST_END_TEST;

/* Who flushes a pad gets what comes afterwards, in a segment. */
GST_START_TEST (test_flushed)
{
  Caller *caller;
  Pipeline *pipeline = start_call ("", 1, &caller);
  static const gchar *const names[] = {"audio_0", "metadata"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    PadLog *log = pipeline_pad (pipeline, names[i]);
    GstEvent *segment;

    pipeline_await_buffers (log, 1);
    fail_unless (gst_pad_send_event (log->pad, gst_event_new_flush_start ()));
    fail_unless (gst_pad_send_event (log->pad, gst_event_new_flush_stop (TRUE)));
    segment = gst_pad_get_sticky_event (log->pad, GST_EVENT_SEGMENT, 0);
    fail_unless (segment != NULL);
    gst_event_unref (segment);
    fail_if (
        gst_pad_send_event (log->pad, gst_event_new_seek (1, GST_FORMAT_TIME, 0, GST_SEEK_TYPE_SET,
                                                          0, GST_SEEK_TYPE_NONE, 0)));
  }
  pipeline_await_buffers (pipeline_pad (pipeline, "audio_0"),
                          pipeline_n_buffers (pipeline_pad (pipeline, "audio_0")) + 5);
  end_call (pipeline, caller);
}
GST_END_TEST;

/* The element answers as its pads do, before there are any. */
GST_START_TEST (test_latency_of_element)
{
  Pipeline *pipeline = pipeline_new ("latency=300", NULL);
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  GstClockTime min;
  gboolean live;

  fail_unless (gst_element_query (pipeline->src, query));
  gst_query_parse_latency (query, &live, &min, NULL);
  fail_unless (live);
  fail_unless_equals_uint64 (min, 320 * GST_MSECOND);
  pipeline_free (pipeline);
}
GST_END_TEST;

static Suite *
siprecsrc_links_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-links");
  TCase *tcase = tcase_create ("links");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_sink_is_restarted);
  tcase_add_test (tcase, test_old_branch_fails_late);
  tcase_add_test (tcase, test_unlinked_pad_is_told);
  tcase_add_test (tcase, test_flushed);
  tcase_add_test (tcase, test_latency_of_element);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_links)
