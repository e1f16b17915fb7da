/* gst-siprec: the plugin
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecdecode.h"
#include "siprecsrc.h"
#include "siprectitle.h"
#include "siprecwave.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return gst_element_register (plugin, "siprecsrc", GST_RANK_NONE, GST_TYPE_SIPREC_SRC) &&
         gst_element_register (plugin, "siprecdecode", GST_RANK_NONE, GST_TYPE_SIPREC_DECODE) &&
         gst_element_register (plugin, "siprectitle", GST_RANK_NONE, GST_TYPE_SIPREC_TITLE) &&
         gst_element_register (plugin, "siprecwave", GST_RANK_NONE, GST_TYPE_SIPREC_WAVE);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, siprec, "SIP recording (SIPREC)",
                   plugin_init, PACKAGE_VERSION, "LGPL", PACKAGE_NAME, PACKAGE_ORIGIN)
