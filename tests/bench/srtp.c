/* What SRTP adds to a packet: streams in turn, as a worker visits them, each with keys of its own. libsrtp2 seals.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "siprec-core/srtp/srtp.h"
#include "tests/support/sealer.h"

#define SIZE     172
#define ROUNDS   20
#define MAX_SIZE (SIZE + SEALER_OVERHEAD)

typedef struct {
  SiprecKeying keying;
  SiprecTransform *transform;
  guint8 packets[ROUNDS][MAX_SIZE];
  gsize size;
} Stream;

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
  g_autoptr (Sealer) sealer = NULL;

  if (!siprec_keying_generate (&stream->keying, suite, FALSE))
    g_error ("no randomness");
  sealer = sealer_new (&stream->keying, FALSE);
  stream->transform =
      siprec_transform_new_with (backend, &stream->keying, SIPREC_TRANSFORM_RECEIVE);
  for (guint i = 0; i < ROUNDS; i++) {
    guint8 *packet = stream->packets[i];

    packet[0] = 0x80;
    GST_WRITE_UINT16_BE (packet + 2, i);
    GST_WRITE_UINT32_BE (packet + 8, number);
    stream->size = sealer_seal (sealer, packet, SIZE);
  }
}

/* Microseconds of CPU a packet. */
static gdouble
measure (const SiprecSuite *suite, SiprecBackend backend, guint n_streams)
{
  g_autofree Stream *streams = g_new0 (Stream, n_streams);
  guint8 out[MAX_SIZE];
  gdouble begun, used;
  guint failed = 0;
  gsize size;

  for (guint i = 0; i < n_streams; i++)
    fill (&streams[i], suite, backend, i);
  begun = get_cpu ();
  for (guint round = 0; round < ROUNDS; round++) {
    for (guint i = 0; i < n_streams; i++)
      failed +=
          siprec_transform_open_rtp (streams[i].transform, streams[i].packets[round],
                                     streams[i].size, round, out, &size) != SIPREC_TRANSFORM_OK;
  }
  used = get_cpu () - begun;
  for (guint i = 0; i < n_streams; i++)
    siprec_transform_free (streams[i].transform);
  if (failed > 0)
    g_error ("%u packets were not opened", failed);
  return used / n_streams / ROUNDS;
}

int
main (int argc, char **argv)
{
  guint n_streams = argc > 1 ? (guint)atoi (argv[1]) : 1000;

  printf ("us a packet of %u octets, %u streams\n%-26s %8s %8s\n", SIZE, n_streams, "suite", "EVP",
          "libsrtp2");
  for (guint i = 0; siprec_suite_get (i); i++) {
    const SiprecSuite *suite = siprec_suite_get (i);

    printf ("%-26s %8.2f %8.2f\n", suite->name, measure (suite, SIPREC_BACKEND_EVP, n_streams),
            measure (suite, SIPREC_BACKEND_SRTP2, n_streams));
  }
  return 0;
}
