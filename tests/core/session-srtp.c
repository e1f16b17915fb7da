/* Encrypted calls from the INVITE to the media: what is agreed, what gets in, and what nobody may see.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/sdp/crypto.h"
#include "tests/support/caller.h"
#include "tests/support/recorder.h"

#define FRAME 160

/* A call of one line, and what is recorded of it. */
typedef struct {
  Recorder *recorder;
  Caller *caller;
  SiprecSession *session;
  SiprecStream *stream;
  GByteArray *media;
  gboolean ended;
  SiprecKeying keying;
  Sealer *sealer;
} Call;

static void
call_init (Call *call, SiprecSrtpPolicy policy, SiprecLatchMode latch)
{
  SiprecPolicy answer = {.srtp_policy = policy, .latch = latch};

  *call = (Call){.recorder = recorder_new (&answer), .media = g_byte_array_new ()};
  call->caller = caller_new (recorder_uri (call->recorder), FALSE);
  recorder_accept (call->recorder);
}

static void
call_clear (Call *call)
{
  g_clear_pointer (&call->stream, siprec_stream_unref);
  g_clear_pointer (&call->sealer, sealer_free);
  caller_free (call->caller);
  recorder_free (call->recorder);
  g_byte_array_unref (call->media);
}

/* A new key of the client, as its SDP has it. */
static gchar *
new_key (Call *call, const gchar *suite)
{
  g_autofree gchar *crypto = NULL;

  fail_unless (siprec_keying_generate (&call->keying, siprec_suite_find (suite), FALSE));
  crypto = siprec_crypto_write (3, suite, &call->keying);
  return g_strdup_printf ("a=crypto:%s\r\n", crypto);
}

/* Seals with the new key from now on. */
static void
use_key (Call *call)
{
  g_clear_pointer (&call->sealer, sealer_free);
  call->sealer = sealer_new (&call->keying, FALSE);
  caller_set_sealer (call->caller, 0, call->sealer);
}

static guint
invite (Call *call, const gchar *proto, const gchar *attributes)
{
  caller_set_media (call->caller, 0, proto, attributes);
  return caller_invite (call->caller, 1, "sendonly");
}

static void
claim (Call *call)
{
  SiprecStreamWishes wishes = {.latency = 100 * GST_MSECOND};
  g_autoptr (SiprecEvent) added = NULL;

  call->session = recorder_session (call->recorder, 0);
  fail_unless (call->session && recorder_claim (call->recorder, call->session));
  added = recorder_event (call->recorder, call->session, SIPREC_EVENT_STREAM_ADDED);
  call->stream = siprec_stream_ref (added->stream);
  siprec_stream_claim (call->stream, &wishes, NULL);
}

/* An encrypted call that is answered. */
static void
begin_encrypted (Call *call, const gchar *suite)
{
  g_autofree gchar *attributes = new_key (call, suite);

  use_key (call);
  fail_unless_equals_int (invite (call, "RTP/SAVP", attributes), 200);
  claim (call);
}

static guint64
get_stat (Call *call, const gchar *name)
{
  g_autoptr (GstStructure) stats = siprec_stream_get_stats (call->stream);
  guint64 value = 0;

  fail_unless (gst_structure_get_uint64 (stats, name, &value), "no %s", name);
  return value;
}

static void
await_stat (Call *call, const gchar *name, guint64 least)
{
  for (guint i = 0; i < 500 && get_stat (call, name) < least; i++)
    g_usleep (10000);
  if (get_stat (call, name) < least) {
    g_autoptr (GstStructure) stats = siprec_stream_get_stats (call->stream);
    g_autofree gchar *text = gst_structure_to_string (stats);

    fail ("%s of %" G_GUINT64_FORMAT ": %s", name, least, text);
  }
}

static void
take_units (Call *call)
{
  SiprecUnit unit;

  while (!call->ended && siprec_stream_wait (call->stream)) {
    GstMapInfo map;

    if (siprec_stream_pop (call->stream, &unit, 1) == 0)
      continue;
    call->ended = unit.type == SIPREC_UNIT_END;
    if (unit.type == SIPREC_UNIT_DATA && gst_buffer_map (unit.buffer, &map, GST_MAP_READ)) {
      g_byte_array_append (call->media, map.data, (guint)map.size);
      gst_buffer_unmap (unit.buffer, &map);
    }
    siprec_unit_clear (&unit);
  }
}

/* At once, as no client does: nothing of their media is looked at. */
static void
send_burst (Call *call, guint from, guint n)
{
  for (guint i = from; i < from + n; i++)
    caller_send (call->caller, 0, (guint8)i);
}

/* At the pace of speech. */
static void
send_frames (Call *call, guint from, guint n)
{
  for (guint i = from; i < from + n; i++) {
    send_burst (call, i, 1);
    g_usleep (20000);
  }
}

/* Hangs up; @n frames have come, in order and whole. */
static void
end_with_frames (Call *call, guint n)
{
  await_stat (call, "packets-received", n);
  fail_unless_equals_int (caller_bye (call->caller), 200);
  take_units (call);
  fail_unless_equals_int (call->media->len, n * FRAME);
  for (guint i = 0; i < n * FRAME; i++)
    fail_unless_equals_int (call->media->data[i], (guint8)(i / FRAME));
}

/* ---- what is agreed ---- */

#define N_SUITES 6

GST_START_TEST (each_suite_is_answered_with_a_key_of_our_own)
{
  const SiprecSuite *suite = siprec_suite_get ((guint)__i__);
  Call call;
  g_autofree gchar *answer = NULL;
  g_autofree gchar *offered = NULL;
  const gchar *problem = NULL;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  begin_encrypted (&call, suite->name);
  fail_unless (strstr (caller_last (call.caller), " RTP/SAVP 0 101\r\n"));
  answer = caller_attribute (call.caller, 0, "crypto");
  offered = siprec_crypto_write (3, suite->name, &call.keying);
  g_autoptr (SiprecCrypto) crypto = siprec_crypto_read (answer, &problem);
  fail_unless (crypto != NULL, "%s", problem);
  fail_unless_equals_int (crypto->tag, 3);
  fail_unless (crypto->keying.suite == suite);
  fail_if (siprec_keying_equal (&crypto->keying, &call.keying));
  fail_if (strstr (caller_last (call.caller), offered));

  send_frames (&call, 0, 25);
  end_with_frames (&call, 25);
  fail_unless_equals_uint64 (get_stat (&call, "num-auth-failed"), 0);
  call_clear (&call);
}
GST_END_TEST

GST_START_TEST (each_line_gets_its_own_key)
{
  Call call;
  g_autofree gchar *one = NULL, *two = NULL, *offer = NULL;

  call_init (&call, SIPREC_SRTP_OPTIONAL, SIPREC_LATCH_FIRST);
  offer = new_key (&call, "AEAD_AES_128_GCM");
  caller_set_media (call.caller, 0, "RTP/SAVPF", offer);
  caller_set_media (call.caller, 1, "RTP/SAVPF", offer);
  fail_unless_equals_int (caller_invite (call.caller, 2, "sendonly"), 200);
  one = caller_attribute (call.caller, 0, "crypto");
  two = caller_attribute (call.caller, 1, "crypto");
  fail_unless (one && two && !g_str_equal (one, two));
  call_clear (&call);
}
GST_END_TEST

typedef struct {
  SiprecSrtpPolicy policy;
  const gchar *proto;
  gboolean crypto;
  guint status;
  gboolean encrypted;
} Agreement;

static const Agreement agreements[] = {
    {SIPREC_SRTP_OPTIONAL, "RTP/AVP", FALSE, 200, FALSE},
    {SIPREC_SRTP_OPTIONAL, "RTP/AVP", TRUE, 200, TRUE}, /* RFC 8643 */
    {SIPREC_SRTP_OPTIONAL, "RTP/AVPF", FALSE, 200, FALSE},
    {SIPREC_SRTP_OPTIONAL, "RTP/SAVP", TRUE, 200, TRUE},
    {SIPREC_SRTP_OPTIONAL, "RTP/SAVPF", TRUE, 200, TRUE},
    {SIPREC_SRTP_OPTIONAL, "RTP/SAVP", FALSE, 488, FALSE},
    {SIPREC_SRTP_REQUIRED, "RTP/AVP", FALSE, 488, FALSE},
    {SIPREC_SRTP_REQUIRED, "RTP/AVP", TRUE, 200, TRUE},
    {SIPREC_SRTP_REQUIRED, "RTP/SAVP", TRUE, 200, TRUE},
    {SIPREC_SRTP_REQUIRED, "RTP/SAVP", FALSE, 488, FALSE},
    {SIPREC_SRTP_DISABLED, "RTP/AVP", TRUE, 200, FALSE},
    {SIPREC_SRTP_DISABLED, "RTP/SAVP", TRUE, 488, FALSE},
};

GST_START_TEST (the_policy_decides)
{
  const Agreement *agreement = &agreements[__i__];
  Call call;
  g_autofree gchar *offer = NULL, *answer = NULL, *mline = NULL;

  call_init (&call, agreement->policy, SIPREC_LATCH_FIRST);
  offer = new_key (&call, "AES_CM_128_HMAC_SHA1_80");
  fail_unless_equals_int (invite (&call, agreement->proto, agreement->crypto ? offer : NULL),
                          agreement->status);
  if (agreement->status != 200) {
    g_autofree gchar *warning = caller_header (call.caller, "Warning");

    fail_unless (warning && strstr (warning, "offer audio over"), "%s", warning);
    call_clear (&call);
    return;
  }
  mline = g_strdup_printf (" %s 0 101\r\n", agreement->proto);
  fail_unless (strstr (caller_last (call.caller), mline));
  answer = caller_attribute (call.caller, 0, "crypto");
  fail_unless_equals_int (answer != NULL, agreement->encrypted);
  if (agreement->encrypted)
    use_key (&call);
  claim (&call);
  send_frames (&call, 0, 20);
  end_with_frames (&call, 20);
  call_clear (&call);
}
GST_END_TEST

GST_START_TEST (only_the_plain_line_is_refused)
{
  Call call;
  g_autofree gchar *offer = NULL;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  offer = new_key (&call, "AES_CM_128_HMAC_SHA1_80");
  caller_set_media (call.caller, 1, "RTP/SAVP", offer);
  fail_unless_equals_int (caller_invite (call.caller, 2, "sendonly"), 200);
  fail_unless_equals_int (caller_port (call.caller, 0), 0);
  fail_unless (caller_port (call.caller, 1) != 0);
  call_clear (&call);
}
GST_END_TEST

/* Lines that can't be used are passed over, and the best of the others is taken. */
GST_START_TEST (the_best_usable_line_is_taken)
{
  Call call;
  g_autofree gchar *key = NULL, *offer = NULL, *answer = NULL;

  call_init (&call, SIPREC_SRTP_OPTIONAL, SIPREC_LATCH_FIRST);
  key = new_key (&call, "AEAD_AES_256_GCM");
  offer = g_strdup_printf (
      "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"
      "a=crypto:2 F8_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n%s"
      "a=crypto:4 AEAD_AES_256_GCM inline:short\r\n"
      "a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:4"
      " UNENCRYPTED_SRTP\r\n",
      key);
  use_key (&call);
  fail_unless_equals_int (invite (&call, "RTP/SAVP", offer), 200);
  answer = caller_attribute (call.caller, 0, "crypto");
  fail_unless (g_str_has_prefix (answer, "3 AEAD_AES_256_GCM inline:"));
  claim (&call);
  send_frames (&call, 0, 20);
  end_with_frames (&call, 20);
  call_clear (&call);
}
GST_END_TEST

/* The number of the o= line's version in the last answer. */
static guint
sdp_version (Call *call)
{
  const gchar *line = strstr (caller_last (call->caller), "o=- ");

  return (guint)g_ascii_strtoull (strchr (line + strlen ("o=- "), ' '), NULL, 10);
}

GST_START_TEST (a_refresh_keeps_our_key)
{
  Call call;
  g_autofree gchar *before = NULL, *after = NULL;
  guint version;

  call_init (&call, SIPREC_SRTP_OPTIONAL, SIPREC_LATCH_FIRST);
  begin_encrypted (&call, "AES_CM_128_HMAC_SHA1_80");
  before = caller_attribute (call.caller, 0, "crypto");
  version = sdp_version (&call);
  send_frames (&call, 0, 10);
  fail_unless_equals_int (caller_reinvite (call.caller, 1, "sendonly"), 200);
  after = caller_attribute (call.caller, 0, "crypto");
  fail_unless_equals_string (before, after);
  fail_unless_equals_int (sdp_version (&call), version);
  send_frames (&call, 10, 10);
  end_with_frames (&call, 20);
  call_clear (&call);
}
GST_END_TEST

/* ---- keys that change ---- */

/* @i: whether another suite comes with the new key. */
GST_START_TEST (no_packet_is_lost_when_the_key_changes)
{
  Call call;
  Sealer *old;
  guint n = 0;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  begin_encrypted (&call, "AES_CM_128_HMAC_SHA1_80");
  for (guint round = 0; round < 10; round++) {
    g_autofree gchar *offer =
        new_key (&call, __i__ && round % 2 ? "AEAD_AES_128_GCM" : "AES_CM_128_HMAC_SHA1_80");

    send_burst (&call, n, 5);
    old = g_steal_pointer (&call.sealer);
    caller_set_media (call.caller, 0, "RTP/SAVP", offer);
    fail_unless_equals_int (caller_reinvite (call.caller, 1, "sendonly"), 200);
    /* What was on its way under the old key, and then at once what comes under the new one. */
    send_burst (&call, n + 5, 5);
    use_key (&call);
    send_burst (&call, n + 10, 5);
    n += 15;
    sealer_free (old);
    /* Keys before the last ones are forgotten. */
    await_stat (&call, "packets-received", n);
  }
  fail_unless_equals_uint64 (get_stat (&call, "num-auth-failed"), 0);
  fail_unless_equals_uint64 (get_stat (&call, "num-lost"), 0);
  call_clear (&call);
}
GST_END_TEST

GST_START_TEST (counting_goes_on_over_a_hold)
{
  Call call;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  caller_set_seq (call.caller, 0, 65520);
  begin_encrypted (&call, "AES_CM_128_HMAC_SHA1_80");
  send_frames (&call, 0, 10);
  await_stat (&call, "packets-received", 10);
  fail_unless_equals_int (caller_reinvite (call.caller, 1, "inactive"), 200);
  fail_unless_equals_int (caller_reinvite (call.caller, 1, "sendonly"), 200);
  send_frames (&call, 10, 20);
  end_with_frames (&call, 30);
  call_clear (&call);
}
GST_END_TEST

/* ---- what doesn't get in ---- */

static void
expect_rejected (Call *call, const gchar *reason)
{
  g_autoptr (SiprecEvent) event =
      recorder_event (call->recorder, call->session, SIPREC_EVENT_MEDIA_REJECTED);

  fail_unless (event != NULL);
  fail_unless_equals_string (json_object_get_string_member (event->data, "reason"), reason);
  fail_unless (
      g_str_has_prefix (json_object_get_string_member (event->data, "source"), "127.0.0.1:"));
}

GST_START_TEST (plain_packets_stay_out)
{
  Call call;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  begin_encrypted (&call, "AES_CM_128_HMAC_SHA1_80");
  send_frames (&call, 0, 10);
  await_stat (&call, "packets-received", 10);
  caller_set_sealer (call.caller, 0, NULL);
  send_frames (&call, 77, 5);
  caller_set_sealer (call.caller, 0, call.sealer);
  await_stat (&call, "num-auth-failed", 5);
  expect_rejected (&call, "authentication");
  caller_set_seq (call.caller, 0, 0);
  call_clear (&call);
}
GST_END_TEST

GST_START_TEST (replayed_packets_stay_out)
{
  Call call;
  guint8 packet[12 + FRAME + SEALER_OVERHEAD] = {0x80};
  gsize size;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  begin_encrypted (&call, "AEAD_AES_128_GCM");
  GST_WRITE_UINT32_BE (packet + 8, 0x77);
  size = sealer_seal (call.sealer, packet, 12 + FRAME);
  for (guint i = 0; i < 8; i++)
    caller_send_raw (call.caller, 0, packet, size);
  await_stat (&call, "num-replayed", 7);
  expect_rejected (&call, "replay");
  fail_unless_equals_uint64 (get_stat (&call, "packets-received"), 1);
  call_clear (&call);
}
GST_END_TEST

/* Packets with the right keys from elsewhere: the client has moved. */
GST_START_TEST (authentic_packets_may_come_from_elsewhere)
{
  Call call;
  g_autoptr (GSocket) other = NULL;
  g_autoptr (GSocketAddress) address = NULL;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  begin_encrypted (&call, "AES_CM_128_HMAC_SHA1_80");
  send_frames (&call, 0, 10);
  other = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  address = g_inet_socket_address_new_from_string ("127.0.0.1", caller_port (call.caller, 0));
  for (guint i = 10; i < 20; i++) {
    guint8 packet[12 + FRAME + SEALER_OVERHEAD] = {0x80};
    gsize size;

    GST_WRITE_UINT16_BE (packet + 2, i);
    GST_WRITE_UINT32_BE (packet + 4, i * FRAME);
    GST_WRITE_UINT32_BE (packet + 8, 0x99);
    memset (packet + 12, (gint)i, FRAME);
    size = sealer_seal (call.sealer, packet, 12 + FRAME);
    g_socket_send_to (other, address, (const gchar *)packet, size, NULL, NULL);
  }
  await_stat (&call, "packets-received", 20);
  fail_unless_equals_uint64 (get_stat (&call, "num-wrong-source"), 0);
  call_clear (&call);
}
GST_END_TEST

/* Somebody else sends plain RTP to a plain call, @i: in which mode. */
GST_START_TEST (the_latch_keeps_others_out)
{
  SiprecLatchMode mode = (SiprecLatchMode)__i__;
  guint8 packet[12 + FRAME] = {0x80};
  Call call;
  g_autoptr (GSocket) other = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocketAddress) own = g_inet_socket_address_new_from_string ("127.0.0.3", 0);

  call_init (&call, SIPREC_SRTP_OPTIONAL, mode);
  fail_unless_equals_int (invite (&call, NULL, NULL), 200);
  claim (&call);
  send_frames (&call, 0, 10);
  await_stat (&call, "packets-received", 10);
  other = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  fail_unless (g_socket_bind (other, own, FALSE, NULL));
  address = g_inet_socket_address_new_from_string ("127.0.0.1", caller_port (call.caller, 0));
  GST_WRITE_UINT32_BE (packet + 8, 0x66);
  for (guint i = 0; i < 6; i++) {
    GST_WRITE_UINT16_BE (packet + 2, i);
    g_socket_send_to (other, address, (const gchar *)packet, sizeof (packet), NULL, NULL);
  }
  if (mode == SIPREC_LATCH_ANY) {
    await_stat (&call, "packets-received", 16);
    fail_unless_equals_uint64 (get_stat (&call, "num-wrong-source"), 0);
  } else {
    g_autoptr (SiprecEvent) event = NULL;

    await_stat (&call, "num-wrong-source", 6);
    event = recorder_event (call.recorder, call.session, SIPREC_EVENT_MEDIA_REJECTED);
    fail_unless_equals_string (json_object_get_string_member (event->data, "reason"), "address");
    fail_unless (
        g_str_has_prefix (json_object_get_string_member (event->data, "source"), "127.0.0.3:"));
    send_frames (&call, 10, 10);
    end_with_frames (&call, 20);
  }
  call_clear (&call);
}
GST_END_TEST

/* ---- RTCP ---- */

GST_START_TEST (our_reports_are_sealed_with_our_key)
{
  Call call;
  g_autofree gchar *offer = NULL, *attributes = NULL, *answer = NULL;
  const gchar *problem;
  guint8 report[1500] __attribute__ ((aligned (16)));
  gssize size;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  offer = new_key (&call, "AES_CM_128_HMAC_SHA1_32");
  attributes = g_strconcat (offer, "a=rtcp-mux\r\n", NULL);
  fail_unless_equals_int (invite (&call, "RTP/SAVP", attributes), 200);
  answer = caller_attribute (call.caller, 0, "crypto");
  g_autoptr (SiprecCrypto) crypto = siprec_crypto_read (answer, &problem);
  g_autoptr (Sealer) peer = sealer_new (&crypto->keying, TRUE);

  g_socket_set_timeout (caller_socket (call.caller, 0), 30);
  size = g_socket_receive (caller_socket (call.caller, 0), (gchar *)report, sizeof (report), NULL,
                           NULL);
  fail_unless (size > 8);
  fail_unless_equals_int (report[1], 201);
  fail_unless (sealer_open_rtcp (peer, report, (gsize)size) > 0);
  call_clear (&call);
}
GST_END_TEST

/* ---- what nobody may see ---- */

static void
fail_if_tells (const gchar *text, const gchar *secret)
{
  fail_if (strstr (text, secret) != NULL, "a key is in: %s", text);
}

static void
log_to (GstDebugCategory *category, GstDebugLevel level, const gchar *file, const gchar *function,
        gint line, GObject *object, GstDebugMessage *message, gpointer text)
{
  static GMutex lock;

  g_mutex_lock (&lock);
  g_string_append (text, gst_debug_message_get (message));
  g_string_append_c (text, '\n');
  g_mutex_unlock (&lock);
}

GST_START_TEST (keys_are_told_to_nobody)
{
  Call call;
  g_autoptr (GString) log = g_string_new (NULL);
  g_autofree gchar *line = NULL, *secret = NULL, *attributes = NULL, *own = NULL, *sdp = NULL;
  GstSDPMessage *offer;

  gst_debug_set_active (TRUE);
  gst_debug_set_default_threshold (GST_LEVEL_TRACE);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (log_to, log, NULL);
  call_init (&call, SIPREC_SRTP_OPTIONAL, SIPREC_LATCH_FIRST);
  line = new_key (&call, "AES_CM_128_HMAC_SHA1_80");
  secret = g_base64_encode (call.keying.keys[0].key, 30);
  /* A second time where it doesn't belong. */
  attributes = g_strdup_printf ("%s"
                                "garbage inline:%s\r\nk=base64:%s\r\n"
                                "a=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:%s what\r\n",
                                line, secret, secret, secret);
  use_key (&call);
  fail_unless_equals_int (invite (&call, "RTP/SAVP", attributes), 200);
  own = caller_attribute (call.caller, 0, "crypto");
  call.session = recorder_session (call.recorder, 0);
  fail_unless (recorder_claim (call.recorder, call.session));
  offer = siprec_session_get_offer (call.session);
  sdp = gst_sdp_message_as_text (offer);
  fail_if_tells (sdp, secret);
  fail_unless (strstr (sdp, "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:****"));
  gst_sdp_message_free (offer);
  send_frames (&call, 0, 5);
  fail_unless_equals_int (caller_bye (call.caller), 200);
  for (gboolean over = FALSE; !over;) {
    SiprecEvent *event = siprec_session_pop_event (call.session);

    if (event) {
      g_autofree gchar *json = siprec_event_to_json (event, "node", 0);

      fail_if_tells (json, secret);
      fail_if_tells (json, strstr (own, "inline:") + strlen ("inline:"));
      over = event->type == SIPREC_EVENT_SESSION_ENDED;
      siprec_event_unref (event);
    }
  }
  call_clear (&call);
  gst_debug_remove_log_function (log_to);
  fail_unless (log->len > 0);
  fail_if_tells (log->str, secret);
  fail_if_tells (log->str, strstr (own, "inline:") + strlen ("inline:"));
}
GST_END_TEST

/* ---- offers of ours ---- */

GST_START_TEST (we_offer_encryption_where_it_is_required)
{
  Call call;
  g_autofree gchar *line = NULL, *offered = NULL, *sdp = NULL;

  call_init (&call, SIPREC_SRTP_REQUIRED, SIPREC_LATCH_FIRST);
  line = new_key (&call, "AES_CM_128_HMAC_SHA1_80");
  memcpy (strchr (line, ':') + 1, "1", 1);
  sdp = g_strdup_printf ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                         "m=audio 40000 RTP/SAVP 0\r\n%sa=sendonly\r\n",
                         line);
  caller_set_answer (call.caller, sdp);
  use_key (&call);
  fail_unless_equals_int (caller_invite_with (call.caller, "Require: siprec\r\n", NULL, NULL), 200);
  offered = caller_attribute (call.caller, 0, "crypto");
  fail_unless (g_str_has_prefix (offered, "1 AES_CM_128_HMAC_SHA1_80 inline:"));
  fail_unless (strstr (caller_last (call.caller), " RTP/SAVP "));
  claim (&call);
  send_frames (&call, 0, 10);
  end_with_frames (&call, 10);
  call_clear (&call);
}
GST_END_TEST

static Suite *
session_srtp_suite (void)
{
  Suite *suite = suite_create ("session-srtp");
  TCase *agreed = tcase_create ("agreed"), *kept = tcase_create ("kept-out");

  suite_add_tcase (suite, agreed);
  tcase_add_loop_test (agreed, each_suite_is_answered_with_a_key_of_our_own, 0, N_SUITES);
  tcase_add_test (agreed, each_line_gets_its_own_key);
  tcase_add_loop_test (agreed, the_policy_decides, 0, G_N_ELEMENTS (agreements));
  tcase_add_test (agreed, only_the_plain_line_is_refused);
  tcase_add_test (agreed, the_best_usable_line_is_taken);
  tcase_add_test (agreed, a_refresh_keeps_our_key);
  tcase_add_loop_test (agreed, no_packet_is_lost_when_the_key_changes, 0, 2);
  tcase_add_test (agreed, counting_goes_on_over_a_hold);
  tcase_add_test (agreed, our_reports_are_sealed_with_our_key);
  tcase_add_test (agreed, we_offer_encryption_where_it_is_required);

  suite_add_tcase (suite, kept);
  tcase_add_test (kept, plain_packets_stay_out);
  tcase_add_test (kept, replayed_packets_stay_out);
  tcase_add_test (kept, authentic_packets_may_come_from_elsewhere);
  tcase_add_loop_test (kept, the_latch_keeps_others_out, SIPREC_LATCH_FIRST, SIPREC_LATCH_ANY + 1);
  tcase_add_test (kept, keys_are_told_to_nobody);
  return suite;
}

GST_CHECK_MAIN (session_srtp);
