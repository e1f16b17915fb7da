/* tests: prints the events that metadata documents give, one after another, for the schema test
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprec-core/metadata/changes.h"
#include "siprec-core/metadata/merge.h"
#include "siprec-core/metadata/reader.h"

int
main (int argc, char **argv)
{
  g_autoptr (SiprecMetadata) state = siprec_metadata_new ();
  g_autoptr (GPtrArray) labels = g_ptr_array_new ();
  guint64 sequence = 0;

  gst_init (NULL, NULL);
  g_ptr_array_add (labels, NULL);
  g_ptr_array_add (labels, NULL);
  for (gint i = 1; i < argc; i++) {
    gchar *text = NULL;
    gsize size = 0;
    g_autoptr (GBytes) bytes =
        g_file_get_contents (argv[i], &text, &size, NULL) ? g_bytes_new_take (text, size) : NULL;
    g_autoptr (SiprecMetadata) document =
        bytes ? siprec_metadata_read (bytes, NULL, NULL, NULL) : NULL;
    g_autoptr (SiprecMetadata) before = state;
    g_autoptr (GPtrArray) events = NULL;

    state = document ? siprec_metadata_merge (before, document) : siprec_metadata_copy (before);
    siprec_metadata_guess (state, labels);
    events = siprec_metadata_changes (before, state);
    for (guint n = 0; n < events->len; n++) {
      SiprecEvent *event = g_ptr_array_index (events, n);
      g_autofree gchar *line = NULL;

      event->session_id = g_strdup ("00000000-0000-4000-8000-000000000000");
      event->sequence = ++sequence;
      line = siprec_event_to_json (event, "test", sequence);
      g_print ("%s", line);
    }
  }
  return 0;
}
