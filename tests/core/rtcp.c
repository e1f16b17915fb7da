/* RTCP: reading, writing, and when.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <gst/rtp/rtp.h>

#include "siprec-core/rtp/rtcp.h"
#include "tests/support/rounds.h"

#define T0   (1000 * GST_SECOND)
#define SSRC 0x01020304

static SiprecRtcp rtcp;

static void
setup (void)
{
  memset (&rtcp, 0, sizeof (rtcp));
  siprec_rtcp_init (&rtcp, T0);
}

static void
teardown (void)
{
  siprec_rtcp_clear (&rtcp);
}

/* An SR of 28 octets, then an SDES with CNAME "bob" and NAME "Bo" for SSRC, then a BYE. */
static const guint8 compound[] = {
    0x80, 200,  0,   6, 1, 2, 3, 4, 0xaa, 0xbb, 0xcc, 0xdd, 0x11, 0x22, //
    0x33, 0x44, 0,   0, 1, 0, 0, 0, 0,    5,    0,    0,    0,    200,  //
    0x81, 202,  0,   4, 1, 2, 3, 4, 2,    2,    'B',  'o',  1,    3,    //
    'b',  'o',  'b', 0, 0, 0,                                           //
    0x81, 203,  0,   1, 1, 2, 3, 4};

GST_START_TEST (test_parse)
{
  const SiprecRtcpSender *sender;

  fail_unless (siprec_rtcp_get_sender (&rtcp, SSRC) == NULL);
  fail_unless (siprec_rtcp_parse (&rtcp, compound, sizeof (compound), T0));
  sender = siprec_rtcp_get_sender (&rtcp, SSRC);
  fail_unless (sender != NULL);
  fail_unless (sender->have_sr && sender->bye);
  fail_unless_equals_uint64 (sender->ntp, G_GUINT64_CONSTANT (0xaabbccdd11223344));
  fail_unless_equals_int (sender->rtp, 256);
  fail_unless_equals_uint64 (sender->arrival, T0);
  fail_unless_equals_string (sender->cname, "bob");
}

GST_END_TEST;

/* Reduced size: an SDES alone. */
GST_START_TEST (test_reduced)
{
  fail_unless (siprec_rtcp_parse (&rtcp, compound + 28, 20, T0));
  fail_unless_equals_string (siprec_rtcp_get_sender (&rtcp, SSRC)->cname, "bob");
  fail_unless (!siprec_rtcp_get_sender (&rtcp, SSRC)->have_sr);
}

GST_END_TEST;

/* Whatever comes, nothing is read beyond it. The copy has the exact size, so that tools see it. */
static void
parse_copy (const guint8 *data, gsize size)
{
  guint8 *copy = g_memdup2 (data, size);

  siprec_rtcp_parse (&rtcp, copy, size, T0);
  g_free (copy);
}

GST_START_TEST (test_hostile)
{
  guint8 packet[sizeof (compound)];
  guint8 short_sr[] = {0x80, 200, 0, 1, 1, 2, 3, 4};

  for (gsize size = 0; size < sizeof (compound); size++)
    parse_copy (compound, size);
  parse_copy (short_sr, sizeof (short_sr));
  fail_unless (!siprec_rtcp_parse (&rtcp, (const guint8 *)"INVITE sip:", 11, T0));
  for (guint i = 0; i < rounds (20000); i++) {
    memcpy (packet, compound, sizeof (packet));
    for (guint j = 0; j < 3; j++)
      packet[g_random_int_range (0, sizeof (packet))] = g_random_int ();
    packet[0] = 0x80 | (packet[0] & 0x1f);
    packet[1] = 200 + packet[1] % 4;
    parse_copy (packet, sizeof (packet));
  }
}

GST_END_TEST;

/* Many SSRCs cost no memory; the last ones are known. */
GST_START_TEST (test_many_senders)
{
  guint8 packet[sizeof (compound)];

  memcpy (packet, compound, sizeof (packet));
  for (guint i = 0; i < 100; i++) {
    packet[7] = packet[35] = i;
    fail_unless (siprec_rtcp_parse (&rtcp, packet, 48, T0 + i));
  }
  fail_unless (siprec_rtcp_get_sender (&rtcp, (SSRC & ~0xff) | 99) != NULL);
  fail_unless (siprec_rtcp_get_sender (&rtcp, (SSRC & ~0xff) | 96) != NULL);
  fail_unless (siprec_rtcp_get_sender (&rtcp, (SSRC & ~0xff) | 95) == NULL);
}

GST_END_TEST;

/* Reports are 2.5 to 7.5 s apart, the first one sooner. */
GST_START_TEST (test_interval)
{
  GstClockTime now = T0, last = T0;
  guint n = 0;

  while (n < 50) {
    now += 20 * GST_MSECOND;
    if (!siprec_rtcp_is_due (&rtcp, now))
      continue;
    fail_unless (now - last >= (n == 0 ? 1240 : 2490) * GST_MSECOND);
    fail_unless (now - last <= (n == 0 ? 3800 : 7540) * GST_MSECOND);
    last = now;
    n++;
  }
}

GST_END_TEST;

typedef struct {
  guint blocks;
  guint32 ssrc, highest, jitter, lsr, dlsr;
  guint8 fraction;
  gint32 lost;
} Report;

static Report
make_report (SiprecSource *source, GstClockTime now)
{
  g_autoptr (GstBuffer) buffer = siprec_rtcp_make_report (&rtcp, source, now, FALSE);
  GstRTCPBuffer map = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;
  Report report = {0};

  fail_unless (gst_rtcp_buffer_validate (buffer));
  fail_unless (gst_rtcp_buffer_map (buffer, GST_MAP_READ, &map));
  fail_unless (gst_rtcp_buffer_get_first_packet (&map, &packet));
  fail_unless_equals_int (gst_rtcp_packet_get_type (&packet), GST_RTCP_TYPE_RR);
  fail_unless_equals_int (gst_rtcp_packet_rr_get_ssrc (&packet), rtcp.ssrc);
  report.blocks = gst_rtcp_packet_get_rb_count (&packet);
  if (report.blocks > 0)
    gst_rtcp_packet_get_rb (&packet, 0, &report.ssrc, &report.fraction, &report.lost,
                            &report.highest, &report.jitter, &report.lsr, &report.dlsr);
  fail_unless (gst_rtcp_packet_move_to_next (&packet));
  fail_unless_equals_int (gst_rtcp_packet_get_type (&packet), GST_RTCP_TYPE_SDES);
  gst_rtcp_buffer_unmap (&map);
  return report;
}

/* Receives @seq, and says whether it was taken. */
static gboolean
receive (SiprecSource *source, guint16 seq, guint32 timestamp, GstClockTime arrival)
{
  gint64 ext;

  if (siprec_source_check (source, SSRC, seq, &ext) > SIPREC_SOURCE_OLD)
    return FALSE;
  siprec_source_count (source);
  siprec_source_measure (source, timestamp, 8000, arrival);
  return TRUE;
}

/* The numbers of RFC 3550 section 6.4.1 and its appendices. */
GST_START_TEST (test_report)
{
  SiprecSource source = {0};
  Report report = make_report (&source, T0);

  fail_unless_equals_int (report.blocks, 0);
  for (guint i = 0; i < 100; i++) {
    if (i % 10 != 5)
      receive (&source, 65500 + i, i * 160, T0 + i * 20 * GST_MSECOND + i % 2 * GST_MSECOND);
  }
  siprec_rtcp_parse (&rtcp, compound, 28, T0 + GST_SECOND);
  report = make_report (&source, T0 + 3 * GST_SECOND);
  fail_unless_equals_int (report.blocks, 1);
  fail_unless_equals_int (report.ssrc, SSRC);
  fail_unless_equals_int (report.lost, 10);
  fail_unless_equals_int (report.fraction, 25);
  fail_unless_equals_int (report.highest, 65536 + 63);
  fail_unless (report.jitter >= 6 && report.jitter <= 8, "jitter %u", report.jitter);
  fail_unless_equals_int (report.lsr, 0xccdd1122);
  fail_unless_equals_int (report.dlsr, 2 * 65536);

  /* Nothing since: no block. Then an interval without loss, with a copy. */
  fail_unless_equals_int (make_report (&source, T0 + 8 * GST_SECOND).blocks, 0);
  for (guint i = 100; i < 110; i++)
    receive (&source, 65500 + i, i * 160, T0 + i * 20 * GST_MSECOND);
  receive (&source, (guint16)(65500 + 105), 105 * 160, T0);
  report = make_report (&source, T0 + 12 * GST_SECOND);
  fail_unless_equals_int (report.lost, 9);
  fail_unless_equals_int (report.fraction, 0);
}

GST_END_TEST;

/* The last report says so. */
GST_START_TEST (test_bye)
{
  SiprecSource source = {0};
  g_autoptr (GstBuffer) buffer = siprec_rtcp_make_report (&rtcp, &source, T0, TRUE);
  GstRTCPBuffer map = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;

  fail_unless (gst_rtcp_buffer_validate (buffer));
  gst_rtcp_buffer_map (buffer, GST_MAP_READ, &map);
  fail_unless_equals_int (gst_rtcp_buffer_get_packet_count (&map), 3);
  gst_rtcp_buffer_get_first_packet (&map, &packet);
  gst_rtcp_packet_move_to_next (&packet);
  gst_rtcp_packet_move_to_next (&packet);
  fail_unless_equals_int (gst_rtcp_packet_get_type (&packet), GST_RTCP_TYPE_BYE);
  fail_unless_equals_int (gst_rtcp_packet_bye_get_ssrc_count (&packet), 1);
  fail_unless_equals_int (gst_rtcp_packet_bye_get_nth_ssrc (&packet, 0), rtcp.ssrc);
  gst_rtcp_buffer_unmap (&map);
}

GST_END_TEST;

/* Strays, restarts and other senders. */
GST_START_TEST (test_source)
{
  SiprecSource source = {0};
  gint64 ext = 0, begin;

  fail_unless_equals_int (siprec_source_check (&source, 1, 65535, &begin), SIPREC_SOURCE_ACCEPT);
  fail_unless_equals_int (siprec_source_check (&source, 1, 0, &ext), SIPREC_SOURCE_ACCEPT);
  fail_unless_equals_int64 (ext, begin + 1);
  fail_unless_equals_int (siprec_source_check (&source, 1, 65530, &ext), SIPREC_SOURCE_OLD);
  fail_unless_equals_int64 (ext, begin - 5);
  fail_unless_equals_int (siprec_source_check (&source, 1, 0, &ext), SIPREC_SOURCE_OLD);
  fail_unless_equals_int64 (ext, begin + 1);

  /* One packet from elsewhere, twice, with the source in between. */
  fail_unless_equals_int (siprec_source_check (&source, 2, 500, &ext), SIPREC_SOURCE_HOLD);
  fail_unless_equals_int (siprec_source_check (&source, 1, 1, &ext), SIPREC_SOURCE_ACCEPT);
  fail_unless_equals_int (siprec_source_check (&source, 2, 501, &ext), SIPREC_SOURCE_HOLD);
  fail_unless_equals_int (siprec_source_check (&source, 2, 501, &ext), SIPREC_SOURCE_HOLD);
  fail_unless_equals_int (siprec_source_check (&source, 2, 503, &ext), SIPREC_SOURCE_SWITCH);
  siprec_source_start (&source, 2, 501);
  fail_unless_equals_int (siprec_source_check (&source, 2, 501, &begin), SIPREC_SOURCE_ACCEPT);
  fail_unless_equals_int (siprec_source_check (&source, 2, 503, &ext), SIPREC_SOURCE_ACCEPT);
  fail_unless_equals_int64 (ext, begin + 2);

  /* The same one far away: a restart, if a second packet says so. */
  fail_unless_equals_int (siprec_source_check (&source, 2, 30000, &ext), SIPREC_SOURCE_HOLD);
  fail_unless_equals_int (siprec_source_check (&source, 2, 504, &ext), SIPREC_SOURCE_ACCEPT);
  fail_unless_equals_int (siprec_source_check (&source, 2, 30000, &ext), SIPREC_SOURCE_HOLD);
  fail_unless_equals_int (siprec_source_check (&source, 2, 30001, &ext), SIPREC_SOURCE_SWITCH);
}

GST_END_TEST;

static Suite *
rtcp_suite (void)
{
  Suite *suite = suite_create ("rtcp");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_parse);
  tcase_add_test (tc, test_reduced);
  tcase_add_test (tc, test_hostile);
  tcase_add_test (tc, test_many_senders);
  tcase_add_test (tc, test_interval);
  tcase_add_test (tc, test_report);
  tcase_add_test (tc, test_bye);
  tcase_add_test (tc, test_source);
  return suite;
}

GST_CHECK_MAIN (rtcp);
