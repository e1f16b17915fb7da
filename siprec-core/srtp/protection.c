/* The protection that was agreed for a stream.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protection.h"

#include <openssl/rand.h>
#include <string.h>

/* Weakest first. MD5 and MD2 are no more (RFC 8122 section 5). */
static const struct {
  const gchar *name;
  gsize size;
} hashes[] = {{"sha-1", 20}, {"sha-224", 28}, {"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64}};

/* Hexadecimal octets with a colon between them. */
static gboolean
read_digest (SiprecFingerprint *fingerprint, const gchar *text)
{
  for (gsize i = 0; i < fingerprint->size; i++, text += 2) {
    if (i > 0 && *text++ != ':')
      return FALSE;
    if (!g_ascii_isxdigit (text[0]) || !g_ascii_isxdigit (text[1]))
      return FALSE;
    fingerprint->digest[i] =
        (guint8)(g_ascii_xdigit_value (text[0]) << 4 | g_ascii_xdigit_value (text[1]));
  }
  return *text == '\0' || *text == ' ';
}

gboolean
siprec_fingerprint_read (SiprecFingerprint *fingerprint, const gchar *text)
{
  *fingerprint = (SiprecFingerprint){0};
  text += strspn (text, " ");
  for (gsize i = 0; i < G_N_ELEMENTS (hashes); i++) {
    gsize length = strlen (hashes[i].name);

    if (g_ascii_strncasecmp (text, hashes[i].name, length) != 0 || text[length] != ' ')
      continue;
    fingerprint->hash = hashes[i].name;
    fingerprint->size = hashes[i].size;
    text += length;
    if (read_digest (fingerprint, text + strspn (text, " ")))
      return TRUE;
    break;
  }
  *fingerprint = (SiprecFingerprint){0};
  return FALSE;
}

gchar *
siprec_fingerprint_write (const SiprecFingerprint *fingerprint)
{
  GString *text = g_string_new (fingerprint->hash);

  for (gsize i = 0; i < fingerprint->size; i++)
    g_string_append_printf (text, "%c%02X", i == 0 ? ' ' : ':', fingerprint->digest[i]);
  return g_string_free (text, FALSE);
}

gboolean
siprec_fingerprint_is_better (const SiprecFingerprint *a, const SiprecFingerprint *b)
{
  return a->size > b->size;
}

gboolean
siprec_fingerprint_equal (const SiprecFingerprint *a, const SiprecFingerprint *b)
{
  return a->size == b->size && memcmp (a->digest, b->digest, a->size) == 0;
}

/* RFC 8445 section 5.3: 24 bits of a fragment and 128 of a password at least. */
gboolean
siprec_ice_credentials_make (SiprecIceCredentials *credentials, const gchar *remote_ufrag,
                             const gchar *remote_pwd)
{
  guint8 random[6 + 18];

  if (RAND_bytes (random, sizeof (random)) != 1)
    return FALSE;
  credentials->ufrag = g_base64_encode (random, 6);
  credentials->pwd = g_base64_encode (random + 6, 18);
  credentials->remote_ufrag = g_strdup (remote_ufrag);
  credentials->remote_pwd = g_strdup (remote_pwd);
  return TRUE;
}

void
siprec_ice_credentials_copy (SiprecIceCredentials *to, const SiprecIceCredentials *from)
{
  *to = (SiprecIceCredentials){g_strdup (from->ufrag), g_strdup (from->pwd),
                               g_strdup (from->remote_ufrag), g_strdup (from->remote_pwd)};
}

void
siprec_ice_credentials_clear (SiprecIceCredentials *credentials)
{
  g_clear_pointer (&credentials->ufrag, g_free);
  g_clear_pointer (&credentials->pwd, g_free);
  g_clear_pointer (&credentials->remote_ufrag, g_free);
  g_clear_pointer (&credentials->remote_pwd, g_free);
}

SiprecProtection *
siprec_protection_new (SiprecProtectionKind kind)
{
  SiprecProtection *protection = g_new0 (SiprecProtection, 1);

  protection->kind = kind;
  return protection;
}

SiprecProtection *
siprec_protection_copy (const SiprecProtection *protection)
{
  SiprecProtection *copy;

  if (!protection)
    return NULL;
  copy = g_memdup2 (protection, sizeof (*protection));
  copy->suite_name = g_strdup (protection->suite_name);
  siprec_ice_credentials_copy (&copy->ice, &protection->ice);
  copy->local = siprec_keying_copy (protection->local);
  copy->remote = siprec_keying_copy (protection->remote);
  return copy;
}

void
siprec_protection_free (SiprecProtection *protection)
{
  if (!protection)
    return;
  g_free (protection->suite_name);
  siprec_ice_credentials_clear (&protection->ice);
  siprec_keying_free (protection->local);
  siprec_keying_free (protection->remote);
  g_free (protection);
}

gboolean
siprec_protection_equal (const SiprecProtection *a, const SiprecProtection *b)
{
  if (!a || !b)
    return a == b;
  return a->kind == b->kind && siprec_keying_equal (a->local, b->local) &&
         siprec_keying_equal (a->remote, b->remote) && a->active == b->active &&
         g_strcmp0 (a->ice.pwd, b->ice.pwd) == 0 &&
         siprec_fingerprint_equal (&a->fingerprint, &b->fingerprint);
}
