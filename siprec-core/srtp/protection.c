/* The protection that was agreed for a stream.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protection.h"

#include <openssl/rand.h>

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
  copy->tls_id = g_strdup (protection->tls_id);
  copy->remote_tls_id = g_strdup (protection->remote_tls_id);
  copy->place = g_strdup (protection->place);
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
  g_free (protection->tls_id);
  g_free (protection->remote_tls_id);
  g_free (protection->place);
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
         g_strcmp0 (a->remote_tls_id, b->remote_tls_id) == 0 &&
         g_strcmp0 (a->place, b->place) == 0 &&
         siprec_fingerprints_equal (&a->fingerprints, &b->fingerprints);
}
