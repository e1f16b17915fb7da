/* siprec-core: the NAL units of H.264
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "parameters.h"

G_BEGIN_DECLS

extern const SiprecNalCodec siprec_h264;

/* TRUE if an RTP payload (RFC 6184) begins a picture, as far as one packet can tell. */
gboolean siprec_h264_begins_picture (const guint8 *payload, gsize size);

G_END_DECLS
