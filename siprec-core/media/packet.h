/* siprec-core: the header of one RTP packet
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../api.h"

G_BEGIN_DECLS

/* The fields of RFC 3550 section 5.1 that we use. @payload points into the packet. */
typedef struct {
  guint8 pt;
  gboolean marker;
  guint16 seq;
  guint32 timestamp;
  guint32 ssrc;
  const guint8 *payload;
  gsize payload_size;
} SiprecPacket;

/* FALSE if @data isn't a whole, consistent RTP packet. */
SIPREC_API gboolean siprec_packet_parse (SiprecPacket *packet, const guint8 *data, gsize size);

/* Length of the fixed header with CSRC list and extension, or 0 if @data has no such header. */
gsize siprec_packet_get_header_size (const guint8 *data, gsize size);

/* TRUE if @data is RTCP on a port that it shares with RTP (RFC 5761 section 4). */
gboolean siprec_packet_is_rtcp (const guint8 *data, gsize size);

G_END_DECLS
