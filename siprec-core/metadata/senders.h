/* siprec-core: who sends on which line, from the metadata
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "model.h"

G_BEGIN_DECLS

/**
 * SiprecSenders:
 *
 * An index over a merged state, which must outlive it: those who are there and send, by the label of the stream
 * (a=label of an m-line, or what siprec_metadata_guess() makes up).
 */
typedef GHashTable SiprecSenders;

/* Free with g_hash_table_unref(). */
SIPREC_API SiprecSenders *siprec_senders_new (const SiprecMetadata *metadata);

/**
 * siprec_senders_to_json:
 * @senders: (nullable): NULL knows nobody
 *
 * Returns: (transfer full): those who send on @label as an array of objects {"id", "name", "aors": [...]}, in the
 *   document's order, with "guessed": true where nothing said so; empty if nothing is known.
 */
SIPREC_API JsonArray *siprec_senders_to_json (SiprecSenders *senders, const gchar *label);

G_END_DECLS
