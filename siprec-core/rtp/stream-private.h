/* siprec-core: what a worker sees of a stream
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "receiver.h"
#include "ring.h"
#include "stream.h"
#include "worker.h"

G_BEGIN_DECLS

/* A socket of a stream; what epoll points to. */
struct _SiprecSocket {
  SiprecStream *stream;
  gint fd; /* of the stream's ports */
  gboolean rtcp;
  gboolean watched; /* in the worker's epoll set, else it is read at every tick */
  guint32 drops;
  guint expected;       /* datagrams at the last visit */
  GstClockTime visited; /* when that was */
  GstClockTime last;    /* arrival of the last datagram */
};

struct _SiprecStream {
  gint ref_count;
  SiprecContext *context;
  SiprecWorker *worker;
  guint16 port;
  SiprecRing ring;

  SiprecNoticeFunc notice;
  gpointer user_data;
  GDestroyNotify destroy;

  /* All below belongs to the worker. */
  SiprecPorts *ports; /* NULL for a silent stream, and after the end */
  SiprecSocket rtp, rtcp;
  gint family; /* of the sockets */
  SiprecReceiver receiver;
  GstClockTime next_stats; /* when the ring's are due to be renewed */
  guint index;             /* in the worker's list */
  gboolean attached;
};

/* A reference, or FALSE if the last one is gone and the stream waits to be freed. */
gboolean siprec_stream_try_ref (SiprecStream *stream);

/* One datagram from one of its sockets. */
void siprec_stream_input (SiprecStream *stream, SiprecSocket *socket,
                          const SiprecDatagram *datagram);

/* Sends a receiver report if it is time. */
void siprec_stream_report (SiprecStream *stream, GstClockTime now);

G_END_DECLS
