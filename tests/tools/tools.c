/* The test tools: what rtp-play sends arrives whole and in time, and audio-check hears it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include <gst/check/gstcheck.h>

static GSocket *
open_socket (guint16 *port)
{
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;
  GSocket *socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);

  fail_unless (g_socket_bind (socket, any, FALSE, NULL));
  bound = g_socket_get_local_address (socket, NULL);
  *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  g_socket_set_blocking (socket, FALSE);
  return socket;
}

/* Runs a program and reads its lines of JSON. */
static GPtrArray *
run_tool (const gchar *const *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process =
      g_subprocess_newv (arguments, G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_autofree gchar *output = NULL;
  g_auto (GStrv) lines = NULL;
  GPtrArray *objects = g_ptr_array_new_with_free_func ((GDestroyNotify)json_object_unref);

  fail_unless (process != NULL, "%s", error ? error->message : "");
  fail_unless (g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, NULL));
  fail_unless (g_subprocess_get_successful (process));
  lines = g_strsplit (output, "\n", -1);
  for (guint i = 0; lines[i] && lines[i][0]; i++) {
    g_autoptr (JsonNode) node = json_from_string (lines[i], &error);

    fail_unless (node != NULL, "%s: %s", lines[i], error ? error->message : "");
    g_ptr_array_add (objects, json_node_dup_object (node));
  }
  return objects;
}

static gdouble
get_number (GPtrArray *objects, guint index, const gchar *name)
{
  fail_unless (index < objects->len);
  return json_object_get_double_member (g_ptr_array_index (objects, index), name);
}

/* Takes all that waits on @socket: the payloads go to @payloads if it is 12 octets and more. */
static guint
receive_all (GSocket *socket, GByteArray *payloads, guint16 *first_seq, guint32 *first_timestamp,
             guint *out_of_order)
{
  guint8 packet[2000];
  gssize size;
  guint count = 0;

  *out_of_order = 0;
  while ((size = g_socket_receive (socket, (gchar *)packet, sizeof packet, NULL, NULL)) >= 12) {
    guint16 seq = GST_READ_UINT16_BE (packet + 2);

    if (count == 0) {
      *first_seq = seq;
      *first_timestamp = GST_READ_UINT32_BE (packet + 4);
    }
    if (seq != (guint16)(*first_seq + count) ||
        GST_READ_UINT32_BE (packet + 4) != *first_timestamp + 160 * count)
      (*out_of_order)++;
    g_byte_array_append (payloads, packet + 12, (guint)size - 12);
    count++;
  }
  return count;
}

/* A WAV file of mu-law, 8000 Hz, mono. */
static gchar *
write_wav (GByteArray *samples, guint leading_silence)
{
  g_autofree gchar *file = g_build_filename (g_get_tmp_dir (), "siprec-tools-XXXXXX", NULL);
  guint size = samples->len + leading_silence;
  g_autofree guint8 *data = g_malloc (46 + size);
  static const guint8 format[] = {18, 0,    0,    0, 7, 0, 1, 0, 0x40, 0x1f, 0,
                                  0,  0x40, 0x1f, 0, 0, 1, 0, 8, 0,    0,    0};
  gint handle = g_mkstemp (file);

  fail_unless (handle >= 0);
  g_close (handle, NULL);
  memcpy (data, "RIFF", 4);
  GST_WRITE_UINT32_LE (data + 4, 38 + size);
  memcpy (data + 8, "WAVEfmt ", 8);
  memcpy (data + 16, format, sizeof format);
  memcpy (data + 38, "data", 4);
  memcpy (data + 42, &(guint32){GUINT32_TO_LE (size)}, 4);
  memset (data + 46, 0xff, leading_silence);
  memcpy (data + 46 + leading_silence, samples->data, samples->len);
  fail_unless (g_file_set_contents (file, (gchar *)data, 46 + size, NULL));
  return g_steal_pointer (&file);
}

GST_START_TEST (test_tone_arrives)
{
  guint16 port_a, port_b;
  g_autoptr (GSocket) a = open_socket (&port_a);
  g_autoptr (GSocket) b = open_socket (&port_b);
  g_autofree gchar *stream_a = g_strdup_printf (
      "dest=127.0.0.1:%u,tone=440,duration=1,seq=65530,timestamp=4294967000", port_a);
  g_autofree gchar *stream_b =
      g_strdup_printf ("dest=127.0.0.1:%u,tone=1000,duration=0.5,offset=0.5,loss=20", port_b);
  const gchar *play[] = {RTP_PLAY, "--stream", stream_a, "--stream", stream_b, NULL};
  g_autoptr (GPtrArray) sent = run_tool (play);
  g_autoptr (GByteArray) sound = g_byte_array_new ();
  g_autoptr (GByteArray) lossy = g_byte_array_new ();
  g_autofree gchar *wav = NULL;
  guint16 seq;
  guint32 timestamp;
  guint disorder;

  fail_unless_equals_int (receive_all (a, sound, &seq, &timestamp, &disorder), 50);
  fail_unless_equals_int (disorder, 0);
  fail_unless_equals_int (seq, 65530);
  fail_unless_equals_int64 (timestamp, 4294967000);
  fail_unless_equals_int ((gint)get_number (sent, 0, "sent"), 50);
  fail_unless (fabs (get_number (sent, 1, "first_realtime") -
                     get_number (sent, 0, "first_realtime") - 0.5) < 0.1);
  fail_unless_equals_int (receive_all (b, lossy, &seq, &timestamp, &disorder),
                          (gint)get_number (sent, 1, "sent"));
  fail_unless (get_number (sent, 1, "dropped") > 0);
  fail_unless_equals_int ((gint)(get_number (sent, 1, "sent") + get_number (sent, 1, "dropped")),
                          25);

  wav = write_wav (sound, 0);
  {
    const gchar *listen[] = {AUDIO_CHECK, wav, NULL};
    g_autoptr (GPtrArray) heard = run_tool (listen);

    fail_unless_equals_int (heard->len, 1);
    fail_unless (fabs (get_number (heard, 0, "duration") - 1) < 1e-6);
    fail_unless (fabs (get_number (heard, 0, "frequency") - 440) < 1);
    fail_unless (fabs (get_number (heard, 0, "rms") - 0.354) < 0.01);
    fail_unless (get_number (heard, 0, "silence") == 0);
    fail_unless (get_number (heard, 0, "first_sound") == 0);
  }
  g_unlink (wav);
}
GST_END_TEST;

/* Noise, so that there is only one lag at which it fits. */
GST_START_TEST (test_lag)
{
  g_autoptr (GByteArray) noise = g_byte_array_new ();
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autofree gchar *reference = NULL;
  g_autofree gchar *late = NULL;

  for (guint i = 0; i < 16000; i++) {
    guint8 sample = (guint8)g_rand_int (random);

    g_byte_array_append (noise, &sample, 1);
  }
  reference = write_wav (noise, 0);
  late = write_wav (noise, 1000);
  {
    const gchar *forward[] = {AUDIO_CHECK, late, "--against", reference, NULL};
    const gchar *backward[] = {AUDIO_CHECK, reference, "--against", late, NULL};
    g_autoptr (GPtrArray) later = run_tool (forward);
    g_autoptr (GPtrArray) earlier = run_tool (backward);

    fail_unless (fabs (get_number (later, 0, "lag_ms") - 125) < 0.2);
    fail_unless (get_number (later, 0, "coefficient") > 0.99);
    fail_unless (fabs (get_number (later, 0, "first_sound") - 0.12) < 0.001);
    fail_unless (fabs (get_number (earlier, 0, "lag_ms") + 125) < 0.2);
  }
  g_unlink (reference);
  g_unlink (late);
}
GST_END_TEST;

static Suite *
tools_suite (void)
{
  Suite *suite = suite_create ("tools");
  TCase *cases = tcase_create ("general");

  suite_add_tcase (suite, cases);
  tcase_add_test (cases, test_tone_arrives);
  tcase_add_test (cases, test_lag);
  return suite;
}

GST_CHECK_MAIN (tools);
