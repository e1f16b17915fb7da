/* siprecsrc: what its pads, messages and queries say of one call.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <unistd.h>
#include <json-glib/json-glib.h>

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

/* Who speaks is on the pad, as properties, tags and a sticky event, and follows the metadata. */
GST_START_TEST (test_participants)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_called (pipeline, 2);
  PadLog *log;
  gchar *label, *participants, *title;
  gint mline;
  const GValue *senders;

  log = pipeline_pad (pipeline, "audio_1");
  pipeline_await_buffers (log, 1);
  g_object_get (log->pad, "label", &label, "mline", &mline, "participants", &participants, NULL);
  fail_unless_equals_string (label, "2");
  fail_unless_equals_int (mline, 1);
  fail_unless (strstr (participants, "sip:p1@example.com") != NULL);
  g_free (label);
  g_free (participants);
  fail_unless (gst_tag_list_get_string (log->tags, GST_TAG_TITLE, &title));
  fail_unless_equals_string (title, "Ben");
  g_free (title);
  fail_unless (gst_structure_has_name (log->info, "GstSiprecStreamInfo"));
  fail_unless_equals_string (gst_structure_get_string (log->info, "label"), "2");
  senders = gst_structure_get_value (log->info, "participants");
  fail_unless_equals_int (gst_value_array_get_size (senders), 1);

  fail_unless_equals_int (caller_update (caller, "Benedict"), 200);
  pipeline_expect_message (pipeline, "GstSiprecStreamUpdated");
  pipeline_await_buffers (log, pipeline_n_buffers (log) + 5);
  fail_unless (gst_tag_list_get_string (log->tags, GST_TAG_TITLE, &title));
  fail_unless_equals_string (title, "Benedict");
  g_free (title);
  pipeline_hang_up (caller, log);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* Messages carry the facts of the events. */
GST_START_TEST (test_messages)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_caller (pipeline);
  GstMessage *message;
  const GstStructure *facts;
  const GValue *headers;
  guint64 sequence;
  gint64 port;
  gchar *session_id;

  pipeline_whole_call (pipeline, caller, 10);

  message = pipeline_message (pipeline, GST_MESSAGE_ELEMENT, "GstSiprecSessionStarted");
  fail_unless (message != NULL);
  facts = gst_message_get_structure (message);
  fail_unless (gst_structure_get_uint64 (facts, "sequence", &sequence));
  fail_unless_equals_uint64 (sequence, 1);
  fail_unless (gst_structure_get_int64 (facts, "remote-port", &port) && port > 0);
  fail_unless_equals_string (gst_structure_get_string (facts, "remote-address"), "127.0.0.1");
  headers = gst_structure_get_value (facts, "headers");
  fail_unless (gst_value_array_get_size (headers) > 5);
  fail_unless (gst_structure_has_field (
      gst_value_get_structure (gst_value_array_get_value (headers, 0)), "name"));
  session_id = g_strdup (gst_structure_get_string (facts, "session-id"));
  gst_message_unref (message);

  message = pipeline_message (pipeline, GST_MESSAGE_ELEMENT, "GstSiprecSessionEnded");
  fail_unless (message != NULL);
  facts = gst_message_get_structure (message);
  fail_unless_equals_string (gst_structure_get_string (facts, "session-id"), session_id);
  fail_unless_equals_string (gst_structure_get_string (facts, "cause"), "bye");
  fail_unless_equals_int (gst_value_array_get_size (gst_structure_get_value (facts, "streams")), 2);
  gst_message_unref (message);
  g_free (session_id);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static JsonObject *
parse_record (JsonParser *parser, PadLog *log, guint i)
{
  GstMapInfo map;
  gboolean parsed;

  gst_buffer_map (g_ptr_array_index (log->buffers, i), &map, GST_MAP_READ);
  fail_unless (map.size > 0 && map.data[map.size - 1] == '\n');
  parsed = json_parser_load_from_data (parser, (const gchar *)map.data, map.size, NULL);
  gst_buffer_unmap (g_ptr_array_index (log->buffers, i), &map);
  fail_unless (parsed);
  return json_node_get_object (json_parser_get_root (parser));
}

/* One event a buffer, in order, with a time that only goes forward. */
GST_START_TEST (test_metadata)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_caller (pipeline);
  PadLog *log, *audio;
  GstClockTime last = 0;
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *record = NULL;

  pipeline_whole_call (pipeline, caller, 10);
  log = pipeline_pad (pipeline, "metadata");
  audio = pipeline_pad (pipeline, "audio_0");
  fail_unless_equals_string (pad_log_caps_name (log), "application/x-siprec-metadata");

  for (guint i = 0; i < log->buffers->len; i++) {
    GstBuffer *buffer = g_ptr_array_index (log->buffers, i);
    g_autofree gchar *sequence = g_strdup_printf ("%u", i + 1);

    fail_unless (GST_BUFFER_PTS (buffer) >= last);
    last = GST_BUFFER_PTS (buffer);
    record = parse_record (parser, log, i);
    fail_unless_equals_string (json_object_get_string_member (record, "sequence"), sequence);
    if (i == 0)
      fail_unless_equals_string (json_object_get_string_member (record, "type"),
                                 "siprec.session.started");
  }
  fail_unless_equals_string (json_object_get_string_member (record, "type"),
                             "siprec.session.ended");
  /* Its times are those of the media. */
  fail_unless_equals_uint64 (pad_log_start (log), pad_log_start (audio));
  fail_unless (ABS (GST_CLOCK_DIFF (last, pad_log_end (audio))) <
               FRAME + (gint64)caller_get_lateness (caller));
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* Nothing happens for a while: GAP events move what is downstream on. */
GST_START_TEST (test_metadata_gaps)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_called (pipeline, 1);
  PadLog *log;

  log = pipeline_pad (pipeline, "metadata");
  g_usleep (2600000);
  pipeline_hang_up (caller, log);
  fail_unless (log->n_gaps >= 1 && log->n_gaps <= 4);
  fail_unless (log->gap_end > pad_log_start (log) + GST_SECOND);
  fail_unless (log->gap_end < running_time (pipeline));
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* The documents alone, as they were received. */
GST_START_TEST (test_metadata_xml)
{
  Pipeline *pipeline = pipeline_listening ("metadata-format=xml");
  Caller *caller = pipeline_caller (pipeline);
  PadLog *log;
  GByteArray *bytes;

  pipeline_whole_call (pipeline, caller, 10);
  log = pipeline_pad (pipeline, "metadata");
  fail_unless_equals_int (log->buffers->len, 1);
  bytes = pad_log_bytes (log);
  g_byte_array_append (bytes, (const guint8 *)"", 1);
  fail_unless (g_str_has_prefix ((const gchar *)bytes->data, "<?xml"));
  fail_unless (strstr ((const gchar *)bytes->data, "</recording>") != NULL);
  g_byte_array_unref (bytes);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* Captions are a subtitle track that players find. */
GST_START_TEST (test_metadata_text)
{
  g_autofree gchar *path = g_strdup_printf ("%s/captions-%d.mkv", g_get_tmp_dir (), getpid ());
  g_autofree gchar *sink = g_strdup_printf (
      "queue ! text/x-raw,format=utf8 ! matroskamux ! filesink async=false location=%s", path);
  g_autofree gchar *probe = g_strdup_printf ("env -u LD_PRELOAD ffprobe -v error -show_entries "
                                             "stream=codec_type,codec_name -of csv=p=0 %s",
                                             path);
  g_autofree gchar *extract =
      g_strdup_printf ("env -u LD_PRELOAD ffmpeg -v error -i %s -f srt -", path);
  g_autofree gchar *kind = NULL;
  g_autofree gchar *captions = NULL;
  g_autofree gchar *ffmpeg = g_find_program_in_path ("ffmpeg");
  Pipeline *pipeline = pipeline_new ("metadata-format=text", sink);
  GstMessage *end;
  Caller *caller;

  pipeline->only = "metadata";
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  pipeline_await_buffers (pipeline_pad (pipeline, "metadata"), 2);
  fail_unless_equals_int (caller_bye (caller), 200);
  /* The file is whole once its sink has the end. */
  end = pipeline_message (pipeline, GST_MESSAGE_EOS, NULL);
  fail_unless (end != NULL);
  gst_message_unref (end);
  caller_free (caller);
  pipeline_free (pipeline);

  if (ffmpeg) {
    fail_unless (g_spawn_command_line_sync (probe, &kind, NULL, NULL, NULL));
    fail_unless_equals_string (g_strchomp (kind), "subrip,subtitle");
    fail_unless (g_spawn_command_line_sync (extract, &captions, NULL, NULL, NULL));
    fail_unless (strstr (captions, "Ben joined") != NULL, "%s", captions);
  }
  fail_unless_equals_int (g_unlink (path), 0);
}
GST_END_TEST;

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
  tcase_add_test (tcase, test_participants);
  tcase_add_test (tcase, test_messages);
  tcase_add_test (tcase, test_metadata);
  tcase_add_test (tcase, test_metadata_gaps);
  tcase_add_test (tcase, test_metadata_xml);
  tcase_add_test (tcase, test_metadata_text);
  tcase_add_test (tcase, test_output_rtp);
  tcase_add_test (tcase, test_caps);
  tcase_add_test (tcase, test_codec_changes);
  tcase_add_test (tcase, test_buffer_duration);
  tcase_add_test (tcase, test_queries);
  tcase_add_test (tcase, test_stats);
  tcase_add_test (tcase, test_stats_agree);
  return suite;
}

GST_CHECK_MAIN (siprecsrc)
