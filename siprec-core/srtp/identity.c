/* Our certificate for DTLS: nobody checks who signed it, only its fingerprint counts (RFC 5763 section 5).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "identity.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <string.h>

#include "cookie.h"
#include "dtls.h"

#define YEAR (365L * 24 * 60 * 60)

/* ECDHE only, so that recorded handshakes tell nothing later. */
#define CIPHERS                                                                                    \
  "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"       \
  "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"         \
  "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA"

/* The name says nothing of whose it is. */
static gboolean
fill_certificate (X509 *certificate, EVP_PKEY *key)
{
  X509_NAME *name = X509_get_subject_name (certificate);
  guint64 serial;

  return RAND_bytes ((guint8 *)&serial, sizeof (serial)) == 1 &&
         X509_set_version (certificate, 2) == 1 &&
         ASN1_INTEGER_set_uint64 (X509_get_serialNumber (certificate), serial >> 1) == 1 &&
         X509_gmtime_adj (X509_getm_notBefore (certificate), -YEAR / 365) &&
         X509_gmtime_adj (X509_getm_notAfter (certificate), 10 * YEAR) &&
         X509_set_pubkey (certificate, key) == 1 &&
         X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_ASC, (const guint8 *)"SRTP", -1, -1, 0) ==
             1 &&
         X509_set_issuer_name (certificate, name) == 1 &&
         X509_sign (certificate, key, EVP_sha256 ()) > 0;
}

/* Any certificate will do here: its fingerprint is compared when the handshake is over. */
static gint
accept_certificate (gint preverified, X509_STORE_CTX *store)
{
  return 1;
}

static gboolean
use_certificate (SSL_CTX *context)
{
  EVP_PKEY *key = EVP_EC_gen ("P-256");
  X509 *certificate = X509_new ();
  gboolean done = key && certificate && fill_certificate (certificate, key) &&
                  SSL_CTX_use_certificate (context, certificate) == 1 &&
                  SSL_CTX_use_PrivateKey (context, key) == 1;

  X509_free (certificate);
  EVP_PKEY_free (key);
  return done;
}

static SSL_CTX *
make_context (void)
{
  SSL_CTX *context = SSL_CTX_new (DTLS_method ());
  g_autofree gchar *profiles = siprec_suite_list_dtls ();

  SSL_CTX_set_min_proto_version (context, DTLS1_2_VERSION);
  SSL_CTX_set_options (context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                    SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode (context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify (context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                      accept_certificate);
  /* The one for SRTP returns 0 for success. */
  if (!siprec_cookie_enable (context) || SSL_CTX_set_tlsext_use_srtp (context, profiles) != 0 ||
      SSL_CTX_set_cipher_list (context, CIPHERS) != 1 || !use_certificate (context))
    g_clear_pointer (&context, SSL_CTX_free);
  return context;
}

SSL_CTX *
siprec_identity_get (void)
{
  static GMutex lock;
  static gboolean tried;
  static SSL_CTX *context;

  g_mutex_lock (&lock);
  if (!tried)
    context = make_context ();
  tried = TRUE;
  g_mutex_unlock (&lock);
  return context;
}

gboolean
siprec_identity_digest (X509 *certificate, SiprecFingerprint *fingerprint)
{
  const EVP_MD *hash = EVP_get_digestbyname (fingerprint->hash);
  guint size = 0;

  return certificate && hash && (gsize)EVP_MD_get_size (hash) == fingerprint->size &&
         X509_digest (certificate, hash, fingerprint->digest, &size) == 1;
}

gboolean
siprec_dtls_get_fingerprint (SiprecFingerprint *fingerprint)
{
  SSL_CTX *context = siprec_identity_get ();

  *fingerprint = (SiprecFingerprint){.hash = "sha-256", .size = 32};
  return context && siprec_identity_digest (SSL_CTX_get0_certificate (context), fingerprint);
}
