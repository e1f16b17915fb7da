/* siprec-core: which protection a media line is agreed with
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "offer.h"

G_BEGIN_DECLS

/**
 * siprec_protect_answer:
 * @mline: a line of an offer
 * @policy: what is allowed
 * @now: (nullable): how the stream is protected already; our own keys go on
 * @chosen: (out) (nullable) (transfer full): what to answer with; NULL is plain RTP
 *
 * Returns: FALSE if the line is to be refused.
 */
SIPREC_API gboolean siprec_protect_answer (const SiprecMline *mline, SiprecSrtpPolicy policy,
                                           const SiprecProtection *now, SiprecProtection **chosen);

/* The protection of a new line in an offer of ours: keys of ours, none of the client yet. NULL is plain RTP. */
SiprecProtection *siprec_protect_offer (SiprecSrtpPolicy policy);

/**
 * siprec_protect_take:
 * @mline: the client's answer to a line that we offered with @offered (nullable)
 * @agreed: (out) (nullable) (transfer full): what both have agreed on
 *
 * Returns: FALSE if it is no answer to that.
 */
gboolean siprec_protect_take (const SiprecMline *mline, const SiprecProtection *offered,
                              SiprecProtection **agreed);

G_END_DECLS
