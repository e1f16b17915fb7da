/* What is done about losses: a key frame or the packet is asked for, or the packet is put together from others.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "../media/debug.h"
#include "../media/red.h"
#include "receiver-private.h"

/* Nothing that is still waited for is older, in packets. */
#define MAX_RETRANSMISSION_AGE 1000

void
siprec_receiver_want_refresh (SiprecReceiver *receiver)
{
  const SiprecFormat *codec =
      receiver->media ? receiver->media : siprec_receiver_get_codec (receiver);

  receiver->refresh.wanted = codec && codec->is_video;
}

/* Whom to ask: the source, or who has only reported so far, because its screen doesn't change. */
static gboolean
find_sender (SiprecReceiver *receiver, guint32 *ssrc)
{
  if (receiver->source.known) {
    *ssrc = receiver->source.ssrc;
    return TRUE;
  }
  for (guint i = 0; i < SIPREC_RTCP_SENDERS; i++) {
    if (receiver->rtcp.senders[i].have_sr) {
      *ssrc = receiver->rtcp.senders[i].ssrc;
      return TRUE;
    }
  }
  return FALSE;
}

GstMemory *
siprec_receiver_take_refresh (SiprecReceiver *receiver, GstClockTime now)
{
  SiprecNotice notice = {.type = SIPREC_NOTICE_REFRESH, .time = now};
  SiprecRefreshWay way;
  guint32 ssrc;

  if (!receiver->refresh.wanted || receiver->held || receiver->paused ||
      !find_sender (receiver, &ssrc))
    return NULL;
  way = siprec_refresh_take (&receiver->refresh, now);
  if (way == SIPREC_REFRESH_NONE)
    return NULL;
  GST_DEBUG ("%08x is asked for a key frame, way %d", ssrc, way);
  if (way != SIPREC_REFRESH_SIGNALLING)
    return siprec_rtcp_make_refresh (&receiver->rtcp, ssrc, &receiver->refresh, way);
  receiver->notify (receiver->user_data, &notice);
  return NULL;
}

GstMemory *
siprec_receiver_take_nack (SiprecReceiver *receiver, GstClockTime now)
{
  guint16 seqs[SIPREC_NACK_MAX];
  guint n;

  if (!(receiver->refresh.feedback & SIPREC_FEEDBACK_NACK) || receiver->held || receiver->paused ||
      receiver->settling > 0)
    return NULL;
  n = siprec_nack_take (&receiver->nack, &receiver->reorder, now, seqs);
  return n > 0 ? siprec_rtcp_make_nack (&receiver->rtcp, receiver->source.ssrc, seqs, n) : NULL;
}

/* The packet in @data, whose payload type is that of RED, as it was: its payload type tells the format. NULL if it is
 * malformed, or what nobody wraps. */
static guint8 *
unwrap (SiprecReceiver *receiver, const guint8 *data, gsize *size)
{
  g_autofree guint8 *inner = g_malloc (*size);
  const SiprecFormat *format = NULL;
  SiprecPacket packet;

  if (siprec_packet_parse (&packet, data, *size))
    *size = siprec_red_unwrap (&packet, data, *size, inner);
  else
    *size = 0;
  if (*size > 0)
    format = siprec_receiver_find_format (receiver, inner[1] & 0x7f);
  if (!format || (siprec_format_is_auxiliary (format) && format->payload != SIPREC_PAYLOAD_FEC)) {
    receiver->stats.num_invalid++;
    return NULL;
  }
  return g_steal_pointer (&inner);
}

/* Lets a packet that was lost take its place; FALSE if it is of no use. It doesn't count as received: reports are about
 * the source's own packets. */
static gboolean
put_back (SiprecReceiver *receiver, const guint8 *data, gsize size, gint64 seq,
          GstClockTime arrival)
{
  SiprecFormat *format = siprec_receiver_find_format (receiver, data[1] & 0x7f);
  guint64 useless = receiver->stats.num_duplicates + receiver->timeline.late;
  SiprecPacket packet;

  if (!format || format->payload == SIPREC_PAYLOAD_RETRANSMISSION ||
      format->payload == SIPREC_PAYLOAD_RED || !siprec_packet_parse (&packet, data, size))
    return FALSE;
  siprec_receiver_process (receiver, &packet, data, size, format, seq, receiver->generation,
                           arrival);
  return receiver->stats.num_duplicates + receiver->timeline.late == useless;
}

/* Nobody waits for a packet that would only have repaired others. */
static void
pass_spare (SiprecReceiver *receiver)
{
  SiprecReorder *reorder = &receiver->reorder;
  const SiprecFrame *first;

  while (!reorder->waiting && (first = siprec_reorder_peek (reorder)) &&
         first->seq == reorder->next + 1 && siprec_fec_is_spare (receiver->fec, reorder->next)) {
    GST_LOG ("%08x: packet %" G_GINT64_FORMAT " is not missed", receiver->source.ssrc,
             reorder->next);
    siprec_reorder_skip (reorder);
    siprec_receiver_drain (receiver);
  }
}

void
siprec_receiver_repair (SiprecReceiver *receiver, GstClockTime arrival)
{
  guint8 *packet;
  gint64 seq;
  gsize size;

  if (!receiver->fec)
    return;
  while ((packet = siprec_fec_repair (receiver->fec, receiver->source.ssrc, &seq, &size))) {
    GST_LOG ("%08x: packet %" G_GINT64_FORMAT " is repaired", receiver->source.ssrc, seq);
    receiver->stats.num_repaired += put_back (receiver, packet, size, seq, arrival);
    g_free (packet);
  }
  pass_spare (receiver);
}

void
siprec_receiver_follow_repair (SiprecReceiver *receiver)
{
  gboolean agreed = FALSE;

  for (guint i = 0; i < receiver->formats->len; i++)
    agreed |=
        ((SiprecFormat *)g_ptr_array_index (receiver->formats, i))->payload == SIPREC_PAYLOAD_FEC;
  if (!agreed)
    g_clear_pointer (&receiver->fec, siprec_fec_free);
  else if (!receiver->fec)
    receiver->fec = siprec_fec_new ();
}

/* RFC 4588 section 4: the payload begins with the sequence number that the packet had. */
static void
take_retransmission (SiprecReceiver *receiver, const SiprecPacket *packet, const guint8 *data,
                     gsize size, const SiprecFormat *wrapper, GstClockTime arrival)
{
  SiprecFormat *format = siprec_receiver_find_format (receiver, wrapper->mode);
  gsize head = packet->payload - data;
  g_autofree guint8 *original = NULL;
  guint16 age;

  if (!format || packet->payload_size < 2)
    return;
  age = (guint16)receiver->source.max_seq - GST_READ_UINT16_BE (packet->payload);
  if (age >= MAX_RETRANSMISSION_AGE)
    return;
  size -= 2;
  original = g_malloc (size);
  memcpy (original, data, head);
  memcpy (original + head, packet->payload + 2, size - head);
  original[1] = (data[1] & 0x80) | format->pt;
  memcpy (original + 2, packet->payload, 2);
  GST_WRITE_UINT32_BE (original + 8, receiver->source.ssrc);
  if (format->payload == SIPREC_PAYLOAD_RED) {
    g_autofree guint8 *wrapped = g_steal_pointer (&original);

    original = unwrap (receiver, wrapped, &size);
  }
  if (original)
    receiver->stats.num_retransmitted +=
        put_back (receiver, original, size, receiver->source.max_seq - age, arrival);
}

gboolean
siprec_receiver_take_repair (SiprecReceiver *receiver, const SiprecPacket *packet,
                             const guint8 *data, gsize size, const SiprecFormat *format,
                             GstClockTime arrival)
{
  gboolean of_use = receiver->source.known && receiver->claimed && !receiver->paused;
  g_autofree guint8 *inner = NULL;

  switch (format->payload) {
  case SIPREC_PAYLOAD_RED:
    inner = unwrap (receiver, data, &size);
    if (inner)
      siprec_receiver_push (receiver, inner, size, arrival);
    return TRUE;
  case SIPREC_PAYLOAD_FEC:
    if (!receiver->source.known || packet->ssrc == receiver->source.ssrc)
      return FALSE;
    /* RFC 5109 section 14: a stream of its own. */
    if (of_use && receiver->fec)
      siprec_fec_note_aside (receiver->fec, receiver->source.max_seq, packet);
    break;
  case SIPREC_PAYLOAD_RETRANSMISSION:
    if (of_use)
      take_retransmission (receiver, packet, data, size, format, arrival);
    break;
  default:
    return FALSE;
  }
  siprec_receiver_repair (receiver, arrival);
  return TRUE;
}
