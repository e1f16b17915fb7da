/* siprec-core: the streams of a worker, and whose turn it is
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "stream.h"

G_BEGIN_DECLS

/**
 * SiprecRoster:
 *
 * Every stream has its turn each so many ticks; those with the same period are spread evenly over the ticks.
 * Streams lie all over the memory, and waiting for it would cost as much as all work on them: what the next
 * turns need is fetched while the kernel works on this one. Belongs to one worker; no locks.
 */
typedef struct {
  GArray *slots; /* Slot */
  guint n_ticks;
  gboolean all;    /* all have their turn at this tick */
  guint next_slot; /* where to look for the one after @second */
  SiprecStream *next, *second;
} SiprecRoster;

void siprec_roster_init (SiprecRoster *roster);
void siprec_roster_clear (SiprecRoster *roster);
gboolean siprec_roster_is_empty (const SiprecRoster *roster);

/* Between turns: adds @stream (not owned), at every tick at first, or removes it. */
void siprec_roster_add (SiprecRoster *roster, SiprecStream *stream);
void siprec_roster_remove (SiprecRoster *roster, SiprecStream *stream);

/* In ticks. */
void siprec_roster_set_period (SiprecRoster *roster, SiprecStream *stream, guint period);

/* Begins a tick. */
void siprec_roster_begin (SiprecRoster *roster, gboolean all);

/* Whose turn it is now; NULL at the end of the tick. */
SiprecStream *siprec_roster_next (SiprecRoster *roster);

G_END_DECLS
