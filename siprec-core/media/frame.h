/* siprec-core: the media of one RTP packet on its way from the socket to the ring
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "format.h"

G_BEGIN_DECLS

/**
 * SiprecFrame:
 * @seq: extended sequence number
 * @timestamp: extended RTP timestamp
 * @time: @timestamp on CLOCK_MONOTONIC
 * @arrival: of the packet
 * @reference: @timestamp on the sender's wall clock, or GST_CLOCK_TIME_NONE
 * @format: owned
 * @buffer: (nullable): owned; NULL for packets that are no media, which only fill their place in
 *   the sequence
 * @duration: in units of @format's clock; 0 if @raw
 * @raw: @buffer is the whole packet
 */
typedef struct {
  gint64 seq;
  gint64 timestamp;
  GstClockTime time;
  GstClockTime arrival;
  GstClockTime reference;
  SiprecFormat *format;
  GstBuffer *buffer;
  guint32 duration;
  gboolean raw;
} SiprecFrame;

static inline void
siprec_frame_clear (SiprecFrame *frame)
{
  gst_clear_buffer (&frame->buffer);
  g_clear_pointer (&frame->format, siprec_format_unref);
}

G_END_DECLS
