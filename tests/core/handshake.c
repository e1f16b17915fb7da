/* Whom a socket makes its handshake with, and what comes after a failure; on made-up times.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/transport/handshake.h"

#define TICK (100 * GST_MSECOND)

/* A socket of ours and the client. */
typedef struct {
  SiprecHandshake handshake;
  SiprecAddress address; /* of the client */
  SiprecDtls *client;
  GQueue to_client, to_us; /* GBytes */
  GstClockTime now;
} Place;

static void
on_our_send (gpointer user_data, const SiprecAddress *to, const guint8 *data, gsize size)
{
  Place *place = user_data;

  if (to->in.sin_port == place->address.in.sin_port)
    g_queue_push_tail (&place->to_client, g_bytes_new (data, size));
}

static void
on_client_send (gpointer user_data, const guint8 *data, gsize size)
{
  g_queue_push_tail (&((Place *)user_data)->to_us, g_bytes_new (data, size));
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

static void
renew_client (Place *place)
{
  SiprecFingerprint own;

  fail_unless (siprec_dtls_get_fingerprint (&own));
  g_clear_pointer (&place->client, siprec_dtls_free);
  place->client = siprec_dtls_new (!place->handshake.active, &own, on_client_send, place);
}

static void
place_init (Place *place, gboolean active)
{
  SiprecProtection protection = {.kind = SIPREC_PROTECTION_DTLS, .active = active};

  *place = (Place){.address = make_address (4000), .now = GST_SECOND};
  place->handshake.send = on_our_send;
  place->handshake.user_data = place;
  g_queue_init (&place->to_client);
  g_queue_init (&place->to_us);
  fail_unless (siprec_dtls_get_fingerprint (&protection.fingerprint));
  siprec_handshake_expect (&place->handshake, &protection);
  renew_client (place);
}

static void
place_clear (Place *place)
{
  siprec_handshake_clear (&place->handshake);
  siprec_dtls_free (place->client);
  g_queue_clear_full (&place->to_client, (GDestroyNotify)g_bytes_unref);
  g_queue_clear_full (&place->to_us, (GDestroyNotify)g_bytes_unref);
}

static SiprecDtlsFailure
tick (Place *place)
{
  place->now += TICK;
  siprec_handshake_tick (&place->handshake, &place->address, place->now);
  return siprec_handshake_take_failure (&place->handshake, place->now);
}

static void
put_in (Place *place, const SiprecAddress *from, const guint8 *data, gsize size)
{
  SiprecDatagram datagram = {.data = data, .size = size, .arrival = place->now, .from = from};

  siprec_handshake_input (&place->handshake, &datagram, TRUE);
}

/* Anybody can write that: "handshake failure". */
static void
put_alert (Place *place, const SiprecAddress *from)
{
  static const guint8 alert[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40};

  put_in (place, from, alert, sizeof (alert));
}

/* The client plays its part for some time. */
static void
shake (Place *place)
{
  for (guint i = 0; i < 20; i++) {
    GBytes *datagram;
    gsize size;

    tick (place);
    siprec_dtls_tick (place->client, place->now);
    while ((datagram = g_queue_pop_head (&place->to_us))) {
      const guint8 *data = g_bytes_get_data (datagram, &size);

      put_in (place, &place->address, data, size);
      g_bytes_unref (datagram);
    }
    while ((datagram = g_queue_pop_head (&place->to_client))) {
      const guint8 *data = g_bytes_get_data (datagram, &size);

      siprec_dtls_input (place->client, data, size);
      g_bytes_unref (datagram);
    }
  }
  fail_unless_equals_int (siprec_dtls_get_state (place->client), SIPREC_DTLS_DONE);
  fail_unless_equals_int (siprec_dtls_get_state (place->handshake.dtls), SIPREC_DTLS_DONE);
}

GST_START_TEST (a_passive_side_outlives_any_number_of_failures)
{
  SiprecAddress intruder = make_address (6666);
  guint n_told = 0;
  Place place;

  place_init (&place, FALSE);
  for (guint i = 0; i < 150; i++) {
    put_alert (&place, &intruder);
    n_told += tick (&place) == SIPREC_DTLS_BAD_HANDSHAKE;
  }
  /* In fifteen seconds. */
  fail_unless_equals_int (n_told, 2);
  shake (&place);
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
    n_begun += !g_queue_is_empty (&place.to_client);
    g_queue_clear_full (&place.to_client, (GDestroyNotify)g_bytes_unref);
    put_alert (&place, &place.address);
  }
  /* At 0, 1, 3, 7, 15 and 31 seconds. */
  fail_unless_equals_int (n_begun, 6);
  place.now += 32 * GST_SECOND;
  shake (&place);
  place_clear (&place);
}
GST_END_TEST

static Suite *
handshake_suite (void)
{
  Suite *suite = suite_create ("handshake");
  TCase *tcase = tcase_create ("failures");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, a_passive_side_outlives_any_number_of_failures);
  tcase_add_test (tcase, an_active_side_begins_again_after_a_pause);
  return suite;
}

GST_CHECK_MAIN (handshake);
