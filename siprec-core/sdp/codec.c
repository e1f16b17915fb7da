/* siprec-core: payload types of an SDP media line and RFC 3551's static table
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec.h"

#include <string.h>

#include "../deviation.h"

#define MAX_NAME     64
#define MAX_FMTP     1024
#define MAX_CLOCK    10000000
#define MAX_CHANNELS 64

typedef struct {
  guint8 pt;
  const gchar *encoding_name;
  guint clock_rate;
  guint channels; /* 0: video */
} StaticType;

/* RFC 3551 section 6, tables 4 and 5. */
static const StaticType static_types[] = {
    /* clang-format off */
  { 0, "PCMU", 8000, 1 },
  { 2, "G726-32", 8000, 1 }, /* reserved there, but G.726-32 is what is meant by all who send it */
  { 3, "GSM", 8000, 1 },
  { 4, "G723", 8000, 1 },
  { 5, "DVI4", 8000, 1 },
  { 6, "DVI4", 16000, 1 },
  { 7, "LPC", 8000, 1 },
  { 8, "PCMA", 8000, 1 },
  { 9, "G722", 8000, 1 },
  { 10, "L16", 44100, 2 },
  { 11, "L16", 44100, 1 },
  { 12, "QCELP", 8000, 1 },
  { 13, "CN", 8000, 1 },
  { 14, "MPA", 90000, 1 },
  { 15, "G728", 8000, 1 },
  { 16, "DVI4", 11025, 1 },
  { 17, "DVI4", 22050, 1 },
  { 18, "G729", 8000, 1 },
  { 19, "CN", 8000, 1 }, /* reserved, since drafts used it for comfort noise; some still do */
  { 25, "CELB", 90000, 0 },
  { 26, "JPEG", 90000, 0 },
  { 28, "NV", 90000, 0 },
  { 31, "H261", 90000, 0 },
  { 32, "MPV", 90000, 0 },
  { 33, "MP2T", 90000, 0 },
  { 34, "H263", 90000, 0 },
    /* clang-format on */
};

/* An rtpmap value, "PCMA/8000/1", cut up. */
typedef struct {
  gchar name[MAX_NAME + 1];
  guint clock_rate; /* 0 if it isn't given */
  guint channels;   /* 0 if it isn't given */
} Rtpmap;

static const StaticType *
find_static (guint8 pt)
{
  for (gsize i = 0; i < G_N_ELEMENTS (static_types); i++) {
    if (static_types[i].pt == pt)
      return &static_types[i];
  }
  return NULL;
}

gboolean
siprec_codec_read_number (const gchar **text, const gchar *delimiters, guint max, guint *number)
{
  const gchar *p = *text;
  guint64 value = 0;

  if (!g_ascii_isdigit (*p))
    return FALSE;
  for (; g_ascii_isdigit (*p); p++) {
    value = value * 10 + (*p - '0');
    if (value > max)
      return FALSE;
  }
  if (*p != '\0' && strchr (delimiters, *p) == NULL)
    return FALSE;
  *number = value;
  *text = p;
  return TRUE;
}

/* The value of attribute @name ("rtpmap" or "fmtp") for @pt, behind the payload type, or NULL. */
static const gchar *
find_value (const GstSDPMedia *media, const gchar *name, guint8 pt)
{
  guint n = gst_sdp_media_attributes_len (media);

  for (guint i = 0; i < n; i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);
    guint number = 0;

    if (g_ascii_strcasecmp (attribute->key, name) != 0 || attribute->value == NULL)
      continue;
    const gchar *p = attribute->value + strspn (attribute->value, " ");
    if (siprec_codec_read_number (&p, " ", 127, &number) && number == pt)
      return p + strspn (p, " ");
  }
  return NULL;
}

const gchar *
siprec_codec_fmtp (const GstSDPMedia *media, guint8 pt)
{
  const gchar *value = find_value (media, "fmtp", pt);

  return value != NULL && *value != '\0' && strlen (value) <= MAX_FMTP ? value : NULL;
}

/* Reads "name[/clock[/channels]]". The name must be an RFC 4566 token, for it goes into caps. */
static gboolean
parse_rtpmap (const gchar *text, Rtpmap *rtpmap)
{
  gsize length = strcspn (text, "/ ");

  memset (rtpmap, 0, sizeof *rtpmap);
  if (length == 0 || length > MAX_NAME)
    return FALSE;
  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isgraph (text[i]) || strchr ("\"(),/:;<=>?@[\\]", text[i]) != NULL)
      return FALSE;
  }
  memcpy (rtpmap->name, text, length);
  text += length;

  if (*text != '/')
    return TRUE;
  text++;
  if (!siprec_codec_read_number (&text, "/ ", MAX_CLOCK, &rtpmap->clock_rate))
    return FALSE;
  if (*text != '/')
    return TRUE;
  text++;
  /* What follows is the number of channels for audio only, and informative at most elsewhere. */
  if (!siprec_codec_read_number (&text, "/ ", MAX_CHANNELS, &rtpmap->channels))
    rtpmap->channels = 0;
  return TRUE;
}

/* TRUE for the parameters of telephone-event, "0-15,66" (RFC 4733 section 2.4.1). */
static gboolean
is_event_list (const gchar *fmtp)
{
  return fmtp != NULL && *fmtp != '\0' && fmtp[strspn (fmtp, "0123456789,- ")] == '\0';
}

/* Fills @rtpmap where the offer has none that can be read. */
static gboolean
substitute_rtpmap (const GstSDPMedia *media, guint8 pt, Rtpmap *rtpmap, GPtrArray *deviations)
{
  const StaticType *type = find_static (pt);

  if (type != NULL) {
    g_strlcpy (rtpmap->name, type->encoding_name, sizeof rtpmap->name);
    rtpmap->clock_rate = type->clock_rate;
    rtpmap->channels = type->channels;
    return TRUE;
  }
  siprec_deviations_add (deviations, "sdp-no-rtpmap", "payload type %u", pt);
  if (!is_event_list (siprec_codec_fmtp (media, pt)))
    return FALSE;
  g_strlcpy (rtpmap->name, "telephone-event", sizeof rtpmap->name);
  rtpmap->clock_rate = 8000;
  return TRUE;
}

static const gchar *
caps_media (const GstSDPMedia *media)
{
  static const gchar *const known[] = {"audio", "video", "text"};
  const gchar *name = gst_sdp_media_get_media (media);

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++) {
    if (g_ascii_strcasecmp (name, known[i]) == 0)
      return known[i];
  }
  return "application";
}

static guint
default_clock (guint8 pt, const gchar *kind)
{
  const StaticType *type = find_static (pt);

  if (type != NULL)
    return type->clock_rate;
  if (strcmp (kind, "video") == 0)
    return 90000;
  return strcmp (kind, "text") == 0 ? 1000 : 8000; /* RFC 4103 section 3.1 */
}

SiprecFormat *
siprec_codec_format (const GstSDPMedia *media, guint8 pt, GPtrArray *deviations)
{
  const gchar *kind = caps_media (media);
  const gchar *value = find_value (media, "rtpmap", pt);
  const gchar *fmtp = siprec_codec_fmtp (media, pt);
  Rtpmap rtpmap = {""};

  gboolean readable = value != NULL && parse_rtpmap (value, &rtpmap);
  if (value != NULL && (!readable || rtpmap.clock_rate == 0)) {
    g_autofree gchar *shown = siprec_printable (value, -1);
    siprec_deviations_add (deviations, "sdp-rtpmap", "payload type %u: \"%s\"", pt, shown);
  }
  if (!readable) {
    memset (&rtpmap, 0, sizeof rtpmap);
    if (!substitute_rtpmap (media, pt, &rtpmap, deviations))
      return NULL;
  }
  if (fmtp == NULL && find_value (media, "fmtp", pt) != NULL && *find_value (media, "fmtp", pt))
    siprec_deviations_add (deviations, "sdp-fmtp", "payload type %u", pt);

  if (rtpmap.clock_rate == 0)
    rtpmap.clock_rate = default_clock (pt, kind);
  guint channels = strcmp (kind, "audio") == 0 ? MAX (rtpmap.channels, 1) : 0;
  return siprec_format_new (kind, pt, rtpmap.name, rtpmap.clock_rate, channels, fmtp);
}

gchar *
siprec_codec_rtpmap (const GstSDPMedia *media, const SiprecFormat *format)
{
  const gchar *value = find_value (media, "rtpmap", format->pt);
  const gchar *name = format->encoding_name;
  guint channels = format->channels > 1 ? format->channels : 0;
  Rtpmap rtpmap = {""};

  if (value != NULL && parse_rtpmap (value, &rtpmap) &&
      g_ascii_strcasecmp (rtpmap.name, name) == 0) {
    name = rtpmap.name;
    channels = rtpmap.channels;
  } else if (format->payload == SIPREC_PAYLOAD_TELEPHONE_EVENT) {
    name = "telephone-event";
  }
  if (channels > 0)
    return g_strdup_printf ("%s/%u/%u", name, format->clock_rate, channels);
  return g_strdup_printf ("%s/%u", name, format->clock_rate);
}
