/* Certificates for tests, made when they are needed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * @path: of the PEM file to write: private key, certificate, and the chain up to but without the root
 * @issuer: (nullable): a file written before, whose authority signs; NULL makes an authority that signs itself
 * @authority: may sign others
 * @name: the common name
 * @alternatives: (nullable): subjectAltName as OpenSSL writes it, "URI:sip:a.example,DNS:b.example,IP:127.0.0.1"
 * @from, @days: valid from so many days after now, for so long
 */
typedef struct {
  const gchar *path;
  const gchar *issuer;
  gboolean authority;
  const gchar *name;
  const gchar *alternatives;
  gint from, days;
} CertificateSpec;

void certificate_write (const CertificateSpec *spec);

/* Writes one into @folder as @file, of which the part before the dot is the common name: every authority has a name of its own, by
 * which certificates find it. Returns: its path (transfer full) */
gchar *certificate_new (const gchar *folder, const gchar *file, const gchar *issuer,
                        gboolean authority, const gchar *alternatives, gint from, gint days);
