/* A call over a bad network, recorded: the files have the right length, and both sides are in line.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <signal.h>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include <gst/check/gstcheck.h>

#include "tests/support/caller.h"

/* What the length of a file may be off. */
#define TOLERANCE 0.020

static guint seconds = 10;
static gchar *directory;

static gchar *
path_of (const gchar *name)
{
  return g_build_filename (directory, name, NULL);
}

static void
set_up (void)
{
  directory = g_dir_make_tmp ("bad-network-XXXXXX", NULL);
}

static void
tear_down (void)
{
  static const gchar *const names[] = {"noise.wav", "a.mkv", "b.wav"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree gchar *path = path_of (names[i]);

    g_remove (path);
  }
  g_rmdir (directory);
  g_free (directory);
}

static void
await_eos (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message =
      gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_autoptr (GError) failure = NULL;

  if (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &failure, NULL);
  fail_unless (message && !failure, "%s", failure ? failure->message : "no EOS");
}

static GstElement *
launch (const gchar *line)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);

  fail_unless (error == NULL, "%s", error ? error->message : "");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return pipeline;
}

/* Noise tells where it is, which a tone doesn't. */
static gchar *
make_noise (void)
{
  gchar *path = path_of ("noise.wav");
  g_autofree gchar *line = g_strdup_printf (
      "audiotestsrc wave=pink-noise volume=0.5 num-buffers=%u samplesperbuffer=800 ! "
      "audio/x-raw,format=S16LE,rate=8000,channels=1 ! wavenc ! filesink location=%s",
      seconds * 10, path);
  GstElement *pipeline = launch (line);

  await_eos (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return path;
}

static GSubprocess *
start (const gchar *const *arguments)
{
  g_autoptr (GError) error = NULL;
  GSubprocess *process = g_subprocess_newv (arguments, G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);

  fail_unless (process != NULL, "%s", error ? error->message : "");
  return process;
}

static GSubprocess *
start_relay (const Caller *caller, guint16 ports[2])
{
  g_autofree gchar *dest_a = g_strdup_printf ("127.0.0.1:%u", caller_port ((Caller *)caller, 0));
  g_autofree gchar *dest_b = g_strdup_printf ("127.0.0.1:%u", caller_port ((Caller *)caller, 1));
  const gchar *arguments[] = {LOSSY_RELAY,     "--seed=7",    "--drop=2",   "--burst=0.2",
                              "--duplicate=1", "--reorder=2", "--delay=20", "--jitter=10",
                              dest_a,          dest_b,        NULL};
  GSubprocess *relay = start (arguments);
  GInputStream *output = g_subprocess_get_stdout_pipe (relay);

  for (guint i = 0; i < 2; i++) {
    gchar text[8] = "";
    gsize size = 0;

    while (g_input_stream_read (output, text + size, 1, NULL, NULL) == 1 && text[size] != '\n' &&
           size < sizeof text - 2)
      size++;
    ports[i] = (guint16)g_ascii_strtoull (text, NULL, 10);
    fail_unless (ports[i] > 0);
  }
  return relay;
}

/* Its counts. */
static JsonObject *
stop_relay (GSubprocess *relay)
{
  g_autofree gchar *output = NULL;
  g_autoptr (JsonNode) node = NULL;

  g_subprocess_send_signal (relay, SIGTERM);
  fail_unless (g_subprocess_communicate_utf8 (relay, NULL, NULL, &output, NULL, NULL));
  node = json_from_string (output, NULL);
  fail_unless (node != NULL, "%s", output);
  return json_node_dup_object (node);
}

static gdouble
get (JsonObject *object, const gchar *name)
{
  return json_object_get_double_member (object, name);
}

/* Returns by how many seconds it fell behind. */
static gdouble
play (const gchar *noise, const guint16 ports[2])
{
  g_autofree gchar *a = g_strdup_printf ("wav=%s,dest=127.0.0.1:%u", noise, ports[0]);
  g_autofree gchar *b = g_strdup_printf ("wav=%s,dest=127.0.0.1:%u", noise, ports[1]);
  g_autofree gchar *duration = g_strdup_printf ("--duration=%u", seconds);
  const gchar *arguments[] = {RTP_PLAY, "--rtcp", duration, "--stream", a, "--stream", b, NULL};
  g_autoptr (GSubprocess) process = start (arguments);
  g_autofree gchar *output = NULL;
  g_auto (GStrv) lines = NULL;
  gdouble latest = 0;

  fail_unless (g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, NULL));
  fail_unless (g_subprocess_get_successful (process));
  lines = g_strsplit (g_strchomp (output), "\n", -1);
  fail_unless_equals_int (g_strv_length (lines), 2);
  for (guint i = 0; lines[i]; i++) {
    g_autoptr (JsonNode) node = json_from_string (lines[i], NULL);

    fail_unless (node != NULL, "%s", lines[i]);
    latest = MAX (latest, get (json_node_get_object (node), "latest_ms") / 1000);
  }
  return latest;
}

static JsonObject *
listen_to (const gchar *path, const gchar *against)
{
  const gchar *arguments[] = {AUDIO_CHECK, path, "--against", against, NULL};
  g_autoptr (GSubprocess) process = start (arguments);
  g_autofree gchar *output = NULL;
  g_autoptr (JsonNode) node = NULL;

  fail_unless (g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, NULL));
  node = json_from_string (output, NULL);
  fail_unless (node != NULL, "%s: %s", path, output);
  return json_node_dup_object (node);
}

static gdouble
now (void)
{
  return g_get_monotonic_time () / 1e6;
}

static gchar *
await_uri (GstElement *src)
{
  gchar *uri = NULL;

  for (guint i = 0; i < 500 && !uri; i++) {
    g_usleep (10000);
    g_object_get (src, "actual-uri", &uri, NULL);
  }
  return uri;
}

/* On a loaded machine sender and relay fall behind by @late seconds, which is a worse network than was asked for: so much more
 * may things be off. */
static void
check_files (const gchar *a, const gchar *b, gdouble shortest, gdouble longest, gdouble late)
{
  g_autoptr (JsonObject) one = listen_to (a, b);
  g_autoptr (JsonObject) other = listen_to (b, a);
  gdouble tolerance = TOLERANCE + late;

  fail_unless (get (one, "duration") > shortest - TOLERANCE &&
                   get (one, "duration") < longest + tolerance,
               "%f, not %f to %f, %f late", get (one, "duration"), shortest, longest, late);
  fail_unless (fabs (get (one, "duration") - get (other, "duration")) < tolerance);
  fail_unless (json_object_get_int_member (one, "gaps") == 0 || late > TOLERANCE);
  fail_unless (fabs (get (one, "lag_ms")) < tolerance * 1000, "%f ms apart, %f s late",
               get (one, "lag_ms"), late);
  fail_unless (get (one, "coefficient") > 0.5, "%f alike", get (one, "coefficient"));
  g_print ("length %f s (%f to %f), apart %f ms, %f s late\n", get (one, "duration"), shortest,
           longest, get (one, "lag_ms"), late);
}

GST_START_TEST (test_recordings)
{
  g_autofree gchar *noise = make_noise ();
  g_autofree gchar *a = path_of ("a.mkv");
  g_autofree gchar *b = path_of ("b.wav");
  g_autofree gchar *line = g_strdup_printf (
      "siprecsrc name=s local-uri=sip:127.0.0.1:0 s.audio_0 ! queue ! audio/x-mulaw ! matroskamux "
      "offset-to-zero=true ! filesink location=%s async=false s.audio_1 ! queue ! "
      "mulawdec ! wavenc ! filesink location=%s async=false",
      a, b);
  GstElement *pipeline = launch (line);
  g_autoptr (GstElement) src = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  g_autofree gchar *uri = await_uri (src);
  Caller *caller = caller_new (uri, FALSE);
  g_autoptr (GSubprocess) relay = NULL;
  g_autoptr (JsonObject) counts = NULL;
  guint16 ports[2];
  gdouble invited = now (), answered, ending, ended, late;

  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  answered = now ();
  relay = start_relay (caller, ports);
  late = play (noise, ports);
  ending = now ();
  fail_unless_equals_int (caller_bye (caller), 200);
  ended = now ();
  await_eos (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  caller_free (caller);

  /* It was a bad network. */
  counts = stop_relay (relay);
  fail_unless (json_object_get_int_member (counts, "dropped") >= seconds);
  fail_unless (json_object_get_int_member (counts, "duplicated") >= seconds / 4);
  fail_unless (json_object_get_int_member (counts, "reordered") >= seconds / 2);
  late += get (counts, "latest_ms") / 1000;
  check_files (a, b, ending - answered, ended - invited, late);
}
GST_END_TEST;

static Suite *
bad_network_suite (void)
{
  Suite *suite = suite_create ("bad-network");
  TCase *tcase = tcase_create ("recordings");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 150);
  tcase_add_checked_fixture (tcase, set_up, tear_down);
  tcase_add_test (tcase, test_recordings);
  return suite;
}

int
main (int argc, char **argv)
{
  gst_check_init (&argc, &argv);
  if (argc > 1)
    seconds = (guint)g_ascii_strtoull (argv[1], NULL, 10);
  return gst_check_run_suite (bad_network_suite (), "bad-network", __FILE__);
}
