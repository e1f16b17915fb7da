/* siprec-core: the debug category of the media engine
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GstDebugCategory *siprec_rtp_debug (void);

#define GST_CAT_DEFAULT siprec_rtp_debug ()

G_END_DECLS
