/* siprec-core: notes that live as long as a server transaction of sofia's
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sofia.h"

G_BEGIN_DECLS

/* Only in the agent's thread, and seen only there: several threads have several books.
 * Puts @key down until sofia frees @irq, which may be long after we have parted from it. */
void siprec_inflight_add (nta_incoming_t *irq, const gchar *key);

gboolean siprec_inflight_has (const gchar *key);

G_END_DECLS
