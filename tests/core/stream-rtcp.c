/* What streams say and hear by RTCP.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/rtp/rtp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rtp-peer.h"
#include "siprec-core/transport/keepalive.h"

static void
send_sender_report (Fixture *f, gint fd)
{
  GstRTCPBuffer map = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;
  g_autoptr (GstBuffer) buffer = gst_rtcp_buffer_new (200);
  GstMapInfo info;

  gst_rtcp_buffer_map (buffer, GST_MAP_READWRITE, &map);
  gst_rtcp_buffer_add_packet (&map, GST_RTCP_TYPE_SR, &packet);
  gst_rtcp_packet_sr_set_sender_info (&packet, SSRC_A, G_GUINT64_CONSTANT (0x1122334455667788), 160,
                                      1, 160);
  gst_rtcp_buffer_add_packet (&map, GST_RTCP_TYPE_SDES, &packet);
  gst_rtcp_packet_sdes_add_item (&packet, SSRC_A);
  gst_rtcp_packet_sdes_add_entry (&packet, GST_RTCP_SDES_CNAME, 5, (const guint8 *)"alice");
  gst_rtcp_buffer_unmap (&map);
  gst_buffer_map (buffer, &info, GST_MAP_READ);
  fail_unless (send (fd, info.data, info.size, 0) == (gssize)info.size);
  gst_buffer_unmap (buffer, &info);
}

/* Receives a report on @fd and checks its block. */
static void
check_report (gint fd)
{
  GstRTCPBuffer map = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;
  g_autoptr (GstBuffer) buffer = NULL;
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
  guint8 data[500], fraction;
  guint32 ssrc, highest, jitter, lsr, dlsr;
  gint32 lost;
  gssize size;

  fail_unless_equals_int (poll (&poll_fd, 1, 10000), 1);
  size = recv (fd, data, sizeof (data), 0);
  fail_unless (gst_rtcp_buffer_validate_data (data, size));
  buffer = gst_buffer_new_memdup (data, size);
  gst_rtcp_buffer_map (buffer, GST_MAP_READ, &map);
  fail_unless (gst_rtcp_buffer_get_first_packet (&map, &packet));
  fail_unless_equals_int (gst_rtcp_packet_get_type (&packet), GST_RTCP_TYPE_RR);
  fail_unless_equals_int (gst_rtcp_packet_get_rb_count (&packet), 1);
  gst_rtcp_packet_get_rb (&packet, 0, &ssrc, &fraction, &lost, &highest, &jitter, &lsr, &dlsr);
  fail_unless_equals_int (ssrc, SSRC_A);
  fail_unless_equals_int (lost, 1);
  fail_unless_equals_int (fraction, 64);
  fail_unless_equals_int (highest, 65536 + 1);
  fail_unless_equals_int (lsr, 0x33445566);
  fail_unless (dlsr > 0 && dlsr < 10 * 65536);
  fail_unless (gst_rtcp_packet_move_to_next (&packet));
  fail_unless_equals_int (gst_rtcp_packet_get_type (&packet), GST_RTCP_TYPE_SDES);
  gst_rtcp_buffer_unmap (&map);
}

/* Reports go to where RTCP came from, with what RFC 3550 wants in them. */
static void
run_reports (gboolean mux)
{
  Fixture f;
  g_autoptr (GstStructure) stats = NULL;

  fixture_init (&f);
  if (mux)
    siprec_stream_set_remote (f.stream, "127.0.0.1", get_local_port (f.rtp), NULL, 0, TRUE);
  /* All of it lies there when the first report is made. */
  send_frame (&f, 65534, 0, SSRC_A, 0);
  send_frame (&f, 65535, 160, SSRC_A, 0);
  send_frame (&f, 1, 480, SSRC_A, 0);
  send_sender_report (&f, mux ? f.rtp : f.rtcp);
  siprec_stream_begin (f.stream, siprec_context_now ());
  check_report (mux ? f.rtp : f.rtcp);
  stats = siprec_stream_get_stats (f.stream);
  fail_unless_equals_string (gst_structure_get_string (stats, "cname"), "alice");
  fail_unless_equals_string (gst_structure_get_string (stats, "encoding-name"), "PCMU");
  fail_unless (g_str_has_prefix (gst_structure_get_string (stats, "source"), "127.0.0.1:"));
  fixture_clear (&f);
}

GST_START_TEST (test_reports)
{
  run_reports (FALSE);
}
GST_END_TEST;

GST_START_TEST (test_reports_mux)
{
  run_reports (TRUE);
}
GST_END_TEST;

/* The type of the last packet of the compound that comes next on @fd. */
static GstRTCPType
receive_last_type (gint fd, gint timeout)
{
  GstRTCPBuffer map = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;
  GstRTCPType type;
  g_autoptr (GstBuffer) buffer = NULL;
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
  guint8 data[500];
  gssize size;

  if (poll (&poll_fd, 1, timeout) != 1)
    return GST_RTCP_TYPE_INVALID;
  size = recv (fd, data, sizeof (data), 0);
  fail_unless (gst_rtcp_buffer_validate_data (data, size));
  buffer = gst_buffer_new_memdup (data, size);
  gst_rtcp_buffer_map (buffer, GST_MAP_READ, &map);
  fail_unless (gst_rtcp_buffer_get_first_packet (&map, &packet));
  do
    type = gst_rtcp_packet_get_type (&packet);
  while (gst_rtcp_packet_move_to_next (&packet));
  gst_rtcp_buffer_unmap (&map);
  return type;
}

/* Begins the stream so long ago that its first report is due. */
static void
begin_due (Fixture *f)
{
  siprec_stream_begin (f->stream, siprec_context_now () - 4 * GST_SECOND);
}

/* Nothing is received, held or not: reports go to where the SDP says, from the port that fits, and a
 * BYE ends them. */
static void
run_keepalive (gboolean mux, gboolean held)
{
  Fixture f;
  guint16 rtp_port, rtcp_port = 0;

  fixture_init (&f);
  rtp_port = get_local_port (f.rtp);
  if (!mux)
    rtcp_port = f.rtcp_port;
  siprec_stream_set_remote (f.stream, "127.0.0.1", rtp_port, NULL, rtcp_port, mux);
  siprec_stream_set_held (f.stream, held);
  begin_due (&f);
  fail_unless_equals_int (receive_last_type (mux ? f.rtp : f.rtcp, 5000), GST_RTCP_TYPE_SDES);
  siprec_stream_end (f.stream, siprec_context_now ());
  fail_unless_equals_int (receive_last_type (mux ? f.rtp : f.rtcp, 5000), GST_RTCP_TYPE_BYE);
  fixture_clear (&f);
}

GST_START_TEST (test_keepalive)
{
  run_keepalive (FALSE, FALSE);
}
GST_END_TEST;

GST_START_TEST (test_keepalive_mux)
{
  run_keepalive (TRUE, TRUE);
}
GST_END_TEST;

/* RFC 3550 section 6.3.7: no BYE where nothing was sent before. */
GST_START_TEST (test_no_bye)
{
  Fixture f;

  fixture_init (&f);
  siprec_stream_set_remote (f.stream, "127.0.0.1", 9, NULL, f.rtcp_port, FALSE);
  siprec_stream_begin (f.stream, siprec_context_now ());
  siprec_stream_end (f.stream, siprec_context_now ());
  await_notice (&f, SIPREC_NOTICE_ENDED, 0);
  fail_unless_equals_int (receive_last_type (f.rtcp, 100), GST_RTCP_TYPE_INVALID);
  fixture_clear (&f);
}
GST_END_TEST;

/* The packet that comes next on @fd, within 5 s; returns its size. */
static gsize
receive_packet (gint fd, guint8 *packet, gsize size)
{
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

  fail_unless_equals_int (poll (&poll_fd, 1, 10000), 1);
  return recv (fd, packet, size, 0);
}

/* Reports don't keep the way to the RTP port open; an empty packet of no agreed payload type does. */
GST_START_TEST (test_rtp_keepalive)
{
  Fixture f;
  guint8 packet[100];

  fixture_init (&f);
  siprec_stream_set_remote (f.stream, "127.0.0.1", get_local_port (f.rtp), NULL, f.rtcp_port,
                            FALSE);
  siprec_stream_set_held (f.stream, TRUE);
  begin_due (&f);
  fail_unless_equals_int (receive_packet (f.rtp, packet, sizeof (packet)), 12);
  fail_unless_equals_int (packet[0], 0x80);
  fail_unless_equals_int (packet[1], 127);
  fail_unless_equals_int (receive_last_type (f.rtcp, 10000), GST_RTCP_TYPE_SDES);
  fixture_clear (&f);
}
GST_END_TEST;

/* What is sent, and how often, on made-up times. */
GST_START_TEST (test_keepalive_packets)
{
  g_autoptr (GPtrArray) formats =
      g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_format_unref);
  SiprecKeepalive keepalive = {0};
  guint8 packet[SIPREC_KEEPALIVE_SIZE];
  guint n = 0;

  for (guint i = 0; i < 3; i++)
    g_ptr_array_add (formats, siprec_format_new ("audio", 127 - i, "PCMU", 8000, 1, NULL));
  for (GstClockTime now = GST_SECOND; now <= 3601 * GST_SECOND; now += 20 * GST_MSECOND) {
    if (!siprec_keepalive_is_due (&keepalive, now))
      continue;
    siprec_keepalive_write (&keepalive, formats, 0x01020304, packet);
    fail_unless_equals_int (packet[1], 124);
    fail_unless_equals_int (GST_READ_UINT16_BE (packet + 2), n++);
    fail_unless_equals_int (GST_READ_UINT32_BE (packet + 8), 0x01020304);
  }
  fail_unless_equals_int (n, 241);
}
GST_END_TEST;

/* a=rtcp may name another host and port than the media's. */
GST_START_TEST (test_rtcp_address)
{
  Fixture f;

  fixture_init (&f);
  siprec_stream_set_remote (f.stream, "192.0.2.1", 9, "127.0.0.1", f.rtcp_port, FALSE);
  begin_due (&f);
  fail_unless_equals_int (receive_last_type (f.rtcp, 10000), GST_RTCP_TYPE_SDES);
  fixture_clear (&f);
}
GST_END_TEST;

/* Reports of theirs come from another port than the SDP says: ours go there (RFC 4961). An SDES alone is
 * heard too (RFC 5506). */
GST_START_TEST (test_symmetric)
{
  const guint8 reduced[] = {0x81, 202, 0, 3, 0xaa, 0xaa, 0, 1, 1, 3, 'a', 'n', 'n', 0, 0, 0};
  g_autoptr (GstStructure) stats = NULL;
  Fixture f;

  fixture_init (&f);
  siprec_stream_set_remote (f.stream, "127.0.0.1", 9, NULL, 11, FALSE);
  siprec_stream_begin (f.stream, siprec_context_now ());
  send_frame (&f, 0, 0, SSRC_A, 0);
  await_stat (&f, "packets-received", 1);
  fail_unless (send (f.rtcp, reduced, sizeof (reduced), 0) == sizeof (reduced));
  fail_unless_equals_int (receive_last_type (f.rtcp, 10000), GST_RTCP_TYPE_SDES);
  stats = siprec_stream_get_stats (f.stream);
  fail_unless_equals_string (gst_structure_get_string (stats, "cname"), "ann");
  fixture_clear (&f);
}
GST_END_TEST;

/* A stranger reports before media has told who the client is: our reports go to where the SDP says. */
GST_START_TEST (test_early_stranger)
{
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = g_htonl (0x7f000009)};
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK)};
  gint stranger = socket (AF_INET, SOCK_DGRAM, 0);
  Fixture f;

  fixture_init (&f);
  to.sin_port = g_htons (siprec_stream_get_port (f.stream) + 1);
  fail_unless (bind (stranger, (struct sockaddr *)&own, sizeof (own)) == 0);
  fail_unless (connect (stranger, (struct sockaddr *)&to, sizeof (to)) == 0);
  siprec_stream_set_remote (f.stream, "127.0.0.1", 9, NULL, f.rtcp_port, FALSE);
  siprec_stream_begin (f.stream, siprec_context_now ());
  send_sender_report (&f, stranger);
  fail_unless_equals_int (receive_last_type (f.rtcp, 10000), GST_RTCP_TYPE_SDES);
  fail_unless_equals_int (receive_last_type (stranger, 0), GST_RTCP_TYPE_INVALID);
  close (stranger);
  fixture_clear (&f);
}

GST_END_TEST;

static Suite *
stream_rtcp_suite (void)
{
  Suite *suite = suite_create ("stream-rtcp");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_set_timeout (tc, 120);
  tcase_add_test (tc, test_reports);
  tcase_add_test (tc, test_reports_mux);
  tcase_add_test (tc, test_keepalive);
  tcase_add_test (tc, test_keepalive_mux);
  tcase_add_test (tc, test_no_bye);
  tcase_add_test (tc, test_rtp_keepalive);
  tcase_add_test (tc, test_keepalive_packets);
  tcase_add_test (tc, test_rtcp_address);
  tcase_add_test (tc, test_symmetric);
  tcase_add_test (tc, test_early_stranger);
  return suite;
}

GST_CHECK_MAIN (stream_rtcp);
