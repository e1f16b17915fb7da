/* Silence in every codec: its size, and what decoders make of it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include "siprec-core/media/depay.h"
#include "siprec-core/media/silence.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstHarness, gst_harness_teardown)

#define FRAME (20 * GST_MSECOND)

/* Sizes */

typedef struct {
  const gchar *name;
  guint clock, channels, wanted, made;
  gsize size;
  guint8 octet;
} Row;

static const Row rows[] = {
    {"PCMU", 8000, 1, 160, 160, 160, 0xff},
    {"PCMA", 8000, 2, 80, 80, 160, 0xd5},
    {"L16", 16000, 2, 320, 320, 1280, 0},
    {"PCMU", 8000, 1, 0, 0, 0, 0},
    {"PCMU", 8000, 1, 1, 1, 1, 0xff},
    {"PCMU", 8000, 1, G_MAXUINT32, 8000, 8000, 0xff},
    {"opus", 48000, 2, 5000, 960, 3, 0xf8},
    {"opus", 48000, 2, 960, 960, 3, 0xf8},
    {"opus", 48000, 2, 959, 480, 3, 0xf0},
    {"opus", 48000, 2, 479, 240, 3, 0xe8},
    {"opus", 48000, 2, 239, 120, 3, 0xe0},
    {"opus", 48000, 2, 119, 0, 0, 0},
    {"G722", 8000, 1, 161, 161, 161, 0xfc},
    {"G722", 16000, 1, 321, 320, 160, 0xfc},
    {"G726-16", 8000, 1, 162, 160, 40, 0x56},
    {"G726-24", 8000, 1, 165, 160, 60, 0xff},
    {"AAL2-G726-32", 8000, 1, 161, 160, 80, 0xff},
    {"AAL2-G726-40", 8000, 1, 160, 160, 100, 0xff},
    {"G729", 8000, 1, 175, 160, 20, 0x78},
    {"GSM", 8000, 1, 159, 0, 0, 0},
    {"GSM", 8000, 1, 400, 320, 66, 0xd8},
    {"AMR", 8000, 1, 160, 160, 13, 0x04},
    {"AMR-WB", 16000, 1, 700, 640, 36, 0x04},
    {"iLBC", 8000, 1, 240, 0, 0, 0},
    {"CN", 8000, 1, 160, 0, 0, 0},
    {"X-ODD", 8000, 1, 160, 0, 0, 0},
};

static SiprecFormat *
make_format (const Row *row)
{
  return siprec_format_new ("audio", 96, row->name, row->clock, row->channels, NULL);
}

GST_START_TEST (test_sizes)
{
  const Row *row = &rows[__i__];
  g_autoptr (SiprecFormat) format = make_format (row);
  guint32 made = 1, again = 0;
  g_autoptr (GstBuffer) buffer = siprec_silence_new (format, row->wanted, &made);
  gboolean unpacked = g_str_has_prefix (row->name, "AMR");
  guint8 data[8000];

  fail_unless_equals_int (made, row->made);
  fail_unless ((buffer != NULL) == (made > 0));
  if (!buffer)
    return;
  fail_unless_equals_int (made % siprec_silence_get_grain (format), 0);
  fail_unless (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP));
  fail_unless (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DROPPABLE));
  fail_unless_equals_int (gst_buffer_get_size (buffer), row->size);
  gst_buffer_extract (buffer, 0, data, sizeof (data));
  fail_unless_equals_int (data[0], row->octet);
  /* It is a payload like any other. */
  if (!unpacked) {
    gst_clear_buffer (&(GstBuffer *){siprec_depay (format, data, row->size, &again)});
    fail_unless_equals_int (again, made);
  }
}
GST_END_TEST;

/* Decoders */

typedef struct {
  Row row;
  const gchar *encoder; /* NULL if Debian has none: then there is no noise before the silence */
  const gchar *decoder;
  guint rate;
} Codec;

static const Codec codecs[] = {
    {{"PCMU", 8000, 1}, "mulawenc", "mulawdec", 8000},
    {{"PCMA", 8000, 1}, "alawenc", "alawdec", 8000},
    {{"opus", 48000, 2}, "opusenc", "opusdec", 48000},
    {{"G722", 8000, 1}, "avenc_g722", "avdec_g722", 16000},
    {{"AAL2-G726-16", 8000, 1}, "avenc_g726 bitrate=16000", "avdec_g726", 8000},
    {{"AAL2-G726-24", 8000, 1}, "avenc_g726 bitrate=24000", "avdec_g726", 8000},
    {{"AAL2-G726-32", 8000, 1}, "avenc_g726 bitrate=32000", "avdec_g726", 8000},
    {{"AAL2-G726-40", 8000, 1}, "avenc_g726 bitrate=40000", "avdec_g726", 8000},
    {{"G729", 8000, 1}, NULL, "avdec_g729", 8000},
    {{"GSM", 8000, 1}, "gsmenc", "gsmdec", 8000},
    {{"AMR", 8000, 1}, "amrnbenc", "amrnbdec", 8000},
    {{"AMR-WB", 16000, 1}, "voamrwbenc", "amrwbdec", 16000},
};

static gboolean
have_element (const gchar *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 2);
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (words[0]);

  if (!factory)
    g_printerr ("skipped: %s is not installed\n", words[0]);
  return factory != NULL;
}

/* A second of noise, encoded. */
static guint
push_noise (GstHarness *decoder, const Codec *codec)
{
  g_autofree gchar *line =
      g_strdup_printf ("audiotestsrc wave=pink-noise num-buffers=50 samplesperbuffer=%u ! "
                       "audio/x-raw,rate=%u,channels=1 ! audioconvert ! %s",
                       codec->rate / 50, codec->rate, codec->encoder);
  g_autoptr (GstHarness) source = gst_harness_new_parse (line);
  GstBuffer *buffer = NULL;
  guint n = 0;

  gst_harness_use_systemclock (source);
  gst_harness_play (source);
  while (gst_harness_pull_until_eos (source, &buffer) && buffer) {
    gst_harness_push (decoder, buffer);
    n++;
  }
  return n;
}

/* Reads S16LE to the end; @loudest is the loudest sample of the last half second. */
static guint
read_decoded (GstHarness *decoder, guint rate, gint *loudest)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();
  const gint16 *samples;
  guint n;

  while (gst_harness_buffers_in_queue (decoder) > 0) {
    g_autoptr (GstBuffer) decoded = gst_harness_pull (decoder);
    gsize size = gst_buffer_get_size (decoded);

    g_byte_array_set_size (all, all->len + size);
    gst_buffer_extract (decoded, 0, all->data + all->len - size, size);
  }
  samples = (const gint16 *)all->data;
  n = all->len / 2;
  *loudest = 0;
  for (guint i = n > rate / 2 ? n - rate / 2 : 0; i < n; i++)
    *loudest = MAX (*loudest, ABS (GINT16_FROM_LE (samples[i])));
  return n;
}

/* Half a second into the silence nothing is heard, and it lasts as long as it says. */
GST_START_TEST (test_decoders)
{
  const Codec *codec = &codecs[__i__];
  g_autoptr (SiprecFormat) format = make_format (&codec->row);
  g_autofree gchar *line = NULL;
  g_autoptr (GstHarness) decoder = NULL;
  guint n, noise = 0;
  gint loudest;

  if (!have_element (codec->decoder) || (codec->encoder && !have_element (codec->encoder)))
    return;
  line = g_strdup_printf (
      "%s ! audioconvert ! capsfilter caps=audio/x-raw,format=S16LE,channels=1,rate=%u",
      codec->decoder, codec->rate);
  decoder = gst_harness_new_parse (line);
  gst_harness_set_src_caps (decoder, gst_caps_ref (format->caps));
  if (codec->encoder)
    noise = push_noise (decoder, codec);
  for (guint i = 0; i < 50; i++) {
    guint32 made;
    GstBuffer *buffer = siprec_silence_new (format, format->clock_rate / 50, &made);

    /* Decoders needn't decode what is flagged; players of files don't know of the flag. */
    GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_GAP);
    GST_BUFFER_PTS (buffer) = (noise + i) * FRAME;
    GST_BUFFER_DURATION (buffer) = FRAME;
    fail_unless_equals_int (made, format->clock_rate / 50);
    fail_unless_equals_int (gst_harness_push (decoder, buffer), GST_FLOW_OK);
  }
  gst_harness_push_event (decoder, gst_event_new_eos ());
  n = read_decoded (decoder, codec->rate, &loudest);
  /* G.722 may come to rest at an offset of about 50. */
  fail_unless (loudest <= 64, "%s: %d", codec->row.name, loudest);
  fail_unless (n + codec->rate / 20 >= (codec->encoder ? 2 : 1) * codec->rate, "%s: %u samples",
               codec->row.name, n);
}
GST_END_TEST;

static Suite *
silence_suite (void)
{
  Suite *suite = suite_create ("silence");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_sizes, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (tc, test_decoders, 0, G_N_ELEMENTS (codecs));
  return suite;
}

GST_CHECK_MAIN (silence);
