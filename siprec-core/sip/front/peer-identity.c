/* Who a TLS peer is, by its certificate (RFC 5922)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peer-identity.h"

#include <string.h>

#include <openssl/x509v3.h>

/* More names than anybody has; an identity is remembered with each message. */
#define MAX_NAMES  64
#define MAX_LENGTH 255

/* Adds @text in lower case, if it is printable ASCII throughout: a NUL or line break in a name is an
 * attempt to deceive. */
static void
add_name (GPtrArray *names, const gchar *prefix, const guchar *text, gint length)
{
  g_autofree gchar *lower = NULL;

  if (length <= 0 || length > MAX_LENGTH || names->len >= MAX_NAMES)
    return;
  for (gint i = 0; i < length; i++)
    if (text[i] <= ' ' || text[i] >= 0x7f)
      return;
  lower = g_ascii_strdown ((const gchar *)text, length);
  if (prefix && !g_str_has_prefix (lower, prefix))
    return;
  g_ptr_array_add (names, g_steal_pointer (&lower));
}

static void
add_alternatives (GPtrArray *names, X509 *certificate, gint type)
{
  GENERAL_NAMES *all = X509_get_ext_d2i (certificate, NID_subject_alt_name, NULL, NULL);

  for (gint i = 0; i < sk_GENERAL_NAME_num (all); i++) {
    gint found;
    ASN1_STRING *text = GENERAL_NAME_get0_value (sk_GENERAL_NAME_value (all, i), &found);

    if (found == type)
      add_name (names, type == GEN_URI ? "sip:" : NULL, ASN1_STRING_get0_data (text),
                ASN1_STRING_length (text));
  }
  GENERAL_NAMES_free (all);
}

static void
add_common_name (GPtrArray *names, X509 *certificate)
{
  const X509_NAME *subject = X509_get_subject_name (certificate);
  gint at = X509_NAME_get_index_by_NID (subject, NID_commonName, -1);
  guchar *text = NULL;
  gint length;

  if (at < 0)
    return;
  length =
      ASN1_STRING_to_UTF8 (&text, X509_NAME_ENTRY_get_data (X509_NAME_get_entry (subject, at)));
  add_name (names, NULL, text, length);
  OPENSSL_free (text);
}

gchar **
siprec_peer_identities (X509 *certificate)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  add_alternatives (names, certificate, GEN_URI);
  add_alternatives (names, certificate, GEN_DNS);
  /* RFC 5922 section 7.1: the common name counts only where there are no alternatives, also of other kinds. */
  if (X509_get_ext_by_NID (certificate, NID_subject_alt_name, -1) < 0)
    add_common_name (names, certificate);
  g_ptr_array_add (names, NULL);
  return (gchar **)g_ptr_array_free (names, FALSE);
}

/* What a name or URI without user stands for: its domain. */
static const gchar *
strip_scheme (const gchar *name)
{
  return g_ascii_strncasecmp (name, "sip:", 4) == 0 && !strchr (name, '@') ? name + 4 : name;
}

gboolean
siprec_peer_is (const gchar *const *identities, const gchar *name)
{
  for (; identities && *identities; identities++)
    if (g_ascii_strcasecmp (strip_scheme (*identities), strip_scheme (name)) == 0)
      return TRUE;
  return FALSE;
}
