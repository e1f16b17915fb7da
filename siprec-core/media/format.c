/* One RTP payload format: from the words of SDP to a payload kind and caps.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format.h"

#include <stdlib.h>
#include <string.h>

/* Bounds on what a peer may write, so that its caps stay small. sprop parameters of video are the
 * longest that are real. */
#define MAX_NAME_LENGTH  64
#define MAX_VALUE_LENGTH 8192

typedef struct {
  const gchar *name;
  SiprecPayload payload;
  guint32 min_clock, max_clock;
  guint max_channels;
  guint mode;
} Codec;

/* What siprec_depay() handles, within the limits of the decoders and muxers that take it. A G.722
 * clock is 8000 Hz by RFC 3551 section 4.5.2; some senders write and use the true 16000. */
static const Codec codecs[] = {
    {"PCMU", SIPREC_PAYLOAD_PCMU, 8000, 192000, 2, 0},
    {"PCMA", SIPREC_PAYLOAD_PCMA, 8000, 192000, 2, 0},
    {"G722", SIPREC_PAYLOAD_G722, 8000, 8000, 1, 0},
    {"G722", SIPREC_PAYLOAD_G722, 16000, 16000, 1, 0},
    {"G729", SIPREC_PAYLOAD_G729, 8000, 8000, 1, 0},
    {"OPUS", SIPREC_PAYLOAD_OPUS, 48000, 48000, 2, 0},
    {"L16", SIPREC_PAYLOAD_L16, 1000, 384000, 8, 0},
    {"GSM", SIPREC_PAYLOAD_GSM, 8000, 8000, 1, 0},
    {"AMR", SIPREC_PAYLOAD_AMR, 8000, 8000, 1, 0},
    {"AMR-WB", SIPREC_PAYLOAD_AMR_WB, 16000, 16000, 1, 0},
    {"ILBC", SIPREC_PAYLOAD_ILBC, 8000, 8000, 1, 30},
    {"G726", SIPREC_PAYLOAD_G726, 8000, 8000, 1, 4},
    {"G726-16", SIPREC_PAYLOAD_G726, 8000, 8000, 1, 2},
    {"G726-24", SIPREC_PAYLOAD_G726, 8000, 8000, 1, 3},
    {"G726-32", SIPREC_PAYLOAD_G726, 8000, 8000, 1, 4},
    {"G726-40", SIPREC_PAYLOAD_G726, 8000, 8000, 1, 5},
    {"AAL2-G726-16", SIPREC_PAYLOAD_G726_AAL2, 8000, 8000, 1, 2},
    {"AAL2-G726-24", SIPREC_PAYLOAD_G726_AAL2, 8000, 8000, 1, 3},
    {"AAL2-G726-32", SIPREC_PAYLOAD_G726_AAL2, 8000, 8000, 1, 4},
    {"AAL2-G726-40", SIPREC_PAYLOAD_G726_AAL2, 8000, 8000, 1, 5},
    {"TELEPHONE-EVENT", SIPREC_PAYLOAD_TELEPHONE_EVENT, 1, G_MAXINT, G_MAXUINT, 0},
    {"CN", SIPREC_PAYLOAD_COMFORT_NOISE, 1, G_MAXINT, G_MAXUINT, 0},
};

/* The fmtp parameters that become fields of rtp_caps: those of the depayloaders in GStreamer and of
 * ours. Others are left out, since a field name, once used, stays in the process for ever (GQuark),
 * and a peer can invent as many as it likes. */
static const gchar *const parameters[] = {
    "annexa",
    "annexb",
    "apt",
    "auxiliarydatasizelength",
    "bitrate",
    "cbr",
    "channel-order",
    "channel_mapping",
    "config",
    "configuration",
    "constantduration",
    "constantsize",
    "coupled_streams",
    "cpresent",
    "crc",
    "ctsdeltalength",
    "dtsdeltalength",
    "height",
    "indexdeltalength",
    "indexlength",
    "interleaving",
    "level-asymmetry-allowed",
    "level-id",
    "max-fr",
    "max-fs",
    "maxaveragebitrate",
    "maxdisplacement",
    "maxplaybackrate",
    "maxptime",
    "minptime",
    "mode",
    "mode-change-capability",
    "mode-change-neighbor",
    "mode-change-period",
    "mode-set",
    "num_streams",
    "object",
    "octet-align",
    "packetization-mode",
    "profile",
    "profile-id",
    "profile-level-id",
    "ptime",
    "randomaccessindication",
    "robust-sorting",
    "sampling",
    "sizelength",
    "sprop-max-don-diff",
    "sprop-maxcapturerate",
    "sprop-parameter-sets",
    "sprop-pps",
    "sprop-sps",
    "sprop-stereo",
    "sprop-vps",
    "stereo",
    "streamstateindication",
    "streamtype",
    "tier-flag",
    "usedtx",
    "useinbandfec",
    "vbr",
    "width",
};

static const gchar *
find_parameter (const gchar *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (parameters); i++) {
    if (g_ascii_strcasecmp (parameters[i], name) == 0)
      return parameters[i];
  }
  return NULL;
}

/* "name=value" or a bare "name", which stands for the value 1, as in gst_sdp_media. */
static void
add_parameter (GstStructure *fields, gchar *pair)
{
  gchar *equals = strchr (pair, '=');
  const gchar *value = "1";
  const gchar *name;

  if (equals) {
    *equals = '\0';
    value = g_strstrip (equals + 1);
  }
  name = find_parameter (g_strstrip (pair));
  if (!name || gst_structure_has_field (fields, name))
    return;
  if (strlen (value) > MAX_VALUE_LENGTH || !g_utf8_validate (value, -1, NULL))
    return;
  gst_structure_set (fields, name, G_TYPE_STRING, value, NULL);
}

static void
add_parameters (GstStructure *fields, const gchar *fmtp)
{
  g_auto (GStrv) pairs = g_strsplit (fmtp, ";", -1);

  for (guint i = 0; pairs[i]; i++)
    add_parameter (fields, pairs[i]);
}

/* The fields of gst_sdp_media_get_caps_from_media(). */
static GstCaps *
new_rtp_caps (const SiprecFormat *format, const gchar *media, const gchar *fmtp)
{
  g_autofree gchar *kind = g_ascii_strdown (media, -1);
  GstCaps *caps =
      gst_caps_new_simple ("application/x-rtp", "media", G_TYPE_STRING, kind, "payload", G_TYPE_INT,
                           format->pt, "clock-rate", G_TYPE_INT, (gint)format->clock_rate,
                           "encoding-name", G_TYPE_STRING, format->encoding_name, NULL);
  GstStructure *fields = gst_caps_get_structure (caps, 0);

  if (format->channels > 1) {
    g_autofree gchar *channels = g_strdup_printf ("%u", format->channels);

    gst_structure_set (fields, "encoding-params", G_TYPE_STRING, channels, NULL);
  }
  if (fmtp)
    add_parameters (fields, fmtp);
  return caps;
}

static gint
get_number (const GstStructure *fields, const gchar *name, gint fallback)
{
  const gchar *value = gst_structure_get_string (fields, name);

  return value ? (gint)CLAMP (strtol (value, NULL, 10), G_MININT, G_MAXINT) : fallback;
}

static const Codec *
find_codec (const SiprecFormat *format)
{
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++) {
    const Codec *codec = &codecs[i];

    if (strcmp (codec->name, format->encoding_name) == 0 &&
        format->clock_rate >= codec->min_clock && format->clock_rate <= codec->max_clock &&
        format->channels <= codec->max_channels)
      return codec;
  }
  return NULL;
}

/* Takes over what the fmtp parameters say. FALSE if they ask for a payload that is not unpacked
 * here: AMR frames with checksums, sorted or interleaved (RFC 4867 section 4.4). */
static gboolean
apply_parameters (SiprecFormat *format, const GstStructure *fields)
{
  switch (format->payload) {
  case SIPREC_PAYLOAD_AMR:
  case SIPREC_PAYLOAD_AMR_WB:
    format->octet_aligned = get_number (fields, "octet-align", 0) == 1;
    return get_number (fields, "crc", 0) == 0 && get_number (fields, "robust-sorting", 0) == 0 &&
           !gst_structure_has_field (fields, "interleaving");
  case SIPREC_PAYLOAD_ILBC:
    /* RFC 3952 section 5: without a mode it is 30 ms. */
    if (get_number (fields, "mode", 30) == 20)
      format->mode = 20;
    return TRUE;
  default:
    return TRUE;
  }
}

static GstCaps *
new_audio_caps (const gchar *type, guint rate, guint channels)
{
  return gst_caps_new_simple (type, "rate", G_TYPE_INT, (gint)rate, "channels", G_TYPE_INT,
                              (gint)channels, NULL);
}

static GstCaps *
new_l16_caps (const SiprecFormat *format)
{
  GstCaps *caps = new_audio_caps ("audio/x-raw", format->clock_rate, format->channels);
  guint64 mask = 0;

  gst_caps_set_simple (caps, "format", G_TYPE_STRING,
                       G_BYTE_ORDER == G_LITTLE_ENDIAN ? "S16LE" : "S16BE", "layout", G_TYPE_STRING,
                       "interleaved", NULL);
  if (format->channels == 2) {
    mask = 0x3;
  } else if (format->channels == 3) {
    mask = 0x7; /* l r c */
  } else if (format->channels == 5) {
    mask = 0xc07; /* Fl Fr Fc Sl Sr */
  }
  /* With other numbers of channels RFC 3551 section 4.1 has an order that GStreamer cannot say:
   * they are without positions. */
  if (format->channels > 1)
    gst_caps_set_simple (caps, "channel-mask", GST_TYPE_BITMASK, mask, NULL);
  return caps;
}

/* RFC 7587 section 6.1: sprop-stereo=0 is mono; unsaid, it can be either, and two channels hold
 * both. */
static GstCaps *
new_opus_caps (const GstStructure *fields)
{
  guint channels = get_number (fields, "sprop-stereo", 1) == 0 ? 1 : 2;
  GstCaps *caps = new_audio_caps ("audio/x-opus", 48000, channels);

  gst_caps_set_simple (caps, "channel-mapping-family", G_TYPE_INT, 0, NULL);
  return caps;
}

static GstCaps *
new_g726_caps (const SiprecFormat *format)
{
  GstCaps *caps = new_audio_caps ("audio/x-adpcm", 8000, 1);

  gst_caps_set_simple (caps, "layout", G_TYPE_STRING, "g726", "bitrate", G_TYPE_INT,
                       (gint)format->mode * 8000, "block_align", G_TYPE_INT, (gint)format->mode,
                       NULL);
  return caps;
}

static GstCaps *
new_media_caps (const SiprecFormat *format)
{
  switch (format->payload) {
  case SIPREC_PAYLOAD_OPAQUE:
    return gst_caps_ref (format->rtp_caps);
  case SIPREC_PAYLOAD_PCMU:
    return new_audio_caps ("audio/x-mulaw", format->clock_rate, format->channels);
  case SIPREC_PAYLOAD_PCMA:
    return new_audio_caps ("audio/x-alaw", format->clock_rate, format->channels);
  case SIPREC_PAYLOAD_G722:
    return new_audio_caps ("audio/G722", 16000, 1);
  case SIPREC_PAYLOAD_G729:
    return new_audio_caps ("audio/G729", 8000, 1);
  case SIPREC_PAYLOAD_OPUS:
    return new_opus_caps (gst_caps_get_structure (format->rtp_caps, 0));
  case SIPREC_PAYLOAD_L16:
    return new_l16_caps (format);
  case SIPREC_PAYLOAD_GSM:
    return new_audio_caps ("audio/x-gsm", 8000, 1);
  case SIPREC_PAYLOAD_AMR:
    return new_audio_caps ("audio/AMR", 8000, 1);
  case SIPREC_PAYLOAD_AMR_WB:
    return new_audio_caps ("audio/AMR-WB", 16000, 1);
  case SIPREC_PAYLOAD_ILBC:
    return gst_caps_new_simple ("audio/x-iLBC", "mode", G_TYPE_INT, (gint)format->mode, NULL);
  case SIPREC_PAYLOAD_G726:
  case SIPREC_PAYLOAD_G726_AAL2:
    return new_g726_caps (format);
  case SIPREC_PAYLOAD_VIDEO:
  case SIPREC_PAYLOAD_RETRANSMISSION:
  case SIPREC_PAYLOAD_RED:
  case SIPREC_PAYLOAD_FEC:
  case SIPREC_PAYLOAD_TELEPHONE_EVENT:
  case SIPREC_PAYLOAD_COMFORT_NOISE:
    break;
  }
  return NULL;
}

/* What comes beside pictures. RFC 4588 section 8.1: apt says what is sent again. */
static void
read_repair (SiprecFormat *format)
{
  gint apt = get_number (gst_caps_get_structure (format->rtp_caps, 0), "apt", -1);

  if (strcmp (format->encoding_name, "RTX") == 0 && apt >= 0 && apt <= 127) {
    format->payload = SIPREC_PAYLOAD_RETRANSMISSION;
    format->mode = apt;
  } else if (strcmp (format->encoding_name, "RED") == 0) {
    format->payload = SIPREC_PAYLOAD_RED;
  } else if (strcmp (format->encoding_name, "ULPFEC") == 0) {
    format->payload = SIPREC_PAYLOAD_FEC;
  }
}

static gchar *
clean_name (const gchar *name)
{
  g_autofree gchar *bounded = g_strndup (name ? name : "", MAX_NAME_LENGTH);
  g_autofree gchar *valid = g_utf8_make_valid (bounded, -1);

  return g_ascii_strup (valid, -1);
}

SiprecFormat *
siprec_format_new (const gchar *media, guint8 pt, const gchar *encoding_name, guint32 clock_rate,
                   guint channels, const gchar *fmtp)
{
  SiprecFormat *format = g_new0 (SiprecFormat, 1);
  const Codec *codec = NULL;

  g_atomic_ref_count_init (&format->ref_count);
  format->pt = pt & 0x7f;
  format->encoding_name = clean_name (encoding_name);
  format->clock_rate = clock_rate == 0 ? 8000 : MIN (clock_rate, G_MAXINT);
  format->channels = MAX (channels, 1);
  format->rtp_caps = new_rtp_caps (format, media, fmtp);
  format->is_video = g_ascii_strcasecmp (media, "video") == 0;
  if (format->is_video)
    format->video = siprec_video_codec_find (format->encoding_name);
  if (format->video)
    format->payload = SIPREC_PAYLOAD_VIDEO;
  else if (format->is_video)
    read_repair (format);
  if (g_ascii_strcasecmp (media, "audio") == 0)
    codec = find_codec (format);
  if (codec) {
    format->payload = codec->payload;
    format->mode = codec->mode;
    if (!apply_parameters (format, gst_caps_get_structure (format->rtp_caps, 0))) {
      format->payload = SIPREC_PAYLOAD_OPAQUE;
      format->octet_aligned = FALSE;
    }
  }
  format->caps = new_media_caps (format);
  return format;
}

SiprecFormat *
siprec_format_ref (SiprecFormat *format)
{
  g_atomic_ref_count_inc (&format->ref_count);
  return format;
}

void
siprec_format_unref (SiprecFormat *format)
{
  if (!g_atomic_ref_count_dec (&format->ref_count))
    return;
  g_free (format->encoding_name);
  gst_clear_caps (&format->caps);
  gst_clear_caps (&format->rtp_caps);
  g_free (format);
}

gboolean
siprec_format_equal (const SiprecFormat *a, const SiprecFormat *b)
{
  /* All that the SDP said is in the RTP caps, but for a channel count of 1. */
  return a == b || (a->channels == b->channels && gst_caps_is_equal (a->rtp_caps, b->rtp_caps));
}

gboolean
siprec_format_is_codec (const gchar *encoding_name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (g_ascii_strcasecmp (codecs[i].name, encoding_name) == 0)
      return codecs[i].payload < SIPREC_PAYLOAD_TELEPHONE_EVENT;
  }
  return siprec_video_codec_is_known (encoding_name);
}

gboolean
siprec_format_is_packets (const SiprecFormat *format)
{
  return format->payload == SIPREC_PAYLOAD_OPAQUE || format->payload == SIPREC_PAYLOAD_VIDEO;
}

gboolean
siprec_format_is_auxiliary (const SiprecFormat *format)
{
  return format->payload >= SIPREC_PAYLOAD_RETRANSMISSION;
}
