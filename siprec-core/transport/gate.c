/* Address, authenticity, replay: what a packet must get past.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate.h"

#include "../media/debug.h"

const gchar *
siprec_reject_name (SiprecReject reject)
{
  static const gchar *const names[] = {"address", "authentication", "replay", "no-keys", "ssrc"};

  return names[reject];
}

static void
drop_handshakes (SiprecGate *gate)
{
  for (guint i = 0; gate->handshakes && i < 2; i++)
    siprec_handshake_clear (&gate->handshakes[i]);
  g_clear_pointer (&gate->handshakes, g_free);
  g_clear_pointer (&gate->rtcp_srtp, siprec_srtp_free);
}

void
siprec_gate_clear (SiprecGate *gate)
{
  siprec_ice_credentials_clear (&gate->ice);
  drop_handshakes (gate);
  g_clear_pointer (&gate->srtp, siprec_srtp_free);
}

static void
use_sdes (SiprecGate *gate, const SiprecProtection *protection)
{
  drop_handshakes (gate);
  if (!siprec_srtp_set_keys (gate->srtp, protection->local, protection->remote))
    GST_WARNING ("%s can't be used", protection->suite_name);
}

/* Without rtcp-mux each socket has its own association (RFC 5764 section 4.1). */
static void
use_dtls (SiprecGate *gate, const SiprecProtection *protection, SiprecHandshakeSend send,
          gpointer rtp, gpointer rtcp)
{
  if (!gate->handshakes) {
    gate->handshakes = g_new0 (SiprecHandshake, 2);
    gate->rtcp_srtp = siprec_srtp_new ();
  }
  for (guint i = 0; i < 2; i++) {
    gate->handshakes[i].send = send;
    gate->handshakes[i].user_data = i == 0 ? rtp : rtcp;
    siprec_handshake_expect (&gate->handshakes[i], protection);
  }
}

static void
use_ice (SiprecGate *gate, const SiprecProtection *protection)
{
  siprec_ice_credentials_clear (&gate->ice);
  if (protection)
    siprec_ice_credentials_copy (&gate->ice, &protection->ice);
}

void
siprec_gate_set_protection (SiprecGate *gate, const SiprecProtection *protection,
                            SiprecHandshakeSend send, gpointer rtp, gpointer rtcp)
{
  if (!protection || protection->kind == SIPREC_PROTECTION_NONE)
    siprec_gate_clear (gate);
  use_ice (gate, protection);
  if (!protection || protection->kind == SIPREC_PROTECTION_NONE)
    return;
  if (!gate->srtp)
    gate->srtp = siprec_srtp_new ();
  if (protection->kind == SIPREC_PROTECTION_SDES)
    use_sdes (gate, protection);
  else
    use_dtls (gate, protection, send, rtp, rtcp);
}

SiprecSrtp *
siprec_gate_get_srtp (SiprecGate *gate, gboolean rtcp_socket)
{
  return rtcp_socket && gate->rtcp_srtp ? gate->rtcp_srtp : gate->srtp;
}

void
siprec_gate_shake (SiprecGate *gate, gboolean rtcp_socket, const SiprecDatagram *datagram)
{
  SiprecHandshake *handshake = &gate->handshakes[rtcp_socket];
  SiprecTrust trust = SIPREC_TRUST_STRANGER;

  if (siprec_address_equal (&gate->nominated[rtcp_socket], datagram->from))
    trust = SIPREC_TRUST_NOMINATED;
  else if (siprec_latch_is_signalled (&gate->latch, datagram->from))
    trust = SIPREC_TRUST_SIGNALLED;
  if (!siprec_latch_admits_authentic (&gate->latch, datagram->from) ||
      !siprec_handshake_input (handshake, datagram, trust))
    siprec_gate_reject (gate, SIPREC_REJECT_ADDRESS, datagram->from);
  else
    siprec_handshake_give_keys (handshake, siprec_gate_get_srtp (gate, rtcp_socket));
}

gsize
siprec_gate_check (SiprecGate *gate, gboolean rtcp_socket, const SiprecDatagram *datagram,
                   guint8 *out)
{
  gboolean nominated = FALSE;
  gsize size;

  if (!gate->ice.ufrag || !siprec_stun_is_request (datagram->data, datagram->size))
    return 0;
  size = siprec_ice_answer (&gate->ice, datagram->from, datagram->data, datagram->size, out,
                            &nominated);
  if (size == 0)
    siprec_gate_reject (gate, SIPREC_REJECT_FORGED, datagram->from);
  if (!nominated)
    return size;
  gate->nominated[rtcp_socket] = *datagram->from;
  /* Whoever has the password is as good as named in the SDP. */
  if (!rtcp_socket)
    siprec_latch_nominate (&gate->latch, datagram->from, datagram->arrival);
  return size;
}

void
siprec_gate_tick (SiprecGate *gate, gboolean rtcp_socket, const SiprecAddress *remote,
                  GstClockTime now)
{
  if (gate->handshakes)
    siprec_handshake_tick (&gate->handshakes[rtcp_socket], remote, now);
}

void
siprec_gate_reject (SiprecGate *gate, SiprecReject reject, const SiprecAddress *from)
{
  gate->rejected[reject]++;
  gate->untold[reject]++;
  gate->offender = *from;
}

void
siprec_gate_reject_unopened (SiprecGate *gate, const SiprecAddress *from)
{
  siprec_gate_reject (
      gate, siprec_srtp_get_suite (gate->srtp) ? SIPREC_REJECT_FORGED : SIPREC_REJECT_EARLY, from);
}

static SiprecGateResult
pass_plain (SiprecGate *gate, gboolean rtcp, const SiprecDatagram *datagram)
{
  gboolean admitted = rtcp ? siprec_latch_admits_rtcp (&gate->latch, datagram->from)
                           : siprec_latch_admits (&gate->latch, datagram->from, datagram->arrival);

  if (admitted)
    return SIPREC_GATE_OPEN;
  siprec_gate_reject (gate, SIPREC_REJECT_ADDRESS, datagram->from);
  return SIPREC_GATE_REJECTED;
}

SiprecGateResult
siprec_gate_pass (SiprecGate *gate, gboolean rtcp, gboolean rtcp_socket,
                  const SiprecDatagram *datagram, guint8 *room, const guint8 **data, gsize *size)
{
  *data = datagram->data;
  *size = datagram->size;
  if (!gate->srtp)
    return pass_plain (gate, rtcp, datagram);

  if (!siprec_latch_admits_authentic (&gate->latch, datagram->from)) {
    siprec_gate_reject (gate, SIPREC_REJECT_ADDRESS, datagram->from);
    return SIPREC_GATE_REJECTED;
  }
  *data = room;
  switch (siprec_srtp_open (siprec_gate_get_srtp (gate, rtcp_socket), rtcp, datagram->data,
                            datagram->size, datagram->arrival, room, size)) {
  case SIPREC_TRANSFORM_OK:
    return SIPREC_GATE_OPEN;
  case SIPREC_TRANSFORM_REPLAYED:
    siprec_gate_reject (gate, SIPREC_REJECT_REPLAYED, datagram->from);
    return SIPREC_GATE_REJECTED;
  case SIPREC_TRANSFORM_MALFORMED:
    siprec_gate_reject (gate, SIPREC_REJECT_FORGED, datagram->from);
    return SIPREC_GATE_REJECTED;
  default:
    return SIPREC_GATE_NO_KEY;
  }
}

guint
siprec_gate_take_report (SiprecGate *gate, GstClockTime now, SiprecReject *reject)
{
  for (guint i = 0; i < SIPREC_N_REJECTS; i++) {
    guint n = gate->untold[i];

    if (n == 0 || (gate->told[i] != 0 && now < gate->told[i] + SIPREC_REJECT_PERIOD))
      continue;
    gate->untold[i] = 0;
    gate->told[i] = now;
    *reject = i;
    return n;
  }
  return 0;
}
