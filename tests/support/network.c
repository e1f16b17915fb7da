/* What a bad network does to packets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network.h"

/* A copy comes so much after the first. */
#define COPY_DELAY 1000

void
network_init (Network *network, guint32 seed)
{
  network->random = g_rand_new_with_seed (seed);
}

void
network_clear (Network *network)
{
  g_clear_pointer (&network->random, g_rand_free);
}

static gboolean
happens (Network *network, gdouble percent)
{
  return g_rand_double (network->random) * 100 < percent;
}

guint
network_send (Network *network, gint64 now, gint64 due[2])
{
  /* Always the same number of draws, so that one fault doesn't change where the others fall. */
  gboolean dropped = happens (network, network->drop), burst = happens (network, network->burst);
  gboolean twice = happens (network, network->duplicate);
  gboolean late = happens (network, network->reorder);
  gdouble jitter = (gdouble)network->jitter * g_rand_double (network->random);

  if (burst)
    network->burst_left = network->burst_length;
  if (network->burst_left > 0 || dropped) {
    network->burst_left -= network->burst_left > 0;
    network->n_dropped++;
    return 0;
  }
  due[0] = now + network->delay + (gint64)jitter + (late ? network->hold : 0);
  due[1] = due[0] + COPY_DELAY;
  network->n_reordered += late;
  network->n_duplicated += twice;
  network->n_passed++;
  return twice ? 2 : 1;
}
