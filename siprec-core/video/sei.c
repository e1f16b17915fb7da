/* Looks for the message that tells of a recovery point.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sei.h"

#include "bits.h"

#define RECOVERY_POINT 6

/* No message is larger, and no type number higher, that matters here. */
#define MAX_NUMBER 65536

/* A type or a length: 255 for as often as it takes (ITU-T H.264 section 7.3.2.3.1). */
static guint
read_number (SiprecBits *bits)
{
  guint number = 0, byte;

  do {
    byte = siprec_bits_read (bits, 8);
    number += byte;
  } while (byte == 0xff && number < MAX_NUMBER);
  return number;
}

gboolean
siprec_sei_has_recovery_point (const guint8 *messages, gsize size)
{
  SiprecBits bits = siprec_bits (messages, size, TRUE);

  /* Two octets at least to a message; one with the stop bit ends them. */
  while (!bits.overrun && bits.byte + 2 <= size) {
    guint type = read_number (&bits), length = read_number (&bits);

    if (type == RECOVERY_POINT)
      return !bits.overrun && length > 0;
    siprec_bits_skip (&bits, 8 * length);
  }
  return FALSE;
}
