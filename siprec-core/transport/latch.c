/* Symmetric RTP without letting anybody in.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "latch.h"

void
siprec_latch_set_remote (SiprecLatch *latch, const gchar *address, guint16 port, const gchar *peer)
{
  SiprecAddress signalled, host;

  /* Hold by the address 0.0.0.0 takes nothing back. */
  if (!siprec_address_set (&signalled, port ? address : NULL, port)) {
    if (latch->signalled.any.sa_family == AF_UNSPEC)
      siprec_address_set (&latch->peer, peer, 0);
    return;
  }
  if (!siprec_address_equal (&signalled, &latch->signalled))
    latch->source = (SiprecAddress){0};
  latch->signalled = signalled;
  latch->peer = (SiprecAddress){0};
  if (siprec_address_is_private (&signalled) && siprec_address_set (&host, peer, 0))
    latch->peer = host;
}

gboolean
siprec_latch_is_signalled (const SiprecLatch *latch, const SiprecAddress *from)
{
  return siprec_address_same_host (from, &latch->signalled) ||
         siprec_address_same_host (from, &latch->nominated) ||
         siprec_address_same_host (from, &latch->peer);
}

gboolean
siprec_latch_admits_authentic (const SiprecLatch *latch, const SiprecAddress *from)
{
  return latch->mode != SIPREC_LATCH_SIGNALLED || siprec_latch_is_signalled (latch, from);
}

/* A stranger that latched in a pause must not keep out who was meant, whose port a NAT may have changed. */
static gboolean
displaces (const SiprecLatch *latch, const SiprecAddress *from)
{
  return siprec_latch_is_signalled (latch, from) &&
         !siprec_latch_is_signalled (latch, &latch->source);
}

gboolean
siprec_latch_admits (const SiprecLatch *latch, const SiprecAddress *from, GstClockTime arrival)
{
  if (latch->mode == SIPREC_LATCH_ANY)
    return TRUE;
  if (!siprec_latch_admits_authentic (latch, from))
    return FALSE;
  return latch->source.any.sa_family == AF_UNSPEC || siprec_address_equal (from, &latch->source) ||
         siprec_address_equal (from, &latch->signalled) ||
         siprec_address_equal (from, &latch->nominated) || displaces (latch, from) ||
         arrival > latch->heard + SIPREC_LATCH_SILENCE;
}

gboolean
siprec_latch_admits_rtcp (const SiprecLatch *latch, const SiprecAddress *from)
{
  if (latch->mode == SIPREC_LATCH_ANY || siprec_latch_vouches (latch, from))
    return TRUE;
  return latch->mode == SIPREC_LATCH_FIRST && latch->source.any.sa_family == AF_UNSPEC;
}

gboolean
siprec_latch_vouches (const SiprecLatch *latch, const SiprecAddress *from)
{
  return siprec_latch_is_signalled (latch, from) ||
         siprec_address_same_host (from, &latch->reports) ||
         siprec_address_same_host (from, &latch->source);
}

void
siprec_latch_set_reports (SiprecLatch *latch, const gchar *address, guint16 port)
{
  siprec_address_set (&latch->reports, port ? address : NULL, port);
}

void
siprec_latch_nominate (SiprecLatch *latch, const SiprecAddress *from, GstClockTime arrival)
{
  latch->nominated = *from;
  siprec_latch_confirm (latch, from, arrival);
}

void
siprec_latch_confirm (SiprecLatch *latch, const SiprecAddress *from, GstClockTime arrival)
{
  latch->source = *from;
  latch->heard = arrival;
}
