/* The table of SRTP crypto suites.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "suite.h"

/* In our order: long tags before short ones, then strength. Short tags leave SRTCP its long ones
 * (RFC 4568 section 6.2.2). What is rare is left to libsrtp2. AES-192 isn't here: libsrtp2 derives its keys
 * in another way than RFC 6188, so two sides that both have it need not understand each other. */
static const SiprecSuite suites[] = {
    /* clang-format off */
  { "AEAD_AES_256_GCM",        "SRTP_AEAD_AES_256_GCM",  32, 12, 16, 16, TRUE,  SIPREC_BACKEND_EVP },
  { "AEAD_AES_128_GCM",        "SRTP_AEAD_AES_128_GCM",  16, 12, 16, 16, TRUE,  SIPREC_BACKEND_EVP },
  { "AES_256_CM_HMAC_SHA1_80", NULL,                     32, 14, 10, 10, FALSE, SIPREC_BACKEND_EVP },
  { "AES_CM_128_HMAC_SHA1_80", "SRTP_AES128_CM_SHA1_80", 16, 14, 10, 10, FALSE, SIPREC_BACKEND_EVP },
  { "AES_256_CM_HMAC_SHA1_32", NULL,                     32, 14,  4, 10, FALSE, SIPREC_BACKEND_SRTP2 },
  { "AES_CM_128_HMAC_SHA1_32", "SRTP_AES128_CM_SHA1_32", 16, 14,  4, 10, FALSE, SIPREC_BACKEND_EVP },
    /* clang-format on */
};

/* What AES-256 was called before RFC 6188, and by some clients still. */
static const struct {
  const gchar *name, *meant;
} aliases[] = {
    {"AES_CM_256_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_80"},
    {"AES_CM_256_HMAC_SHA1_32", "AES_256_CM_HMAC_SHA1_32"},
};

const SiprecSuite *
siprec_suite_get (guint n)
{
  return n < G_N_ELEMENTS (suites) ? &suites[n] : NULL;
}

const SiprecSuite *
siprec_suite_find (const gchar *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (aliases); i++) {
    if (g_ascii_strcasecmp (aliases[i].name, name) == 0)
      name = aliases[i].meant;
  }
  for (guint i = 0; i < G_N_ELEMENTS (suites); i++) {
    if (g_ascii_strcasecmp (suites[i].name, name) == 0)
      return &suites[i];
  }
  return NULL;
}

const SiprecSuite *
siprec_suite_find_dtls (const gchar *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (suites); i++) {
    if (g_strcmp0 (suites[i].dtls_name, name) == 0)
      return &suites[i];
  }
  return NULL;
}

gchar *
siprec_suite_list_dtls (void)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (suites); i++) {
    if (suites[i].dtls_name)
      g_string_append_printf (list, "%s%s", list->len ? ":" : "", suites[i].dtls_name);
  }
  return g_string_free (list, FALSE);
}

gboolean
siprec_suite_is_better (const SiprecSuite *a, const SiprecSuite *b)
{
  return !b || (a && a < b);
}
