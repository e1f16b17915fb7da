/* The bounded queue of units that a consumer reads.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ring.h"

/* A whole backlog is replayed at once, and more comes before its consumer has run. */
#define MAX_SPAN (SIPREC_BACKLOG + GST_SECOND)

/* 5 s of packets at 3000 a second. */
#define MAX_UNITS 16384

#define MIN_SIZE 4

void
siprec_ring_init (SiprecRing *ring)
{
  g_mutex_init (&ring->lock);
  g_cond_init (&ring->cond);
}

static SiprecUnit *
get_unit (SiprecRing *ring, guint i)
{
  return &ring->units[(ring->first + i) & (ring->size - 1)];
}

static void
grow (SiprecRing *ring)
{
  guint size = MAX (ring->size * 2, MIN_SIZE);
  SiprecUnit *units = g_new (SiprecUnit, size);

  for (guint i = 0; i < ring->n; i++)
    units[i] = *get_unit (ring, i);
  g_free (ring->units);
  ring->units = units;
  ring->size = size;
  ring->first = 0;
}

static SiprecUnit
take_first (SiprecRing *ring)
{
  SiprecUnit unit = *get_unit (ring, 0);

  ring->n--;
  /* An empty ring begins anew, in memory that is in the cache. */
  ring->first = ring->n > 0 ? (ring->first + 1) & (ring->size - 1) : 0;
  return unit;
}

static void
drop_all (SiprecRing *ring)
{
  while (ring->n > 0) {
    SiprecUnit unit = take_first (ring);

    if (unit.type == SIPREC_UNIT_END)
      ring->end_taken = TRUE;
    else
      ring->stats.num_overruns++;
    siprec_unit_clear (&unit);
    ring->dropped = TRUE;
  }
}

void
siprec_ring_clear (SiprecRing *ring)
{
  drop_all (ring);
  g_free (ring->units);
  g_clear_pointer (&ring->strand, siprec_strand_unref);
  g_clear_pointer (&ring->stats_format, siprec_format_unref);
  g_clear_pointer (&ring->codec, siprec_format_unref);
  g_free (ring->stats_cname);
  g_mutex_clear (&ring->lock);
  g_cond_clear (&ring->cond);
}

void
siprec_ring_claim (SiprecRing *ring, gboolean raw, SiprecStrand *strand)
{
  SiprecStrand *old;
  gboolean ready;

  g_mutex_lock (&ring->lock);
  if (ring->was_claimed && raw != ring->raw)
    drop_all (ring);
  ring->was_claimed = TRUE;
  ring->raw = raw;
  /* That was the consumer before. */
  ring->flushing = FALSE;
  ring->kept = FALSE;
  old = ring->strand;
  ring->strand = strand ? siprec_strand_ref (strand) : NULL;
  ready = ring->n > 0;
  g_mutex_unlock (&ring->lock);

  if (old)
    siprec_strand_unref (old);
  if (ready && strand)
    siprec_strand_wake (strand);
}

void
siprec_ring_release (SiprecRing *ring)
{
  SiprecStrand *old;

  g_mutex_lock (&ring->lock);
  old = g_steal_pointer (&ring->strand);
  g_mutex_unlock (&ring->lock);
  if (old)
    siprec_strand_unref (old);
}

GstClockTime
siprec_ring_get_position (SiprecRing *ring)
{
  GstClockTime position;

  g_mutex_lock (&ring->lock);
  position = ring->n > 0 ? get_unit (ring, 0)->time : ring->position;
  g_mutex_unlock (&ring->lock);
  return position;
}

void
siprec_ring_set_position (SiprecRing *ring, GstClockTime position)
{
  g_mutex_lock (&ring->lock);
  ring->position = position;
  g_mutex_unlock (&ring->lock);
}

SiprecFormat *
siprec_ring_get_codec (SiprecRing *ring)
{
  SiprecFormat *codec;

  g_mutex_lock (&ring->lock);
  codec = ring->codec ? siprec_format_ref (ring->codec) : NULL;
  g_mutex_unlock (&ring->lock);
  return codec;
}

void
siprec_ring_set_codec (SiprecRing *ring, SiprecFormat *codec)
{
  SiprecFormat *old;

  g_mutex_lock (&ring->lock);
  old = ring->codec;
  ring->codec = siprec_format_ref (codec);
  g_mutex_unlock (&ring->lock);
  g_clear_pointer (&old, siprec_format_unref);
}

/* With the lock held: nobody comes after the one who has a stream at its end. */
static gboolean
has_ended (SiprecRing *ring)
{
  return ring->n > 0 && get_unit (ring, ring->n - 1)->type == SIPREC_UNIT_END;
}

/* With the lock held: how many units the consumer may have. */
static guint
count_free (SiprecRing *ring)
{
  return ring->kept && !has_ended (ring) ? 0 : ring->n;
}

guint
siprec_ring_pop (SiprecRing *ring, SiprecUnit *units, guint max)
{
  guint n;

  g_mutex_lock (&ring->lock);
  n = MIN (max, count_free (ring));
  for (guint i = 0; i < n; i++) {
    units[i] = take_first (ring);
    if (units[i].type == SIPREC_UNIT_END)
      ring->end_taken = TRUE;
    if (ring->dropped && units[i].buffer) {
      GST_BUFFER_FLAG_SET (units[i].buffer, GST_BUFFER_FLAG_DISCONT);
      ring->dropped = FALSE;
    }
  }
  g_mutex_unlock (&ring->lock);
  return n;
}

gboolean
siprec_ring_wait (SiprecRing *ring)
{
  gboolean ready;

  g_mutex_lock (&ring->lock);
  ring->waiting++;
  while (count_free (ring) == 0 && !ring->flushing)
    g_cond_wait (&ring->cond, &ring->lock);
  ring->waiting--;
  ready = !ring->flushing;
  g_mutex_unlock (&ring->lock);
  return ready;
}

gboolean
siprec_ring_give_back (SiprecRing *ring, SiprecUnit *units, guint n)
{
  gboolean taken;

  g_mutex_lock (&ring->lock);
  taken = n > 0 && units[n - 1].type != SIPREC_UNIT_END && !has_ended (ring);
  for (guint i = n; taken && i-- > 0;) {
    if (ring->n == ring->size)
      grow (ring);
    ring->first = (ring->first - 1) & (ring->size - 1);
    ring->n++;
    *get_unit (ring, 0) = units[i];
    units[i] = (SiprecUnit){0};
  }
  ring->kept |= taken;
  g_mutex_unlock (&ring->lock);
  return taken;
}

void
siprec_ring_go_on (SiprecRing *ring)
{
  SiprecStrand *strand;

  g_mutex_lock (&ring->lock);
  ring->kept = FALSE;
  strand = ring->strand ? siprec_strand_ref (ring->strand) : NULL;
  g_cond_broadcast (&ring->cond);
  g_mutex_unlock (&ring->lock);
  if (strand) {
    siprec_strand_wake (strand);
    siprec_strand_unref (strand);
  }
}

void
siprec_ring_set_flushing (SiprecRing *ring, gboolean flushing)
{
  g_mutex_lock (&ring->lock);
  ring->flushing = flushing;
  g_cond_broadcast (&ring->cond);
  g_mutex_unlock (&ring->lock);
}

GstStructure *
siprec_ring_get_stats (SiprecRing *ring)
{
  GstStructure *structure;

  g_mutex_lock (&ring->lock);
  g_atomic_int_set (&ring->stats_read, TRUE);
  structure = siprec_stats_to_structure (&ring->stats);
  g_mutex_unlock (&ring->lock);
  return structure;
}

gboolean
siprec_ring_is_end_taken (SiprecRing *ring)
{
  gboolean taken;

  g_mutex_lock (&ring->lock);
  taken = ring->end_taken;
  g_mutex_unlock (&ring->lock);
  return taken;
}

static void
drop_first (SiprecRing *ring, SiprecOverrun *overrun)
{
  SiprecUnit unit = take_first (ring);

  if (overrun->units++ == 0)
    overrun->from = unit.time;
  overrun->to = unit.time + unit.duration;
  ring->stats.num_overruns++;
  ring->dropped = TRUE;
  siprec_unit_clear (&unit);
}

static void
append_unit (SiprecRing *ring, SiprecUnit *unit, SiprecOverrun *overrun)
{
  if (unit->type == SIPREC_UNIT_END)
    ring->end_taken = FALSE;
  while (ring->n > 0 && (ring->n >= MAX_UNITS ||
                         get_unit (ring, 0)->time + MAX_SPAN < unit->time + unit->duration))
    drop_first (ring, overrun);
  if (ring->n == ring->size)
    grow (ring);
  ring->n++;
  *get_unit (ring, ring->n - 1) = *unit;
}

static void
store_stats (SiprecRing *ring, const SiprecStats *stats)
{
  guint64 num_overruns = ring->stats.num_overruns;

  g_atomic_int_set (&ring->stats_read, FALSE);
  if (stats->format != ring->stats_format) {
    g_clear_pointer (&ring->stats_format, siprec_format_unref);
    if (stats->format)
      ring->stats_format = siprec_format_ref (stats->format);
  }
  if (g_strcmp0 (stats->cname, ring->stats_cname) != 0) {
    g_free (ring->stats_cname);
    ring->stats_cname = g_strdup (stats->cname);
  }
  ring->stats = *stats;
  ring->stats.num_overruns = num_overruns;
  ring->stats.format = ring->stats_format;
  ring->stats.cname = ring->stats_cname;
}

SiprecStrand *
siprec_ring_append (SiprecRing *ring, GArray *units, gboolean raw, GstClockTime position,
                    const SiprecStats *stats, SiprecOverrun *overrun)
{
  SiprecStrand *strand = NULL;

  *overrun = (SiprecOverrun){0};
  g_mutex_lock (&ring->lock);
  for (guint i = 0; i < units->len; i++) {
    SiprecUnit *unit = &g_array_index (units, SiprecUnit, i);

    /* The consumer changed meanwhile, and this is not for the new one. */
    if (raw != ring->raw && unit->type == SIPREC_UNIT_DATA) {
      ring->stats.num_overruns++;
      siprec_unit_clear (unit);
    } else {
      append_unit (ring, unit, overrun);
    }
  }
  /* What is kept for the next consumer is kept for so long: nobody lags. */
  if (ring->kept)
    *overrun = (SiprecOverrun){0};
  ring->position = position;
  if (stats)
    store_stats (ring, stats);
  if (units->len > 0) {
    /* Each signal is a system call. */
    if (ring->waiting > 0)
      g_cond_signal (&ring->cond);
    if (ring->strand)
      strand = siprec_strand_ref (ring->strand);
  }
  g_mutex_unlock (&ring->lock);
  g_array_set_size (units, 0);
  return strand;
}
