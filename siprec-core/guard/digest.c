/* Digest authentication of requests (RFC 7616, RFC 8760)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "digest.h"

#include <string.h>

#include <openssl/crypto.h>

#include "../random.h"

#define NONCE_LIFETIME (5 * 60 * G_TIME_SPAN_SECOND)
/* Nonces in use at a time; before more are remembered all are forgotten, and stale. */
#define MAX_NONCES 10000
/* Digits of a nonce: time, chance, and the sum that says that it is ours. */
#define TIME_DIGITS   16
#define CHANCE_DIGITS 16
#define SUM_DIGITS    64

/**
 * @secret: what nonces are signed with
 * @counts: nonce -> the highest nonce count it was used with
 * @oldest: nonces made before are stale
 */
struct _SiprecDigest {
  gchar *realm;
  gchar *secret;
  GHashTable *counts;
  gint64 oldest;
};

SiprecDigest *
siprec_digest_new (const gchar *realm)
{
  SiprecDigest *digest = g_new0 (SiprecDigest, 1);

  digest->realm = g_strdup (realm);
  digest->secret = siprec_random_hex (32);
  digest->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return digest;
}

void
siprec_digest_free (SiprecDigest *digest)
{
  g_hash_table_unref (digest->counts);
  g_free (digest->secret);
  g_free (digest->realm);
  g_free (digest);
}

/* the header */

static const gchar *
skip_space (const gchar *text)
{
  return text + strspn (text, " \t");
}

/* Reads a quoted string at *@text. Returns: NULL if it doesn't end */
static gchar *
read_quoted (const gchar **text)
{
  g_autoptr (GString) value = g_string_new (NULL);
  const gchar *p = *text + 1;

  for (; *p && *p != '"'; p++) {
    if (*p == '\\' && p[1])
      p++;
    g_string_append_c (value, *p);
  }
  if (*p != '"')
    return NULL;
  *text = p + 1;
  return g_string_free (g_steal_pointer (&value), FALSE);
}

static gchar *
read_value (const gchar **text)
{
  gsize length;
  gchar *value;

  if (**text == '"')
    return read_quoted (text);
  length = strcspn (*text, ", \t\"");
  value = g_strndup (*text, length);
  *text += length;
  return value;
}

gchar *
siprec_digest_field (const gchar *header, const gchar *name)
{
  const gchar *p = skip_space (header);
  g_autofree gchar *found = NULL;

  if (g_ascii_strncasecmp (p, "Digest", 6) != 0 || (p[6] != ' ' && p[6] != '\t'))
    return NULL;
  for (p = skip_space (p + 6); *p;) {
    gsize length = strcspn (p, "=, \t\"");
    gboolean wanted = length == strlen (name) && g_ascii_strncasecmp (p, name, length) == 0;
    g_autofree gchar *value = NULL;

    p = skip_space (p + length);
    if (length == 0 || *p != '=')
      return NULL;
    p = skip_space (p + 1);
    value = read_value (&p);
    /* Twice the same could mean one thing to us and another to others. */
    if (!value || (wanted && found))
      return NULL;
    if (wanted)
      found = g_steal_pointer (&value);
    p = skip_space (p);
    if (*p == ',')
      p = skip_space (p + 1);
    else if (*p)
      return NULL;
  }
  return g_steal_pointer (&found);
}

static gboolean
field_is (const gchar *header, const gchar *name, const gchar *expected)
{
  g_autofree gchar *value = siprec_digest_field (header, name);

  return value && g_ascii_strcasecmp (value, expected) == 0;
}

/* The one of the request's Authorization headers that answers us. */
static const gchar *
find_header (SiprecDigest *digest, const SiprecRequest *request)
{
  for (guint i = 0; i < request->headers->len; i++) {
    const SiprecHeader *header = g_ptr_array_index (request->headers, i);
    g_autofree gchar *realm = NULL;

    if (g_ascii_strcasecmp (header->name, "Authorization") != 0)
      continue;
    realm = siprec_digest_field (header->value, "realm");
    if (g_strcmp0 (realm, digest->realm) == 0)
      return header->value;
  }
  return NULL;
}

/* nonces */

/* A nonce is of use only where it was sent to: else somebody who forges the address of another could make
 * wrong passwords in that one's name. */
static gchar *
sign (SiprecDigest *digest, const gchar *text, const gchar *source)
{
  g_autofree gchar *signed_text = g_strjoin ("\n", text, source, NULL);

  return g_compute_hmac_for_string (G_CHECKSUM_SHA256, (const guchar *)digest->secret,
                                    strlen (digest->secret), signed_text, -1);
}

static gchar *
make_nonce (SiprecDigest *digest, const gchar *source, gint64 now)
{
  g_autofree gchar *chance = siprec_random_hex (CHANCE_DIGITS / 2);
  g_autofree gchar *text = g_strdup_printf ("%016" G_GINT64_MODIFIER "x%s", now, chance);
  g_autofree gchar *sum = sign (digest, text, source);

  return g_strconcat (text, sum, NULL);
}

/* TRUE if @nonce is one that we sent to @source; @made: (out) */
static gboolean
read_nonce (SiprecDigest *digest, const gchar *nonce, const gchar *source, gint64 *made)
{
  g_autofree gchar *text = NULL;
  g_autofree gchar *sum = NULL;

  if (strlen (nonce) != TIME_DIGITS + CHANCE_DIGITS + SUM_DIGITS)
    return FALSE;
  text = g_strndup (nonce, TIME_DIGITS + CHANCE_DIGITS);
  sum = sign (digest, text, source);
  if (CRYPTO_memcmp (sum, nonce + TIME_DIGITS + CHANCE_DIGITS, SUM_DIGITS) != 0)
    return FALSE;
  text[TIME_DIGITS] = '\0';
  *made = g_ascii_strtoll (text, NULL, 16);
  return TRUE;
}

/* Notes that @nonce is used for the @count-th time. FALSE if it has been already, or is too old. */
static gboolean
use_nonce (SiprecDigest *digest, const gchar *nonce, gint64 made, guint count, gint64 now)
{
  guint last = GPOINTER_TO_UINT (g_hash_table_lookup (digest->counts, nonce));

  if (made < digest->oldest || now - made > NONCE_LIFETIME || count <= last)
    return FALSE;
  if (last == 0 && g_hash_table_size (digest->counts) >= MAX_NONCES) {
    g_hash_table_remove_all (digest->counts);
    digest->oldest = now;
  }
  g_hash_table_insert (digest->counts, g_strdup (nonce), GUINT_TO_POINTER (count));
  return TRUE;
}

/* the check */

/* RFC 7616 section 3.4.1, with qop=auth. */
static gboolean
is_right (const gchar *header, GChecksumType algorithm, const gchar *ha1, const gchar *method,
          const gchar *nonce, const gchar *nc)
{
  g_autofree gchar *uri = siprec_digest_field (header, "uri");
  g_autofree gchar *cnonce = siprec_digest_field (header, "cnonce");
  g_autofree gchar *response = siprec_digest_field (header, "response");
  g_autofree gchar *a2 = g_strconcat (method, ":", uri ? uri : "", NULL);
  g_autofree gchar *ha2 = g_compute_checksum_for_string (algorithm, a2, -1);
  g_autofree gchar *text = g_strjoin (":", ha1, nonce, nc, cnonce ? cnonce : "", "auth", ha2, NULL);
  g_autofree gchar *expected = g_compute_checksum_for_string (algorithm, text, -1);
  g_autofree gchar *lower = response ? g_ascii_strdown (response, -1) : NULL;
  gsize length = strlen (expected);

  return uri && cnonce && lower && strlen (lower) == length &&
         CRYPTO_memcmp (lower, expected, length) == 0;
}

/* RFC 7616 section 3.4: eight hexadecimal digits. */
static guint
read_count (const gchar *nc)
{
  guint64 count = 0;

  if (!nc || strlen (nc) != 8 || !g_ascii_string_to_unsigned (nc, 16, 1, G_MAXUINT32, &count, NULL))
    return 0;
  return count;
}

SiprecDigestResult
siprec_digest_check (SiprecDigest *digest, const SiprecCredentials *credentials,
                     const SiprecRequest *request, gint64 now)
{
  const gchar *header = find_header (digest, request);
  gboolean sha256 = header && field_is (header, "algorithm", "SHA-256");
  GChecksumType algorithm = sha256 ? G_CHECKSUM_SHA256 : G_CHECKSUM_MD5;
  g_autofree gchar *user = header ? siprec_digest_field (header, "username") : NULL;
  g_autofree gchar *nonce = header ? siprec_digest_field (header, "nonce") : NULL;
  g_autofree gchar *nc = header ? siprec_digest_field (header, "nc") : NULL;
  g_autofree gchar *named = header ? siprec_digest_field (header, "algorithm") : NULL;
  guint count = read_count (nc);
  const gchar *ha1;
  gint64 made;

  if (!user || !nonce || count == 0 || !field_is (header, "qop", "auth") ||
      (named && !sha256 && g_ascii_strcasecmp (named, "MD5") != 0) ||
      !read_nonce (digest, nonce, request->remote_address, &made))
    return SIPREC_DIGEST_MISSING;
  /* Users that don't exist take as long as those that do. */
  ha1 = siprec_credentials_find (credentials, algorithm, digest->realm, user);
  if (!is_right (header, algorithm, ha1 ? ha1 : digest->secret, request->method, nonce, nc) || !ha1)
    return SIPREC_DIGEST_WRONG;
  return use_nonce (digest, nonce, made, count, now) ? SIPREC_DIGEST_GOOD : SIPREC_DIGEST_STALE;
}

gchar **
siprec_digest_challenge (SiprecDigest *digest, const SiprecCredentials *credentials,
                         const gchar *source, gboolean stale, gint64 now)
{
  static const struct {
    GChecksumType type;
    const gchar *name;
  } algorithms[] = {{G_CHECKSUM_SHA256, "SHA-256"}, {G_CHECKSUM_MD5, "MD5"}};
  g_autofree gchar *nonce = make_nonce (digest, source, now);
  gboolean some = !siprec_credentials_all_have (credentials, G_CHECKSUM_SHA256, digest->realm) &&
                  !siprec_credentials_all_have (credentials, G_CHECKSUM_MD5, digest->realm);
  gchar **lines = g_new0 (gchar *, G_N_ELEMENTS (algorithms) + 1);
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++)
    if (some ? siprec_credentials_have (credentials, algorithms[i].type, digest->realm)
             : siprec_credentials_all_have (credentials, algorithms[i].type, digest->realm))
      lines[n++] =
          g_strdup_printf ("WWW-Authenticate: Digest realm=\"%s\", nonce=\"%s\", "
                           "qop=\"auth\", algorithm=%s%s",
                           digest->realm, nonce, algorithms[i].name, stale ? ", stale=true" : "");
  return lines;
}
