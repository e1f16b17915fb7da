/* With whom handshakes are made, and what becomes of them.
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

/* Handshakes cost a hundred times what other packets do, so a passive side doesn't begin them more often. */
#define MIN_INTERVAL (200 * GST_MSECOND)

static void
drop (SiprecHandshake *handshake)
{
  g_clear_pointer (&handshake->dtls, siprec_dtls_free);
  handshake->peer = (SiprecAddress){0};
}

void
siprec_handshake_clear (SiprecHandshake *handshake)
{
  drop (handshake);
  g_clear_pointer (&handshake->listener, siprec_dtls_free);
  g_clear_pointer (&handshake->done, siprec_dtls_free);
  g_clear_pointer (&handshake->tls_id, g_free);
  g_clear_pointer (&handshake->place, g_free);
}

/* ---- sending ---- */

static void
on_listener_send (gpointer user_data, const guint8 *data, gsize size)
{
  SiprecHandshake *handshake = user_data;

  handshake->send (handshake->user_data, &handshake->asking, data, size);
}

static void
on_send (gpointer user_data, const guint8 *data, gsize size)
{
  SiprecHandshake *handshake = user_data;

  handshake->send (handshake->user_data, &handshake->peer, data, size);
}

static void
on_done_send (gpointer user_data, const guint8 *data, gsize size)
{
  SiprecHandshake *handshake = user_data;

  handshake->send (handshake->user_data, &handshake->done_peer, data, size);
}

/* ---- what is agreed ---- */

static void
replace (gchar **place, const gchar *value)
{
  g_free (*place);
  *place = g_strdup (value);
}

void
siprec_handshake_expect (SiprecHandshake *handshake, const SiprecProtection *protection)
{
  gboolean first = handshake->fingerprints.n == 0;
  gboolean same = handshake->active == protection->active &&
                  g_strcmp0 (handshake->tls_id, protection->remote_tls_id) == 0 &&
                  siprec_fingerprints_equal (&handshake->fingerprints, &protection->fingerprints);
  /* A client that doesn't name its associations may have begun another one if it has moved (RFC 5763 section 6.6). */
  gboolean moved =
      !protection->remote_tls_id && g_strcmp0 (handshake->place, protection->place) != 0;

  replace (&handshake->tls_id, protection->remote_tls_id);
  replace (&handshake->place, protection->place);
  if (!first && same && !moved)
    return;
  handshake->fingerprints = protection->fingerprints;
  handshake->active = protection->active;
  handshake->wanted = handshake->wanted || first || !same;
  handshake->due = protection->active;
  handshake->n_failures = 0;
  handshake->resume = 0;
  memset (handshake->told, 0, sizeof (handshake->told));
  drop (handshake);
  g_clear_pointer (&handshake->listener, siprec_dtls_free);
}

/* ---- records ---- */

/* The association under way is the one that counts. */
static void
settle (SiprecHandshake *handshake)
{
  siprec_dtls_free (handshake->done);
  handshake->done = g_steal_pointer (&handshake->dtls);
  handshake->done_peer = handshake->peer;
  handshake->peer = (SiprecAddress){0};
  handshake->fresh = TRUE;
  handshake->wanted = handshake->due = FALSE;
  handshake->n_failures = 0;
  siprec_dtls_set_send (handshake->done, on_done_send);
}

static void
go_on (SiprecHandshake *handshake, const SiprecDatagram *datagram)
{
  if (siprec_dtls_input (handshake->dtls, datagram->data, datagram->size) == SIPREC_DTLS_DONE)
    settle (handshake);
}

/* Whether somebody so trusted, who has one under way if he is the @same, may begin an association now. */
static gboolean
may_begin (const SiprecHandshake *handshake, gboolean same, SiprecTrust trust, GstClockTime now)
{
  GstClockTime begun = handshake->begun[trust];

  if (begun != 0 && now < begun + MIN_INTERVAL)
    return FALSE;
  return !handshake->dtls || same || trust > handshake->trust || now >= handshake->since + PATIENCE;
}

static void
put_place (SiprecDtls *dtls, const SiprecAddress *address)
{
  guint8 place[sizeof (struct in6_addr) + sizeof (in_port_t)];
  gboolean ipv6 = address->any.sa_family == AF_INET6;
  gsize size = ipv6 ? sizeof (address->in6.sin6_addr) : sizeof (address->in.sin_addr);

  if (ipv6)
    memcpy (place, &address->in6.sin6_addr, size);
  else
    memcpy (place, &address->in.sin_addr, size);
  memcpy (place + size, &address->in.sin_port, sizeof (in_port_t));
  siprec_dtls_set_place (dtls, place, size + sizeof (in_port_t));
}

/* A passive side doesn't know who will begin, and the first one to send something need not be the client. */
static gboolean
take_hello (SiprecHandshake *handshake, const SiprecDatagram *datagram, SiprecTrust trust)
{
  gboolean same = siprec_address_equal (&handshake->peer, datagram->from);

  if (!may_begin (handshake, same, trust, datagram->arrival))
    return FALSE;
  if (!handshake->listener)
    handshake->listener =
        siprec_dtls_new (FALSE, &handshake->fingerprints, on_listener_send, handshake);
  handshake->asking = *datagram->from;
  put_place (handshake->listener, datagram->from);
  siprec_dtls_input (handshake->listener, datagram->data, datagram->size);
  if (siprec_dtls_is_listening (handshake->listener))
    return TRUE;
  drop (handshake);
  handshake->dtls = g_steal_pointer (&handshake->listener);
  siprec_dtls_set_send (handshake->dtls, on_send);
  handshake->peer = *datagram->from;
  handshake->trust = trust;
  handshake->since = handshake->begun[trust] = datagram->arrival;
  return TRUE;
}

/* Whether the listener awaits a cookie from there. */
static gboolean
is_asking (const SiprecHandshake *handshake, const SiprecAddress *from)
{
  return handshake->listener && siprec_address_equal (&handshake->asking, from);
}

gboolean
siprec_handshake_input (SiprecHandshake *handshake, const SiprecDatagram *datagram,
                        SiprecTrust trust)
{
  gboolean first, hello = siprec_dtls_is_hello (datagram->data, datagram->size, &first);

  /* Who has one under way may say hello once more because we weren't heard, or has lost all and begins anew. */
  if (!handshake->active && hello &&
      (first || is_asking (handshake, datagram->from) ||
       !siprec_address_equal (&handshake->peer, datagram->from)))
    return take_hello (handshake, datagram, trust);
  /* The client may take another way in the middle of a handshake, or before it has our last flight. */
  if (!hello && trust == SIPREC_TRUST_NOMINATED)
    *(handshake->dtls ? &handshake->peer : &handshake->done_peer) = *datagram->from;
  if (handshake->dtls && siprec_address_equal (&handshake->peer, datagram->from)) {
    go_on (handshake, datagram);
    return TRUE;
  }
  if (handshake->done && siprec_address_equal (&handshake->done_peer, datagram->from)) {
    siprec_dtls_input (handshake->done, datagram->data, datagram->size);
    return TRUE;
  }
  /* What comes while an active one pauses belongs to the association before. */
  return handshake->active && !handshake->dtls && handshake->due;
}

/* ---- time ---- */

void
siprec_handshake_tick (SiprecHandshake *handshake, const SiprecAddress *remote, GstClockTime now)
{
  if (handshake->active && remote) {
    if (!handshake->dtls && handshake->due && now >= handshake->resume)
      handshake->dtls = siprec_dtls_new (TRUE, &handshake->fingerprints, on_send, handshake);
    if (handshake->dtls)
      handshake->peer = *remote;
  }
  if (handshake->dtls)
    siprec_dtls_tick (handshake->dtls, now);
}

void
siprec_handshake_give_keys (SiprecHandshake *handshake, SiprecSrtp *srtp)
{
  g_auto (SiprecKeying) local = {0};
  g_auto (SiprecKeying) remote = {0};

  if (!handshake->fresh)
    return;
  handshake->fresh = FALSE;
  if (siprec_dtls_get_keys (handshake->done, &local, &remote))
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
  drop (handshake);
  if (handshake->active)
    handshake->resume = now + (FIRST_PAUSE << MIN (handshake->n_failures, MAX_DOUBLINGS));
  handshake->n_failures++;
  /* One that nobody asked for is tried once, and what was agreed goes on. */
  handshake->due = handshake->due && handshake->wanted;
  if (!handshake->wanted || (*told != 0 && now < *told + TOLD_PERIOD))
    return SIPREC_DTLS_NO_FAILURE;
  *told = now;
  return failure;
}
