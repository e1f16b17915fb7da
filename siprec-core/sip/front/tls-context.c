/* Certificates and rules for TLS connections
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tls-context.h"

#include <errno.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "../../error.h"
#include "peer-identity.h"

/* Sessions are resumed only by tickets, which cost the server no memory. */
static const guchar session_id[] = "siprec";

/* @servers: of SSL_CTX, one a certificate; the first is for clients that name none.
 * @client: for connections that we make. */
struct _SiprecTlsContext {
  gint ref_count;
  GPtrArray *servers;
  SSL_CTX *client;
};

static void
set_error (GError **error, const gchar *path, const gchar *what)
{
  gulong code = ERR_peek_error ();
  const gchar *reason = code ? ERR_reason_error_string (code) : NULL;

  g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS, "%s: %s%s%s.", path, what,
               reason ? ": " : "", reason ? reason : "");
  ERR_clear_error ();
}

/* Nobody can type a passphrase here. */
static gint
no_passphrase (gchar *buffer, gint size, gint writing, gpointer data)
{
  return -1;
}

static gboolean
check_dates (X509 *certificate, const gchar *path, GError **error)
{
  if (X509_cmp_current_time (X509_get0_notAfter (certificate)) < 0) {
    set_error (error, path, "the certificate has expired; get a new one");
    return FALSE;
  }
  if (X509_cmp_current_time (X509_get0_notBefore (certificate)) > 0) {
    set_error (error, path, "the certificate isn't valid yet; is the clock right?");
    return FALSE;
  }
  return TRUE;
}

/* OpenSSL's words for a missing file are not everybody's. */
static gboolean
check_file (const gchar *path, GError **error)
{
  if (access (path, R_OK) == 0)
    return TRUE;
  g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS, "%s: %s.", path, g_strerror (errno));
  return FALSE;
}

static gboolean
load_certificate (SSL_CTX *ctx, const gchar *path, GError **error)
{
  if (!check_file (path, error))
    return FALSE;
  ERR_clear_error ();
  SSL_CTX_set_default_passwd_cb (ctx, no_passphrase);
  if (SSL_CTX_use_certificate_chain_file (ctx, path) != 1)
    set_error (error, path, "there is no certificate in it (PEM) that can be used");
  else if (SSL_CTX_use_PrivateKey_file (ctx, path, SSL_FILETYPE_PEM) != 1)
    set_error (error, path,
               "there is no private key in it (PEM, without passphrase) that belongs "
               "to the certificate");
  else if (SSL_CTX_check_private_key (ctx) != 1)
    set_error (error, path, "the private key isn't that of the certificate");
  else
    return check_dates (SSL_CTX_get0_certificate (ctx), path, error);
  return FALSE;
}

static gboolean
load_authorities (SSL_CTX *ctx, const gchar *path, GError **error)
{
  STACK_OF (X509_NAME) * names;

  ERR_clear_error ();
  if (!path) {
    SSL_CTX_set_default_verify_paths (ctx);
    return TRUE;
  }
  if (!check_file (path, error))
    return FALSE;
  names = SSL_load_client_CA_file (path);
  if (!names || SSL_CTX_load_verify_file (ctx, path) != 1) {
    sk_X509_NAME_pop_free (names, X509_NAME_free);
    set_error (error, path, "there is no certificate of an authority in it (PEM)");
    return FALSE;
  }
  /* Tells clients which certificates will do. */
  SSL_CTX_set_client_CA_list (ctx, names);
  return TRUE;
}

/* RFC 9325: TLS 1.2 and 1.3; no renegotiation, no compression. */
static SSL_CTX *
make_ctx (const SSL_METHOD *method)
{
  SSL_CTX *ctx = SSL_CTX_new (method);

  SSL_CTX_set_min_proto_version (ctx, TLS1_2_VERSION);
  SSL_CTX_set_options (ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_cipher_list (ctx, "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL");
  SSL_CTX_set_mode (ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                             SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode (ctx, SSL_SESS_CACHE_OFF);
  /* In SIP every certificate serves both ends, whatever purpose it names (RFC 5922 section 7.1). */
  SSL_CTX_set_purpose (ctx, X509_PURPOSE_ANY);
  SSL_CTX_set_session_id_context (ctx, session_id, sizeof session_id - 1);
  return ctx;
}

/* RFC 6066 section 3: takes the certificate that is for the name that the client asks for. */
static gint
choose_server (SSL *ssl, gint *alert, gpointer data)
{
  SiprecTlsContext *context = data;
  const gchar *name = SSL_get_servername (ssl, TLSEXT_NAMETYPE_host_name);

  for (guint i = 0; name && i < context->servers->len; i++) {
    SSL_CTX *ctx = g_ptr_array_index (context->servers, i);

    if (X509_check_host (SSL_CTX_get0_certificate (ctx), name, 0, 0, NULL) == 1) {
      SSL_set_SSL_CTX (ssl, ctx);
      break;
    }
  }
  return SSL_TLSEXT_ERR_OK;
}

static gboolean
add_server (SiprecTlsContext *context, const SiprecTlsSettings *settings, const gchar *path,
            GError **error)
{
  SSL_CTX *ctx = make_ctx (TLS_server_method ());

  g_ptr_array_add (context->servers, ctx);
  SSL_CTX_set_tlsext_servername_callback (ctx, choose_server);
  SSL_CTX_set_tlsext_servername_arg (ctx, context);
  if (settings->require_client || settings->ca)
    SSL_CTX_set_verify (
        ctx, SSL_VERIFY_PEER | (settings->require_client ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
        NULL);
  return load_certificate (ctx, path, error) && load_authorities (ctx, settings->ca, error);
}

static gboolean
load (SiprecTlsContext *context, const SiprecTlsSettings *settings, GError **error)
{
  g_auto (GStrv) paths = g_strsplit (settings->certificate ? settings->certificate : "", ",", -1);

  for (gchar **path = paths; *path; path++)
    if (!add_server (context, settings, g_strstrip (*path), error))
      return FALSE;
  /* Servers may want a certificate of ours, too. */
  SSL_CTX_set_verify (context->client, SSL_VERIFY_PEER, NULL);
  return (!paths[0] || load_certificate (context->client, paths[0], error)) &&
         load_authorities (context->client, settings->ca, error);
}

SiprecTlsContext *
siprec_tls_context_new (const SiprecTlsSettings *settings, GError **error)
{
  g_autoptr (SiprecTlsContext) context = g_new0 (SiprecTlsContext, 1);

  context->ref_count = 1;
  context->servers = g_ptr_array_new_with_free_func ((GDestroyNotify)SSL_CTX_free);
  context->client = make_ctx (TLS_client_method ());
  return load (context, settings, error) ? g_steal_pointer (&context) : NULL;
}

SiprecTlsContext *
siprec_tls_context_ref (SiprecTlsContext *context)
{
  g_atomic_int_inc (&context->ref_count);
  return context;
}

void
siprec_tls_context_unref (SiprecTlsContext *context)
{
  if (!g_atomic_int_dec_and_test (&context->ref_count))
    return;
  g_ptr_array_unref (context->servers);
  SSL_CTX_free (context->client);
  g_free (context);
}

SSL *
siprec_tls_context_accept (SiprecTlsContext *context)
{
  SSL *ssl = SSL_new (g_ptr_array_index (context->servers, 0));

  SSL_set_accept_state (ssl);
  return ssl;
}

SSL *
siprec_tls_context_connect (SiprecTlsContext *context, const gchar *name)
{
  SSL *ssl = SSL_new (context->client);

  SSL_set_connect_state (ssl);
  if (name && !g_hostname_is_ip_address (name))
    SSL_set_tlsext_host_name (ssl, name);
  return ssl;
}

gchar **
siprec_tls_identities (SSL *ssl)
{
  X509 *certificate = SSL_get0_peer_certificate (ssl);

  if (!certificate || SSL_get_verify_result (ssl) != X509_V_OK)
    return NULL;
  return siprec_peer_identities (certificate);
}

gboolean
siprec_tls_is_for (SSL *ssl, const gchar *const *identities, const gchar *address)
{
  X509 *certificate = SSL_get0_peer_certificate (ssl);
  g_auto (GStrv) own = siprec_tls_identities (ssl);

  if (!own)
    return FALSE;
  for (; identities && *identities; identities++)
    if (siprec_peer_is ((const gchar *const *)own, *identities))
      return TRUE;
  return address && X509_check_ip_asc (certificate, address, 0) == 1;
}
