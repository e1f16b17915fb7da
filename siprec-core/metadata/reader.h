/* siprec-core: RFC 7865 documents, as they are really sent
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "limits.h"
#include "model.h"

G_BEGIN_DECLS

/**
 * siprec_metadata_read:
 * @data: an XML document, untrusted
 * @limits: (nullable): NULL for the default ones
 * @deviations: (nullable): where departures that were tolerated are noted
 * @error: SYNTAX if nothing at all could be read
 *
 * Reads a document with libxml2: no DTD, no entities but the five, no network. Elements are matched by local name in any order and
 * any namespace that the root has too or that is one of SIPREC's, or none; both the `*_id` and the
 * draft attribute names are taken. White space in ids is dropped. Elements without an id are left out
 * with a deviation. Broken XML is read as far as it goes; then the result is `partial` whatever it
 * says, since what is missing may have been lost rather than ended.
 *
 * Returns: what the document says, or NULL with @error.
 */
SIPREC_API SiprecMetadata *siprec_metadata_read (GBytes *data, const SiprecMetadataLimits *limits,
                                                 GPtrArray *deviations, GError **error);

G_END_DECLS
