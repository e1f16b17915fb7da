/* tests: the call flows of RFC 8068, document by document: what each changes, and what is known in the end.
 * With METADATA_FLOWS_WRITE set the expectations are written anew, for a person to compare.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/deviation.h"
#include "siprec-core/metadata/changes.h"
#include "siprec-core/metadata/merge.h"
#include "siprec-core/metadata/reader.h"

#define FLOWS TEST_DATA_DIR "/flows/"

/* As tests/data/flows/README.md has them. */
static const struct {
  const gchar *name;
  const gchar *documents[5];
} flows[] = {
    {"t01", {"t01-1", "t01-2", "t01-3"}},
    {"t02", {"t02-1"}},
    {"t03", {"t02-1", "t03-1"}},
    {"t04", {"t02-1", "t03-1", "t04-1"}},
    {"t05", {"t02-1", "t05-1"}},
    {"t06", {"t02-1", "t06-1"}},
    {"t07", {"t02-1", "t06-1", "t07-1"}},
    {"t07-at-once", {"t02-1", "t07-1"}},
    {"t08", {"t08-1"}},
    {"t09", {"t02-1", "t09-1"}},
    {"t10", {"t10-1"}},
    {"t11", {"t10-1", "t11-1"}},
    {"t12", {"t10-1", "t11-1", "t12-1"}},
    {"t13", {"t10-1", "t13-1"}},
    {"t14", {"t10-1", "t13-1", "t14-1"}},
    {"t15", {"t10-1", "t13-1", "t14-1", "t15-1"}},
    {"t16", {"t02-1", "t16-1", "t16-2"}},
    {"t17", {"t17-1"}},
    {"t21", {"t21-1", "t21-2", "t21-3", "t21-4"}},
    {"t25", {"t25-1"}},
};

static SiprecMetadata *
read_flow_document (const gchar *name, GPtrArray *deviations)
{
  g_autofree gchar *path = g_strdup_printf (FLOWS "%s.xml", name);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  SiprecMetadata *document;
  gchar *text;
  gsize size;

  fail_unless (g_file_get_contents (path, &text, &size, NULL), "%s", path);
  bytes = g_bytes_new_take (text, size);
  document = siprec_metadata_read (bytes, NULL, deviations, &error);
  fail_unless (document != NULL, "%s: %s", name, error ? error->message : "");
  return document;
}

static gchar *
to_line (JsonNode *node)
{
  return json_to_string (node, FALSE);
}

static void
add_events (GString *text, GPtrArray *events)
{
  for (guint i = 0; i < events->len; i++) {
    const SiprecEvent *event = g_ptr_array_index (events, i);
    g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), event->data);
    g_autofree gchar *data = to_line (node);

    g_string_append_printf (text, "%s %s\n", siprec_event_type_name (event->type), data);
  }
}

static void
add_state (GString *text, const SiprecMetadata *state)
{
  g_autoptr (JsonObject) json = siprec_metadata_to_json (state);
  g_autoptr (GList) kinds = json_object_get_members (json);

  g_string_append (text, "\n== the state in the end\n");
  for (GList *kind = kinds; kind; kind = kind->next) {
    JsonNode *node = json_object_get_member (json, kind->data);

    for (guint i = 0;
         JSON_NODE_HOLDS_ARRAY (node) && i < json_array_get_length (json_node_get_array (node));
         i++) {
      g_autofree gchar *line = to_line (json_array_get_element (json_node_get_array (node), i));

      g_string_append_printf (text, "%s %s\n", (const gchar *)kind->data, line);
    }
  }
}

/* Applies one document as a session does, and tells what it changed. */
static SiprecMetadata *
apply (SiprecMetadata *before, const gchar *name, GString *text)
{
  g_autoptr (GPtrArray) deviations = siprec_deviations_new ();
  g_autoptr (SiprecMetadata) document = read_flow_document (name, deviations);
  SiprecMetadata *after = siprec_metadata_merge (before, document);
  g_autoptr (SiprecMetadata) again = NULL;
  g_autoptr (GPtrArray) events = NULL;
  g_autoptr (GPtrArray) repeated = NULL;

  siprec_metadata_check_ids (after, deviations);
  siprec_metadata_guess (after, NULL);
  events = siprec_metadata_changes (before, after);
  fail_unless_equals_int (deviations->len, 0);
  g_string_append_printf (text, "%s== %s (%s)\n", text->len ? "\n" : "", name,
                          document->partial ? "partial" : "complete");
  add_events (text, events);

  /* A refresh repeats the document: that is no news. */
  again = siprec_metadata_merge (after, document);
  siprec_metadata_guess (again, NULL);
  repeated = siprec_metadata_changes (after, again);
  fail_unless_equals_int (repeated->len, 0);
  siprec_metadata_free (before);
  return after;
}

GST_START_TEST (test_flow)
{
  const gchar *name = flows[__i__].name;
  g_autofree gchar *path = g_strdup_printf (FLOWS "expected/%s.txt", name);
  g_autofree gchar *expected = NULL;
  GString *seen = g_string_new (NULL);
  g_autoptr (SiprecMetadata) state = siprec_metadata_new ();

  for (guint i = 0; flows[__i__].documents[i]; i++)
    state = apply (state, flows[__i__].documents[i], seen);
  add_state (seen, state);
  if (g_getenv ("METADATA_FLOWS_WRITE"))
    g_file_set_contents (path, seen->str, -1, NULL);
  fail_unless (g_file_get_contents (path, &expected, NULL, NULL), "%s", path);
  fail_unless (g_str_equal (seen->str, expected), "%s gives\n%s", name, seen->str);
  g_string_free (seen, TRUE);
}
GST_END_TEST;

static Suite *
metadata_flows_suite (void)
{
  Suite *s = suite_create ("metadata-flows");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_flow, 0, G_N_ELEMENTS (flows));
  return s;
}

GST_CHECK_MAIN (metadata_flows);
