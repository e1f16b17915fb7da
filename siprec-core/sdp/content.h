/* siprec-core: what a video line shows: a camera or a screen (RFC 4796)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "offer.h"

G_BEGIN_DECLS

/* The kind of a video line by its a=content. */
SiprecMediaKind siprec_content_read (const GstSDPMedia *media);

/* TRUE if @map is a comma list of "label=kind" and "#line=kind", where the kind is video or screen. */
SIPREC_API gboolean siprec_content_map_is_valid (const gchar *map);

/* Sets the kinds that @map (nullable) names, for clients that say nothing of them. */
SIPREC_API void siprec_content_apply (SiprecOffer *offer, const gchar *map);

G_END_DECLS
