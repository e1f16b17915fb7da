/* The benchmark of the media engine alone: streams of one worker, a strand each two of them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sched.h>

#include "bench.h"
#include "siprec-core/rtp/stream.h"

#define BATCH 16

typedef struct {
  SiprecStream *streams[2];
  SiprecStrand *strand;
  guint64 octets; /* written by the strand only */
} Pair;

static struct {
  guint n;
  Pair *pairs;
} bench;

static void
drain (gpointer data)
{
  Pair *pair = data;
  guint64 octets = pair->octets;

  for (guint i = 0; i < 2; i++) {
    SiprecUnit units[BATCH];
    guint n;

    while ((n = siprec_stream_pop (pair->streams[i], units, BATCH)) > 0) {
      for (guint j = 0; j < n; j++) {
        if (units[j].buffer)
          octets += bench_count_octets (units[j].buffer);
        siprec_unit_clear (&units[j]);
      }
    }
  }
  __atomic_store_n (&pair->octets, octets, __ATOMIC_RELAXED);
}

/* A context has a worker a processor. */
static SiprecContext *
get_context_of_one_worker (void)
{
  SiprecContext *context;
  cpu_set_t all, one;

  sched_getaffinity (0, sizeof (all), &all);
  CPU_ZERO (&one);
  for (guint i = 0; i < CPU_SETSIZE && CPU_COUNT (&one) == 0; i++) {
    if (CPU_ISSET (i, &all))
      CPU_SET (i, &one);
  }
  sched_setaffinity (0, sizeof (one), &one);
  context = siprec_context_get (NULL);
  sched_setaffinity (0, sizeof (all), &all);
  return context;
}

static SiprecStream *
open_stream (SiprecContext *context, const Load *load, GPtrArray *formats, guint16 *port)
{
  SiprecPorts *ports = siprec_ports_new ("127.0.0.1", 10000, 30000, 0, NULL);
  SiprecStream *stream;

  if (!ports)
    return NULL;
  *port = siprec_ports_get_port (ports);
  stream = siprec_stream_new (context, ports, NULL, NULL, NULL);
  siprec_stream_set_formats (stream, formats);
  siprec_stream_begin (stream, siprec_context_now ());
  return stream;
}

static gboolean
open_core (const Load *load, guint16 *ports)
{
  SiprecContext *context = get_context_of_one_worker ();
  SiprecStreamWishes wishes = {.raw = load->video,
                               .fill = SIPREC_FILL_SILENCE,
                               .latency = 200 * GST_MSECOND,
                               .buffer_duration = load->buffer_ms * GST_MSECOND,
                               .timeout = 5 * GST_SECOND};
  g_autoptr (GPtrArray) formats = g_ptr_array_new ();

  g_ptr_array_add (formats, load->video ? siprec_format_new ("video", 96, "H264", 90000, 0, NULL)
                                        : siprec_format_new ("audio", 0, "PCMU", 8000, 1, NULL));
  bench.n = load->streams / 2;
  bench.pairs = g_new0 (Pair, bench.n);
  for (guint i = 0; i < bench.n; i++) {
    Pair *pair = &bench.pairs[i];

    pair->strand = siprec_strand_new (siprec_context_get_pushers (context), drain, pair);
    for (guint j = 0; j < 2; j++) {
      pair->streams[j] = open_stream (context, load, formats, &ports[2 * i + j]);
      if (!pair->streams[j])
        return FALSE;
    }
    for (guint j = 0; j < 2; j++)
      siprec_stream_claim (pair->streams[j], &wishes, pair->strand);
  }
  return TRUE;
}

static guint64
count (const Load *load)
{
  guint64 octets = 0;

  for (guint i = 0; i < bench.n; i++)
    octets += __atomic_load_n (&bench.pairs[i].octets, __ATOMIC_RELAXED);
  return octets / (load->video ? LOAD_RTP_HEADER + LOAD_VIDEO_PAYLOAD : LOAD_AUDIO_PAYLOAD);
}

const Receiver bench_core = {.open = open_core, .count = count};
