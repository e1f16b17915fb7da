/* Certificates for tests, made when they are needed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "certificates.h"

#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define DAY (24 * 60 * 60)

static void
add_extension (X509 *certificate, X509 *issuer, gint nid, const gchar *value)
{
  X509V3_CTX context;
  X509_EXTENSION *extension;

  X509V3_set_ctx (&context, issuer, certificate, NULL, NULL, 0);
  extension = X509V3_EXT_conf_nid (NULL, &context, nid, value);
  g_assert (extension);
  X509_add_ext (certificate, extension, -1);
  X509_EXTENSION_free (extension);
}

static X509 *
make_certificate (const CertificateSpec *spec, EVP_PKEY *key, X509 *issuer)
{
  X509 *certificate = X509_new ();
  X509_NAME *name = X509_get_subject_name (certificate);
  guint serial = g_random_int () >> 1;

  X509_set_version (certificate, X509_VERSION_3);
  ASN1_INTEGER_set (X509_get_serialNumber (certificate), serial);
  X509_gmtime_adj (X509_getm_notBefore (certificate), spec->from * DAY - 3600);
  X509_gmtime_adj (X509_getm_notAfter (certificate), (spec->from + spec->days) * DAY);
  X509_set_pubkey (certificate, key);
  X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_UTF8, (const guchar *)spec->name, -1, -1, 0);
  X509_set_issuer_name (certificate, X509_get_subject_name (issuer ? issuer : certificate));
  add_extension (certificate, issuer ? issuer : certificate, NID_basic_constraints,
                 spec->authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (spec->alternatives)
    add_extension (certificate, issuer ? issuer : certificate, NID_subject_alt_name,
                   spec->alternatives);
  return certificate;
}

void
certificate_write (const CertificateSpec *spec)
{
  g_autofree gchar *temporary = g_strconcat (spec->path, ".new", NULL);
  EVP_PKEY *key = EVP_EC_gen ("P-256");
  EVP_PKEY *issuer_key = NULL;
  X509 *issuer = NULL;
  X509 *certificate, *next;
  FILE *in = spec->issuer ? fopen (spec->issuer, "r") : NULL;
  FILE *out = fopen (temporary, "w");

  g_assert (out && (!spec->issuer || in));
  if (in) {
    issuer_key = PEM_read_PrivateKey (in, NULL, NULL, NULL);
    issuer = PEM_read_X509 (in, NULL, NULL, NULL);
  }
  certificate = make_certificate (spec, key, issuer);
  g_assert (X509_sign (certificate, issuer_key ? issuer_key : key, EVP_sha256 ()) > 0);
  PEM_write_PrivateKey (out, key, NULL, NULL, 0, NULL, NULL);
  PEM_write_X509 (out, certificate);
  /* The authorities in between, not the root. */
  for (; issuer && X509_self_signed (issuer, 0) == 0; issuer = next) {
    PEM_write_X509 (out, issuer);
    next = PEM_read_X509 (in, NULL, NULL, NULL);
    X509_free (issuer);
    if (!next) {
      issuer = NULL;
      break;
    }
  }
  X509_free (issuer);
  X509_free (certificate);
  EVP_PKEY_free (key);
  EVP_PKEY_free (issuer_key);
  if (in)
    fclose (in);
  fclose (out);
  /* Whoever watches the file never sees half of it. */
  g_assert (rename (temporary, spec->path) == 0);
}

gchar *
certificate_new (const gchar *folder, const gchar *file, const gchar *issuer, gboolean authority,
                 const gchar *alternatives, gint from, gint days)
{
  gchar *path = g_build_filename (folder, file, NULL);
  g_autofree gchar *name = g_strndup (file, strcspn (file, "."));
  CertificateSpec spec = {path, issuer, authority, name, alternatives, from, days};

  certificate_write (&spec);
  return path;
}
