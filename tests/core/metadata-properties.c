/* tests: what holds for any metadata: it is written and read back unchanged, and a complete document says the same as
 * the partial ones that it can be cut into. METADATA_SEED begins with the seed that a failure named.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <libxml/parser.h>

#include "siprec-core/metadata/changes.h"
#include "siprec-core/metadata/merge.h"
#include "siprec-core/metadata/reader.h"
#include "siprec-core/metadata/writer.h"
#include "tests/support/random-metadata.h"
#include "tests/support/rounds.h"
#include "tests/support/schema.h"

#define MAX_PARTS 6

/* What each of @parts may say of an element: everything in one, or each kind of child in another. */
typedef struct {
  SiprecMetadata *parts[MAX_PARTS];
  guint n;
} Cut;

/* A part for something that must not come before part @from. */
static guint
pick (const Cut *cut, guint from)
{
  return from + random_below (cut->n - from);
}

/* Elements may be named in any part; the first one to name them makes them there. */
#define IN_PART(cut, i, finder, adder, id)                                                         \
  (finder ((cut)->parts[i], id) ? finder ((cut)->parts[i], id) : adder ((cut)->parts[i], id))

static SiprecParticipant *
participant_in (const Cut *cut, guint i, const gchar *id)
{
  return IN_PART (cut, i, siprec_metadata_participant, siprec_metadata_add_participant, id);
}

static SiprecCall *
call_in (const Cut *cut, guint i, const gchar *id)
{
  return IN_PART (cut, i, siprec_metadata_call, siprec_metadata_add_call, id);
}

static SiprecStreamInfo *
stream_in (const Cut *cut, guint i, const gchar *id)
{
  return IN_PART (cut, i, siprec_metadata_stream, siprec_metadata_add_stream, id);
}

static void
set (gchar **to, const gchar *value)
{
  g_free (*to);
  *to = g_strdup (value);
}

/* Calls @tell for every interval, in order; what is told must come in that order of parts. */
typedef void (*TellInterval) (const Cut *cut, guint part, gpointer element, const gchar *begin,
                              const gchar *end, gboolean last);

static void
cut_times (const Cut *cut, GPtrArray *history, const gchar *begin, const gchar *end,
           gpointer element, TellInterval tell)
{
  guint part = 0;

  for (guint i = 0; i < history->len; i++) {
    const SiprecInterval *interval = g_ptr_array_index (history, i);

    part = pick (cut, part);
    tell (cut, part, element, interval->begin, interval->end, FALSE);
  }
  part = pick (cut, part);
  if (begin && end && random_maybe () && part + 1 < cut->n) {
    tell (cut, part, element, begin, NULL, FALSE);
    tell (cut, pick (cut, part + 1), element, NULL, end, TRUE);
  } else {
    tell (cut, part, element, begin, end, TRUE);
  }
}

static void
tell_recording (const Cut *cut, guint part, gpointer element, const gchar *begin, const gchar *end,
                gboolean last)
{
  const SiprecCall *call = element;
  SiprecCall *to = call_in (cut, part, call->id);

  if (to->associate_time || to->disassociate_time) {
    SiprecInterval *interval = g_new0 (SiprecInterval, 1);

    interval->begin = g_steal_pointer (&to->associate_time);
    interval->end = g_steal_pointer (&to->disassociate_time);
    g_ptr_array_add (to->history, interval);
  }
  set (&to->associate_time, begin);
  set (&to->disassociate_time, end);
}

static void
tell_attendance (const Cut *cut, guint part, gpointer element, const gchar *begin, const gchar *end,
                 gboolean last)
{
  const SiprecAttendance *from = element;
  SiprecAttendance *to =
      siprec_metadata_add_attendance (cut->parts[part], from->participant_id, from->call_id);

  to->associate_time = g_strdup (begin);
  to->disassociate_time = g_strdup (end);
  for (guint i = 0; last && i < from->params->len; i++) {
    const SiprecParam *param = g_ptr_array_index (from->params, i);

    siprec_attendance_add_param (to, param->name, param->value);
  }
  if (!last && from->params->len > 0 && random_maybe ())
    random_params (to);
}

/* Only the last element has the lists that stay; others say something else. */
static void
tell_assoc (const Cut *cut, guint part, gpointer element, const gchar *begin, const gchar *end,
            gboolean last)
{
  const SiprecStreamAssoc *from = element;
  SiprecStreamAssoc *to = siprec_metadata_add_assoc (cut->parts[part], from->participant_id);

  to->associate_time = g_strdup (begin);
  to->disassociate_time = g_strdup (end);
  if (!last) {
    random_ids (to->send, "noise");
    return;
  }
  for (guint i = 0; i < from->send->len; i++)
    g_ptr_array_add (to->send, g_strdup (g_ptr_array_index (from->send, i)));
  for (guint i = 0; i < from->recv->len; i++)
    g_ptr_array_add (to->recv, g_strdup (g_ptr_array_index (from->recv, i)));
}

static void
cut_call (const Cut *cut, SiprecCall *call)
{
  guint part = pick (cut, 0), start = pick (cut, 0), stop = pick (cut, start);

  call_in (cut, pick (cut, 0), call->id);
  set (&call_in (cut, pick (cut, 0), call->id)->group_ref, call->group_ref);
  if (call->start_time)
    set (&call_in (cut, start, call->id)->start_time, call->start_time);
  if (call->stop_time)
    set (&call_in (cut, stop, call->id)->stop_time, call->stop_time);
  if (call->extensions)
    set (&call_in (cut, pick (cut, 0), call->id)->extensions, call->extensions);
  for (guint i = 0; i < call->sip_session_ids->len; i++)
    g_ptr_array_add (call_in (cut, part, call->id)->sip_session_ids,
                     g_strdup (g_ptr_array_index (call->sip_session_ids, i)));
  if (call->sip_session_ids->len > 0 && part > 0)
    random_ids (call_in (cut, random_below (part), call->id)->sip_session_ids, "noise");
  part = pick (cut, 0);
  for (guint i = 0; i < call->reasons->len; i++) {
    const SiprecReason *reason = g_ptr_array_index (call->reasons, i);

    siprec_call_add_reason (call_in (cut, part, call->id), reason->protocol, reason->cause,
                            reason->text);
  }
  if (call->reasons->len > 0 && part > 0)
    random_reasons (call_in (cut, random_below (part), call->id));
  cut_times (cut, call->history, call->associate_time, call->disassociate_time, call,
             tell_recording);
}

static void
cut_participant (const Cut *cut, const SiprecParticipant *participant)
{
  guint part = pick (cut, 0);

  for (guint i = 0; i < participant->names->len; i++) {
    const SiprecNameId *name = g_ptr_array_index (participant->names, i);

    siprec_participant_add_name (participant_in (cut, part, participant->id), name->aor, name->name,
                                 name->lang);
  }
  if (part > 0)
    random_names (participant_in (cut, random_below (part), participant->id));
  if (participant->extensions)
    set (&participant_in (cut, pick (cut, 0), participant->id)->extensions,
         participant->extensions);
}

static void
cut_stream (const Cut *cut, const SiprecStreamInfo *stream)
{
  guint part = pick (cut, 0);

  stream_in (cut, pick (cut, 0), stream->id);
  set (&stream_in (cut, pick (cut, 0), stream->id)->session_id, stream->session_id);
  if (stream->label && part > 0)
    set (&stream_in (cut, random_below (part), stream->id)->label, "noise");
  if (stream->label)
    set (&stream_in (cut, part, stream->id)->label, stream->label);
}

static void
cut_group (const Cut *cut, const SiprecGroup *from)
{
  SiprecGroup *to = siprec_metadata_add_group (cut->parts[pick (cut, 0)], from->id);

  set (&to->associate_time, from->associate_time);
  set (&to->disassociate_time, from->disassociate_time);
  set (&to->extensions, from->extensions);
}

static void
cut_up (Cut *cut, const SiprecMetadata *whole)
{
  cut->n = 1 + random_below (MAX_PARTS);
  for (guint i = 0; i < cut->n; i++) {
    cut->parts[i] = siprec_metadata_new ();
    cut->parts[i]->partial = TRUE;
  }
  for (guint i = 0; i < whole->groups->len; i++)
    cut_group (cut, g_ptr_array_index (whole->groups, i));
  for (guint i = 0; i < whole->calls->len; i++)
    cut_call (cut, g_ptr_array_index (whole->calls, i));
  for (guint i = 0; i < whole->participants->len; i++)
    cut_participant (cut, g_ptr_array_index (whole->participants, i));
  for (guint i = 0; i < whole->streams->len; i++)
    cut_stream (cut, g_ptr_array_index (whole->streams, i));
  for (guint i = 0; i < whole->attendances->len; i++) {
    SiprecAttendance *attendance = g_ptr_array_index (whole->attendances, i);

    cut_times (cut, attendance->history, attendance->associate_time, attendance->disassociate_time,
               attendance, tell_attendance);
  }
  for (guint i = 0; i < whole->assocs->len; i++) {
    SiprecStreamAssoc *assoc = g_ptr_array_index (whole->assocs, i);

    cut_times (cut, assoc->history, assoc->associate_time, assoc->disassociate_time, assoc,
               tell_assoc);
  }
  set (&cut->parts[pick (cut, 0)]->extensions, whole->extensions);
}

static void
cut_clear (Cut *cut)
{
  for (guint i = 0; i < cut->n; i++)
    siprec_metadata_free (cut->parts[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Cut, cut_clear)

/* Puts the children of @node in another order; those of one name keep theirs, or those that have the same attributes
 * too. */
static void
shuffle (xmlNode *node, gboolean by_attributes)
{
  g_autoptr (GHashTable) ranks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) children = g_ptr_array_new ();
  guint n_ranks = 0;

  for (xmlNode *child = node->children; child; child = child->next) {
    if (child->type == XML_ELEMENT_NODE)
      g_ptr_array_add (children, child);
  }
  for (guint i = 0; i < children->len; i++) {
    xmlNode *child = g_ptr_array_index (children, i);
    GString *key = g_string_new ((const gchar *)child->name);

    for (xmlAttr *attribute = child->properties; by_attributes && attribute;
         attribute = attribute->next)
      g_string_append_printf (key, " %s", attribute->children->content);
    if (!g_hash_table_contains (ranks, key->str)) {
      g_hash_table_insert (ranks, g_strdup (key->str), GUINT_TO_POINTER (random_below (1000)));
      n_ranks++;
    }
    child->_private = g_hash_table_lookup (ranks, key->str);
    g_string_free (key, TRUE);
  }
  for (guint rank = 0; rank < 1000 && n_ranks > 1; rank++) {
    for (guint i = 0; i < children->len; i++) {
      xmlNode *child = g_ptr_array_index (children, i);

      if (GPOINTER_TO_UINT (child->_private) != rank)
        continue;
      xmlUnlinkNode (child);
      xmlAddChild (node, child);
    }
  }
}

/* @metadata as a document, with its elements and their children in random order. */
static GBytes *
write_shuffled (const SiprecMetadata *metadata)
{
  g_autofree gchar *xml = siprec_metadata_write (metadata);
  xmlDoc *document = xmlReadMemory (xml, strlen (xml), NULL, NULL, XML_PARSE_NONET);
  xmlNode *root = xmlDocGetRootElement (document);
  xmlChar *text;
  gint size;
  GBytes *bytes;

  for (xmlNode *child = root->children; child; child = child->next) {
    if (child->type == XML_ELEMENT_NODE)
      shuffle (child, FALSE);
  }
  shuffle (root, TRUE);
  xmlDocDumpMemory (document, &text, &size);
  bytes = g_bytes_new (text, size);
  xmlFree (text);
  xmlFreeDoc (document);
  return bytes;
}

static gint
compare_lines (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const gchar *const *)a, *(const gchar *const *)b);
}

/* All that @metadata says, a line an element, whatever their order. */
static gchar *
describe (const SiprecMetadata *metadata)
{
  g_autoptr (JsonObject) json = siprec_metadata_to_json (metadata);
  g_autoptr (GList) kinds = json_object_get_members (json);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (GList *kind = kinds; kind; kind = kind->next) {
    JsonNode *node = json_object_get_member (json, kind->data);
    JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

    if (!array)
      g_ptr_array_add (lines, json_to_string (node, FALSE));
    for (guint i = 0; array && i < json_array_get_length (array); i++)
      g_ptr_array_add (lines, json_to_string (json_array_get_element (array, i), FALSE));
  }
  g_ptr_array_sort (lines, compare_lines);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (gchar **)lines->pdata);
}

/* What is known once @document has come. Frees @known. */
static SiprecMetadata *
apply (SiprecMetadata *known, GBytes *document)
{
  g_autoptr (SiprecMetadata) before = known;
  g_autoptr (SiprecMetadata) read = siprec_metadata_read (document, NULL, NULL, NULL);

  fail_unless (read != NULL);
  return siprec_metadata_merge (before, read);
}

/* Check takes no long messages, so the difference goes to the standard error. */
static void
assert_same (const gchar *seen, const gchar *expected, guint32 seed)
{
  if (!g_str_equal (seen, expected))
    g_printerr ("METADATA_SEED=%u:\n%s\nis read as\n%s\n", seed, expected, seen);
  fail_unless (g_str_equal (seen, expected), "METADATA_SEED=%u", seed);
}

static guint32
first_seed (void)
{
  const gchar *seed = g_getenv ("METADATA_SEED");

  return seed ? (guint32)g_ascii_strtoull (seed, NULL, 10) : 7865;
}

GST_START_TEST (test_written_and_read)
{
  g_autoptr (Schema) schema = schema_new (TEST_DATA_DIR "/metadata/recording.xsd");

  for (guint i = 0; i < rounds (500); i++) {
    guint32 seed = first_seed () + i;
    g_autoptr (SiprecMetadata) model = NULL;
    g_autoptr (SiprecMetadata) again = NULL;
    g_autoptr (GBytes) bytes = NULL;
    g_autofree gchar *xml = NULL;
    g_autofree gchar *expected = NULL;
    g_autofree gchar *seen = NULL;

    random_seed (seed);
    model = random_metadata ();
    xml = siprec_metadata_write (model);
    bytes = g_bytes_new (xml, strlen (xml));
    again = apply (siprec_metadata_new (), bytes);
    expected = describe (model);
    seen = describe (again);
    fail_unless (schema_accepts (schema, xml), "METADATA_SEED=%u: %s", seed, xml);
    assert_same (seen, expected, seed);
  }
}
GST_END_TEST;

GST_START_TEST (test_whole_and_parts)
{
  for (guint i = 0; i < rounds (500); i++) {
    guint32 seed = first_seed () + i;
    g_autoptr (SiprecMetadata) model = NULL;
    g_autoptr (SiprecMetadata) state = siprec_metadata_new ();
    g_autofree gchar *expected = NULL;
    g_autofree gchar *seen = NULL;
    g_auto (Cut) cut = {{NULL}};

    random_seed (seed);
    model = random_metadata ();
    cut_up (&cut, model);
    for (guint n = 0; n < cut.n; n++) {
      g_autoptr (GBytes) document = write_shuffled (cut.parts[n]);

      state = apply (g_steal_pointer (&state), document);
    }
    expected = describe (model);
    seen = describe (state);
    assert_same (seen, expected, seed);
  }
}
GST_END_TEST;

static Suite *
metadata_properties_suite (void)
{
  Suite *s = suite_create ("metadata-properties");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_written_and_read);
  tcase_add_test (tc, test_whole_and_parts);
  return s;
}

GST_CHECK_MAIN (metadata_properties);
