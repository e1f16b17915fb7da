/* What is left out of events
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>

#include "siprec-core/error.h"
#include "siprec-core/filter.h"

static const gchar data[] =
    "{\"from\":\"<sip:alice@example.com>\",\"headers\":[{\"name\":\"From\",\"value\":\"Alice\"}],"
    "\"participants\":[{\"id\":\"1\",\"name\":\"Alice\",\"aors\":[\"sip:alice@example.com\"]}],"
    "\"digit\":\"5\",\"duration\":80,\"held\":true,\"raw\":\"<name>Alice</name>\","
    "\"raw_base64\":\"QWxpY2U=\"}";

static SiprecEvent *
new_event (void)
{
  g_autoptr (JsonNode) node = json_from_string (data, NULL);

  return siprec_event_new (SIPREC_EVENT_METADATA, json_node_dup_object (node));
}

/* The data of the event as it is seen by who uses @filter. */
static gchar *
seen (const gchar *text)
{
  g_autoptr (SiprecFilter) filter = siprec_filter_new (text, NULL);
  g_autoptr (SiprecEvent) event = new_event ();
  g_autoptr (SiprecEvent) filtered = siprec_filter_apply (filter, event);
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), filtered->data);

  fail_unless (strstr (json_object_get_string_member (event->data, "raw"), "Alice") != NULL);
  return json_to_string (node, FALSE);
}

GST_START_TEST (members_are_cleared)
{
  g_autofree gchar *people = seen ("people");
  g_autofree gchar *digit = seen (" digit , aors ");

  fail_unless_equals_string (
      people, "{\"from\":\"\",\"headers\":[],\"participants\":[{\"id\":\"1\",\"name\":\"\","
              "\"aors\":[]}],\"digit\":\"5\",\"duration\":80,\"held\":true,\"raw\":\"\","
              "\"raw_base64\":\"\"}");
  fail_unless (strstr (digit, "\"digit\":\"\"") && strstr (digit, "\"aors\":[]") &&
               strstr (digit, "\"name\":\"Alice\"") && strstr (digit, "\"raw\":\"\""));
}
GST_END_TEST

/* A header says the same as the member of its name. */
GST_START_TEST (headers_are_members)
{
  static const gchar text[] =
      "{\"call_id\":\"c\",\"headers\":[{\"name\":\"FROM\",\"value\":\"Alice\"},"
      "{\"name\":\"f\",\"value\":\"Alice\"},{\"name\":\"Call-ID\",\"value\":\"c\"},"
      "{\"name\":\"To\",\"value\":\"Bob\"}]}";
  g_autoptr (SiprecFilter) filter = siprec_filter_new ("from,call_id:hash", NULL);
  g_autoptr (JsonNode) node = json_from_string (text, NULL);
  g_autoptr (SiprecEvent) event =
      siprec_event_new (SIPREC_EVENT_SESSION_STARTED, json_node_dup_object (node));
  g_autoptr (SiprecEvent) filtered = siprec_filter_apply (filter, event);
  g_autoptr (JsonNode) seen_node = json_node_init_object (json_node_alloc (), filtered->data);
  g_autofree gchar *result = json_to_string (seen_node, FALSE);
  g_autofree gchar *id = siprec_filter_text (filter, "call_id", "c");
  g_autofree gchar *expected =
      g_strdup_printf ("{\"call_id\":\"%s\",\"headers\":[{\"name\":\"FROM\",\"value\":\"\"},"
                       "{\"name\":\"f\",\"value\":\"\"},{\"name\":\"Call-ID\",\"value\":\"%s\"},"
                       "{\"name\":\"To\",\"value\":\"Bob\"}]}",
                       id, id);

  fail_unless_equals_string (result, expected);
  fail_unless (*id && !g_str_equal (id, "c"));
}
GST_END_TEST

/* The same is known again, but not what it was. */
GST_START_TEST (members_are_hashed)
{
  g_autofree gchar *one = seen ("people:hash");
  g_autofree gchar *two = seen ("name:hash,people:hash");
  g_autofree gchar *lower = g_ascii_strdown (one, -1);

  fail_unless_equals_string (one, two);
  fail_if (strstr (lower, "alice"));
  fail_unless (strstr (one, "\"name\":\"\"") == NULL && strstr (one, "\"raw\":\"\""));
}
GST_END_TEST

GST_START_TEST (bad_filters)
{
  static const gchar *const bad[] = {"Name", "name:md5", "name,,aor", "a b", ":hash"};

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    fail_unless (siprec_filter_new (bad[i], &error) == NULL, "%s", bad[i]);
    fail_unless (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS));
    fail_unless (strstr (error->message, "metadata-filter") != NULL);
  }
}
GST_END_TEST

static Suite *
filter_suite (void)
{
  Suite *suite = suite_create ("filter");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, members_are_cleared);
  tcase_add_test (tcase, headers_are_members);
  tcase_add_test (tcase, members_are_hashed);
  tcase_add_test (tcase, bad_filters);
  return suite;
}

GST_CHECK_MAIN (filter);
