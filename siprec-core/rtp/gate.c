/* Address, authenticity, replay: what a packet must get past.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate.h"

#include "debug.h"

const gchar *
siprec_reject_name (SiprecReject reject)
{
  static const gchar *const names[] = {"address", "authentication", "replay", "no-keys", "ssrc"};

  return names[reject];
}

void
siprec_gate_clear (SiprecGate *gate)
{
  g_clear_pointer (&gate->srtp, siprec_srtp_free);
}

void
siprec_gate_set_protection (SiprecGate *gate, const SiprecProtection *protection)
{
  if (!protection || protection->kind == SIPREC_PROTECTION_NONE) {
    g_clear_pointer (&gate->srtp, siprec_srtp_free);
    return;
  }
  if (!gate->srtp)
    gate->srtp = siprec_srtp_new ();
  if (protection->kind == SIPREC_PROTECTION_SDES &&
      !siprec_srtp_set_keys (gate->srtp, protection->local, protection->remote))
    GST_WARNING ("%s can't be used", protection->suite_name);
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
siprec_gate_pass (SiprecGate *gate, gboolean rtcp, const SiprecDatagram *datagram, guint8 *room,
                  const guint8 **data, gsize *size)
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
  switch (siprec_srtp_open (gate->srtp, rtcp, datagram->data, datagram->size, datagram->arrival,
                            room, size)) {
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
