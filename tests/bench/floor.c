/* What receiving costs at least: sockets are read at the same tick, and the packets dropped or written to
 * files.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#include "bench.h"
#include "siprec-core/rtp/context.h"
#include "siprec-core/transport/ports.h"

#define BATCH     32
#define SLOT_SIZE 2048

/* Modes: "rtp" reads RTP sockets only, "rtcp" those of RTCP too, "file" writes what came as well. */
static struct {
  guint n;
  SiprecPorts **ports;
  FILE **files;
  gboolean rtcp;
  guint64 packets;
} bench;

static struct mmsghdr messages[BATCH];
static struct iovec vectors[BATCH];
static struct sockaddr_storage addresses[BATCH];
static guint8 controls[BATCH][64], slots[BATCH][SLOT_SIZE];

static gint
read_socket (gint fd, FILE *file)
{
  gint n;

  for (guint i = 0; i < BATCH; i++)
    messages[i].msg_hdr = (struct msghdr){.msg_name = &addresses[i],
                                          .msg_namelen = sizeof (addresses[i]),
                                          .msg_iov = &vectors[i],
                                          .msg_iovlen = 1,
                                          .msg_control = controls[i],
                                          .msg_controllen = sizeof (controls[i])};
  n = recvmmsg (fd, messages, BATCH, MSG_DONTWAIT, NULL);
  for (gint i = 0; file && i < n; i++)
    fwrite (slots[i] + LOAD_RTP_HEADER, 1, messages[i].msg_len - LOAD_RTP_HEADER, file);
  return MAX (n, 0);
}

static void
tick (void)
{
  guint64 packets = bench.packets;

  for (guint i = 0; i < bench.n; i++) {
    gint n;

    do {
      n = read_socket (siprec_ports_get_rtp (bench.ports[i]), bench.files ? bench.files[i] : NULL);
      packets += n;
    } while (n == BATCH);
    if (bench.rtcp)
      read_socket (siprec_ports_get_rtcp (bench.ports[i]), NULL);
  }
  __atomic_store_n (&bench.packets, packets, __ATOMIC_RELAXED);
}

static gpointer
run (gpointer data)
{
  GstClockTime next = siprec_context_now ();
  struct timespec until;

  for (guint i = 0; i < BATCH; i++)
    vectors[i] = (struct iovec){slots[i], SLOT_SIZE};
  for (;;) {
    tick ();
    next += SIPREC_TICK;
    GST_TIME_TO_TIMESPEC (next, until);
    while (clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
      continue;
  }
  return NULL;
}

static gboolean
open_floor (const Load *load, guint16 *ports)
{
  bench.n = load->streams;
  bench.ports = g_new (SiprecPorts *, bench.n);
  bench.rtcp = !g_str_equal (load->mode, "rtp");
  if (g_str_equal (load->mode, "file"))
    bench.files = g_new (FILE *, bench.n);
  for (guint i = 0; i < bench.n; i++) {
    bench.ports[i] = siprec_ports_new ("127.0.0.1", 10000, 30000, 0, NULL);
    if (!bench.ports[i])
      return FALSE;
    ports[i] = siprec_ports_get_port (bench.ports[i]);
    if (bench.files) {
      g_autofree gchar *path = g_strdup_printf ("%s/floor-%u.ul", load->dir, i);

      bench.files[i] = fopen (path, "wb");
      if (!bench.files[i])
        return FALSE;
    }
  }
  g_thread_new ("floor", run, NULL);
  return TRUE;
}

static guint64
count (const Load *load)
{
  return __atomic_load_n (&bench.packets, __ATOMIC_RELAXED);
}

const Receiver bench_floor = {.open = open_floor, .count = count};
