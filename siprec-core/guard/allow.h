/* siprec-core: a list of peers that may record
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../api.h"

G_BEGIN_DECLS

/* Constant. */
typedef struct _SiprecAllow SiprecAllow;

/* Reads a comma list of addresses ("192.0.2.1"), networks ("10.0.0.0/8", "fd00::/8") and TLS identities
 * ("sbc.example.com", "sip:user@example.com"). Returns: NULL with a SETTINGS error that names the item */
SIPREC_API SiprecAllow *siprec_allow_new (const gchar *text, GError **error);
SIPREC_API void siprec_allow_free (SiprecAllow *allow);

/* TRUE if one item is the peer's @address, a network with it, or one of the @identities (nullable) that its certificate
 * proves. */
SIPREC_API gboolean siprec_allow_has (const SiprecAllow *allow, const gchar *address,
                                      const gchar *const *identities);

/* TRUE if one item is an identity. */
SIPREC_API gboolean siprec_allow_has_names (const SiprecAllow *allow);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecAllow, siprec_allow_free)

G_END_DECLS
