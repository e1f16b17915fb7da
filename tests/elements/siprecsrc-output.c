/* siprecsrc: what its pads give: packets or media, caps, buffers, answers to queries, and figures.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "pipeline.h"

/* Packets come one by one as they were sent, whatever buffers of media would last. */
static void
check_output_rtp (const gchar *properties)
{
  Pipeline *pipeline = pipeline_new (properties, "rtppcmudepay ! fakesink async=false");
  Caller *caller;
  PadLog *log;
  GstMapInfo map;

  pipeline->only = "audio_0";
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  caller_talk (caller, 1, 10);
  fail_unless_equals_int (caller_bye (caller), 200);
  log = pipeline_pad (pipeline, "audio_0");
  pipeline_await_eos (log);
  fail_unless_equals_string (pad_log_caps_name (log), "application/x-rtp");
  fail_unless_equals_int (log->buffers->len, 10);
  for (guint i = 0; i < log->buffers->len; i++) {
    gst_buffer_map (g_ptr_array_index (log->buffers, i), &map, GST_MAP_READ);
    fail_unless_equals_int (map.size, 172);
    fail_unless_equals_int (map.data[0], 0x80);
    gst_buffer_unmap (g_ptr_array_index (log->buffers, i), &map);
  }
  caller_free (caller);
  pipeline_free (pipeline);
}

GST_START_TEST (test_output_rtp)
{
  check_output_rtp ("output=rtp");
  check_output_rtp ("output=rtp buffer-duration=100000000");
}
GST_END_TEST;

static gchar *
one_line_sdp (const gchar *formats)
{
  return g_strdup_printf ("v=0\r\no=caller 1 %u IN IP4 127.0.0.1\r\ns=-\r\n"
                          "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP %s\r\n",
                          g_random_int_range (2, 100000), formats);
}

/* Caps are right before there is data, with what fmtp says; no muxer likes them to change. */
GST_START_TEST (test_caps)
{
  static const struct {
    const gchar *formats, *caps;
  } cases[] = {
      {"96\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 stereo=1;sprop-stereo=1",
       "audio/x-opus,channels=2"},
      {"97\r\na=rtpmap:97 iLBC/8000\r\na=fmtp:97 mode=20", "audio/x-iLBC,mode=20"},
      {"9", "audio/G722,rate=16000"},
      {"98\r\na=rtpmap:98 L16/16000", "audio/x-raw,rate=16000,channels=1"},
      {"99\r\na=rtpmap:99 X-ODD/8000", "application/x-rtp,encoding-name=X-ODD"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    Pipeline *pipeline = pipeline_new ("latency=20", "fakesink async=false");
    g_autofree gchar *sdp = one_line_sdp (cases[i].formats);
    g_autoptr (GstCaps) wanted = gst_caps_from_string (cases[i].caps);
    Caller *caller;
    PadLog *log;
    GstCaps *caps;

    pipeline_set_state (pipeline, GST_STATE_PLAYING);
    caller = pipeline_caller (pipeline);
    fail_unless_equals_int (
        caller_invite_with (caller, "Require: siprec\r\n", "application/sdp", sdp), 200);
    log = pipeline_pad (pipeline, "audio_0");
    g_usleep (200000);
    fail_unless_equals_int (caller_bye (caller), 200);
    pipeline_await_eos (log);
    fail_unless_equals_int (log->caps->len, 1);
    caps = g_ptr_array_index (log->caps, 0);
    fail_unless (gst_caps_is_subset (caps, wanted), "%" GST_PTR_FORMAT, caps);
    caller_free (caller);
    pipeline_free (pipeline);
  }
}
GST_END_TEST;

/* A new offer with another codec is new caps on the same pad. */
GST_START_TEST (test_codec_changes)
{
  Pipeline *pipeline = pipeline_listening ("latency=20");
  Caller *caller = pipeline_caller (pipeline);
  g_autofree gchar *before = one_line_sdp ("0"), *after = one_line_sdp ("8");
  PadLog *log;

  fail_unless_equals_int (
      caller_invite_with (caller, "Require: siprec\r\n", "application/sdp", before), 200);
  log = pipeline_pad (pipeline, "audio_0");
  pipeline_await_buffers (log, 5);
  fail_unless_equals_int (caller_request (caller, "INVITE", "application/sdp", after), 200);
  pipeline_await_buffers (log, pipeline_n_buffers (log) + 10);
  pipeline_hang_up (caller, log);
  fail_unless_equals_int (log->caps->len, 2);
  fail_unless (gst_structure_has_name (gst_caps_get_structure (g_ptr_array_index (log->caps, 1), 0),
                                       "audio/x-alaw"));
  fail_unless_equals_int (log->n_stream_starts, 1);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

GST_START_TEST (test_buffer_duration)
{
  Pipeline *pipeline = pipeline_listening ("buffer-duration=100000000");
  Caller *caller = pipeline_called (pipeline, 1);
  PadLog *log;
  GstBuffer *buffer;

  caller_talk (caller, 1, 30);
  fail_unless_equals_int (caller_bye (caller), 200);
  log = pipeline_pad (pipeline, "audio_0");
  pipeline_await_eos (log);
  buffer = g_ptr_array_index (log->buffers, log->buffers->len / 2);
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (buffer), 100 * GST_MSECOND);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

GST_START_TEST (test_queries)
{
  Pipeline *pipeline = pipeline_new ("latency=300 buffer-duration=100000000", NULL);
  Caller *caller;
  static const gchar *const names[] = {"audio_0", "metadata"};

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    GstPad *pad = pipeline_pad (pipeline, names[i])->pad;
    GstQuery *query = gst_query_new_latency ();
    gboolean live, seekable;
    GstClockTime min, max;
    GstFormat format;

    fail_unless (gst_pad_query (pad, query));
    gst_query_parse_latency (query, &live, &min, &max);
    fail_unless (live);
    /* Of buffers of 100 ms a stream is read every 40 ms. */
    fail_unless_equals_uint64 (min, 440 * GST_MSECOND);
    fail_unless_equals_uint64 (max, GST_CLOCK_TIME_NONE);
    gst_query_unref (query);

    query = gst_query_new_seeking (GST_FORMAT_TIME);
    fail_unless (gst_pad_query (pad, query));
    gst_query_parse_seeking (query, &format, &seekable, NULL, NULL);
    fail_if (seekable);
    gst_query_unref (query);

    query = gst_query_new_scheduling ();
    fail_unless (gst_pad_query (pad, query));
    fail_if (gst_query_has_scheduling_mode (query, GST_PAD_MODE_PULL));
    gst_query_unref (query);
  }
  fail_unless_equals_int (caller_bye (caller), 200);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* The figures of the only media pad, once @received packets are in them; they are published now and then. */
static GstStructure *
await_stats (Pipeline *pipeline, guint64 received)
{
  const GValue *streams;
  const GstStructure *stream;
  GstStructure *stats;
  guint64 n;

  for (guint i = 0; i < 5000; i++) {
    g_object_get (pipeline->src, "stats", &stats, NULL);
    fail_unless (gst_structure_has_name (stats, "application/x-siprec-stats"));
    streams = gst_structure_get_value (stats, "streams");
    fail_unless_equals_int (gst_value_array_get_size (streams), 2);
    stream = gst_value_get_structure (gst_value_array_get_value (streams, 0));
    fail_unless (gst_structure_get_uint64 (stream, "packets-received", &n));
    if (n >= received)
      return stats;
    gst_structure_free (stats);
    g_usleep (1000);
  }
  fail ("%" G_GUINT64_FORMAT " packets were not received", received);
  return NULL;
}

GST_START_TEST (test_stats)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_called (pipeline, 1);
  GstStructure *stats;
  const GstStructure *stream;
  guint64 received, pushed;

  caller_talk (caller, 1, 20);
  pipeline_await_heard (pipeline_pad (pipeline, "audio_0"), 20);
  stats = await_stats (pipeline, 20);
  fail_unless (gst_structure_get_string (stats, "session-id") != NULL);
  stream = gst_value_get_structure (
      gst_value_array_get_value (gst_structure_get_value (stats, "streams"), 0));
  fail_unless_equals_string (gst_structure_get_string (stream, "pad"), "audio_0");
  fail_unless (gst_structure_get_uint64 (stream, "packets-received", &received));
  fail_unless_equals_int (received, 20);
  fail_unless (gst_structure_get_uint64 (stream, "buffers-pushed", &pushed));
  fail_unless (pushed >= 15);
  gst_structure_free (stats);
  fail_unless_equals_int (caller_bye (caller), 200);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* Whether each figure of @one is in @other, the same. */
static gboolean
is_same_figure (GQuark field, const GValue *value, gpointer other)
{
  const GValue *same = gst_structure_id_get_value (other, field);
  const gchar *name = g_quark_to_string (field);

  fail_unless (same != NULL, "no %s", name);
  /* JSON knows neither sizes nor signs. */
  if (G_VALUE_HOLDS_STRING (value) || G_VALUE_HOLDS_BOOLEAN (value)) {
    fail_unless_equals_int (gst_value_compare (value, same), GST_VALUE_EQUAL);
  } else {
    g_autofree gchar *text = gst_value_serialize (value), *other_text = gst_value_serialize (same);

    fail_unless_equals_string (text, other_text);
  }
  return TRUE;
}

static const GstStructure *
nth_structure (const GstStructure *structure, const gchar *name, guint n)
{
  const GValue *array = gst_structure_get_value (structure, name);

  return gst_value_get_structure (gst_value_array_get_value (array, n));
}

/* What was received, lost and left out is told in three places: the pad, the element, and the last event. */
GST_START_TEST (test_stats_agree)
{
  Pipeline *pipeline = pipeline_listening ("latency=60");
  Caller *caller = pipeline_called (pipeline, 1);
  GstMessage *message;
  const GstStructure *told;
  GstStructure *of_pad, *of_element;
  guint64 lost;
  PadLog *log;

  log = pipeline_pad (pipeline, "audio_0");
  caller_talk (caller, 1, 10);
  caller_skip (caller, 0, 3);
  caller_talk (caller, 1, 10);
  caller_send_raw (caller, 0, (const guint8 *)"garbage", 7);
  g_usleep (200000);
  fail_unless_equals_int (caller_bye (caller), 200);
  message = pipeline_message (pipeline, GST_MESSAGE_ELEMENT, "GstSiprecSessionEnded");
  pipeline_await_eos (log);

  told = nth_structure (gst_message_get_structure (message), "streams", 0);
  told = gst_value_get_structure (gst_structure_get_value (told, "stats"));
  g_object_get (log->pad, "stats", &of_pad, NULL);
  g_object_get (pipeline->src, "stats", &of_element, NULL);
  gst_structure_foreach (told, is_same_figure, of_pad);
  gst_structure_foreach (told, is_same_figure, (gpointer)nth_structure (of_element, "streams", 0));
  fail_unless (gst_structure_get_uint64 (of_pad, "num-lost", &lost));
  fail_unless_equals_int (lost, 3);
  fail_unless (gst_structure_n_fields (told) >= 15);
  gst_structure_free (of_pad);
  gst_structure_free (of_element);
  gst_message_unref (message);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static Suite *
siprecsrc_output_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-output");
  TCase *tcase = tcase_create ("call");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_output_rtp);
  tcase_add_test (tcase, test_caps);
  tcase_add_test (tcase, test_codec_changes);
  tcase_add_test (tcase, test_buffer_duration);
  tcase_add_test (tcase, test_queries);
  tcase_add_test (tcase, test_stats);
  tcase_add_test (tcase, test_stats_agree);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_output)
