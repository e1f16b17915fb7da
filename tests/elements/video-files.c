/* Video in files: muxers take it from the pad as it is, and ffmpeg decodes them without a word
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <string.h>

#include "video-peer.h"

static gchar *folder;

static void
setup (void)
{
  folder = g_dir_make_tmp ("siprec-XXXXXX", NULL);
  fail_unless (folder != NULL);
}

static void
teardown (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while ((name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    g_unlink (path);
  }
  g_rmdir (folder);
  g_free (folder);
}

/* A call with one line of video, which is recorded by @sink, elements that write to @folder. */
static PadLog *
begin (const gchar *properties, const gchar *sink, const gchar *line)
{
  const gchar *const lines[] = {line, NULL};
  g_autofree gchar *elements = NULL;
  g_auto (GStrv) parts = g_strsplit (sink, "FOLDER", -1);

  elements = g_strjoinv (folder, parts);
  pipeline = pipeline_new (properties, elements);
  pipeline->only = "video_0";
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite_lines (caller, lines), 200);
  return pipeline_pad (pipeline, "video_0");
}

/* Hangs up and waits for the files to be whole. */
static void
finish (void)
{
  GstMessage *message;

  video_hang_up ("video_0");
  message = pipeline_message (pipeline, GST_MESSAGE_EOS | GST_MESSAGE_ERROR, NULL);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_message_unref (message);
  video_tear_down ();
}

/* What @command, whose last word is file @name, says on its standard output; nothing on the other one. */
static gchar *
ask (const gchar *command, const gchar *name)
{
  g_autofree gchar *line = g_strdup_printf ("%s %s/%s", command, folder, name);
  g_autofree gchar *complaints = NULL;
  g_autoptr (GError) error = NULL;
  gchar *said = NULL;
  gint status;

  fail_unless (g_spawn_command_line_sync (line, &said, &complaints, &status, &error), "%s",
               error ? error->message : "");
  fail_unless (status == 0 && *complaints == '\0', "%s: %s", line, complaints);
  return said;
}

/* How many pictures file @name holds and, in @shown, ffmpeg makes of them; it has nothing to say about them. When they
 * are shown is another matter: on a busy machine two may come at once. */
static guint
count_pictures (const gchar *name, guint *shown)
{
  g_autofree gchar *counts = ask ("ffprobe -v error -count_frames -count_packets -select_streams v "
                                  "-of csv=p=0 -show_entries stream=nb_read_frames,nb_read_packets",
                                  name);
  guint held = 0;

  g_free (ask ("ffmpeg -v error -vsync drop -f null - -i", name));
  fail_unless_equals_int (sscanf (counts, "%u,%u", shown, &held), 2);
  return held;
}

/* Shows the pictures from @from up to @to at the rate that they are made for, 20 in a second. */
static void
show (const Film *film, guint from, guint to)
{
  for (guint i = from; i < to; i++) {
    video_show (0, film, i, i + 1, -1);
    g_usleep (50000 - VIDEO_PICTURE_US);
  }
}

typedef struct {
  const gchar *rtpmap, *encoder, *payloader, *muxer;
} Row;

#define PAYLOADER(name) name " mtu=600 pt=96"
#define H265                                                                                       \
  "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10 "                                \
  "option-string=keyint=10:min-keyint=10:log-level=none"
#define VP9 "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=10"

/* What docs/codecs.md says of files. */
static const Row rows[] = {
    {"H264/90000", AVC, PAYLOADER ("rtph264pay"), "matroskamux"},
    {"H264/90000", AVC, PAYLOADER ("rtph264pay"), "mp4mux"},
    {"H264/90000", AVC, PAYLOADER ("rtph264pay"), "mp4mux fragment-duration=200"},
    {"H264/90000", AVC, PAYLOADER ("rtph264pay"), "qtmux"},
    {"H265/90000", H265, PAYLOADER ("rtph265pay"), "matroskamux"},
    {"H265/90000", H265, PAYLOADER ("rtph265pay"), "mp4mux"},
    {"VP8/90000", "vp8enc deadline=1", PAYLOADER ("rtpvp8pay"), "matroskamux"},
    {"VP9/90000", VP9, PAYLOADER ("rtpvp9pay"), "matroskamux"},
    {"VP9/90000", VP9, PAYLOADER ("rtpvp9pay"), "mp4mux"},
    {"H263-1998/90000", "avenc_h263p gop-size=10", PAYLOADER ("rtph263ppay"), "matroskamux"},
    {"JPEG/90000", "jpegenc", PAYLOADER ("rtpjpegpay"), "matroskamux"},
};

GST_START_TEST (test_muxers)
{
  const Row *row = &rows[__i__];
  g_autofree gchar *line = g_strdup_printf (
      "m=video PORT RTP/AVP 96\r\na=rtpmap:96 %s\r\na=sendonly\r\na=label:1\r\n", row->rtpmap);
  g_autofree gchar *sink = g_strdup_printf (
      "identity ! mux.video_0 %s name=mux ! filesink location=FOLDER/file", row->muxer);
  g_autoptr (Film) film = film_new (row->encoder, row->payloader, 352, 288, 20);
  PadLog *log = begin ("", sink, line);
  guint shown = 0;

  show (film, 0, 20);
  pipeline_await_buffers (log, 20);
  finish ();
  fail_unless_equals_int (count_pictures ("file", &shown), 20);
  /* In MP4 the last one has no length, and is left out. */
  fail_unless_equals_int (
      shown, strstr (row->muxer, "mux fr") || !strstr ("mp4mux qtmux", row->muxer) ? 20 : 19);
}
GST_END_TEST

/* Nobody sends a key frame. What is not renewed yet ffmpeg leaves out: at most 20 pictures. */
GST_START_TEST (test_intra_refresh)
{
  g_autoptr (Film) film =
      film_new ("x264enc tune=zerolatency key-int-max=20 intra-refresh=true speed-preset=ultrafast "
                "! video/x-h264,stream-format=avc,profile=baseline",
                PAY, 320, 240, 130);
  PadLog *log = begin ("", "identity ! matroskamux ! filesink location=FOLDER/file", H264);
  guint n, shown;

  show (film, 5, 130);
  pipeline_await_buffers (log, 50);
  n = pipeline_n_buffers (log);
  finish ();
  fail_unless_equals_int (count_pictures ("file", &shown), n);
  fail_unless (shown <= n && shown + 20 >= n, "%u of %u", shown, n);
}
GST_END_TEST

static void
link_split (GstElement *src, GstPad *pad, GstElement *split)
{
  g_autoptr (GstPad) sink = NULL;

  if (!g_str_has_prefix (GST_OBJECT_NAME (pad), "video"))
    return;
  sink = gst_element_request_pad_simple (split, "video");
  fail_unless_equals_int (gst_pad_link (pad, sink), GST_PAD_LINK_OK);
}

/* A call that is recorded in files of a second each. */
static PadLog *
begin_split (const gchar *line)
{
  const gchar *const lines[] = {line, NULL};
  g_autofree gchar *location = g_build_filename (folder, "%02d.mkv", NULL);
  GstElement *split = gst_element_factory_make ("splitmuxsink", NULL);

  g_object_set (split, "location", location, "muxer",
                gst_element_factory_make ("matroskamux", NULL), "max-size-time", GST_SECOND,
                "send-keyframe-requests", TRUE, NULL);
  pipeline = pipeline_new ("pin-caps=true", NULL);
  gst_bin_add (GST_BIN (pipeline->bin), split);
  g_signal_connect (pipeline->src, "pad-added", G_CALLBACK (link_split), split);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite_lines (caller, lines), 200);
  return pipeline_pad (pipeline, "video_0");
}

/* Splits want a key frame, which the client is asked for; pictures of another size may come in between. All files decode, and
 * together have all pictures. */
GST_START_TEST (test_splitmuxsink)
{
  g_autoptr (Film) film = film_new (AVC, PAY, 320, 240, 30);
  guint8 data[20];
  PadLog *log;
  guint n = 0;

  film_append (film, film_new (AVC, PAY, 640, 360, 30));
  log = begin_split (H264);
  show (film, 0, 2);
  /* That of the start; what comes after it is the sink's. */
  fail_unless (video_await_feedback (1, data));
  show (film, 2, 25);
  fail_unless (video_await_feedback (1, data));
  show (film, 25, 60);
  pipeline_await_buffers (log, 60);
  finish ();
  for (guint i = 0; n < 60; i++) {
    g_autofree gchar *name = g_strdup_printf ("%02u.mkv", i);
    guint shown = 0, held = count_pictures (name, &shown);

    fail_unless (held > 0 && held < 60);
    fail_unless_equals_int (held, shown);
    n += held;
  }
  fail_unless_equals_int (n, 60);
}
GST_END_TEST

/* As caps can't change in Matroska, pictures of another size end the file, or go on in it under the first caps. */
GST_START_TEST (test_another_size)
{
  g_autoptr (Film) film = film_new (AVC, PAY, 320, 240, 10);
  PadLog *log;
  guint shown = 0;

  film_append (film, film_new (AVC, PAY, 640, 360, 10));
  film_append (film, film_new (AVC, PAY, 320, 240, 10));
  log = begin ("pin-caps=true", "identity ! matroskamux ! filesink location=FOLDER/file", H264);
  show (film, 0, 30);
  pipeline_await_buffers (log, 30);
  finish ();
  fail_unless_equals_int (count_pictures ("file", &shown), 30);
  fail_unless_equals_int (shown, 30);
}
GST_END_TEST

static Suite *
video_files_suite (void)
{
  Suite *suite = suite_create ("video-files");
  TCase *tcase = tcase_create ("video-files");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_loop_test (tcase, test_muxers, 0, G_N_ELEMENTS (rows));
  tcase_add_test (tcase, test_intra_refresh);
  tcase_add_test (tcase, test_splitmuxsink);
  tcase_add_test (tcase, test_another_size);
  return suite;
}

GST_CHECK_MAIN (video_files);
