/* siprec-metadata: a record as a picture
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "record.h"

G_BEGIN_DECLS

/* Who was there and who sent when, as an SVG document: from the events if there are some, else from
 * the times in the metadata. Free with g_free(). */
gchar *metadata_timeline_new (const MetadataRecord *record);

G_END_DECLS
