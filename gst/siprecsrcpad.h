/* gst-siprec: the source pads of siprecsrc
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "caption.h"
#include "siprec-core/event.h"
#include "siprec-core/rtp/stream.h"

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN (gst_siprec_src_debug);

#define GST_TYPE_SIPREC_SRC_PAD (gst_siprec_src_pad_get_type ())
G_DECLARE_FINAL_TYPE (GstSiprecSrcPad, gst_siprec_src_pad, GST, SIPREC_SRC_PAD, GstPad)

typedef struct _GstSiprecSrc GstSiprecSrc;

typedef struct _GstSiprecVideo GstSiprecVideo;

/* Makes a strand's or a task's next round wait for somebody to wake it, or go on at once. */
typedef enum {
  GST_SIPREC_ROUND_EMPTY, /* nothing more waits */
  GST_SIPREC_ROUND_MORE,
  GST_SIPREC_ROUND_OVER, /* EOS has been pushed */
} GstSiprecRound;

/**
 * GstSiprecFeed:
 * @stream: where the units come from; claimed by the pad, released when the feed is over
 * @events: (element-type GstEvent): what introduces it: stream-start, caps, segment, tags
 * @filler: a silent stream of the element's own, which makes way for a real one
 * @lead_format: (nullable): of the silence that comes before a stream which began later than its session;
 *   NULL when there is none, or no more
 * @lead: running time where that begins; @lead_units of its clock have been given
 *
 * A piece of a pad's life. Most pads have one; a pad that goes on after its session, or was absent at first,
 * has one after the other.
 */
typedef struct {
  SiprecStream *stream;
  GQueue events;
  gboolean filler;
  SiprecFormat *lead_format;
  GstClockTime lead;
  guint64 lead_units;
} GstSiprecFeed;

/**
 * GstSiprecSrcPad:
 *
 * A media pad (it has feeds) or the metadata pad (it has records). What the control strand and the pusher
 * share is under the object lock, a leaf; the pusher is the pad's task or the strand of its session, and
 * holds no lock while it pushes.
 */
struct _GstSiprecSrcPad {
  GstPad parent;

  /* Constant once the pad is added. */
  GstSiprecSrc *src; /* the parent, which outlives the pushing */
  SiprecStrand *control;
  SiprecStrand *strand; /* that pushes, or NULL for a task */
  gboolean is_metadata;
  gboolean is_video;
  gboolean raw; /* gives application/x-rtp */

  /* Object lock: what is told about it. */
  gchar *stream_id;
  gchar *label;
  gchar *direction;
  gchar *participants; /* JSON */
  gint mline;

  /* Object lock: the mail for the pusher. */
  GQueue feeds;               /* GstSiprecFeed; the head is the current one */
  GQueue updates;             /* GstEvent: to be pushed before the next buffer, one of a kind */
  GQueue records;             /* SiprecEvent */
  GstClockTime records_until; /* running time that passed without one */
  gboolean eos_wanted;        /* EOS after what waits */
  gboolean flushing;
  GCond arrived; /* a record, or flushing */

  /* Object lock: what it has done. */
  guint64 num_pushed;
  guint64 num_unlinked; /* buffers that found no branch, or a stopped one */
  gint n_links;         /* how often it was linked */
  guint64 num_records_dropped;
  GstClockTime position;
  GstStructure *final_stats; /* of the last stream that has ended */

  /* The pusher's own. */
  SiprecStream *stream; /* of the current feed, or NULL if it isn't known yet */
  SiprecFormat *format; /* of the last buffer */
  gboolean introduced;  /* the events of the current feed have been pushed, or: */
  gboolean awaits_caps; /* all but stream-start wait until its pictures tell what they are */
  gboolean discont;
  GstSiprecVideo *video;         /* (nullable): what makes pictures of packets */
  gboolean discont_packets;      /* packets were not fed to it */
  gboolean slow;                 /* its branch takes long over a buffer */
  GstClockTime fed_until;        /* CLOCK_MONOTONIC: end of the last unit */
  GstClockTime seam;             /* the same for the last unit of the feed before */
  GstSiprecCaptioner *captioner; /* of the metadata pad, with metadata-format=text */

  /* Atomic. */
  gint started;       /* the pusher may push */
  gint updated;       /* there are updates */
  gint flow;          /* GstFlowReturn of the last push; EOS or an error stops the pad */
  gint over;          /* EOS has been pushed */
  gint pushing_since; /* ms of CLOCK_MONOTONIC modulo 2^32, or 0 */

  /* The control strand's own. */
  gboolean removed;         /* its m-line is gone */
  gboolean failed_reported; /* its branch's failure has been posted */
  gboolean blocked_reported;
  guint idle_ticks;            /* without ever having been linked */
  SiprecFormat *filler_format; /* silence of its kind */
};

/* A floating pad called @name, made from @templ. A strand on @pushers pushes; NULL makes a task do it. */
GstSiprecSrcPad *gst_siprec_src_pad_new (GstPadTemplate *templ, const gchar *name,
                                         GstSiprecSrc *src, SiprecPool *pushers);

/* Sets its properties, and notifies what changed. */
void gst_siprec_src_pad_describe (GstSiprecSrcPad *pad, const gchar *stream_id, gint mline,
                                  const gchar *label, const gchar *direction,
                                  const gchar *participants);

/* Lets the pusher begin, after which events travel with it only. */
void gst_siprec_src_pad_start (GstSiprecSrcPad *pad);

/* Frees what waits on a stopped pad and releases its streams. */
void gst_siprec_src_pad_clear (GstSiprecSrcPad *pad);

/* What a "stats" structure says of it. (transfer full) */
GstStructure *gst_siprec_src_pad_get_stats (GstSiprecSrcPad *pad);

/* siprecsrcpad-feed.c: media */

/* A feed from @stream (transfer full), not yet claimed. */
GstSiprecFeed *gst_siprec_feed_new (SiprecStream *stream, gboolean filler);
void gst_siprec_feed_free (GstSiprecFeed *feed);

/* The pad's first feed comes after silence in @format from @zero (running time) on; before the pad is started. */
void gst_siprec_src_pad_set_lead (GstSiprecSrcPad *pad, SiprecFormat *format, GstClockTime zero);

/* Adds @feed (transfer full) behind what the pad gives now. */
void gst_siprec_src_pad_add_feed (GstSiprecSrcPad *pad, GstSiprecFeed *feed);

/* The stream of the current or the last feed, or NULL; @filler tells if it is silence of the element's
 * own. (transfer full) */
SiprecStream *gst_siprec_src_pad_current_stream (GstSiprecSrcPad *pad, gboolean *filler);
SiprecStream *gst_siprec_src_pad_last_stream (GstSiprecSrcPad *pad, gboolean *filler);

/* What was given back, because the element was paused or the branch took no more, is given after all. */
void gst_siprec_src_pad_go_on (GstSiprecSrcPad *pad);

/* Pushes @event (transfer full), a sticky one, before the next buffer, instead of one like it that waits. */
void gst_siprec_src_pad_update (GstSiprecSrcPad *pad, GstEvent *event);

/* Pushes the events of the first feed: before the pad is added, so that caps are known then. */
void gst_siprec_src_pad_introduce (GstSiprecSrcPad *pad);

gboolean gst_siprec_src_pad_wait_media (GstSiprecSrcPad *pad);
GstSiprecRound gst_siprec_src_pad_drain_media (GstSiprecSrcPad *pad);

/* Pushes what waits for the caps of the first picture; @caps (nullable) go first. */
void gst_siprec_src_pad_complete_introduction (GstSiprecSrcPad *pad, GstCaps *caps);

/* siprecsrcpad-video.c: pictures */

/* Feeds a packet of video, and pushes the pictures that come of it. @time is running time. */
void gst_siprec_src_pad_push_packet (GstSiprecSrcPad *pad, SiprecUnit *unit, GstClockTime time);

/* FALSE for video before its first picture: decoders take a GAP event for a reason to guess a format. */
gboolean gst_siprec_src_pad_takes_gaps (GstSiprecSrcPad *pad);

void gst_siprec_video_free (GstSiprecVideo *video);

/* siprecsrcpad-records.c: metadata */

/* Queues what the session told (keeps a reference), and the passing of time. */
void gst_siprec_src_pad_add_record (GstSiprecSrcPad *pad, SiprecEvent *event);
void gst_siprec_src_pad_pass_time (GstSiprecSrcPad *pad, GstClockTime until);

gboolean gst_siprec_src_pad_wait_records (GstSiprecSrcPad *pad);
GstSiprecRound gst_siprec_src_pad_drain_records (GstSiprecSrcPad *pad);

/* siprecsrcpad-push.c: the pusher */

/* Whether EOS follows what waits (the last feed, all records); else the pad stays for more. */
void gst_siprec_src_pad_set_eos_wanted (GstSiprecSrcPad *pad, gboolean wanted);

/* Makes the pusher look. With the object lock, unless a strand pushes. */
void gst_siprec_src_pad_wake (GstSiprecSrcPad *pad);

/* Whether the branch takes no more, until it is linked anew. */
gboolean gst_siprec_src_pad_is_stopped (GstSiprecSrcPad *pad);

/* The function of its strand. */
void gst_siprec_src_pad_run (gpointer pad);

void gst_siprec_src_pad_push_buffer (GstSiprecSrcPad *pad, GstBuffer *buffer);
void gst_siprec_src_pad_push_event (GstSiprecSrcPad *pad, GstEvent *event);
void gst_siprec_src_pad_push_eos (GstSiprecSrcPad *pad);

/* How long the push under way has been blocked, or 0. */
GstClockTime gst_siprec_src_pad_blocked (GstSiprecSrcPad *pad, GstClockTime now);

G_END_DECLS
