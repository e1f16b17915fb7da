/* siprec-core: certificates and rules for TLS connections
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <openssl/ssl.h>

#include "../../api.h"

G_BEGIN_DECLS

/**
 * SiprecTlsSettings:
 * @certificate: (nullable): PEM file with private key, certificate and chain; a comma list of several serves
 *   several names (SNI), the first one clients that ask for none of them
 * @ca: (nullable): PEM file with the authorities that peers' certificates must come from; without it those
 *   of the system
 * @require_client: clients without a good certificate are refused (mutual TLS)
 */
typedef struct {
  const gchar *certificate;
  const gchar *ca;
  gboolean require_client;
} SiprecTlsSettings;

/**
 * SiprecTlsContext:
 *
 * What the files said when they were read; constant. Reference counted, for any thread: a connection keeps
 * what it began with.
 */
typedef struct _SiprecTlsContext SiprecTlsContext;

/* Reads the files. Returns: NULL with a SETTINGS error that names the file and what is wrong with it,
 * be it that the certificate has expired */
SIPREC_API SiprecTlsContext *siprec_tls_context_new (const SiprecTlsSettings *settings,
                                                     GError **error);
SIPREC_API SiprecTlsContext *siprec_tls_context_ref (SiprecTlsContext *context);
SIPREC_API void siprec_tls_context_unref (SiprecTlsContext *context);

/* For a connection that a client has made. */
SIPREC_API SSL *siprec_tls_context_accept (SiprecTlsContext *context);

/* For one that we make; the server's certificate is verified. @name: (nullable): to ask for (SNI). */
SIPREC_API SSL *siprec_tls_context_connect (SiprecTlsContext *context, const gchar *name);

/* Identities of the verified peer (transfer full), or NULL if it has shown no certificate. */
SIPREC_API gchar **siprec_tls_identities (SSL *ssl);

/* TRUE if the verified server's certificate is for one of @identities, or for the IP @address. */
SIPREC_API gboolean siprec_tls_is_for (SSL *ssl, const gchar *const *identities,
                                       const gchar *address);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecTlsContext, siprec_tls_context_unref)

G_END_DECLS
