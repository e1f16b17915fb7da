/* siprec-core: which lost packets a sender is asked for again (RFC 4585 section 6.2.1)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "reorder.h"

G_BEGIN_DECLS

/* In one request; with more missing a key frame is the better wish. */
#define SIPREC_NACK_MAX 64

/**
 * SiprecNack:
 *
 * A hole is asked for when it is seen, and again while it is waited for. No clock in here.
 */
typedef struct {
  GstClockTime next; /* when all holes are asked for again */
  gint64 newest;     /* asked for so far */
} SiprecNack;

/* Which packets to ask for at @now. Returns how many. */
SIPREC_API guint siprec_nack_take (SiprecNack *nack, const SiprecReorder *reorder, GstClockTime now,
                                   guint16 *seqs);

G_END_DECLS
