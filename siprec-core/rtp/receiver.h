/* siprec-core: what a stream does with the packets it gets
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "backlog.h"
#include "clock.h"
#include "contributors.h"
#include "dtmf.h"
#include "fec.h"
#include "nack.h"
#include "../media/packet.h"
#include "refresh.h"
#include "reorder.h"
#include "ring.h"
#include "rtcp.h"
#include "source.h"
#include "stats.h"
#include "sync.h"
#include "timeline.h"

G_BEGIN_DECLS

/* How many notices of a kind there were since when. */
typedef struct {
  GstClockTime since;
  guint n;
} SiprecBurst;

typedef void (*SiprecReceiverNotify) (gpointer user_data, const SiprecNotice *notice);

/**
 * SiprecReceiver:
 *
 * The receive state of one stream: whose packets it takes, and, once claimed, their way through
 * clock, reorder ring and timeline. Belongs to one worker; no locks. Units are appended to @out.
 */
typedef struct {
  GArray *out;         /* (element-type SiprecUnit), of the worker */
  SiprecFormat *media; /* the last one of audio or video that came, or NULL; owned */
  gboolean begun, claimed, ended, finished, held, paused;
  gboolean started, timed_out;
  gboolean mixed;        /* packets have had CSRC lists */
  gboolean changed;      /* stats are newer than the ring's */
  GstClockTime alive;    /* last packet, or the moment that timeouts count from */
  GstClockTime resumed;  /* when the last pause ended */
  GstClockTime latency;  /* wishes.latency, bounded */
  GstClockTime settling; /* until then the clock may learn, and packets wait; 0 if they don't */
  SiprecStreamWishes wishes;

  SiprecSource source;
  guint generation;       /* counts sources */
  guint clock_generation; /* of the source that clock and reorder follow */
  SiprecKept *candidate;  /* perhaps the first packet of another source */
  SiprecClock clock;
  gint64 clock_seq; /* newest packet that the clock has seen */
  SiprecReorder reorder;
  SiprecTimeline timeline;
  SiprecSync *sync; /* (nullable): owned */
  SiprecShift shift;
  guint sync_serial;
  SiprecRefresh refresh;
  SiprecNack nack;
  SiprecFec *fec; /* (nullable): if it was agreed on; owned */
  SiprecBurst losses;
  SiprecOverrun lag;
  SiprecDtmf dtmf;
  SiprecRtcp rtcp;
  SiprecStats stats;
  SiprecReceiverNotify notify;
  gpointer user_data;
  GPtrArray *formats; /* (element-type SiprecFormat) */
  GstClockTime end;
  GstClockTime paused_since;
  SiprecBacklog backlog;
  GstClockTime sr_used; /* arrival of the sender report that @sync knows */
  guint sr_anchors;     /* of the clock, and its skew, when @sync was told of it */
  gint64 sr_skew;
  SiprecBurst keys;
  SiprecOverrun loss; /* not told yet: too many were */
  GstClockTime lag_told;
  SiprecContributors contributors;
} SiprecReceiver;

SIPREC_API void siprec_receiver_init (SiprecReceiver *receiver, SiprecReceiverNotify notify,
                                      gpointer user_data);
SIPREC_API void siprec_receiver_clear (SiprecReceiver *receiver);

SIPREC_API void siprec_receiver_set_formats (SiprecReceiver *receiver, GPtrArray *formats);
SIPREC_API void siprec_receiver_set_held (SiprecReceiver *receiver, gboolean held,
                                          GstClockTime now);
SIPREC_API void siprec_receiver_set_paused (SiprecReceiver *receiver, gboolean paused,
                                            GstClockTime now);
SIPREC_API void siprec_receiver_begin (SiprecReceiver *receiver, GstClockTime start);
SIPREC_API void siprec_receiver_claim (SiprecReceiver *receiver, const SiprecStreamWishes *wishes,
                                       GstClockTime now);
void siprec_receiver_release (SiprecReceiver *receiver);

/* One datagram from the RTP socket that isn't RTCP. */
SIPREC_API void siprec_receiver_push (SiprecReceiver *receiver, const guint8 *data, gsize size,
                                      GstClockTime arrival);

/* Takes its place among the streams of its session; before it begins. */
SIPREC_API void siprec_receiver_set_sync (SiprecReceiver *receiver, SiprecSync *sync);

/* Learns from sender reports that came for this stream or another one of its session. */
SIPREC_API void siprec_receiver_align (SiprecReceiver *receiver);

/* What time brings: holes given up, filler, timeouts. All that came before @now was pushed. */
SIPREC_API void siprec_receiver_tick (SiprecReceiver *receiver, GstClockTime now);

/* A key frame is wanted, if this is video. */
void siprec_receiver_want_refresh (SiprecReceiver *receiver);

/* What is to be sent along with a report now; NULL for nothing. */
SIPREC_API GstMemory *siprec_receiver_take_refresh (SiprecReceiver *receiver, GstClockTime now);

/* The same, for packets that are missing. */
SIPREC_API GstMemory *siprec_receiver_take_nack (SiprecReceiver *receiver, GstClockTime now);

/* Gives out all that is held, and filler up to @end. If unclaimed, that is done when claimed. */
SIPREC_API void siprec_receiver_end (SiprecReceiver *receiver, GstClockTime end);

/* Brings @receiver's stats up to date and returns them. */
SIPREC_API const SiprecStats *siprec_receiver_get_stats (SiprecReceiver *receiver);

/* Reports what the ring dropped, at most once a second. */
void siprec_receiver_tell_lag (SiprecReceiver *receiver, const SiprecOverrun *lag,
                               GstClockTime now);

GstClockTime siprec_receiver_get_position (const SiprecReceiver *receiver);

G_END_DECLS
