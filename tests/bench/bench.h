/* The media benchmark: what its parts share.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/**
 * Load:
 * @streams: how many there are
 * @video: H.264-like packets of 1200 octets, 250 a second, else 160 octets of PCMU, 50 a second
 * @mode: which variant of the receiver
 * @buffer_ms: length of the buffers to be given; 0 for one a packet
 * @dir: where files go
 *
 * What a receiver has to do.
 */
typedef struct {
  guint streams;
  gboolean video;
  const gchar *mode;
  guint buffer_ms;
  const gchar *dir;
} Load;

#define LOAD_AUDIO_PAYLOAD 160
#define LOAD_VIDEO_PAYLOAD 1200
#define LOAD_RTP_HEADER    12

/**
 * Receiver:
 * @open: gets ready and tells the RTP port of every stream; FALSE if it can't be done here
 * @count: packets delivered so far
 * @lost: (nullable): packets missing, of @sent to all streams and @first to the first; by default all that
 *   were not delivered
 * @pid: (nullable): the measured process, if it isn't this one
 *
 * Something that receives RTP. It lives in a process of its own, which ends without closing it.
 */
typedef struct {
  gboolean (*open) (const Load *load, guint16 *ports);
  guint64 (*count) (const Load *load);
  guint64 (*lost) (const Load *load, guint64 sent, guint64 first);
  GPid (*pid) (void);
} Receiver;

extern const Receiver bench_siprecsrc, bench_core, bench_stock, bench_floor, bench_mux,
    bench_rtpengine;

/* The measured process: opens @receiver and does what the lines on stdin say. Returns the exit status. */
int bench_measure (const Receiver *receiver, const Load *load);

/* The sending process: reads the ports from stdin, sends until stdin ends. Returns the exit status. */
int bench_send (gboolean video);

/* Lets @pad be recorded to a file in @dir, as recipes/record.launch does. There is no queue, since each muxer has
 * one pad only. */
void bench_mux_link (GstBin *pipeline, GstPad *pad, const gchar *dir, guint stream);

/* A sink that counts the octets of media it gets, filler left out; it has a pad called "sink". */
GstElement *bench_sink_new (void);

/* Makes it sleep so long over each buffer. */
void bench_sink_set_delay (GstElement *sink, GstClockTime delay);

/* Octets of media so far; from any thread. */
guint64 bench_sink_get_octets (GstElement *sink);

/* Octets of media in @buffer, 0 if it is filler. */
gsize bench_count_octets (GstBuffer *buffer);
