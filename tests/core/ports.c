/* Pairs of ports, and the times that packets carry.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "siprec-core/error.h"
#include "siprec-core/transport/arrival.h"
#include "siprec-core/media/packet.h"
#include "siprec-core/transport/ports.h"

static guint16
get_local_port (gint fd)
{
  struct sockaddr_in6 address;
  socklen_t length = sizeof (address);

  fail_unless (getsockname (fd, (struct sockaddr *)&address, &length) == 0);
  return ntohs (address.sin6_port);
}

static SiprecPorts *
make (guint16 base, guint16 last)
{
  return siprec_ports_new ("127.0.0.1", base, last, 0, NULL);
}

/* Even and odd, one after the other, and a port that was freed comes last. */
GST_START_TEST (test_pairs)
{
  SiprecPorts *a = make (21001, 59999);
  guint16 base = siprec_ports_get_port (a);
  SiprecPorts *b;

  fail_unless_equals_int (base % 2, 0);
  fail_unless (base > 21001);
  fail_unless_equals_int (get_local_port (siprec_ports_get_rtp (a)), base);
  fail_unless_equals_int (get_local_port (siprec_ports_get_rtcp (a)), base + 1);
  siprec_ports_free (a);
  b = make (21001, 59999);
  fail_unless (siprec_ports_get_port (b) > base);
  siprec_ports_free (b);
}

GST_END_TEST;

/* On an address of 127/8 that no other process uses. */
static SiprecPorts *
make_alone (guint16 base, guint16 last)
{
  g_autofree gchar *address =
      g_strdup_printf ("127.77.%u.%u", (guint)getpid () >> 8 & 0xff, (guint)getpid () & 0xff);

  return siprec_ports_new (address, base, last, 0, NULL);
}

/* A port that was just freed is left alone while there is another, and taken when there is none. */
GST_START_TEST (test_quarantine)
{
  SiprecPorts *ports[3];
  /* Beyond the ports that the kernel hands out. */
  const guint16 base = 61000;
  guint left = 3 * base + 2 + 4 + 6;

  ports[0] = make_alone (base + 2, base + 7);
  ports[1] = make_alone (base + 2, base + 7);
  fail_unless (ports[0] && ports[1]);
  left -= siprec_ports_get_port (ports[0]) + siprec_ports_get_port (ports[1]);
  siprec_ports_free (ports[0]);
  siprec_ports_free (ports[1]);
  /* The third one, though another range of the same ports begins anywhere. */
  ports[0] = make_alone (base + 2, base + 8);
  fail_unless_equals_int (siprec_ports_get_port (ports[0]), left);
  ports[1] = make_alone (base + 2, base + 7);
  ports[2] = make_alone (base + 2, base + 7);
  fail_unless (ports[1] && ports[2]);
  fail_unless (make_alone (base + 2, base + 7) == NULL);
  for (guint i = 0; i < G_N_ELEMENTS (ports); i++)
    siprec_ports_free (ports[i]);
}

GST_END_TEST;

/* What an administrator allows is used. */
GST_START_TEST (test_file_limit)
{
  struct rlimit limit;

  fail_unless (getrlimit (RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = 64;
  fail_unless (setrlimit (RLIMIT_NOFILE, &limit) == 0);
  fail_unless_equals_uint64 (siprec_ports_get_file_limit (), limit.rlim_max);
  fail_unless (getrlimit (RLIMIT_NOFILE, &limit) == 0);
  fail_unless_equals_uint64 (limit.rlim_cur, limit.rlim_max);
}

GST_END_TEST;

/* All pairs of a range can be taken, and no more; taken ones are passed over, and it goes round. */
GST_START_TEST (test_exhaustion)
{
  SiprecPorts *probe = make (30000, 59999);
  guint16 base = siprec_ports_get_port (probe);
  SiprecPorts *ports[4];
  GError *error = NULL;
  guint n = 0;

  siprec_ports_free (probe);
  while (n < 4 && (ports[n] = siprec_ports_new ("127.0.0.1", base, base + 7, 0, &error)))
    n++;
  /* Others may have one of the four. */
  fail_unless (n > 0);
  if (n == 4)
    fail_unless (siprec_ports_new ("127.0.0.1", base, base + 7, 0, &error) == NULL);
  g_assert_error (error, SIPREC_ERROR, SIPREC_ERROR_PORTS);
  g_clear_error (&error);

  siprec_ports_free (ports[0]);
  ports[0] = siprec_ports_new ("127.0.0.1", base, base + 7, 0, &error);
  fail_unless (ports[0] != NULL);
  for (guint i = 0; i < n; i++)
    siprec_ports_free (ports[i]);
}

GST_END_TEST;

GST_START_TEST (test_errors)
{
  GError *error = NULL;

  fail_unless (siprec_ports_new ("192.0.2.1", 20000, 30000, 0, &error) == NULL);
  g_assert_error (error, SIPREC_ERROR, SIPREC_ERROR_ADDRESS);
  g_clear_error (&error);
  fail_unless (siprec_ports_new ("example", 20000, 30000, 0, &error) == NULL);
  g_assert_error (error, SIPREC_ERROR, SIPREC_ERROR_ADDRESS);
  g_clear_error (&error);
  fail_unless (siprec_ports_new ("127.0.0.1", 30000, 30000, 0, &error) == NULL);
  g_assert_error (error, SIPREC_ERROR, SIPREC_ERROR_PORTS);
  g_clear_error (&error);
  fail_unless (siprec_ports_new ("127.0.0.1", 30000, 20000, 0, &error) == NULL);
  g_assert_error (error, SIPREC_ERROR, SIPREC_ERROR_PORTS);
  g_clear_error (&error);
  fail_unless (siprec_ports_new ("127.0.0.1", 65535, 65535, 0, NULL) == NULL);
}

GST_END_TEST;

GST_START_TEST (test_ipv6)
{
  SiprecPorts *ports = siprec_ports_new ("::1", 21000, 59999, 65536, NULL);

  /* Not every container has it. */
  if (!ports)
    return;
  fail_unless_equals_int (get_local_port (siprec_ports_get_rtp (ports)),
                          siprec_ports_get_port (ports));
  siprec_ports_free (ports);
}

GST_END_TEST;

#define REALTIME (G_GUINT64_CONSTANT (1700000000) * GST_SECOND)
#define NOW      (50 * GST_SECOND)
#define TICK     (20 * GST_MSECOND)

/* Setting the system clock, in either direction, changes no arrival time. */
GST_START_TEST (test_clock_step)
{
  const gint64 steps[] = {3600 * (gint64)GST_SECOND, -3600 * (gint64)GST_SECOND,
                          100 * (gint64)GST_MSECOND, -100 * (gint64)GST_MSECOND};

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    SiprecArrival arrival = {0};
    GstClockTime stepped = REALTIME + steps[i];

    siprec_arrival_sample (&arrival, NOW, REALTIME);
    fail_unless_equals_uint64 (siprec_arrival_convert (&arrival, REALTIME - 5), NOW - 5);
    fail_unless_equals_uint64 (siprec_arrival_convert (&arrival, REALTIME - 3 * GST_SECOND),
                               NOW - 3 * GST_SECOND);
    siprec_arrival_sample (&arrival, NOW + TICK, stepped + TICK);
    fail_unless_equals_uint64 (siprec_arrival_convert (&arrival, REALTIME + 5), NOW + 5);
    fail_unless_equals_uint64 (siprec_arrival_convert (&arrival, stepped + TICK - 7),
                               NOW + TICK - 7);
    siprec_arrival_sample (&arrival, NOW + 2 * TICK, stepped + 2 * TICK);
    fail_unless_equals_uint64 (siprec_arrival_convert (&arrival, stepped + TICK + 9),
                               NOW + TICK + 9);
  }
}

GST_END_TEST;

/* Headers whose lengths lie. */
GST_START_TEST (test_packet)
{
  guint8 data[40] = {0x80, 0x88, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  SiprecPacket packet;

  fail_unless (siprec_packet_parse (&packet, data, 40));
  fail_unless (packet.marker);
  fail_unless_equals_int (packet.pt, 8);
  fail_unless_equals_int (packet.seq, 0x102);
  fail_unless_equals_int (packet.timestamp, 0x3040506);
  fail_unless_equals_int (packet.ssrc, 0x708090a);
  fail_unless_equals_int (packet.payload_size, 28);
  fail_unless (siprec_packet_parse (&packet, data, 12));
  fail_unless_equals_int (packet.payload_size, 0);
  fail_unless (!siprec_packet_parse (&packet, data, 11));
  data[0] = 0x40;
  fail_unless (!siprec_packet_parse (&packet, data, 40));

  /* Two contributing sources, an extension of two words, padding of three octets. */
  data[0] = 0xb2;
  data[23] = 2;
  data[39] = 3;
  fail_unless (siprec_packet_parse (&packet, data, 40));
  fail_unless (packet.payload == data + 32);
  fail_unless_equals_int (packet.payload_size, 5);
  data[39] = 9;
  fail_unless (!siprec_packet_parse (&packet, data, 40));
  data[39] = 0;
  fail_unless (!siprec_packet_parse (&packet, data, 40));
  data[39] = 8;
  fail_unless (siprec_packet_parse (&packet, data, 40));
  data[23] = 5;
  fail_unless (!siprec_packet_parse (&packet, data, 40));
  data[22] = 0xff;
  fail_unless (!siprec_packet_parse (&packet, data, 40));
  data[0] = 0x9f;
  fail_unless (!siprec_packet_parse (&packet, data, 40));
}

GST_END_TEST;

static Suite *
ports_suite (void)
{
  Suite *suite = suite_create ("ports");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_pairs);
  tcase_add_test (tc, test_exhaustion);
  tcase_add_test (tc, test_quarantine);
  tcase_add_test (tc, test_file_limit);
  tcase_add_test (tc, test_errors);
  tcase_add_test (tc, test_ipv6);
  tcase_add_test (tc, test_clock_step);
  tcase_add_test (tc, test_packet);
  return suite;
}

GST_CHECK_MAIN (ports);
