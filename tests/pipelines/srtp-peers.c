/* Encrypted media of peers that aren't ours: GStreamer's SRTP and DTLS, ffmpeg, rtpengine. What is recorded is what they
 * were given.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <sys/prctl.h>
#include <signal.h>

#include "siprec-core/sdp/crypto.h"
#include "tests/support/caller.h"
#include "tests/support/recorder.h"
#include "tests/support/rtpengine.h"

#define FRAME    160
#define N_FRAMES 40

static Recorder *recorder;
static Caller *caller;
static SiprecStream *stream;
static gchar *dir;
static gchar *sent_path;
static GByteArray *sent;

/* Noise, so that no part of it looks like another. */
static void
make_sound (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (11);

  sent = g_byte_array_new ();
  for (guint i = 0; i < N_FRAMES * FRAME; i++) {
    guint8 octet = (guint8)g_rand_int (random);

    g_byte_array_append (sent, &octet, 1);
  }
  dir = g_dir_make_tmp ("srtp-peers-XXXXXX", NULL);
  sent_path = g_build_filename (dir, "sent.ul", NULL);
  fail_unless (g_file_set_contents (sent_path, (const gchar *)sent->data, sent->len, NULL));
}

static void
set_up (void)
{
  SiprecPolicy policy = {.srtp_policy = SIPREC_SRTP_REQUIRED};

  recorder = recorder_new (&policy);
  caller = caller_new (recorder_uri (recorder), FALSE);
  recorder_accept (recorder);
  make_sound ();
}

static void
tear_down (void)
{
  g_clear_pointer (&stream, siprec_stream_unref);
  caller_free (caller);
  recorder_free (recorder);
  g_byte_array_unref (sent);
  g_unlink (sent_path);
  g_rmdir (dir);
  g_free (sent_path);
  g_free (dir);
}

static void
claim (void)
{
  SiprecSession *session = recorder_session (recorder, 0);
  SiprecStreamWishes wishes = {.latency = 200 * GST_MSECOND};
  g_autoptr (SiprecEvent) added = NULL;

  fail_unless (session && recorder_claim (recorder, session));
  added = recorder_event (recorder, session, SIPREC_EVENT_STREAM_ADDED);
  stream = siprec_stream_ref (added->stream);
  siprec_stream_claim (stream, &wishes, NULL);
}

/* A call with these attributes; the recorder's port. */
static guint16
call (const gchar *proto, const gchar *attributes)
{
  caller_set_media (caller, 0, proto, attributes);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  claim ();
  return caller_port (caller, 0);
}

/* All that was sent has been recorded, whole and in order. */
static void
await_sound (void)
{
  g_autoptr (GByteArray) got = g_byte_array_new ();
  SiprecUnit unit;

  for (guint i = 0; i < 1500 && got->len < sent->len; i++) {
    while (siprec_stream_pop (stream, &unit, 1)) {
      GstMapInfo map;

      if (unit.type == SIPREC_UNIT_DATA && gst_buffer_map (unit.buffer, &map, GST_MAP_READ)) {
        g_byte_array_append (got, map.data, (guint)map.size);
        gst_buffer_unmap (unit.buffer, &map);
      }
      siprec_unit_clear (&unit);
    }
    g_usleep (10000);
  }
  if (got->len != sent->len) {
    g_autoptr (GstStructure) stats = siprec_stream_get_stats (stream);
    g_autofree gchar *text = gst_structure_to_string (stats);

    fail ("%u of %u octets: %s", got->len, sent->len, text);
  }
  fail_unless (memcmp (got->data, sent->data, sent->len) == 0);
}

/* A key as SDP has it, and its octets. */
static gchar *
new_key (const gchar *suite, SiprecKeying *keying)
{
  g_autofree gchar *crypto = NULL;

  fail_unless (siprec_keying_generate (keying, siprec_suite_find (suite), FALSE));
  crypto = siprec_crypto_write (1, suite, keying);
  return g_strdup_printf ("a=crypto:%s\r\n", crypto);
}

static gboolean
have_element (const gchar *name)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (name);

  if (!factory)
    g_print ("skipped: there is no %s\n", name);
  return factory != NULL;
}

/* Frames of the sound, at their pace. */
#define SOUND                                                                                      \
  "filesrc name=file location=%s blocksize=160 ! queue ! audio/x-mulaw,rate=8000,channels=1 ! "    \
  "rawaudioparse name=parse use-sink-caps=false format=mulaw sample-rate=8000 num-channels=1 ! "   \
  "identity sync=true ! rtppcmupay min-ptime=20000000 max-ptime=20000000 ! "

static void
stop_pipeline (GstElement *pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

static GstElement *
start_pipeline (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);

  g_assert_no_error (error);
  fail_if (gst_element_set_state (pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE);
  return pipeline;
}

/* Keys are there before media is: what can't be encrypted yet is dropped, or encrypted with no key that we know. */
static void
await_keys (void)
{
  for (guint i = 0; i < 1000; i++) {
    g_autoptr (GstStructure) stats = siprec_stream_get_stats (stream);

    if (gst_structure_has_field (stats, "srtp"))
      break;
    g_usleep (10000);
  }
  /* Its side of the handshake is over a moment after ours. */
  g_usleep (300000);
}

/* ---- GStreamer ---- */

static const struct {
  const gchar *suite, *cipher, *auth;
} ciphers[] = {
    {"AES_CM_128_HMAC_SHA1_80", "aes-128-icm", "hmac-sha1-80"},
    {"AES_CM_128_HMAC_SHA1_32", "aes-128-icm", "hmac-sha1-32"},
    {"AES_256_CM_HMAC_SHA1_80", "aes-256-icm", "hmac-sha1-80"},
    {"AEAD_AES_128_GCM", "aes-128-gcm", "null"},
};

GST_START_TEST (gstreamer_srtp)
{
  g_autoptr (GString) key = g_string_new (NULL);
  g_autofree gchar *attributes = NULL, *text = NULL;
  SiprecKeying keying;
  GstElement *pipeline;
  guint16 port;

  if (!have_element ("srtpenc"))
    return;
  attributes = new_key (ciphers[__i__].suite, &keying);
  for (guint i = 0; i < keying.suite->key_size + keying.suite->salt_size; i++)
    g_string_append_printf (key, "%02x", keying.keys[0].key[i]);
  port = call ("RTP/SAVP", attributes);
  text = g_strdup_printf (SOUND "srtpenc key=%s rtp-cipher=%s rtcp-cipher=%s rtp-auth=%s "
                                "rtcp-auth=%s ! udpsink host=127.0.0.1 port=%u sync=false",
                          sent_path, key->str, ciphers[__i__].cipher, ciphers[__i__].cipher,
                          ciphers[__i__].auth, ciphers[__i__].auth, port);
  pipeline = start_pipeline (text);
  await_sound ();
  stop_pipeline (pipeline);
}
GST_END_TEST

/* The fingerprint of a certificate in PEM. */
static gchar *
make_fingerprint (const gchar *pem)
{
  const gchar *begin = strstr (pem, "-----BEGIN CERTIFICATE-----");
  g_autofree gchar *body = NULL, *sum = NULL;
  g_autofree guchar *der = NULL;
  GString *text = g_string_new ("sha-256 ");
  gsize size;

  begin = strchr (begin, '\n');
  body = g_strndup (begin, (gsize)(strstr (begin, "-----END") - begin));
  der = g_base64_decode (body, &size);
  sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, der, size);
  for (guint i = 0; i < 32; i++)
    g_string_append_printf (text, "%s%c%c", i ? ":" : "", g_ascii_toupper (sum[2 * i]),
                            g_ascii_toupper (sum[2 * i + 1]));
  return g_string_free (text, FALSE);
}

/* The sound begins now, not when the pipeline did. */
static void
begin_sound (GstElement *pipeline, GstElement *file)
{
  GstElement *parse = gst_bin_get_by_name (GST_BIN (pipeline), "parse");
  GstPad *pad = gst_element_get_static_pad (parse, "src");

  gst_pad_set_offset (pad, (gint64)gst_element_get_current_running_time (pipeline));
  gst_element_set_locked_state (file, FALSE);
  gst_element_sync_state_with_parent (file);
  gst_object_unref (pad);
  gst_object_unref (parse);
}

/* @i: whether GStreamer begins the handshake. */
GST_START_TEST (gstreamer_dtls)
{
  g_autofree gchar *pem = NULL, *fingerprint = NULL, *attributes = NULL, *text = NULL;
  g_autoptr (GError) error = NULL;
  GstElement *pipeline, *decoder, *source, *sink, *file;
  guint16 port;

  if (!have_element ("dtlssrtpenc"))
    return;
  text = g_strdup_printf (
      "udpsrc name=in ! dtlssrtpdec name=dec connection-id=c dec.rtp_src ! fakesink async=false "
      "dtlssrtpenc name=enc connection-id=c is-client=%s ! udpsink name=out host=127.0.0.1 "
      "sync=false async=false " SOUND "enc.rtp_sink_0",
      __i__ ? "true" : "false", sent_path);
  pipeline = gst_parse_launch (text, &error);
  g_assert_no_error (error);
  decoder = gst_bin_get_by_name (GST_BIN (pipeline), "dec");
  source = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  g_object_get (decoder, "pem", &pem, NULL);
  fingerprint = make_fingerprint (pem);
  attributes = g_strdup_printf ("a=fingerprint:%s\r\na=setup:%s\r\na=rtcp-mux\r\n", fingerprint,
                                __i__ ? "active" : "passive");
  g_object_set (source, "socket", caller_socket (caller, 0), "close-socket", FALSE, NULL);
  g_object_set (sink, "socket", caller_socket (caller, 0), "close-socket", FALSE, NULL);
  port = call ("UDP/TLS/RTP/SAVPF", attributes);
  g_object_set (sink, "port", (gint)port, NULL);
  file = gst_bin_get_by_name (GST_BIN (pipeline), "file");
  gst_element_set_locked_state (file, TRUE);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  await_keys ();
  begin_sound (pipeline, file);
  await_sound ();
  gst_object_unref (file);
  gst_object_unref (decoder);
  gst_object_unref (source);
  gst_object_unref (sink);
  stop_pipeline (pipeline);
}
GST_END_TEST

/* ---- other programs ---- */

static void
on_fork (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGTERM);
}

static gboolean
have_program (const gchar *name)
{
  g_autofree gchar *path = g_find_program_in_path (name);

  if (!path)
    g_print ("skipped: there is no %s\n", name);
  return path != NULL;
}

static GPid
start_program (const gchar *const *argv)
{
  g_autoptr (GError) error = NULL;
  GPid pid;

  g_spawn_async (NULL, (gchar **)argv, NULL,
                 G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                     G_SPAWN_STDERR_TO_DEV_NULL,
                 on_fork, NULL, &pid, &error);
  g_assert_no_error (error);
  return pid;
}

GST_START_TEST (ffmpeg)
{
  g_autofree gchar *attributes = NULL, *key = NULL, *url = NULL;
  SiprecKeying keying;
  GPid pid;

  if (!have_program ("ffmpeg"))
    return;
  attributes = new_key ("AES_CM_128_HMAC_SHA1_80", &keying);
  key = g_base64_encode (keying.keys[0].key, 30);
  url = g_strdup_printf ("srtp://127.0.0.1:%u?pkt_size=172", call ("RTP/SAVP", attributes));
  const gchar *argv[] = {"ffmpeg",
                         "-nostdin",
                         "-re",
                         "-f",
                         "mulaw",
                         "-ar",
                         "8000",
                         "-ac",
                         "1",
                         "-i",
                         sent_path,
                         "-c:a",
                         "copy",
                         "-f",
                         "rtp",
                         "-srtp_out_suite",
                         "AES_CM_128_HMAC_SHA1_80",
                         "-srtp_out_params",
                         key,
                         url,
                         NULL};
  pid = start_program (argv);
  await_sound ();
  kill (pid, SIGKILL);
  g_spawn_close_pid (pid);
}
GST_END_TEST

/* ---- rtpengine: it encrypts what the caller sends in the clear ---- */

/* The SDP that rtpengine makes of @sdp. */
static gchar *
translate (Rtpengine *engine, gboolean answer, const gchar *sdp, const gchar *proto,
           const gchar *ice)
{
  g_autoptr (GString) command = g_string_new (NULL);
  g_autofree gchar *reply = NULL;
  const gchar *found;
  gchar *rest;
  gsize size;

  rtpengine_add (command, "command", answer ? "answer" : "offer");
  rtpengine_add (command, "call-id", "peer");
  rtpengine_add (command, "from-tag", "a");
  if (answer)
    rtpengine_add (command, "to-tag", "b");
  rtpengine_add (command, "transport-protocol", proto);
  rtpengine_add (command, "ICE", ice);
  rtpengine_add (command, "sdp", sdp);
  reply = rtpengine_ask (engine, command->str);
  found = reply ? strstr (reply, "3:sdp") : NULL;
  fail_unless (found != NULL, "rtpengine says %s", reply);
  size = g_ascii_strtoull (found + 5, &rest, 10);
  return g_strndup (rest + 1, size);
}

static const struct {
  const gchar *proto, *ice, *mark;
} engines[] = {
    {"RTP/SAVP", "remove", "a=crypto:"},
    {"UDP/TLS/RTP/SAVPF", "remove", "a=fingerprint:"},
    {"UDP/TLS/RTP/SAVPF", "force", "a=ice-lite"},
};

/* The plain side of rtpengine, in its answer to the caller. */
static guint16
get_plain_port (const gchar *sdp)
{
  const gchar *line = strstr (sdp, "m=audio ");

  fail_unless (line != NULL);
  return (guint16)g_ascii_strtoull (line + strlen ("m=audio "), NULL, 10);
}

static void
send_plain (guint16 port)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", port);
  guint8 packet[12 + FRAME] = {0x80};

  GST_WRITE_UINT32_BE (packet + 8, 0x1234);
  for (guint i = 0; i < N_FRAMES; i++) {
    GST_WRITE_UINT16_BE (packet + 2, i);
    GST_WRITE_UINT32_BE (packet + 4, i * FRAME);
    memcpy (packet + 12, sent->data + i * FRAME, FRAME);
    g_socket_send_to (caller_socket (caller, 0), address, (const gchar *)packet, sizeof (packet),
                      NULL, NULL);
    g_usleep (20000);
  }
}

GST_START_TEST (rtpengine)
{
  g_autofree gchar *plain = NULL, *offer = NULL, *answer = NULL;
  const gchar *body;
  Rtpengine engine = {0};

  if (!have_program ("rtpengine"))
    return;
  fail_unless (rtpengine_start (&engine, NULL));
  plain = g_strdup_printf (
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
      "m=audio %u RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=label:1\r\na=sendonly\r\n",
      40000);
  offer = translate (&engine, FALSE, plain, engines[__i__].proto, engines[__i__].ice);
  fail_unless_equals_int (
      caller_invite_with (caller, "Require: siprec\r\n", "application/sdp", offer), 200);
  body = strstr (caller_last (caller), "\r\n\r\n") + 4;
  fail_unless (strstr (body, engines[__i__].mark), "%s", body);
  claim ();
  answer = translate (&engine, TRUE, body, "RTP/AVP", "remove");
  await_keys ();
  send_plain (get_plain_port (answer));
  await_sound ();
  rtpengine_stop (&engine);
}
GST_END_TEST

static Suite *
srtp_peers_suite (void)
{
  Suite *suite = suite_create ("srtp-peers");
  TCase *tcase = tcase_create ("peers");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, set_up, tear_down);
  tcase_add_loop_test (tcase, gstreamer_srtp, 0, G_N_ELEMENTS (ciphers));
  tcase_add_loop_test (tcase, gstreamer_dtls, 0, 2);
  tcase_add_test (tcase, ffmpeg);
  tcase_add_loop_test (tcase, rtpengine, 0, G_N_ELEMENTS (engines));
  return suite;
}

GST_CHECK_MAIN (srtp_peers);
