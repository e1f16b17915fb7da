/* gst-siprec: writes on a picture who it is
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_SIPREC_TITLE (gst_siprec_title_get_type ())
G_DECLARE_FINAL_TYPE (GstSiprecTitle, gst_siprec_title, GST, SIPREC_TITLE, GstBin)

G_END_DECLS
