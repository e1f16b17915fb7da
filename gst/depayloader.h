/* gst-siprec: a stock depayloader, fed by hand
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "siprec-core/media/format.h"

G_BEGIN_DECLS

/**
 * GstSiprecDepayloader:
 *
 * An element of plugins-good between two pads of ours. All is done in the thread that pushes a packet: what comes of
 * it waits to be taken. No locks; one thread at a time. It is nobody's child: there is nothing that it could tell a
 * bus, and a child would have to be added and removed while the bin changes its state.
 */
typedef struct _GstSiprecDepayloader GstSiprecDepayloader;

/* For packets of @format, which is video. NULL if the element can't be made. */
GstSiprecDepayloader *gst_siprec_depayloader_new (const SiprecFormat *format);
void gst_siprec_depayloader_free (GstSiprecDepayloader *depayloader);

/* Feeds one packet (transfer full), which has its PTS. */
void gst_siprec_depayloader_push (GstSiprecDepayloader *depayloader, GstBuffer *packet);

/* Forgets what isn't complete: packets are missing. */
void gst_siprec_depayloader_flush (GstSiprecDepayloader *depayloader);

/* The next picture, or NULL. (transfer full) */
GstBuffer *gst_siprec_depayloader_pop (GstSiprecDepayloader *depayloader);

/* The caps that the depayloader gave it, or NULL. (transfer full) */
GstCaps *gst_siprec_depayloader_get_caps (GstSiprecDepayloader *depayloader);

G_END_DECLS
