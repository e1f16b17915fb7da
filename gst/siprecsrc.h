/* gst-siprec: the element that receives a SIP recording session
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "enums.h"
#include "siprecsrcpad.h"
#include "siprec-core/endpoint/endpoint.h"
#include "siprec-core/filter.h"

G_BEGIN_DECLS

#define GST_TYPE_SIPREC_SRC (gst_siprec_src_get_type ())
G_DECLARE_FINAL_TYPE (GstSiprecSrc, gst_siprec_src, GST, SIPREC_SRC, GstBin)

/* The properties, as they are set. */
typedef struct {
  gchar *local_uri;
  gchar *endpoint;
  SiprecSession *session;
  gboolean session_detach;
  gchar *media_address;
  gchar *port_range;
  gchar *external_address;
  guint udp_buffer_size;
  gchar *tls_certificate;
  gchar *tls_ca;
  gboolean tls_require_client_cert;
  gchar *allow;
  gchar *auth_file;
  gchar *auth_realm;
  gchar *metadata_filter;
  SiprecAccept accept;
  SiprecStrictness strictness;
  gchar *codecs;
  gchar *content_map;
  guint delayed_offer_streams;
  gboolean start_paused;
  SiprecSrtpPolicy srtp_policy;
  SiprecLatchMode latch;
  GstClockTime decision_timeout;
  gchar *context;
  GstSiprecOutput output;
  GstSiprecPushMode push_mode;
  GstSiprecMetadataFormat metadata_format;
  SiprecMetadataLimits metadata_limits;
  SiprecFill fill;
  guint audio_pads;
  guint video_pads;
  guint screen_pads;
  gboolean pin_caps;
  GstClockTime buffer_duration;
  guint latency;
  gboolean drop_on_latency;
  GstClockTime timeout;
  gboolean add_reference_timestamps;
  SiprecNtpTimeSource ntp_time_source;
  gboolean eos_on_session_end;
} GstSiprecSrcSettings;

/* From CLOCK_MONOTONIC to running time. */
typedef struct {
  gint64 shift;            /* running time - monotonic time */
  GstClockTime zero_floor; /* nothing gets an earlier running time */
  GstClockTime not_before; /* monotonic: what is older was received while paused, or is lost */
  GstClockTime base_time;  /* of the pipeline when shift was made */
  gint64 clock_offset;     /* pipeline clock - monotonic, as followed */
} GstSiprecSrcTime;

/**
 * GstSiprecSrc:
 *
 * What an element does for its session it does on its control strand, which is woken by the SIP thread
 * (the handlers of the acceptor only store and wake), by the session (events wait), by pads (EOS or a
 * failure), by the ticker (once a second) and by state changes. The strand lives from READY to READY.
 *
 * Lock order: self->lock, then the endpoint's and session's own, then object locks. No lock is held while
 * a signal is emitted, a message posted, a pad added or pushed, or somebody waited for.
 */
struct _GstSiprecSrc {
  GstBin parent;

  /* Object lock. */
  GstSiprecSrcSettings settings;
  gchar *actual_uri;
  GstSiprecSessionState state;

  GMutex lock;

  /* State changes, from READY to READY; constant in between. */
  SiprecStrand *control;
  SiprecFilter *filter; /* NULL for none */
  SiprecEndpoint *endpoint;
  guint start_handle;
  SiprecContext *context;

  /* self->lock: mail for the control strand. */
  gboolean stopped; /* see gst_siprec_src_is_stopped() */
  guint n_starts;   /* from READY to PAUSED */
  gboolean playing;
  gboolean done; /* no more sessions until READY */
  SiprecAcceptor *acceptor;
  gchar *bound_uri;
  GError *bound_error;
  guint watch_handle;
  GQueue refusals;        /* GstStructure: calls and connections that were refused */
  SiprecSession *calling; /* the client that was called hasn't answered */
  SiprecSession *asked;   /* an answer is wanted */
  SiprecSession *given;   /* to be claimed */
  gboolean eos_wanted;    /* EOS was sent to the element */
  gboolean eos_done;      /* and is being seen to */

  /* self->lock; changed by the control strand. */
  SiprecSession *session;
  GPtrArray *pads; /* GstSiprecSrcPad; replaced, never changed in place */
  GstSiprecSrcTime time;

  /* The control strand's own. */
  SiprecSession *introduced; /* on-sdp was emitted for it */
  gboolean ticking;          /* the ticker wakes the strand */
  gboolean started;          /* the session's start has been told */
  gboolean settled;          /* and its first pads are there */
  gboolean session_over;     /* its end has been told */
  gboolean complete;         /* no-more-pads has been emitted */
  gboolean failed;           /* all branches have; the ERROR message is posted */
  GstClockTime zero;         /* running time where the session's pads begin */
  GPtrArray *fresh_pads;     /* made and not yet added */
  GQueue held_records;       /* SiprecEvent: until there is a metadata pad */
  GstSiprecSrcPad *metadata_pad;
  SiprecFormat *audio_format; /* of the first audio stream, for silence */
  gchar *session_id;
  guint group_id;
  GstClockTime next_tick;
  gint64 call_told;       /* g_get_monotonic_time(), of a WARNING of a refused call */
  gint64 connection_told; /* of a refused connection */
  gint64 media_told;      /* of media that aren't taken */
};

/* Control strand: TRUE once the element is on its way to READY, though it may have been started again since: this run
 * is to touch nothing more. It may be so after any signal, since a handler may set the state. */
gboolean gst_siprec_src_is_stopped (GstSiprecSrc *self);

/* What a pad, @raw for one of RTP packets, says to a latency query, and so does the element. */
void gst_siprec_src_answer_latency (GstSiprecSrc *self, gboolean raw, GstQuery *query);

/* siprecsrc-properties.c: what gst-inspect shows */

void gst_siprec_src_install_properties (GObjectClass *klass);

/* siprecsrc-settings.c: what they are set to */

void gst_siprec_src_set_property (GObject *object, guint id, const GValue *value,
                                  GParamSpec *pspec);
void gst_siprec_src_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec);
void gst_siprec_src_settings_init (GstSiprecSrcSettings *settings);
void gst_siprec_src_settings_clear (GstSiprecSrcSettings *settings);

/* Notifies what the strand has changed. */
void gst_siprec_src_set_state (GstSiprecSrc *self, GstSiprecSessionState state);
void gst_siprec_src_set_actual_uri (GstSiprecSrc *self, const gchar *uri);

/* "application/x-siprec-stats". (transfer full) */
GstStructure *gst_siprec_src_get_stats (GstSiprecSrc *self);

/* siprecsrc-endpoint.c: where the element listens */

/* Gets the endpoint and starts it. FALSE after an ERROR message. */
gboolean gst_siprec_src_open (GstSiprecSrc *self);
void gst_siprec_src_close (GstSiprecSrc *self);

/* Posts a warning if @certificate, set while the endpoint listens, can't be used. */
void gst_siprec_src_renew_certificate (GstSiprecSrc *self, const gchar *certificate);

/* Control strand: tells where it listens, and whom it refused. */
void gst_siprec_src_report_endpoint (GstSiprecSrc *self);

/* siprecsrc-refusals.c: who was refused */

/* The endpoint's, in its thread: a call or connection was refused. */
void gst_siprec_src_take_refusal (SiprecEndpoint *endpoint, const GstStructure *refusal,
                                  gpointer self);

/* Control strand: tells of them. */
void gst_siprec_src_report_refusals (GstSiprecSrc *self);

/* Control strand: a WARNING, now and then, if @event tells of media that aren't taken. */
void gst_siprec_src_warn_of_media (GstSiprecSrc *self, const SiprecEvent *event);

/* siprecsrc-acceptor.c: how the element comes by a session */

/* Takes or leaves the place in the queue. Any thread. */
void gst_siprec_src_join_queue (GstSiprecSrc *self);
void gst_siprec_src_leave_queue (GstSiprecSrc *self);

/* Calls a recording client; @promise (nullable) is replied when it has answered. Any thread. */
void gst_siprec_src_call (GstSiprecSrc *self, const gchar *uri, GstPromise *promise);

/* Control strand: reads the mail from the SIP thread. */
void gst_siprec_src_run_acceptor (GstSiprecSrc *self);

/* Tells the application of @session's SDP, once. */
void gst_siprec_src_emit_sdp (GstSiprecSrc *self, SiprecSession *session);

/* siprecsrc-signals.c */

enum {
  GST_SIPREC_SRC_SIGNAL_ACCEPT_SESSION,
  GST_SIPREC_SRC_SIGNAL_SELECT_STREAM,
  GST_SIPREC_SRC_SIGNAL_ON_SDP,
  GST_SIPREC_SRC_SIGNAL_SESSION_STARTED,
  GST_SIPREC_SRC_SIGNAL_SESSION_ENDED,
  GST_SIPREC_SRC_SIGNAL_METADATA_CHANGED,
  GST_SIPREC_SRC_SIGNAL_CALL,
  GST_SIPREC_SRC_SIGNAL_HANGUP,
  GST_SIPREC_SRC_SIGNAL_PAUSE,
  GST_SIPREC_SRC_SIGNAL_RESUME,
  GST_SIPREC_SRC_SIGNAL_REQUEST_SNAPSHOT,
  GST_SIPREC_SRC_N_SIGNALS,
};
extern guint gst_siprec_src_signals[GST_SIPREC_SRC_N_SIGNALS];

void gst_siprec_src_install_signals (GObjectClass *klass);

/* siprecsrc-session.c: what the session tells */

/* Control strand: claims @session (transfer full). FALSE if it can't be had. */
gboolean gst_siprec_src_claim (GstSiprecSrc *self, SiprecSession *session, GError **error);
void gst_siprec_src_run_session (GstSiprecSrc *self);

/* The session's end without control strand and pads: BYE, or back to the endpoint. */
void gst_siprec_src_drop_session (GstSiprecSrc *self);

/* siprecsrc-wishes.c: what is wanted of the client. All in any thread. */

/* Ends what is received: BYE. */
void gst_siprec_src_hangup (GstSiprecSrc *self, const gchar *reason);

/* @promise (nullable) is replied on a thread of its own when the client has answered. */
void gst_siprec_src_pause (GstSiprecSrc *self, gint mline, GstPromise *promise);
void gst_siprec_src_resume (GstSiprecSrc *self, gint mline, GstPromise *promise);
void gst_siprec_src_request_snapshot (GstSiprecSrc *self, const gchar *reason, GstPromise *promise);

/* For gst_siprec_src_reply(), a SiprecWishReply, which frees it; NULL if there is no @promise. */
typedef struct _GstSiprecWish GstSiprecWish;
GstSiprecWish *gst_siprec_wish_new (GstPromise *promise);
void gst_siprec_src_reply (SiprecSession *session, guint status, const GError *error,
                           gpointer wish);

/* siprecsrc-pads.c: which pads there are */

void gst_siprec_src_add_stream (GstSiprecSrc *self, SiprecEvent *event);
void gst_siprec_src_update_stream (GstSiprecSrc *self, SiprecEvent *event);
void gst_siprec_src_remove_stream (GstSiprecSrc *self, SiprecEvent *event);

/* Queues @event for the metadata pad. */
void gst_siprec_src_add_record (GstSiprecSrc *self, SiprecEvent *event);

/* Adds the pads made so far, absent ones up to @audio_pads, and the metadata pad; then no-more-pads. */
void gst_siprec_src_settle_pads (GstSiprecSrc *self, guint audio_pads);

/* The session is over at @end: EOS, or silence until the next one. */
void gst_siprec_src_finish_pads (GstSiprecSrc *self, GstClockTime end, gboolean eos);

void gst_siprec_src_remove_pad (GstSiprecSrc *self, GstSiprecSrcPad *pad);
/* After the pads have been deactivated. */
void gst_siprec_src_remove_pads (GstSiprecSrc *self);

/* A reference to the current array of pads. Any thread. */
GPtrArray *gst_siprec_src_get_pads (GstSiprecSrc *self);

/* siprecsrc-branches.c: what is behind the pads */

/* Control strand, whenever it runs: removes pads whose m-line is gone, reports failed branches. */
void gst_siprec_src_check_pads (GstSiprecSrc *self);
/* Once a second: reports blocked branches and pads without one, lets the metadata's time pass. */
void gst_siprec_src_tick_pads (GstSiprecSrc *self, GstClockTime now);

/* siprecsrc-events.c: what introduces a feed */

/* Running time from 0 on. */
GstEvent *gst_siprec_src_new_segment (void);

/* "<session id>/<pad name>". */
gchar *gst_siprec_src_new_stream_id (GstSiprecSrc *self, const gchar *pad_name);

/* From @data of a stream event: who is heard as the title, the language of the line; NULL if neither is
 * known. */
GstEvent *gst_siprec_src_new_tags (JsonObject *data);

/* Sticky event GstSiprecStreamInfo: for filters that want to know who speaks, without the metadata pad. */
GstEvent *gst_siprec_src_new_stream_info (GstSiprecSrc *self, const gchar *pad_name,
                                          JsonObject *data);

/* Gives @feed its events, from @data of a stream event. @caps may be NULL. */
void gst_siprec_src_introduce_feed (GstSiprecSrc *self, GstSiprecSrcPad *pad, GstSiprecFeed *feed,
                                    GstCaps *caps, JsonObject *data);
/* Pushes those of the metadata pad. */
void gst_siprec_src_introduce_metadata (GstSiprecSrc *self, GstPad *pad);

/* siprecsrc-time.c */

/* The session's timeline begins at @zero (CLOCK_MONOTONIC). */
void gst_siprec_src_time_begin (GstSiprecSrc *self, GstClockTime zero);
/* PLAYING again after a pause. */
void gst_siprec_src_time_resume (GstSiprecSrc *self);
/* Goes after the pipeline's clock, a little at a time. */
void gst_siprec_src_time_follow (GstSiprecSrc *self);
/* Copies the mapping; TRUE while PLAYING. */
gboolean gst_siprec_src_get_time (GstSiprecSrc *self, GstSiprecSrcTime *time);
GstClockTime gst_siprec_src_time_to_running (const GstSiprecSrcTime *time, GstClockTime monotonic);

G_END_DECLS
