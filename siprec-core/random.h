/* siprec-core: random numbers for secrets
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @n_bytes from OpenSSL's generator, as twice as many hexadecimal digits. (transfer full) */
gchar *siprec_random_hex (gsize n_bytes);

G_END_DECLS
