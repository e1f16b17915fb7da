/* Holes in the sequence, and when they are asked for.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nack.h"

/* A round trip: who is farther away answers the first request. */
#define INTERVAL (60 * GST_MSECOND)

guint
siprec_nack_take (SiprecNack *nack, const SiprecReorder *reorder, GstClockTime now, guint16 *seqs)
{
  gboolean again = now >= nack->next;
  gint64 seq = -1;
  guint n = 0;

  while (n < SIPREC_NACK_MAX && siprec_reorder_find_hole (reorder, &seq)) {
    if (!again && seq <= nack->newest)
      continue;
    seqs[n++] = (guint16)seq;
    nack->newest = MAX (nack->newest, seq);
  }
  if (n > 0 && again)
    nack->next = now + INTERVAL;
  return n;
}
