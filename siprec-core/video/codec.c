/* The table of video codecs.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec.h"

#include <string.h>

#include "h263.h"
#include "h264.h"
#include "h265.h"
#include "vpx.h"

/* RFC 2435 section 3.1: the fragment offset of the first packet is 0. */
static gboolean
jpeg_begins_picture (const guint8 *payload, gsize size)
{
  return size > 8 && payload[1] == 0 && payload[2] == 0 && payload[3] == 0;
}

/* The NAL codecs are taken as byte streams, with all units in their place, and given out with lengths: so
 * a recording has what was sent, and its caps what muxers want. */
static const SiprecVideoCodec codecs[] = {
    {"H264", "rtph264depay", "video/x-h264, stream-format=byte-stream, alignment=au",
     "video/x-h264, stream-format=avc, alignment=au", siprec_h264_begins_picture, &siprec_h264,
     NULL},
    {"H265", "rtph265depay", "video/x-h265, stream-format=byte-stream, alignment=au",
     "video/x-h265, stream-format=hvc1, alignment=au", siprec_h265_begins_picture, &siprec_h265,
     NULL},
    {"VP8", "rtpvp8depay", "video/x-vp8", "video/x-vp8", siprec_vp8_begins_picture, NULL,
     siprec_vp8_read},
    {"VP9", "rtpvp9depay", "video/x-vp9", "video/x-vp9", siprec_vp9_begins_picture, NULL,
     siprec_vp9_read},
    {"H263", "rtph263depay", "video/x-h263", "video/x-h263, variant=itu, h263version=h263",
     siprec_h263_begins_picture, NULL, siprec_h263_read},
    {"H263-1998", "rtph263pdepay", "video/x-h263", "video/x-h263, variant=itu, h263version=h263p",
     siprec_h263p_begins_picture, NULL, siprec_h263_read},
    {"H263-2000", "rtph263pdepay", "video/x-h263", "video/x-h263, variant=itu, h263version=h263pp",
     siprec_h263p_begins_picture, NULL, siprec_h263_read},
    {"JPEG", "rtpjpegdepay", "image/jpeg", "image/jpeg", jpeg_begins_picture, NULL, NULL},
    {"AV1", "rtpav1depay", "video/x-av1", "video/x-av1", NULL, NULL, NULL},
};

static const SiprecVideoCodec *
find (const gchar *encoding_name)
{
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (g_ascii_strcasecmp (codecs[i].encoding_name, encoding_name) == 0)
      return &codecs[i];
  }
  return NULL;
}

const SiprecVideoCodec *
siprec_video_codec_find (const gchar *encoding_name)
{
  const SiprecVideoCodec *codec = find (encoding_name);
  g_autoptr (GstElementFactory) factory =
      codec ? gst_element_factory_find (codec->depayloader) : NULL;

  return factory ? codec : NULL;
}

gboolean
siprec_video_codec_is_known (const gchar *encoding_name)
{
  return find (encoding_name) != NULL;
}
