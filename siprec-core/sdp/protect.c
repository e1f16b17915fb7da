/* Chooses between plain RTP, keys in the SDP, and DTLS.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protect.h"

#include "../transport/latch.h"

/* RFC 4568 section 6.2.1: the one that everybody has. */
#define OFFERED_SUITE "AES_CM_128_HMAC_SHA1_80"

/* The client's line @crypto with a key of ours: a new one only if the old one doesn't do, so that repeating an
 * offer changes nothing. */
static SiprecProtection *
answer_crypto (const SiprecCrypto *crypto, const SiprecProtection *now)
{
  g_autoptr (SiprecProtection) chosen = siprec_protection_new (SIPREC_PROTECTION_SDES);
  const SiprecKeying *keying = &crypto->keying;

  chosen->tag = crypto->tag;
  chosen->suite_name = g_strdup (crypto->name);
  chosen->remote = siprec_keying_copy (keying);
  if (now && now->kind == SIPREC_PROTECTION_SDES && now->local->suite == keying->suite &&
      now->local->plain_rtcp == keying->plain_rtcp) {
    chosen->local = siprec_keying_copy (now->local);
    return g_steal_pointer (&chosen);
  }
  chosen->local = g_new0 (SiprecKeying, 1);
  return siprec_keying_generate (chosen->local, keying->suite, keying->plain_rtcp)
             ? g_steal_pointer (&chosen)
             : NULL;
}

/* Whether we can't be sure to reach the client: it is the one to begin then. */
static gboolean
is_hidden (const SiprecMline *mline)
{
  SiprecAddress address;

  return !siprec_address_set (&address, mline->address, mline->port) ||
         siprec_address_is_private (&address) || mline->security->ufrag;
}

/* Who begins. RFC 5763 section 5 would rather have the answering side begin, since it needn't wait; a role agreed
 * before stays, as the association does. */
static gboolean
choose_active (const SiprecMline *mline, const SiprecProtection *now)
{
  switch (mline->security->setup) {
  case SIPREC_SETUP_ACTIVE:
  case SIPREC_SETUP_NONE:
    return FALSE;
  case SIPREC_SETUP_PASSIVE:
    return TRUE;
  default:
    return now ? now->active : !is_hidden (mline);
  }
}

/* What shows that the client is somewhere else than before. With ICE it is checks that do. */
static gchar *
describe_place (const SiprecMline *mline, const SiprecProtection *now)
{
  SiprecAddress address;

  if (mline->security->ufrag)
    return NULL;
  /* Hold by the address 0.0.0.0 moves nobody. */
  if (!siprec_address_set (&address, mline->port ? mline->address : NULL, mline->port))
    return now ? g_strdup (now->place) : NULL;
  return siprec_address_to_text (&address);
}

/* RFC 8842 section 5.3: a name for a name, and another one for another association. */
static gchar *
answer_tls_id (const SiprecMline *mline, const SiprecProtection *now)
{
  const gchar *remote = mline->security->tls_id;

  if (!remote)
    return NULL;
  return now && now->tls_id && g_strcmp0 (now->remote_tls_id, remote) == 0
             ? g_strdup (now->tls_id)
             : g_uuid_string_random ();
}

static SiprecProtection *
answer_fingerprint (const SiprecMline *mline, const SiprecProtection *now)
{
  SiprecProtection *chosen = siprec_protection_new (SIPREC_PROTECTION_DTLS);

  if (now && now->kind != SIPREC_PROTECTION_DTLS)
    now = NULL;
  chosen->fingerprints = mline->security->fingerprints;
  chosen->active = choose_active (mline, now);
  chosen->tls_id = answer_tls_id (mline, now);
  chosen->remote_tls_id = g_strdup (mline->security->tls_id);
  chosen->place = describe_place (mline, now);
  return chosen;
}

/* With keys in the SDP or by DTLS, as the transport would have it; by the other way if the first is lacking. A
 * fingerprint alone on a plain line may be a leftover of the recorded call, so it counts only where nothing else
 * would do. NULL if there is neither. */
static SiprecProtection *
answer_secure (const SiprecMline *mline, SiprecSrtpPolicy policy, const SiprecProtection *now)
{
  const SiprecCrypto *crypto = siprec_security_choose (mline->security);
  gboolean dtls = mline->security->fingerprints.n > 0 &&
                  (mline->transport != SIPREC_TRANSPORT_PLAIN || policy == SIPREC_SRTP_REQUIRED);

  if (dtls && (mline->transport == SIPREC_TRANSPORT_DTLS || !crypto))
    return answer_fingerprint (mline, now);
  return crypto ? answer_crypto (crypto, now) : NULL;
}

/* Our side of ICE, if the client wants it. Other credentials of the client are a restart (RFC 8445 section 9). */
static void
answer_ice (const SiprecMline *mline, const SiprecProtection *now, SiprecProtection **chosen)
{
  const SiprecSecurity *security = mline->security;

  if (!security->ufrag)
    return;
  if (!*chosen)
    *chosen = siprec_protection_new (SIPREC_PROTECTION_NONE);
  if (now && g_strcmp0 (now->ice.remote_ufrag, security->ufrag) == 0 &&
      g_strcmp0 (now->ice.remote_pwd, security->pwd) == 0)
    siprec_ice_credentials_copy (&(*chosen)->ice, &now->ice);
  else
    siprec_ice_credentials_make (&(*chosen)->ice, security->ufrag, security->pwd);
}

gboolean
siprec_protect_answer (const SiprecMline *mline, SiprecSrtpPolicy policy,
                       const SiprecProtection *now, SiprecProtection **chosen)
{
  gboolean plain = mline->transport == SIPREC_TRANSPORT_PLAIN;

  *chosen = NULL;
  /* RFC 8643: a plain transport with keys means SRTP if both can. */
  if (policy != SIPREC_SRTP_DISABLED)
    *chosen = answer_secure (mline, policy, now);
  if (!*chosen && (!plain || policy == SIPREC_SRTP_REQUIRED))
    return FALSE;
  answer_ice (mline, now, chosen);
  return TRUE;
}

SiprecProtection *
siprec_protect_offer (SiprecSrtpPolicy policy)
{
  const SiprecSuite *suite = siprec_suite_find (OFFERED_SUITE);
  SiprecProtection *offered;

  if (policy != SIPREC_SRTP_REQUIRED)
    return NULL;
  offered = siprec_protection_new (SIPREC_PROTECTION_SDES);
  offered->tag = 1;
  offered->suite_name = g_strdup (OFFERED_SUITE);
  offered->local = g_new0 (SiprecKeying, 1);
  if (!siprec_keying_generate (offered->local, suite, FALSE))
    g_clear_pointer (&offered, siprec_protection_free);
  return offered;
}

static gboolean
take_crypto (const SiprecMline *mline, const SiprecProtection *offered, SiprecProtection **agreed)
{
  const SiprecCrypto *crypto = siprec_security_choose (mline->security);

  if (!crypto || crypto->tag != offered->tag || crypto->keying.suite != offered->local->suite ||
      crypto->keying.plain_rtcp != offered->local->plain_rtcp)
    return FALSE;
  *agreed = siprec_protection_copy (offered);
  siprec_keying_free ((*agreed)->remote);
  (*agreed)->remote = siprec_keying_copy (&crypto->keying);
  return TRUE;
}

gboolean
siprec_protect_take (const SiprecMline *mline, const SiprecProtection *offered,
                     SiprecProtection **agreed)
{
  *agreed = NULL;
  if (!offered)
    return TRUE;
  if (offered->kind == SIPREC_PROTECTION_SDES)
    return take_crypto (mline, offered, agreed);
  if (offered->kind == SIPREC_PROTECTION_NONE) {
    *agreed = siprec_protection_copy (offered);
    return TRUE;
  }
  if (mline->security->fingerprints.n == 0)
    return FALSE;
  *agreed = siprec_protection_copy (offered);
  (*agreed)->fingerprints = mline->security->fingerprints;
  g_free ((*agreed)->remote_tls_id);
  (*agreed)->remote_tls_id = g_strdup (mline->security->tls_id);
  g_free ((*agreed)->place);
  (*agreed)->place = describe_place (mline, offered);
  return TRUE;
}
