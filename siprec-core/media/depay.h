/* siprec-core: RTP payloads to media frames
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "format.h"

G_BEGIN_DECLS

/**
 * siprec_depay:
 * @format: format of the payload; not SIPREC_PAYLOAD_OPAQUE and not auxiliary
 * @payload: the RTP payload
 * @size: its length
 * @duration: (out): how long its audio lasts, in units of the RTP clock (@format->clock_rate)
 *
 * Checks and unpacks one RTP payload. G.711, G.722, GSM, G.729, Opus and iLBC come out as they came
 * in, L16 in host byte order, AMR and AMR-WB as storage-format frames (a header octet each, RFC 4867
 * section 5.3) from both octet-aligned and bandwidth-efficient payloads, G.726 in ITU-T I.366.2
 * packing (what GStreamer's layout=g726 means).
 *
 * Returns: (nullable): a new buffer without timestamps, or NULL if the payload is malformed.
 */
SIPREC_API GstBuffer *siprec_depay (const SiprecFormat *format, const guint8 *payload, gsize size,
                                    guint32 *duration);

G_END_DECLS
