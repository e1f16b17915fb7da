/* Fuzz target: what siprec-metadata reads, XML documents, SIP messages and events files, and all that it
 * shows of them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/gst.h>
#include <stdint.h>
#include <string.h>

#include "pipelines/metadata/record.h"
#include "pipelines/metadata/timeline.h"
#include "pipelines/metadata/tree.h"
#include "siprec-core/metadata/json.h"
#include "siprec-core/metadata/reader.h"
#include "siprec-core/metadata/writer.h"

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  gst_init (NULL, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  return 0;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) input = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (MetadataRecord) record = metadata_record_read (input, &error);

  g_assert ((record == NULL) == (error != NULL));
  if (record) {
    g_autofree gchar *tree = metadata_tree_new (record);
    g_autofree gchar *timeline = metadata_timeline_new (record);
    g_autoptr (JsonObject) json = siprec_metadata_to_json (record->state);

    g_autofree gchar *xml = siprec_metadata_write (record->state);
    g_autoptr (GBytes) bytes = g_bytes_new (xml, strlen (xml));
    g_autoptr (SiprecMetadata) again = siprec_metadata_read (bytes, NULL, NULL, NULL);

    g_assert (again != NULL);
    g_assert (g_utf8_validate (tree, -1, NULL));
    g_assert (g_utf8_validate (timeline, -1, NULL));
  }
  return 0;
}
