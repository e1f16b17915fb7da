/* siprec-core: why a TLS handshake failed, in words
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/ssl.h>

#include "../../api.h"

G_BEGIN_DECLS

/* One sentence or two for whoever runs the recorder, with what can be done. @problem: OpenSSL's error. (transfer full) */
SIPREC_API gchar *siprec_tls_failure_describe (SSL *ssl, gulong problem);

G_END_DECLS
