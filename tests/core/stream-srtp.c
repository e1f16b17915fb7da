/* Streams under SRTP: what they ask for and what they get again, with libsrtp2 as the other side.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/rtp/rtp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "rtp-peer.h"
#include "siprec-core/rtp/refresh.h"
#include "siprec-core/srtp/dtls.h"
#include "tests/support/sealer.h"

#define VIDEO    96
#define RTX      97
#define SSRC_RTX 0xcccc0003
#define SIZE     200
#define LOST     3

/* A stream of video with keys, and who sends to it. */
typedef struct {
  Fixture f;
  Sealer *sealer; /* what the peer sends */
  Sealer *opener; /* what it gets */
  gboolean mux;
} Peer;

static void
peer_init (Peer *peer, const gchar *suite, gboolean mux)
{
  g_autoptr (SiprecProtection) protection = siprec_protection_new (SIPREC_PROTECTION_SDES);
  SiprecStreamWishes wishes = {.latency = 5 * GST_SECOND};

  protection->suite_name = g_strdup (suite);
  protection->local = g_new0 (SiprecKeying, 1);
  protection->remote = g_new0 (SiprecKeying, 1);
  fail_unless (siprec_keying_generate (protection->local, siprec_suite_find (suite), FALSE));
  fail_unless (siprec_keying_generate (protection->remote, siprec_suite_find (suite), FALSE));
  peer->mux = mux;
  peer->sealer = sealer_new (protection->remote, FALSE);
  peer->opener = sealer_new (protection->local, TRUE);

  fixture_init (&peer->f);
  set_formats (peer->f.stream, siprec_format_new ("video", VIDEO, "VP8", 90000, 1, NULL),
               siprec_format_new ("video", RTX, "rtx", 90000, 1, "apt=96"), NULL);
  siprec_stream_set_feedback (peer->f.stream, SIPREC_FEEDBACK_NACK | SIPREC_FEEDBACK_PLI);
  siprec_stream_set_protection (peer->f.stream, protection);
  siprec_stream_set_remote (peer->f.stream, "127.0.0.1", get_local_port (peer->f.rtp), NULL,
                            peer->f.rtcp_port, mux);
  siprec_stream_begin (peer->f.stream, siprec_context_now ());
  siprec_stream_claim (peer->f.stream, &wishes, NULL);
}

static void
peer_clear (Peer *peer)
{
  sealer_free (peer->sealer);
  sealer_free (peer->opener);
  fixture_clear (&peer->f);
}

/* One that is sent again has the number @original before its payload (RFC 4588). */
static void
send_sealed (Peer *peer, guint8 pt, guint32 ssrc, guint16 seq, gint original)
{
  guint8 packet[12 + 2 + SIZE + SEALER_OVERHEAD] __attribute__ ((aligned (16))) = {0x80, pt};
  gsize size = 12;

  GST_WRITE_UINT16_BE (packet + 2, seq);
  GST_WRITE_UINT32_BE (packet + 4, 3000u * (original < 0 ? seq : (guint)original));
  GST_WRITE_UINT32_BE (packet + 8, ssrc);
  if (original >= 0) {
    GST_WRITE_UINT16_BE (packet + size, original);
    size += 2;
  }
  memset (packet + size, original < 0 ? seq : original, SIZE);
  size = sealer_seal (peer->sealer, packet, size + SIZE);
  fail_unless (send (peer->f.rtp, packet, size, 0) == (gssize)size);
}

/* The next packet of type @type and count @fmt in our compounds. */
static void
await_feedback (Peer *peer, GstRTCPType type, guint fmt, guint8 *found, gsize room)
{
  struct pollfd poll_fd = {.fd = peer->mux ? peer->f.rtp : peer->f.rtcp, .events = POLLIN};

  while (TRUE) {
    guint8 data[1500] __attribute__ ((aligned (16)));
    gssize size;

    fail_unless_equals_int (poll (&poll_fd, 1, 10000), 1);
    size = recv (poll_fd.fd, data, sizeof (data), 0);
    fail_unless_equals_int (data[1], GST_RTCP_TYPE_RR);
    size = (gssize)sealer_open_rtcp (peer->opener, data, (gsize)size);
    fail_unless (size > 0);
    for (gssize i = 0, length; i + 4 <= size; i += length) {
      length = 4 * (GST_READ_UINT16_BE (data + i + 2) + 1);
      if (data[i + 1] != type || (data[i] & 0x1f) != fmt)
        continue;
      fail_unless (i + length <= size && (gsize)length <= room);
      memcpy (found, data + i, (gsize)length);
      return;
    }
  }
}

static void
take_video (Peer *peer, guint n)
{
  for (guint taken = 0; taken < n;) {
    SiprecUnit unit;

    fail_unless (siprec_stream_wait (peer->f.stream));
    if (siprec_stream_pop (peer->f.stream, &unit, 1) == 0)
      continue;
    if (unit.type == SIPREC_UNIT_DATA) {
      guint8 packet[12 + SIZE];

      fail_unless_equals_int (gst_buffer_get_size (unit.buffer), sizeof (packet));
      gst_buffer_extract (unit.buffer, 0, packet, sizeof (packet));
      fail_unless_equals_int (packet[1] & 0x7f, VIDEO);
      fail_unless_equals_int (GST_READ_UINT32_BE (packet + 8), SSRC_A);
      for (guint i = 12; i < sizeof (packet); i++)
        fail_unless_equals_int (packet[i], taken);
      taken++;
    }
    siprec_unit_clear (&unit);
  }
}

static void
send_record (gpointer user_data, const guint8 *data, gsize size)
{
  fail_unless (send (((Fixture *)user_data)->rtcp, data, size, 0) == (gssize)size);
}

static const struct {
  const gchar *suite;
  gboolean mux;
} variants[] = {
    {"AES_CM_128_HMAC_SHA1_80", TRUE},
    {"AES_CM_128_HMAC_SHA1_32", FALSE},
    {"AEAD_AES_256_GCM", TRUE},
    {"AES_256_CM_HMAC_SHA1_32", FALSE}, /* by libsrtp2 on our side */
};

/* A key frame is asked for, a lost packet too, and comes again from a source of its own. */
GST_START_TEST (feedback_goes_out_and_retransmissions_come_in)
{
  guint8 found[64];
  Peer peer;

  peer_init (&peer, variants[__i__].suite, variants[__i__].mux);
  send_sealed (&peer, VIDEO, SSRC_A, 0, -1);
  await_feedback (&peer, GST_RTCP_TYPE_PSFB, GST_RTCP_PSFB_TYPE_PLI, found, sizeof (found));
  fail_unless_equals_int (GST_READ_UINT32_BE (found + 8), SSRC_A);
  for (guint i = 1; i < 8; i++) {
    if (i != LOST)
      send_sealed (&peer, VIDEO, SSRC_A, (guint16)i, -1);
  }
  await_feedback (&peer, GST_RTCP_TYPE_RTPFB, GST_RTCP_RTPFB_TYPE_NACK, found, sizeof (found));
  fail_unless_equals_int (GST_READ_UINT32_BE (found + 8), SSRC_A);
  fail_unless_equals_int (GST_READ_UINT16_BE (found + 12), LOST);
  send_sealed (&peer, RTX, SSRC_RTX, 500, LOST);
  /* Once more is of no use. */
  send_sealed (&peer, RTX, SSRC_RTX, 501, LOST);
  take_video (&peer, 8);
  await_stat (&peer.f, "num-duplicates", 1);
  fail_unless_equals_uint64 (get_stat (&peer.f, "rtx-success-count"), 1);
  fail_unless_equals_uint64 (get_stat (&peer.f, "num-lost"), 0);
  fail_unless_equals_uint64 (get_stat (&peer.f, "num-auth-failed"), 0);
  peer_clear (&peer);
}
GST_END_TEST

/* What keeps the way to the RTP port open can't be taken for RTP that isn't authentic: it is STUN (RFC 6263 section
 * 4.4). */
GST_START_TEST (the_keepalive_is_no_plain_rtp)
{
  static const guint8 begin[] = {0, 0x11, 0, 8, 0x21, 0x12, 0xa4, 0x42};
  struct pollfd poll_fd = {.events = POLLIN};
  guint8 data[1500];
  Peer peer;

  peer_init (&peer, "AES_CM_128_HMAC_SHA1_80", FALSE);
  poll_fd.fd = peer.f.rtp;
  fail_unless_equals_int (poll (&poll_fd, 1, 10000), 1);
  fail_unless_equals_int (recv (peer.f.rtp, data, sizeof (data), 0), 28);
  fail_unless (memcmp (data, begin, sizeof (begin)) == 0);
  peer_clear (&peer);
}
GST_END_TEST

/* Where RTCP comes to the port of RTP nobody gets a handshake at the next one. @i: whether it does. */
GST_START_TEST (there_is_no_handshake_where_nothing_is_expected)
{
  static const guint8 alert[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40};
  SiprecProtection protection = {.kind = SIPREC_PROTECTION_DTLS, .fingerprints = {.n = 1}};
  SiprecFingerprints fingerprints = {.n = 1};
  g_autoptr (SiprecDtls) dtls = NULL;
  struct pollfd poll_fd = {.events = POLLIN};
  Fixture f;

  fixture_init (&f);
  fail_unless (siprec_dtls_get_fingerprint (&fingerprints.list[0]));
  protection.fingerprints = fingerprints;
  siprec_stream_set_protection (f.stream, &protection);
  siprec_stream_set_remote (f.stream, "127.0.0.1", get_local_port (f.rtp), NULL, f.rtcp_port,
                            (gboolean)__i__);
  siprec_stream_begin (f.stream, siprec_context_now ());
  dtls = siprec_dtls_new (TRUE, &fingerprints, send_record, &f);
  siprec_dtls_tick (dtls, GST_SECOND);
  fail_unless (send (f.rtcp, alert, sizeof (alert), 0) == sizeof (alert));
  await_stat (&f, "num-wrong-source", __i__ ? 2 : 1);
  poll_fd.fd = f.rtcp;
  fail_unless_equals_int (poll (&poll_fd, 1, 0), !__i__);
  fixture_clear (&f);
}
GST_END_TEST

/* A client keeps its way open too: those are no checks with a wrong password. */
GST_START_TEST (keepalives_of_the_client_are_no_forgeries)
{
  static const guint8 indication[20] = {0, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42};
  static const guint8 request[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
  SiprecProtection protection = {.ice = {"ours", "password", "theirs", "password"}};
  Fixture f;

  fixture_init (&f);
  siprec_stream_set_protection (f.stream, &protection);
  siprec_stream_begin (f.stream, siprec_context_now ());
  fail_unless (send (f.rtp, indication, sizeof (indication), 0) == sizeof (indication));
  fail_unless (send (f.rtp, request, sizeof (request), 0) == sizeof (request));
  await_stat (&f, "num-auth-failed", 1);
  fail_unless_equals_uint64 (get_stat (&f, "num-invalid"), 0);
  fixture_clear (&f);
}
GST_END_TEST

static Suite *
stream_srtp_suite (void)
{
  Suite *suite = suite_create ("stream-srtp");
  TCase *tcase = tcase_create ("feedback");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 60);
  tcase_add_loop_test (tcase, feedback_goes_out_and_retransmissions_come_in, 0,
                       G_N_ELEMENTS (variants));
  tcase_add_test (tcase, the_keepalive_is_no_plain_rtp);
  tcase_add_test (tcase, keepalives_of_the_client_are_no_forgeries);
  tcase_add_loop_test (tcase, there_is_no_handshake_where_nothing_is_expected, 0, 2);
  return suite;
}

GST_CHECK_MAIN (stream_srtp);
