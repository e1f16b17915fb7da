/* gst-siprec: events as short texts for viewers
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "siprec-core/event.h"

G_BEGIN_DECLS

/**
 * GstSiprecCaptioner:
 *
 * Knows from the events so far who is there, who is on hold and who is heard on which stream. Used by one thread
 * at a time.
 */
typedef struct _GstSiprecCaptioner GstSiprecCaptioner;

GstSiprecCaptioner *gst_siprec_captioner_new (void);
void gst_siprec_captioner_free (GstSiprecCaptioner *captioner);

/* What a viewer of the recording wants to know of @event ("Alice joined"), plain text; NULL if nothing. Wants to
 * see every event, in order. Free with g_free(). */
gchar *gst_siprec_captioner_take (GstSiprecCaptioner *captioner, const SiprecEvent *event);

G_END_DECLS
