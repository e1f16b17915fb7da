/* Batched reads of UDP sockets with the kernel's arrival times.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reader.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

typedef union {
  gchar bytes[CMSG_SPACE (sizeof (struct timespec)) + CMSG_SPACE (sizeof (guint32))];
  struct cmsghdr align;
} Control;

struct _SiprecReader {
  struct mmsghdr messages[SIPREC_READER_BATCH];
  struct iovec vectors[SIPREC_READER_BATCH];
  SiprecAddress addresses[SIPREC_READER_BATCH];
  Control controls[SIPREC_READER_BATCH];
  SiprecDatagram datagrams[SIPREC_READER_BATCH];
  guint8 slots[SIPREC_READER_BATCH][SIPREC_READER_MAX_SIZE];
};

/* The kernel writes lengths into the headers. */
static void
reset_message (SiprecReader *reader, guint i)
{
  struct msghdr *header = &reader->messages[i].msg_hdr;

  header->msg_namelen = sizeof (SiprecAddress);
  header->msg_controllen = sizeof (Control);
}

SiprecReader *
siprec_reader_new (void)
{
  SiprecReader *reader = g_new0 (SiprecReader, 1);

  for (guint i = 0; i < SIPREC_READER_BATCH; i++) {
    struct msghdr *header = &reader->messages[i].msg_hdr;

    reader->vectors[i] = (struct iovec){reader->slots[i], SIPREC_READER_MAX_SIZE};
    header->msg_iov = &reader->vectors[i];
    header->msg_iovlen = 1;
    header->msg_name = &reader->addresses[i];
    header->msg_control = &reader->controls[i];
    reset_message (reader, i);
  }
  return reader;
}

void
siprec_reader_free (SiprecReader *reader)
{
  g_free (reader);
}

static void
read_control (SiprecDatagram *datagram, struct msghdr *header, const SiprecArrival *arrival)
{
  struct cmsghdr *control;

  for (control = CMSG_FIRSTHDR (header); control; control = CMSG_NXTHDR (header, control)) {
    if (control->cmsg_level != SOL_SOCKET)
      continue;
    if (control->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec stamp;

      memcpy (&stamp, CMSG_DATA (control), sizeof (stamp));
      datagram->arrival = siprec_arrival_convert (arrival, GST_TIMESPEC_TO_TIME (stamp));
    } else if (control->cmsg_type == SO_RXQ_OVFL) {
      memcpy (&datagram->drops, CMSG_DATA (control), sizeof (datagram->drops));
    }
  }
}

guint
siprec_reader_read (SiprecReader *reader, gint fd, guint max, const SiprecArrival *arrival,
                    const SiprecDatagram **datagrams)
{
  gint n = recvmmsg (fd, reader->messages, MIN (max, SIPREC_READER_BATCH), MSG_DONTWAIT, NULL);

  /* An error (ICMP unreachable for a report of ours) is told once, and the next read goes on. */
  for (gint i = 0; i < n; i++) {
    struct mmsghdr *message = &reader->messages[i];
    SiprecDatagram *datagram = &reader->datagrams[i];

    datagram->data = reader->slots[i];
    datagram->size = message->msg_len;
    datagram->truncated = (message->msg_hdr.msg_flags & MSG_TRUNC) != 0;
    datagram->arrival = arrival->now;
    datagram->drops = 0;
    datagram->from = &reader->addresses[i];
    read_control (datagram, &message->msg_hdr, arrival);
    reset_message (reader, i);
  }
  *datagrams = reader->datagrams;
  return MAX (n, 0);
}
