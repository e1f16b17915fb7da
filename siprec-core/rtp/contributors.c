/* Who is heard in a mix (RFC 7866 section 8.1.4).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "contributors.h"

#define INTERVAL   (250 * GST_MSECOND)
#define FIRST_CSRC 12

gboolean
siprec_contributors_take (SiprecContributors *contributors, const guint8 *data, gint64 seq,
                          GstClockTime arrival)
{
  guint n = data[0] & 0x0f;
  gboolean same = n == contributors->n;

  /* What comes late tells of the past. */
  if (seq < contributors->newest)
    return FALSE;
  contributors->newest = seq;
  for (guint i = 0; same && i < n; i++)
    same = contributors->ssrcs[i] == GST_READ_UINT32_BE (data + FIRST_CSRC + 4 * i);
  if (same || (contributors->told > 0 && arrival < contributors->told + INTERVAL))
    return FALSE;
  contributors->n = n;
  for (guint i = 0; i < n; i++)
    contributors->ssrcs[i] = GST_READ_UINT32_BE (data + FIRST_CSRC + 4 * i);
  contributors->told = arrival;
  return TRUE;
}
