/* With whom a handshake is made, and what becomes of it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handshake.h"

#include <string.h>

#include "../media/debug.h"

/* An active side begins again after a failure; anybody can cause one, so it never stops trying. The pause doubles
 * up to 32 s. */
#define FIRST_PAUSE   GST_SECOND
#define MAX_DOUBLINGS 5

/* More failures of the same kind in that time are not told. */
#define TOLD_PERIOD (10 * GST_SECOND)

/* A handshake that isn't over after that may be nobody's. */
#define PATIENCE (2 * GST_SECOND)

void
siprec_handshake_clear (SiprecHandshake *handshake)
{
  g_clear_pointer (&handshake->dtls, siprec_dtls_free);
}

static void
on_send (gpointer user_data, const guint8 *data, gsize size)
{
  SiprecHandshake *handshake = user_data;

  if (handshake->peer.any.sa_family != AF_UNSPEC)
    handshake->send (handshake->user_data, &handshake->peer, data, size);
}

static void
renew (SiprecHandshake *handshake)
{
  siprec_handshake_clear (handshake);
  handshake->peer = (SiprecAddress){0};
  handshake->dtls =
      siprec_dtls_new (handshake->active, &handshake->fingerprint, on_send, handshake);
}

void
siprec_handshake_expect (SiprecHandshake *handshake, const SiprecProtection *protection)
{
  if (handshake->dtls && handshake->active == protection->active &&
      siprec_fingerprint_equal (&handshake->fingerprint, &protection->fingerprint))
    return;
  handshake->fingerprint = protection->fingerprint;
  handshake->active = protection->active;
  handshake->n_failures = 0;
  handshake->resume = 0;
  memset (handshake->told, 0, sizeof (handshake->told));
  renew (handshake);
}

/* A passive side doesn't know who will begin, and the first one to send something need not be the client. */
static void
choose_peer (SiprecHandshake *handshake, const SiprecDatagram *datagram, gboolean signalled)
{
  gboolean taken = handshake->peer.any.sa_family != AF_UNSPEC;

  if (handshake->active || (taken && siprec_address_equal (&handshake->peer, datagram->from)))
    return;
  if (taken) {
    if (siprec_dtls_get_state (handshake->dtls) == SIPREC_DTLS_DONE ||
        (!signalled && datagram->arrival < handshake->since + PATIENCE))
      return;
    renew (handshake);
  }
  handshake->peer = *datagram->from;
  handshake->since = datagram->arrival;
}

gboolean
siprec_handshake_input (SiprecHandshake *handshake, const SiprecDatagram *datagram,
                        gboolean signalled)
{
  if (!handshake->dtls)
    return FALSE;
  choose_peer (handshake, datagram, signalled);
  /* What comes while an active one pauses belongs to the association before. */
  if (handshake->peer.any.sa_family == AF_UNSPEC)
    return TRUE;
  if (!siprec_address_equal (&handshake->peer, datagram->from))
    return FALSE;
  siprec_dtls_input (handshake->dtls, datagram->data, datagram->size);
  return TRUE;
}

void
siprec_handshake_tick (SiprecHandshake *handshake, const SiprecAddress *remote, GstClockTime now)
{
  if (!handshake->dtls || now < handshake->resume)
    return;
  if (handshake->active && handshake->peer.any.sa_family == AF_UNSPEC) {
    if (!remote)
      return;
    handshake->peer = *remote;
  }
  siprec_dtls_tick (handshake->dtls, now);
}

void
siprec_handshake_give_keys (SiprecHandshake *handshake, SiprecSrtp *srtp)
{
  g_auto (SiprecKeying) local = {0};
  g_auto (SiprecKeying) remote = {0};

  if (handshake->dtls && siprec_dtls_get_keys (handshake->dtls, &local, &remote))
    siprec_srtp_set_keys (srtp, &local, &remote);
}

SiprecDtlsFailure
siprec_handshake_take_failure (SiprecHandshake *handshake, GstClockTime now)
{
  SiprecDtlsFailure failure =
      handshake->dtls ? siprec_dtls_get_failure (handshake->dtls) : SIPREC_DTLS_NO_FAILURE;
  GstClockTime *told = &handshake->told[failure];

  if (failure == SIPREC_DTLS_NO_FAILURE)
    return failure;
  GST_INFO ("a DTLS handshake failed (%d)", failure);
  if (handshake->active)
    handshake->resume = now + (FIRST_PAUSE << MIN (handshake->n_failures, MAX_DOUBLINGS));
  handshake->n_failures++;
  renew (handshake);
  if (*told != 0 && now < *told + TOLD_PERIOD)
    return SIPREC_DTLS_NO_FAILURE;
  *told = now;
  return failure;
}
