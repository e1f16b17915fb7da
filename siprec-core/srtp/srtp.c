/* Keys that change during a stream: which one a packet is for is found by trying.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "srtp.h"

#include <string.h>

/* Keys that are tried. A client that changes them faster than its packets travel has gone mad. */
#define MAX_CONTEXTS 3

/* Packets under older keys may come so long after the first one under the newest. */
#define OVERLAP (5 * GST_SECOND)

typedef struct {
  SiprecKeying *keying;
  SiprecTransform *transform;
} Context;

struct _SiprecSrtp {
  Context remote[MAX_CONTEXTS]; /* newest first */
  guint n_remote;
  GstClockTime retire; /* when all but the newest go; 0 until that one has opened a packet */
  Context local;
};

static void
context_clear (Context *context)
{
  g_clear_pointer (&context->keying, siprec_keying_free);
  g_clear_pointer (&context->transform, siprec_transform_free);
}

static gboolean
context_init (Context *context, const SiprecKeying *keying, SiprecTransformDirection direction)
{
  context->transform = siprec_transform_new (keying, direction);
  context->keying = context->transform ? siprec_keying_copy (keying) : NULL;
  return context->transform != NULL;
}

SiprecSrtp *
siprec_srtp_new (void)
{
  return g_new0 (SiprecSrtp, 1);
}

void
siprec_srtp_free (SiprecSrtp *srtp)
{
  if (!srtp)
    return;
  for (guint i = 0; i < MAX_CONTEXTS; i++)
    context_clear (&srtp->remote[i]);
  context_clear (&srtp->local);
  g_free (srtp);
}

/* Makes @keying the newest one of the client. One that is used already comes back with its counters, else a packet
 * could be replayed. */
static gboolean
set_remote (SiprecSrtp *srtp, const SiprecKeying *keying)
{
  Context context = {0};
  guint i = 0;

  while (i < srtp->n_remote && !siprec_keying_equal (srtp->remote[i].keying, keying))
    i++;
  if (i < srtp->n_remote) {
    context = srtp->remote[i];
  } else {
    if (!context_init (&context, keying, SIPREC_TRANSFORM_RECEIVE))
      return FALSE;
    if (srtp->n_remote > 0)
      siprec_transform_succeed (context.transform, srtp->remote[0].transform);
    i = MIN (srtp->n_remote, MAX_CONTEXTS - 1);
    context_clear (&srtp->remote[i]);
    srtp->n_remote = i + 1;
  }
  memmove (&srtp->remote[1], &srtp->remote[0], i * sizeof (Context));
  srtp->remote[0] = context;
  srtp->retire = 0;
  return TRUE;
}

gboolean
siprec_srtp_set_keys (SiprecSrtp *srtp, const SiprecKeying *local, const SiprecKeying *remote)
{
  if (!siprec_keying_equal (srtp->local.keying, local)) {
    context_clear (&srtp->local);
    if (!context_init (&srtp->local, local, SIPREC_TRANSFORM_SEND))
      return FALSE;
  }
  return set_remote (srtp, remote);
}

const SiprecSuite *
siprec_srtp_get_suite (const SiprecSrtp *srtp)
{
  return srtp->n_remote > 0 ? srtp->remote[0].keying->suite : NULL;
}

/* The newest keys work: the others are kept for what is on its way. */
static void
retire_others (SiprecSrtp *srtp, GstClockTime arrival)
{
  if (srtp->retire == 0)
    srtp->retire = arrival + OVERLAP;
  if (arrival < srtp->retire)
    return;
  while (srtp->n_remote > 1)
    context_clear (&srtp->remote[--srtp->n_remote]);
}

SiprecTransformResult
siprec_srtp_open (SiprecSrtp *srtp, gboolean rtcp, const guint8 *data, gsize size,
                  GstClockTime arrival, guint8 *out, gsize *out_size)
{
  SiprecTransformResult result = SIPREC_TRANSFORM_FORGED;

  for (guint i = 0; i < srtp->n_remote && result == SIPREC_TRANSFORM_FORGED; i++) {
    SiprecTransform *transform = srtp->remote[i].transform;

    result = rtcp ? siprec_transform_open_rtcp (transform, data, size, arrival, out, out_size)
                  : siprec_transform_open_rtp (transform, data, size, arrival, out, out_size);
    if (result == SIPREC_TRANSFORM_OK && i == 0 && srtp->n_remote > 1 && !rtcp)
      retire_others (srtp, arrival);
  }
  return result;
}

gboolean
siprec_srtp_seal_rtcp (SiprecSrtp *srtp, const guint8 *data, gsize size, guint8 *out,
                       gsize *out_size)
{
  return srtp->local.transform &&
         siprec_transform_seal_rtcp (srtp->local.transform, data, size, out, out_size);
}
