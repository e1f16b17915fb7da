/* siprec-core: keeps the way to an RTP socket open
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "../api.h"

G_BEGIN_DECLS

#define SIPREC_KEEPALIVE_SIZE 12

/**
 * SiprecKeepalive:
 *
 * We only receive, so nothing of ours passes the NATs on the way but our reports, and those only on a port of
 * their own, unless RTCP shares the one of RTP. Then a packet without payload, of a payload type that wasn't
 * agreed, goes out from the RTP port instead, which peers ignore (RFC 6263 section 4.6).
 */
typedef struct {
  GstClockTime next;
  guint16 seq;
} SiprecKeepalive;

/* TRUE once when a packet is due, and plans the next one: the first at once, then every 15 s (section 7). */
SIPREC_API gboolean siprec_keepalive_is_due (SiprecKeepalive *keepalive, GstClockTime now);

/* Writes the packet. @formats: (element-type SiprecFormat): what was agreed */
SIPREC_API void siprec_keepalive_write (SiprecKeepalive *keepalive, const GPtrArray *formats,
                                        guint32 ssrc, guint8 packet[SIPREC_KEEPALIVE_SIZE]);

G_END_DECLS
