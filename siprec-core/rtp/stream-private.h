/* siprec-core: what a worker sees of a stream
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../transport/gate.h"
#include "../transport/keepalive.h"
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

/* What every visit needs is together, from ring.lock to receiver.rtcp: waiting for memory is most of the cost. */
struct _SiprecStream {
  SiprecContext *context;
  SiprecWorker *worker;
  guint16 port;
  SiprecNoticeFunc notice;
  gpointer user_data;
  GDestroyNotify destroy;

  SiprecRing ring;
  gint ref_count;
  gint n_keys_set; /* atomic: how often keys were agreed */

  /* All below belongs to the worker. */
  gint n_keys_used;   /* of them, those that the gate has */
  SiprecPorts *ports; /* NULL for a silent stream, and after the end */
  SiprecSocket rtp;
  SiprecKeepalive keepalive;
  GstClockTime next_stats;  /* when the ring's are due to be renewed */
  gconstpointer last_woken; /* the consumer's strand; not to be looked into */
  SiprecGate gate;
  SiprecReceiver receiver;

  SiprecSocket rtcp;
  gint family;     /* of the sockets */
  gchar *peer;     /* (nullable): where SIP comes from */
  GQueue unopened; /* packets that may be for keys the gate hasn't */
  guint index;     /* in the worker's roster */
  gboolean attached;
};

/* FALSE if the last reference is gone and the stream waits for the worker to free it. */
gboolean siprec_stream_is_wanted (SiprecStream *stream);

/* Tells whoever made the stream, unless it isn't wanted any more. In the worker's thread. */
void siprec_stream_tell (SiprecStream *stream, const SiprecNotice *notice);

/* One datagram from one of its sockets. */
void siprec_stream_input (SiprecStream *stream, SiprecSocket *socket,
                          const SiprecDatagram *datagram);

/* Sends a receiver report if it is time, and tells what was kept out. */
void siprec_stream_report (SiprecStream *stream, GstClockTime now);

/* The last report, if there was any. */
void siprec_stream_report_bye (SiprecStream *stream, GstClockTime now);

/* The gate has the keys that were set: what came for them already goes in. */
void siprec_stream_use_protection (SiprecStream *stream, const SiprecProtection *protection);

void siprec_stream_drop_unopened (SiprecStream *stream);

G_END_DECLS
