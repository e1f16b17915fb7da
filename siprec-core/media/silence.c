/* Writes silence in the codecs that have a payload for it which doesn't depend on what came before.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "silence.h"

#include <string.h>

/* A payload that decoders make silence of when it is repeated, whatever they decoded before. Of the codecs
 * with memory these are what their encoders make of silence; the first grains let what was heard fade. */
typedef struct {
  guint8 octets[33];
  gsize size;
  guint32 grain;
} Pattern;

/* Sample-based: one octet, and how many units of the RTP clock it lasts. G.722 and G.726 at 16 kbit/s know
 * no zero: theirs are the code words whose differences cancel out. */
static const Pattern pcmu = {{0xff}, 1, 1};
static const Pattern pcma = {{0xd5}, 1, 1};
static const Pattern l16 = {{0, 0}, 2, 1};
static const Pattern g722 = {{0xfc}, 1, 1};
static const Pattern g722_true_clock = {{0xfc}, 1, 2};
static const Pattern g726[] = {
    [2] = {{0x56}, 1, 4},
    [3] = {{0xff, 0xff, 0xff}, 3, 8},
    [4] = {{0xff}, 1, 2},
    [5] = {{0xff, 0xff, 0xff, 0xff, 0xff}, 5, 8},
};

static const Pattern g729 = {{0x78, 0x52, 0x80, 0xa0, 0x00, 0xfa, 0xc2, 0x00, 0x07, 0xd6}, 10, 80};
static const Pattern gsm = {{0xd8, 0x20, 0xa2, 0xe1, 0x5a, 0x50, 0x00, 0x49, 0x24, 0x92, 0x49,
                             0x24, 0x50, 0x00, 0x49, 0x24, 0x92, 0x49, 0x24, 0x50, 0x00, 0x49,
                             0x24, 0x92, 0x49, 0x24, 0x50, 0x00, 0x49, 0x24, 0x92, 0x49, 0x24},
                            33,
                            160};

/* Speech frames of the lowest mode, 4.75 and 6.60 kbit/s, in storage format: not every decoder takes NO_DATA. */
static const Pattern amr = {
    {0x04, 0x36, 0x3c, 0xc7, 0xf0, 0x67, 0x04, 0x35, 0xff, 0xe0, 0x00, 0x00, 0x00}, 13, 160};
static const Pattern amr_wb = {{0x04, 0x00, 0x30, 0x00, 0x21, 0x9d, 0x2e, 0x21, 0x84, 0xdc, 0x7a,
                                0xd5, 0x71, 0x20, 0x40, 0xb1, 0x00, 0x70},
                               18,
                               320};

static const Pattern *
get_pattern (const SiprecFormat *format)
{
  switch (format->payload) {
  case SIPREC_PAYLOAD_PCMU:
    return &pcmu;
  case SIPREC_PAYLOAD_PCMA:
    return &pcma;
  case SIPREC_PAYLOAD_L16:
    return &l16;
  case SIPREC_PAYLOAD_G722:
    return format->clock_rate == 8000 ? &g722 : &g722_true_clock;
  case SIPREC_PAYLOAD_G726:
  case SIPREC_PAYLOAD_G726_AAL2:
    return &g726[format->mode];
  case SIPREC_PAYLOAD_G729:
    return &g729;
  case SIPREC_PAYLOAD_GSM:
    return &gsm;
  case SIPREC_PAYLOAD_AMR:
    return &amr;
  case SIPREC_PAYLOAD_AMR_WB:
    return &amr_wb;
  default:
    return NULL;
  }
}

/* Of all sizes that CELT has, 2.5 to 20 ms: fullband, mono, with the silence flag of RFC 6716 section 4.3
 * set. */
#define OPUS_GRAIN 120
#define OPUS_LEAST 0xe0

guint32
siprec_silence_get_grain (const SiprecFormat *format)
{
  const Pattern *pattern = get_pattern (format);

  if (format->payload == SIPREC_PAYLOAD_OPUS)
    return OPUS_GRAIN;
  return pattern ? pattern->grain : 0;
}

static GstBuffer *
new_opus (guint32 duration, guint32 *made)
{
  guint8 packet[] = {OPUS_LEAST, 0xff, 0xfe};

  *made = OPUS_GRAIN;
  for (guint i = 0; i < 3 && 2 * *made <= duration; i++) {
    *made *= 2;
    packet[0] += 1 << 3;
  }
  return gst_buffer_new_memdup (packet, sizeof (packet));
}

static GstBuffer *
repeat (const Pattern *pattern, gsize count)
{
  gsize size = count * pattern->size;
  guint8 *data = g_malloc (size);

  if (pattern->size == 1)
    memset (data, pattern->octets[0], size);
  else
    for (gsize i = 0; i < count; i++)
      memcpy (data + i * pattern->size, pattern->octets, pattern->size);
  return gst_buffer_new_wrapped (data, size);
}

GstBuffer *
siprec_silence_new (const SiprecFormat *format, guint32 duration, guint32 *made)
{
  guint32 grain = siprec_silence_get_grain (format);
  guint32 bounded = MIN (duration, format->clock_rate);
  GstBuffer *buffer;

  *made = 0;
  if (grain == 0 || bounded < grain)
    return NULL;
  if (format->payload == SIPREC_PAYLOAD_OPUS) {
    buffer = new_opus (bounded, made);
  } else {
    *made = bounded / grain * grain;
    buffer = repeat (get_pattern (format), (gsize)(*made / grain) * format->channels);
  }
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP | GST_BUFFER_FLAG_DROPPABLE);
  return buffer;
}
