/* SRTP by libsrtp2: the reference, for suites that few use.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <srtp2/srtp.h>
#include <string.h>

#include "../media/packet.h"
#include "replay.h"
#include "transform.h"

/* What it does not expect less of. */
#define MIN_RTCP 8

typedef struct {
  SiprecTransform base;
  srtp_t session;
  gboolean with_mki;
} Srtp2;

/* It lives as long as the process, and somebody else in it may have done this, which isn't told apart from
 * a failure; nothing can be created after one. */
static void
init_library (void)
{
  static gsize once;

  if (g_once_init_enter (&once)) {
    srtp_init ();
    g_once_init_leave (&once, 1);
  }
}

static void
set_suite (srtp_policy_t *policy, const SiprecKeying *keying)
{
  const SiprecSuite *suite = keying->suite;

  if (suite->aead) {
    if (suite->key_size == 16)
      srtp_crypto_policy_set_aes_gcm_128_16_auth (&policy->rtp);
    else
      srtp_crypto_policy_set_aes_gcm_256_16_auth (&policy->rtp);
  } else {
    if (suite->key_size == 16)
      srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80 (&policy->rtp);
    else
      srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80 (&policy->rtp);
  }
  policy->rtcp = policy->rtp;
  policy->rtp.auth_tag_len = (gint)suite->tag_size;
  policy->rtcp.auth_tag_len = (gint)suite->rtcp_tag_size;
  if (keying->plain_rtcp)
    policy->rtcp.sec_serv = sec_serv_auth;
}

static gboolean
create_session (Srtp2 *srtp2, const SiprecKeying *keying, SiprecTransformDirection direction)
{
  SiprecKeying copy = *keying;
  srtp_master_key_t masters[SIPREC_MAX_MASTER_KEYS] = {0};
  srtp_master_key_t *list[SIPREC_MAX_MASTER_KEYS];
  srtp_policy_t policy = {.keys = list, .num_master_keys = keying->n_keys};
  gboolean done;

  for (guint i = 0; i < copy.n_keys; i++) {
    list[i] = &masters[i];
    masters[i].key = copy.keys[i].key;
    masters[i].mki_id = copy.keys[i].mki;
    masters[i].mki_size = copy.keys[i].mki_size;
  }
  set_suite (&policy, keying);
  policy.ssrc.type = direction == SIPREC_TRANSFORM_SEND ? ssrc_any_outbound : ssrc_any_inbound;
  policy.window_size = SIPREC_REPLAY_WINDOW;
  done = srtp_create (&srtp2->session, &policy) == srtp_err_status_ok;
  siprec_keying_clear (&copy);
  return done;
}

static void
srtp2_free (SiprecTransform *transform)
{
  Srtp2 *srtp2 = (Srtp2 *)transform;

  if (srtp2->session)
    srtp_dealloc (srtp2->session);
  g_free (srtp2);
}

static SiprecTransform *
srtp2_make (const SiprecKeying *keying, SiprecTransformDirection direction)
{
  g_autoptr (SiprecTransform) transform = NULL;
  Srtp2 *srtp2 = g_new0 (Srtp2, 1);

  transform = &srtp2->base;
  srtp2->base.klass = &siprec_srtp2_class;
  srtp2->with_mki = keying->keys[0].mki_size > 0;
  init_library ();
  if (!create_session (srtp2, keying, direction))
    return NULL;
  return g_steal_pointer (&transform);
}

/* Its contexts can't be read before a packet has made them: sources begin at zero. */
static void
srtp2_succeed (SiprecTransform *transform, SiprecTransform *before)
{
}

static SiprecTransformResult
translate (srtp_err_status_t status)
{
  switch (status) {
  case srtp_err_status_ok:
    return SIPREC_TRANSFORM_OK;
  case srtp_err_status_replay_fail:
  case srtp_err_status_replay_old:
    return SIPREC_TRANSFORM_REPLAYED;
  case srtp_err_status_bad_param:
  case srtp_err_status_parse_err:
    return SIPREC_TRANSFORM_MALFORMED;
  default:
    return SIPREC_TRANSFORM_FORGED;
  }
}

static SiprecTransformResult
srtp2_open_rtp (SiprecTransform *transform, const guint8 *data, gsize size, GstClockTime arrival,
                guint8 *out, gsize *out_size)
{
  Srtp2 *srtp2 = (Srtp2 *)transform;
  gint length = (gint)size;
  srtp_err_status_t status;

  if (siprec_packet_get_header_size (data, size) == 0)
    return SIPREC_TRANSFORM_MALFORMED;
  memcpy (out, data, size);
  status = srtp_unprotect_mki (srtp2->session, out, &length, srtp2->with_mki);
  *out_size = (gsize)length;
  return translate (status);
}

static SiprecTransformResult
srtp2_open_rtcp (SiprecTransform *transform, const guint8 *data, gsize size, GstClockTime arrival,
                 guint8 *out, gsize *out_size)
{
  Srtp2 *srtp2 = (Srtp2 *)transform;
  gint length = (gint)size;
  srtp_err_status_t status;

  if (size < MIN_RTCP)
    return SIPREC_TRANSFORM_MALFORMED;
  memcpy (out, data, size);
  status = srtp_unprotect_rtcp_mki (srtp2->session, out, &length, srtp2->with_mki);
  *out_size = (gsize)length;
  return translate (status);
}

static gboolean
srtp2_seal_rtcp (SiprecTransform *transform, const guint8 *data, gsize size, guint8 *out,
                 gsize *out_size)
{
  Srtp2 *srtp2 = (Srtp2 *)transform;
  gint length = (gint)size;

  memcpy (out, data, size);
  if (srtp_protect_rtcp_mki (srtp2->session, out, &length, srtp2->with_mki, 0) !=
      srtp_err_status_ok)
    return FALSE;
  *out_size = (gsize)length;
  return TRUE;
}

const SiprecTransformClass siprec_srtp2_class = {srtp2_make,     srtp2_free,      srtp2_succeed,
                                                 srtp2_open_rtp, srtp2_open_rtcp, srtp2_seal_rtcp};
