/* siprec-metadata: a recorded session as a vCon. Experimental: the draft may change, and this with it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "record.h"

G_BEGIN_DECLS

/**
 * metadata_vcon_new:
 * @record: from an events file
 * @folder: where the media files are, each named after its pad: "audio_0.mkv"
 * @error: if the record has no events, or a media file can't be read
 *
 * Returns: a vCon as draft-ietf-vcon-vcon-core-03 has it (syntax 0.4.0), which refers to the files by
 *   name and hash; or NULL. Free with g_free().
 */
gchar *metadata_vcon_new (const MetadataRecord *record, const gchar *folder, GError **error);

G_END_DECLS
