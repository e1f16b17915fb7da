/* gst-siprec: a voice as a picture
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_SIPREC_WAVE (gst_siprec_wave_get_type ())
G_DECLARE_FINAL_TYPE (GstSiprecWave, gst_siprec_wave, GST, SIPREC_WAVE, GstElement)

G_END_DECLS
