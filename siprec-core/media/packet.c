/* Reads and checks RTP headers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packet.h"

#define HEADER_SIZE 12

gsize
siprec_packet_get_header_size (const guint8 *data, gsize size)
{
  gsize header;

  if (size < HEADER_SIZE || data[0] >> 6 != 2)
    return 0;
  header = HEADER_SIZE + (data[0] & 0x0f) * 4;
  if (data[0] & 0x10) {
    if (size < header + 4)
      return 0;
    header += 4 + ((gsize)data[header + 2] << 8 | data[header + 3]) * 4;
  }
  return header <= size ? header : 0;
}

gboolean
siprec_packet_parse (SiprecPacket *packet, const guint8 *data, gsize size)
{
  gsize header = siprec_packet_get_header_size (data, size), padding = 0;

  if (header == 0)
    return FALSE;
  if (data[0] & 0x20) {
    padding = data[size - 1];
    if (padding == 0 || padding > size - header)
      return FALSE;
  }

  packet->marker = data[1] >> 7;
  packet->pt = data[1] & 0x7f;
  packet->seq = data[2] << 8 | data[3];
  packet->timestamp = (guint32)data[4] << 24 | data[5] << 16 | data[6] << 8 | data[7];
  packet->ssrc = (guint32)data[8] << 24 | data[9] << 16 | data[10] << 8 | data[11];
  packet->payload = data + header;
  packet->payload_size = size - header - padding;
  return TRUE;
}

gboolean
siprec_packet_is_rtcp (const guint8 *data, gsize size)
{
  return size >= 8 && data[0] >> 6 == 2 && data[1] >= 200 && data[1] <= 207;
}
