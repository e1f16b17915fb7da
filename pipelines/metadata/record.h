/* siprec-metadata: what was read from a file, and what follows from it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "siprec-core/metadata/model.h"

G_BEGIN_DECLS

/* One metadata document of the record. */
typedef struct {
  GBytes *data;
  gchar *time;  /* when it came, RFC 3339; or NULL if the input doesn't tell */
  gchar *error; /* why nothing of it could be read, or NULL */
  gboolean partial;
} MetadataDocument;

/**
 * MetadataRecord:
 * @state: the documents merged, with guesses
 * @documents: (element-type MetadataDocument): in their order
 * @events: (element-type JsonObject): the lines of an events file, empty for other inputs
 * @deviations: (element-type SiprecDeviation): where the client departs from the standards
 */
typedef struct {
  SiprecMetadata *state;
  GPtrArray *documents;
  GPtrArray *events;
  GPtrArray *deviations;
  GPtrArray *labels; /* gchar*: a=label of each m-line that carries media; NULL where it has none */
} MetadataRecord;

/**
 * metadata_record_read:
 * @input: an XML document, one or several SIP messages, or an events file; untrusted
 * @error: why nothing could be read
 *
 * Returns: (transfer full): the record, or NULL with @error.
 */
MetadataRecord *metadata_record_read (GBytes *input, GError **error);
void metadata_record_free (MetadataRecord *record);

/* The member called @name if it is a text, else NULL. Owned by @object, which may be NULL. */
const gchar *metadata_member_text (JsonObject *object, const gchar *name);

/* The member called @name if it is an object, else NULL; the same of an array. */
JsonObject *metadata_member_object (JsonObject *object, const gchar *name);
JsonArray *metadata_member_array (JsonObject *object, const gchar *name);

/* The texts among the members of @array, which may be NULL. (transfer full) */
GPtrArray *metadata_array_texts (JsonArray *array);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MetadataRecord, metadata_record_free)

G_END_DECLS
