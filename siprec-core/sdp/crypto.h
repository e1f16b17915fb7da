/* siprec-core: one a=crypto line (RFC 4568)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "security.h"

G_BEGIN_DECLS

/**
 * siprec_crypto_read:
 * @value: what follows "a=crypto:"
 * @problem: (out) (transfer none): why it can't be used; never bears a key
 *
 * Returns: (nullable): the line, or NULL. Free with siprec_crypto_free().
 */
SIPREC_API SiprecCrypto *siprec_crypto_read (const gchar *value, const gchar **problem);
SIPREC_API void siprec_crypto_free (SiprecCrypto *crypto);

/* "1 AES_CM_128_HMAC_SHA1_80 inline:..."; free with g_free(). */
SIPREC_API gchar *siprec_crypto_write (guint tag, const gchar *name, const SiprecKeying *keying);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecCrypto, siprec_crypto_free)

G_END_DECLS
