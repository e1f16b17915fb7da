/* The sending side of SRTP, by libsrtp2.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sealer.h"

#include <srtp2/srtp.h>

struct _Sealer {
  srtp_t session;
  SiprecKeying keying;
  guint key;
};

static void
set_suite (srtp_policy_t *policy, const SiprecKeying *keying)
{
  const SiprecSuite *suite = keying->suite;

  if (suite->aead && suite->key_size == 16)
    srtp_crypto_policy_set_aes_gcm_128_16_auth (&policy->rtp);
  else if (suite->aead)
    srtp_crypto_policy_set_aes_gcm_256_16_auth (&policy->rtp);
  else if (suite->key_size == 16)
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80 (&policy->rtp);
  else
    srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80 (&policy->rtp);
  policy->rtcp = policy->rtp;
  if (!suite->aead)
    policy->rtp.auth_tag_len = (gint)suite->tag_size;
  if (keying->plain_rtcp)
    policy->rtcp.sec_serv = sec_serv_auth;
}

Sealer *
sealer_new (const SiprecKeying *keying, gboolean receive)
{
  Sealer *sealer = g_new0 (Sealer, 1);
  srtp_master_key_t masters[SIPREC_MAX_MASTER_KEYS] = {0};
  srtp_master_key_t *list[SIPREC_MAX_MASTER_KEYS];
  srtp_policy_t policy = {.keys = list, .num_master_keys = keying->n_keys};

  srtp_init ();
  sealer->keying = *keying;
  for (guint i = 0; i < keying->n_keys; i++) {
    list[i] = &masters[i];
    masters[i].key = sealer->keying.keys[i].key;
    masters[i].mki_id = sealer->keying.keys[i].mki;
    masters[i].mki_size = sealer->keying.keys[i].mki_size;
  }
  set_suite (&policy, keying);
  policy.ssrc.type = receive ? ssrc_any_inbound : ssrc_any_outbound;
  policy.window_size = 256;
  policy.allow_repeat_tx = 1;
  if (srtp_create (&sealer->session, &policy) != srtp_err_status_ok)
    g_error ("libsrtp2 can't do %s", keying->suite->name);
  return sealer;
}

void
sealer_free (Sealer *sealer)
{
  srtp_dealloc (sealer->session);
  g_free (sealer);
}

void
sealer_set_key (Sealer *sealer, guint key)
{
  sealer->key = key;
}

static gboolean
has_mki (const Sealer *sealer)
{
  return sealer->keying.keys[0].mki_size > 0;
}

gsize
sealer_seal (Sealer *sealer, guint8 *data, gsize size)
{
  gint length = (gint)size;

  return srtp_protect_mki (sealer->session, data, &length, has_mki (sealer), sealer->key) ==
                 srtp_err_status_ok
             ? (gsize)length
             : 0;
}

gsize
sealer_seal_rtcp (Sealer *sealer, guint8 *data, gsize size)
{
  gint length = (gint)size;

  return srtp_protect_rtcp_mki (sealer->session, data, &length, has_mki (sealer), sealer->key) ==
                 srtp_err_status_ok
             ? (gsize)length
             : 0;
}

gsize
sealer_open_rtcp (Sealer *sealer, guint8 *data, gsize size)
{
  gint length = (gint)size;

  return srtp_unprotect_rtcp_mki (sealer->session, data, &length, has_mki (sealer)) ==
                 srtp_err_status_ok
             ? (gsize)length
             : 0;
}

void
sealer_set_roc (Sealer *sealer, guint32 ssrc, guint32 roc)
{
  if (srtp_set_stream_roc (sealer->session, ssrc, roc) != srtp_err_status_ok)
    g_error ("the roll-over counter can't be set");
}
