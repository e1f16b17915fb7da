/* siprec-core: ICE-lite for one stream (RFC 8445 section 2.5)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../srtp/protection.h"
#include "stun.h"

G_BEGIN_DECLS

/**
 * siprec_ice_answer:
 * @credentials: what both sides go by
 * @from: where @data came from
 * @out: room for SIPREC_STUN_MAX_RESPONSE
 * @nominated: (out): the client has chosen this way
 *
 * Answers a connectivity check. Whoever doesn't have the password gets nothing, so that we are no echo for forged
 * addresses.
 *
 * Returns: the size of the response, 0 for none.
 */
SIPREC_API gsize siprec_ice_answer (const SiprecIceCredentials *credentials,
                                    const SiprecAddress *from, const guint8 *data, gsize size,
                                    guint8 *out, gboolean *nominated);

G_END_DECLS
