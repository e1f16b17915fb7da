/* Answers anything as a connectivity check.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>

#include "siprec-core/transport/ice.h"
#include "siprec-core/transport/latch.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const SiprecIceCredentials credentials = {"evtj", "VOkJxbRl1RmTxUk/WvJxBt", "h6vY", "x"};
  SiprecAddress from;
  guint8 out[SIPREC_STUN_MAX_RESPONSE] __attribute__ ((aligned (4)));
  gboolean nominated;

  siprec_address_set (&from, "2001:db8::1", 4711);
  g_assert_cmpuint (siprec_ice_answer (&credentials, &from, data, size, out, &nominated), <=,
                    sizeof (out));
  return 0;
}
