/* From an accepted packet to a frame on the timeline: its place in the sequence, and its time.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../media/depay.h"
#include "receiver-private.h"

/* No key is held for longer. */
#define MAX_EVENT (60 * GST_SECOND)

/* What is delayed more than the latency is of no use, but nobody pauses for less than this. */
#define MIN_PATIENCE (100 * GST_MSECOND)

/* The packets of a large picture take their time on a narrow line, and so does what is queued behind. */
#define PICTURE_PATIENCE GST_SECOND

/* Between frames that are further apart there was nothing to hear. */
#define SILENCE (100 * GST_MSECOND)

/* A new clock is watched for so long before its first packets are placed: the first of all may have been
 * delayed more than those behind it. */
#define SETTLING (100 * GST_MSECOND)

/* From 1900 to 1970. */
#define UNIX_EPOCH (2208988800 * (gint64)GST_SECOND)

/* Arrival times are no better than this. */
#define NOISE (2 * (gint64)GST_MSECOND)

/* A peer may send a hole with every packet: each notice costs more than the packet. More than a few in
 * a second are summed up. */
#define MAX_LOSSES 10
/* Nobody dials faster. */
#define MAX_KEYS 50

static gboolean
may_tell (SiprecBurst *burst, GstClockTime time, guint most)
{
  if (time >= burst->since + GST_SECOND || time < burst->since)
    *burst = (SiprecBurst){.since = time};
  return ++burst->n <= most;
}

void
siprec_receiver_tell_loss (SiprecReceiver *receiver, GstClockTime now)
{
  SiprecOverrun *loss = &receiver->loss;
  SiprecNotice notice = {.type = SIPREC_NOTICE_LOSS,
                         .time = loss->to,
                         .from = loss->from,
                         .to = loss->to,
                         .packets = loss->units};

  if (loss->units == 0 || !may_tell (&receiver->losses, now, MAX_LOSSES))
    return;
  *loss = (SiprecOverrun){0};
  receiver->notify (receiver->user_data, &notice);
}

static void
tell_loss (SiprecReceiver *receiver, GstClockTime to, guint packets)
{
  SiprecOverrun *loss = &receiver->loss;

  if (loss->units == 0)
    loss->from = MIN (receiver->timeline.received, to);
  loss->to = to;
  loss->units += packets;
  receiver->stats.num_lost += packets;
  siprec_receiver_want_refresh (receiver);
  siprec_receiver_tell_loss (receiver, receiver->alive);
}

void
siprec_receiver_drain (SiprecReceiver *receiver)
{
  SiprecFrame frame;

  while (siprec_reorder_take (&receiver->reorder, &frame))
    siprec_timeline_push (&receiver->timeline, &frame, receiver->out);
}

static GstClockTime
get_settling_time (SiprecReceiver *receiver)
{
  return MIN (receiver->latency / 2, SETTLING);
}

/* By how much what waits can be moved back: to where nothing is given out yet, and no further than anything is waited
 * for. What came before the start may be cut. */
static gint64
get_room (SiprecReceiver *receiver)
{
  GstClockTime first = siprec_reorder_peek (&receiver->reorder)->time;
  gint64 early = GST_CLOCK_DIFF (first, receiver->timeline.start);
  gint64 room = GST_CLOCK_DIFF (siprec_timeline_get_position (&receiver->timeline), first);

  if (early > NOISE)
    return get_settling_time (receiver);
  return early > 0 ? -early : CLAMP (room, 0, (gint64)receiver->latency);
}

/* By how much the last of what waits would end after the stream, if it has ended. */
static gint64
get_excess (SiprecReceiver *receiver, gint64 skew)
{
  const SiprecFrame *last = siprec_reorder_peek_newest (&receiver->reorder);

  if (!receiver->ended)
    return 0;
  return (gint64)last->time + skew - (gint64)receiver->end +
         (gint64)gst_util_uint64_scale (last->duration, GST_SECOND, last->format->clock_rate);
}

/* Gives out what waited, moved by @skew if there is room; returns by how much it was. What came before the end was spoken
 * before it, whatever the clock has learnt so far. */
static gint64
settle (SiprecReceiver *receiver, gint64 skew)
{
  skew -= MAX (get_excess (receiver, skew), 0);
  skew = MAX (skew, -get_room (receiver));
  receiver->settling = 0;
  receiver->clock.loose = FALSE;
  siprec_reorder_go (&receiver->reorder, skew);
  siprec_receiver_drain (receiver);
  siprec_reorder_trim (&receiver->reorder);
  return skew;
}

void
siprec_receiver_settle (SiprecReceiver *receiver)
{
  if (receiver->settling > 0)
    receiver->clock.skew = settle (receiver, receiver->clock.skew);
}

void
siprec_receiver_give_up (SiprecReceiver *receiver)
{
  const SiprecFrame *first;

  siprec_receiver_settle (receiver);
  first = siprec_reorder_peek (&receiver->reorder);
  if (!first)
    return;
  tell_loss (receiver, first->time, siprec_reorder_skip (&receiver->reorder));
  siprec_timeline_mark_discont (&receiver->timeline);
  siprec_receiver_drain (receiver);
}

/* Drops the first hole together with what was held behind it. */
static void
drop_oldest (SiprecReceiver *receiver)
{
  guint lost = siprec_reorder_skip (&receiver->reorder);
  GstClockTime to = siprec_reorder_peek (&receiver->reorder)->time;
  SiprecFrame frame;

  while (siprec_reorder_take (&receiver->reorder, &frame)) {
    to = frame.time;
    lost++;
    siprec_frame_clear (&frame);
  }
  tell_loss (receiver, to, lost);
  siprec_timeline_mark_discont (&receiver->timeline);
}

/* Lets @frame (transfer full), the first that the clock knows, wait. Those before it that are missing may still come. */
static void
begin_settling (SiprecReceiver *receiver, SiprecFrame *frame, GstClockTime arrival)
{
  receiver->settling = MAX (arrival + get_settling_time (receiver), 1);
  receiver->clock.loose = TRUE;
  if (siprec_reorder_wait (&receiver->reorder, frame))
    return;
  tell_loss (receiver, frame->time, siprec_reorder_jump (&receiver->reorder, frame->seq));
  siprec_timeline_mark_discont (&receiver->timeline);
  siprec_reorder_wait (&receiver->reorder, frame);
}

/* Gives up the holes that nobody waits for any longer, although time hasn't come to that. */
static void
give_up_old (SiprecReceiver *receiver, GstClockTime arrival)
{
  const SiprecFrame *first;

  while ((first = siprec_reorder_peek (&receiver->reorder)) &&
         first->time + receiver->latency <= arrival)
    siprec_receiver_give_up (receiver);
}

/* Puts @frame (transfer full) in its place. */
static void
put (SiprecReceiver *receiver, SiprecFrame *frame, SiprecReorderPlace place)
{
  while (place == SIPREC_REORDER_AHEAD) {
    if (siprec_reorder_hold (&receiver->reorder, frame))
      return;
    if (receiver->settling > 0) {
      siprec_receiver_settle (receiver);
      frame->time += receiver->clock.skew;
    } else if (!siprec_reorder_peek (&receiver->reorder)) {
      tell_loss (receiver, frame->time, siprec_reorder_jump (&receiver->reorder, frame->seq));
      siprec_timeline_mark_discont (&receiver->timeline);
    } else if (receiver->wishes.drop_on_latency) {
      drop_oldest (receiver);
    } else {
      siprec_receiver_give_up (receiver);
    }
    place = siprec_reorder_place (&receiver->reorder, frame->seq);
  }
  siprec_timeline_push (&receiver->timeline, frame, receiver->out);
  siprec_receiver_drain (receiver);
}

/* From now on packets are of another source: nothing that it counts goes on. */
static void
follow_source (SiprecReceiver *receiver, guint generation)
{
  while (siprec_reorder_peek (&receiver->reorder))
    siprec_receiver_give_up (receiver);
  siprec_reorder_reset (&receiver->reorder);
  siprec_clock_reset (&receiver->clock, 0);
  receiver->clock_seq = G_MININT64;
  siprec_timeline_unlock (&receiver->timeline);
  receiver->clock_generation = generation;
  if (receiver->fec)
    siprec_fec_reset (receiver->fec);
  if (receiver->sync)
    siprec_sync_forget (receiver->sync, receiver);
}

/* The sender's NTP time of a report, in ns since 1900. */
static gint64
get_ntp_time (const SiprecRtcpSender *sender)
{
  return gst_util_uint64_scale (sender->ntp, GST_SECOND, G_GUINT64_CONSTANT (1) << 32);
}

/* Whether the clock still says of the moment of the last report what it said then. Its first packets may have come late,
 * and it takes seconds to find out by how much: too long for lips. */
static gboolean
is_report_true (const SiprecReceiver *receiver)
{
  return receiver->clock.anchors != receiver->sr_anchors ||
         ABS (receiver->clock.skew - receiver->sr_skew) < (gint64)GST_MSECOND;
}

/* Tells the session's other streams what the newest sender report says of this one. */
static void
use_sender_report (SiprecReceiver *receiver)
{
  const SiprecRtcpSender *sender = siprec_rtcp_get_sender (&receiver->rtcp, receiver->source.ssrc);
  GstClockTime time;

  if (!sender || !sender->have_sr || !sender->cname || !receiver->clock.anchored ||
      (sender->arrival == receiver->sr_used && is_report_true (receiver)))
    return;
  receiver->sr_used = sender->arrival;
  receiver->sr_anchors = receiver->clock.anchors;
  receiver->sr_skew = receiver->clock.skew;
  time =
      siprec_clock_get_time (&receiver->clock, siprec_clock_extend (&receiver->clock, sender->rtp));
  /* RFC 3550 section 6.4.1: without a wall clock the sender sets the NTP time to 0. A moment that
   * is far from the report's arrival is no moment of this stream. */
  if (sender->ntp == 0 || ABS (GST_CLOCK_DIFF (time, sender->arrival)) > (gint64)GST_SECOND)
    return;
  siprec_sync_report (receiver->sync, receiver, sender->cname, get_ntp_time (sender) - (gint64)time,
                      sender->arrival, receiver->media && receiver->media->is_video);
}

void
siprec_receiver_align (SiprecReceiver *receiver)
{
  guint serial;

  if (!receiver->sync)
    return;
  use_sender_report (receiver);
  serial = siprec_sync_get_serial (receiver->sync);
  if (serial == receiver->sync_serial)
    return;
  receiver->sync_serial = serial;
  receiver->shift.target = siprec_sync_get_correction (receiver->sync, receiver);
}

/* Adds what aligns the stream to @time, the clock's time of a new frame, which comes @elapsed after
 * the one before. */
static GstClockTime
shift_time (SiprecReceiver *receiver, GstClockTime time, gint64 elapsed, gboolean is_video)
{
  SiprecTimeline *timeline = &receiver->timeline;
  gint64 room;

  if (is_video)
    receiver->shift.applied = receiver->shift.target;
  if (receiver->shift.target == receiver->shift.applied)
    return time + receiver->shift.applied;
  room = GST_CLOCK_DIFF (siprec_timeline_get_position (timeline), time + receiver->shift.applied);
  room = MAX (room, 0);
  return time +
         siprec_shift_follow (&receiver->shift, elapsed,
                              !timeline->after_media || elapsed > (gint64)SILENCE ? &room : NULL);
}

/* The time of a frame newer than all before, from which the clock learns. */
static GstClockTime
learn_time (SiprecReceiver *receiver, const SiprecFrame *frame, GstClockTime arrival)
{
  SiprecClock *clock = &receiver->clock;
  gint64 skew = clock->skew, elapsed = 0;
  guint anchors = clock->anchors;
  GstClockTime before = siprec_clock_get_time (clock, clock->last);
  GstClockTime patience =
      frame->format->is_video ? PICTURE_PATIENCE : MAX (receiver->latency, MIN_PATIENCE);
  GstClockTime time = siprec_clock_update (clock, frame->timestamp, arrival, patience);

  /* What waits belongs to the clock as it was. */
  if (clock->anchors != anchors && receiver->settling > 0)
    settle (receiver, skew);
  if (GST_CLOCK_TIME_IS_VALID (before))
    elapsed = GST_CLOCK_DIFF (before, time);
  return shift_time (receiver, time, elapsed, frame->format->is_video);
}

/* FALSE if the packet claims a time that can't be. */
static gboolean
map_time (SiprecReceiver *receiver, SiprecFrame *frame, const SiprecPacket *packet,
          GstClockTime arrival)
{
  SiprecClock *clock = &receiver->clock;

  if (clock->rate != frame->format->clock_rate) {
    siprec_receiver_settle (receiver);
    siprec_clock_reset (clock, frame->format->clock_rate);
    siprec_timeline_unlock (&receiver->timeline);
  }
  frame->timestamp = siprec_clock_extend (clock, packet->timestamp);
  if (frame->format->is_video && clock->anchored && frame->timestamp == clock->last) {
    /* Only the first packet of a picture tells of the sender's clock; the others come when there is room. */
    receiver->clock_seq = MAX (receiver->clock_seq, frame->seq);
    frame->time = siprec_clock_get_time (clock, frame->timestamp) + receiver->shift.applied;
  } else if (frame->seq > receiver->clock_seq || !clock->anchored) {
    receiver->clock_seq = frame->seq;
    frame->time = learn_time (receiver, frame, arrival);
  } else {
    /* It moves no clock, so a wild timestamp would move the timeline. */
    frame->time = siprec_clock_get_time (clock, frame->timestamp);
    if (frame->time > arrival + GST_SECOND)
      return FALSE;
    frame->time += receiver->shift.applied;
  }
  /* What waits gets the skew when it is known better. */
  if (receiver->settling > 0)
    frame->time -= clock->skew;
  return TRUE;
}

/* The packet's time on the sender's wall clock, from the epoch that was wished for. */
static GstClockTime
get_reference (SiprecReceiver *receiver, const SiprecPacket *packet, guint32 clock_rate)
{
  const SiprecRtcpSender *sender;
  gint64 since, time;

  if (!receiver->wishes.reference_timestamps)
    return GST_CLOCK_TIME_NONE;
  sender = siprec_rtcp_get_sender (&receiver->rtcp, packet->ssrc);
  /* RFC 3550 section 6.4.1: it has none, says the sender. */
  if (!sender || !sender->have_sr || sender->ntp == 0)
    return GST_CLOCK_TIME_NONE;
  since = (gint32)(packet->timestamp - sender->rtp);
  time = get_ntp_time (sender) + since * (gint64)GST_SECOND / clock_rate;
  if (receiver->wishes.ntp_time_source == SIPREC_NTP_TIME_SOURCE_UNIX)
    time -= UNIX_EPOCH;
  return MAX (time, 0);
}

static void
read_event (SiprecReceiver *receiver, const SiprecPacket *packet, const SiprecFormat *format,
            GstClockTime arrival)
{
  SiprecNotice notice;
  GstClockTime time = arrival;

  if (format->clock_rate == receiver->clock.rate && receiver->clock.anchored)
    time = siprec_clock_get_time (&receiver->clock,
                                  siprec_clock_extend (&receiver->clock, packet->timestamp));
  if (time > arrival || time + MAX_EVENT < arrival)
    time = arrival;
  if (siprec_dtmf_push (&receiver->dtmf, packet->payload, packet->payload_size, packet->timestamp,
                        format->clock_rate, time, arrival, &notice) &&
      may_tell (&receiver->keys, arrival, MAX_KEYS))
    receiver->notify (receiver->user_data, &notice);
}

/* Makes the media of @frame, if the packet has any. Empty packets keep a NAT binding open. */
static void
fill_frame (SiprecReceiver *receiver, SiprecFrame *frame, const SiprecPacket *packet,
            const guint8 *data, gsize size, GstClockTime arrival)
{
  SiprecFormat *format = frame->format;

  if (format->payload == SIPREC_PAYLOAD_TELEPHONE_EVENT)
    read_event (receiver, packet, format, arrival);
  if (siprec_format_is_auxiliary (format) || packet->payload_size == 0)
    return;

  frame->raw = receiver->wishes.raw || siprec_format_is_packets (format);
  if (frame->raw)
    frame->buffer = gst_buffer_new_memdup (data, size);
  else
    frame->buffer = siprec_depay (format, packet->payload, packet->payload_size, &frame->duration);
  if (!frame->buffer || !map_time (receiver, frame, packet, arrival)) {
    gst_clear_buffer (&frame->buffer);
    frame->time = arrival;
    receiver->stats.num_invalid++;
    return;
  }
  if (packet->marker)
    GST_BUFFER_FLAG_SET (frame->buffer, GST_BUFFER_FLAG_MARKER);
  frame->reference = get_reference (receiver, packet, format->clock_rate);
}

void
siprec_receiver_process (SiprecReceiver *receiver, const SiprecPacket *packet, const guint8 *data,
                         gsize size, SiprecFormat *format, gint64 seq, guint generation,
                         GstClockTime arrival)
{
  SiprecFrame frame = {
      .seq = seq, .time = arrival, .arrival = arrival, .reference = GST_CLOCK_TIME_NONE};
  SiprecReorderPlace place;
  guint anchors;

  if (generation != receiver->clock_generation)
    follow_source (receiver, generation);
  place = siprec_reorder_place (&receiver->reorder, seq);
  if (place == SIPREC_REORDER_DUPLICATE) {
    receiver->stats.num_duplicates++;
    return;
  }
  if (place == SIPREC_REORDER_LATE) {
    receiver->timeline.late++;
    return;
  }
  if (receiver->fec)
    siprec_fec_note (receiver->fec, seq, packet, data, size, format);
  if (seq < receiver->clock_seq)
    receiver->stats.num_reordered++;

  frame.format = siprec_format_ref (format);
  anchors = receiver->clock.anchors;
  fill_frame (receiver, &frame, packet, data, size, arrival);
  if (receiver->clock.anchors != anchors)
    give_up_old (receiver, arrival);
  /* Perhaps what waited was let go. */
  if (place == SIPREC_REORDER_AHEAD)
    place = siprec_reorder_place (&receiver->reorder, seq);
  if (receiver->clock.anchors != anchors && receiver->reorder.held == 0)
    begin_settling (receiver, &frame, arrival);
  else
    put (receiver, &frame, place);
  /* After a burst there is nothing to be learnt from waiting, and less room. */
  if (receiver->settling > 0 &&
      (arrival >= receiver->settling || receiver->clock.skew <= -get_room (receiver)))
    siprec_receiver_settle (receiver);
}
