/* Whom a socket makes its handshakes with, and what comes after them; on made-up times.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/transport/handshake.h"

#define TICK (100 * GST_MSECOND)

typedef struct _Place Place;

/* Somebody who makes a handshake with the socket. */
typedef struct {
  Place *place;
  SiprecAddress address;
  SiprecTrust trust;
  SiprecDtls *dtls;
  GQueue received; /* GBytes */
} Client;

/* A socket of ours, the client, and somebody else. */
struct _Place {
  SiprecHandshake handshake;
  SiprecProtection protection;
  Client client, intruder;
  GstClockTime now;
};

static void
on_our_send (gpointer user_data, const SiprecAddress *to, const guint8 *data, gsize size)
{
  Place *place = user_data;
  Client *clients[] = {&place->client, &place->intruder};

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++) {
    if (to->in.sin_port == clients[i]->address.in.sin_port)
      g_queue_push_tail (&clients[i]->received, g_bytes_new (data, size));
  }
}

static gboolean
put_in (Client *client, const guint8 *data, gsize size)
{
  SiprecDatagram datagram = {
      .data = data, .size = size, .arrival = client->place->now, .from = &client->address};

  return siprec_handshake_input (&client->place->handshake, &datagram, client->trust);
}

static void
on_client_send (gpointer user_data, const guint8 *data, gsize size)
{
  put_in (user_data, data, size);
}

static SiprecAddress
make_address (guint16 port)
{
  SiprecAddress address = {0};

  address.in.sin_family = AF_INET;
  address.in.sin_addr.s_addr = g_htonl (0xc0000207);
  address.in.sin_port = g_htons (port);
  return address;
}

/* The client begins anew. */
static void
renew_client (Client *client)
{
  SiprecFingerprints own = {.n = 1};

  fail_unless (siprec_dtls_get_fingerprint (&own.list[0]));
  g_clear_pointer (&client->dtls, siprec_dtls_free);
  g_queue_clear_full (&client->received, (GDestroyNotify)g_bytes_unref);
  client->dtls = siprec_dtls_new (!client->place->protection.active, &own, on_client_send, client);
}

static void
client_init (Client *client, Place *place, guint16 port, SiprecTrust trust)
{
  *client = (Client){.place = place, .address = make_address (port), .trust = trust};
  g_queue_init (&client->received);
  renew_client (client);
}

static void
client_clear (Client *client)
{
  siprec_dtls_free (client->dtls);
  g_queue_clear_full (&client->received, (GDestroyNotify)g_bytes_unref);
}

static void
place_init (Place *place, gboolean active)
{
  *place = (Place){.protection = {.kind = SIPREC_PROTECTION_DTLS, .active = active, .place = "a"},
                   .now = GST_SECOND};
  place->handshake.send = on_our_send;
  place->handshake.user_data = place;
  client_init (&place->client, place, 4000, SIPREC_TRUST_SIGNALLED);
  client_init (&place->intruder, place, 6666, SIPREC_TRUST_STRANGER);
  place->protection.fingerprints.n = 1;
  fail_unless (siprec_dtls_get_fingerprint (&place->protection.fingerprints.list[0]));
  siprec_handshake_expect (&place->handshake, &place->protection);
}

static void
place_clear (Place *place)
{
  siprec_handshake_clear (&place->handshake);
  client_clear (&place->client);
  client_clear (&place->intruder);
}

static SiprecDtlsFailure
tick (Place *place)
{
  place->now += TICK;
  siprec_handshake_tick (&place->handshake, &place->client.address, place->now);
  return siprec_handshake_take_failure (&place->handshake, place->now);
}

/* Anybody can write that: "handshake failure". */
static gboolean
put_alert (Client *client)
{
  static const guint8 alert[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40};

  return put_in (client, alert, sizeof (alert));
}

/* The first of what was sent to @client is with it. FALSE if there was nothing. */
static gboolean
receive (Client *client)
{
  g_autoptr (GBytes) datagram = g_queue_pop_head (&client->received);

  if (!datagram)
    return FALSE;
  siprec_dtls_input (client->dtls, g_bytes_get_data (datagram, NULL), g_bytes_get_size (datagram));
  return TRUE;
}

/* A passive socket, and a client that asks for a handshake and shows the cookie, but no more. */
static void
begin (Client *client)
{
  renew_client (client);
  siprec_dtls_tick (client->dtls, client->place->now);
  receive (client);
}

/* @client plays its part for some time. */
static void
shake (Client *client)
{
  for (guint i = 0; i < 20; i++) {
    tick (client->place);
    siprec_dtls_tick (client->dtls, client->place->now);
    while (receive (client))
      continue;
  }
}

static void
expect_done (Client *client)
{
  SiprecHandshake *handshake = &client->place->handshake;
  g_auto (SiprecKeying) ours = {0}, theirs = {0}, other = {0};

  fail_unless_equals_int (siprec_dtls_get_state (client->dtls), SIPREC_DTLS_DONE);
  fail_unless (handshake->done && !handshake->dtls);
  fail_unless (siprec_dtls_get_keys (handshake->done, &ours, &other));
  fail_unless (siprec_dtls_get_keys (client->dtls, &other, &theirs));
  fail_unless (siprec_keying_equal (&ours, &theirs));
  fail_unless (siprec_address_equal (&handshake->done_peer, &client->address));
}

GST_START_TEST (a_passive_side_outlives_any_number_of_failures)
{
  guint n_told = 0;
  Place place;

  place_init (&place, FALSE);
  for (guint i = 0; i < 75; i++) {
    begin (&place.intruder);
    fail_unless (put_alert (&place.intruder));
    n_told += tick (&place) == SIPREC_DTLS_BAD_HANDSHAKE;
    n_told += tick (&place) == SIPREC_DTLS_BAD_HANDSHAKE;
  }
  /* In fifteen seconds. */
  fail_unless_equals_int (n_told, 2);
  shake (&place.client);
  expect_done (&place.client);
  place_clear (&place);
}
GST_END_TEST

/* Who shows no cookie can't even fail. */
GST_START_TEST (nothing_is_heard_of_strangers)
{
  Place place;

  place_init (&place, FALSE);
  for (guint i = 0; i < 150; i++) {
    fail_if (put_alert (&place.intruder));
    siprec_dtls_tick (place.intruder.dtls, place.now);
    renew_client (&place.intruder);
    fail_unless_equals_int (tick (&place), SIPREC_DTLS_NO_FAILURE);
    fail_unless (place.handshake.dtls == NULL);
  }
  shake (&place.client);
  expect_done (&place.client);
  place_clear (&place);
}
GST_END_TEST

/* @i: how much the one who came first is trusted. Who is trusted more takes the place at once, others later. */
GST_START_TEST (a_place_is_taken_by_who_is_trusted_more)
{
  Place place;

  place_init (&place, FALSE);
  place.intruder.trust = (SiprecTrust)__i__;
  begin (&place.intruder);
  fail_unless (siprec_address_equal (&place.handshake.peer, &place.intruder.address));
  place.now += GST_SECOND / 2;
  begin (&place.client);
  fail_unless (siprec_address_equal (&place.handshake.peer, __i__ < SIPREC_TRUST_SIGNALLED
                                                                ? &place.client.address
                                                                : &place.intruder.address));
  place.now += 2 * GST_SECOND;
  renew_client (&place.client);
  shake (&place.client);
  expect_done (&place.client);
  place_clear (&place);
}
GST_END_TEST

/* Many hellos with cookies, from a host that the SDP names: not many handshakes. */
GST_START_TEST (handshakes_are_not_begun_too_often)
{
  guint n = 0;
  Place place;

  place_init (&place, FALSE);
  place.intruder.trust = SIPREC_TRUST_SIGNALLED;
  for (guint i = 0; i < 1000; i++) {
    const SiprecDtls *before = place.handshake.dtls;

    begin (&place.intruder);
    n += place.handshake.dtls != before;
    put_alert (&place.intruder);
    siprec_handshake_take_failure (&place.handshake, place.now);
    place.now += GST_MSECOND;
  }
  fail_unless_equals_int (n, 5);
  place_clear (&place);
}
GST_END_TEST

GST_START_TEST (an_active_side_begins_again_after_a_pause)
{
  guint n_begun = 0;
  Place place;

  place_init (&place, TRUE);
  /* Each of its beginnings is spoilt, for a minute. */
  for (guint i = 0; i < 600; i++) {
    tick (&place);
    n_begun += !g_queue_is_empty (&place.client.received);
    g_queue_clear_full (&place.client.received, (GDestroyNotify)g_bytes_unref);
    put_alert (&place.client);
  }
  /* At 0, 1, 3, 7, 15 and 31 seconds. */
  fail_unless_equals_int (n_begun, 6);
  place.now += 32 * GST_SECOND;
  shake (&place.client);
  expect_done (&place.client);
  place_clear (&place);
}
GST_END_TEST

/* ---- associations after the first one ---- */

/* What an SDP may change, and whether it asks for another association. */
static const struct {
  gboolean active, turned;
  const gchar *id, *new_id, *new_place;
  gboolean another;
} changes[] = {
    {TRUE, FALSE, NULL, NULL, "a", FALSE},   {TRUE, FALSE, NULL, NULL, "b", TRUE},
    {TRUE, FALSE, "one", "one", "b", FALSE}, {TRUE, FALSE, "one", "two", "a", TRUE},
    {FALSE, TRUE, NULL, NULL, "a", TRUE},
};

/* The same certificate, as far as the SDP says. An active side begins by itself when another one is asked for. */
GST_START_TEST (the_sdp_asks_for_another_association)
{
  SiprecDtls *before;
  Place place;

  place_init (&place, changes[__i__].active);
  place.protection.remote_tls_id = (gchar *)changes[__i__].id;
  siprec_handshake_expect (&place.handshake, &place.protection);
  shake (&place.client);
  expect_done (&place.client);
  before = place.handshake.done;

  place.protection.active ^= changes[__i__].turned;
  place.protection.remote_tls_id = (gchar *)changes[__i__].new_id;
  place.protection.place = (gchar *)changes[__i__].new_place;
  siprec_handshake_expect (&place.handshake, &place.protection);
  fail_unless (place.handshake.done == before);
  if (changes[__i__].another)
    renew_client (&place.client);
  shake (&place.client);
  expect_done (&place.client);
  fail_unless_equals_int (!!(place.handshake.done != before), changes[__i__].another);
  place_clear (&place);
}
GST_END_TEST

/* A passive side takes another one whatever the SDP said: after a failover, say. Until it is there the old one
 * counts, and a stranger who fails changes nothing and is told to nobody. */
GST_START_TEST (a_passive_side_takes_another_association_at_any_time)
{
  SiprecDtls *before;
  Place place;

  place_init (&place, FALSE);
  shake (&place.client);
  expect_done (&place.client);
  before = place.handshake.done;
  place.now += 10 * GST_SECOND;
  begin (&place.intruder);
  put_alert (&place.intruder);
  fail_unless_equals_int (tick (&place), SIPREC_DTLS_NO_FAILURE);
  fail_unless (place.handshake.done == before);

  renew_client (&place.client);
  shake (&place.client);
  expect_done (&place.client);
  fail_unless (place.handshake.done != before);
  place_clear (&place);
}
GST_END_TEST

/* A client that has moved without a word is asked once. If it doesn't answer, what was agreed goes on. */
GST_START_TEST (an_active_side_asks_once_where_nobody_wants_it)
{
  Place place;

  place_init (&place, TRUE);
  shake (&place.client);
  place.protection.place = "b";
  siprec_handshake_expect (&place.handshake, &place.protection);
  tick (&place);
  fail_if (g_queue_is_empty (&place.client.received));
  for (guint i = 0; i < 1000; i++)
    fail_unless_equals_int (tick (&place), SIPREC_DTLS_NO_FAILURE);
  g_queue_clear_full (&place.client.received, (GDestroyNotify)g_bytes_unref);
  for (guint i = 0; i < 1000; i++)
    tick (&place);
  fail_unless (g_queue_is_empty (&place.client.received));
  expect_done (&place.client);
  place_clear (&place);
}
GST_END_TEST

/* ICE finds another way in the middle of a handshake. @i: who began. */
GST_START_TEST (a_handshake_goes_on_by_another_way)
{
  Place place;

  place_init (&place, (gboolean)__i__);
  place.client.trust = SIPREC_TRUST_NOMINATED;
  if (place.protection.active) {
    tick (&place);
    receive (&place.client);
  } else {
    siprec_dtls_tick (place.client.dtls, place.now);
    receive (&place.client);
  }
  fail_unless (place.handshake.dtls != NULL);
  place.client.address = make_address (4444);
  shake (&place.client);
  expect_done (&place.client);
  place_clear (&place);
}
GST_END_TEST

/* What ends the handshake is lost, and the client says so by another way. */
GST_START_TEST (a_last_flight_follows_the_client)
{
  Place place;

  place_init (&place, FALSE);
  place.client.trust = SIPREC_TRUST_NOMINATED;
  while (!place.handshake.done) {
    tick (&place);
    siprec_dtls_tick (place.client.dtls, place.now);
    while (!place.handshake.done && receive (&place.client))
      continue;
  }
  g_queue_clear_full (&place.client.received, (GDestroyNotify)g_bytes_unref);
  fail_if (siprec_dtls_get_state (place.client.dtls) == SIPREC_DTLS_DONE);
  place.client.address = make_address (4444);
  /* OpenSSL repeats itself by its own clock. */
  while (siprec_dtls_get_state (place.client.dtls) != SIPREC_DTLS_DONE) {
    fail_unless (place.handshake.done != NULL);
    siprec_dtls_tick (place.client.dtls, place.now);
    while (receive (&place.client))
      continue;
    g_usleep (10 * G_TIME_SPAN_MILLISECOND);
  }
  expect_done (&place.client);
  place_clear (&place);
}
GST_END_TEST

static Suite *
handshake_suite (void)
{
  Suite *suite = suite_create ("handshake");
  TCase *first = tcase_create ("first"), *next = tcase_create ("next");

  suite_add_tcase (suite, first);
  tcase_add_test (first, a_passive_side_outlives_any_number_of_failures);
  tcase_add_test (first, nothing_is_heard_of_strangers);
  tcase_add_loop_test (first, a_place_is_taken_by_who_is_trusted_more, 0, SIPREC_N_TRUSTS);
  tcase_add_test (first, handshakes_are_not_begun_too_often);
  tcase_add_test (first, an_active_side_begins_again_after_a_pause);

  suite_add_tcase (suite, next);
  tcase_add_loop_test (next, the_sdp_asks_for_another_association, 0, G_N_ELEMENTS (changes));
  tcase_add_test (next, a_passive_side_takes_another_association_at_any_time);
  tcase_add_test (next, an_active_side_asks_once_where_nobody_wants_it);
  tcase_add_loop_test (next, a_handshake_goes_on_by_another_way, 0, 2);
  tcase_add_test (next, a_last_flight_follows_the_client);
  return suite;
}

GST_CHECK_MAIN (handshake);
