/* siprecsrc: the pads of one call, and where its media is on them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "pipeline.h"

#define PCMU_SILENCE 0xff
#define FRAME        (20 * GST_MSECOND)

static GstClockTime
running_time (Pipeline *pipeline)
{
  return gst_element_get_current_running_time (pipeline->bin);
}

/* Media pads in the order of the SDP, then metadata, then no-more-pads, once. */
GST_START_TEST (test_pads)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_caller (pipeline);
  PadLog *one, *two;

  pipeline_whole_call (pipeline, caller, 10);
  pipeline_await_order (pipeline, "audio_0 audio_1 metadata no-more-pads");

  one = pipeline_pad (pipeline, "audio_0");
  two = pipeline_pad (pipeline, "audio_1");
  fail_unless_equals_string (pad_log_caps_name (one), "audio/x-mulaw");
  fail_unless_equals_int (one->caps->len, 1);
  fail_unless_equals_int (one->n_stream_starts, 1);
  fail_unless_equals_int (one->group_id, two->group_id);
  fail_unless (g_str_has_suffix (one->stream_id, "/audio_0"));
  fail_if (g_str_equal (one->stream_id, two->stream_id));
  fail_unless (GST_IS_PAD (one->pad));

  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* Every byte that was sent comes out, in order, on the right pad, between silence. */
GST_START_TEST (test_content)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_caller (pipeline);

  pipeline_whole_call (pipeline, caller, 25);

  for (guint i = 0; i < 2; i++) {
    PadLog *log = pipeline_pad (pipeline, i == 0 ? "audio_0" : "audio_1");

    fail_unless_equals_int (pad_log_count (log, 0x10 + i), 25 * 160);
    fail_unless_equals_int (pad_log_count (log, PCMU_SILENCE), pad_log_size (log) - 25 * 160);
  }
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static void
check_time (const gchar *properties, GstClock *clock)
{
  Pipeline *pipeline = pipeline_new (properties, "fakesink async=false");
  Caller *caller;
  GstClockTime before, answered, bye, over, off;
  PadLog *one, *two;

  if (clock)
    gst_pipeline_use_clock (GST_PIPELINE (pipeline->bin), clock);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  /* So that a zero which is wrong doesn't look right. */
  g_usleep (300000);
  before = running_time (pipeline);
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  answered = running_time (pipeline);
  caller_talk (caller, 2, 30);
  bye = running_time (pipeline);
  fail_unless_equals_int (caller_bye (caller), 200);
  over = running_time (pipeline);
  one = pipeline_pad (pipeline, "audio_0");
  two = pipeline_pad (pipeline, "audio_1");
  pipeline_await_eos (one);
  pipeline_await_eos (two);

  fail_unless (pad_log_start (one) >= before && pad_log_start (one) <= answered);
  fail_unless (pad_log_start (one) == pad_log_start (two));
  /* It ends when BYE is heard, give or take a frame and what scheduling did. */
  off = 2 * FRAME + caller_get_lateness (caller);
  fail_unless (pad_log_end (one) + 2 * FRAME >= bye && pad_log_end (one) <= over + off,
               "%" GST_TIME_FORMAT " is not between %" GST_TIME_FORMAT " and %" GST_TIME_FORMAT,
               GST_TIME_ARGS (pad_log_end (one)), GST_TIME_ARGS (bye), GST_TIME_ARGS (over));
  fail_unless (ABS (GST_CLOCK_DIFF (pad_log_end (one), pad_log_end (two))) < (gint64)off);
  fail_unless (pad_log_unevenness (one) < GST_MSECOND);
  fail_unless (pad_log_unevenness (two) < GST_MSECOND);
  caller_free (caller);
  pipeline_free (pipeline);
}

/* All pads begin at the moment of 200 OK, and last until BYE. */
GST_START_TEST (test_time)
{
  check_time ("", NULL);
}
GST_END_TEST;

GST_START_TEST (test_time_shared)
{
  check_time ("push-mode=shared", NULL);
}
GST_END_TEST;

/* Also where the pipeline counts by another clock. */
GST_START_TEST (test_time_of_another_clock)
{
  GstClock *clock =
      g_object_new (GST_TYPE_SYSTEM_CLOCK, "clock-type", GST_CLOCK_TYPE_REALTIME, NULL);

  gst_object_ref_sink (clock);
  check_time ("", clock);
  gst_object_unref (clock);
}
GST_END_TEST;

/* A line that is offered on hold has its pad, and one that goes on hold keeps it. */
GST_START_TEST (test_hold)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_caller (pipeline);
  PadLog *log;
  GstMessage *message;
  gchar *direction;

  fail_unless_equals_int (caller_invite (caller, 1, "inactive"), 200);
  log = pipeline_pad (pipeline, "audio_0");
  pipeline_await_buffers (log, 10);
  fail_unless_equals_int (caller_reinvite (caller, 1, "sendonly"), 200);
  pipeline_expect_message (pipeline, "GstSiprecStreamResumed");
  caller_talk (caller, 1, 10);
  fail_unless_equals_int (caller_reinvite (caller, 1, "inactive"), 200);
  message = pipeline_message (pipeline, GST_MESSAGE_ELEMENT, "GstSiprecStreamHeld");
  fail_unless (message != NULL);
  fail_unless_equals_string (
      gst_structure_get_string (gst_message_get_structure (message), "stream"), "audio_0");
  gst_message_unref (message);
  g_object_get (log->pad, "media-direction", &direction, NULL);
  fail_unless_equals_string (direction, "inactive");
  g_free (direction);
  g_usleep (300000);
  pipeline_hang_up (caller, log);

  fail_unless (pad_log_unevenness (log) < GST_MSECOND);
  fail_unless_equals_int (pad_log_count (log, 0x10), 10 * 160);
  pipeline_await_order (pipeline, "audio_0 metadata no-more-pads");
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static guint
count_events (PadLog *log, GstEventType type)
{
  guint n = 0;

  for (guint i = 0; i < log->sticky->len; i++)
    n += GST_EVENT_TYPE (g_ptr_array_index (log->sticky, i)) == type;
  return n;
}

/* An offer with nothing new, however often: no pad begins anew, nothing is told, and no sound is missing. */
GST_START_TEST (test_nothing_new)
{
  static const gchar *const told[] = {"GstSiprecStreamUpdated", "GstSiprecStreamHeld",
                                      "GstSiprecStreamAdded", "GstSiprecMetadata"};
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_called (pipeline, 2);
  PadLog *log = pipeline_pad (pipeline, "audio_1");
  GstMessage *message;

  gst_bus_set_flushing (pipeline->bus, TRUE);
  gst_bus_set_flushing (pipeline->bus, FALSE);
  for (guint i = 0; i < 5; i++) {
    caller_talk (caller, 2, 4);
    fail_unless_equals_int (caller_reinvite (caller, 2, "sendonly"), 200);
  }
  pipeline_hang_up (caller, log);
  while ((message = gst_bus_pop_filtered (pipeline->bus, GST_MESSAGE_ELEMENT))) {
    for (guint i = 0; i < G_N_ELEMENTS (told); i++)
      fail_if (gst_message_has_name (message, told[i]), "%s", told[i]);
    gst_message_unref (message);
  }
  fail_unless_equals_int (log->n_stream_starts, 1);
  fail_unless_equals_int (log->caps->len, 1);
  fail_unless_equals_int (count_events (log, GST_EVENT_SEGMENT), 1);
  fail_unless_equals_int (log->n_tags, 1);
  fail_unless_equals_int (pad_log_count (log, 0x11), 20 * 160);
  fail_unless (pad_log_unevenness (log) < GST_MSECOND);
  pipeline_await_order (pipeline, "audio_0 audio_1 metadata no-more-pads");
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* re-INVITE that disables the second of two lines. */
static guint
drop_second_line (Caller *caller)
{
  return caller_request (caller, "INVITE", "application/sdp",
                         "v=0\r\no=caller 4711 99 IN IP4 127.0.0.1\r\ns=-\r\n"
                         "c=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                         "m=audio 40000 RTP/AVP 0\r\na=label:1\r\na=sendonly\r\n"
                         "m=audio 0 RTP/AVP 0\r\na=label:2\r\n");
}

/* An m-line with port 0 is EOS, and the pad goes; a new one makes a new pad. */
GST_START_TEST (test_mlines_change)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_called (pipeline, 1);
  PadLog *one, *two;

  one = pipeline_pad (pipeline, "audio_0");
  fail_unless_equals_int (caller_reinvite (caller, 2, "sendonly"), 200);
  two = pipeline_pad (pipeline, "audio_1");
  caller_talk (caller, 2, 10);
  fail_unless_equals_int (drop_second_line (caller), 200);
  pipeline_await_eos (two);
  pipeline_await_removed (two);
  fail_if (one->eos);
  caller_talk (caller, 1, 5);
  pipeline_hang_up (caller, one);
  fail_if (one->removed);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static Suite *
siprecsrc_suite (void)
{
  Suite *suite = suite_create ("siprecsrc");
  TCase *tcase = tcase_create ("call");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_pads);
  tcase_add_test (tcase, test_content);
  tcase_add_test (tcase, test_time);
  tcase_add_test (tcase, test_time_shared);
  tcase_add_test (tcase, test_time_of_another_clock);
  tcase_add_test (tcase, test_hold);
  tcase_add_test (tcase, test_nothing_new);
  tcase_add_test (tcase, test_mlines_change);
  return suite;
}

GST_CHECK_MAIN (siprecsrc)
