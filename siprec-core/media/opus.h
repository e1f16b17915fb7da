/* siprec-core: Opus packets (RFC 6716)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../api.h"

G_BEGIN_DECLS

/* How long one packet lasts in samples of 48 kHz, at most 5760 (120 ms); 0 if it breaks one of the
 * rules R1 to R7 of section 3.4, so that no decoder would take it. */
SIPREC_API guint siprec_opus_get_duration (const guint8 *packet, gsize size);

G_END_DECLS
