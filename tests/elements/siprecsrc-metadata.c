/* siprecsrc: what it says of the call: who speaks, what happens, and the metadata pad.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <json-glib/json-glib.h>
#include <unistd.h>

#include "pipeline.h"

#define FRAME (20 * GST_MSECOND)

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
  fail_unless (log->gap_end < gst_element_get_current_running_time (pipeline->bin));
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

static Suite *
siprecsrc_metadata_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-metadata");
  TCase *tcase = tcase_create ("call");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_participants);
  tcase_add_test (tcase, test_messages);
  tcase_add_test (tcase, test_metadata);
  tcase_add_test (tcase, test_metadata_gaps);
  tcase_add_test (tcase, test_metadata_xml);
  tcase_add_test (tcase, test_metadata_text);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_metadata)
