/* Which addresses a stream takes packets from.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/transport/latch.h"

static SiprecAddress
at (const gchar *host, guint16 port)
{
  SiprecAddress address;

  fail_unless (siprec_address_set (&address, host, port));
  return address;
}

static gboolean
admits (SiprecLatch *latch, const gchar *host, guint16 port, GstClockTime when)
{
  SiprecAddress from = at (host, port);

  return siprec_latch_admits (latch, &from, when);
}

static void
confirm (SiprecLatch *latch, const gchar *host, guint16 port, GstClockTime when)
{
  SiprecAddress from = at (host, port);

  siprec_latch_confirm (latch, &from, when);
}

GST_START_TEST (the_first_wins_until_it_falls_silent)
{
  SiprecLatch latch = {.mode = SIPREC_LATCH_FIRST};

  siprec_latch_set_remote (&latch, "192.0.2.1", 5004, "192.0.2.9");
  fail_unless (admits (&latch, "198.51.100.1", 4000, 0));
  confirm (&latch, "198.51.100.1", 4000, GST_SECOND);
  fail_unless (admits (&latch, "198.51.100.1", 4000, GST_SECOND));
  fail_if (admits (&latch, "198.51.100.1", 4001, GST_SECOND));
  fail_if (admits (&latch, "198.51.100.2", 4000, GST_SECOND));
  fail_unless (admits (&latch, "198.51.100.2", 4000, GST_SECOND + SIPREC_LATCH_SILENCE + 1));
  /* The one that the SDP names comes before one that was only first. */
  fail_unless (admits (&latch, "192.0.2.1", 5004, GST_SECOND));
}
GST_END_TEST

/* A pause lets a stranger in, but it can't keep out who was meant. */
GST_START_TEST (a_stranger_is_displaced)
{
  static const struct {
    const gchar *signalled, *sender;
  } cases[] = {
      {"192.0.2.1", "192.0.2.1"}, {"10.1.2.3", "203.0.113.1"}, {"sbc.example.com", "203.0.113.1"}};

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    SiprecLatch latch = {.mode = SIPREC_LATCH_FIRST};
    GstClockTime later = GST_SECOND + SIPREC_LATCH_SILENCE + 1;

    siprec_latch_set_remote (&latch, cases[i].signalled, 5004, "203.0.113.1");
    confirm (&latch, cases[i].sender, 1024, GST_SECOND);
    fail_unless (admits (&latch, "198.51.100.1", 4000, later));
    confirm (&latch, "198.51.100.1", 4000, later);
    fail_if (admits (&latch, "198.51.100.2", 4000, later + 1));
    fail_unless (admits (&latch, cases[i].sender, 1024, later + 1), "%s", cases[i].signalled);
    confirm (&latch, cases[i].sender, 1024, later + 1);
    fail_if (admits (&latch, "198.51.100.1", 4000, later + 2));
    fail_if (admits (&latch, cases[i].sender, 1025, later + 2));
  }
}
GST_END_TEST

GST_START_TEST (a_new_address_in_the_sdp_begins_anew)
{
  SiprecLatch latch = {.mode = SIPREC_LATCH_FIRST};

  siprec_latch_set_remote (&latch, "192.0.2.1", 5004, NULL);
  confirm (&latch, "198.51.100.1", 4000, GST_SECOND);
  siprec_latch_set_remote (&latch, "192.0.2.1", 5004, NULL);
  fail_if (admits (&latch, "198.51.100.2", 4000, GST_SECOND));
  /* Hold is no new address. */
  siprec_latch_set_remote (&latch, "0.0.0.0", 5004, NULL);
  siprec_latch_set_remote (&latch, NULL, 0, NULL);
  fail_if (admits (&latch, "198.51.100.2", 4000, GST_SECOND));
  siprec_latch_set_remote (&latch, "192.0.2.1", 5008, NULL);
  fail_unless (admits (&latch, "198.51.100.2", 4000, GST_SECOND));
}
GST_END_TEST

GST_START_TEST (only_the_signalled_host)
{
  SiprecLatch latch = {.mode = SIPREC_LATCH_SIGNALLED};
  SiprecAddress other = at ("198.51.100.1", 4000);

  siprec_latch_set_remote (&latch, "192.0.2.1", 5004, "203.0.113.1");
  fail_unless (admits (&latch, "192.0.2.1", 5004, 0));
  fail_unless (admits (&latch, "192.0.2.1", 9999, 0));
  fail_if (admits (&latch, "203.0.113.1", 5004, 0));
  fail_if (admits (&latch, "198.51.100.1", 5004, 0));
  fail_if (siprec_latch_admits_authentic (&latch, &other));
  fail_if (siprec_latch_admits_rtcp (&latch, &other));
  confirm (&latch, "192.0.2.1", 9999, 1);
  fail_if (admits (&latch, "192.0.2.1", 9998, 2));
}
GST_END_TEST

GST_START_TEST (the_peer_behind_a_nat)
{
  static const gchar *const inside[] = {"10.1.2.3",    "172.16.0.1", "172.31.255.1", "192.168.1.1",
                                        "169.254.1.1", "100.64.0.1", "fd00::1",      "fe80::1"};
  static const gchar *const outside[] = {"172.32.0.1", "100.128.0.1", "192.167.1.1", "11.0.0.1",
                                         "2001:db8::1"};

  for (guint i = 0; i < G_N_ELEMENTS (inside); i++) {
    SiprecLatch latch = {.mode = SIPREC_LATCH_SIGNALLED};

    siprec_latch_set_remote (&latch, inside[i], 5004, "203.0.113.1");
    fail_unless (admits (&latch, "203.0.113.1", 1024, 0), "%s", inside[i]);
    fail_if (admits (&latch, "203.0.113.2", 1024, 0));
  }
  for (guint i = 0; i < G_N_ELEMENTS (outside); i++) {
    SiprecLatch latch = {.mode = SIPREC_LATCH_SIGNALLED};

    siprec_latch_set_remote (&latch, outside[i], 5004, "203.0.113.1");
    fail_if (admits (&latch, "203.0.113.1", 1024, 0), "%s", outside[i]);
  }
}
GST_END_TEST

GST_START_TEST (without_an_address_the_peer_counts)
{
  SiprecLatch latch = {.mode = SIPREC_LATCH_SIGNALLED};

  siprec_latch_set_remote (&latch, "media.example.com", 5004, "203.0.113.1");
  fail_unless (admits (&latch, "203.0.113.1", 1024, 0));
  fail_if (admits (&latch, "198.51.100.1", 1024, 0));
}
GST_END_TEST

GST_START_TEST (mapped_addresses_are_the_same)
{
  SiprecLatch latch = {.mode = SIPREC_LATCH_SIGNALLED};

  siprec_latch_set_remote (&latch, "192.0.2.1", 5004, NULL);
  fail_unless (admits (&latch, "::ffff:192.0.2.1", 5004, 0));
  fail_if (admits (&latch, "::ffff:192.0.2.2", 5004, 0));
}
GST_END_TEST

static Suite *
latch_suite (void)
{
  Suite *suite = suite_create ("latch");
  TCase *tcase = tcase_create ("latch");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, the_first_wins_until_it_falls_silent);
  tcase_add_test (tcase, a_stranger_is_displaced);
  tcase_add_test (tcase, a_new_address_in_the_sdp_begins_anew);
  tcase_add_test (tcase, only_the_signalled_host);
  tcase_add_test (tcase, the_peer_behind_a_nat);
  tcase_add_test (tcase, without_an_address_the_peer_counts);
  tcase_add_test (tcase, mapped_addresses_are_the_same);
  return suite;
}

GST_CHECK_MAIN (latch);
