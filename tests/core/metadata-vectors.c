/* tests: every vector of tests/data/metadata, its model and events, and what folding the events gives.
 * With METADATA_VECTORS_WRITE set the expectations are written anew, for a person to compare.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/deviation.h"
#include "siprec-core/metadata/changes.h"
#include "siprec-core/metadata/merge.h"
#include "siprec-core/metadata/reader.h"

static GPtrArray *vectors; /* file names without ".xml" */

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const gchar *const *)a, *(const gchar *const *)b);
}

static void
setup (void)
{
  g_autoptr (GDir) dir = g_dir_open (TEST_DATA_DIR "/metadata", 0, NULL);
  const gchar *name;

  fail_unless (dir != NULL);
  vectors = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (dir))) {
    if (g_str_has_suffix (name, ".xml"))
      g_ptr_array_add (vectors, g_strndup (name, strlen (name) - strlen (".xml")));
  }
  g_ptr_array_sort (vectors, compare_names);
}

static void
teardown (void)
{
  g_clear_pointer (&vectors, g_ptr_array_unref);
}

static SiprecMetadata *
read_vector (guint i, GPtrArray *deviations)
{
  g_autofree gchar *path =
      g_strdup_printf (TEST_DATA_DIR "/metadata/%s.xml", (gchar *)g_ptr_array_index (vectors, i));
  g_autoptr (GBytes) bytes = NULL;
  SiprecMetadata *metadata;
  gchar *text;
  gsize size;

  fail_unless (g_file_get_contents (path, &text, &size, NULL));
  bytes = g_bytes_new_take (text, size);
  metadata = siprec_metadata_read (bytes, NULL, deviations, NULL);
  fail_unless (metadata != NULL, "%s", path);
  return metadata;
}

/* What is known after vector @i, as a session has it. */
static SiprecMetadata *
apply (const SiprecMetadata *before, guint i, GPtrArray *deviations)
{
  g_autoptr (SiprecMetadata) document = read_vector (i, deviations);
  SiprecMetadata *state = siprec_metadata_merge (before, document);

  siprec_metadata_check_ids (state, deviations);
  siprec_metadata_guess (state, NULL);
  return state;
}

static JsonArray *
events_to_json (GPtrArray *events)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < events->len; i++) {
    SiprecEvent *event = g_ptr_array_index (events, i);
    JsonObject *object = json_object_new ();

    json_object_set_string_member (object, "type", siprec_event_type_name (event->type));
    json_object_set_object_member (object, "data", json_object_ref (event->data));
    json_array_add_object_element (array, object);
  }
  return array;
}

static JsonArray *
deviations_to_json (GPtrArray *deviations)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < deviations->len; i++) {
    const SiprecDeviation *deviation = g_ptr_array_index (deviations, i);

    json_array_add_string_element (array, deviation->id);
  }
  return array;
}

static gchar *
describe (guint i)
{
  g_autoptr (SiprecMetadata) nothing = siprec_metadata_new ();
  g_autoptr (GPtrArray) deviations = siprec_deviations_new ();
  g_autoptr (SiprecMetadata) state = apply (nothing, i, deviations);
  g_autoptr (GPtrArray) events = siprec_metadata_changes (nothing, state);
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autofree gchar *json = NULL;
  JsonObject *object = json_object_new ();

  json_object_set_array_member (object, "deviations", deviations_to_json (deviations));
  json_object_set_object_member (object, "model", siprec_metadata_to_json (state));
  json_object_set_array_member (object, "events", events_to_json (events));
  json_node_take_object (root, object);
  json = json_to_string (root, TRUE);
  return g_strconcat (json, "\n", NULL);
}

GST_START_TEST (test_expected)
{
  fail_unless (vectors->len >= 14);
  for (guint i = 0; i < vectors->len; i++) {
    const gchar *name = g_ptr_array_index (vectors, i);
    g_autofree gchar *path = g_strdup_printf (TEST_DATA_DIR "/metadata/expected/%s.json", name);
    g_autofree gchar *seen = describe (i);
    g_autofree gchar *expected = NULL;

    if (g_getenv ("METADATA_VECTORS_WRITE"))
      g_file_set_contents (path, seen, -1, NULL);
    fail_unless (g_file_get_contents (path, &expected, NULL, NULL), "%s", path);
    fail_unless (g_str_equal (seen, expected), "%s gives\n%s", name, seen);
  }
}
GST_END_TEST;

/* Applies @events to @known: what a reader of the events believes, by "<kind>:<id>". */
static void
fold (GHashTable *known, GPtrArray *events)
{
  for (guint i = 0; i < events->len; i++) {
    SiprecEvent *event = g_ptr_array_index (events, i);
    const gchar *type = siprec_event_type_name (event->type);
    const gchar *action = strrchr (type, '.') + 1;
    g_autofree gchar *key = g_strdup_printf ("%.*s:%s", (gint)(action - type - 1), type,
                                             json_object_get_string_member (event->data, "id"));
    gboolean news = g_str_equal (action, "started") || g_str_equal (action, "joined");

    fail_unless_equals_int (news, !g_hash_table_contains (known, key));
    if (news || g_str_equal (action, "updated"))
      g_hash_table_insert (known, g_steal_pointer (&key), json_object_ref (event->data));
    else
      g_hash_table_remove (known, key);
  }
}

static GHashTable *
new_known (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_object_unref);
}

static void
assert_same (GHashTable *known, GHashTable *expected)
{
  GHashTableIter iter;
  gpointer key, value;

  fail_unless_equals_int (g_hash_table_size (known), g_hash_table_size (expected));
  g_hash_table_iter_init (&iter, expected);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    JsonObject *object = g_hash_table_lookup (known, key);

    fail_unless (object && json_object_equal (object, value), "%s", (gchar *)key);
  }
}

/* Each vector after each other one, as it is and as a partial document. */
GST_START_TEST (test_folding)
{
  g_autoptr (SiprecMetadata) nothing = siprec_metadata_new ();

  for (guint i = 0; i < vectors->len * vectors->len * 2; i++) {
    g_autoptr (SiprecMetadata) first = apply (nothing, i % vectors->len, NULL);
    g_autoptr (SiprecMetadata) document = read_vector (i / vectors->len % vectors->len, NULL);
    g_autoptr (SiprecMetadata) second = NULL;
    g_autoptr (GPtrArray) events = siprec_metadata_changes (nothing, first);
    g_autoptr (GPtrArray) changes = NULL;
    g_autoptr (GPtrArray) fresh = NULL;
    g_autoptr (GHashTable) known = new_known ();
    g_autoptr (GHashTable) expected = new_known ();

    document->partial = i >= vectors->len * vectors->len;
    second = siprec_metadata_merge (first, document);
    siprec_metadata_guess (second, NULL);
    changes = siprec_metadata_changes (first, second);
    fresh = siprec_metadata_changes (nothing, second);
    fold (known, events);
    fold (known, changes);
    fold (expected, fresh);
    assert_same (known, expected);
  }
}
GST_END_TEST;

/* A repeated document changes nothing, whichever mode it has. */
GST_START_TEST (test_repeated)
{
  g_autoptr (SiprecMetadata) nothing = siprec_metadata_new ();

  for (guint i = 0; i < vectors->len * 2; i++) {
    g_autoptr (SiprecMetadata) document = read_vector (i / 2, NULL);
    g_autoptr (SiprecMetadata) first = NULL;
    g_autoptr (SiprecMetadata) second = NULL;
    g_autoptr (JsonObject) before = NULL;
    g_autoptr (JsonObject) after = NULL;

    document->partial = i % 2;
    first = siprec_metadata_merge (nothing, document);
    siprec_metadata_guess (first, NULL);
    before = siprec_metadata_to_json (first);
    second = siprec_metadata_merge (first, document);
    siprec_metadata_guess (second, NULL);
    after = siprec_metadata_to_json (second);
    fail_unless (json_object_equal (before, after), "%s",
                 (gchar *)g_ptr_array_index (vectors, i / 2));
  }
}
GST_END_TEST;

static Suite *
metadata_vectors_suite (void)
{
  Suite *s = suite_create ("metadata-vectors");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_expected);
  tcase_add_test (tc, test_folding);
  tcase_add_test (tc, test_repeated);
  return s;
}

GST_CHECK_MAIN (metadata_vectors);
