/* Chooses between plain RTP, keys in the SDP, and DTLS.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protect.h"

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

/* With keys in the SDP, or else by DTLS, as the transport would have it. NULL if there is neither. */
static SiprecProtection *
answer_secure (const SiprecMline *mline, const SiprecProtection *now)
{
  const SiprecCrypto *crypto = siprec_security_choose (mline->security);

  return crypto ? answer_crypto (crypto, now) : NULL;
}

gboolean
siprec_protect_answer (const SiprecMline *mline, SiprecSrtpPolicy policy,
                       const SiprecProtection *now, SiprecProtection **chosen)
{
  gboolean plain = mline->transport == SIPREC_TRANSPORT_PLAIN;

  *chosen = NULL;
  if (policy == SIPREC_SRTP_DISABLED)
    return plain;
  /* RFC 8643: a plain transport with keys means SRTP if both can. */
  *chosen = answer_secure (mline, now);
  return *chosen || (plain && policy == SIPREC_SRTP_OPTIONAL);
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
  return take_crypto (mline, offered, agreed);
}
