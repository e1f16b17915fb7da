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
  SiprecKeying keying;
} Srtp2;

static gboolean
has_mki (const Srtp2 *srtp2)
{
  return srtp2->keying.keys[0].mki_size > 0;
}

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

/* What libsrtp2 wants to know; it points to itself. */
typedef struct {
  srtp_policy_t policy;
  srtp_master_key_t masters[SIPREC_MAX_MASTER_KEYS];
  srtp_master_key_t *list[SIPREC_MAX_MASTER_KEYS];
} Policy;

static void
set_policy (Policy *policy, SiprecKeying *keying)
{
  *policy = (Policy){.policy = {.keys = policy->list,
                                .num_master_keys = keying->n_keys,
                                .window_size = SIPREC_REPLAY_WINDOW}};
  for (guint i = 0; i < keying->n_keys; i++) {
    policy->list[i] = &policy->masters[i];
    policy->masters[i].key = keying->keys[i].key;
    policy->masters[i].mki_id = keying->keys[i].mki;
    policy->masters[i].mki_size = keying->keys[i].mki_size;
  }
  set_suite (&policy->policy, keying);
}

static gboolean
create_session (Srtp2 *srtp2, SiprecTransformDirection direction)
{
  Policy policy;

  set_policy (&policy, &srtp2->keying);
  policy.policy.ssrc.type =
      direction == SIPREC_TRANSFORM_SEND ? ssrc_any_outbound : ssrc_any_inbound;
  return srtp_create (&srtp2->session, &policy.policy) == srtp_err_status_ok;
}

static void
srtp2_free (SiprecTransform *transform)
{
  Srtp2 *srtp2 = (Srtp2 *)transform;

  if (srtp2->session)
    srtp_dealloc (srtp2->session);
  siprec_keying_clear (&srtp2->keying);
  g_free (srtp2);
}

static SiprecTransform *
srtp2_make (const SiprecKeying *keying, SiprecTransformDirection direction)
{
  g_autoptr (SiprecTransform) transform = NULL;
  Srtp2 *srtp2 = g_new0 (Srtp2, 1);

  transform = &srtp2->base;
  srtp2->base.klass = &siprec_srtp2_class;
  srtp2->keying = *keying;
  init_library ();
  if (!create_session (srtp2, direction))
    return NULL;
  return g_steal_pointer (&transform);
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
unprotect (Srtp2 *srtp2, const guint8 *data, gsize size, guint8 *out, gsize *out_size)
{
  gint length = (gint)size;
  srtp_err_status_t status;

  memcpy (out, data, size);
  status = srtp_unprotect_mki (srtp2->session, out, &length, has_mki (srtp2));
  *out_size = (gsize)length;
  return translate (status);
}

/* A source that was heard under the keys before these may go on counting where it was. */
static SiprecTransformResult
go_on (Srtp2 *srtp2, guint32 ssrc, const guint8 *data, gsize size, guint8 *out, gsize *out_size)
{
  const SiprecReplay *before = siprec_replay_find (&srtp2->base.before, ssrc);
  guint32 roc = before ? siprec_replay_guess (before, GST_READ_UINT16_BE (data + 2)) >> 16 : 0;
  SiprecTransformResult result = SIPREC_TRANSFORM_FORGED;
  Policy policy;

  if (roc == 0)
    return result;
  set_policy (&policy, &srtp2->keying);
  policy.policy.ssrc.type = ssrc_specific;
  policy.policy.ssrc.value = ssrc;
  if (srtp_add_stream (srtp2->session, &policy.policy) != srtp_err_status_ok)
    return result;
  if (srtp_set_stream_roc (srtp2->session, ssrc, roc) == srtp_err_status_ok)
    result = unprotect (srtp2, data, size, out, out_size);
  /* It wants the number as the packet has it here. */
  if (result != SIPREC_TRANSFORM_OK)
    srtp_remove_stream (srtp2->session, GUINT32_TO_BE (ssrc));
  return result;
}

static void
mark (Srtp2 *srtp2, guint32 ssrc, guint16 seq, GstClockTime arrival)
{
  const SiprecReplay *known = siprec_replay_find (&srtp2->base.rtp, ssrc);
  guint32 roc = 0;

  srtp_get_stream_roc (srtp2->session, ssrc, &roc);
  siprec_replay_mark (&srtp2->base.rtp, ssrc,
                      known ? siprec_replay_guess (known, seq) : (guint64)roc << 16 | seq, arrival);
}

static SiprecTransformResult
srtp2_open_rtp (SiprecTransform *transform, const guint8 *data, gsize size, GstClockTime arrival,
                guint8 *out, gsize *out_size)
{
  Srtp2 *srtp2 = (Srtp2 *)transform;
  SiprecTransformResult result;
  guint32 ssrc;

  if (siprec_packet_get_header_size (data, size) == 0)
    return SIPREC_TRANSFORM_MALFORMED;
  ssrc = GST_READ_UINT32_BE (data + 8);
  result = unprotect (srtp2, data, size, out, out_size);
  if (result == SIPREC_TRANSFORM_FORGED && !siprec_replay_find (&transform->rtp, ssrc))
    result = go_on (srtp2, ssrc, data, size, out, out_size);
  if (result == SIPREC_TRANSFORM_OK)
    mark (srtp2, ssrc, GST_READ_UINT16_BE (data + 2), arrival);
  return result;
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
  status = srtp_unprotect_rtcp_mki (srtp2->session, out, &length, has_mki (srtp2));
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
  if (srtp_protect_rtcp_mki (srtp2->session, out, &length, has_mki (srtp2), 0) !=
      srtp_err_status_ok)
    return FALSE;
  *out_size = (gsize)length;
  return TRUE;
}

const SiprecTransformClass siprec_srtp2_class = {srtp2_make, srtp2_free, srtp2_open_rtp,
                                                 srtp2_open_rtcp, srtp2_seal_rtcp};
