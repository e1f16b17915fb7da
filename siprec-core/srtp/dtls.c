/* DTLS without a socket: datagrams in, datagrams out.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#include "cookie.h"
#include "identity.h"

/* Fits into what every way to a client lets through, with IPv6 and UDP around it. */
#define MTU 1200

#define TIMEOUT (30 * GST_SECOND)

/* RFC 5764 section 4.2. */
#define EXPORTER "EXTRACTOR-dtls_srtp"

#define MAX_EXPORT (2 * (SIPREC_MAX_CIPHER_KEY + SIPREC_MAX_SALT))

struct _SiprecDtls {
  SSL *ssl;
  gboolean active;
  SiprecFingerprints remote;
  SiprecDtlsSend send;
  gpointer user_data;

  SiprecDtlsState state;
  SiprecDtlsFailure failure;
  gboolean listening; /* nobody has shown a cookie yet */
  SiprecCookiePlace place;
  GstClockTime
      begun; /* at the first tick, if passive the first since it doesn't listen any more; or 0 */

  const guint8 *data; /* the datagram being read */
  gsize size;
};

/* ---- the BIO: a datagram a call ---- */

static gint
bio_write (BIO *bio, const gchar *data, gint size)
{
  SiprecDtls *dtls = BIO_get_data (bio);

  dtls->send (dtls->user_data, (const guint8 *)data, (gsize)size);
  return size;
}

static gint
bio_read (BIO *bio, gchar *data, gint size)
{
  SiprecDtls *dtls = BIO_get_data (bio);
  gsize n = MIN (dtls->size, (gsize)size);

  BIO_clear_retry_flags (bio);
  if (n == 0) {
    BIO_set_retry_read (bio);
    return -1;
  }
  memcpy (data, dtls->data, n);
  dtls->size = 0;
  return (gint)n;
}

static glong
bio_control (BIO *bio, gint command, glong number, gpointer pointer)
{
  switch (command) {
  case BIO_CTRL_FLUSH:
    return 1;
  case BIO_CTRL_DGRAM_QUERY_MTU:
  case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
    return MTU;
  default:
    return 0;
  }
}

static BIO_METHOD *
get_method (void)
{
  static gsize once;

  if (g_once_init_enter (&once)) {
    BIO_METHOD *method = BIO_meth_new (BIO_get_new_index () | BIO_TYPE_SOURCE_SINK, "siprec-dtls");

    BIO_meth_set_write (method, bio_write);
    BIO_meth_set_read (method, bio_read);
    BIO_meth_set_ctrl (method, bio_control);
    g_once_init_leave (&once, (gsize)method);
  }
  return (BIO_METHOD *)once;
}

static void
attach_bio (SiprecDtls *dtls)
{
  BIO *bio = BIO_new (get_method ());

  BIO_set_data (bio, dtls);
  BIO_set_init (bio, 1);
  SSL_set_bio (dtls->ssl, bio, bio);
}

SiprecDtls *
siprec_dtls_new (gboolean active, const SiprecFingerprints *remote, SiprecDtlsSend send,
                 gpointer user_data)
{
  SSL_CTX *identity = siprec_identity_get ();
  SiprecDtls *dtls = g_new0 (SiprecDtls, 1);

  dtls->active = active;
  dtls->remote = *remote;
  dtls->send = send;
  dtls->user_data = user_data;
  dtls->ssl = identity ? SSL_new (identity) : NULL;
  if (!dtls->ssl) {
    dtls->state = SIPREC_DTLS_FAILED;
    dtls->failure = SIPREC_DTLS_BAD_HANDSHAKE;
    return dtls;
  }
  dtls->listening = !active;
  attach_bio (dtls);
  if (active) {
    SSL_set_mtu (dtls->ssl, MTU);
    SSL_set_connect_state (dtls->ssl);
  } else {
    siprec_cookie_set_place (dtls->ssl, &dtls->place);
    SSL_set_options (dtls->ssl, SSL_OP_COOKIE_EXCHANGE);
  }
  return dtls;
}

void
siprec_dtls_free (SiprecDtls *dtls)
{
  if (!dtls)
    return;
  SSL_free (dtls->ssl);
  g_free (dtls);
}

void
siprec_dtls_set_send (SiprecDtls *dtls, SiprecDtlsSend send)
{
  dtls->send = send;
}

/* ---- the handshake ---- */

static void
fail (SiprecDtls *dtls, SiprecDtlsFailure failure)
{
  dtls->state = SIPREC_DTLS_FAILED;
  dtls->failure = failure;
}

/* RFC 5763 section 5: the certificate is as good as its fingerprint in the SDP. */
static gboolean
is_expected (SiprecDtls *dtls)
{
  X509 *certificate = SSL_get1_peer_certificate (dtls->ssl);
  SiprecFingerprint shown = dtls->remote.list[0];
  gboolean known = dtls->remote.n > 0 && siprec_identity_digest (certificate, &shown);
  gboolean same = FALSE;

  /* Section 5 of RFC 8122: any of those that there are. */
  for (guint i = 0; known && i < dtls->remote.n; i++)
    same |= siprec_fingerprint_equal (&shown, &dtls->remote.list[i]);
  X509_free (certificate);
  return same;
}

static void
finish (SiprecDtls *dtls)
{
  if (!is_expected (dtls))
    fail (dtls, SIPREC_DTLS_BAD_FINGERPRINT);
  else if (!SSL_get_selected_srtp_profile (dtls->ssl))
    fail (dtls, SIPREC_DTLS_BAD_HANDSHAKE);
  else
    dtls->state = SIPREC_DTLS_DONE;
}

static void
shake (SiprecDtls *dtls)
{
  gint result;

  ERR_clear_error ();
  result = SSL_do_handshake (dtls->ssl);
  if (result == 1) {
    finish (dtls);
    return;
  }
  switch (SSL_get_error (dtls->ssl, result)) {
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE:
    break;
  default:
    fail (dtls, SIPREC_DTLS_BAD_HANDSHAKE);
  }
}

/* Answers whoever asks with a cookie to come back with. */
static void
listen (SiprecDtls *dtls)
{
  BIO_ADDR *unused = BIO_ADDR_new ();
  gint result;

  ERR_clear_error ();
  result = DTLSv1_listen (dtls->ssl, unused);
  BIO_ADDR_free (unused);
  if (result != 1)
    return;
  dtls->listening = FALSE;
  SSL_set_mtu (dtls->ssl, MTU);
  shake (dtls);
}

/* After the handshake: the peer may lack our last flight, and OpenSSL sends it again. What else is sent is for
 * nobody. */
static void
read_rest (SiprecDtls *dtls)
{
  guint8 rest[256];

  ERR_clear_error ();
  while (SSL_read (dtls->ssl, rest, sizeof (rest)) > 0)
    continue;
}

void
siprec_dtls_set_place (SiprecDtls *dtls, gconstpointer place, gsize size)
{
  dtls->place.size = MIN (size, sizeof (dtls->place.data));
  memcpy (dtls->place.data, place, dtls->place.size);
}

SiprecDtlsState
siprec_dtls_input (SiprecDtls *dtls, const guint8 *data, gsize size)
{
  if (dtls->state == SIPREC_DTLS_FAILED)
    return dtls->state;
  dtls->data = data;
  dtls->size = size;
  if (dtls->listening)
    listen (dtls);
  else if (dtls->state == SIPREC_DTLS_HANDSHAKING)
    shake (dtls);
  else
    read_rest (dtls);
  dtls->size = 0;
  return dtls->state;
}

SiprecDtlsState
siprec_dtls_tick (SiprecDtls *dtls, GstClockTime now)
{
  if (dtls->state != SIPREC_DTLS_HANDSHAKING || dtls->listening)
    return dtls->state;
  if (dtls->begun == 0) {
    dtls->begun = now;
    if (dtls->active)
      shake (dtls);
  } else if (now > dtls->begun + TIMEOUT) {
    fail (dtls, SIPREC_DTLS_TIMEOUT);
  } else if (DTLSv1_handle_timeout (dtls->ssl) < 0) {
    fail (dtls, SIPREC_DTLS_TIMEOUT);
  }
  return dtls->state;
}

gboolean
siprec_dtls_is_listening (const SiprecDtls *dtls)
{
  return dtls->listening;
}

SiprecDtlsState
siprec_dtls_get_state (const SiprecDtls *dtls)
{
  return dtls->state;
}

SiprecDtlsFailure
siprec_dtls_get_failure (const SiprecDtls *dtls)
{
  return dtls->failure;
}

/* RFC 5764 section 4.2: both keys, then both salts, the client's first. */
static void
cut_keys (const SiprecSuite *suite, const guint8 *material, guint side, SiprecKeying *keying)
{
  *keying = (SiprecKeying){.suite = suite, .n_keys = 1};
  memcpy (keying->keys[0].key, material + side * suite->key_size, suite->key_size);
  memcpy (keying->keys[0].key + suite->key_size,
          material + 2 * suite->key_size + side * suite->salt_size, suite->salt_size);
}

gboolean
siprec_dtls_get_keys (SiprecDtls *dtls, SiprecKeying *local, SiprecKeying *remote)
{
  const SiprecSuite *suite;
  guint8 material[MAX_EXPORT];

  if (dtls->state != SIPREC_DTLS_DONE)
    return FALSE;
  suite = siprec_suite_find_dtls (SSL_get_selected_srtp_profile (dtls->ssl)->name);
  if (!suite ||
      SSL_export_keying_material (dtls->ssl, material, 2 * (suite->key_size + suite->salt_size),
                                  EXPORTER, strlen (EXPORTER), NULL, 0, 0) != 1)
    return FALSE;
  cut_keys (suite, material, dtls->active ? 0 : 1, local);
  cut_keys (suite, material, dtls->active ? 1 : 0, remote);
  OPENSSL_cleanse (material, sizeof (material));
  return TRUE;
}

gboolean
siprec_dtls_is_record (const guint8 *data, gsize size)
{
  return size > 0 && data[0] >= 20 && data[0] <= 63;
}

gboolean
siprec_dtls_is_hello (const guint8 *data, gsize size, gboolean *first)
{
  /* A handshake record that isn't encrypted (epoch 0), with a ClientHello in it. They are numbered. */
  gboolean hello = size > 18 && data[0] == 22 && data[3] == 0 && data[4] == 0 && data[13] == 1;

  *first = hello && data[17] == 0 && data[18] == 0;
  return hello;
}
