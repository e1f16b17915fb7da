/* What writing Matroska files costs when nothing is received: buffers like siprecsrc's, into the same elements.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <time.h>

#include "bench.h"
#include "siprec-core/rtp/context.h"

/* Packets that a buffer holds. */
#define PACKETS 10

static struct {
  guint n;
  GstPad **pads;
  guint64 packets;
} bench;

void
bench_mux_link (GstBin *pipeline, GstPad *pad, const gchar *dir, guint stream)
{
  g_autofree gchar *path = g_strdup_printf ("%s/stream-%u.mkv", dir, stream);
  GstElement *mux = gst_element_factory_make ("matroskamux", NULL);
  GstElement *sink = gst_element_factory_make ("filesink", NULL);
  g_autoptr (GstPad) peer = NULL;

  g_object_set (mux, "offset-to-zero", TRUE, NULL);
  g_object_set (sink, "location", path, "async", FALSE, "enable-last-sample", FALSE, NULL);
  gst_util_set_object_arg (G_OBJECT (sink), "buffer-mode", "unbuffered");
  gst_bin_add_many (pipeline, mux, sink, NULL);
  gst_element_link (mux, sink);
  gst_element_sync_state_with_parent (sink);
  gst_element_sync_state_with_parent (mux);
  peer = gst_element_request_pad_simple (mux, "audio_%u");
  gst_pad_link_full (pad, peer, GST_PAD_LINK_CHECK_NOTHING);
}

static void
push (GstPad *pad, GstClockTime time)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, PACKETS * LOAD_AUDIO_PAYLOAD, NULL);

  gst_buffer_memset (buffer, 0, 0x55, PACKETS * LOAD_AUDIO_PAYLOAD);
  GST_BUFFER_PTS (buffer) = time;
  GST_BUFFER_DURATION (buffer) = PACKETS * SIPREC_TICK;
  gst_pad_push (pad, buffer);
}

/* A tenth of the files at each tick. */
static gpointer
run (gpointer data)
{
  GstClockTime next = siprec_context_now ();
  struct timespec until;

  for (guint64 tick = 0;; tick++) {
    for (guint i = tick % PACKETS; i < bench.n; i += PACKETS)
      push (bench.pads[i], tick / PACKETS * PACKETS * SIPREC_TICK);
    __atomic_store_n (&bench.packets, tick * bench.n, __ATOMIC_RELAXED);
    next += SIPREC_TICK;
    GST_TIME_TO_TIMESPEC (next, until);
    while (clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
      continue;
  }
  return NULL;
}

static GstPad *
new_pad (void)
{
  GstPad *pad = gst_pad_new ("src", GST_PAD_SRC);

  gst_pad_set_active (pad, TRUE);
  return pad;
}

static void
introduce (GstPad *pad)
{
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("audio/x-mulaw", "rate", G_TYPE_INT, 8000,
                                                  "channels", G_TYPE_INT, 1, NULL);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (pad, gst_event_new_stream_start ("bench"));
  gst_pad_push_event (pad, gst_event_new_caps (caps));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
}

static gboolean
open_mux (const Load *load, guint16 *ports)
{
  bench.n = load->streams;
  bench.pads = g_new (GstPad *, bench.n);
  for (guint i = 0; i < bench.n; i++) {
    GstElement *pipeline = gst_pipeline_new (NULL);

    bench.pads[i] = new_pad ();
    bench_mux_link (GST_BIN (pipeline), bench.pads[i], load->dir, i);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    introduce (bench.pads[i]);
  }
  g_thread_new ("mux", run, NULL);
  return TRUE;
}

static guint64
count (const Load *load)
{
  return __atomic_load_n (&bench.packets, __ATOMIC_RELAXED);
}

const Receiver bench_mux = {.open = open_mux, .count = count};
