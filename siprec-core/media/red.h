/* siprec-core: packets within packets (RFC 2198)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "packet.h"

G_BEGIN_DECLS

/**
 * siprec_red_unwrap:
 * @packet: @data, parsed; its payload is RED
 * @out: room for @size octets
 *
 * Writes the packet that the primary block was: same header, payload type of the block. Redundant blocks are left
 * out: senders of video put none in, and say only by a time which packet they repeat.
 *
 * Returns: its size, 0 if the payload is not RED.
 */
SIPREC_API gsize siprec_red_unwrap (const SiprecPacket *packet, const guint8 *data, gsize size,
                                    guint8 *out);

G_END_DECLS
