/* siprec-core: notes that live as long as a server transaction of sofia's
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sofia.h"

G_BEGIN_DECLS

/**
 * SiprecInflightKey:
 * @kind: what the note is for: constant, and the same pointer for the same kind
 * @parts: text; NULL is the same as ""
 *
 * What a note is found by. It is made for a look, and copied by siprec_inflight_add().
 */
typedef struct {
  const gchar *kind;
  const gchar *parts[3];
  guint32 number;
} SiprecInflightKey;

/* Only in the agent's thread, and seen only there: several threads have several books.
 * Puts @key down until sofia frees @irq, which may be long after we have parted from it. */
void siprec_inflight_add (nta_incoming_t *irq, const SiprecInflightKey *key);

gboolean siprec_inflight_has (const SiprecInflightKey *key);

G_END_DECLS
