/* siprec-core: addresses of record in one form, whatever form they came in
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../api.h"

G_BEGIN_DECLS

/**
 * siprec_aor_normalise:
 * @aor: as sent: a URI, or what clients write in its place
 *
 * A best effort, for comparing: a URI with a scheme, without parameters, headers, password and display name, the host in lower
 * case, and telephone numbers without what only eyes need (RFC 3966 section 5.1.1). What is no address at all stays as it is.
 *
 * Returns: (transfer full)
 */
SIPREC_API gchar *siprec_aor_normalise (const gchar *aor);

G_END_DECLS
