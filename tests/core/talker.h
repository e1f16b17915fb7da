/* tests: a receiver on made-up times, and somebody who speaks to it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstcheck.h>

#include "siprec-core/rtp/receiver.h"

#define T0     (100000 * GST_SECOND)
#define FRAME  160
#define LENGTH (20 * GST_MSECOND)

/* Seconds between 1900 and some day of 2026. */
#define NTP0 G_GUINT64_CONSTANT (3990000000)

/**
 * Talker:
 *
 * Speaks PCMU (payload type 0), with CN (13) and PCMA (8) agreed on as well. Every octet of a frame is
 * its number modulo 64 plus 1, so that none is silence.
 */
typedef struct {
  SiprecReceiver receiver;
  GArray *units;      /* SiprecUnit, not yet taken */
  GArray *notices;    /* SiprecNotice */
  GByteArray *octets; /* of all buffers taken, filler too */
  guint16 seq;
  guint32 ssrc;
  GstClockTime ntp; /* the sender's clock at T0 */
  GstClockTime position;
  gsize speech, filler;
  GstClockTime last_speech; /* end of the last unit that isn't filler */
  gint64 worst_step;        /* most by which speech was longer or shorter than its samples */
} Talker;

/* Claimed with a latency of 200 ms, its timeline begun at T0. */
void talker_init (Talker *talker, guint32 ssrc, SiprecSync *sync, SiprecFill fill);
void talker_clear (Talker *talker);

/* A packet of @size octets, all of them @value. */
void talker_send (Talker *talker, guint8 pt, guint16 seq, guint32 timestamp, guint8 value,
                  gsize size, GstClockTime arrival);

/* The frame that was spoken @n frames after T0, with the next sequence number. */
void talker_speak (Talker *talker, guint n, GstClockTime arrival);

/* A sender report made @since T0 that comes @delay later, with @cname of 3 octets. */
void talker_report (Talker *talker, const gchar *cname, GstClockTime since, GstClockTime delay);

/* What time brings; then takes the units. */
void talker_tick (Talker *talker, GstClockTime now);

/* Ends the stream at @end and takes what is left. */
void talker_end (Talker *talker, GstClockTime end);

/* Sums up the units, and checks that they are contiguous. */
void talker_take (Talker *talker);

/* How many notices of @type there were, and how many packets they tell of. */
guint talker_count (Talker *talker, SiprecNoticeType type, guint *packets);
