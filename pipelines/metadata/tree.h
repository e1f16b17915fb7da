/* siprec-metadata: a record for people to read
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "record.h"

G_BEGIN_DECLS

/* The calls with those who take part, the streams with those who send them, and the deviations, as a
 * tree of lines. Free with g_free(). */
gchar *metadata_tree_new (const MetadataRecord *record);

G_END_DECLS
