/* SiprecFormat: payload kinds, caps and parameters.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <gst/sdp/gstsdpmessage.h>

#include "siprec-core/media/format.h"

typedef struct {
  const gchar *name;
  guint clock;
  guint channels;
  const gchar *fmtp;
  SiprecPayload payload;
  const gchar *caps;
} Row;

#define G726_CAPS(bits, rate)                                                                      \
  "audio/x-adpcm,rate=8000,channels=1,layout=g726,bitrate=" rate ",block_align=" bits

#if G_BYTE_ORDER == G_LITTLE_ENDIAN
#define L16_CAPS "audio/x-raw,format=S16LE,layout=interleaved,"
#else
#define L16_CAPS "audio/x-raw,format=S16BE,layout=interleaved,"
#endif

static const Row known[] = {
    {"PCMU", 8000, 1, NULL, SIPREC_PAYLOAD_PCMU, "audio/x-mulaw,rate=8000,channels=1"},
    {"pcma", 8000, 2, NULL, SIPREC_PAYLOAD_PCMA, "audio/x-alaw,rate=8000,channels=2"},
    {"PCMU", 16000, 1, NULL, SIPREC_PAYLOAD_PCMU, "audio/x-mulaw,rate=16000,channels=1"},
    {"G722", 8000, 1, NULL, SIPREC_PAYLOAD_G722, "audio/G722,rate=16000,channels=1"},
    {"G722", 16000, 1, NULL, SIPREC_PAYLOAD_G722, "audio/G722,rate=16000,channels=1"},
    {"G729", 8000, 1, "annexb=no", SIPREC_PAYLOAD_G729, "audio/G729,rate=8000,channels=1"},
    {"opus", 48000, 2, "useinbandfec=1", SIPREC_PAYLOAD_OPUS,
     "audio/x-opus,rate=48000,channels=2,channel-mapping-family=0"},
    {"opus", 48000, 2, "stereo=0; sprop-stereo = 0", SIPREC_PAYLOAD_OPUS,
     "audio/x-opus,rate=48000,channels=1,channel-mapping-family=0"},
    {"L16", 44100, 1, NULL, SIPREC_PAYLOAD_L16, L16_CAPS "rate=44100,channels=1"},
    {"L16", 16000, 2, NULL, SIPREC_PAYLOAD_L16,
     L16_CAPS "rate=16000,channels=2,channel-mask=(bitmask)0x3"},
    {"L16", 48000, 5, NULL, SIPREC_PAYLOAD_L16,
     L16_CAPS "rate=48000,channels=5,channel-mask=(bitmask)0xc07"},
    {"L16", 48000, 4, NULL, SIPREC_PAYLOAD_L16,
     L16_CAPS "rate=48000,channels=4,channel-mask=(bitmask)0x0"},
    {"GSM", 8000, 1, NULL, SIPREC_PAYLOAD_GSM, "audio/x-gsm,rate=8000,channels=1"},
    {"AMR", 8000, 1, "octet-align=1", SIPREC_PAYLOAD_AMR, "audio/AMR,rate=8000,channels=1"},
    {"AMR-WB", 16000, 1, NULL, SIPREC_PAYLOAD_AMR_WB, "audio/AMR-WB,rate=16000,channels=1"},
    {"iLBC", 8000, 1, NULL, SIPREC_PAYLOAD_ILBC, "audio/x-iLBC,mode=30"},
    {"iLBC", 8000, 1, "mode=20", SIPREC_PAYLOAD_ILBC, "audio/x-iLBC,mode=20"},
    {"iLBC", 8000, 1, "mode=25", SIPREC_PAYLOAD_ILBC, "audio/x-iLBC,mode=30"},
    {"G726-16", 8000, 1, NULL, SIPREC_PAYLOAD_G726, G726_CAPS ("2", "16000")},
    {"G726-24", 8000, 1, NULL, SIPREC_PAYLOAD_G726, G726_CAPS ("3", "24000")},
    {"G726-32", 8000, 1, NULL, SIPREC_PAYLOAD_G726, G726_CAPS ("4", "32000")},
    {"AAL2-G726-40", 8000, 1, NULL, SIPREC_PAYLOAD_G726_AAL2, G726_CAPS ("5", "40000")},
};

GST_START_TEST (test_known_codecs)
{
  for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
    const Row *row = &known[i];
    g_autoptr (SiprecFormat) format =
        siprec_format_new ("audio", 97, row->name, row->clock, row->channels, row->fmtp);
    g_autoptr (GstCaps) caps = gst_caps_from_string (row->caps);

    fail_unless_equals_int (format->payload, row->payload);
    fail_unless (gst_caps_is_fixed (format->caps));
    fail_unless (gst_caps_is_equal (format->caps, caps), "%s: %" GST_PTR_FORMAT, row->name,
                 format->caps);
    fail_if (siprec_format_is_auxiliary (format));
  }
}
GST_END_TEST;

/* What a decoder or muxer could not take is passed on as packets. */
GST_START_TEST (test_opaque)
{
  static const Row rows[] = {
      {"SPEEX", 16000, 1, NULL},
      {"PCMU", 4000, 1, NULL},
      {"PCMU", 8000, 3, NULL},
      {"G722", 12000, 1, NULL},
      {"G729", 8000, 2, NULL},
      {"G729D", 8000, 1, NULL},
      {"opus", 16000, 1, NULL},
      {"multiopus", 48000, 6, NULL},
      {"AMR", 16000, 1, NULL},
      {"AMR", 8000, 2, NULL},
      {"AMR", 8000, 1, "crc=1"},
      {"AMR-WB", 16000, 1, "interleaving=30"},
      {"AMR", 8000, 1, "robust-sorting"},
      {"L16", 8000, 9, NULL},
      {"", 0, 0, NULL},
      {"PCM\xff", G_MAXUINT32, G_MAXUINT, "=;;=;\xff=\xfe"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const Row *row = &rows[i];
    g_autoptr (SiprecFormat) format =
        siprec_format_new ("audio", 96, row->name, row->clock, row->channels, row->fmtp);

    fail_unless_equals_int (format->payload, SIPREC_PAYLOAD_OPAQUE);
    fail_unless (format->caps == format->rtp_caps);
    fail_unless (gst_caps_is_fixed (format->caps));
    fail_unless (format->clock_rate > 0 && format->clock_rate <= G_MAXINT);
  }
}
GST_END_TEST;

GST_START_TEST (test_auxiliary)
{
  g_autoptr (SiprecFormat) dtmf =
      siprec_format_new ("audio", 101, "telephone-event", 48000, 1, "0-16");
  g_autoptr (SiprecFormat) noise = siprec_format_new ("audio", 13, "CN", 0, 0, NULL);
  g_autoptr (SiprecFormat) text = siprec_format_new ("text", 98, "PCMU", 8000, 1, NULL);

  fail_unless_equals_int (dtmf->payload, SIPREC_PAYLOAD_TELEPHONE_EVENT);
  fail_unless (siprec_format_is_auxiliary (dtmf));
  fail_unless (dtmf->caps == NULL && dtmf->rtp_caps != NULL);
  fail_unless_equals_int (noise->payload, SIPREC_PAYLOAD_COMFORT_NOISE);
  fail_unless_equals_int (noise->clock_rate, 8000);
  fail_unless (siprec_format_is_auxiliary (noise));
  fail_unless_equals_int (text->payload, SIPREC_PAYLOAD_OPAQUE);
}
GST_END_TEST;

static GstCaps *
make_stock_caps (const gchar *media, const gchar *rtpmap, const gchar *fmtp)
{
  GstSDPMedia *sdp = NULL;
  GstCaps *caps;

  gst_sdp_media_new (&sdp);
  gst_sdp_media_set_media (sdp, media);
  gst_sdp_media_add_format (sdp, "96");
  gst_sdp_media_add_attribute (sdp, "rtpmap", rtpmap);
  gst_sdp_media_add_attribute (sdp, "fmtp", fmtp);
  caps = gst_sdp_media_get_caps_from_media (sdp, 96);
  gst_structure_set_name (gst_caps_get_structure (caps, 0), "application/x-rtp");
  gst_sdp_media_free (sdp);
  return caps;
}

GST_START_TEST (test_rtp_caps_as_stock)
{
  g_autoptr (SiprecFormat) video = siprec_format_new (
      "video", 96, "h264", 90000, 1,
      "Packetization-Mode=1; profile-level-id=42e01f;sprop-parameter-sets=Z0LgHw==,aM4xsg==");
  g_autoptr (SiprecFormat) audio =
      siprec_format_new ("Audio", 96, "opus", 48000, 2, "minptime=10; usedtx ;media=x;pt-x=1");
  g_autoptr (GstCaps) stock_video = make_stock_caps (
      "video", "96 h264/90000",
      "96 Packetization-Mode=1; profile-level-id=42e01f;sprop-parameter-sets=Z0LgHw==,aM4xsg==");
  g_autoptr (GstCaps) stock_audio =
      make_stock_caps ("Audio", "96 opus/48000/2", "96 minptime=10; usedtx ;media=x");

  fail_unless (gst_caps_is_equal (video->rtp_caps, stock_video), "%" GST_PTR_FORMAT,
               video->rtp_caps);
  fail_unless (gst_caps_is_equal (audio->rtp_caps, stock_audio), "%" GST_PTR_FORMAT,
               audio->rtp_caps);
}
GST_END_TEST;

GST_START_TEST (test_hostile_parameters)
{
  g_autofree gchar *huge = g_strnfill (100000, 'A');
  g_autofree gchar *fmtp = g_strdup_printf (
      "config=%s;mode=99999999999999999999;invented-by-a-peer=1;profile=\xff", huge);
  g_autoptr (SiprecFormat) format = siprec_format_new ("audio", 255, huge, 1, 1, fmtp);
  const GstStructure *fields = gst_caps_get_structure (format->rtp_caps, 0);

  fail_unless_equals_int (format->pt, 127);
  fail_unless (strlen (format->encoding_name) < 100);
  fail_if (gst_structure_has_field (fields, "config"));
  fail_if (gst_structure_has_field (fields, "profile"));
  fail_unless (gst_structure_has_field (fields, "mode"));
  fail_unless_equals_int (g_quark_try_string ("invented-by-a-peer"), 0);
}
GST_END_TEST;

GST_START_TEST (test_equal)
{
  g_autoptr (SiprecFormat) a = siprec_format_new ("audio", 97, "amr", 8000, 1, "octet-align=1");
  g_autoptr (SiprecFormat) b = siprec_format_new ("audio", 97, "AMR", 8000, 1, " octet-align=1 ");
  g_autoptr (SiprecFormat) other_form = siprec_format_new ("audio", 97, "AMR", 8000, 1, NULL);
  g_autoptr (SiprecFormat) other_pt =
      siprec_format_new ("audio", 98, "AMR", 8000, 1, "octet-align=1");
  g_autoptr (SiprecFormat) again = siprec_format_ref (a);

  fail_unless (siprec_format_equal (a, a) && siprec_format_equal (a, again));
  fail_unless (siprec_format_equal (a, b));
  fail_if (siprec_format_equal (a, other_form));
  fail_if (siprec_format_equal (a, other_pt));
  fail_unless (a->octet_aligned && !other_form->octet_aligned);
}
GST_END_TEST;

static gboolean
accepts (const gchar *factory_name, GstCaps *caps)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (factory_name);

  return !factory || gst_element_factory_can_sink_all_caps (factory, caps);
}

/* The elements that a recorder meets take our caps (where they are installed). */
GST_START_TEST (test_stock_elements_accept)
{
  static const struct {
    const gchar *name;
    guint clock;
    const gchar *elements[4];
  } rows[] = {
      {"PCMU", 8000, {"mulawdec", "matroskamux"}},
      {"PCMA", 8000, {"alawdec", "matroskamux"}},
      {"G722", 8000, {"avdec_g722", "matroskamux"}},
      {"G729", 8000, {"avdec_g729"}},
      {"OPUS", 48000, {"opusdec", "matroskamux", "webmmux", "oggmux"}},
      {"L16", 16000, {"matroskamux", "wavenc", "audioconvert"}},
      {"GSM", 8000, {"gsmdec"}},
      {"AMR", 8000, {"amrnbdec"}},
      {"AMR-WB", 16000, {"amrwbdec"}},
      {"G726-32", 8000, {"avdec_g726", "matroskamux"}},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (SiprecFormat) format =
        siprec_format_new ("audio", 96, rows[i].name, rows[i].clock, 1, NULL);

    for (guint j = 0; j < G_N_ELEMENTS (rows[i].elements) && rows[i].elements[j]; j++)
      fail_unless (accepts (rows[i].elements[j], format->caps), "%s refuses %" GST_PTR_FORMAT,
                   rows[i].elements[j], format->caps);
  }
}
GST_END_TEST;

static Suite *
format_suite (void)
{
  Suite *suite = suite_create ("format");
  TCase *cases = tcase_create ("general");

  suite_add_tcase (suite, cases);
  tcase_add_test (cases, test_known_codecs);
  tcase_add_test (cases, test_opaque);
  tcase_add_test (cases, test_auxiliary);
  tcase_add_test (cases, test_rtp_caps_as_stock);
  tcase_add_test (cases, test_hostile_parameters);
  tcase_add_test (cases, test_equal);
  tcase_add_test (cases, test_stock_elements_accept);
  return suite;
}

GST_CHECK_MAIN (format);
