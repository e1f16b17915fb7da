/* siprec-core: the metadata state as an RFC 7865 document
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "model.h"

G_BEGIN_DECLS

/**
 * siprec_metadata_write:
 *
 * Writes an XML document with all that @metadata knows, in the order of the schema; with the datamode
 * partial if @metadata is so. Guesses are left out. The document is valid if the ids are base64 and the
 * times RFC 3339, as RFC 7865 wants them. Read and merged into nothing it gives the same state.
 *
 * Returns: (transfer full): UTF-8. Free with g_free().
 */
SIPREC_API gchar *siprec_metadata_write (const SiprecMetadata *metadata);

G_END_DECLS
