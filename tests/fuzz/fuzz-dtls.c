/* Gives anything to both sides of a handshake, as records of up to 255 octets behind a length.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>

#include "siprec-core/srtp/dtls.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
drop (gpointer user_data, const guint8 *data, gsize size)
{
  g_assert_cmpuint (size, <=, 1200);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  SiprecFingerprints own = {.n = 1};
  SiprecDtls *sides[2];

  g_assert_true (siprec_dtls_get_fingerprint (&own.list[0]));
  for (guint i = 0; i < 2; i++) {
    sides[i] = siprec_dtls_new (i == 0, &own, drop, NULL);
    siprec_dtls_tick (sides[i], GST_SECOND);
  }
  while (size > 1) {
    gsize n = MIN (data[0], size - 1);

    for (guint i = 0; i < 2; i++)
      siprec_dtls_input (sides[i], data + 1, n);
    data += 1 + n;
    size -= 1 + n;
  }
  for (guint i = 0; i < 2; i++) {
    g_assert_cmpint (siprec_dtls_tick (sides[i], 2 * GST_SECOND), !=, SIPREC_DTLS_DONE);
    siprec_dtls_free (sides[i]);
  }
  return 0;
}
