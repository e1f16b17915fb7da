/* DTLS handshakes for SRTP, with ourselves and with OpenSSL's own client and server over a bad network.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/srtp/dtls.h"
#include "siprec-core/srtp/srtp.h"
#include "tests/support/sealer.h"

/* Two sides, and what is on its way between them. */
typedef struct {
  SiprecDtls *sides[2];
  GQueue way[2];    /* GBytes, to each */
  guint sent, lose; /* every @lose-th datagram is lost */
} Link;

typedef struct {
  Link *link;
  guint to;
} End;

static End ends[2];

static void
send_datagram (gpointer user_data, const guint8 *data, gsize size)
{
  End *end = user_data;

  fail_unless (size <= 1200);
  fail_unless (siprec_dtls_is_record (data, size));
  if (end->link->lose && ++end->link->sent % end->link->lose == 0)
    return;
  g_queue_push_tail (&end->link->way[end->to], g_bytes_new (data, size));
}

static void
link_init (Link *link, const SiprecFingerprint *expected)
{
  const SiprecFingerprints fingerprints = {1, {*expected}};

  *link = (Link){0};
  for (guint i = 0; i < 2; i++) {
    ends[i] = (End){link, 1 - i};
    g_queue_init (&link->way[i]);
    link->sides[i] = siprec_dtls_new (i == 0, &fingerprints, send_datagram, &ends[i]);
  }
}

static void
link_clear (Link *link)
{
  for (guint i = 0; i < 2; i++) {
    siprec_dtls_free (link->sides[i]);
    g_queue_clear_full (&link->way[i], (GDestroyNotify)g_bytes_unref);
  }
}

/* One datagram for @side. Returns its size. */
static gsize
deliver (Link *link, guint side)
{
  g_autoptr (GBytes) datagram = g_queue_pop_head (&link->way[side]);
  gsize size;

  fail_unless (datagram != NULL);
  g_bytes_get_data (datagram, &size);
  siprec_dtls_input (link->sides[side], g_bytes_get_data (datagram, NULL), size);
  return size;
}

/* Until both are through, or @limit ticks have passed. */
static void
run (Link *link, guint limit)
{
  SiprecDtlsState states[2] = {0};

  for (guint i = 0;
       i < limit && (states[0] == SIPREC_DTLS_HANDSHAKING || states[1] == SIPREC_DTLS_HANDSHAKING);
       i++) {
    for (guint side = 0; side < 2; side++) {
      siprec_dtls_tick (link->sides[side], (i + 1) * 20 * GST_MSECOND);
      while (!g_queue_is_empty (&link->way[side]))
        deliver (link, side);
      states[side] = siprec_dtls_tick (link->sides[side], (i + 1) * 20 * GST_MSECOND);
    }
    if (link->lose)
      g_usleep (20000);
  }
}

static void
expect_keys (Link *link)
{
  SiprecKeying local[2], remote[2];

  for (guint i = 0; i < 2; i++)
    fail_unless (siprec_dtls_get_keys (link->sides[i], &local[i], &remote[i]));
  fail_unless (siprec_keying_equal (&local[0], &remote[1]));
  fail_unless (siprec_keying_equal (&local[1], &remote[0]));
  fail_if (siprec_keying_equal (&local[0], &local[1]));
  fail_unless_equals_string (local[0].suite->name, "AEAD_AES_256_GCM");
}

GST_START_TEST (both_sides_get_the_keys)
{
  SiprecFingerprint own;
  Link link;

  fail_unless (siprec_dtls_get_fingerprint (&own));
  link_init (&link, &own);
  run (&link, 50);
  expect_keys (&link);
  link_clear (&link);
}
GST_END_TEST

GST_START_TEST (what_is_lost_is_sent_again)
{
  SiprecFingerprint own;
  Link link;

  fail_unless (siprec_dtls_get_fingerprint (&own));
  link_init (&link, &own);
  link.lose = 3;
  run (&link, 1000);
  expect_keys (&link);
  link_clear (&link);
}
GST_END_TEST

GST_START_TEST (another_certificate_is_refused)
{
  SiprecFingerprint own;
  SiprecKeying keying, other;
  Link link;

  fail_unless (siprec_dtls_get_fingerprint (&own));
  own.digest[31] ^= 1;
  link_init (&link, &own);
  run (&link, 50);
  for (guint i = 0; i < 2; i++) {
    fail_unless_equals_int (siprec_dtls_get_failure (link.sides[i]), SIPREC_DTLS_BAD_FINGERPRINT);
    fail_if (siprec_dtls_get_keys (link.sides[i], &keying, &other));
  }
  link_clear (&link);
}
GST_END_TEST

/* Of several fingerprints any may be that of the certificate (RFC 8122 section 5). */
GST_START_TEST (one_of_several_certificates_is_enough)
{
  SiprecFingerprints expected = {0};
  SiprecFingerprint own, other;
  Link link;

  fail_unless (siprec_dtls_get_fingerprint (&own));
  other = own;
  other.digest[0] ^= 1;
  siprec_fingerprints_add (&expected, &other);
  siprec_fingerprints_add (&expected, &own);
  link_init (&link, &own);
  siprec_dtls_free (link.sides[1]);
  link.sides[1] = siprec_dtls_new (FALSE, &expected, send_datagram, &ends[1]);
  run (&link, 50);
  expect_keys (&link);
  link_clear (&link);
}
GST_END_TEST

/* Hellos from forged addresses cost no handshake, and get less than they brought. */
GST_START_TEST (nothing_is_begun_without_a_cookie)
{
  SiprecFingerprint own;
  g_autoptr (GBytes) hello = NULL;
  Link link;

  fail_unless (siprec_dtls_get_fingerprint (&own));
  link_init (&link, &own);
  siprec_dtls_tick (link.sides[0], GST_SECOND);
  hello = g_queue_pop_head (&link.way[1]);
  for (guint i = 0; i < 100; i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (hello, &size);

    siprec_dtls_set_place (link.sides[1], &i, sizeof (i));
    siprec_dtls_input (link.sides[1], data, size);
    fail_unless_equals_int (g_queue_get_length (&link.way[0]), 1);
    fail_unless (g_bytes_get_size (g_queue_peek_head (&link.way[0])) < size);
    fail_unless (siprec_dtls_is_listening (link.sides[1]));
    if (i < 99)
      g_bytes_unref (g_queue_pop_head (&link.way[0]));
  }
  /* The cookie is that of the last place, so it doesn't do from another one. */
  deliver (&link, 0);
  siprec_dtls_set_place (link.sides[1], "elsewhere", 9);
  deliver (&link, 1);
  fail_unless (siprec_dtls_is_listening (link.sides[1]));

  g_queue_clear_full (&link.way[0], (GDestroyNotify)g_bytes_unref);
  siprec_dtls_free (link.sides[0]);
  link.sides[0] = siprec_dtls_new (TRUE, &(SiprecFingerprints){1, {own}}, send_datagram, &ends[0]);
  run (&link, 50);
  expect_keys (&link);
  link_clear (&link);
}
GST_END_TEST

GST_START_TEST (a_silent_peer_is_given_up)
{
  SiprecFingerprint own;
  Link link;

  fail_unless (siprec_dtls_get_fingerprint (&own));
  link_init (&link, &own);
  siprec_dtls_tick (link.sides[0], GST_SECOND);
  fail_unless_equals_int (siprec_dtls_tick (link.sides[0], 40 * GST_SECOND), SIPREC_DTLS_FAILED);
  fail_unless_equals_int (siprec_dtls_get_failure (link.sides[0]), SIPREC_DTLS_TIMEOUT);
  link_clear (&link);
}
GST_END_TEST

/* A passive side waits for the peer as long as it takes, and half a minute for the rest. */
GST_START_TEST (time_begins_with_the_peer)
{
  SiprecFingerprint own;
  Link link;

  fail_unless (siprec_dtls_get_fingerprint (&own));
  link_init (&link, &own);
  for (guint i = 1; i < 600; i++)
    fail_unless_equals_int (siprec_dtls_tick (link.sides[1], i * GST_SECOND),
                            SIPREC_DTLS_HANDSHAKING);
  siprec_dtls_tick (link.sides[0], 600 * GST_SECOND);
  deliver (&link, 1);
  fail_unless (siprec_dtls_is_listening (link.sides[1]));
  deliver (&link, 0);
  deliver (&link, 1);
  fail_if (siprec_dtls_is_listening (link.sides[1]));
  for (guint i = 600; i <= 630; i++)
    fail_unless_equals_int (siprec_dtls_tick (link.sides[1], i * GST_SECOND),
                            SIPREC_DTLS_HANDSHAKING);
  siprec_dtls_tick (link.sides[1], 631 * GST_SECOND);
  fail_unless_equals_int (siprec_dtls_get_failure (link.sides[1]), SIPREC_DTLS_TIMEOUT);
  link_clear (&link);
}
GST_END_TEST

/* Neither noise nor mangled records harm, and the handshake goes on after them. */
GST_START_TEST (noise_does_not_stop_a_handshake)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  SiprecFingerprint own;
  Link link;

  fail_unless (siprec_dtls_get_fingerprint (&own));
  link_init (&link, &own);
  for (guint i = 0; i < 200; i++) {
    guint8 noise[300];
    gsize size = (gsize)g_rand_int_range (random, 1, sizeof (noise));

    for (gsize j = 0; j < size; j++)
      noise[j] = (guint8)g_rand_int (random);
    noise[0] = (guint8)g_rand_int_range (random, 20, 64);
    siprec_dtls_input (link.sides[i % 2], noise, size);
  }
  run (&link, 50);
  expect_keys (&link);
  link_clear (&link);
}
GST_END_TEST

static Suite *
dtls_suite (void)
{
  Suite *suite = suite_create ("dtls");
  TCase *tcase = tcase_create ("handshake");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, both_sides_get_the_keys);
  tcase_add_test (tcase, what_is_lost_is_sent_again);
  tcase_add_test (tcase, another_certificate_is_refused);
  tcase_add_test (tcase, one_of_several_certificates_is_enough);
  tcase_add_test (tcase, nothing_is_begun_without_a_cookie);
  tcase_add_test (tcase, a_silent_peer_is_given_up);
  tcase_add_test (tcase, time_begins_with_the_peer);
  tcase_add_test (tcase, noise_does_not_stop_a_handshake);
  return suite;
}

GST_CHECK_MAIN (dtls);
