/* Calls whose keys come from DTLS: who begins, what is refused, and that the media arrives.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "session-ends.h"
#include "tests/support/dtls-client.h"

#define FRAME    160
#define N_FRAMES 20

static void
set_up (void)
{
  SiprecPolicy policy = {.srtp_policy = SIPREC_SRTP_REQUIRED};

  ends_open_with (&policy, FALSE);
}

static SiprecStream *
next_stream (void)
{
  g_autoptr (SiprecEvent) added = recorder_event (recorder, session, SIPREC_EVENT_STREAM_ADDED);
  SiprecStreamWishes wishes = {.latency = 100 * GST_MSECOND};

  fail_unless_equals_string (json_object_get_string_member (added->data, "encryption"), "dtls");
  siprec_stream_claim (added->stream, &wishes, NULL);
  return siprec_stream_ref (added->stream);
}

static guint64
get_received (SiprecStream *stream)
{
  g_autoptr (GstStructure) stats = siprec_stream_get_stats (stream);
  guint64 value = 0;

  gst_structure_get_uint64 (stats, "packets-received", &value);
  return value;
}

/* The frames up to @to, and that many were sent in all. */
static void
say (SiprecStream *stream, guint line, guint from, guint to)
{
  for (guint i = from; i < to; i++) {
    caller_send (caller, line, (guint8)i);
    g_usleep (20000);
  }
  for (guint i = 0; i < 500 && get_received (stream) < to; i++)
    g_usleep (10000);
  fail_unless_equals_uint64 (get_received (stream), to);
}

/* @n frames arrive whole. */
static void
hear (SiprecStream *stream, guint n)
{
  guint frames = 0;
  SiprecUnit unit;

  for (guint i = 0; i < 500 && frames < n; i++) {
    while (siprec_stream_pop (stream, &unit, 1)) {
      if (unit.type == SIPREC_UNIT_DATA) {
        guint8 data[FRAME];

        fail_unless_equals_int (gst_buffer_extract (unit.buffer, 0, data, FRAME), FRAME);
        for (guint j = 0; j < FRAME; j++)
          fail_unless_equals_int (data[j], frames);
        frames++;
      }
      siprec_unit_clear (&unit);
    }
    g_usleep (10000);
  }
  fail_unless_equals_int (frames, n);
}

/* All of what the client says on @line arrives whole. */
static void
talk (SiprecStream *stream, guint line)
{
  say (stream, line, 0, N_FRAMES);
  hear (stream, N_FRAMES);
}

static const struct {
  const gchar *proto, *offered, *answered;
} roles[] = {
    {"UDP/TLS/RTP/SAVPF", "actpass", "a=setup:active"},
    {"UDP/TLS/RTP/SAVP", "active", "a=setup:passive"},
    {"RTP/SAVPF", "passive", "a=setup:active"},
    {"RTP/SAVP", "actpass", "a=setup:active"},
    {"RTP/AVP", "active", "a=setup:passive"},
};

GST_START_TEST (each_role_is_played)
{
  g_autofree gchar *attributes = dtls_client_attributes (roles[__i__].offered, FALSE);
  g_autofree gchar *mline = g_strdup_printf (" %s 0 101\r\n", roles[__i__].proto);
  g_autoptr (SiprecStream) stream = NULL;
  DtlsClient client;

  caller_set_media (caller, 0, roles[__i__].proto, attributes);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  fail_unless (strstr (caller_last (caller), roles[__i__].answered));
  fail_unless (strstr (caller_last (caller), mline));
  fail_unless (dtls_client_init (&client, caller, 0));
  fail_unless_equals_int (dtls_client_shake (&client), SIPREC_DTLS_DONE);
  fail_unless (dtls_client_use_keys (&client));
  ends_claim ();
  stream = next_stream ();
  talk (stream, 0);
  dtls_client_clear (&client);
}
GST_END_TEST

/* The fingerprint of one line is wrong: that stream fails, the other one is recorded. */
GST_START_TEST (a_wrong_certificate_costs_one_stream)
{
  g_autofree gchar *right = dtls_client_attributes ("active", FALSE);
  g_autofree gchar *wrong = dtls_client_attributes ("active", TRUE);
  g_autoptr (SiprecStream) one = NULL, two = NULL;
  g_autoptr (SiprecEvent) failed = NULL;
  DtlsClient clients[2];

  caller_set_media (caller, 0, "UDP/TLS/RTP/SAVPF", wrong);
  caller_set_media (caller, 1, "UDP/TLS/RTP/SAVPF", right);
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  ends_claim ();
  one = next_stream ();
  two = next_stream ();
  for (guint i = 0; i < 2; i++) {
    fail_unless (dtls_client_init (&clients[i], caller, i));
    dtls_client_shake (&clients[i]);
  }
  failed = recorder_event (recorder, session, SIPREC_EVENT_MEDIA_FAILED);
  fail_unless (failed != NULL);
  fail_unless_equals_string (json_object_get_string_member (failed->data, "reason"), "fingerprint");
  fail_unless_equals_string (json_object_get_string_member (failed->data, "stream"), "audio_0");
  fail_unless (dtls_client_use_keys (&clients[1]));
  talk (two, 1);
  fail_unless_equals_uint64 (get_received (one), 0);
  fail_unless_equals_int (caller_bye (caller), 200);
  for (guint i = 0; i < 2; i++)
    dtls_client_clear (&clients[i]);
}
GST_END_TEST

/* Both ways to keys are offered: the transport decides. */
GST_START_TEST (the_transport_decides_where_both_are_offered)
{
  g_autofree gchar *fingerprint = dtls_client_attributes ("actpass", FALSE);
  g_autofree gchar *both = g_strconcat (
      fingerprint,
      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n",
      NULL);

  caller_set_media (caller, 0, "UDP/TLS/RTP/SAVPF", both);
  caller_set_media (caller, 1, "RTP/SAVPF", both);
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  for (guint i = 0; i < 2; i++) {
    g_autofree gchar *crypto = caller_attribute (caller, i, "crypto");
    g_autofree gchar *shown = caller_attribute (caller, i, "fingerprint");

    fail_unless_equals_int (shown != NULL, i == 0);
    fail_unless_equals_int (crypto != NULL, i == 1);
  }
}
GST_END_TEST

/* A refresh doesn't touch the association: the same keys go on. */
GST_START_TEST (a_refresh_keeps_the_association)
{
  g_autofree gchar *attributes = dtls_client_attributes ("actpass", FALSE);
  g_autoptr (SiprecStream) stream = NULL;
  DtlsClient client;

  caller_set_media (caller, 0, "UDP/TLS/RTP/SAVPF", attributes);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  fail_unless (dtls_client_init (&client, caller, 0));
  fail_unless_equals_int (dtls_client_shake (&client), SIPREC_DTLS_DONE);
  fail_unless (dtls_client_use_keys (&client));
  ends_claim ();
  stream = next_stream ();
  fail_unless_equals_int (caller_reinvite (caller, 1, "sendonly"), 200);
  fail_unless (strstr (caller_last (caller), "a=setup:active"));
  talk (stream, 0);
  dtls_client_clear (&client);
}
GST_END_TEST

#define TLS_ID    "a=tls-id:abcdefghijklmnopqrst"
#define ICE(frag) "a=ice-ufrag:" frag "\r\na=ice-pwd:0123456789abcdefghijkl\r\n"

/* What a second offer may change, with the same certificate: it asks for another association (RFC 8842 section 3). */
static const struct {
  const gchar *setup, *more;
  const gchar *new_setup, *new_more;
  const gchar *answered;
} renewals[] = {
    {"active", TLS_ID "1\r\n", "active", TLS_ID "2\r\n", "a=setup:passive"},
    {"actpass", TLS_ID "1\r\n", "actpass", TLS_ID "2\r\n", "a=setup:active"},
    {"active", "", "passive", "", "a=setup:active"},
    {"passive", "", "active", "", "a=setup:passive"},
    {"active", ICE ("frag"), "active", ICE ("other"), "a=setup:passive"},
};

/* The old keys are good until the new ones are there, and nothing is lost. */
GST_START_TEST (another_association_takes_over)
{
  g_autofree gchar *before = dtls_client_attributes (renewals[__i__].setup, FALSE);
  g_autofree gchar *after = dtls_client_attributes (renewals[__i__].new_setup, FALSE);
  g_autofree gchar *offer = g_strconcat (before, renewals[__i__].more, NULL);
  g_autofree gchar *next = g_strconcat (after, renewals[__i__].new_more, NULL);
  g_autofree gchar *id = NULL, *new_id = NULL;
  g_autoptr (SiprecStream) stream = NULL;
  DtlsClient client, renewed;

  caller_set_media (caller, 0, "UDP/TLS/RTP/SAVPF", offer);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  id = caller_attribute (caller, 0, "tls-id");
  fail_unless_equals_int (id != NULL, strstr (offer, "tls-id") != NULL);
  ends_claim ();
  stream = next_stream ();
  fail_unless (dtls_client_init (&client, caller, 0));
  fail_unless_equals_int (dtls_client_shake (&client), SIPREC_DTLS_DONE);
  fail_unless (dtls_client_use_keys (&client));
  say (stream, 0, 0, N_FRAMES);

  caller_set_media (caller, 0, "UDP/TLS/RTP/SAVPF", next);
  fail_unless_equals_int (caller_reinvite (caller, 1, "sendonly"), 200);
  fail_unless (strstr (caller_last (caller), renewals[__i__].answered));
  new_id = caller_attribute (caller, 0, "tls-id");
  fail_unless (!id || (new_id && !g_str_equal (id, new_id)));
  say (stream, 0, N_FRAMES, N_FRAMES + 5);
  fail_unless (dtls_client_init (&renewed, caller, 0));
  fail_unless_equals_int (dtls_client_shake (&renewed), SIPREC_DTLS_DONE);
  fail_unless (dtls_client_use_keys (&renewed));
  say (stream, 0, N_FRAMES + 5, 2 * N_FRAMES);
  hear (stream, 2 * N_FRAMES);
  dtls_client_clear (&client);
  dtls_client_clear (&renewed);
}
GST_END_TEST

/* Of several fingerprints with the same hash any may be the certificate's (RFC 8122 section 5). */
GST_START_TEST (any_fingerprint_will_do)
{
  g_autofree gchar *wrong = dtls_client_attributes ("active", TRUE);
  g_autofree gchar *right = dtls_client_attributes ("active", FALSE);
  g_autofree gchar *both = g_strconcat (__i__ ? right : wrong, __i__ ? wrong : right, NULL);
  g_autoptr (SiprecStream) stream = NULL;
  DtlsClient client;

  caller_set_media (caller, 0, "UDP/TLS/RTP/SAVPF", both);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  fail_unless (dtls_client_init (&client, caller, 0));
  fail_unless_equals_int (dtls_client_shake (&client), SIPREC_DTLS_DONE);
  fail_unless (dtls_client_use_keys (&client));
  ends_claim ();
  stream = next_stream ();
  talk (stream, 0);
  dtls_client_clear (&client);
}
GST_END_TEST

/* Somebody else begins first, and fails: the client still gets its turn. */
GST_START_TEST (an_intruder_does_not_take_the_place)
{
  g_autofree gchar *attributes = dtls_client_attributes ("active", FALSE);
  g_autoptr (SiprecStream) stream = NULL;
  DtlsClient intruder, client;

  caller_set_media (caller, 0, "UDP/TLS/RTP/SAVPF", attributes);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  ends_claim ();
  stream = next_stream ();
  fail_unless (dtls_client_init (&intruder, caller, 0));
  intruder.line = 5;
  for (guint i = 0; i < 3; i++) {
    static const guint8 junk[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, (guint8)0, 0, 3, 1, 2, 3};

    dtls_client_send (&intruder, junk, sizeof (junk));
  }
  fail_unless (dtls_client_init (&client, caller, 0));
  fail_unless_equals_int (dtls_client_shake (&client), SIPREC_DTLS_DONE);
  fail_unless (dtls_client_use_keys (&client));
  talk (stream, 0);
  dtls_client_clear (&intruder);
  dtls_client_clear (&client);
}
GST_END_TEST

/* Somebody spoils the handshake of the RTCP socket: that is no failure of the stream. */
GST_START_TEST (a_stream_does_not_fail_with_its_reports)
{
  static const guint8 alert[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40};
  g_autofree gchar *attributes = dtls_client_attributes ("active", TRUE);
  g_autoptr (SiprecStream) stream = NULL;
  g_autoptr (SiprecEvent) failed = NULL;
  DtlsClient client;

  *strstr (attributes, "a=rtcp-mux") = '\0';
  caller_set_media (caller, 0, "UDP/TLS/RTP/SAVPF", attributes);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  ends_claim ();
  stream = next_stream ();
  fail_unless (dtls_client_init (&client, caller, 0));
  client.port++;
  dtls_client_send (&client, alert, sizeof (alert));
  client.port--;
  dtls_client_shake (&client);
  /* The one that is told first is the other one. */
  failed = recorder_event (recorder, session, SIPREC_EVENT_MEDIA_FAILED);
  fail_unless_equals_string (json_object_get_string_member (failed->data, "reason"), "fingerprint");
  dtls_client_clear (&client);
}
GST_END_TEST

static Suite *
session_dtls_suite (void)
{
  Suite *suite = suite_create ("session-dtls");
  TCase *tcase = tcase_create ("calls");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, set_up, ends_close);
  tcase_add_loop_test (tcase, each_role_is_played, 0, G_N_ELEMENTS (roles));
  tcase_add_test (tcase, a_wrong_certificate_costs_one_stream);
  tcase_add_test (tcase, the_transport_decides_where_both_are_offered);
  tcase_add_test (tcase, a_refresh_keeps_the_association);
  tcase_add_loop_test (tcase, another_association_takes_over, 0, G_N_ELEMENTS (renewals));
  tcase_add_loop_test (tcase, any_fingerprint_will_do, 0, 2);
  tcase_add_test (tcase, a_stream_does_not_fail_with_its_reports);
  tcase_add_test (tcase, an_intruder_does_not_take_the_place);
  return suite;
}

GST_CHECK_MAIN (session_dtls);
