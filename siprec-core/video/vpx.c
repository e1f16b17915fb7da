/* VP8 (RFC 6386 section 9.1) and VP9 (its bitstream specification, section 6.2) frame headers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vpx.h"

#include "bits.h"

#define VP9_SYNC 0x498342

gboolean
siprec_vp8_read (const guint8 *frame, gsize size, SiprecVideoHeader *header)
{
  *header = (SiprecVideoHeader){0};
  if (size < 3)
    return FALSE;
  header->key = (frame[0] & 1) == 0;
  if (!header->key)
    return TRUE;
  if (size < 10 || frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a)
    return FALSE;
  header->width = (frame[6] | frame[7] << 8) & 0x3fff;
  header->height = (frame[8] | frame[9] << 8) & 0x3fff;
  return header->width > 0 && header->height > 0;
}

gboolean
siprec_vp8_begins_picture (const guint8 *payload, gsize size)
{
  return size > 1 && (payload[0] & 0x1f) == 0x10;
}

/* Section 6.2.2 of the specification. */
static void
read_colour (SiprecBits *bits, SiprecVideoHeader *header)
{
  static const gchar *const spaces[] = {NULL,        "bt601",  "bt709", "bt601",
                                        "smpte240m", "bt2020", NULL,    "sRGB"};
  gboolean is_odd = header->profile & 1, narrow = TRUE, low = TRUE;

  header->depth = 8;
  if (header->profile >= 2)
    header->depth = siprec_bits_read (bits, 1) ? 12 : 10;
  header->colorimetry = spaces[siprec_bits_read (bits, 3)];
  if (g_strcmp0 (header->colorimetry, "sRGB") == 0) {
    narrow = low = FALSE;
  } else {
    siprec_bits_skip (bits, 1);
    narrow = is_odd ? siprec_bits_read (bits, 1) : TRUE;
    low = is_odd ? siprec_bits_read (bits, 1) : TRUE;
  }
  if (is_odd)
    siprec_bits_skip (bits, 1);
  header->chroma_format = !narrow ? "4:4:4" : low ? "4:2:0" : "4:2:2";
}

gboolean
siprec_vp9_read (const guint8 *frame, gsize size, SiprecVideoHeader *header)
{
  SiprecBits bits = siprec_bits (frame, size, FALSE);

  *header = (SiprecVideoHeader){0};
  if (siprec_bits_read (&bits, 2) != 2)
    return FALSE;
  header->profile = siprec_bits_read (&bits, 1);
  header->profile |= siprec_bits_read (&bits, 1) << 1;
  if (header->profile == 3)
    siprec_bits_skip (&bits, 1);
  if (siprec_bits_read (&bits, 1))
    return !bits.overrun;
  header->key = siprec_bits_read (&bits, 1) == 0;
  siprec_bits_skip (&bits, 2);
  if (!header->key)
    return !bits.overrun;
  if (siprec_bits_read (&bits, 24) != VP9_SYNC)
    return FALSE;
  read_colour (&bits, header);
  header->width = siprec_bits_read (&bits, 16) + 1;
  header->height = siprec_bits_read (&bits, 16) + 1;
  return !bits.overrun;
}

/* The first packet of the lowest layer: B is set, and so is no spatial layer above 0. */
gboolean
siprec_vp9_begins_picture (const guint8 *payload, gsize size)
{
  gsize i = 1;

  if (size < 2 || !(payload[0] & 0x08))
    return FALSE;
  if (!(payload[0] & 0x20))
    return TRUE;
  if (payload[0] & 0x80)
    i += payload[i] & 0x80 ? 2 : 1;
  return i < size && (payload[i] >> 1 & 7) == 0;
}
