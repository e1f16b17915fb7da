/* siprec-core: the certificate that we show in DTLS handshakes
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/ssl.h>

#include "protection.h"

G_BEGIN_DECLS

/* The settings of all our associations, with a self-signed certificate (ECDSA on P-256); made once in the process,
 * NULL if OpenSSL can't. */
SSL_CTX *siprec_identity_get (void);

/* The fingerprint of @certificate with the hash of @fingerprint, which is filled. */
gboolean siprec_identity_digest (X509 *certificate, SiprecFingerprint *fingerprint);

G_END_DECLS
