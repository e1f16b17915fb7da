/* Reads anything as RTCP, and as SRTP and SRTCP under a key that it isn't made with.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>

#include "siprec-core/rtp/rtcp.h"
#include "siprec-core/srtp/transform.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
open_all (const uint8_t *data, size_t size)
{
  g_autofree guint8 *out = g_malloc (size + 1);
  gsize n;

  for (guint i = 0; siprec_suite_get (i); i++) {
    SiprecKeying keying = {.suite = siprec_suite_get (i), .n_keys = 1};
    g_autoptr (SiprecTransform) transform =
        siprec_transform_new (&keying, SIPREC_TRANSFORM_RECEIVE);

    siprec_transform_open_rtp (transform, data, size, 1, out, &n);
    siprec_transform_open_rtcp (transform, data, size, 1, out, &n);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  SiprecRtcp rtcp = {0};

  siprec_rtcp_init (&rtcp, 0);
  siprec_rtcp_parse (&rtcp, data, size, GST_SECOND);
  siprec_rtcp_clear (&rtcp);
  if (size < 2048)
    open_all (data, size);
  return 0;
}
