/* Packets that only keep bindings of NATs alive.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keepalive.h"

#include "../media/format.h"

/* RFC 6263 section 7: no less than 15 s. */
#define PERIOD (15 * GST_SECOND)

gboolean
siprec_keepalive_is_due (SiprecKeepalive *keepalive, GstClockTime now)
{
  if (now < keepalive->next)
    return FALSE;
  keepalive->next = now + PERIOD;
  return TRUE;
}

static gboolean
is_agreed (const GPtrArray *formats, guint8 pt)
{
  for (guint i = 0; i < formats->len; i++) {
    if (((const SiprecFormat *)g_ptr_array_index (formats, i))->pt == pt)
      return TRUE;
  }
  return FALSE;
}

void
siprec_keepalive_write (SiprecKeepalive *keepalive, const GPtrArray *formats, guint32 ssrc,
                        guint8 packet[SIPREC_KEEPALIVE_SIZE])
{
  guint8 pt = 127;

  /* From the end of the dynamic ones. If all are taken the last will do: it has no payload. */
  while (pt > 96 && is_agreed (formats, pt))
    pt--;
  packet[0] = 0x80;
  packet[1] = pt;
  GST_WRITE_UINT16_BE (packet + 2, keepalive->seq++);
  GST_WRITE_UINT32_BE (packet + 4, 0);
  GST_WRITE_UINT32_BE (packet + 8, ssrc);
}
