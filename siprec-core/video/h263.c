/* H.263 picture headers (ITU-T H.263 section 5.1).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "h263.h"

#include "bits.h"

#define START_CODE 0x20 /* in 22 bits */
#define CUSTOM     6
#define EXTENDED   7

static gboolean
set_format (SiprecVideoHeader *header, guint format)
{
  static const guint16 sizes[][2] = {{0, 0},     {128, 96},  {176, 144},
                                     {352, 288}, {704, 576}, {1408, 1152}};

  if (format >= G_N_ELEMENTS (sizes))
    return FALSE;
  header->width = sizes[format][0];
  header->height = sizes[format][1];
  return TRUE;
}

/* PLUSPTYPE, section 5.1.4. Without its optional part the size is that of the picture before. */
static gboolean
read_extended (SiprecBits *bits, SiprecVideoHeader *header)
{
  gboolean full = siprec_bits_read (bits, 3) == 1;
  guint format = 0;

  if (full) {
    format = siprec_bits_read (bits, 3);
    siprec_bits_skip (bits, 15);
  }
  header->key = siprec_bits_read (bits, 3) == 0;
  siprec_bits_skip (bits, 6);
  if (siprec_bits_read (bits, 1))
    siprec_bits_skip (bits, 2);
  if (format != CUSTOM)
    return set_format (header, format);
  siprec_bits_skip (bits, 4);
  header->width = (siprec_bits_read (bits, 9) + 1) * 4;
  siprec_bits_skip (bits, 1);
  header->height = siprec_bits_read (bits, 9) * 4;
  return header->height > 0;
}

gboolean
siprec_h263_read (const guint8 *picture, gsize size, SiprecVideoHeader *header)
{
  SiprecBits bits = siprec_bits (picture, size, FALSE);
  gboolean valid;
  guint format;

  *header = (SiprecVideoHeader){0};
  if (siprec_bits_read (&bits, 22) != START_CODE)
    return FALSE;
  siprec_bits_skip (&bits, 8 + 5);
  format = siprec_bits_read (&bits, 3);
  if (format == EXTENDED) {
    valid = read_extended (&bits, header);
  } else {
    valid = format > 0 && set_format (header, format);
    header->key = siprec_bits_read (&bits, 1) == 0;
  }
  /* A key frame that doesn't say its size begins nothing. */
  header->key &= header->width > 0;
  return valid && !bits.overrun;
}

gboolean
siprec_h263_begins_picture (const guint8 *payload, gsize size)
{
  gsize header = 4;

  if (size > 0 && (payload[0] & 0x80))
    header = payload[0] & 0x40 ? 12 : 8;
  return size > header + 2 && payload[header] == 0 && payload[header + 1] == 0 &&
         (payload[header + 2] & 0xfc) == 0x80;
}

/* P stands for the two zero octets of a start code; group number 0 is that of a picture. */
gboolean
siprec_h263p_begins_picture (const guint8 *payload, gsize size)
{
  gsize header = 2;

  if (size < 3 || !(payload[0] & 0x04))
    return FALSE;
  if (payload[0] & 0x02)
    header++;
  header += (payload[0] & 0x01) << 5 | payload[1] >> 3;
  return size > header && (payload[header] & 0xfc) == 0x80;
}
