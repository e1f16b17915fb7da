/* siprecsrc: branches that are not there, fail, block or end.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <stdio.h>

#include "pipeline.h"

static GstElement *
link_to (PadLog *log, const gchar *description)
{
  GstElement *sink = gst_parse_bin_from_description (description, TRUE, NULL);
  GstPad *pad;

  gst_bin_add (GST_BIN (log->pipeline->bin), sink);
  gst_element_sync_state_with_parent (sink);
  pad = gst_element_get_static_pad (sink, "sink");
  fail_unless_equals_int (gst_pad_link (log->pad, pad), GST_PAD_LINK_OK);
  gst_object_unref (pad);
  return sink;
}

static void
unlink_from (PadLog *log, GstElement *sink)
{
  GstPad *pad = gst_pad_get_peer (log->pad);

  gst_pad_unlink (log->pad, pad);
  gst_object_unref (pad);
  gst_element_set_state (sink, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (log->pipeline->bin), sink);
}

static GstPadProbeReturn
fail_push (GstPad *pad, GstPadProbeInfo *info, gpointer flow)
{
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GPOINTER_TO_INT (flow);
  return GST_PAD_PROBE_HANDLED;
}

/* Makes what is linked to the pad answer @flow. */
static void
break_branch (PadLog *log, GstFlowReturn flow)
{
  GstPad *pad = gst_pad_get_peer (log->pad);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, fail_push, GINT_TO_POINTER (flow), NULL);
  gst_object_unref (pad);
}

/* The text of the next message of @type. */
static gchar *
report (Pipeline *pipeline, GstMessageType type)
{
  GstMessage *message = pipeline_message (pipeline, type, NULL);
  g_autoptr (GError) error = NULL;
  gchar *text;

  fail_unless (message != NULL);
  if (type == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  else
    gst_message_parse_warning (message, &error, NULL);
  text = g_strdup (error->message);
  gst_message_unref (message);
  return text;
}

/* Nobody links anything: the call goes through all the same. */
GST_START_TEST (test_unlinked)
{
  Pipeline *pipeline = pipeline_new ("", NULL);
  Caller *caller;
  GstMessage *message;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  caller_talk (caller, 2, 10);
  pipeline_hang_up (caller, pipeline_pad (pipeline, "audio_1"));
  pipeline_await_eos (pipeline_pad (pipeline, "metadata"));
  message = gst_bus_pop_filtered (pipeline->bus, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  fail_unless (message == NULL);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static guint
handed_over (GstElement *bin)
{
  GstElement *sink = gst_bin_get_by_name (GST_BIN (bin), "end");
  GstStructure *stats;
  guint64 rendered;

  g_object_get (sink, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, "rendered", &rendered);
  gst_structure_free (stats);
  gst_object_unref (sink);
  return rendered;
}

static void
await_handed_over (GstElement *bin)
{
  for (guint i = 0; i < 500 && handed_over (bin) < 5; i++)
    g_usleep (10000);
  fail_unless (handed_over (bin) >= 5);
}

/* What is linked late gets what comes from then on, and so does what is linked in its place. */
GST_START_TEST (test_linked_late)
{
  Pipeline *pipeline = pipeline_new ("", NULL);
  Caller *caller;
  PadLog *log;
  GstElement *sink;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  log = pipeline_pad (pipeline, "audio_0");
  /* Filler: nobody speaks. */
  pipeline_await_buffers (log, 5);
  sink = link_to (log, "fakesink name=end async=false");
  await_handed_over (sink);
  unlink_from (log, sink);
  sink = link_to (log, "queue ! fakesink name=end async=false");
  await_handed_over (sink);
  fail_unless_equals_int (caller_bye (caller), 200);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static void
check_failing_branch (const gchar *properties, GstFlowReturn flow)
{
  Pipeline *pipeline = pipeline_listening (properties);
  Caller *caller = pipeline_called (pipeline, 2);
  PadLog *bad, *good;
  guint n;
  gchar *text;
  GstMessage *message;
  GstElement *other;

  bad = pipeline_pad (pipeline, "audio_0");
  good = pipeline_pad (pipeline, "audio_1");
  pipeline_await_buffers (bad, 5);
  break_branch (bad, flow);
  text = report (pipeline, GST_MESSAGE_WARNING);
  fail_unless (strstr (text, "audio_0") != NULL, "%s", text);
  g_free (text);
  n = pipeline_n_buffers (bad);
  pipeline_await_buffers (good, pipeline_n_buffers (good) + 20);
  fail_unless_equals_int (pipeline_n_buffers (bad), n);
  message = gst_bus_pop_filtered (pipeline->bus, GST_MESSAGE_ERROR);
  fail_unless (message == NULL);

  /* Something sound takes its place. */
  unlink_from (bad, bad->sink);
  other = link_to (bad, "fakesink name=end async=false");
  await_handed_over (other);
  pipeline_hang_up (caller, bad);
  pipeline_await_eos (good);
  caller_free (caller);
  pipeline_free (pipeline);
}

/* A branch that fails or has enough costs its pad and nothing else. */
GST_START_TEST (test_branch_fails)
{
  check_failing_branch ("", GST_FLOW_ERROR);
  check_failing_branch ("", GST_FLOW_EOS);
  check_failing_branch ("push-mode=shared", GST_FLOW_ERROR);
}
GST_END_TEST;

/* With no branch left the element fails. */
GST_START_TEST (test_all_branches_fail)
{
  static const gchar *const names[] = {"audio_0", "audio_1", "metadata"};
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_called (pipeline, 2);
  gchar *text;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    break_branch (pipeline_pad (pipeline, names[i]), GST_FLOW_ERROR);
  /* The metadata branch finds out when there is something to tell. */
  fail_unless_equals_int (caller_update (caller, "Other"), 200);
  text = report (pipeline, GST_MESSAGE_ERROR);
  g_free (text);
  caller_bye (caller);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static GstPadProbeReturn
block (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK;
}

/* The second party, who is heard on audio_1, gets one name after the other. */
static void
rename_often (Pipeline *pipeline, Caller *caller)
{
  static const gchar *const names[] = {"Bea", "Belle", "Last"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    GstMessage *message;

    fail_unless_equals_int (caller_update (caller, names[i]), 200);
    message = pipeline_message (pipeline, GST_MESSAGE_ELEMENT, "GstSiprecStreamUpdated");
    fail_unless (message != NULL);
    gst_message_unref (message);
  }
}

static void
check_blocked (const gchar *properties)
{
  Pipeline *pipeline = pipeline_listening (properties);
  Caller *caller = pipeline_called (pipeline, 2);
  PadLog *log, *other;
  GstPad *peer;
  gulong probe;
  guint n, n_tags, duration = 0;
  gchar *text, *title;

  log = pipeline_pad (pipeline, "audio_1");
  other = pipeline_pad (pipeline, "audio_0");
  pipeline_await_buffers (log, 5);
  g_mutex_lock (&pipeline->lock);
  n_tags = log->n_tags;
  g_mutex_unlock (&pipeline->lock);
  peer = gst_pad_get_peer (log->pad);
  probe = gst_pad_add_probe (peer, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, block, NULL, NULL);
  text = report (pipeline, GST_MESSAGE_WARNING);
  fail_unless (strstr (text, "pad audio_1 has been blocking for ") != NULL, "%s", text);
  fail_unless (sscanf (strstr (text, "for "), "for %u ms", &duration) == 1 && duration > 0, "%s",
               text);
  g_free (text);
  n = pipeline_n_buffers (other);
  pipeline_await_buffers (other, n + 20);
  /* Metadata never waits for media. */
  n = pipeline_n_buffers (pipeline_pad (pipeline, "metadata"));
  rename_often (pipeline, caller);
  pipeline_await_buffers (pipeline_pad (pipeline, "metadata"), n + 1);

  n = pipeline_n_buffers (log);
  gst_pad_remove_probe (peer, probe);
  gst_object_unref (peer);
  pipeline_await_buffers (log, n + 2);
  /* What is outdated by then is not told. */
  g_mutex_lock (&pipeline->lock);
  fail_unless_equals_int (log->n_tags, n_tags + 1);
  fail_unless (gst_tag_list_get_string (log->tags, GST_TAG_TITLE, &title));
  g_mutex_unlock (&pipeline->lock);
  fail_unless_equals_string (title, "Last");
  g_free (title);
  pipeline_hang_up (caller, log);
  pipeline_await_eos (other);
  caller_free (caller);
  pipeline_free (pipeline);
}

/* A sink that blocks is named; the other pads go on; the call ends as always. */
GST_START_TEST (test_branch_blocks)
{
  check_blocked ("");
  check_blocked ("push-mode=shared");
}
GST_END_TEST;

/* A pipeline with a blocked branch can be stopped. */
GST_START_TEST (test_blocked_and_stopped)
{
  static const gchar *const modes[] = {"", "push-mode=shared"};

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    Pipeline *pipeline = pipeline_new (modes[i], "fakesink async=false");
    Caller *caller;
    PadLog *log;
    GstPad *peer;

    pipeline_set_state (pipeline, GST_STATE_PLAYING);
    caller = pipeline_caller (pipeline);
    fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
    log = pipeline_pad (pipeline, "audio_0");
    pipeline_await_buffers (log, 5);
    peer = gst_pad_get_peer (log->pad);
    gst_pad_add_probe (peer, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, block, NULL, NULL);
    gst_object_unref (peer);
    g_usleep (100000);
    pipeline_set_state (pipeline, GST_STATE_NULL);
    fail_unless (caller_await (caller, "BYE"));
    caller_free (caller);
    pipeline_free (pipeline);
  }
}
GST_END_TEST;

/* gst-launch-1.0 -e: EOS ends the call with BYE and every branch with EOS. */
GST_START_TEST (test_eos_during_call)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_called (pipeline, 2);
  GstMessage *message;

  pipeline_await_buffers (pipeline_pad (pipeline, "audio_0"), 5);
  fail_unless (gst_element_send_event (pipeline->bin, gst_event_new_eos ()));
  fail_unless (caller_await (caller, "BYE"));
  message = pipeline_message (pipeline, GST_MESSAGE_EOS, NULL);
  fail_unless (message != NULL);
  gst_message_unref (message);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* And without one the pipeline ends all the same, also one with links that wait for pads. */
GST_START_TEST (test_eos_before_call)
{
  static const gchar *const lines[] = {
      "siprecsrc local-uri=sip:127.0.0.1:0 ! fakesink",
      "siprecsrc local-uri=sip:127.0.0.1:0 ! decodebin ! audioconvert ! fakesink",
      "siprecsrc local-uri=sip:127.0.0.1:0 audio-pads=2 name=s s.audio_0 ! queue ! fakesink "
      "s.audio_1 ! queue ! fakesink s.metadata ! fakesink",
  };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    GstElement *pipeline = gst_parse_launch (lines[i], NULL);
    GstBus *bus = gst_element_get_bus (pipeline);
    GstMessage *message;

    fail_unless (gst_element_set_state (pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE);
    fail_unless (gst_element_send_event (pipeline, gst_event_new_eos ()));
    message = gst_bus_timed_pop_filtered (bus, 5 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS, "%s", lines[i]);
    gst_message_unref (message);
    gst_element_set_state (pipeline, GST_STATE_NULL);
    gst_object_unref (bus);
    gst_object_unref (pipeline);
  }
}
GST_END_TEST;

/* From INVITE to EOS with a pipeline as users write them. */
static void
check_line (const gchar *line)
{
  GstElement *pipeline = gst_parse_launch (line, NULL);
  GstElement *src = gst_bin_get_by_name (GST_BIN (pipeline), "src");
  GstBus *bus = gst_element_get_bus (pipeline);
  Caller *caller;
  GstMessage *message;
  g_autofree gchar *uri = NULL;

  g_object_set (src, "local-uri", "sip:127.0.0.1:0", NULL);
  fail_unless (gst_element_set_state (pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE);
  for (guint i = 0; i < 500 && !uri; i++) {
    g_usleep (10000);
    g_object_get (src, "actual-uri", &uri, NULL);
  }
  caller = caller_new (uri, FALSE);
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  caller_talk (caller, 2, 30);
  await_handed_over (pipeline);
  fail_unless_equals_int (caller_bye (caller), 200);
  message = gst_bus_timed_pop_filtered (bus, 5 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS, "%s", line);
  gst_message_unref (message);
  caller_free (caller);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (src);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
}

/* decodebin makes sound of the first pad, though metadata is there as well. */
GST_START_TEST (test_decodebin)
{
  check_line ("siprecsrc name=src ! decodebin ! audioconvert ! audioresample ! "
              "audio/x-raw,format=S16LE,rate=16000 ! fakesink name=end sync=true");
}
GST_END_TEST;

/* Pads that wait for each other, in a muxer or for the preroll of sinks, don't hold each other up. */
GST_START_TEST (test_branches_wait_for_each_other)
{
  static const gchar *const modes[] = {"pad", "shared"};

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    g_autofree gchar *muxed = g_strdup_printf (
        "siprecsrc name=src push-mode=%s src.audio_0 ! mux.audio_0 src.audio_1 ! mux.audio_1 "
        "matroskamux name=mux ! fakesink name=end src.metadata ! fakesink",
        modes[i]);
    g_autofree gchar *apart = g_strdup_printf (
        "siprecsrc name=src push-mode=%s src.audio_0 ! fakesink name=end src.audio_1 ! fakesink "
        "src.metadata ! fakesink",
        modes[i]);

    check_line (muxed);
    check_line (apart);
  }
}
GST_END_TEST;

static Suite *
siprecsrc_branches_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-branches");
  TCase *tcase = tcase_create ("branches");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_unlinked);
  tcase_add_test (tcase, test_linked_late);
  tcase_add_test (tcase, test_branch_fails);
  tcase_add_test (tcase, test_all_branches_fail);
  tcase_add_test (tcase, test_branch_blocks);
  tcase_add_test (tcase, test_blocked_and_stopped);
  tcase_add_test (tcase, test_eos_during_call);
  tcase_add_test (tcase, test_eos_before_call);
  tcase_add_test (tcase, test_decodebin);
  tcase_add_test (tcase, test_branches_wait_for_each_other);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_branches)
