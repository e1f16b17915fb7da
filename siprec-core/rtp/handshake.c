/* With whom a handshake is made, and what becomes of it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "handshake.h"

#include <string.h>

#include "debug.h"

/* A passive side waits for somebody else after a failure, but not for ever. */
#define MAX_FAILURES 8

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
  renew (handshake);
}

static gboolean
same_peer (const SiprecAddress *a, const SiprecAddress *b)
{
  gsize size = a->any.sa_family == AF_INET6 ? sizeof (a->in6) : sizeof (a->in);

  return memcmp (a, b, size) == 0;
}

/* A passive side doesn't know who will begin, and the first one to send something need not be the client. */
static void
choose_peer (SiprecHandshake *handshake, const SiprecDatagram *datagram, gboolean signalled)
{
  gboolean taken = handshake->peer.any.sa_family != AF_UNSPEC;

  if (handshake->active || (taken && same_peer (&handshake->peer, datagram->from)))
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
  if (!same_peer (&handshake->peer, datagram->from))
    return FALSE;
  siprec_dtls_input (handshake->dtls, datagram->data, datagram->size);
  return TRUE;
}

void
siprec_handshake_tick (SiprecHandshake *handshake, const SiprecAddress *remote, GstClockTime now)
{
  if (!handshake->dtls)
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
siprec_handshake_take_failure (SiprecHandshake *handshake)
{
  SiprecDtlsFailure failure =
      handshake->dtls ? siprec_dtls_get_failure (handshake->dtls) : SIPREC_DTLS_NO_FAILURE;

  if (failure == SIPREC_DTLS_NO_FAILURE)
    return failure;
  GST_INFO ("a DTLS handshake failed (%d)", failure);
  if (handshake->active || ++handshake->n_failures == MAX_FAILURES)
    siprec_handshake_clear (handshake);
  else
    renew (handshake);
  return failure;
}
