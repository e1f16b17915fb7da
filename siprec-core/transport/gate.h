/* siprec-core: which datagrams of the network get into a stream
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../srtp/protection.h"
#include "../srtp/srtp.h"
#include "handshake.h"
#include "ice.h"
#include "latch.h"
#include "reader.h"

G_BEGIN_DECLS

/* Why a packet was dropped. */
typedef enum {
  SIPREC_REJECT_ADDRESS, /* from somewhere else */
  SIPREC_REJECT_FORGED,  /* not made with the agreed keys: a wrong tag, or no SRTP at all */
  SIPREC_REJECT_REPLAYED,
  SIPREC_REJECT_EARLY, /* there are no keys yet */
  SIPREC_REJECT_SSRC,  /* a single packet of a source that nobody sends */
  SIPREC_N_REJECTS
} SiprecReject;

/* "address", "authentication", "replay", "no-keys", "ssrc". Static. */
const gchar *siprec_reject_name (SiprecReject reject);

/**
 * SiprecGate:
 * @srtp: (nullable): what packets are opened with; NULL for a stream without protection
 * @rtcp_srtp: (nullable): the same for the RTCP socket, if that has keys of its own
 * @handshakes: (nullable): where keys come from, for the RTP socket and for the RTCP socket
 * @ice: what checks are answered with
 * @nominated: the way that the client has chosen by ICE, for the RTP socket and for the RTCP socket
 * @rejected: how many packets were dropped
 * @untold: of them, those that were not reported yet
 * @offender: where the last one came from
 *
 * Belongs to one worker.
 */
typedef struct {
  SiprecLatch latch;
  SiprecSrtp *srtp;
  SiprecSrtp *rtcp_srtp;
  SiprecHandshake *handshakes;
  SiprecIceCredentials ice;
  SiprecAddress nominated[2];
  guint64 rejected[SIPREC_N_REJECTS];
  guint untold[SIPREC_N_REJECTS];
  GstClockTime told[SIPREC_N_REJECTS];
  SiprecAddress offender;
} SiprecGate;

void siprec_gate_clear (SiprecGate *gate);

/* @protection (nullable) counts from now on. @send sends what DTLS has to say; its data are @rtp and @rtcp, by the
 * socket. */
void siprec_gate_set_protection (SiprecGate *gate, const SiprecProtection *protection,
                                 SiprecHandshakeSend send, gpointer rtp, gpointer rtcp);

/* What packets of a socket are opened and sealed with. */
SiprecSrtp *siprec_gate_get_srtp (SiprecGate *gate, gboolean rtcp_socket);

/* A DTLS record from one of the sockets. */
void siprec_gate_shake (SiprecGate *gate, gboolean rtcp_socket, const SiprecDatagram *datagram);

/* A STUN message from one of the sockets: writes the response to @out, which has room for SIPREC_STUN_MAX_RESPONSE;
 * returns its size, 0 for none. */
gsize siprec_gate_check (SiprecGate *gate, gboolean rtcp_socket, const SiprecDatagram *datagram,
                         guint8 *out);

/* Time passes for the handshake on a socket, which an active side begins with @remote (nullable). */
void siprec_gate_tick (SiprecGate *gate, gboolean rtcp_socket, const SiprecAddress *remote,
                       GstClockTime now);

typedef enum {
  SIPREC_GATE_OPEN,
  SIPREC_GATE_REJECTED, /* and counted */
  SIPREC_GATE_NO_KEY,   /* none of the keys fits; not counted yet */
} SiprecGateResult;

/**
 * siprec_gate_pass:
 * @rtcp: it is RTCP
 * @rtcp_socket: it came to the RTCP socket
 * @room: for an open packet, of SIPREC_READER_MAX_SIZE
 * @data, @size: (out): the packet as it was sent
 */
SiprecGateResult siprec_gate_pass (SiprecGate *gate, gboolean rtcp, gboolean rtcp_socket,
                                   const SiprecDatagram *datagram, guint8 *room,
                                   const guint8 **data, gsize *size);

/* Counts one that was dropped. */
void siprec_gate_reject (SiprecGate *gate, SiprecReject reject, const SiprecAddress *from);

/* The same for one that SIPREC_GATE_NO_KEY told of. */
void siprec_gate_reject_unopened (SiprecGate *gate, const SiprecAddress *from);

/* Tells, one a call, which reason is due for a report: the number of packets since the last one; 0 if none is.
 * The first is told at once, the next ones every SIPREC_REJECT_PERIOD. */
guint siprec_gate_take_report (SiprecGate *gate, GstClockTime now, SiprecReject *reject);

#define SIPREC_REJECT_PERIOD (10 * GST_SECOND)

G_END_DECLS
