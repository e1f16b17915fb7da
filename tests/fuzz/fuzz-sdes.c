/* Reads anything as the value of a=crypto, and writes what it could read.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>

#include "siprec-core/sdp/crypto.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree gchar *text = g_strndup ((const gchar *)data, size);
  const gchar *problem = NULL;
  g_autoptr (SiprecCrypto) crypto = siprec_crypto_read (text, &problem);
  SiprecFingerprint fingerprint;

  if (crypto) {
    g_autofree gchar *written = siprec_crypto_write (crypto->tag, crypto->name, &crypto->keying);
    g_autoptr (SiprecCrypto) again = siprec_crypto_read (written, &problem);

    g_assert_true (again && again->tag == crypto->tag);
  } else {
    g_assert_nonnull (problem);
  }
  siprec_fingerprint_read (&fingerprint, text);
  siprec_security_redact_line (text);
  return 0;
}
