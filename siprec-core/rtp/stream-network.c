/* What a stream reads from its sockets and sends through them. Worker's thread.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/socket.h>

#include "../media/debug.h"
#include "../transport/stun.h"
#include "stream-private.h"

#define MAX_KEEPALIVE MAX (SIPREC_KEEPALIVE_SIZE, SIPREC_STUN_INDICATION_SIZE)

/* Packets that may be for keys on their way to us: what comes between two ticks. */
#define MAX_UNOPENED 128

/* A packet that no key fits yet. */
typedef struct {
  SiprecSocket *socket;
  SiprecDatagram datagram;
  SiprecAddress from;
  guint8 data[];
} Unopened;

/* Whether reports may go to where some have come from: all are authentic with SRTP, but else anybody's are let in until
 * media tells who the client is. */
static gboolean
is_trusted (SiprecStream *stream, const SiprecAddress *address)
{
  return stream->gate.srtp || siprec_latch_vouches (&stream->gate.latch, address);
}

static void
input_rtcp (SiprecStream *stream, SiprecSocket *socket, const SiprecDatagram *datagram,
            const guint8 *data, gsize size)
{
  SiprecRtcp *rtcp = &stream->receiver.rtcp;

  if (!siprec_rtcp_parse (rtcp, data, size, datagram->arrival)) {
    GST_LOG ("%p: not RTCP, %" G_GSIZE_FORMAT " octets", stream, size);
    return;
  }
  if (!is_trusted (stream, datagram->from) && is_trusted (stream, &rtcp->seen))
    return;
  rtcp->seen = *datagram->from;
  rtcp->seen_on_rtp = !socket->rtcp;
}

static void
input_rtp (SiprecStream *stream, const SiprecDatagram *datagram, const guint8 *data, gsize size)
{
  SiprecStats *stats = &stream->receiver.stats;
  guint64 received = stats->packets_received, foreign = stats->num_foreign_ssrc;

  siprec_receiver_push (&stream->receiver, data, size, datagram->arrival);
  if (stats->packets_received > received) {
    siprec_latch_confirm (&stream->gate.latch, datagram->from, datagram->arrival);
    stats->source = *datagram->from;
  }
  if (stats->num_foreign_ssrc > foreign)
    siprec_gate_reject (&stream->gate, SIPREC_REJECT_SSRC, datagram->from);
}

/* FALSE if the keys for it can't be on their way. */
static gboolean
keep_unopened (SiprecStream *stream, SiprecSocket *socket, const SiprecDatagram *datagram)
{
  Unopened *unopened;

  if (g_atomic_int_get (&stream->n_keys_set) == stream->n_keys_used ||
      stream->unopened.length >= MAX_UNOPENED)
    return FALSE;
  unopened = g_malloc (sizeof (*unopened) + datagram->size);
  *unopened = (Unopened){.socket = socket, .datagram = *datagram, .from = *datagram->from};
  memcpy (unopened->data, datagram->data, datagram->size);
  unopened->datagram.data = unopened->data;
  unopened->datagram.from = &unopened->from;
  g_queue_push_tail (&stream->unopened, unopened);
  return TRUE;
}

static void
input_packet (SiprecStream *stream, SiprecSocket *socket, const SiprecDatagram *datagram)
{
  guint8 room[SIPREC_READER_MAX_SIZE] __attribute__ ((aligned (16)));
  gboolean rtcp = socket->rtcp || siprec_packet_is_rtcp (datagram->data, datagram->size);
  const guint8 *data;
  gsize size;

  switch (siprec_gate_pass (&stream->gate, rtcp, socket->rtcp, datagram, room, &data, &size)) {
  case SIPREC_GATE_OPEN:
    if (rtcp)
      input_rtcp (stream, socket, datagram, data, size);
    else
      input_rtp (stream, datagram, data, size);
    break;
  case SIPREC_GATE_NO_KEY:
    if (!keep_unopened (stream, socket, datagram))
      siprec_gate_reject_unopened (&stream->gate, datagram->from);
    break;
  case SIPREC_GATE_REJECTED:
    break;
  }
}

void
siprec_stream_drop_unopened (SiprecStream *stream)
{
  g_queue_clear_full (&stream->unopened, g_free);
}

/* @remote for a socket of the stream's family; FALSE if it can't be reached from there. */
static gboolean
adapt_address (SiprecStream *stream, const SiprecAddress *remote, SiprecAddress *address)
{
  *address = *remote;
  if (remote->any.sa_family == stream->family)
    return TRUE;
  if (remote->any.sa_family != AF_INET || stream->family != AF_INET6)
    return FALSE;
  *address = (SiprecAddress){.in6 = {.sin6_family = AF_INET6, .sin6_port = remote->in.sin_port}};
  address->in6.sin6_addr.s6_addr[10] = address->in6.sin6_addr.s6_addr[11] = 0xff;
  memcpy (&address->in6.sin6_addr.s6_addr[12], &remote->in.sin_addr, 4);
  return TRUE;
}

static gboolean
send_to (SiprecStream *stream, gboolean on_rtp, const SiprecAddress *remote, const guint8 *data,
         gsize size)
{
  SiprecAddress address;

  if (!adapt_address (stream, remote, &address))
    return FALSE;
  if (sendto (on_rtp ? stream->rtp.fd : stream->rtcp.fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL,
              &address.any,
              stream->family == AF_INET6 ? sizeof (address.in6) : sizeof (address.in)) < 0)
    GST_DEBUG ("%p: not sent: %m", stream);
  return TRUE;
}

static void
send_record (gpointer user_data, const SiprecAddress *to, const guint8 *data, gsize size)
{
  SiprecSocket *socket = user_data;

  send_to (socket->stream, !socket->rtcp, to, data, size);
}

void
siprec_stream_use_protection (SiprecStream *stream, const SiprecProtection *protection)
{
  guint n;

  siprec_gate_set_protection (&stream->gate, protection, send_record, &stream->rtp, &stream->rtcp);
  stream->n_keys_used++;
  for (n = stream->unopened.length; n > 0; n--) {
    g_autofree Unopened *unopened = g_queue_pop_head (&stream->unopened);

    input_packet (stream, unopened->socket, &unopened->datagram);
  }
}

/* ICE's check of whether we can be reached. */
static void
answer_check (SiprecSocket *socket, const SiprecDatagram *datagram)
{
  guint8 response[SIPREC_STUN_MAX_RESPONSE] __attribute__ ((aligned (4)));
  gsize size = siprec_gate_check (&socket->stream->gate, socket->rtcp, datagram, response);

  if (size > 0)
    send_to (socket->stream, !socket->rtcp, datagram->from, response, size);
}

static void
input_record (SiprecSocket *socket, const SiprecDatagram *datagram)
{
  SiprecStream *stream = socket->stream;

  /* Where RTCP shares the port of RTP there is one association, and nobody has business at the other port. */
  if (socket->rtcp && stream->receiver.rtcp.mux)
    siprec_gate_reject (&stream->gate, SIPREC_REJECT_ADDRESS, datagram->from);
  else
    siprec_gate_shake (&stream->gate, socket->rtcp, datagram);
}

void
siprec_stream_input (SiprecStream *stream, SiprecSocket *socket, const SiprecDatagram *datagram)
{
  SiprecStats *stats = &stream->receiver.stats;

  if (datagram->drops != socket->drops && datagram->drops != 0) {
    stats->num_kernel_drops += datagram->drops - socket->drops;
    socket->drops = datagram->drops;
  }
  stream->receiver.changed = TRUE;
  if (datagram->truncated)
    stats->num_invalid++;
  else if (siprec_stun_is_message (datagram->data, datagram->size))
    answer_check (socket, datagram);
  else if (stream->gate.handshakes && siprec_dtls_is_record (datagram->data, datagram->size))
    input_record (socket, datagram);
  else
    input_packet (stream, socket, datagram);
}

/* Where reports go: to where others come from, else to where the SDP says; NULL if unknown. */
static const SiprecAddress *
get_rtcp_remote (SiprecStream *stream, gboolean *on_rtp)
{
  const SiprecRtcp *rtcp = &stream->receiver.rtcp;

  if (rtcp->seen.any.sa_family != AF_UNSPEC && is_trusted (stream, &rtcp->seen)) {
    *on_rtp = rtcp->seen_on_rtp;
    return &rtcp->seen;
  }
  *on_rtp = rtcp->mux;
  return rtcp->signalled.any.sa_family != AF_UNSPEC ? &rtcp->signalled : NULL;
}

/* Sends a report, and with it what there is to ask for (transfer full, nullable both). */
static void
send_report (SiprecStream *stream, GstClockTime now, gboolean bye, GstMemory *refresh,
             GstMemory *nack)
{
  SiprecRtcp *rtcp = &stream->receiver.rtcp;
  guint8 sealed[SIPREC_READER_MAX_SIZE];
  const SiprecAddress *remote;
  g_autoptr (GstBuffer) report = NULL;
  gboolean on_rtp;
  GstMapInfo map;
  const guint8 *data;
  gsize size;

  report = siprec_rtcp_make_report (rtcp, &stream->receiver.source, now, bye);
  if (refresh)
    gst_buffer_append_memory (report, refresh);
  if (nack)
    gst_buffer_append_memory (report, nack);
  remote = get_rtcp_remote (stream, &on_rtp);
  if (stream->gate.ice.ufrag)
    remote = &stream->gate.nominated[!on_rtp];
  if (!remote || remote->any.sa_family == AF_UNSPEC)
    return;
  if (!gst_buffer_map (report, &map, GST_MAP_READ))
    return;
  data = map.data;
  size = map.size;
  if (stream->gate.srtp) {
    data = sealed;
    if (!siprec_srtp_seal_rtcp (siprec_gate_get_srtp (&stream->gate, !on_rtp), map.data, map.size,
                                sealed, &size))
      size = 0;
  }
  if (size > 0 && send_to (stream, on_rtp, remote, data, size))
    rtcp->reported = TRUE;
  gst_buffer_unmap (report, &map);
}

/* Where the peer's RTP port is: where media comes from, or else where the SDP says it does. */
static const SiprecAddress *
get_rtp_remote (SiprecStream *stream)
{
  const SiprecLatch *latch = &stream->gate.latch;

  if (latch->source.any.sa_family != AF_UNSPEC)
    return &latch->source;
  return latch->signalled.any.sa_family != AF_UNSPEC ? &latch->signalled : NULL;
}

/* A packet that the client passes over: RTP of no agreed type; or STUN, where RTP would have to be authentic. */
static gsize
write_keepalive (SiprecStream *stream, guint8 packet[MAX_KEEPALIVE])
{
  if (stream->gate.srtp || stream->gate.ice.ufrag)
    return siprec_stun_indicate (packet);
  siprec_keepalive_write (&stream->keepalive, stream->receiver.formats, stream->receiver.rtcp.ssrc,
                          packet);
  return SIPREC_KEEPALIVE_SIZE;
}

static void
keep_alive (SiprecStream *stream, GstClockTime now)
{
  const SiprecAddress *remote = get_rtp_remote (stream);
  guint8 packet[MAX_KEEPALIVE];
  gboolean on_rtp = FALSE;

  get_rtcp_remote (stream, &on_rtp);
  if (!remote || on_rtp || !siprec_keepalive_is_due (&stream->keepalive, now))
    return;
  send_to (stream, TRUE, remote, packet, write_keepalive (stream, packet));
}

static void
tell_rejected (SiprecStream *stream, GstClockTime now)
{
  SiprecNotice notice = {.type = SIPREC_NOTICE_REJECTED, .time = now};
  SiprecReject reject;

  while (stream->notice &&
         (notice.packets = siprec_gate_take_report (&stream->gate, now, &reject))) {
    notice.reason = siprec_reject_name (reject);
    notice.source = stream->gate.offender;
    siprec_stream_tell (stream, &notice);
  }
}

static const gchar *
name_failure (SiprecDtlsFailure failure)
{
  switch (failure) {
  case SIPREC_DTLS_BAD_FINGERPRINT:
    return "fingerprint";
  case SIPREC_DTLS_TIMEOUT:
    return "no-handshake";
  default:
    return "handshake";
  }
}

/* Where an active handshake begins. */
static const SiprecAddress *
handshake_remote (SiprecStream *stream, gboolean rtcp_socket, SiprecAddress *address)
{
  const SiprecAddress *remote =
      rtcp_socket ? &stream->receiver.rtcp.signalled : &stream->gate.latch.signalled;

  /* With ICE the client says which way to take. */
  if (stream->gate.ice.ufrag)
    remote = &stream->gate.nominated[rtcp_socket];
  if (remote->any.sa_family == AF_UNSPEC || !adapt_address (stream, remote, address))
    return NULL;
  return address;
}

static void
tick_handshakes (SiprecStream *stream, GstClockTime now)
{
  guint n = stream->receiver.rtcp.mux ? 1 : 2;

  for (guint i = 0; stream->gate.handshakes && i < n; i++) {
    SiprecNotice notice = {.type = SIPREC_NOTICE_FAILED, .time = now};
    SiprecAddress address;
    SiprecDtlsFailure failure;

    siprec_gate_tick (&stream->gate, i, handshake_remote (stream, i, &address), now);
    notice.source = stream->gate.handshakes[i].peer;
    failure = siprec_handshake_take_failure (&stream->gate.handshakes[i], now);
    /* Without the keys of the RTCP socket the media is still received. */
    if (failure == SIPREC_DTLS_NO_FAILURE || i > 0 || !stream->notice)
      continue;
    notice.reason = name_failure (failure);
    stream->notice (stream, &notice, stream->user_data);
  }
}

static void
copy_counts (SiprecStream *stream)
{
  const SiprecSuite *suite = stream->gate.srtp ? siprec_srtp_get_suite (stream->gate.srtp) : NULL;
  const guint64 *rejected = stream->gate.rejected;
  SiprecStats *stats = &stream->receiver.stats;

  stats->num_wrong_source = rejected[SIPREC_REJECT_ADDRESS];
  stats->num_auth_failed = rejected[SIPREC_REJECT_FORGED] + rejected[SIPREC_REJECT_EARLY];
  stats->num_replayed = rejected[SIPREC_REJECT_REPLAYED];
  stats->suite = suite ? suite->name : NULL;
}

void
siprec_stream_report (SiprecStream *stream, GstClockTime now)
{
  GstMemory *refresh = siprec_receiver_take_refresh (&stream->receiver, now);
  GstMemory *nack = siprec_receiver_take_nack (&stream->receiver, now);

  if (siprec_rtcp_is_due (&stream->receiver.rtcp, now) || refresh || nack)
    send_report (stream, now, FALSE, refresh, nack);
  if (now >= stream->keepalive.next)
    keep_alive (stream, now);
  if (stream->receiver.changed)
    copy_counts (stream);
  tell_rejected (stream, now);
  tick_handshakes (stream, now);
}

void
siprec_stream_report_bye (SiprecStream *stream, GstClockTime now)
{
  /* RFC 3550 section 6.3.7: who has never sent anything says no BYE either. */
  if (stream->receiver.rtcp.reported)
    send_report (stream, now, TRUE, NULL, NULL);
  copy_counts (stream);
  tell_rejected (stream, now);
}
