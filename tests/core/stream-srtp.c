/* Streams under SRTP: what they ask for and what they get again, with libsrtp2 as the other side.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/rtp/rtp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "rtp-peer.h"
#include "siprec-core/rtp/refresh.h"
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
  take_video (&peer, 8);
  await_stat (&peer.f, "rtx-success-count", 1);
  fail_unless_equals_uint64 (get_stat (&peer.f, "num-lost"), 0);
  fail_unless_equals_uint64 (get_stat (&peer.f, "num-auth-failed"), 0);
  peer_clear (&peer);
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
  return suite;
}

GST_CHECK_MAIN (stream_srtp);
