/* What SRTP adds to a packet: streams in turn, as a worker visits them, each with keys of its own.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "siprec-core/srtp/cipher.h"
#include "siprec-core/srtp/transform.h"

#define SIZE     172
#define MAX_SIZE (SIZE + SIPREC_TRANSFORM_OVERHEAD)

/* Rounds, of one packet a stream. */
#define ROUNDS 15

/* libsrtp2 takes longer with each stream. */
#define MAX_SRTP2 50

/* More than the caches of a processor hold: what else a tick of many streams looks at. */
#define OTHER (8 * 1024 * 1024)

typedef struct {
  SiprecKeying keying;
  SiprecTransform *transform;
  guint8 packets[ROUNDS][MAX_SIZE];
  gsize size;
} Stream;

/* Microseconds a packet. */
typedef struct {
  gdouble median, least, most;
} Cost;

static gdouble
get_cpu (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return (gdouble)time.tv_sec * 1e6 + (gdouble)time.tv_nsec / 1e3;
}

static void
fill (Stream *stream, const SiprecSuite *suite, SiprecBackend backend, guint number)
{
  g_autoptr (SiprecCipher) cipher = NULL;
  SiprecSessionKeys keys;

  if (!siprec_keying_generate (&stream->keying, suite, FALSE) ||
      !siprec_session_keys_derive (&keys, suite, &stream->keying.keys[0], FALSE))
    g_error ("no keys");
  cipher = siprec_cipher_new (suite, &keys, suite->tag_size);
  stream->transform =
      siprec_transform_new_with (backend, &stream->keying, SIPREC_TRANSFORM_RECEIVE);
  stream->size = SIZE + suite->tag_size;
  for (guint i = 0; i < ROUNDS; i++) {
    guint8 plain[SIZE] = {0x80};
    SiprecSealed packet = {
        .data = plain, .header_size = 12, .size = SIZE, .ssrc = number, .index = i};

    GST_WRITE_UINT16_BE (plain + 2, i);
    GST_WRITE_UINT32_BE (plain + 8, number);
    if (!siprec_cipher_seal (cipher, &packet, stream->packets[i], stream->packets[i] + SIZE))
      g_error ("no packets");
  }
}

/* All packets of a round, copied as plain ones would be, or opened. */
static gdouble
run_round (Stream *streams, guint n_streams, guint round, gboolean open)
{
  static guint8 out[MAX_SIZE];
  gdouble begun = get_cpu ();
  guint failed = 0;
  gsize size;

  for (guint i = 0; i < n_streams; i++) {
    Stream *stream = &streams[i];

    if (open)
      failed += siprec_transform_open_rtp (stream->transform, stream->packets[round], stream->size,
                                           round, out, &size) != SIPREC_TRANSFORM_OK;
    else
      memcpy (out, stream->packets[round], stream->size);
  }
  if (failed > 0)
    g_error ("%u packets were not opened", failed);
  return (get_cpu () - begun) / n_streams;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  gdouble difference = *(const gdouble *)a - *(const gdouble *)b;

  return (difference > 0) - (difference < 0);
}

/* Both kinds of rounds follow each other, so that what disturbs one disturbs the other too. */
static Cost
measure (const SiprecSuite *suite, SiprecBackend backend, guint n_streams)
{
  g_autofree Stream *streams = g_new0 (Stream, n_streams);
  g_autofree guint8 *other = g_malloc (OTHER);
  gdouble added[ROUNDS];

  for (guint i = 0; i < n_streams; i++)
    fill (&streams[i], suite, backend, i);
  for (guint round = 0; round < ROUNDS; round++) {
    gdouble copied;

    memset (other, (gint)round, OTHER);
    copied = run_round (streams, n_streams, round, FALSE);
    added[round] = run_round (streams, n_streams, round, TRUE) - copied;
  }
  for (guint i = 0; i < n_streams; i++)
    siprec_transform_free (streams[i].transform);
  qsort (added, ROUNDS, sizeof (added[0]), compare);
  return (Cost){added[ROUNDS / 2], added[0], added[ROUNDS - 1]};
}

static void
print_row (const SiprecSuite *suite, SiprecBackend backend, guint n_streams)
{
  Cost cost = measure (suite, backend, n_streams);

  printf ("| %s | %s | %u | %.2f (%.2f-%.2f) |\n", suite->name,
          backend == SIPREC_BACKEND_EVP ? "EVP" : "libsrtp2", n_streams, cost.median, cost.least,
          cost.most);
  fflush (stdout);
}

int
main (int argc, char **argv)
{
  static const guint counts[] = {50, 1000, 4000};

  printf ("| suite | by | streams | us a packet more than plain |\n|---|---|---|---|\n");
  for (guint i = 0; siprec_suite_get (i); i++) {
    for (guint j = 0; j < G_N_ELEMENTS (counts); j++) {
      print_row (siprec_suite_get (i), SIPREC_BACKEND_EVP, counts[j]);
      if (counts[j] <= MAX_SRTP2)
        print_row (siprec_suite_get (i), SIPREC_BACKEND_SRTP2, counts[j]);
    }
  }
  return 0;
}
