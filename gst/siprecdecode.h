/* gst-siprec: decodes video of which it isn't known yet what it is, or whether there will be any
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_SIPREC_DECODE (gst_siprec_decode_get_type ())
G_DECLARE_FINAL_TYPE (GstSiprecDecode, gst_siprec_decode, GST, SIPREC_DECODE, GstBin)

G_END_DECLS
