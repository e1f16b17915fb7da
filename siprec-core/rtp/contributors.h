/* siprec-core: who is heard in a mix, as the mixer says in each packet
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "../api.h"

G_BEGIN_DECLS

/* RFC 3550 section 5.1: the count has four bits. */
#define SIPREC_MAX_CONTRIBUTORS 15

/**
 * SiprecContributors:
 *
 * The CSRC list that was told last. A mixer changes it with every word that somebody says, and who wants to could change it
 * with every packet, so changes are told a few times a second at most.
 */
typedef struct {
  guint32 ssrcs[SIPREC_MAX_CONTRIBUTORS];
  guint n;
  gint64 newest; /* sequence number of the last packet that counted */
  GstClockTime told;
} SiprecContributors;

/* The next packet, which came with @data and is numbered @seq. TRUE if the list is to be told. */
SIPREC_API gboolean siprec_contributors_take (SiprecContributors *contributors, const guint8 *data,
                                              gint64 seq, GstClockTime arrival);

G_END_DECLS
