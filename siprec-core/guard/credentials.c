/* The users that may record, from a file with hashed passwords
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "credentials.h"

#include <string.h>

#include "../error.h"

#define MAX_FILE_BYTES (16 * 1024 * 1024)

/* How many users a realm has, and how many of them have a line of each algorithm. */
typedef struct {
  guint users;
  guint md5;
  guint sha256;
} Realm;

struct _SiprecCredentials {
  GHashTable *hashes; /* "algorithm\nrealm\nuser" -> HA1 */
  GHashTable *realms; /* name -> Realm */
};

static gchar *
make_key (GChecksumType algorithm, const gchar *realm, const gchar *user)
{
  return g_strdup_printf ("%d\n%s\n%s", algorithm, realm, user);
}

static void
count_user (SiprecCredentials *credentials, GChecksumType algorithm, const gchar *name,
            const gchar *user)
{
  GChecksumType other = algorithm == G_CHECKSUM_MD5 ? G_CHECKSUM_SHA256 : G_CHECKSUM_MD5;
  Realm *realm = g_hash_table_lookup (credentials->realms, name);

  if (!realm) {
    realm = g_new0 (Realm, 1);
    g_hash_table_insert (credentials->realms, g_strdup (name), realm);
  }
  if (!siprec_credentials_find (credentials, other, name, user))
    realm->users++;
  if (algorithm == G_CHECKSUM_MD5)
    realm->md5++;
  else
    realm->sha256++;
}

/* What is wrong with the line, or NULL. Never the line itself: it may have a password in it. */
static const gchar *
parse_line (SiprecCredentials *credentials, const gchar *line)
{
  g_auto (GStrv) fields = g_strsplit (line, ":", -1);
  gsize length;
  GChecksumType algorithm;
  gchar *key;

  if (g_strv_length (fields) != 3)
    return "it must be user:realm:HA1";
  if (!*fields[0])
    return "the user is missing";
  if (!*fields[1])
    return "the realm is missing";
  length = strlen (fields[2]);
  if (strspn (fields[2], "0123456789abcdefABCDEF") != length)
    return "HA1 must be hexadecimal digits: a hash, not the password";
  if (length != 32 && length != 64)
    return "HA1 must have 32 hexadecimal digits (MD5) or 64 (SHA-256)";
  algorithm = length == 32 ? G_CHECKSUM_MD5 : G_CHECKSUM_SHA256;
  key = make_key (algorithm, fields[1], fields[0]);
  if (g_hash_table_contains (credentials->hashes, key)) {
    g_free (key);
    return "this user has such a line already";
  }
  g_hash_table_insert (credentials->hashes, key, g_ascii_strdown (fields[2], -1));
  count_user (credentials, algorithm, fields[1], fields[0]);
  return NULL;
}

SiprecCredentials *
siprec_credentials_parse (const gchar *text, const gchar *path, GError **error)
{
  g_autoptr (SiprecCredentials) credentials = g_new0 (SiprecCredentials, 1);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  credentials->hashes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  credentials->realms = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; lines[i]; i++) {
    const gchar *wrong;

    g_strchomp (lines[i]);
    if (*lines[i] == '\0' || *lines[i] == '#')
      continue;
    wrong = parse_line (credentials, lines[i]);
    if (wrong) {
      g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS, "%s, line %u: %s.", path, i + 1,
                   wrong);
      return NULL;
    }
  }
  if (g_hash_table_size (credentials->hashes) == 0) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                 "%s has no user in it: lines are user:realm:HA1.", path);
    return NULL;
  }
  return g_steal_pointer (&credentials);
}

SiprecCredentials *
siprec_credentials_load (const gchar *path, GError **error)
{
  g_autofree gchar *text = NULL;
  g_autoptr (GError) problem = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, &problem)) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS, "auth-file: %s.", problem->message);
    return NULL;
  }
  if (length > MAX_FILE_BYTES || strlen (text) != length) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                 "%s is no text of lines user:realm:HA1.", path);
    return NULL;
  }
  return siprec_credentials_parse (text, path, error);
}

void
siprec_credentials_free (SiprecCredentials *credentials)
{
  g_hash_table_unref (credentials->hashes);
  g_hash_table_unref (credentials->realms);
  g_free (credentials);
}

const gchar *
siprec_credentials_find (const SiprecCredentials *credentials, GChecksumType algorithm,
                         const gchar *realm, const gchar *user)
{
  g_autofree gchar *key = make_key (algorithm, realm, user);

  return g_hash_table_lookup (credentials->hashes, key);
}

gboolean
siprec_credentials_have (const SiprecCredentials *credentials, GChecksumType algorithm,
                         const gchar *realm)
{
  const Realm *found = g_hash_table_lookup (credentials->realms, realm);

  return found && (algorithm == G_CHECKSUM_MD5 ? found->md5 : found->sha256) > 0;
}

gboolean
siprec_credentials_all_have (const SiprecCredentials *credentials, GChecksumType algorithm,
                             const gchar *realm)
{
  const Realm *found = g_hash_table_lookup (credentials->realms, realm);

  return found && (algorithm == G_CHECKSUM_MD5 ? found->md5 : found->sha256) == found->users;
}
