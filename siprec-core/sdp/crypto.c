/* Reads and writes a=crypto lines (RFC 4568 sections 4, 6 and 9).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "crypto.h"

#include <string.h>

#include "codec.h"

#define MAX_TAG      999999999
#define MAX_KEY_TEXT 64
#define INLINE       "inline:"

/* The most packets that one key is for (RFC 3711 section 9.2). */
#define MAX_LIFETIME (G_GUINT64_CONSTANT (1) << 48)

void
siprec_crypto_free (SiprecCrypto *crypto)
{
  if (!crypto)
    return;
  siprec_keying_clear (&crypto->keying);
  g_free (crypto->name);
  g_free (crypto);
}

static gboolean
is_number (const gchar *text)
{
  return *text != '\0' && text[strspn (text, "0123456789")] == '\0';
}

/* Key and salt. The padding of base64 may be left out. */
static gboolean
read_key (SiprecMasterKey *key, const SiprecSuite *suite, const gchar *text)
{
  gsize length = strcspn (text, "="), size = 0;
  gchar padded[MAX_KEY_TEXT + 4] = "";
  g_autofree guint8 *octets = NULL;
  gboolean fits;

  if (length > MAX_KEY_TEXT || length % 4 == 1 ||
      text[length + strspn (text + length, "=")] != '\0')
    return FALSE;
  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isalnum (text[i]) && text[i] != '+' && text[i] != '/')
      return FALSE;
    padded[i] = text[i];
  }
  for (gsize i = length; i % 4 != 0; i++)
    padded[i] = '=';
  octets = g_base64_decode (padded, &size);
  fits = size == suite->key_size + suite->salt_size;
  if (fits)
    memcpy (key->key, octets, size);
  /* Neither stays behind in freed memory. */
  explicit_bzero (octets, size);
  explicit_bzero (padded, sizeof (padded));
  return fits;
}

static gboolean
is_lifetime (const gchar *text)
{
  gboolean power = g_str_has_prefix (text, "2^");
  guint64 number;

  if (power)
    text += 2;
  if (!is_number (text) || strlen (text) > 15)
    return FALSE;
  number = g_ascii_strtoull (text, NULL, 10);
  return power ? number <= 48 : number > 0 && number <= MAX_LIFETIME;
}

/* "1066:4": a decimal number, and how many octets it has in packets. */
static gboolean
read_mki (SiprecMasterKey *key, const gchar *text)
{
  const gchar *colon = strchr (text, ':');
  const gchar *size = colon + 1;
  guint octets = 0;

  if (!siprec_codec_read_number (&size, "", SIPREC_MAX_MKI, &octets) || octets == 0 ||
      colon == text)
    return FALSE;
  key->mki_size = octets;
  for (; text < colon; text++) {
    guint carry = (guint)(*text - '0');

    if (!g_ascii_isdigit (*text))
      return FALSE;
    for (guint i = octets; i-- > 0; carry >>= 8) {
      carry += key->mki[i] * 10u;
      key->mki[i] = (guint8)carry;
    }
    if (carry != 0)
      return FALSE;
  }
  return TRUE;
}

/* "inline:KEY|2^20|1:4" */
static gboolean
read_key_param (SiprecMasterKey *key, const SiprecSuite *suite, const gchar *text,
                const gchar **problem)
{
  g_auto (GStrv) parts = NULL;
  gboolean good;

  *problem = "the key method is not inline";
  if (g_ascii_strncasecmp (text, INLINE, strlen (INLINE)) != 0)
    return FALSE;
  parts = g_strsplit (text + strlen (INLINE), "|", 4);
  *problem = "the key has not the length that the suite wants";
  good = parts[0] && read_key (key, suite, parts[0]);
  for (guint i = 1; good && parts[i]; i++) {
    gboolean mki = strchr (parts[i], ':') != NULL;

    *problem = mki ? "the key identifier can't be read" : "the lifetime can't be read";
    good = i < 3 && (mki ? key->mki_size == 0 && read_mki (key, parts[i])
                         : i == 1 && is_lifetime (parts[i]));
  }
  if (parts[0])
    explicit_bzero (parts[0], strlen (parts[0]));
  return good;
}

/* RFC 4568 section 6.1: several keys all have identifiers, of one length. */
static gboolean
check_mkis (const SiprecKeying *keying)
{
  for (guint i = 1; i < keying->n_keys; i++) {
    if (keying->keys[i].mki_size == 0 || keying->keys[i].mki_size != keying->keys[0].mki_size)
      return FALSE;
    for (guint j = 0; j < i; j++) {
      if (memcmp (keying->keys[i].mki, keying->keys[j].mki, keying->keys[i].mki_size) == 0)
        return FALSE;
    }
  }
  return TRUE;
}

static gboolean
read_keys (SiprecKeying *keying, const gchar *text, const gchar **problem)
{
  g_auto (GStrv) keys = g_strsplit (text, ";", SIPREC_MAX_MASTER_KEYS + 1);
  gboolean good = TRUE;

  for (guint i = 0; good && keys[i]; i++) {
    *problem = "it has too many keys";
    good = i < SIPREC_MAX_MASTER_KEYS &&
           read_key_param (&keying->keys[keying->n_keys++], keying->suite, keys[i], problem);
  }
  for (guint i = 0; keys[i]; i++)
    explicit_bzero (keys[i], strlen (keys[i]));
  if (good && !check_mkis (keying)) {
    *problem = "its keys can't be told apart by their identifiers";
    return FALSE;
  }
  return good;
}

/* One session parameter (section 6.3). What is unknown makes the line invalid unless a dash precedes it. */
static gboolean
read_parameter (SiprecKeying *keying, const gchar *text, const gchar **problem)
{
  if (g_ascii_strcasecmp (text, "UNENCRYPTED_SRTCP") == 0) {
    keying->plain_rtcp = TRUE;
    return TRUE;
  }
  if (*text == '-' || g_ascii_strncasecmp (text, "WSH=", 4) == 0 ||
      g_ascii_strcasecmp (text, "KDR=0") == 0 ||
      g_ascii_strcasecmp (text, "FEC_ORDER=FEC_SRTP") == 0)
    return TRUE;
  if (g_ascii_strcasecmp (text, "UNENCRYPTED_SRTP") == 0)
    *problem = "its media would not be encrypted";
  else if (g_ascii_strcasecmp (text, "UNAUTHENTICATED_SRTP") == 0)
    *problem = "its media would not be authenticated";
  else if (g_ascii_strncasecmp (text, "KDR=", 4) == 0)
    *problem = "keys are not derived again (KDR)";
  else if (g_ascii_strncasecmp (text, "FEC_", 4) == 0)
    *problem = "error correction of SRTP is not understood (FEC)";
  else
    *problem = "a session parameter is not understood";
  return FALSE;
}

/* The words of @value, without empty ones. */
static GPtrArray *
split_words (const gchar *value)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);

  while (*(value += strspn (value, " ")) != '\0') {
    gsize length = strcspn (value, " ");

    g_ptr_array_add (words, g_strndup (value, length));
    value += length;
  }
  return words;
}

static gboolean
read_words (SiprecCrypto *crypto, GPtrArray *words, const gchar **problem)
{
  const gchar *tag;

  *problem = "it has no tag, suite and key";
  if (words->len < 3)
    return FALSE;
  tag = g_ptr_array_index (words, 0);
  *problem = "the tag is no number";
  if (!siprec_codec_read_number (&tag, "", MAX_TAG, &crypto->tag))
    return FALSE;
  crypto->name = g_strdup (g_ptr_array_index (words, 1));
  crypto->keying.suite = siprec_suite_find (crypto->name);
  *problem = "the suite is unknown";
  if (!crypto->keying.suite || !read_keys (&crypto->keying, g_ptr_array_index (words, 2), problem))
    return FALSE;
  for (guint i = 3; i < words->len; i++) {
    if (!read_parameter (&crypto->keying, g_ptr_array_index (words, i), problem))
      return FALSE;
  }
  return TRUE;
}

SiprecCrypto *
siprec_crypto_read (const gchar *value, const gchar **problem)
{
  g_autoptr (SiprecCrypto) crypto = g_new0 (SiprecCrypto, 1);
  g_autoptr (GPtrArray) words = split_words (value);
  gboolean good = read_words (crypto, words, problem);

  if (words->len > 2)
    explicit_bzero (g_ptr_array_index (words, 2), strlen (g_ptr_array_index (words, 2)));
  return good ? g_steal_pointer (&crypto) : NULL;
}

gchar *
siprec_crypto_write (guint tag, const gchar *name, const SiprecKeying *keying)
{
  g_autofree gchar *key =
      g_base64_encode (keying->keys[0].key, keying->suite->key_size + keying->suite->salt_size);
  gchar *text = g_strdup_printf ("%u %s " INLINE "%s%s", tag, name, key,
                                 keying->plain_rtcp ? " UNENCRYPTED_SRTCP" : "");

  explicit_bzero (key, strlen (key));
  return text;
}
