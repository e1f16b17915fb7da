/* siprec-core: elements of the metadata state, found by id
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "model.h"

G_BEGIN_DECLS

typedef gpointer (*SiprecMetadataAddFunc) (SiprecMetadata *metadata, const gchar *id);

/* Elements by id, which each of them begins with. Valid as long as the elements are. */
GHashTable *siprec_metadata_index (const GPtrArray *elements);

/* The element of @state that has the id of @from, a new one if none has. */
gpointer siprec_metadata_find_or_add (SiprecMetadata *state, GHashTable *index, gconstpointer from,
                                      SiprecMetadataAddFunc add);

G_END_DECLS
