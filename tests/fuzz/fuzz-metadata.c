/* Fuzz target: metadata documents, read, merged one after another and told as events
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <string.h>

#include "siprec-core/deviation.h"
#include "siprec-core/metadata/changes.h"
#include "siprec-core/metadata/merge.h"
#include "siprec-core/metadata/reader.h"
#include "siprec-core/metadata/senders.h"

/* Separates the documents of one input. */
#define SEPARATOR 0x1e

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  return 0;
}

static void
check_events (const SiprecMetadata *before, const SiprecMetadata *after)
{
  g_autoptr (GPtrArray) events = siprec_metadata_changes (before, after);
  g_autoptr (GPtrArray) none = siprec_metadata_changes (after, after);
  g_autoptr (GHashTable) index = siprec_senders_new (after);
  g_autoptr (JsonArray) senders = siprec_senders_to_json (index, "1");

  g_assert (none->len == 0);
  for (guint i = 0; i < events->len; i++) {
    g_autofree gchar *line = siprec_event_to_json (g_ptr_array_index (events, i), "fuzz", i);

    g_assert (g_utf8_validate (line, -1, NULL));
    g_assert (strchr (line, '\n') == line + strlen (line) - 1);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static gchar *const labels[] = {"1", NULL};
  g_autoptr (SiprecMetadata) state = siprec_metadata_new ();
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();
  const uint8_t *end = data + size;

  for (guint i = 0; i < G_N_ELEMENTS (labels); i++)
    g_ptr_array_add (lines, labels[i]);
  while (data < end) {
    const uint8_t *separator = memchr (data, SEPARATOR, end - data);
    gsize length = (separator ? separator : end) - data;
    g_autoptr (GBytes) bytes = g_bytes_new (data, length);
    g_autoptr (GPtrArray) deviations = siprec_deviations_new ();
    g_autoptr (GError) error = NULL;
    g_autoptr (SiprecMetadata) document = siprec_metadata_read (bytes, NULL, deviations, &error);

    g_assert ((document == NULL) == (error != NULL));
    if (document) {
      g_autoptr (SiprecMetadata) before = state;

      state = siprec_metadata_merge (before, document);
      siprec_metadata_guess (state, lines);
      check_events (before, state);
    }
    data += MIN ((gsize)(end - data), length + 1);
  }
  return 0;
}
