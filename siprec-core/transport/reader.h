/* siprec-core: reads datagrams in batches
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "arrival.h"
#include "address.h"

G_BEGIN_DECLS

/* More than any RTP packet on an Ethernet; longer datagrams are cut and counted. */
#define SIPREC_READER_MAX_SIZE 2048

/* Datagrams a read at most. */
#define SIPREC_READER_BATCH 32

/* One datagram; all belongs to the reader and is valid until its next read. */
typedef struct {
  const guint8 *data;
  gsize size;
  gboolean truncated;
  GstClockTime arrival; /* CLOCK_MONOTONIC */
  guint32 drops;        /* what the kernel dropped on this socket so far */
  const SiprecAddress *from;
} SiprecDatagram;

/* Buffers for one thread that reads many sockets. */
typedef struct _SiprecReader SiprecReader;

SiprecReader *siprec_reader_new (void);
void siprec_reader_free (SiprecReader *reader);

/* Reads what @fd has, @max datagrams or a batch at most; returns how many, from @datagrams on. */
guint siprec_reader_read (SiprecReader *reader, gint fd, guint max, const SiprecArrival *arrival,
                          const SiprecDatagram **datagrams);

G_END_DECLS
