/* Bits of headers, Golomb codes, and NAL units without their emulation prevention.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bits.h"

/* Leaves the byte that has been read. */
static void
next_byte (SiprecBits *bits)
{
  bits->zeros = bits->data[bits->byte] == 0 ? bits->zeros + 1 : 0;
  bits->byte++;
  bits->bit = 0;
  if (bits->escaped && bits->zeros >= 2 && bits->byte < bits->size && bits->data[bits->byte] == 3) {
    bits->byte++;
    bits->zeros = 0;
  }
}

static guint
read_bit (SiprecBits *bits)
{
  guint value;

  if (bits->byte >= bits->size) {
    bits->overrun = TRUE;
    return 0;
  }
  value = bits->data[bits->byte] >> (7 - bits->bit) & 1;
  if (++bits->bit == 8)
    next_byte (bits);
  return value;
}

guint32
siprec_bits_read (SiprecBits *bits, guint n)
{
  guint32 value = 0;

  while (n-- > 0)
    value = value << 1 | read_bit (bits);
  return value;
}

void
siprec_bits_skip (SiprecBits *bits, guint n)
{
  while (n-- > 0 && !bits->overrun)
    read_bit (bits);
}

guint32
siprec_bits_read_ue (SiprecBits *bits)
{
  guint zeros = 0;

  while (!bits->overrun && read_bit (bits) == 0)
    zeros++;
  if (zeros > 31) {
    bits->overrun = TRUE;
    return 0;
  }
  return (1u << zeros) - 1 + siprec_bits_read (bits, zeros);
}

gint32
siprec_bits_read_se (SiprecBits *bits)
{
  guint32 code = siprec_bits_read_ue (bits);

  return code & 1 ? (gint32)(code / 2 + 1) : -(gint32)(code / 2);
}
