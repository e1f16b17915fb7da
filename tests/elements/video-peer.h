/* A call with video, for tests that show films and look at pictures.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstcheck.h>

#include "pipeline.h"
#include "tests/support/film.h"

#define AUDIO "m=audio PORT RTP/AVP 0\r\na=label:1\r\na=sendonly\r\n"
#define H264                                                                                       \
  "m=video PORT RTP/AVPF 96\r\na=rtpmap:96 H264/90000\r\n"                                         \
  "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1\r\na=rtcp-fb:* nack pli\r\n"             \
  "a=rtcp-mux\r\na=sendonly\r\na=label:2\r\n"
#define VP8                                                                                        \
  "m=video PORT RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\na=sendonly\r\na=label:3\r\n"                \
  "a=content:slides\r\n"

#define X264 "x264enc tune=zerolatency key-int-max=10 speed-preset=ultrafast"
#define AVC  X264 " ! video/x-h264,stream-format=avc,profile=baseline"
#define PAY  "rtph264pay config-interval=-1 mtu=400 pt=96"

/* Between two pictures. */
#define VIDEO_PICTURE_US 20000

/* Of the test that runs. */
extern Pipeline *pipeline;
extern Caller *caller;

/* A call with these m-lines, up and running. */
void video_call (const gchar *properties, const gchar *const *lines);

/* Ends it, and waits for the end of pad @name. */
PadLog *video_hang_up (const gchar *name);

/* At the end of a test, since GstCheck waits there for all tasks. */
void video_tear_down (void);

/* @n pictures of H.264, each tenth a key frame, in packets of 400 octets. */
Film *video_film (guint width, guint height, guint n);

/* Sends packet @n of @film. */
void video_send (guint stream, const Film *film, guint n);

/* Sends the pictures from @from up to @to, but for the packet numbered @lost of them all. */
void video_show (guint stream, const Film *film, guint from, guint to, gint lost);

guint32 video_ssrc (const Film *film);

/* @buffer holds what the encoder made: @picture, in lengths, but for parameter sets and delimiters. */
void video_check_picture (GstBuffer *buffer, GBytes *picture);

gboolean video_is_key (PadLog *log, guint n);

/* What caps number @n say. */
void video_get_size (PadLog *log, guint n, gint *width, gint *height);

/* Waits for a feedback packet (RFC 4585 section 6.3) of @type in what comes to line 0, whose first 20 octets go into @data.
 * FALSE if none comes within five seconds. */
gboolean video_await_feedback (guint type, guint8 *data);
