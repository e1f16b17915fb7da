/* siprec-core: whom a limit is for
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../api.h"

G_BEGIN_DECLS

/* What counts as one source, be it the address of a peer: an IPv4 address, also one mapped into IPv6, or an IPv6 network of
 * 64 bits, in which anybody has as many addresses as he likes. Another text is itself. (transfer full) */
SIPREC_API gchar *siprec_source_of (const gchar *address);

G_END_DECLS
