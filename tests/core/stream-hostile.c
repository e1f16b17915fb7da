/* Datagrams of every kind that nobody should send, at streams of every kind, with media between them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rtp-peer.h"
#include "siprec-core/srtp/dtls.h"
#include "tests/support/rounds.h"
#include "tests/support/sealer.h"

/* Of each test; DATAGRAMS asks for another number in all. */
#define DEFAULT_DATAGRAMS 1500

/* A packet of the client comes after so many of them, and is waited for: sockets hold that much. */
#define BATCH 40

#define SIZE     (12 + FRAME)
#define MAX_SIZE 1500

typedef enum { PLAIN, SDES_CM, SDES_GCM, SDES_ICE, DTLS, N_STREAMS } Kind;

typedef struct {
  Fixture f;
  Kind kind;
  GRand *random;
  gint stranger;
  Sealer *sealer, *liar; /* the client's keys, and others */
  guint8 last[MAX_SIZE]; /* what the client sent last */
  gsize last_size;
  guint8 hello[MAX_SIZE];
  gsize hello_size;
  guint good, taken;
} Siege;

static guint
choose (Siege *siege, guint n)
{
  return (guint)g_rand_int_range (siege->random, 0, (gint)n);
}

static void
fill_random (Siege *siege, guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    data[i] = (guint8)g_rand_int (siege->random);
}

/* ---- what is sent ---- */

static gsize
make_rtp (Siege *siege, guint8 *data, guint32 ssrc, Sealer *sealer)
{
  memset (data, (gint)siege->good, SIZE);
  data[0] = 0x80;
  data[1] = 0;
  GST_WRITE_UINT16_BE (data + 2, siege->good);
  GST_WRITE_UINT32_BE (data + 4, siege->good * FRAME);
  GST_WRITE_UINT32_BE (data + 8, ssrc);
  return sealer ? sealer_seal (sealer, data, SIZE) : SIZE;
}

static gsize
make_forged (Siege *siege, guint8 *data)
{
  memcpy (data, siege->last, siege->last_size);
  data[choose (siege, siege->last_size)] ^= (guint8)(1 + choose (siege, 255));
  return siege->last_size;
}

static gsize
make_replay (Siege *siege, guint8 *data)
{
  memcpy (data, siege->last, siege->last_size);
  return siege->last_size;
}

static gsize
make_foreign (Siege *siege, guint8 *data)
{
  return make_rtp (siege, data, g_rand_int (siege->random), choose (siege, 2) ? siege->liar : NULL);
}

static gsize
make_short (Siege *siege, guint8 *data)
{
  memcpy (data, siege->last, siege->last_size);
  return choose (siege, siege->last_size);
}

static gsize
make_stun (Siege *siege, guint8 *data)
{
  static const guint8 header[] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
  static const guint16 types[] = {6, 8, 9, 0x24, 0x25, 0x8028, 0x8029, 0x7777};
  gsize size = 20;

  fill_random (siege, data, 20);
  memcpy (data, header, sizeof (header));
  for (guint i = choose (siege, 6); i > 0; i--) {
    gsize length = choose (siege, 5) ? choose (siege, 40) : choose (siege, G_MAXUINT16);

    GST_WRITE_UINT16_BE (data + size, types[choose (siege, G_N_ELEMENTS (types))]);
    GST_WRITE_UINT16_BE (data + size + 2, length);
    length = MIN (length, 40);
    fill_random (siege, data + size + 4, length);
    size += 4 + (length + 3) / 4 * 4;
  }
  GST_WRITE_UINT16_BE (data + 2, choose (siege, 4) ? size - 20 : choose (siege, G_MAXUINT16));
  return size;
}

/* A hello, whole or with an octet changed; or a record of any type. */
static gsize
make_record (Siege *siege, guint8 *data)
{
  gsize size = siege->hello_size, length;

  if (choose (siege, 2)) {
    memcpy (data, siege->hello, size);
    if (choose (siege, 2))
      data[choose (siege, size)] = (guint8)g_rand_int (siege->random);
    return size;
  }
  size = 13 + choose (siege, 200);
  fill_random (siege, data, size);
  data[0] = (guint8)(20 + choose (siege, 6));
  data[1] = 0xfe;
  data[2] = 0xfd;
  memset (data + 3, 0, 2);
  length = choose (siege, 4) ? size - 13 : choose (siege, G_MAXUINT16);
  data[11] = (guint8)(length >> 8);
  data[12] = (guint8)length;
  return size;
}

static gsize
make_rtcp (Siege *siege, guint8 *data)
{
  gsize size = 8 + 4 * choose (siege, 40);

  fill_random (siege, data, size);
  data[0] = 0x80 | (guint8)choose (siege, 32);
  data[1] = (guint8)(200 + choose (siege, 8));
  GST_WRITE_UINT16_BE (data + 2, choose (siege, 4) ? size / 4 - 1 : choose (siege, G_MAXUINT16));
  return choose (siege, 2) ? sealer_seal_rtcp (siege->liar, data, size) : size;
}

static gsize
make_noise (Siege *siege, guint8 *data)
{
  gsize size = choose (siege, 1400);

  fill_random (siege, data, size);
  return size;
}

static gsize (*const makers[]) (Siege *siege, guint8 *data) = {
    make_forged, make_replay, make_foreign, make_short,
    make_stun,   make_record, make_rtcp,    make_noise,
};

/* Nothing but SRTP keeps out who sends from the client's address. */
static void
attack (Siege *siege)
{
  guint8 data[MAX_SIZE + SEALER_OVERHEAD] __attribute__ ((aligned (16)));
  gsize size = makers[choose (siege, G_N_ELEMENTS (makers))](siege, data);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = g_htonl (INADDR_LOOPBACK)};
  gboolean rtcp = choose (siege, 4) == 0;

  to.sin_port = g_htons (siprec_stream_get_port (siege->f.stream) + rtcp);
  if (siege->kind == PLAIN || choose (siege, 2))
    sendto (siege->stranger, data, size, 0, (struct sockaddr *)&to, sizeof (to));
  else
    send (rtcp ? siege->f.rtcp : siege->f.rtp, data, size, 0);
}

/* ---- the client ---- */

static void
take_units (Siege *siege)
{
  SiprecUnit unit;

  while (siprec_stream_pop (siege->f.stream, &unit, 1)) {
    guint8 data[FRAME];

    if (unit.type == SIPREC_UNIT_DATA) {
      fail_unless_equals_int (gst_buffer_extract (unit.buffer, 0, data, FRAME), FRAME);
      for (guint i = 0; i < FRAME; i++)
        fail_unless_equals_int (data[i], (guint8)siege->taken);
      siege->taken++;
    }
    siprec_unit_clear (&unit);
  }
}

static void
speak (Siege *siege)
{
  siege->last_size = make_rtp (siege, siege->last, SSRC_A, siege->sealer);
  fail_unless (send (siege->f.rtp, siege->last, siege->last_size, 0) == (gssize)siege->last_size);
  siege->good++;
  await_stat (&siege->f, "packets-received", siege->good);
  take_units (siege);
}

static void
keep_hello (gpointer user_data, const guint8 *data, gsize size)
{
  Siege *siege = user_data;

  memcpy (siege->hello, data, size);
  siege->hello_size = size;
}

static void
send_record (gpointer user_data, const guint8 *data, gsize size)
{
  send (((Siege *)user_data)->f.rtp, data, size, 0);
}

static void
shake (Siege *siege, const SiprecFingerprints *own)
{
  g_autoptr (SiprecDtls) dtls = siprec_dtls_new (TRUE, own, send_record, siege);
  SiprecKeying local, remote;

  for (guint i = 1; siprec_dtls_tick (dtls, i * GST_MSECOND) != SIPREC_DTLS_DONE; i++) {
    guint8 data[MAX_SIZE];
    gssize size = recv (siege->f.rtp, data, sizeof (data), MSG_DONTWAIT);

    fail_unless (i < 20000);
    if (size > 0 && siprec_dtls_is_record (data, (gsize)size))
      siprec_dtls_input (dtls, data, (gsize)size);
    else
      g_usleep (1000);
  }
  fail_unless (siprec_dtls_get_keys (dtls, &local, &remote));
  siege->sealer = sealer_new (&local, FALSE);
}

static void
protect (Siege *siege)
{
  const SiprecSuite *suite =
      siprec_suite_find (siege->kind == SDES_GCM ? "AEAD_AES_128_GCM" : "AES_CM_128_HMAC_SHA1_80");
  g_autoptr (SiprecProtection) protection =
      siprec_protection_new (siege->kind == DTLS ? SIPREC_PROTECTION_DTLS : SIPREC_PROTECTION_SDES);
  SiprecFingerprints own = {.n = 1};

  fail_unless (siprec_dtls_get_fingerprint (&own.list[0]));
  protection->fingerprints = own;
  if (siege->kind != DTLS) {
    protection->local = g_new0 (SiprecKeying, 1);
    protection->remote = g_new0 (SiprecKeying, 1);
    fail_unless (siprec_keying_generate (protection->local, suite, FALSE));
    fail_unless (siprec_keying_generate (protection->remote, suite, FALSE));
    siege->sealer = sealer_new (protection->remote, FALSE);
  }
  if (siege->kind == SDES_ICE)
    protection->ice = (SiprecIceCredentials){g_strdup ("ours"), g_strdup ("password"),
                                             g_strdup ("theirs"), g_strdup ("secret")};
  if (siege->kind != PLAIN)
    siprec_stream_set_protection (siege->f.stream, protection);
  else
    g_clear_pointer (&siege->sealer, sealer_free);
  siprec_stream_begin (siege->f.stream, siprec_context_now ());
  if (siege->kind == DTLS)
    shake (siege, &own);
}

static void
siege_init (Siege *siege, Kind kind)
{
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = g_htonl (0x7f000007)};
  SiprecFingerprints any = {.n = 1};
  SiprecKeying keying;
  g_autoptr (SiprecDtls) hello = NULL;

  *siege = (Siege){.kind = kind, .random = g_rand_new_with_seed (kind)};
  fixture_init (&siege->f);
  siprec_stream_set_remote (siege->f.stream, "127.0.0.1", get_local_port (siege->f.rtp), NULL,
                            siege->f.rtcp_port, FALSE);
  siege->stranger = socket (AF_INET, SOCK_DGRAM, 0);
  fail_unless (bind (siege->stranger, (struct sockaddr *)&own, sizeof (own)) == 0);
  fail_unless (
      siprec_keying_generate (&keying, siprec_suite_find ("AES_CM_128_HMAC_SHA1_80"), FALSE));
  siege->liar = sealer_new (&keying, FALSE);
  hello = siprec_dtls_new (TRUE, &any, keep_hello, siege);
  siprec_dtls_tick (hello, 1);
  protect (siege);
  claim (&siege->f, SIPREC_FILL_NONE);
}

static void
siege_clear (Siege *siege)
{
  fixture_clear (&siege->f);
  g_clear_pointer (&siege->sealer, sealer_free);
  sealer_free (siege->liar);
  close (siege->stranger);
  g_rand_free (siege->random);
}

static guint
get_number (void)
{
  const gchar *wanted = g_getenv ("DATAGRAMS");

  return wanted ? (guint)g_ascii_strtoull (wanted, NULL, 10) / N_STREAMS
                : rounds (DEFAULT_DATAGRAMS);
}

/* All that the client says arrives whole, and nothing else. */
GST_START_TEST (media_gets_through)
{
  guint n = get_number (), sent = 0;
  Siege siege;

  siege_init (&siege, (Kind)__i__);
  speak (&siege);
  while (sent < n) {
    for (guint i = 0; i < BATCH; i++, sent++)
      attack (&siege);
    speak (&siege);
  }
  for (guint i = 0; i < 1000 && siege.taken < siege.good; i++) {
    g_usleep (10000);
    take_units (&siege);
  }
  fail_unless_equals_int (siege.taken, siege.good);
  /* With SRTP media may come from anywhere; handshakes are with one address. */
  fail_unless_equals_int (get_stat (&siege.f, "num-wrong-source") > 0,
                          siege.kind == PLAIN || siege.kind == DTLS);
  fail_unless_equals_int (get_stat (&siege.f, "num-auth-failed") > 0, siege.kind != PLAIN);
  fail_unless_equals_int (get_stat (&siege.f, "num-replayed") > 0, siege.kind != PLAIN);
  siege_clear (&siege);
}
GST_END_TEST

static Suite *
stream_hostile_suite (void)
{
  Suite *suite = suite_create ("stream-hostile");
  TCase *tcase = tcase_create ("siege");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, g_getenv ("DATAGRAMS") ? 1800 : 60);
  tcase_add_loop_test (tcase, media_gets_through, 0, N_STREAMS);
  return suite;
}

GST_CHECK_MAIN (stream_hostile);
