/* tests: events as CloudEvents lines, and that nothing bad gets into their JSON
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>

#include "siprec-core/event.h"
#include "tests/support/rounds.h"

static JsonObject *
parse_line (const gchar *line, JsonParser *parser)
{
  g_autoptr (GError) error = NULL;
  gsize length = strlen (line);

  fail_unless (length > 1 && line[length - 1] == '\n');
  fail_unless (strchr (line, '\n') == line + length - 1, "not one line: %s", line);
  fail_unless (g_utf8_validate (line, -1, NULL));
  fail_unless (json_parser_load_from_data (parser, line, length, &error), "%s: %s", line,
               error ? error->message : "");
  return json_node_get_object (json_parser_get_root (parser));
}

#define assert_member(object, name, value)                                                         \
  fail_unless_equals_string (json_object_get_string_member (object, name), value)

GST_START_TEST (test_line)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *data = json_object_new (), *line;
  g_autofree gchar *json = NULL;
  g_autoptr (SiprecEvent) event = NULL;

  json_object_set_string_member (data, "digit", "5");
  event = siprec_event_new (SIPREC_EVENT_DTMF, data);
  fail_unless (ABS (event->time - g_get_real_time ()) < 10 * G_USEC_PER_SEC);
  fail_unless (GST_CLOCK_TIME_IS_VALID (event->monotonic));
  event->session_id = g_strdup ("6b1c");
  event->sequence = G_MAXUINT64;
  event->time = G_GINT64_CONSTANT (1772439300000042);
  json = siprec_event_to_json (event, "rec 1/a", G_GUINT64_CONSTANT (9007199254740993));

  line = parse_line (json, parser);
  assert_member (line, "specversion", "1.0");
  assert_member (line, "id", "6b1c-18446744073709551615");
  assert_member (line, "source", "/siprec/rec%201%2Fa");
  assert_member (line, "type", "siprec.dtmf");
  assert_member (line, "subject", "6b1c");
  assert_member (line, "time", "2026-03-02T08:15:00.000042Z");
  assert_member (line, "datacontenttype", "application/json");
  assert_member (line, "sequence", "18446744073709551615");
  assert_member (line, "mediatime", "9007199254740993");
  assert_member (json_object_get_object_member (line, "data"), "digit", "5");
}
GST_END_TEST;

GST_START_TEST (test_minimal)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (SiprecEvent) event = siprec_event_new (SIPREC_EVENT_METADATA, NULL);
  g_autofree gchar *json = siprec_event_to_json (event, NULL, GST_CLOCK_TIME_NONE);
  JsonObject *line = parse_line (json, parser);

  assert_member (line, "source", "/siprec/");
  fail_if (json_object_has_member (line, "mediatime"));
  fail_if (json_object_has_member (line, "subject"));
  fail_unless_equals_int (json_object_get_size (json_object_get_object_member (line, "data")), 0);
}
GST_END_TEST;

GST_START_TEST (test_types)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (gint type = SIPREC_EVENT_SESSION_STARTED; type <= SIPREC_EVENT_DEVIATION; type++) {
    const gchar *name = siprec_event_type_name (type);

    fail_unless (name && g_str_has_prefix (name, "siprec."));
    fail_unless (g_hash_table_add (names, (gpointer)name), "%s twice", name);
  }
}
GST_END_TEST;

GST_START_TEST (test_text)
{
  static const struct {
    const gchar *in;
    gssize size;
    const gchar *out;
  } cases[] = {
      {"plain", -1, "plain"},
      {"", -1, ""},
      {NULL, 0, ""},
      {"cut here", 3, "cut"},
      {"a\tb\nc", -1, "a\tb\nc"},
      {"a\r\nb\rc", -1, "a\nb\nc"},
      {"\x01\x1b[31mred\x7f", -1, "[31mred"},
      {"c1 \xc2\x9b!", -1, "c1 !"},
      {"Bj\xf8rn", -1, "Bj\xef\xbf\xbdrn"},
      {"cut \xe2\x82", -1, "cut \xef\xbf\xbd\xef\xbf\xbd"},
      {"nul\0nul", 7, "nul\xef\xbf\xbdnul"},
      {"sep\xe2\x80\xa8sep\xe2\x80\xa9", -1, "sep\nsep\n"},
      {"\xed\xa0\x80", -1, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xf0\x9f\x8e\xa7 ok", -1, "\xf0\x9f\x8e\xa7 ok"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *text = siprec_event_text (cases[i].in, cases[i].size);

    fail_unless_equals_string (text, cases[i].out);
  }
}
GST_END_TEST;

/* Whoever forgets to clean a text can't break the line. */
GST_START_TEST (test_bad_data)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *data = json_object_new (), *inner = json_object_new ();
  JsonArray *array = json_array_new ();
  g_autoptr (SiprecEvent) event = NULL;
  g_autofree gchar *json = NULL;

  json_array_add_string_element (array, "good");
  json_array_add_string_element (array, "bad \xff");
  json_object_set_string_member (inner, "deep", "\xe2\x82");
  json_object_set_string_member (data, "line",
                                 "a\xe2\x80\xa8"
                                 "b\r");
  json_object_set_array_member (data, "array", array);
  json_object_set_object_member (data, "inner", inner);
  json_object_set_double_member (data, "nan", NAN);
  json_object_set_double_member (data, "infinite", INFINITY);
  json_object_set_double_member (data, "half", 0.5);
  json_object_set_null_member (data, "null");
  event = siprec_event_new (SIPREC_EVENT_METADATA, data);
  json = siprec_event_to_json (event, "n", 0);

  data = json_object_get_object_member (parse_line (json, parser), "data");
  assert_member (data, "line", "a\nb\n");
  fail_unless_equals_string (
      json_array_get_string_element (json_object_get_array_member (data, "array"), 1),
      "bad \xef\xbf\xbd");
  assert_member (json_object_get_object_member (data, "inner"), "deep", "\xef\xbf\xbd\xef\xbf\xbd");
  fail_unless (json_object_get_null_member (data, "nan"));
  fail_unless (json_object_get_null_member (data, "infinite"));
  fail_unless (json_object_get_double_member (data, "half") == 0.5);
}
GST_END_TEST;

GST_START_TEST (test_any_bytes)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (20260302);

  for (guint i = 0; i < rounds (2000); i++) {
    gchar bytes[40];
    gsize size = g_rand_int_range (rand, 0, sizeof bytes);
    g_autofree gchar *text = NULL;
    g_autofree gchar *json = NULL;
    g_autoptr (JsonParser) parser = json_parser_new ();
    g_autoptr (SiprecEvent) event = NULL;
    JsonObject *data = json_object_new ();

    for (gsize n = 0; n < size; n++)
      bytes[n] = g_rand_int (rand);
    text = siprec_event_text (bytes, size);
    json_object_set_string_member (data, "text", text);
    event = siprec_event_new (SIPREC_EVENT_METADATA, data);
    json = siprec_event_to_json (event, text, 0);
    data = json_object_get_object_member (parse_line (json, parser), "data");
    assert_member (data, "text", text);
  }
}
GST_END_TEST;

static void
count (gpointer data)
{
  (*(gint *)data)++;
}

GST_START_TEST (test_references)
{
  gint dropped = 0;
  SiprecEvent *event = siprec_event_new (SIPREC_EVENT_STREAM_ADDED, NULL);

  event->stream = &dropped;
  event->stream_unref = count;
  fail_unless (siprec_event_ref (event) == event);
  siprec_event_unref (event);
  fail_unless_equals_int (dropped, 0);
  siprec_event_unref (event);
  fail_unless_equals_int (dropped, 1);
}
GST_END_TEST;

static Suite *
event_suite (void)
{
  Suite *s = suite_create ("event");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_line);
  tcase_add_test (tc, test_minimal);
  tcase_add_test (tc, test_types);
  tcase_add_test (tc, test_text);
  tcase_add_test (tc, test_bad_data);
  tcase_add_test (tc, test_any_bytes);
  tcase_add_test (tc, test_references);
  return s;
}

GST_CHECK_MAIN (event);
