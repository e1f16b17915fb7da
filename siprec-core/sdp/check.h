/* siprec-core: what an offer must not be, seen as a whole and beside the one before
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "offer.h"

G_BEGIN_DECLS

/* Notes two lines at one port, which only a bundle may have. */
void siprec_offer_check_ports (const SiprecOffer *offer, GPtrArray *deviations);

/* RFC 3264 section 8: in a dialog the o= line of an offer is that of the one @before, its version the same or one more. */
SIPREC_API void siprec_offer_check_origin (const SiprecOffer *offer, const SiprecOffer *before,
                                           GPtrArray *deviations);

G_END_DECLS
