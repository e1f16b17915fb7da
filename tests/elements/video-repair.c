/* Losses of video that are made good: packets sent again, in clear and encrypted, or put together from others
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "siprec-core/sdp/crypto.h"
#include "video-peer.h"

#define LOSSY(proto)                                                                               \
  "m=video PORT " proto " 96 97\r\na=rtpmap:96 H264/90000\r\na=rtpmap:97 rtx/90000\r\n"            \
  "a=fmtp:97 apt=96\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-mux\r\n"               \
  "a=sendonly\r\na=label:2\r\n"

/* Of a call with SRTP: what the client sends with, and what it reads feedback with. */
static Sealer *sealer, *opener;

static void
send_bytes (const guint8 *data, gsize size)
{
  g_autofree guint8 *packet = g_malloc (size + SEALER_OVERHEAD);

  memcpy (packet, data, size);
  if (sealer)
    size = sealer_seal (sealer, packet, size);
  caller_send_raw (caller, 0, packet, size);
}

static void
send_packet (const Film *film, guint n)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (g_ptr_array_index (film->packets, n), &size);

  send_bytes (data, size);
}

/* A line whose key the sealer has. */
static gchar *
new_secure_line (void)
{
  g_autofree gchar *crypto = NULL;
  SiprecKeying keying;

  fail_unless (
      siprec_keying_generate (&keying, siprec_suite_find ("AES_CM_128_HMAC_SHA1_80"), FALSE));
  crypto = siprec_crypto_write (1, "AES_CM_128_HMAC_SHA1_80", &keying);
  sealer = sealer_new (&keying, FALSE);
  return g_strdup_printf (LOSSY ("RTP/SAVPF") "a=crypto:%s\r\n", crypto);
}

/* Takes over the key of the answer. */
static void
read_key (void)
{
  g_autofree gchar *answer = caller_attribute (caller, 0, "crypto");
  const gchar *problem;
  g_autoptr (SiprecCrypto) crypto = siprec_crypto_read (answer, &problem);

  fail_unless (crypto != NULL, "%s", problem);
  opener = sealer_new (&crypto->keying, TRUE);
}

/* Sends packet @n again, as RFC 4588 has it. */
static void
send_again (const Film *film, guint n)
{
  static guint16 sequence = 5;
  gsize size;
  const guint8 *data = g_bytes_get_data (g_ptr_array_index (film->packets, n), &size);
  g_autofree guint8 *again = g_malloc (size + 2);

  memcpy (again, data, 12);
  memcpy (again + 12, data + 2, 2);
  memcpy (again + 14, data + 12, size - 12);
  again[1] = (data[1] & 0x80) | 97;
  GST_WRITE_UINT16_BE (again + 2, sequence++);
  GST_WRITE_UINT32_BE (again + 8, 4711);
  send_bytes (again, size + 2);
}

/* Answers what one datagram from the recorder asks for; returns how many packets that were. */
static guint
answer_nack (const Film *film, const guint8 *data, gsize size)
{
  guint16 base = GST_READ_UINT16_BE (
      (const guint8 *)g_bytes_get_data (g_ptr_array_index (film->packets, 0), NULL) + 2);
  guint n = 0;

  for (gsize i = 0; i + 12 <= size; i += 4 * (1 + GST_READ_UINT16_BE (data + i + 2))) {
    gsize end = i + 4 * (1 + GST_READ_UINT16_BE (data + i + 2));

    if (data[i + 1] != 205 || (data[i] & 0x1f) != 1)
      continue;
    for (gsize j = i + 12; j + 4 <= end; j += 4) {
      guint mask = GST_READ_UINT16_BE (data + j + 2) << 1 | 1;

      for (guint bit = 0; bit < 17; bit++) {
        guint16 index = GST_READ_UINT16_BE (data + j) + bit - base;

        if (!(mask >> bit & 1))
          continue;
        fail_unless (index < film->packets->len);
        send_again (film, index);
        n++;
      }
    }
  }
  return n;
}

/* The same for all that have come. */
static guint
answer_feedback (const Film *film)
{
  guint8 data[1500] __attribute__ ((aligned (16)));
  guint n = 0;
  gsize size;

  while ((size = caller_receive (caller, 0, data, sizeof data, 0)) > 0) {
    if (opener)
      size = sealer_open_rtcp (opener, data, size);
    fail_unless (size > 0);
    n += answer_nack (film, data, size);
  }
  return n;
}

/* Two packets in a hundred are lost: without retransmission pictures are; with it none, nor if all is encrypted. */
GST_START_TEST (test_retransmission)
{
  g_autofree gchar *secure = __i__ == 2 ? new_secure_line () : NULL;
  const gchar *const lines[] = {secure ? secure : __i__ == 1 ? LOSSY ("RTP/AVPF") : H264, NULL};
  g_autoptr (Film) film = film_new (AVC, PAY, 640, 480, 60);
  PadLog *log;
  guint n_lost = 0, n_asked = 0;

  video_call ("", lines);
  fail_unless_equals_int (strstr (caller_last (caller), "a=fmtp:97 apt=96\r\n") != NULL, __i__ > 0);
  if (secure)
    read_key ();
  log = pipeline_pad (pipeline, "video_0");
  for (guint i = 0; i < 60; i++) {
    guint first = g_array_index (film->first, guint, i);

    for (guint j = first; j < first + film_n_packets (film, i); j++) {
      if (j % 50 == 25 && i < 59)
        n_lost++;
      else
        send_packet (film, j);
      n_asked += answer_feedback (film);
    }
    g_usleep (VIDEO_PICTURE_US);
  }
  fail_unless (n_lost > 3, "%u lost", n_lost);
  if (__i__ > 0)
    pipeline_await_buffers (log, 60);
  video_hang_up ("video_0");
  if (__i__ > 0)
    fail_unless (n_asked >= n_lost, "%u of %u were asked for", n_asked, n_lost);
  else
    fail_unless (log->buffers->len < 60 && n_asked == 0, "%u pictures", log->buffers->len);
  for (guint i = 0; __i__ > 0 && i < 60; i++)
    video_check_picture (g_ptr_array_index (log->buffers, i),
                         g_ptr_array_index (film->pictures, i));
  g_clear_pointer (&sealer, sealer_free);
  g_clear_pointer (&opener, sealer_free);
  video_tear_down ();
}
GST_END_TEST

/* Forward error correction in RED (98 repairs, 99 wraps), or bare. */
#define FEC_LINE(types)                                                                            \
  "m=video PORT RTP/AVPF " types "\r\na=rtpmap:96 H264/90000\r\na=rtpmap:98 ulpfec/90000\r\n"      \
  "a=rtpmap:99 red/90000\r\na=fmtp:99 96/98\r\na=fmtp:96 packetization-mode=1\r\n"                 \
  "a=rtcp-fb:96 nack pli\r\na=rtcp-mux\r\na=sendonly\r\na=label:2\r\n"
#define FEC_PAY PAY " ! rtpulpfecenc pt=98 percentage=100 percentage-important=100"
#define RED_PAY FEC_PAY " ! rtpredenc pt=99 allow-no-red-blocks=true"

typedef struct {
  const gchar *line, *payloader, *formats;
} Repair;

static const Repair repairs[] = {
    {FEC_LINE ("96 98 99"), RED_PAY, " RTP/AVPF 96 98 99\r\n"},
    {FEC_LINE ("96 98"), FEC_PAY, " RTP/AVPF 96 98\r\n"},
};

/* As many are lost, of media and of what repairs it, and nothing is asked for. */
GST_START_TEST (test_forward_error_correction)
{
  const Repair *repair = &repairs[__i__];
  const gchar *const lines[] = {repair->line, NULL};
  g_autoptr (Film) film = film_new (AVC, repair->payloader, 640, 480, 60);
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (GstStructure) stats = NULL;
  guint64 n_repaired = 0;
  PadLog *log;

  video_call ("", lines);
  fail_unless (strstr (caller_last (caller), repair->formats), "%s", caller_last (caller));
  log = pipeline_pad (pipeline, "video_0");
  for (guint i = 0; i < 60; i++) {
    guint first = g_array_index (film->first, guint, i);

    for (guint j = first; j < first + film_n_packets (film, i); j++) {
      if (i == 59 || g_rand_int_range (random, 0, 50) != 0)
        video_send (0, film, j);
    }
    g_usleep (VIDEO_PICTURE_US);
  }
  pipeline_await_buffers (log, 60);
  video_hang_up ("video_0");
  g_object_get (log->pad, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, "fec-recovered", &n_repaired);
  fail_unless (n_repaired > 3, "%u repaired", (guint)n_repaired);
  fail_unless_equals_int (log->buffers->len, 60);
  for (guint i = 0; i < 60; i++)
    video_check_picture (g_ptr_array_index (log->buffers, i),
                         g_ptr_array_index (film->pictures, i));
  video_tear_down ();
}
GST_END_TEST

static Suite *
video_repair_suite (void)
{
  Suite *suite = suite_create ("video-repair");
  TCase *tcase = tcase_create ("video-repair");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_retransmission, 0, 3);
  tcase_add_loop_test (tcase, test_forward_error_correction, 0, G_N_ELEMENTS (repairs));
  return suite;
}

GST_CHECK_MAIN (video_repair);
