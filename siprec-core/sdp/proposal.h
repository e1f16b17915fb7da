/* siprec-core: what we offer to a recording client that offers nothing by itself
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "offer.h"

G_BEGIN_DECLS

/* As many lines as an offer of a client may have. */
#define SIPREC_PROPOSAL_MAX_LINES 64

/**
 * siprec_proposal_new:
 * @n_lines: audio lines, 1 to SIPREC_PROPOSAL_MAX_LINES
 * @codecs: (nullable): encoding names in order of preference, NULL-terminated
 * @secure: over RTP/SAVP
 *
 * What a client would offer that could send all that we depayload: the answer to this, with
 * siprec_answer_make() and all formats of the lines, is the offer that we make. @codecs come first.
 *
 * Returns: free with siprec_offer_free().
 */
SIPREC_API SiprecOffer *siprec_proposal_new (guint n_lines, const gchar *const *codecs,
                                             gboolean secure);

G_END_DECLS
