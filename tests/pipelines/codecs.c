/* The table of docs/codecs.md, row by row: what the muxers take, and that the sound comes back
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>

#include "siprec-core/media/silence.h"

typedef struct {
  gchar *codec;
  gchar *sdp;
  gchar *caps;
  gboolean silence, matroska, mp4;
  gchar *decoder; /* NULL if there is none, or none is needed */
} Row;

/* How a second of each is made; what has no encoder in Debian is made of zeros. */
static const struct {
  const gchar *codec, *source;
} sources[] = {
    {"G.711 µ-law", "audiotestsrc num-buffers=50 samplesperbuffer=160 ! mulawenc"},
    {"G.711 A-law", "audiotestsrc num-buffers=50 samplesperbuffer=160 ! alawenc"},
    {"G.722", "audiotestsrc num-buffers=50 samplesperbuffer=320 ! avenc_g722"},
    {"Opus", "audiotestsrc num-buffers=50 samplesperbuffer=960 ! opusenc"},
    {"L16", "audiotestsrc num-buffers=50 samplesperbuffer=320"},
    {"G.726", "audiotestsrc num-buffers=50 samplesperbuffer=160 ! avenc_g726 bitrate=32000"},
    {"G.729", "fakesrc num-buffers=100 format=time sizetype=fixed sizemax=10 filltype=zero"},
    {"GSM", "audiotestsrc num-buffers=50 samplesperbuffer=160 ! gsmenc"},
    {"AMR", "audiotestsrc num-buffers=50 samplesperbuffer=160 ! amrnbenc"},
    {"AMR-WB", "audiotestsrc num-buffers=50 samplesperbuffer=320 ! voamrwbenc"},
};

static GArray *rows;
static GArray *video_rows; /* Row, of which silence is not used */

static gchar *
between_backticks (const gchar *cell)
{
  g_auto (GStrv) parts = g_strsplit (cell, "`", 3);

  return g_strv_length (parts) == 3 ? g_strdup (parts[1]) : NULL;
}

static gboolean
is_one (const gchar *cell, const gchar *one, const gchar *other)
{
  g_assert (g_str_equal (cell, one) || g_str_equal (cell, other));
  return g_str_equal (cell, one);
}

static void
read_video (gchar **cells)
{
  Row row = {
      .codec = g_strdup (g_strstrip (cells[1])),
      .sdp = between_backticks (cells[2]),
      .caps = between_backticks (cells[3]),
      .matroska = is_one (cells[4], " yes ", " no "),
      .mp4 = is_one (cells[5], " yes ", " no "),
      .decoder = between_backticks (cells[6]),
  };

  g_array_append_val (video_rows, row);
}

/* Before the checks begin, so it asserts. */
static void
read_rows (void)
{
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert (g_file_get_contents (CODECS_PAGE, &text, NULL, NULL));
  rows = g_array_new (FALSE, FALSE, sizeof (Row));
  video_rows = g_array_new (FALSE, FALSE, sizeof (Row));
  lines = g_strsplit (text, "\n", -1);
  for (gchar **line = lines; *line; line++) {
    g_auto (GStrv) cells = g_strsplit (*line, "|", -1);
    Row row = {0};

    if (g_strv_length (cells) == 8 && strchr (cells[2], '`')) {
      read_video (cells);
      continue;
    }
    if (g_strv_length (cells) != 9 || !strchr (cells[2], '`'))
      continue;
    row.codec = g_strdup (g_strstrip (cells[1]));
    row.sdp = between_backticks (cells[2]);
    row.caps = between_backticks (cells[3]);
    row.silence = is_one (cells[4], " silence ", " gaps ");
    row.matroska = is_one (cells[5], " yes ", " no ");
    row.mp4 = is_one (cells[6], " yes ", " no ");
    row.decoder = between_backticks (cells[7]);
    g_array_append_val (rows, row);
  }
  g_assert_cmpuint (rows->len, >, 0);
  g_assert_cmpuint (video_rows->len, >, 0);
}

static gboolean
takes (const gchar *element, const gchar *caps_text)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (element);
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_text);

  fail_unless (factory != NULL, "no element %s", element);
  return gst_element_factory_can_sink_any_caps (factory, caps);
}

/* Runs @line to its end and gives its position then: how much sound went through. */
static GstClockTime
run (const gchar *line)
{
  GError *error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  gint64 position = 0;

  fail_unless (error == NULL, "%s: %s", line, error ? error->message : "");
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message != NULL, "%s: does not end", line);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  fail_unless (error == NULL, "%s: %s", line, error ? error->message : "");
  gst_element_query_position (pipeline, GST_FORMAT_TIME, &position);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return position;
}

/* What siprecsrc makes of the line in the SDP. */
GST_START_TEST (test_pad)
{
  const Row *row = &g_array_index (rows, Row, __i__);
  g_auto (GStrv) parts = g_strsplit (row->sdp, "/", 3);
  guint channels = parts[2] ? atoi (parts[2]) : 1;
  g_autoptr (SiprecFormat) format =
      siprec_format_new ("audio", 96, parts[0], atoi (parts[1]), channels, NULL);
  g_autoptr (GstCaps) caps = gst_caps_from_string (row->caps);
  g_autofree gchar *made = gst_caps_to_string (format->caps);

  fail_unless (gst_caps_is_subset (format->caps, caps), "%s", made);
  fail_unless_equals_int (siprec_silence_get_grain (format) > 0, row->silence);
}
GST_END_TEST;

GST_START_TEST (test_muxers)
{
  const Row *row = &g_array_index (rows, Row, __i__);

  GST_INFO ("%s", row->codec);
  fail_unless_equals_int (takes ("matroskamux", row->caps), row->matroska);
  fail_unless_equals_int (takes ("mp4mux", row->caps), row->mp4);
  if (row->decoder)
    fail_unless (takes (row->decoder, row->caps));
}
GST_END_TEST;

/* A second of sound, stored as the table says, comes back as a second of sound. */
GST_START_TEST (test_sound)
{
  const Row *row = &g_array_index (rows, Row, __i__);
  const gchar *source = NULL;
  g_autofree gchar *directory = g_dir_make_tmp ("siprec-XXXXXX", NULL);
  g_autofree gchar *file = g_build_filename (directory, "sound.mkv", NULL);
  g_autofree gchar *decode = NULL, *store = NULL, *load = NULL;
  GstClockTime played;

  for (guint i = 0; i < G_N_ELEMENTS (sources); i++) {
    if (g_str_equal (sources[i].codec, row->codec))
      source = sources[i].source;
  }
  if (!row->matroska && !row->decoder) {
    g_rmdir (directory);
    return;
  }
  fail_unless (source != NULL, "no source for %s", row->codec);

  if (!row->matroska)
    decode = g_strdup_printf (" ! %s ! audioconvert ! flacenc", row->decoder);
  store = g_strdup_printf ("%s ! %s%s ! mux.audio_0 matroskamux name=mux offset-to-zero=true ! "
                           "filesink location=%s",
                           source, row->caps, decode ? decode : "", file);
  run (store);
  load = g_strdup_printf ("filesrc location=%s ! matroskademux ! decodebin ! audioconvert ! "
                          "audio/x-raw,format=S16LE ! fakesink sync=false",
                          file);
  played = run (load);
  fail_unless (played > 900 * GST_MSECOND && played < 1100 * GST_MSECOND,
               "%s: %" GST_TIME_FORMAT " of sound", row->codec, GST_TIME_ARGS (played));
  g_unlink (file);
  g_rmdir (directory);
}
GST_END_TEST;

GST_START_TEST (test_video)
{
  const Row *row = &g_array_index (video_rows, Row, __i__);
  g_auto (GStrv) parts = g_strsplit (row->sdp, "/", 2);
  g_autoptr (SiprecFormat) format =
      siprec_format_new ("video", 96, parts[0], atoi (parts[1]), 0, NULL);
  g_autoptr (GstCaps) caps = gst_caps_from_string (row->caps);
  g_autoptr (GstCaps) given = NULL;

  fail_unless_equals_int (format->payload, SIPREC_PAYLOAD_VIDEO);
  given = gst_caps_from_string (format->video->media_type);
  fail_unless (gst_caps_is_subset (given, caps), "%s", format->video->media_type);
  fail_unless_equals_int (takes ("matroskamux", row->caps), row->matroska);
  fail_unless_equals_int (takes ("mp4mux", row->caps), row->mp4);
  fail_unless (takes (row->decoder, row->caps));
}
GST_END_TEST;

static Suite *
codecs_suite (void)
{
  Suite *suite = suite_create ("codecs");
  TCase *tcase = tcase_create ("rows");

  read_rows ();
  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_pad, 0, rows->len);
  tcase_add_loop_test (tcase, test_muxers, 0, rows->len);
  tcase_add_loop_test (tcase, test_sound, 0, rows->len);
  tcase_add_loop_test (tcase, test_video, 0, video_rows->len);
  return suite;
}

GST_CHECK_MAIN (codecs);
