/* Why a TLS handshake failed, in words
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tls-failure.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>

static const struct {
  gint reason;
  const gchar *words;
} failures[] = {
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE,
     "It has shown no certificate, which tls-require-client-cert wants: give it one."},
    {SSL_R_UNSUPPORTED_PROTOCOL, "It speaks no TLS 1.2 or later: set it to that."},
    {SSL_R_VERSION_TOO_LOW, "It speaks no TLS 1.2 or later: set it to that."},
    {SSL_R_NO_SHARED_CIPHER,
     "It knows no cipher that is good enough (RFC 9325), or none for our kind of key."},
    {SSL_R_WRONG_VERSION_NUMBER, "What it sent is no TLS: is it set to TCP?"},
    {SSL_R_HTTP_REQUEST, "What it sent is no TLS, but HTTP."},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA,
     "It doesn't know who has issued tls-certificate: give it the certificate of that authority."},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
     "It doesn't accept tls-certificate: is that for the name or address by which it calls?"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN,
     "It doesn't accept tls-certificate: is that for the name or address by which it calls?"},
    {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
     "It can't use a certificate such as tls-certificate: try one with another kind of key."},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
     "It takes tls-certificate for expired: is its clock right?"},
};

/* What is wrong with the peer's certificate. */
static gchar *
describe_certificate (glong result)
{
  switch (result) {
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    return g_strdup ("Its certificate comes from an authority that tls-ca doesn't list, or it "
                     "has not sent those in between.");
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return g_strdup ("Its certificate, or one in its chain, has expired: it needs a new one.");
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return g_strdup ("Its certificate isn't valid yet: is the clock right?");
  default:
    return g_strdup_printf ("Its certificate can't be used: %s.",
                            X509_verify_cert_error_string (result));
  }
}

gchar *
siprec_tls_failure_describe (SSL *ssl, gulong problem)
{
  gint reason = ERR_GET_REASON (problem);
  const gchar *text = ERR_reason_error_string (problem);

  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
    return describe_certificate (SSL_get_verify_result (ssl));
  for (guint i = 0; i < G_N_ELEMENTS (failures); i++)
    if (failures[i].reason == reason)
      return g_strdup (failures[i].words);
  return g_strdup_printf ("The TLS handshake failed: %s.", text ? text : "unknown error");
}
