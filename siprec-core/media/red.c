/* Takes the primary block out of a RED payload.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "red.h"

#include <string.h>

/* RFC 2198 section 3: of a redundant block, and of the primary one. */
#define BLOCK_HEADER   4
#define PRIMARY_HEADER 1

gsize
siprec_red_unwrap (const SiprecPacket *packet, const guint8 *data, gsize size, guint8 *out)
{
  const guint8 *payload = packet->payload;
  gsize head = payload - data, headers = 0, redundant = 0, skipped;

  while (headers < packet->payload_size && payload[headers] & 0x80) {
    if (headers + BLOCK_HEADER > packet->payload_size)
      return 0;
    redundant += (payload[headers + 2] & 3) << 8 | payload[headers + 3];
    headers += BLOCK_HEADER;
  }
  skipped = headers + PRIMARY_HEADER + redundant;
  if (skipped > packet->payload_size)
    return 0;
  memcpy (out, data, head);
  out[1] = (data[1] & 0x80) | payload[headers];
  /* Padding stays: forward error correction counts it as well. */
  memcpy (out + head, payload + skipped, size - head - skipped);
  return size - skipped;
}
