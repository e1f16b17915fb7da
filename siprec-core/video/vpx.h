/* siprec-core: the frame headers of VP8 and VP9
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"

G_BEGIN_DECLS

gboolean siprec_vp8_read (const guint8 *frame, gsize size, SiprecVideoHeader *header);
gboolean siprec_vp9_read (const guint8 *frame, gsize size, SiprecVideoHeader *header);

/* TRUE if an RTP payload (RFC 7741, RFC 9628) begins a frame. */
gboolean siprec_vp8_begins_picture (const guint8 *payload, gsize size);
gboolean siprec_vp9_begins_picture (const guint8 *payload, gsize size);

G_END_DECLS
