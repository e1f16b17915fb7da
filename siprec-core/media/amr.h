/* siprec-core: RTP payloads of AMR and AMR-WB (RFC 4867)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Unpacks one payload to storage-format frames (section 5.3), one or more. NULL if it is malformed;
 * else @frames is how many frames of 20 ms the buffer holds. */
GstBuffer *siprec_amr_unpack (const guint8 *payload, gsize size, gboolean wideband,
                              gboolean octet_aligned, guint *frames);

G_END_DECLS
