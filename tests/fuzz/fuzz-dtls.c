/* Gives anything to both sides of a handshake, as records of up to 255 octets behind a length; the passive side twice:
 * while it listens, and after somebody has shown a cookie.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <string.h>

#include "siprec-core/srtp/dtls.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
drop (gpointer user_data, const guint8 *data, gsize size)
{
  g_assert_cmpuint (size, <=, 1200);
}

/* The last datagram of one side. */
typedef struct {
  guint8 data[1200];
  gsize size;
} Last;

static void
keep (gpointer user_data, const guint8 *data, gsize size)
{
  Last *last = user_data;

  memcpy (last->data, data, size);
  last->size = size;
}

/* A passive side that has been shown a cookie. */
static SiprecDtls *
make_begun (const SiprecFingerprints *own)
{
  Last from_us = {0}, from_client = {0};
  SiprecDtls *us = siprec_dtls_new (FALSE, own, keep, &from_us);
  g_autoptr (SiprecDtls) client = siprec_dtls_new (TRUE, own, keep, &from_client);

  siprec_dtls_tick (client, GST_SECOND);
  siprec_dtls_input (us, from_client.data, from_client.size);
  siprec_dtls_input (client, from_us.data, from_us.size);
  siprec_dtls_input (us, from_client.data, from_client.size);
  g_assert_false (siprec_dtls_is_listening (us));
  siprec_dtls_set_send (us, drop);
  return us;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  SiprecFingerprints own = {.n = 1};
  SiprecDtls *sides[3];

  g_assert_true (siprec_dtls_get_fingerprint (&own.list[0]));
  sides[0] = siprec_dtls_new (TRUE, &own, drop, NULL);
  sides[1] = siprec_dtls_new (FALSE, &own, drop, NULL);
  sides[2] = make_begun (&own);
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    siprec_dtls_tick (sides[i], GST_SECOND);
  while (size > 1) {
    gsize n = MIN (data[0], size - 1);

    for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
      siprec_dtls_input (sides[i], data + 1, n);
    data += 1 + n;
    size -= 1 + n;
  }
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++) {
    g_assert_cmpint (siprec_dtls_tick (sides[i], 2 * GST_SECOND), !=, SIPREC_DTLS_DONE);
    siprec_dtls_free (sides[i]);
  }
  return 0;
}
