/* gst-siprec: a slow tick for all elements of the process
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "siprec-core/strand.h"

G_BEGIN_DECLS

#define GST_SIPREC_TICKER_PERIOD GST_SECOND

/* Wakes @strand every period until it is removed. It keeps a reference meanwhile. */
void gst_siprec_ticker_add (SiprecStrand *strand);
void gst_siprec_ticker_remove (SiprecStrand *strand);

G_END_DECLS
