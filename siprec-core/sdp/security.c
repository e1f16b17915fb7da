/* What an SDP says about keys, and the same in our own.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "security.h"

#include <string.h>

#include "../deviation.h"
#include "../srtp/dtls.h"
#include "crypto.h"

#define MAX_CRYPTOS 16

/* RFC 8839 section 5.4. */
#define MIN_UFRAG  4
#define MIN_PWD    22
#define MAX_ICE    256
#define ICE_OTHERS "+/"

/* RFC 8842 section 4. */
#define MIN_TLS_ID 20
#define MAX_TLS_ID 255

#define SHA1_SIZE 20

/* RFC 8445 section 5.1.2.1, of the first component. */
#define HOST_PRIORITY 2130706431u

static const gchar *const setup_names[] = {
    [SIPREC_SETUP_NONE] = "",
    [SIPREC_SETUP_ACTIVE] = "active",
    [SIPREC_SETUP_PASSIVE] = "passive",
    [SIPREC_SETUP_ACTPASS] = "actpass",
    [SIPREC_SETUP_HOLDCONN] = "holdconn",
};

SiprecTransport
siprec_transport_read (const gchar *proto)
{
  static const struct {
    const gchar *name;
    SiprecTransport transport;
  } names[] = {
      {"RTP/AVP", SIPREC_TRANSPORT_PLAIN},         {"RTP/AVPF", SIPREC_TRANSPORT_PLAIN},
      {"RTP/SAVP", SIPREC_TRANSPORT_SRTP},         {"RTP/SAVPF", SIPREC_TRANSPORT_SRTP},
      {"UDP/TLS/RTP/SAVP", SIPREC_TRANSPORT_DTLS}, {"UDP/TLS/RTP/SAVPF", SIPREC_TRANSPORT_DTLS},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    if (g_ascii_strcasecmp (proto, names[i].name) == 0)
      return names[i].transport;
  }
  return SIPREC_TRANSPORT_OTHER;
}

void
siprec_security_free (SiprecSecurity *security)
{
  if (!security)
    return;
  g_ptr_array_unref (security->cryptos);
  g_free (security->tls_id);
  g_free (security->ufrag);
  g_free (security->pwd);
  g_free (security);
}

/* ---- reading ---- */

static gboolean
has_tag (const SiprecSecurity *security, guint tag)
{
  for (guint i = 0; i < security->cryptos->len; i++) {
    if (((SiprecCrypto *)g_ptr_array_index (security->cryptos, i))->tag == tag)
      return TRUE;
  }
  return FALSE;
}

static void
read_crypto (SiprecSecurity *security, const gchar *value, guint mline, GPtrArray *deviations)
{
  const gchar *problem = NULL;
  SiprecCrypto *crypto = siprec_crypto_read (value, &problem);

  if (crypto && !has_tag (security, crypto->tag)) {
    g_ptr_array_add (security->cryptos, crypto);
    return;
  }
  /* A suite that we lack is no fault of the client. */
  if (crypto || strcmp (problem, "the suite is unknown") != 0)
    siprec_deviations_add (deviations, "sdp-crypto", "media line %u: %s", mline,
                           crypto ? "two lines have the same tag" : problem);
  siprec_crypto_free (crypto);
}

static void
read_fingerprint (SiprecSecurity *security, const gchar *value, guint mline, GPtrArray *deviations)
{
  SiprecFingerprint fingerprint;

  if (!siprec_fingerprint_read (&fingerprint, value)) {
    g_autofree gchar *shown = siprec_printable (value, -1);
    siprec_deviations_add (deviations, "sdp-fingerprint", "media line %u: \"%s\"", mline, shown);
  } else {
    siprec_fingerprints_add (&security->fingerprints, &fingerprint);
  }
}

static void
read_setup (SiprecSecurity *security, const gchar *value)
{
  for (guint i = SIPREC_SETUP_ACTIVE; i < G_N_ELEMENTS (setup_names); i++) {
    if (g_ascii_strcasecmp (value, setup_names[i]) == 0)
      security->setup = i;
  }
}

/* Letters, digits and @others, as many as may be. */
static void
read_token (gchar **place, const gchar *value, gsize least, gsize most, const gchar *others)
{
  gsize length = strlen (value);

  if (length < least || length > most)
    return;
  for (const gchar *p = value; *p != '\0'; p++) {
    if (!g_ascii_isalnum (*p) && !strchr (others, *p))
      return;
  }
  g_free (*place);
  *place = g_strdup (value);
}

static void
read_attributes (SiprecSecurity *security, const GArray *attributes, guint mline,
                 GPtrArray *deviations)
{
  guint n_cryptos = 0;

  for (guint i = 0; i < attributes->len; i++) {
    const GstSDPAttribute *attribute = &g_array_index (attributes, GstSDPAttribute, i);
    g_autofree gchar *value =
        attribute->value ? g_strstrip (g_strdup (attribute->value)) : g_strdup ("");

    if (g_ascii_strcasecmp (attribute->key, "crypto") == 0 && n_cryptos++ < MAX_CRYPTOS)
      read_crypto (security, value, mline, deviations);
    else if (g_ascii_strcasecmp (attribute->key, "fingerprint") == 0)
      read_fingerprint (security, value, mline, deviations);
    else if (g_ascii_strcasecmp (attribute->key, "setup") == 0)
      read_setup (security, value);
    else if (g_ascii_strcasecmp (attribute->key, "ice-ufrag") == 0)
      read_token (&security->ufrag, value, MIN_UFRAG, MAX_ICE, ICE_OTHERS);
    else if (g_ascii_strcasecmp (attribute->key, "ice-pwd") == 0)
      read_token (&security->pwd, value, MIN_PWD, MAX_ICE, ICE_OTHERS);
    else if (g_ascii_strcasecmp (attribute->key, "tls-id") == 0)
      read_token (&security->tls_id, value, MIN_TLS_ID, MAX_TLS_ID, "+/-_");
    explicit_bzero (value, strlen (value));
  }
}

/* TRUE if the other side does ICE-lite as well: then nobody checks anything. */
static gboolean
is_ice_lite (const GstSDPMessage *sdp)
{
  return gst_sdp_message_get_attribute_val (sdp, "ice-lite") != NULL;
}

SiprecSecurity *
siprec_security_read (const GstSDPMessage *sdp, const GstSDPMedia *media, guint mline,
                      GPtrArray *deviations)
{
  SiprecSecurity *security = g_new0 (SiprecSecurity, 1);
  SiprecFingerprints shared;

  security->cryptos = g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_crypto_free);
  /* The line's own count more; a=crypto is for lines only (RFC 4568 section 4). */
  read_attributes (security, sdp->attributes, mline, deviations);
  g_ptr_array_set_size (security->cryptos, 0);
  shared = security->fingerprints;
  security->fingerprints.n = 0;
  read_attributes (security, media->attributes, mline, deviations);
  if (security->fingerprints.n == 0)
    security->fingerprints = shared;
  if (security->fingerprints.n > 0 && security->fingerprints.list[0].size == SHA1_SIZE)
    siprec_deviations_add (deviations, "sdp-fingerprint-sha1", "media line %u", mline);
  if (!security->ufrag || !security->pwd || is_ice_lite (sdp)) {
    g_clear_pointer (&security->ufrag, g_free);
    g_clear_pointer (&security->pwd, g_free);
  }
  return security;
}

const SiprecCrypto *
siprec_security_choose (const SiprecSecurity *security)
{
  const SiprecCrypto *best = NULL;

  for (guint i = 0; i < security->cryptos->len; i++) {
    const SiprecCrypto *crypto = g_ptr_array_index (security->cryptos, i);

    if (siprec_suite_is_better (crypto->keying.suite, best ? best->keying.suite : NULL))
      best = crypto;
  }
  return best;
}

/* ---- writing ---- */

static void
write_sdes (GString *sdp, const SiprecProtection *protection)
{
  g_autofree gchar *crypto =
      siprec_crypto_write (protection->tag, protection->suite_name, protection->local);

  g_string_append_printf (sdp, "a=crypto:%s\r\n", crypto);
  explicit_bzero (crypto, strlen (crypto));
}

static void
write_dtls (GString *sdp, const SiprecProtection *protection)
{
  SiprecFingerprint own;

  if (siprec_dtls_get_fingerprint (&own)) {
    g_autofree gchar *fingerprint = siprec_fingerprint_write (&own);

    g_string_append_printf (sdp, "a=fingerprint:%s\r\n", fingerprint);
  }
  g_string_append_printf (sdp, "a=setup:%s\r\n", protection->active ? "active" : "passive");
  if (protection->tls_id)
    g_string_append_printf (sdp, "a=tls-id:%s\r\n", protection->tls_id);
}

/* One host candidate a component, at the address that the SDP names (RFC 8839 section 5.1). */
static void
write_ice (GString *sdp, const SiprecProtection *protection, const gchar *address, guint16 port,
           gboolean mux)
{
  g_string_append_printf (sdp, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", protection->ice.ufrag,
                          protection->ice.pwd);
  for (guint i = 0; i < (mux ? 1 : 2); i++)
    g_string_append_printf (sdp, "a=candidate:1 %u UDP %u %s %u typ host\r\n", i + 1,
                            HOST_PRIORITY - i, address, port + i);
}

void
siprec_security_write (GString *sdp, const SiprecProtection *protection, const gchar *address,
                       guint16 port, gboolean mux)
{
  if (!protection)
    return;
  if (protection->kind == SIPREC_PROTECTION_SDES)
    write_sdes (sdp, protection);
  else if (protection->kind == SIPREC_PROTECTION_DTLS)
    write_dtls (sdp, protection);
  if (protection->ice.ufrag)
    write_ice (sdp, protection, address, port, mux);
}

/* ---- hiding ---- */

/* Replaces what begins at @secret up to one of @ends. */
static void
blot_out (gchar *secret, const gchar *ends)
{
  memset (secret, '*', strcspn (secret, ends));
}

static gchar *
find_word (gchar *text, const gchar *word)
{
  gsize length = strlen (word);

  for (; *text != '\0'; text++) {
    if (g_ascii_strncasecmp (text, word, length) == 0)
      return text + length;
  }
  return NULL;
}

void
siprec_security_redact_line (gchar *line)
{
  gchar *secret = line;

  while ((secret = find_word (secret, "inline:")))
    blot_out (secret, "|; \t");
  secret = find_word (line, "ice-pwd:");
  if (secret)
    blot_out (secret, "");
  /* The key line that SDP once had, and MIKEY (RFC 4567). */
  if (g_ascii_strncasecmp (line, "k=", 2) == 0)
    blot_out (line + 2, "");
  secret = find_word (line, "key-mgmt:");
  if (secret)
    blot_out (secret, "");
}

static void
redact_attributes (GArray *attributes)
{
  static const gchar *const secret[] = {"crypto", "ice-pwd", "key-mgmt"};

  for (guint i = 0; i < attributes->len; i++) {
    GstSDPAttribute *attribute = &g_array_index (attributes, GstSDPAttribute, i);

    for (gsize j = 0; j < G_N_ELEMENTS (secret); j++) {
      if (!attribute->value || g_ascii_strcasecmp (attribute->key, secret[j]) != 0)
        continue;
      if (j == 0)
        siprec_security_redact_line (attribute->value);
      else
        blot_out (attribute->value, "");
    }
  }
}

void
siprec_security_redact (GstSDPMessage *sdp)
{
  redact_attributes (sdp->attributes);
  for (guint i = 0; i < gst_sdp_message_medias_len (sdp); i++)
    redact_attributes (gst_sdp_message_get_media (sdp, i)->attributes);
}
