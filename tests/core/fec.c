/* Packets that are repaired, or were none; wrapped ones, and bytes that are neither
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "siprec-core/media/red.h"
#include "siprec-core/rtp/fec.h"
#include "tests/support/rounds.h"

#define FIRST     65530 /* their numbers wrap */
#define SSRC      0x12345678
#define MAX_BYTES 400

/* One packet of a stream: media of VP8, a picture a packet unless @inner, or what repairs others. */
typedef struct {
  guint8 data[MAX_BYTES];
  gsize size;
} Bytes;

static SiprecFormat *media, *repair;
static SiprecFec *fec;

static void
setup (void)
{
  media = siprec_format_new ("video", 96, "VP8", 90000, 0, NULL);
  repair = siprec_format_new ("video", 97, "ulpfec", 90000, 0, NULL);
  fec = siprec_fec_new ();
}

static void
teardown (void)
{
  siprec_fec_free (fec);
  siprec_format_unref (media);
  siprec_format_unref (repair);
}

static void
write_header (Bytes *bytes, guint n, guint pt, gboolean marker, guint32 timestamp)
{
  bytes->data[0] = 0x80;
  bytes->data[1] = marker << 7 | pt;
  GST_WRITE_UINT16_BE (bytes->data + 2, (guint16)(FIRST + n));
  GST_WRITE_UINT32_BE (bytes->data + 4, timestamp);
  GST_WRITE_UINT32_BE (bytes->data + 8, SSRC);
}

/* Packet @n of a picture that it begins and ends if told so. */
static Bytes
make_media (guint n, gboolean begins, gboolean ends, guint32 timestamp)
{
  Bytes bytes = {.size = 40 + n * 37 % 300};

  for (guint i = 12; i < bytes.size; i++)
    bytes.data[i] = n * 31 + i * 7;
  write_header (&bytes, n, 96, ends, timestamp);
  bytes.data[12] = begins ? 0x10 : 0;
  return bytes;
}

/* RFC 5109 section 8: repairs one of @packets (numbered from FIRST) whose bit is in @mask, from @base on. */
static Bytes
make_repair (guint n, const Bytes *packets, guint base, guint64 mask, gboolean is_long,
             guint32 timestamp)
{
  gsize head = 12 + 10 + (is_long ? 8 : 4), length = 0;
  Bytes bytes = {0};
  guint8 *sum = bytes.data + 12;

  for (guint i = 0; i < 48; i++) {
    const Bytes *packet = &packets[base + i];
    guint8 size[2];

    if (!(mask >> i & 1))
      continue;
    length = MAX (length, packet->size - 12);
    GST_WRITE_UINT16_BE (size, packet->size - 12);
    for (guint j = 0; j < 8; j++)
      sum[j] ^= packet->data[j];
    sum[8] ^= size[0];
    sum[9] ^= size[1];
    for (guint j = 12; j < packet->size; j++)
      bytes.data[head + j - 12] ^= packet->data[j];
    sum[12 + i / 8] |= 0x80 >> i % 8;
  }
  sum[0] = (sum[0] & 0x3f) | (is_long ? 0x40 : 0);
  GST_WRITE_UINT16_BE (sum + 2, (guint16)(FIRST + base));
  GST_WRITE_UINT16_BE (sum + 10, length);
  bytes.size = head + length;
  write_header (&bytes, n, 97, FALSE, timestamp);
  return bytes;
}

static void
note (guint n, const Bytes *bytes)
{
  SiprecPacket packet;

  fail_unless (siprec_packet_parse (&packet, bytes->data, bytes->size));
  siprec_fec_note (fec, FIRST + n, &packet, bytes->data, bytes->size,
                   packet.pt == 97 ? repair : media);
}

static void
check_repaired (guint n, const Bytes *wanted)
{
  gint64 seq = 0;
  gsize size = 0;
  g_autofree guint8 *data = siprec_fec_repair (fec, SSRC, &seq, &size);

  fail_unless (data != NULL);
  fail_unless (seq == FIRST + n && size == wanted->size);
  fail_unless (memcmp (data, wanted->data, size) == 0);
}

static void
check_nothing (void)
{
  gint64 seq;
  gsize size;

  fail_unless (siprec_fec_repair (fec, SSRC, &seq, &size) == NULL);
}

/* Each one of them, wherever it is; with the long mask too. */
GST_START_TEST (test_repair)
{
  gboolean is_long = __i__ == 1;
  guint n_packets = is_long ? 40 : 12;
  Bytes packets[40], more;

  for (guint i = 0; i < n_packets; i++)
    packets[i] = make_media (i, i == 0, i == n_packets - 1, 9000);
  more =
      make_repair (n_packets, packets, 0, (G_GUINT64_CONSTANT (1) << n_packets) - 1, is_long, 9000);
  for (guint lost = 0; lost < n_packets; lost++) {
    siprec_fec_reset (fec);
    for (guint i = 0; i < n_packets; i++) {
      if (i != lost)
        note (i, &packets[i]);
    }
    check_nothing ();
    note (n_packets, &more);
    check_repaired (lost, &packets[lost]);
    check_nothing ();
  }
}
GST_END_TEST

/* Two are missing for one repair; the other one has only one of them, and then it is one each. */
GST_START_TEST (test_chain)
{
  Bytes packets[4], first, second;

  for (guint i = 0; i < 4; i++)
    packets[i] = make_media (i, i == 0, i == 3, 9000);
  first = make_repair (4, packets, 0, 0xf, FALSE, 9000);
  second = make_repair (5, packets, 1, 1, FALSE, 9000);
  note (0, &packets[0]);
  note (3, &packets[3]);
  note (4, &first);
  check_nothing ();
  note (5, &second);
  check_repaired (1, &packets[1]);
  check_nothing ();
  note (1, &packets[1]);
  check_repaired (2, &packets[2]);
}
GST_END_TEST

/* Numbers of its own, and a packet that comes after its repair. */
GST_START_TEST (test_stream_aside)
{
  Bytes packets[3], more;
  SiprecPacket packet;

  for (guint i = 0; i < 3; i++)
    packets[i] = make_media (i, TRUE, TRUE, i * 3000);
  more = make_repair (900, packets, 0, 7, FALSE, 6000);
  note (0, &packets[0]);
  fail_unless (siprec_packet_parse (&packet, more.data, more.size));
  siprec_fec_note_aside (fec, FIRST, &packet);
  check_nothing ();
  note (2, &packets[2]);
  check_repaired (1, &packets[1]);
}
GST_END_TEST

/* Whoever forges a repair can't take the place of what is yet to come, nor make room for it. */
GST_START_TEST (test_future)
{
  static Bytes none[400];
  Bytes packets[3], next, far;
  SiprecPacket packet;

  for (guint i = 0; i < 3; i++)
    packets[i] = make_media (i, TRUE, TRUE, i * 3000);
  none[1] = none[250] = make_media (0, TRUE, TRUE, 0);
  next = make_repair (900, none, 1, 1, FALSE, 3000);
  far = make_repair (901, none, 250, 1, FALSE, 3000);
  note (0, &packets[0]);
  fail_unless (siprec_packet_parse (&packet, next.data, next.size));
  siprec_fec_note_aside (fec, FIRST, &packet);
  fail_unless (siprec_packet_parse (&packet, far.data, far.size));
  siprec_fec_note_aside (fec, FIRST, &packet);
  check_nothing ();
  note (1, &packets[1]);
  check_nothing ();
  note (2, &packets[2]);
  check_nothing ();
}
GST_END_TEST

/* A bad one with numbers far ahead costs nobody the memory of what comes. */
GST_START_TEST (test_far_ahead)
{
  static Bytes none[400];
  Bytes packets[3], far, more;
  SiprecPacket packet;

  for (guint i = 0; i < 3; i++)
    packets[i] = make_media (i, TRUE, TRUE, i * 3000);
  none[255] = none[259] = packets[0];
  far = make_repair (900, none, 255, 0x11, FALSE, 0);
  more = make_repair (3, packets, 0, 7, FALSE, 6000);
  note (0, &packets[0]);
  fail_unless (siprec_packet_parse (&packet, far.data, far.size));
  siprec_fec_note_aside (fec, FIRST, &packet);
  note (2, &packets[2]);
  note (3, &more);
  check_repaired (1, &packets[1]);
}
GST_END_TEST

/* A cut one that says that it protects more than it holds. */
GST_START_TEST (test_too_short)
{
  Bytes packets[2], more;

  packets[0] = make_media (0, TRUE, TRUE, 0);
  packets[1] = make_media (1, TRUE, TRUE, 3000);
  more = make_repair (2, packets, 0, 3, FALSE, 3000);
  note (0, &packets[0]);
  more.size -= 1;
  note (2, &more);
  check_nothing ();
  /* It protects the beginning of longer packets only. */
  siprec_fec_reset (fec);
  GST_WRITE_UINT16_BE (more.data + 12 + 10, 20);
  note (0, &packets[0]);
  note (2, &more);
  check_nothing ();
}
GST_END_TEST

/* Pictures of two packets and what repairs each: 0 1 (2 3) 4 5 (6 7). Numbers of @lost are missing; is 3 missed? */
static gboolean
is_spare (const gchar *lost, guint n)
{
  Bytes packets[8];

  for (guint i = 0; i < 8; i += 4) {
    packets[i] = make_media (i, TRUE, FALSE, i * 3000);
    packets[i + 1] = make_media (i + 1, FALSE, TRUE, i * 3000);
    packets[i + 2] = make_repair (i + 2, packets, i, 3, FALSE, i * 3000);
    packets[i + 3] = make_repair (i + 3, packets, i, 3, FALSE, i * 3000);
  }
  siprec_fec_reset (fec);
  for (guint i = 0; i < 8; i++) {
    if (!strchr (lost, '0' + i))
      note (i, &packets[i]);
  }
  return siprec_fec_is_spare (fec, FIRST + n);
}

GST_START_TEST (test_spare)
{
  fail_unless (is_spare ("3", 3));
  fail_unless (is_spare ("2", 2));
  fail_unless (is_spare ("37", 3));
  /* As long as nothing tells that the next one begins its group. */
  fail_if (is_spare ("367", 3));
  /* Media, protected or not; and where more than one is missing a picture may be among them. */
  fail_if (is_spare ("1", 1));
  fail_if (is_spare ("4", 4));
  fail_if (is_spare ("123", 1));
  fail_if (is_spare ("23", 3));
  fail_if (is_spare ("34", 3));
}
GST_END_TEST

/* A picture of one packet, and one of what repairs it and the picture before, are lost: 0, 1, then 2 for 0 and 3 for 1. */
GST_START_TEST (test_hidden_picture)
{
  Bytes packets[6];

  packets[0] = make_media (0, TRUE, TRUE, 0);
  packets[1] = make_media (1, TRUE, TRUE, 3000);
  packets[2] = make_repair (2, packets, 0, 1, FALSE, 3000);
  packets[3] = make_repair (3, packets, 1, 1, FALSE, 3000);
  packets[4] = make_media (4, TRUE, TRUE, 6000);
  packets[5] = make_repair (5, packets, 4, 1, FALSE, 6000);
  note (0, &packets[0]);
  note (2, &packets[2]);
  note (4, &packets[4]);
  note (5, &packets[5]);
  fail_if (siprec_fec_is_spare (fec, FIRST + 1));
}
GST_END_TEST

GST_START_TEST (test_red)
{
  static const guint8 wrapped[] = {0x80, 0xe3, 0, 7, 0, 0,    0,   1,   0,   0,   0,
                                   2,    0xe1, 0, 0, 2, 0x60, 'o', 'l', 'n', 'e', 'w'};
  guint8 out[sizeof wrapped];
  SiprecPacket packet;

  fail_unless (siprec_packet_parse (&packet, wrapped, sizeof wrapped));
  fail_unless_equals_int (siprec_red_unwrap (&packet, wrapped, sizeof wrapped, out), 15);
  fail_unless (out[1] == 0xe0 && memcmp (out + 12, "new", 3) == 0);
  /* Cut anywhere, it is shorter or nothing. */
  for (gsize size = 12; size < sizeof wrapped; size++) {
    gsize left;

    fail_unless (siprec_packet_parse (&packet, wrapped, size));
    left = siprec_red_unwrap (&packet, wrapped, size, out);
    fail_unless_equals_int (left, size < 19 ? 0 : size - 7);
  }
}
GST_END_TEST

GST_START_TEST (test_random_bytes)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  guint8 out[MAX_BYTES];

  for (guint i = 0; i < rounds (20000); i++) {
    gsize size = g_rand_int_range (random, 12, 80);
    g_autofree guint8 *data = g_malloc (size), *repaired = NULL;
    SiprecPacket packet;
    gint64 seq = FIRST + i / 2 + g_rand_int_range (random, -40, 40);

    for (gsize j = 0; j < size; j++)
      data[j] = g_rand_int_range (random, 0, 3) ? 0 : g_rand_int_range (random, 0, 256);
    data[0] = 0x80;
    if (size > 24)
      GST_WRITE_UINT16_BE (data + 14, (guint16)(seq + g_rand_int_range (random, -20, 5)));
    fail_unless (siprec_packet_parse (&packet, data, size));
    siprec_red_unwrap (&packet, data, size, out);
    siprec_fec_note (fec, seq, &packet, data, size, i % 4 ? media : repair);
    siprec_fec_is_spare (fec, seq - 3);
    repaired = siprec_fec_repair (fec, SSRC, &seq, &size);
  }
}
GST_END_TEST

static Suite *
fec_suite (void)
{
  Suite *suite = suite_create ("fec");
  TCase *tcase = tcase_create ("fec");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, setup, teardown);
  tcase_add_loop_test (tcase, test_repair, 0, 2);
  tcase_add_test (tcase, test_chain);
  tcase_add_test (tcase, test_stream_aside);
  tcase_add_test (tcase, test_future);
  tcase_add_test (tcase, test_far_ahead);
  tcase_add_test (tcase, test_too_short);
  tcase_add_test (tcase, test_spare);
  tcase_add_test (tcase, test_hidden_picture);
  tcase_add_test (tcase, test_red);
  tcase_add_test (tcase, test_random_bytes);
  return suite;
}

GST_CHECK_MAIN (fec);
