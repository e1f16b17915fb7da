/* Whose turn it is, and what it will need.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "roster.h"

#include "stream-private.h"

#define CACHE_LINE 64

typedef struct {
  SiprecStream *stream; /* not owned */
  guint period;         /* in ticks */
} Slot;

void
siprec_roster_init (SiprecRoster *roster)
{
  *roster = (SiprecRoster){.slots = g_array_new (FALSE, FALSE, sizeof (Slot))};
}

void
siprec_roster_clear (SiprecRoster *roster)
{
  g_array_unref (roster->slots);
}

gboolean
siprec_roster_is_empty (const SiprecRoster *roster)
{
  return roster->slots->len == 0;
}

static Slot *
get_slot (SiprecRoster *roster, guint i)
{
  return &g_array_index (roster->slots, Slot, i);
}

void
siprec_roster_add (SiprecRoster *roster, SiprecStream *stream)
{
  Slot slot = {.stream = stream, .period = 1};

  stream->index = roster->slots->len;
  g_array_append_val (roster->slots, slot);
}

void
siprec_roster_remove (SiprecRoster *roster, SiprecStream *stream)
{
  g_array_remove_index_fast (roster->slots, stream->index);
  if (stream->index < roster->slots->len)
    get_slot (roster, stream->index)->stream->index = stream->index;
}

void
siprec_roster_set_period (SiprecRoster *roster, SiprecStream *stream, guint period)
{
  get_slot (roster, stream->index)->period = period;
}

static void
fetch_range (const SiprecStream *stream, gsize from, gsize to)
{
  for (gsize i = from; i < to; i += CACHE_LINE)
    __builtin_prefetch ((const gchar *)stream + i, 1);
}

/* Not what isn't needed at every tick, since only so many lines can be on their way. */
static void
fetch (const SiprecStream *stream)
{
  fetch_range (stream, G_STRUCT_OFFSET (SiprecStream, ring.lock),
               G_STRUCT_OFFSET (SiprecStream, receiver.rtcp.senders[1]));
  fetch_range (stream, G_STRUCT_OFFSET (SiprecStream, receiver.stats),
               G_STRUCT_OFFSET (SiprecStream, receiver.stats.num_reordered));
}

/* What @stream, which is there by now, points to. */
static void
fetch_parts (const SiprecStream *stream)
{
  __builtin_prefetch (stream->last_woken, 1);
  __builtin_prefetch (stream->ring.units, 1);
  __builtin_prefetch (stream->receiver.media, 1);
  __builtin_prefetch (stream->receiver.sync);
}

static SiprecStream *
take_due (SiprecRoster *roster)
{
  while (roster->next_slot < roster->slots->len) {
    const Slot *slot = get_slot (roster, roster->next_slot);
    guint turn = roster->n_ticks + roster->next_slot;

    roster->next_slot++;
    if (roster->all || turn % slot->period == 0)
      return slot->stream;
  }
  return NULL;
}

void
siprec_roster_begin (SiprecRoster *roster, gboolean all)
{
  roster->n_ticks++;
  roster->all = all;
  roster->next_slot = 0;
  roster->next = take_due (roster);
  roster->second = take_due (roster);
  if (roster->second)
    fetch (roster->second);
}

SiprecStream *
siprec_roster_next (SiprecRoster *roster)
{
  SiprecStream *stream = roster->next;

  roster->next = roster->second;
  roster->second = take_due (roster);
  if (roster->next)
    fetch_parts (roster->next);
  if (roster->second)
    fetch (roster->second);
  return stream;
}
