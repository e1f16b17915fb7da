/* siprec-core: cookies by which clients of DTLS prove that they are where they say (RFC 6347 section 4.2.1)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <openssl/ssl.h>

G_BEGIN_DECLS

/* An address with its port, in any form that is its own. */
typedef struct {
  gsize size;
  guint8 data[32];
} SiprecCookiePlace;

/* The servers of @context ask for cookies. FALSE if the system has no randomness to give. */
gboolean siprec_cookie_enable (SSL_CTX *context);

/* Whom @ssl hears; @place stays with the caller. */
void siprec_cookie_set_place (SSL *ssl, SiprecCookiePlace *place);

G_END_DECLS
