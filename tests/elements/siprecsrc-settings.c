/* siprecsrc: what is said of settings that can't work, and of those that can.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "pipeline.h"

/* The text of the ERROR that going to PLAYING ends in. */
static gchar *
failure (const gchar *properties, GQuark domain, gint code)
{
  Pipeline *pipeline = pipeline_new (properties, NULL);
  GstMessage *message;
  g_autoptr (GError) error = NULL;
  gchar *text;

  gst_element_set_state (pipeline->bin, GST_STATE_PLAYING);
  message = pipeline_message (pipeline, GST_MESSAGE_ERROR, NULL);
  fail_unless (message != NULL, "no error for %s", properties);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (error->domain == domain && error->code == code, "%s: %s", properties,
               error->message);
  text = g_strdup (error->message);
  gst_message_unref (message);
  pipeline_free (pipeline);
  return text;
}

/* The error names the property, quotes the value, and the state change fails. */
GST_START_TEST (test_malformed)
{
  static const struct {
    const gchar *properties, *named, *quoted;
  } cases[] = {
      {"port-range=many", "port-range", "many"},
      {"port-range=20000-10000", "port-range", "20000-10000"},
      {"port-range=20001-20002", "port-range", "20001-20002"},
      {"port-range=10000-70000", "port-range", "70000"},
      {"port-range=\"\"", "port-range", "first-last"},
      {"codecs=\"PCMU,,PCMA\"", "codecs", "PCMU,,PCMA"},
      {"codecs=\"PCMU;drop\"", "codecs", "PCMU;drop"},
      {"local-uri=http://127.0.0.1", "listen", "http://127.0.0.1"},
      {"local-uri=sip:127.0.0.1:99999", "listen", "99999"},
      {"local-uri=\"\"", "listen", "sip:"},
      {"media-address=nowhere", "media-address", "nowhere"},
      {"media-address=192.0.2.1", "address", "192.0.2.1"},
      {"codecs=PCMU,XYZ", "codecs", "PCMU,XYZ"},
      {"media-address=\"127.0.0.1, nowhere\"", "media-address", "nowhere"},
      {"media-address=\"127.0.0.1,0.0.0.0\"", "media-address", "0.0.0.0"},
      {"media-address=\"127.0.0.1,\"", "media-address", "\"\""},
      {"external-address=nowhere", "external-address", "nowhere"},
      {"local-uri=sips:127.0.0.1:0", "tls-certificate", "sips:127.0.0.1:0"},
      {"tls-certificate=/no/such.pem", "No such file", "/no/such.pem"},
      {"tls-require-client-cert=true", "tls-ca", "tls-require-client-cert"},
      {"allow=\"10.0.0.0/33\"", "allow", "10.0.0.0/33"},
      {"auth-file=/no/such.file", "auth-file", "/no/such.file"},
      {"auth-realm=\"a:b\"", "auth-realm", "a:b"},
      {"metadata-filter=Names", "metadata-filter", "Names"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *text =
        failure (cases[i].properties, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);

    fail_unless (strstr (text, cases[i].named) != NULL, "%s", text);
    fail_unless (strstr (text, cases[i].quoted) != NULL, "%s", text);
  }
}
GST_END_TEST;

/* A port that is taken is told by a message, since it is bound later. */
GST_START_TEST (test_port_in_use)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  g_autofree gchar *properties = NULL, *text = NULL, *port = NULL;

  fail_unless (g_socket_bind (socket, any, FALSE, NULL));
  bound = g_socket_get_local_address (socket, NULL);
  port = g_strdup_printf ("%u", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
  properties = g_strdup_printf ("local-uri=\"sip:127.0.0.1:%s\\;transport=udp\"", port);
  text = failure (properties, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ);
  fail_unless (strstr (text, port) != NULL, "%s", text);
}
GST_END_TEST;

/* Users of one endpoint must agree. */
GST_START_TEST (test_endpoint_conflict)
{
  Pipeline *one = pipeline_new ("endpoint=conflict port-range=30000-30100", NULL);
  g_autofree gchar *text = NULL;

  pipeline_set_state (one, GST_STATE_PLAYING);
  text = failure ("endpoint=conflict port-range=30000-30200", GST_RESOURCE_ERROR,
                  GST_RESOURCE_ERROR_SETTINGS);
  fail_unless (strstr (text, "conflict") != NULL && strstr (text, "port-range") != NULL, "%s",
               text);
  pipeline_free (one);
}
GST_END_TEST;

/* actual-uri is there while the element listens. */
GST_START_TEST (test_actual_uri)
{
  Pipeline *pipeline = pipeline_new ("", NULL);
  g_autofree gchar *uri = NULL;
  gchar *gone;

  pipeline_set_state (pipeline, GST_STATE_PAUSED);
  uri = pipeline_uri (pipeline);
  fail_unless (g_str_has_prefix (uri, "sip:127.0.0.1:"));
  fail_if (strstr (uri, ":0") != NULL);
  pipeline_set_state (pipeline, GST_STATE_READY);
  g_object_get (pipeline->src, "actual-uri", &gone, NULL);
  fail_unless (gone == NULL);
  pipeline_free (pipeline);
}
GST_END_TEST;

static void
check_properties (GType type)
{
  GObjectClass *klass = g_type_class_ref (type);
  guint n;
  GParamSpec **specs = g_object_class_list_properties (klass, &n);

  for (guint i = 0; i < n; i++) {
    if (specs[i]->owner_type != type)
      continue;
    fail_unless (strlen (g_param_spec_get_blurb (specs[i])) > 10, "%s", specs[i]->name);
    fail_if (g_str_equal (g_param_spec_get_nick (specs[i]), specs[i]->name));
    if (specs[i]->flags & G_PARAM_WRITABLE)
      fail_unless (specs[i]->flags & (GST_PARAM_MUTABLE_READY | GST_PARAM_MUTABLE_PLAYING), "%s",
                   specs[i]->name);
  }
  g_free (specs);
  g_type_class_unref (klass);
}

/* gst-inspect-1.0 is the reference: nothing is without a text. */
GST_START_TEST (test_documented)
{
  GstElement *element = gst_element_factory_make ("siprecsrc", NULL);

  fail_unless (element != NULL);
  check_properties (G_OBJECT_TYPE (element));
  check_properties (g_type_from_name ("GstSiprecSrcPad"));
  gst_object_unref (element);
}
GST_END_TEST;

/* Every property gives back what it was given. */
GST_START_TEST (test_round_trip)
{
  Pipeline *pipeline = pipeline_new (
      "codecs=PCMA output=rtp push-mode=shared fill=none metadata-format=xml accept=any "
      "metadata-max-size=2000000 metadata-max-elements=100000 metadata-max-depth=100 "
      "metadata-max-id-length=64 "
      "strictness=strict latency=80 buffer-duration=40000000 timeout=7 audio-pads=2 "
      "eos-on-session-end=false session-detach=true drop-on-latency=true udp-buffer-size=9000 "
      "decision-timeout=5 context=other endpoint=named media-address=127.0.0.2 "
      "external-address=192.0.2.1 port-range=4000-4002 add-reference-timestamp-meta=true "
      "ntp-time-source=unix "
      "srtp-policy=required latch=signalled allow=10.0.0.0/8 auth-file=/f auth-realm=r "
      "metadata-filter=people tls-certificate=/c tls-ca=/a tls-require-client-cert=true",
      NULL);
  static const gchar *const expected[][2] = {
      {"codecs", "PCMA"},
      {"output", "rtp"},
      {"push-mode", "shared"},
      {"fill", "none"},
      {"metadata-format", "xml"},
      {"metadata-max-size", "2000000"},
      {"metadata-max-elements", "100000"},
      {"metadata-max-depth", "100"},
      {"metadata-max-id-length", "64"},
      {"accept", "any"},
      {"strictness", "strict"},
      {"latency", "80"},
      {"timeout", "7"},
      {"audio-pads", "2"},
      {"context", "other"},
      {"endpoint", "named"},
      {"decision-timeout", "5"},
      {"buffer-duration", "40000000"},
      {"udp-buffer-size", "9000"},
      {"eos-on-session-end", "false"},
      {"session-detach", "true"},
      {"drop-on-latency", "true"},
      {"media-address", "127.0.0.2"},
      {"external-address", "192.0.2.1"},
      {"port-range", "4000-4002"},
      {"add-reference-timestamp-meta", "true"},
      {"ntp-time-source", "unix"},
      {"srtp-policy", "required"},
      {"latch", "signalled"},
      {"allow", "10.0.0.0/8"},
      {"auth-file", "/f"},
      {"auth-realm", "r"},
      {"metadata-filter", "people"},
      {"tls-certificate", "/c"},
      {"tls-ca", "/a"},
      {"tls-require-client-cert", "true"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    GValue value = G_VALUE_INIT;
    g_autofree gchar *text = NULL;

    g_object_get_property (G_OBJECT (pipeline->src), expected[i][0], &value);
    text =
        G_VALUE_HOLDS_STRING (&value) ? g_value_dup_string (&value) : gst_value_serialize (&value);
    fail_unless_equals_string (text, expected[i][1]);
    g_value_unset (&value);
  }
  pipeline_free (pipeline);
}
GST_END_TEST;

/* The bounds of the metadata are those that were set; what they cost is told. */
GST_START_TEST (test_metadata_bounds)
{
  Pipeline *pipeline = pipeline_listening ("metadata-max-elements=10");
  Caller *caller = pipeline_called (pipeline, 2);
  GstMessage *message;

  while ((message = pipeline_message (pipeline, GST_MESSAGE_ELEMENT, "GstSiprecDeviation"))) {
    gboolean found = g_str_equal (
        gst_structure_get_string (gst_message_get_structure (message), "id"), "metadata-limit");

    gst_message_unref (message);
    if (found)
      break;
  }
  fail_unless (message != NULL);
  fail_unless_equals_int (caller_bye (caller), 200);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* Listening on all addresses for all the world is possible, but not in silence. */
GST_START_TEST (test_exposure)
{
  Pipeline *pipeline = pipeline_new ("local-uri=sip:0.0.0.0:0", NULL);
  GstMessage *message;
  g_autoptr (GError) warning = NULL;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  message = pipeline_message (pipeline, GST_MESSAGE_WARNING, NULL);
  fail_unless (message != NULL);
  gst_message_parse_warning (message, &warning, NULL);
  fail_unless (strstr (warning->message, "allow") != NULL, "%s", warning->message);
  gst_message_unref (message);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* Nothing that tells who is speaking leaves the element: not in messages, tags, pad properties and events,
 * nor in a document. */
GST_START_TEST (test_filter)
{
  Pipeline *pipeline = pipeline_listening ("metadata-filter=people");
  Caller *caller = pipeline_called (pipeline, 2);
  PadLog *audio, *metadata;
  GstMessage *message;
  g_autofree gchar *participants = NULL;

  pipeline_await_order (pipeline, "audio_0 audio_1 metadata no-more-pads");
  audio = pipeline_pad (pipeline, "audio_0");
  metadata = pipeline_pad (pipeline, "metadata");
  pipeline_hang_up (caller, metadata);
  g_object_get (audio->pad, "participants", &participants, NULL);
  fail_unless (strstr (participants, "aors") && !strstr (participants, "example.com"), "%s",
               participants);
  for (guint i = 0; i < metadata->buffers->len; i++) {
    GstMapInfo map;

    gst_buffer_map (metadata->buffers->pdata[i], &map, GST_MAP_READ);
    fail_if (g_strstr_len ((gchar *)map.data, map.size, "@example.com"), "%.*s", (gint)map.size,
             map.data);
    gst_buffer_unmap (metadata->buffers->pdata[i], &map);
  }
  while ((message = gst_bus_pop (pipeline->bus))) {
    const GstStructure *structure = gst_message_get_structure (message);
    g_autofree gchar *text = structure ? gst_structure_to_string (structure) : g_strdup ("");

    fail_if (strstr (text, "@example.com"), "%s", text);
    gst_message_unref (message);
  }
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static Suite *
siprecsrc_settings_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-settings");
  TCase *tcase = tcase_create ("settings");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_malformed);
  tcase_add_test (tcase, test_exposure);
  tcase_add_test (tcase, test_filter);
  tcase_add_test (tcase, test_port_in_use);
  tcase_add_test (tcase, test_endpoint_conflict);
  tcase_add_test (tcase, test_actual_uri);
  tcase_add_test (tcase, test_documented);
  tcase_add_test (tcase, test_round_trip);
  tcase_add_test (tcase, test_metadata_bounds);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_settings)
