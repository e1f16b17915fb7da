/* siprecsrc: who speaks, on the pads and as captions.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "pipeline.h"

#define TYPE    "application/rs-metadata+xml\r\nContent-Disposition: recording-session"
#define HEAD    "<recording xmlns='urn:ietf:params:xml:ns:recording:1'>"
#define PARTIAL HEAD "<datamode>partial</datamode>"
#define END     "</recording>"
#define SENDS(participant, stream)                                                                 \
  "<participantstreamassoc participant_id='" participant "'>" stream "</participantstreamassoc>"

/* Ann and Ben on one line, which is in Swiss German. */
#define MIXED_CALL                                                                                 \
  "--b\r\nContent-Type: application/sdp\r\n\r\n"                                                   \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                      \
  "m=audio 40000 RTP/AVP 0\r\na=label:96\r\na=lang:de-CH\r\na=sendonly\r\n"                        \
  "\r\n--b\r\nContent-Type: " TYPE "\r\n\r\n" HEAD                                                 \
  "<participant participant_id='a'><nameID aor='sip:ann@x'><name>Ann</name></nameID>"              \
  "</participant><participant participant_id='b'><nameID aor='sip:ben@x'><name>Ben</name>"         \
  "</nameID></participant><stream stream_id='s'><label>96</label></stream>" SENDS (                \
      "a", "<send>s</send>") SENDS ("b", "<send>s</send>") END "\r\n--b--\r\n"

static void
assert_title (PadLog *log, const gchar *expected)
{
  g_autofree gchar *title = NULL;

  g_mutex_lock (&log->pipeline->lock);
  fail_unless (log->tags && gst_tag_list_get_string (log->tags, GST_TAG_TITLE, &title));
  g_mutex_unlock (&log->pipeline->lock);
  fail_unless_equals_string (title, expected);
}

/* The names in the sticky event and in the property of the pad, which must be the same. */
static void
assert_speakers (PadLog *log, const gchar *one, const gchar *other)
{
  const gchar *const expected[] = {one, other};
  guint n = other ? 2 : one ? 1 : 0;
  g_autofree gchar *participants = NULL;
  const GValue *told;

  g_object_get (log->pad, "participants", &participants, NULL);
  g_mutex_lock (&log->pipeline->lock);
  told = gst_structure_get_value (log->info, "participants");
  fail_unless_equals_int (gst_value_array_get_size (told), n);
  for (guint i = 0; i < n; i++) {
    const GstStructure *who = gst_value_get_structure (gst_value_array_get_value (told, i));

    fail_unless_equals_string (gst_structure_get_string (who, "name"), expected[i]);
    fail_unless (strstr (participants, expected[i]) != NULL, "%s", participants);
  }
  g_mutex_unlock (&log->pipeline->lock);
  if (n == 0)
    fail_unless_equals_string (participants, "[]");
}

/* Sends metadata and waits until the pad has passed on what it changes. */
static void
update (Pipeline *pipeline, Caller *caller, PadLog *log, const gchar *xml)
{
  fail_unless_equals_int (caller_request (caller, "UPDATE", TYPE, xml), 200);
  pipeline_expect_message (pipeline, "GstSiprecStreamUpdated");
  pipeline_await_buffers (log, pipeline_n_buffers (log) + 5);
}

/* Several people on one line, as mixers send it, and what their metadata changes. */
GST_START_TEST (test_mixed_line)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_caller (pipeline);
  g_autofree gchar *language = NULL;
  PadLog *log;

  fail_unless_equals_int (
      caller_invite_with (caller, "Require: siprec\r\n", "multipart/mixed;boundary=b", MIXED_CALL),
      200);
  log = pipeline_pad (pipeline, "audio_0");
  pipeline_await_buffers (log, 1);
  assert_title (log, "Ann + Ben");
  assert_speakers (log, "Ann", "Ben");
  fail_unless (gst_tag_list_get_string (log->tags, GST_TAG_LANGUAGE_CODE, &language));
  fail_unless_equals_string (language, "de");

  /* Ann is put on hold, RFC 8068 section 3.3.2; then somebody takes her place. */
  update (pipeline, caller, log, PARTIAL SENDS ("a", "<recv>s</recv>") END);
  assert_title (log, "Ben");
  assert_speakers (log, "Ben", NULL);
  update (pipeline, caller, log,
          PARTIAL "<participant participant_id='c'><nameID aor='sip:cleo@x'/></participant>" SENDS (
              "c", "<send>s</send>") END);
  assert_title (log, "Ben + cleo@x");
  assert_speakers (log, "Ben", "cleo@x");
  /* Nobody sends: the pad says so; its title stays the last one, for tags can't be taken back. */
  update (pipeline, caller, log, PARTIAL SENDS ("b", "") SENDS ("c", "") END);
  assert_speakers (log, NULL, NULL);
  fail_unless_equals_int (log->n_stream_starts, 1);
  pipeline_hang_up (caller, log);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* Waits for a caption among those that came; they are buffers without an end. */
static void
await_caption (PadLog *log, const gchar *expected)
{
  for (guint n = 1;; n++) {
    g_autofree gchar *text = NULL;
    GstBuffer *buffer;

    pipeline_await_buffers (log, n);
    g_mutex_lock (&log->pipeline->lock);
    buffer = g_ptr_array_index (log->buffers, n - 1);
    text = g_malloc0 (gst_buffer_get_size (buffer) + 1);
    gst_buffer_extract (buffer, 0, text, gst_buffer_get_size (buffer));
    fail_unless (GST_BUFFER_DURATION (buffer) > 0 && GST_BUFFER_PTS_IS_VALID (buffer));
    g_mutex_unlock (&log->pipeline->lock);
    if (g_str_equal (text, expected))
      return;
  }
}

/* A line on hold is whose voice it was, not a number; what the metadata has said is not said again. */
GST_START_TEST (test_captions_name_people)
{
  Pipeline *pipeline = pipeline_listening ("metadata-format=text");
  Caller *caller = pipeline_called (pipeline, 2);
  PadLog *log;

  log = pipeline_pad (pipeline, "metadata");
  await_caption (log, "Ada joined");
  await_caption (log, "Ben joined");
  fail_unless_equals_int (caller_reinvite (caller, 2, "inactive"), 200);
  await_caption (log, "Ben on hold");
  fail_unless_equals_int (caller_reinvite (caller, 2, "sendonly"), 200);
  await_caption (log, "Ben resumed");
  fail_unless_equals_int (pipeline_n_buffers (log), 6);

  fail_unless_equals_int (
      caller_request (caller, "UPDATE", TYPE, PARTIAL SENDS ("cGVyc29uIG51bWJlciBvZ1==", "") END),
      200);
  fail_unless_equals_int (caller_reinvite (caller, 2, "inactive"), 200);
  await_caption (log, "Ada on hold");
  fail_unless_equals_int (caller_update (caller, "Benedict"), 200);
  await_caption (log, "Ben is Benedict");
  pipeline_hang_up (caller, log);
  /* Ben is on hold by the metadata, Ada by the line; Ben resumes with his new name. */
  fail_unless_equals_int (pipeline_n_buffers (log), 9);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static Suite *
siprecsrc_speakers_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-speakers");
  TCase *tcase = tcase_create ("speakers");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_mixed_line);
  tcase_add_test (tcase, test_captions_name_people);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_speakers);
