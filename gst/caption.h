/* gst-siprec: events as short texts for viewers
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "siprec-core/event.h"

G_BEGIN_DECLS

/* What a viewer of the recording wants to know of @event ("Alice joined"), plain text; NULL if nothing.
 * Free with g_free(). */
gchar *gst_siprec_caption (const SiprecEvent *event);

G_END_DECLS
