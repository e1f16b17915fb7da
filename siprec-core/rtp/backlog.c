/* Keeps the last packets of an unclaimed stream.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "backlog.h"

#include <string.h>

#include "stream.h"

/* 5 s of video at 6 Mbit/s. */
#define MAX_BYTES (4 * 1024 * 1024)

SiprecKept *
siprec_kept_new (const guint8 *data, gsize size, SiprecFormat *format, GstClockTime arrival)
{
  SiprecKept *kept = g_malloc (sizeof (SiprecKept) + size);

  kept->arrival = arrival;
  kept->seq = 0;
  kept->generation = 0;
  kept->format = siprec_format_ref (format);
  kept->size = size;
  memcpy (kept->data, data, size);
  return kept;
}

void
siprec_kept_free (SiprecKept *kept)
{
  siprec_format_unref (kept->format);
  g_free (kept);
}

SiprecKept *
siprec_backlog_take (SiprecBacklog *backlog)
{
  SiprecKept *kept = g_queue_pop_head (&backlog->packets);

  if (kept)
    backlog->bytes -= sizeof (SiprecKept) + kept->size;
  return kept;
}

void
siprec_backlog_add (SiprecBacklog *backlog, SiprecKept *kept)
{
  SiprecKept *oldest;

  g_queue_push_tail (&backlog->packets, kept);
  backlog->bytes += sizeof (SiprecKept) + kept->size;
  while ((oldest = g_queue_peek_head (&backlog->packets)) != kept &&
         (backlog->bytes > MAX_BYTES || oldest->arrival + SIPREC_BACKLOG < kept->arrival))
    siprec_kept_free (siprec_backlog_take (backlog));
}

void
siprec_backlog_clear (SiprecBacklog *backlog)
{
  SiprecKept *kept;

  while ((kept = siprec_backlog_take (backlog)))
    siprec_kept_free (kept);
}
