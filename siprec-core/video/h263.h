/* siprec-core: the picture headers of H.263
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"

G_BEGIN_DECLS

gboolean siprec_h263_read (const guint8 *picture, gsize size, SiprecVideoHeader *header);

/* TRUE if an RTP payload of RFC 2190, or of RFC 4629, begins a picture. */
gboolean siprec_h263_begins_picture (const guint8 *payload, gsize size);
gboolean siprec_h263p_begins_picture (const guint8 *payload, gsize size);

G_END_DECLS
