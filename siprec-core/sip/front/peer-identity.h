/* siprec-core: who a TLS peer is, by its certificate (RFC 5922)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/x509.h>

#include "../../api.h"

G_BEGIN_DECLS

/* The SIP domains and users that @certificate is for, NULL-terminated, the first the most telling: the sip
 * URIs of its subjectAltName, then the DNS names, and the common name only if there is neither (RFC 5922
 * section 7.1). URIs begin with "sip:", all else are names. Lower case. */
SIPREC_API gchar **siprec_peer_identities (X509 *certificate);

/* TRUE if one of @identities is @name: "example.com" or "sip:example.com", which are the same (RFC 5922
 * section 7.2: no wildcards), or "sip:user@example.com". */
SIPREC_API gboolean siprec_peer_is (const gchar *const *identities, const gchar *name);

G_END_DECLS
