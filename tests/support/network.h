/* A bad network for tests, the same way for the same seed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * Network:
 * @drop, @burst, @duplicate, @reorder: how many packets of a hundred are lost, begin a burst of
 *   losses, come twice, are held back
 * @burst_length: packets that a burst takes
 * @delay: of all packets, us
 * @jitter: at most so much more, us
 * @hold: how long those are held back, us
 *
 * One direction of one path. It moves no packets: it says when they come.
 */
typedef struct {
  gdouble drop, burst, duplicate, reorder;
  guint burst_length;
  gint64 delay, jitter, hold;

  GRand *random;
  guint burst_left; /* packets still to be lost */
  guint n_passed, n_dropped, n_duplicated, n_reordered;
} Network;

/* Makes it random; the wishes are set before or after. */
void network_init (Network *network, guint32 seed);
void network_clear (Network *network);

/* When the packet that is sent at @now comes: writes 0, 1 or 2 times to @due, and returns how many. */
guint network_send (Network *network, gint64 now, gint64 due[2]);
