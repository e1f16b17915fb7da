/* The benchmark's sender: RTP to many ports, evenly spread over time.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

/* A round of 20 ms has this many slots of 1 ms. */
#define SLOTS 20
#define SLOT  GST_MSECOND

/* Streams don't begin at once, so that joined buffers don't end at once either. */
#define START_ROUNDS 10

#define MAX_MESSAGES 512

typedef struct {
  struct sockaddr_in address;
  guint32 timestamp, ssrc;
  guint16 seq;
  guint64 sent;
  guint first_round;
  guint8 header[LOAD_RTP_HEADER];
  struct iovec pieces[2];
} Track;

typedef struct {
  gint fd;
  gboolean video;
  guint8 payload[LOAD_VIDEO_PAYLOAD];
  gsize payload_size;
  GArray *tracks;          /* Track */
  GPtrArray *slots[SLOTS]; /* Track, not owned */
  guint64 sent, refused;
  GstClockTime worst; /* how late a slot was begun */
} Sender;

static GstClockTime
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return GST_TIMESPEC_TO_TIME (time);
}

static void
sleep_until (GstClockTime time)
{
  struct timespec until;

  GST_TIME_TO_TIMESPEC (time, until);
  while (clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
    continue;
}

static void
add_track (Sender *sender, guint16 port)
{
  guint i = sender->tracks->len;
  Track track = {.address = {.sin_family = AF_INET, .sin_port = htons (port)},
                 .seq = g_random_int_range (0, G_MAXUINT16),
                 .timestamp = g_random_int (),
                 .ssrc = 0x51000000 + i,
                 .first_round = i / SLOTS % START_ROUNDS};

  track.address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_array_append_val (sender->tracks, track);
}

/* Reads the line of ports that the receiver told. */
static gboolean
read_tracks (Sender *sender)
{
  guint port;

  while (scanf ("%u", &port) == 1 && port > 0)
    add_track (sender, port);
  for (guint i = 0; i < sender->tracks->len; i++) {
    Track *track = &g_array_index (sender->tracks, Track, i);

    track->pieces[0] = (struct iovec){track->header, sizeof (track->header)};
    track->pieces[1] = (struct iovec){sender->payload, sender->payload_size};
    /* Video: 5 packets a round, one every 4 ms. */
    for (guint slot = 0; slot < SLOTS; slot += sender->video ? 4 : SLOTS)
      g_ptr_array_add (sender->slots[(i + slot) % SLOTS], track);
  }
  return sender->tracks->len > 0;
}

static void
write_header (Sender *sender, Track *track)
{
  guint16 seq = htons (track->seq);
  guint32 timestamp = htonl (track->timestamp), ssrc = htonl (track->ssrc);

  track->header[0] = 0x80;
  track->header[1] = sender->video ? 96 : 0;
  memcpy (&track->header[2], &seq, 2);
  memcpy (&track->header[4], &timestamp, 4);
  memcpy (&track->header[8], &ssrc, 4);
  track->seq++;
  track->sent++;
  track->timestamp += sender->video ? 360 : LOAD_AUDIO_PAYLOAD;
}

static void
flush (Sender *sender, struct mmsghdr *messages, guint n)
{
  guint done = 0;

  while (done < n) {
    gint sent = sendmmsg (sender->fd, messages + done, n - done, 0);

    if (sent <= 0) {
      sender->refused++;
      sent = 1;
    }
    done += sent;
  }
  sender->sent += n;
}

static void
send_slot (Sender *sender, GPtrArray *slot, guint round)
{
  struct mmsghdr messages[MAX_MESSAGES];
  guint n = 0;

  for (guint i = 0; i < slot->len; i++) {
    Track *track = g_ptr_array_index (slot, i);

    if (round < track->first_round)
      continue;
    write_header (sender, track);
    messages[n++] = (struct mmsghdr){.msg_hdr = {.msg_name = &track->address,
                                                 .msg_namelen = sizeof (track->address),
                                                 .msg_iov = track->pieces,
                                                 .msg_iovlen = 2}};
    if (n == MAX_MESSAGES) {
      flush (sender, messages, n);
      n = 0;
    }
  }
  flush (sender, messages, n);
}

static void
run (Sender *sender)
{
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  GstClockTime next = now () + SLOT;

  for (guint slot = 0; poll (&input, 1, 0) == 0; slot++) {
    GstClockTime time;

    sleep_until (next);
    time = now ();
    sender->worst = MAX (sender->worst, time - next);
    send_slot (sender, sender->slots[slot % SLOTS], slot / SLOTS);
    next += SLOT;
  }
}

int
bench_send (gboolean video)
{
  static Sender sender;
  struct sched_param high = {.sched_priority = 1};
  gint buffer = 4 * 1024 * 1024;

  sender.fd = socket (AF_INET, SOCK_DGRAM, 0);
  setsockopt (sender.fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof (buffer));
  sender.video = video;
  sender.payload_size = video ? LOAD_VIDEO_PAYLOAD : LOAD_AUDIO_PAYLOAD;
  memset (sender.payload, 0x55, sizeof (sender.payload));
  sender.tracks = g_array_new (FALSE, FALSE, sizeof (Track));
  for (guint i = 0; i < SLOTS; i++)
    sender.slots[i] = g_ptr_array_new ();
  if (!read_tracks (&sender))
    return 2;
  /* An interrupt of a network card doesn't wait for the receiver either. */
  sched_setscheduler (0, SCHED_FIFO, &high);
  run (&sender);
  printf ("sent %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
          " %" G_GUINT64_FORMAT "\n",
          sender.sent, g_array_index (sender.tracks, Track, 0).sent, sender.refused,
          (guint64)GST_TIME_AS_USECONDS (sender.worst));
  fflush (stdout);
  return 0;
}
