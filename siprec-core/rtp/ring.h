/* siprec-core: the queue of units between a worker and a consumer
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "stats.h"
#include "stream.h"

G_BEGIN_DECLS

/* What an append dropped. */
typedef struct {
  guint units;
  GstClockTime from, to;
} SiprecOverrun;

/**
 * SiprecRing:
 *
 * Bounded in time: the oldest units go when the consumer lags. The worker appends once a tick.
 * @lock is a leaf: nothing is called out with it held. All fields are guarded by it.
 */
typedef struct {
  SiprecStats stats;
  SiprecFormat *stats_format;
  gchar *stats_cname;

  GMutex lock;
  GCond cond;
  SiprecUnit *units; /* circular, size a power of two; owns its units */
  guint size, first, n;
  GstClockTime position; /* where the next unit to be appended begins */
  SiprecFormat *codec;   /* agreed on last */
  gboolean end_taken;    /* the END unit was popped */
  gboolean dropped;      /* the next DATA is discontinuous */
  gboolean raw;          /* kind of units that the consumer wants */
  gboolean was_claimed;
  gboolean flushing;
  gboolean
      kept; /* units were given back: they wait for another consumer, or for siprec_ring_go_on() */
  guint waiting; /* consumers that sleep until something comes */
  SiprecStrand *strand;

  gint stats_read; /* atomic; since they were renewed */
} SiprecRing;

void siprec_ring_init (SiprecRing *ring);
void siprec_ring_clear (SiprecRing *ring);

/* For the consumer. Drops what is left if it is of the other kind. */
void siprec_ring_claim (SiprecRing *ring, gboolean raw, SiprecStrand *strand);
void siprec_ring_release (SiprecRing *ring);
GstClockTime siprec_ring_get_position (SiprecRing *ring);
void siprec_ring_set_position (SiprecRing *ring, GstClockTime position);
SiprecFormat *siprec_ring_get_codec (SiprecRing *ring);
void siprec_ring_set_codec (SiprecRing *ring, SiprecFormat *codec);
guint siprec_ring_pop (SiprecRing *ring, SiprecUnit *units, guint max);
gboolean siprec_ring_wait (SiprecRing *ring);
gboolean siprec_ring_give_back (SiprecRing *ring, SiprecUnit *units, guint n);
void siprec_ring_go_on (SiprecRing *ring);
void siprec_ring_set_flushing (SiprecRing *ring, gboolean flushing);
GstStructure *siprec_ring_get_stats (SiprecRing *ring);

/**
 * siprec_ring_append:
 * @units: (element-type SiprecUnit): taken, left empty
 * @raw: their kind
 * @stats: (nullable): the stream's statistics, if they are to be renewed; num_overruns is left alone, the
 *   ring counts it
 * @overrun: (out): what had to go
 *
 * For the worker.
 *
 * Returns: (transfer full) (nullable): the strand to wake
 */
SiprecStrand *siprec_ring_append (SiprecRing *ring, GArray *units, gboolean raw,
                                  GstClockTime position, const SiprecStats *stats,
                                  SiprecOverrun *overrun);

/* TRUE if END was popped: a consumer that comes now waits for another one. */
gboolean siprec_ring_is_end_taken (SiprecRing *ring);

G_END_DECLS
