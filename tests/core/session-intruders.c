/* What doesn't get into a call, encrypted or not, and what nobody gets to see of it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "encrypted-call.h"

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
  call_begin (&call, "AES_CM_128_HMAC_SHA1_80");
  call_speak (&call, 0, 10);
  call_await_stat (&call, "packets-received", 10);
  caller_set_sealer (call.caller, 0, NULL);
  call_speak (&call, 77, 5);
  caller_set_sealer (call.caller, 0, call.sealer);
  call_await_stat (&call, "num-auth-failed", 5);
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
  call_begin (&call, "AEAD_AES_128_GCM");
  GST_WRITE_UINT32_BE (packet + 8, 0x77);
  size = sealer_seal (call.sealer, packet, 12 + FRAME);
  for (guint i = 0; i < 8; i++)
    caller_send_raw (call.caller, 0, packet, size);
  call_await_stat (&call, "num-replayed", 7);
  expect_rejected (&call, "replay");
  fail_unless_equals_uint64 (call_get_stat (&call, "packets-received"), 1);
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
  call_begin (&call, "AES_CM_128_HMAC_SHA1_80");
  call_speak (&call, 0, 10);
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
  call_await_stat (&call, "packets-received", 20);
  fail_unless_equals_uint64 (call_get_stat (&call, "num-wrong-source"), 0);
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
  fail_unless_equals_int (call_invite (&call, NULL, NULL), 200);
  call_claim (&call);
  call_speak (&call, 0, 10);
  call_await_stat (&call, "packets-received", 10);
  other = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  fail_unless (g_socket_bind (other, own, FALSE, NULL));
  address = g_inet_socket_address_new_from_string ("127.0.0.1", caller_port (call.caller, 0));
  GST_WRITE_UINT32_BE (packet + 8, 0x66);
  for (guint i = 0; i < 6; i++) {
    GST_WRITE_UINT16_BE (packet + 2, i);
    g_socket_send_to (other, address, (const gchar *)packet, sizeof (packet), NULL, NULL);
  }
  if (mode == SIPREC_LATCH_ANY) {
    call_await_stat (&call, "packets-received", 16);
    fail_unless_equals_uint64 (call_get_stat (&call, "num-wrong-source"), 0);
  } else {
    g_autoptr (SiprecEvent) event = NULL;

    call_await_stat (&call, "num-wrong-source", 6);
    event = recorder_event (call.recorder, call.session, SIPREC_EVENT_MEDIA_REJECTED);
    fail_unless_equals_string (json_object_get_string_member (event->data, "reason"), "address");
    fail_unless (
        g_str_has_prefix (json_object_get_string_member (event->data, "source"), "127.0.0.3:"));
    call_speak (&call, 10, 10);
    call_end_with_frames (&call, 20);
  }
  call_clear (&call);
}
GST_END_TEST

/* ---- what nobody may see ---- */

static void
fail_if_tells (const gchar *text, const gchar *secret)
{
  fail_if (strstr (text, secret) != NULL, "a key is in: %s", text);
}

/* What is logged; NULL before and after. Threads that are on their way out log when nobody listens any more. */
G_LOCK_DEFINE_STATIC (logged);
static GString *logged;

static void
log_to (GstDebugCategory *category, GstDebugLevel level, const gchar *file, const gchar *function,
        gint line, GObject *object, GstDebugMessage *message, gpointer user_data)
{
  G_LOCK (logged);
  if (logged) {
    g_string_append (logged, gst_debug_message_get (message));
    g_string_append_c (logged, '\n');
  }
  G_UNLOCK (logged);
}

static void
log_begin (void)
{
  logged = g_string_new (NULL);
  gst_debug_set_active (TRUE);
  gst_debug_set_default_threshold (GST_LEVEL_TRACE);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (log_to, NULL, NULL);
}

static GString *
log_end (void)
{
  GString *log;

  gst_debug_remove_log_function (log_to);
  G_LOCK (logged);
  log = g_steal_pointer (&logged);
  G_UNLOCK (logged);
  return log;
}

GST_START_TEST (keys_are_told_to_nobody)
{
  Call call;
  g_autoptr (GString) log = NULL;
  g_autofree gchar *line = NULL, *secret = NULL, *attributes = NULL, *own = NULL, *sdp = NULL;
  GstSDPMessage *offer;

  log_begin ();
  call_init (&call, SIPREC_SRTP_OPTIONAL, SIPREC_LATCH_FIRST);
  line = call_make_key (&call, "AES_CM_128_HMAC_SHA1_80");
  secret = g_base64_encode (call.keying.keys[0].key, 30);
  /* A second time where it doesn't belong. */
  attributes = g_strdup_printf ("%s"
                                "garbage inline:%s\r\nk=base64:%s\r\n"
                                "a=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:%s what\r\n",
                                line, secret, secret, secret);
  call_use_key (&call);
  fail_unless_equals_int (call_invite (&call, "RTP/SAVP", attributes), 200);
  own = caller_attribute (call.caller, 0, "crypto");
  call.session = recorder_session (call.recorder, 0);
  fail_unless (recorder_claim (call.recorder, call.session));
  offer = siprec_session_get_offer (call.session);
  sdp = gst_sdp_message_as_text (offer);
  fail_if_tells (sdp, secret);
  fail_unless (strstr (sdp, "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:****"));
  gst_sdp_message_free (offer);
  call_speak (&call, 0, 5);
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
  log = log_end ();
  fail_unless (log->len > 0);
  fail_if_tells (log->str, secret);
  fail_if_tells (log->str, strstr (own, "inline:") + strlen ("inline:"));
}
GST_END_TEST

static Suite *
session_intruders_suite (void)
{
  Suite *suite = suite_create ("session-intruders");
  TCase *kept = tcase_create ("kept-out");

  suite_add_tcase (suite, kept);
  tcase_add_test (kept, plain_packets_stay_out);
  tcase_add_test (kept, replayed_packets_stay_out);
  tcase_add_test (kept, authentic_packets_may_come_from_elsewhere);
  tcase_add_loop_test (kept, the_latch_keeps_others_out, SIPREC_LATCH_FIRST, SIPREC_LATCH_ANY + 1);
  tcase_add_test (kept, keys_are_told_to_nobody);
  return suite;
}

GST_CHECK_MAIN (session_intruders);
