/* Fingerprints of certificates (RFC 8122).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fingerprint.h"

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
siprec_fingerprint_equal (const SiprecFingerprint *a, const SiprecFingerprint *b)
{
  return a->size == b->size && memcmp (a->digest, b->digest, a->size) == 0;
}

static gboolean
contains (const SiprecFingerprints *fingerprints, const SiprecFingerprint *fingerprint)
{
  for (guint i = 0; i < fingerprints->n; i++) {
    if (siprec_fingerprint_equal (&fingerprints->list[i], fingerprint))
      return TRUE;
  }
  return FALSE;
}

void
siprec_fingerprints_add (SiprecFingerprints *fingerprints, const SiprecFingerprint *fingerprint)
{
  gsize size = fingerprints->list[0].size;

  if (fingerprints->n > 0 && fingerprint->size > size)
    fingerprints->n = 0;
  if ((fingerprints->n > 0 && fingerprint->size < size) || contains (fingerprints, fingerprint) ||
      fingerprints->n == SIPREC_MAX_FINGERPRINTS)
    return;
  fingerprints->list[fingerprints->n++] = *fingerprint;
}

gboolean
siprec_fingerprints_equal (const SiprecFingerprints *a, const SiprecFingerprints *b)
{
  if (a->n != b->n)
    return FALSE;
  for (guint i = 0; i < a->n; i++) {
    if (!contains (b, &a->list[i]))
      return FALSE;
  }
  return TRUE;
}
