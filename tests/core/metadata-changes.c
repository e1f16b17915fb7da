/* tests: the events that documents give, one after another
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/metadata/changes.h"
#include "siprec-core/metadata/merge.h"
#include "siprec-core/metadata/reader.h"
#include "siprec-core/metadata/senders.h"
#include "tests/support/rounds.h"

#define HEAD    "<recording xmlns='urn:ietf:params:xml:ns:recording:1'>"
#define PARTIAL HEAD "<datamode>partial</datamode>"
#define END     "</recording>"

#define CALL                                                                                       \
  HEAD "<session session_id='c1'><group-ref>g</group-ref><start-time>T0</start-time></session>"    \
       "<participant participant_id='a'><nameID "                                                  \
       "aor='sip:a@x'><name>Ann</name></nameID></participant>"                                     \
       "<participant participant_id='b'><nameID aor='tel:7'/></participant>"                       \
       "<stream stream_id='s1'><label>1</label></stream><stream stream_id='s2'><label>2</label>"   \
       "</stream><participantsessionassoc participant_id='a' session_id='c1'/>"                    \
       "<participantsessionassoc participant_id='b' session_id='c1'/>"                             \
       "<participantstreamassoc participant_id='a'><send>s1</send></participantstreamassoc>"       \
       "<participantstreamassoc participant_id='b'><send>s2</send></participantstreamassoc>" END

static SiprecMetadata *state;
static GPtrArray *labels;

static void
setup (void)
{
  state = siprec_metadata_new ();
  labels = g_ptr_array_new ();
  g_ptr_array_add (labels, "1");
  g_ptr_array_add (labels, "2");
}

static void
teardown (void)
{
  g_clear_pointer (&state, siprec_metadata_free);
  g_clear_pointer (&labels, g_ptr_array_unref);
}

/* The events of one document, as a session makes them. */
static GPtrArray *
apply (const gchar *xml)
{
  g_autoptr (GBytes) bytes = g_bytes_new (xml, strlen (xml));
  g_autoptr (SiprecMetadata) document = siprec_metadata_read (bytes, NULL, NULL, NULL);
  g_autoptr (SiprecMetadata) before = state;

  fail_unless (document != NULL);
  state = siprec_metadata_merge (before, document);
  siprec_metadata_guess (state, labels);
  return siprec_metadata_changes (before, state);
}

static gchar *
data_of (const SiprecEvent *event)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), event->data);

  return json_to_string (node, FALSE);
}

/* @...: types and data in turn, NULL at the end. */
static void
assert_events (const gchar *xml, ...)
{
  g_autoptr (GPtrArray) events = apply (xml);
  const gchar *type;
  va_list args;
  guint n = 0;

  va_start (args, xml);
  while ((type = va_arg (args, const gchar *))) {
    const SiprecEvent *event;
    g_autofree gchar *data = NULL;

    fail_unless (n < events->len, "no event %u", n);
    event = g_ptr_array_index (events, n++);
    data = data_of (event);
    fail_unless_equals_string (siprec_event_type_name (event->type) + strlen ("siprec."), type);
    fail_unless_equals_string (data, va_arg (args, const gchar *));
    fail_unless (event->sequence == 0 && event->session_id == NULL);
  }
  va_end (args);
  fail_unless_equals_int (events->len, n);
}

static void
assert_senders (const gchar *label, const gchar *expected)
{
  g_autoptr (GHashTable) index = siprec_senders_new (state);
  g_autoptr (JsonArray) senders = siprec_senders_to_json (index, label);
  g_autoptr (JsonNode) node = json_node_init_array (json_node_alloc (), senders);
  g_autofree gchar *json = json_to_string (node, FALSE);

  fail_unless_equals_string (json, expected);
}

#define ANN   "{\"id\":\"a\",\"name\":\"Ann\",\"aors\":[\"sip:a@x\"]"
#define SEVEN "{\"id\":\"b\",\"name\":\"7\",\"aors\":[\"tel:7\"]"

GST_START_TEST (test_start)
{
  assert_events (
      CALL,                                                                                 //
      "call.started",                                                                       //
      "{\"id\":\"c1\",\"group\":\"g\",\"start_time\":\"T0\","                               //
      "\"sip_session_ids\":[],\"reasons\":[]}",                                             //
      "participant.joined", ANN ",\"streams\":[\"1\"],\"receives\":[],\"calls\":[\"c1\"]}", //
      "participant.joined", SEVEN ",\"streams\":[\"2\"],\"receives\":[],\"calls\":[\"c1\"]}", NULL);
  assert_senders ("1", "[" ANN "}]");
  assert_senders ("2", "[" SEVEN "}]");
  assert_senders ("3", "[]");
}
GST_END_TEST;

GST_START_TEST (test_no_change_no_event)
{
  g_autoptr (GPtrArray) first = apply (CALL);

  assert_events (CALL, NULL);
  assert_events (PARTIAL END, NULL);
  assert_events (PARTIAL "<participant participant_id='a'><nameID aor='sip:a@x'><name>Ann</name>"
                         "</nameID></participant>" END,
                 NULL);
}
GST_END_TEST;

GST_START_TEST (test_hold)
{
  g_autoptr (GPtrArray) first = apply (CALL);

  assert_events (PARTIAL "<participantstreamassoc participant_id='a'/>" END, //
                 "participant.updated", ANN ",\"streams\":[],\"receives\":[],\"calls\":[\"c1\"]}",
                 NULL);
  assert_senders ("1", "[]");
}
GST_END_TEST;

GST_START_TEST (test_transfer)
{
  g_autoptr (GPtrArray) first = apply (CALL);

  assert_events (
      PARTIAL
      "<session session_id='c1'><sipSessionID>x</sipSessionID></session>"
      "<participant participant_id='b'><nameID aor='tel:7'><name>Bo</name></nameID>"
      "</participant><participant participant_id='c'><nameID aor='sip:c@x'/></participant>"
      "<participantsessionassoc participant_id='c' session_id='c1'/>"
      "<participantsessionassoc participant_id='a' session_id='c1'>"
      "<disassociate-time>T1</disassociate-time></participantsessionassoc>"
      "<participantstreamassoc participant_id='c'><send>s9</send></participantstreamassoc>" END,
      "call.updated",
      "{\"id\":\"c1\",\"group\":\"g\",\"start_time\":\"T0\",\"sip_session_ids\":[\"x\"],"
      "\"reasons\":[]}",
      "participant.joined",
      "{\"id\":\"c\",\"name\":\"c@x\",\"aors\":[\"sip:c@x\"],\"guessed\":true,\"streams\":[\"1\"],"
      "\"receives\":[],\"calls\":[\"c1\"]}",
      "participant.updated",
      "{\"id\":\"b\",\"name\":\"Bo\",\"aors\":[\"tel:7\"],\"streams\":[\"2\"],\"receives\":[],"
      "\"calls\":[\"c1\"]}", //
      "participant.left", ANN ",\"streams\":[\"1\"],\"receives\":[],\"calls\":[\"c1\"]}", NULL);
  assert_senders ("1", "[{\"id\":\"c\",\"name\":\"c@x\",\"aors\":[\"sip:c@x\"],\"guessed\":true}]");
}
GST_END_TEST;

GST_START_TEST (test_end)
{
  g_autoptr (GPtrArray) first = apply (CALL);

  assert_events (
      PARTIAL "<session session_id='c1'><stop-time>T9</stop-time></session>" END,           //
      "participant.left", ANN ",\"streams\":[\"1\"],\"receives\":[],\"calls\":[\"c1\"]}",   //
      "participant.left", SEVEN ",\"streams\":[\"2\"],\"receives\":[],\"calls\":[\"c1\"]}", //
      "call.ended",
      "{\"id\":\"c1\",\"group\":\"g\",\"start_time\":\"T0\",\"stop_time\":\"T9\","
      "\"sip_session_ids\":[],\"reasons\":[]}",
      NULL);
  assert_events (PARTIAL "<session session_id='c1'><stop-time>T9</stop-time></session>" END, NULL);
}
GST_END_TEST;

/* A complete document with another call: what it doesn't name is over. */
GST_START_TEST (test_replaced)
{
  g_autoptr (GPtrArray) first = apply (CALL);

  assert_events (
      HEAD "<session session_id='c2'/><participant participant_id='b'>"
           "<nameID aor='tel:7'/></participant>"
           "<stream stream_id='s2'><label>2</label></stream>"
           "<participantstreamassoc participant_id='b'><send>s2</send>"
           "</participantstreamassoc>" END,
      "call.started", "{\"id\":\"c2\",\"sip_session_ids\":[],\"reasons\":[]}", //
      "participant.updated", SEVEN ",\"streams\":[\"2\"],\"receives\":[],\"calls\":[]}",
      "participant.left", ANN ",\"streams\":[\"1\"],\"receives\":[],\"calls\":[\"c1\"]}", //
      "call.ended",
      "{\"id\":\"c1\",\"group\":\"g\",\"start_time\":\"T0\",\"sip_session_ids\":[],\"reasons\":[]}",
      NULL);
}
GST_END_TEST;

GST_START_TEST (test_who_was_never_there)
{
  assert_events (HEAD "<session session_id='c'><stop-time>T</stop-time></session>"
                      "<participant participant_id='p'/>"
                      "<participantsessionassoc participant_id='p' session_id='c'/>" END,
                 NULL);
}
GST_END_TEST;

GST_START_TEST (test_guessed)
{
  assert_events (HEAD "<participant participant_id='a'/><participant participant_id='b'/>" END, //
                 "participant.joined",
                 "{\"id\":\"a\",\"name\":\"a\",\"aors\":[],\"guessed\":true,\"streams\":[\"1\"],"
                 "\"receives\":[],\"calls\":[]}",
                 "participant.joined",
                 "{\"id\":\"b\",\"name\":\"b\",\"aors\":[],\"guessed\":true,\"streams\":[\"2\"],"
                 "\"receives\":[],\"calls\":[]}",
                 NULL);
  assert_senders ("2", "[{\"id\":\"b\",\"name\":\"b\",\"aors\":[],\"guessed\":true}]");
}
GST_END_TEST;

GST_START_TEST (test_mix)
{
  g_autoptr (GPtrArray) events = apply (
      HEAD "<participant participant_id='a'><nameID aor='sip:a@x'><name>Ann</name></nameID>"
           "</participant><participant participant_id='b'><nameID aor='tel:7'/></participant>"
           "<stream stream_id='s'><label>1</label></stream>"
           "<participantstreamassoc participant_id='b'><send>s</send></participantstreamassoc>"
           "<participantstreamassoc participant_id='a'><send>s</send><send>s</send>"
           "</participantstreamassoc>" END);
  g_autofree gchar *data = data_of (g_ptr_array_index (events, 0));

  fail_unless_equals_string (data, ANN ",\"streams\":[\"1\"],\"receives\":[],\"calls\":[]}");
  assert_senders ("1", "[" ANN "}," SEVEN "}]");
}
GST_END_TEST;

GST_START_TEST (test_text_is_clean)
{
  g_autoptr (SiprecMetadata) metadata = siprec_metadata_new ();
  SiprecParticipant *participant = siprec_metadata_add_participant (metadata, "i\x01");
  g_autoptr (JsonObject) object = NULL;

  siprec_participant_add_name (participant, "sip:\xff", "N\xe2\x80\xa8", NULL);
  object = siprec_participant_to_json (participant);
  fail_unless_equals_string (json_object_get_string_member (object, "id"), "i");
  fail_unless_equals_string (json_object_get_string_member (object, "name"), "N\n");
  fail_unless_equals_string (
      json_array_get_string_element (json_object_get_array_member (object, "aors"), 0),
      "sip:\xef\xbf\xbd");
}
GST_END_TEST;

GST_START_TEST (test_display_name)
{
  static const struct {
    const gchar *aor, *name, *shown;
  } cases[] = {
      {"sip:x@y", "X", "X"},        {"sip:x@y", NULL, "x@y"}, {"SIPS:x@y", "", "x@y"},
      {"tel:+1", NULL, "+1"},       {"x@y", NULL, "x@y"},     {"", NULL, "id"},
      {"urn:x:1", NULL, "urn:x:1"}, {"sip:", NULL, "id"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (SiprecMetadata) metadata = siprec_metadata_new ();
    SiprecParticipant *participant = siprec_metadata_add_participant (metadata, "id");

    siprec_participant_add_name (participant, cases[i].aor, cases[i].name, NULL);
    fail_unless_equals_string (siprec_participant_display_name (participant), cases[i].shown);
  }
}
GST_END_TEST;

/* A document of random elements out of a few. */
static gchar *
random_document (GRand *rand)
{
  GString *xml = g_string_new (g_rand_boolean (rand) ? PARTIAL : HEAD);

  for (gint n = g_rand_int_range (rand, 0, 8); n > 0; n--) {
    gint p = g_rand_int_range (rand, 0, 4), c = g_rand_int_range (rand, 0, 2);
    gint s = g_rand_int_range (rand, 0, 3), t = g_rand_int_range (rand, 0, 50);
    const gchar *time = g_rand_boolean (rand) ? "associate-time" : "disassociate-time";

    switch (g_rand_int_range (rand, 0, 5)) {
    case 0:
      g_string_append_printf (xml,
                              "<participant participant_id='p%d'><nameID aor='sip:%d@x'/>"
                              "</participant>",
                              p, s);
      break;
    case 1:
      g_string_append_printf (xml, "<session session_id='c%d'><%s>T%d</%s></session>", c,
                              t % 2 ? "start-time" : "stop-time", t,
                              t % 2 ? "start-time" : "stop-time");
      break;
    case 2:
      g_string_append_printf (xml, "<stream stream_id='s%d'><label>%d</label></stream>", s, c + 1);
      break;
    case 3:
      g_string_append_printf (xml,
                              "<participantsessionassoc participant_id='p%d' session_id='c%d'>"
                              "<%s>T%d</%s></participantsessionassoc>",
                              p, c, time, t, time);
      break;
    default:
      g_string_append_printf (xml,
                              "<participantstreamassoc participant_id='p%d'><send>s%d</send>"
                              "</participantstreamassoc>",
                              p, s);
    }
  }
  g_string_append (xml, END);
  return g_string_free (xml, FALSE);
}

/* Applies one event to what a reader of the events knows. */
static void
fold (GHashTable *known, const SiprecEvent *event)
{
  gchar *key = g_strconcat (strstr (siprec_event_type_name (event->type), "call") ? "c:" : "p:",
                            json_object_get_string_member (event->data, "id"), NULL);
  gboolean was_known = g_hash_table_contains (known, key);

  switch (event->type) {
  case SIPREC_EVENT_PARTICIPANT_JOINED:
  case SIPREC_EVENT_CALL_STARTED:
    fail_if (was_known);
    g_hash_table_insert (known, key, data_of (event));
    break;
  case SIPREC_EVENT_PARTICIPANT_UPDATED:
  case SIPREC_EVENT_CALL_UPDATED:
    fail_unless (was_known);
    g_hash_table_insert (known, key, data_of (event));
    break;
  default:
    fail_unless (was_known);
    g_hash_table_remove (known, key);
    g_free (key);
  }
}

/* Whatever comes, the folded events are what the first events of a newcomer would be. */
GST_START_TEST (test_folding_gives_the_state)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (8068);
  g_autoptr (SiprecMetadata) nothing = siprec_metadata_new ();
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (guint i = 0; i < rounds (3000); i++) {
    g_autofree gchar *xml = random_document (rand);
    g_autoptr (GPtrArray) events = apply (xml);
    g_autoptr (GPtrArray) fresh = siprec_metadata_changes (nothing, state);
    g_autoptr (GPtrArray) again = siprec_metadata_changes (state, state);
    g_autoptr (GHashTable) expected =
        g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    GHashTableIter iter;
    gpointer key, value;

    for (guint n = 0; n < events->len; n++)
      fold (known, g_ptr_array_index (events, n));
    for (guint n = 0; n < fresh->len; n++)
      fold (expected, g_ptr_array_index (fresh, n));
    fail_unless_equals_int (again->len, 0);
    fail_unless_equals_int (g_hash_table_size (known), g_hash_table_size (expected));
    g_hash_table_iter_init (&iter, expected);
    while (g_hash_table_iter_next (&iter, &key, &value))
      fail_unless_equals_string (g_hash_table_lookup (known, key), value);
  }
}
GST_END_TEST;

static Suite *
metadata_changes_suite (void)
{
  Suite *s = suite_create ("metadata-changes");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_start);
  tcase_add_test (tc, test_no_change_no_event);
  tcase_add_test (tc, test_hold);
  tcase_add_test (tc, test_transfer);
  tcase_add_test (tc, test_end);
  tcase_add_test (tc, test_replaced);
  tcase_add_test (tc, test_who_was_never_there);
  tcase_add_test (tc, test_guessed);
  tcase_add_test (tc, test_mix);
  tcase_add_test (tc, test_text_is_clean);
  tcase_add_test (tc, test_display_name);
  tcase_add_test (tc, test_folding_gives_the_state);
  return s;
}

GST_CHECK_MAIN (metadata_changes);
