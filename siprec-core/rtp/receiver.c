/* Receiving: whose packets are taken, who gets them, and what time brings.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "receiver.h"

#include "../media/debug.h"
#include "receiver-private.h"

#define MAX_LATENCY (10 * GST_SECOND)

/* A single packet of another source is believed if the current one is silent for so long after
 * it. */
#define CANDIDATE_AGE (200 * GST_MSECOND)

void
siprec_receiver_init (SiprecReceiver *receiver, SiprecReceiverNotify notify, gpointer user_data)
{
  receiver->notify = notify;
  receiver->user_data = user_data;
  receiver->generation = 1;
  siprec_timeline_init (&receiver->timeline, 0);
  receiver->formats = g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_format_unref);
}

static void
set_media (SiprecReceiver *receiver, SiprecFormat *format)
{
  if (receiver->media == format)
    return;
  g_clear_pointer (&receiver->media, siprec_format_unref);
  if (format)
    receiver->media = siprec_format_ref (format);
}

static void
leave_sync (SiprecReceiver *receiver)
{
  if (receiver->sync)
    siprec_sync_forget (receiver->sync, receiver);
  g_clear_pointer (&receiver->sync, siprec_sync_unref);
}

void
siprec_receiver_set_sync (SiprecReceiver *receiver, SiprecSync *sync)
{
  receiver->sync = siprec_sync_ref (sync);
}

void
siprec_receiver_clear (SiprecReceiver *receiver)
{
  g_clear_pointer (&receiver->candidate, siprec_kept_free);
  siprec_backlog_clear (&receiver->backlog);
  siprec_reorder_clear (&receiver->reorder);
  siprec_timeline_clear (&receiver->timeline);
  siprec_rtcp_clear (&receiver->rtcp);
  g_clear_pointer (&receiver->fec, siprec_fec_free);
  leave_sync (receiver);
  set_media (receiver, NULL);
  g_ptr_array_unref (receiver->formats);
}

SiprecFormat *
siprec_receiver_find_format (SiprecReceiver *receiver, guint8 pt)
{
  if (receiver->media && receiver->media->pt == pt)
    return receiver->media;
  for (guint i = 0; i < receiver->formats->len; i++) {
    SiprecFormat *format = g_ptr_array_index (receiver->formats, i);

    if (format->pt == pt)
      return format;
  }
  return NULL;
}

SiprecFormat *
siprec_receiver_get_codec (SiprecReceiver *receiver)
{
  for (guint i = 0; i < receiver->formats->len; i++) {
    SiprecFormat *format = g_ptr_array_index (receiver->formats, i);

    if (!siprec_format_is_auxiliary (format))
      return format;
  }
  return NULL;
}

static void
tell_started (SiprecReceiver *receiver, guint32 ssrc, GstClockTime arrival)
{
  SiprecNotice notice = {.type = SIPREC_NOTICE_STARTED, .time = arrival, .ssrc = ssrc};

  siprec_receiver_want_refresh (receiver);
  receiver->started = TRUE;
  receiver->notify (receiver->user_data, &notice);
}

/* A mixer says who is heard. */
static void
follow_contributors (SiprecReceiver *receiver, const guint8 *data, gint64 seq, GstClockTime arrival)
{
  SiprecNotice notice = {.type = SIPREC_NOTICE_CONTRIBUTORS, .time = arrival};

  receiver->mixed = TRUE;
  if (!siprec_contributors_take (&receiver->contributors, data, seq, arrival))
    return;
  notice.n_contributors = receiver->contributors.n;
  memcpy (notice.contributors, receiver->contributors.ssrcs, sizeof notice.contributors);
  receiver->notify (receiver->user_data, &notice);
}

/* A packet of the source, numbered @seq. */
static void
take_packet (SiprecReceiver *receiver, const SiprecPacket *packet, const guint8 *data, gsize size,
             SiprecFormat *format, gint64 seq, GstClockTime arrival)
{
  receiver->stats.packets_received++;
  receiver->stats.bytes_received += size;
  receiver->stats.octets_received += packet->payload_size;
  siprec_source_count (&receiver->source);
  if (!siprec_format_is_auxiliary (format)) {
    set_media (receiver, format);
    siprec_source_measure (&receiver->source, packet->timestamp, format->clock_rate, arrival);
  }
  receiver->alive = MAX (receiver->alive, arrival);
  receiver->timed_out = FALSE;
  if (!receiver->started)
    tell_started (receiver, packet->ssrc, arrival);

  if ((receiver->paused && arrival >= receiver->paused_since) || arrival < receiver->resumed)
    return;
  if ((data[0] & 0x0f) || receiver->mixed)
    follow_contributors (receiver, data, seq, arrival);
  if (receiver->claimed) {
    siprec_receiver_process (receiver, packet, data, size, format, seq, receiver->generation,
                             arrival);
    siprec_receiver_repair (receiver, arrival);
  } else {
    SiprecKept *kept = siprec_kept_new (data, size, format, arrival);

    kept->seq = seq;
    kept->generation = receiver->generation;
    siprec_backlog_add (&receiver->backlog, kept);
  }
}

/* The packet that was held becomes the first of a new source. */
static void
adopt_candidate (SiprecReceiver *receiver)
{
  g_autofree SiprecKept *kept = g_steal_pointer (&receiver->candidate);
  g_autoptr (SiprecFormat) format = kept->format;
  SiprecPacket packet;
  gint64 seq = 0;

  siprec_packet_parse (&packet, kept->data, kept->size);
  GST_DEBUG ("source %08x is followed by %08x", receiver->source.ssrc, packet.ssrc);
  siprec_source_start (&receiver->source, packet.ssrc, packet.seq);
  siprec_source_check (&receiver->source, packet.ssrc, packet.seq, &seq);
  receiver->generation++;
  receiver->contributors.newest = 0;
  siprec_receiver_want_refresh (receiver);
  take_packet (receiver, &packet, kept->data, kept->size, format, seq, kept->arrival);
}

static void
drop_candidate (SiprecReceiver *receiver)
{
  if (!receiver->candidate)
    return;
  receiver->stats.num_invalid++;
  if (GST_READ_UINT32_BE (receiver->candidate->data + 8) != receiver->source.ssrc)
    receiver->stats.num_foreign_ssrc++;
  g_clear_pointer (&receiver->candidate, siprec_kept_free);
}

void
siprec_receiver_push (SiprecReceiver *receiver, const guint8 *data, gsize size,
                      GstClockTime arrival)
{
  SiprecPacket packet;
  SiprecFormat *format;
  gint64 seq = 0;

  receiver->changed = TRUE;
  if (!siprec_packet_parse (&packet, data, size)) {
    receiver->stats.num_invalid++;
    return;
  }
  format = siprec_receiver_find_format (receiver, packet.pt);
  if (!format) {
    receiver->stats.num_unknown_pt++;
    return;
  }

  if (siprec_receiver_take_repair (receiver, &packet, data, size, format, arrival))
    return;
  switch (siprec_source_check (&receiver->source, packet.ssrc, packet.seq, &seq)) {
  case SIPREC_SOURCE_SWITCH:
    adopt_candidate (receiver);
    siprec_receiver_push (receiver, data, size, arrival);
    break;
  case SIPREC_SOURCE_HOLD:
    drop_candidate (receiver);
    receiver->candidate = siprec_kept_new (data, size, format, arrival);
    break;
  case SIPREC_SOURCE_ACCEPT:
    drop_candidate (receiver);
    take_packet (receiver, &packet, data, size, format, seq, arrival);
    break;
  case SIPREC_SOURCE_OLD:
    take_packet (receiver, &packet, data, size, format, seq, arrival);
    break;
  }
}

void
siprec_receiver_set_formats (SiprecReceiver *receiver, GPtrArray *formats)
{
  GPtrArray *old = receiver->formats;
  gboolean same_media = FALSE;
  SiprecFormat *codec;

  receiver->formats = g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_format_unref);
  for (guint i = 0; i < formats->len; i++) {
    SiprecFormat *format = g_ptr_array_index (formats, i);

    /* What was agreed before keeps its pointer: no new caps. */
    for (guint j = 0; j < old->len; j++) {
      if (siprec_format_equal (format, g_ptr_array_index (old, j)))
        format = g_ptr_array_index (old, j);
    }
    same_media |= format == receiver->media;
    g_ptr_array_add (receiver->formats, siprec_format_ref (format));
  }
  if (!same_media)
    set_media (receiver, NULL);
  codec = receiver->media ? NULL : siprec_receiver_get_codec (receiver);
  if (codec)
    siprec_timeline_set_format (&receiver->timeline, codec);
  g_ptr_array_unref (old);
  siprec_receiver_follow_repair (receiver);
  receiver->changed = TRUE;
}

void
siprec_receiver_set_held (SiprecReceiver *receiver, gboolean held, GstClockTime now)
{
  if (receiver->held && !held)
    siprec_receiver_want_refresh (receiver);
  receiver->held = held;
  receiver->alive = MAX (receiver->alive, now);
}

void
siprec_receiver_set_paused (SiprecReceiver *receiver, gboolean paused, GstClockTime now)
{
  /* What comes after a pause is no continuation: its sequence numbers tell of no loss. */
  if (receiver->paused && !paused) {
    receiver->generation++;
    /* What was sent before is read only now, and belongs to the pause. */
    receiver->resumed = now;
    siprec_receiver_want_refresh (receiver);
  }
  if (paused && !receiver->paused)
    receiver->paused_since = now;
  receiver->paused = paused;
}

void
siprec_receiver_begin (SiprecReceiver *receiver, GstClockTime start)
{
  receiver->begun = receiver->changed = TRUE;
  receiver->alive = start;
  siprec_timeline_init (&receiver->timeline, start);
  siprec_rtcp_init (&receiver->rtcp, start);
}

/* Everything that will ever come is here. */
static void
finish (SiprecReceiver *receiver)
{
  SiprecNotice notice;

  receiver->timeline.end = receiver->end;
  siprec_receiver_settle (receiver);
  while (siprec_reorder_peek (&receiver->reorder))
    siprec_receiver_give_up (receiver);
  receiver->losses = (SiprecBurst){0};
  siprec_receiver_tell_loss (receiver, receiver->end);
  if (siprec_dtmf_expire (&receiver->dtmf, G_MAXUINT64, &notice))
    receiver->notify (receiver->user_data, &notice);
  siprec_timeline_finish (&receiver->timeline, receiver->end, receiver->out);
  siprec_unit_append_end (receiver->out, receiver->end);
  receiver->finished = receiver->changed = TRUE;
}

static void
replay (SiprecReceiver *receiver)
{
  SiprecKept *kept;

  while ((kept = siprec_backlog_take (&receiver->backlog))) {
    SiprecPacket packet;

    siprec_packet_parse (&packet, kept->data, kept->size);
    siprec_receiver_process (receiver, &packet, kept->data, kept->size, kept->format, kept->seq,
                             kept->generation, kept->arrival);
    siprec_receiver_repair (receiver, kept->arrival);
    siprec_kept_free (kept);
  }
}

void
siprec_receiver_claim (SiprecReceiver *receiver, const SiprecStreamWishes *wishes, GstClockTime now)
{
  if (wishes->raw != receiver->wishes.raw) {
    receiver->settling = 0;
    receiver->clock.loose = FALSE;
    siprec_reorder_reset (&receiver->reorder);
    siprec_timeline_unlock (&receiver->timeline);
    siprec_timeline_mark_discont (&receiver->timeline);
  }
  siprec_joiner_flush (&receiver->timeline.joiner, receiver->out);
  receiver->wishes = *wishes;
  receiver->latency = MIN (wishes->latency, MAX_LATENCY);
  receiver->alive = MAX (receiver->alive, now);
  receiver->claimed = receiver->changed = TRUE;
  siprec_timeline_configure (&receiver->timeline, wishes->fill, wishes->raw,
                             wishes->buffer_duration);
  receiver->timeline.joiner.ntp_time_source = wishes->ntp_time_source;
  replay (receiver);
  if (receiver->ended && !receiver->finished)
    finish (receiver);
}

void
siprec_receiver_release (SiprecReceiver *receiver)
{
  receiver->claimed = FALSE;
}

static void
check_timeout (SiprecReceiver *receiver, GstClockTime now)
{
  SiprecNotice notice = {.type = SIPREC_NOTICE_TIMEOUT, .time = now};

  if (receiver->wishes.timeout == 0 || receiver->held || receiver->timed_out ||
      now < receiver->alive + receiver->wishes.timeout)
    return;
  receiver->timed_out = TRUE;
  receiver->started = FALSE;
  receiver->notify (receiver->user_data, &notice);
}

/* From when on the hole before @frame is waited for. What comes late of a picture is of use all the same. */
static GstClockTime
get_patience_start (const SiprecFrame *frame)
{
  return frame->format->is_video ? MAX (frame->time, frame->arrival) : frame->time;
}

void
siprec_receiver_tick (SiprecReceiver *receiver, GstClockTime now)
{
  GstClockTime due = now > receiver->latency ? now - receiver->latency : 0;
  const SiprecFrame *first;
  SiprecNotice notice;

  if (receiver->candidate && receiver->candidate->arrival + CANDIDATE_AGE < now)
    adopt_candidate (receiver);
  if (!receiver->claimed || !receiver->begun || receiver->ended)
    return;
  if (now >= receiver->settling)
    siprec_receiver_settle (receiver);
  while ((first = siprec_reorder_peek (&receiver->reorder)) && get_patience_start (first) <= due)
    siprec_receiver_give_up (receiver);
  if (receiver->losses.since + GST_SECOND <= now)
    siprec_receiver_tell_loss (receiver, now);
  if (siprec_dtmf_expire (&receiver->dtmf, now, &notice))
    receiver->notify (receiver->user_data, &notice);
  siprec_timeline_advance (&receiver->timeline, due, receiver->out);
  check_timeout (receiver, now);
}

void
siprec_receiver_end (SiprecReceiver *receiver, GstClockTime end)
{
  if (receiver->ended)
    return;
  if (!receiver->begun)
    siprec_receiver_begin (receiver, end);
  if (receiver->candidate)
    adopt_candidate (receiver);
  receiver->ended = TRUE;
  receiver->end = end;
  leave_sync (receiver);
  if (receiver->claimed)
    finish (receiver);
}

const SiprecStats *
siprec_receiver_get_stats (SiprecReceiver *receiver)
{
  const SiprecRtcpSender *sender = siprec_rtcp_get_sender (&receiver->rtcp, receiver->source.ssrc);
  SiprecStats *stats = &receiver->stats;

  stats->num_pushed = receiver->timeline.pushed;
  stats->num_filled = receiver->timeline.filled;
  stats->num_late = receiver->timeline.late;
  stats->jitter = siprec_source_get_jitter (&receiver->source);
  stats->ssrc = receiver->source.ssrc;
  stats->format = receiver->media ? receiver->media : siprec_receiver_get_codec (receiver);
  stats->have_sr = sender && sender->have_sr;
  stats->sr_ntp = sender ? sender->ntp : 0;
  stats->sr_rtp = sender ? sender->rtp : 0;
  stats->cname = sender ? sender->cname : NULL;
  return stats;
}

void
siprec_receiver_tell_lag (SiprecReceiver *receiver, const SiprecOverrun *lag, GstClockTime now)
{
  SiprecNotice notice = {.type = SIPREC_NOTICE_OVERRUN, .time = now};

  if (lag->units > 0) {
    if (receiver->lag.units == 0)
      receiver->lag.from = lag->from;
    receiver->lag.to = lag->to;
    receiver->lag.units += lag->units;
  }
  if (receiver->lag.units == 0 || now < receiver->lag_told + GST_SECOND)
    return;
  notice.from = receiver->lag.from;
  notice.to = receiver->lag.to;
  notice.packets = receiver->lag.units;
  receiver->lag_told = now;
  receiver->lag.units = 0;
  receiver->notify (receiver->user_data, &notice);
}

GstClockTime
siprec_receiver_get_position (const SiprecReceiver *receiver)
{
  GstClockTime gathered = siprec_joiner_get_time (&receiver->timeline.joiner);

  return GST_CLOCK_TIME_IS_VALID (gathered) ? gathered
                                            : siprec_timeline_get_position (&receiver->timeline);
}
