/* siprec-core: the receive path of one m-line, from its sockets to a ring of timed media
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "context.h"
#include "contributors.h"
#include "../srtp/protection.h"
#include "../media/format.h"
#include "../transport/latch.h"
#include "../transport/ports.h"
#include "sync.h"

G_BEGIN_DECLS

/**
 * SiprecStream:
 *
 * Life: made with its ports bound (siprec_stream_new), begun at the moment of 200 OK
 * (siprec_stream_begin), claimed by a consumer with its wishes (siprec_stream_claim), ended at BYE
 * (siprec_stream_end); then its sockets are closed, and the consumer reads up to SIPREC_UNIT_END.
 *
 * Until it is claimed it keeps packets with their kernel arrival time, up to SIPREC_BACKLOG of them
 * in time, so that a consumer that comes late misses nothing.
 *
 * A consumer can release it (siprec_stream_release) and another claim it; nothing is lost between them
 * within the same bound.
 *
 * Ownership and threads: one I/O worker owns sockets and receive state; other threads tell it what to do
 * by commands that it runs at its next tick. The ring of units between worker and consumer has a lock of
 * its own, a leaf, taken once a tick and never while calling out. Reference counted.
 */
typedef struct _SiprecStream SiprecStream;

/* How much an unclaimed stream keeps, and a consumer may lag behind. */
#define SIPREC_BACKLOG (5 * GST_SECOND)

/* What a stream without data gives its consumer. */
typedef enum {
  SIPREC_FILL_NONE,    /* nothing */
  SIPREC_FILL_GAP,     /* SIPREC_UNIT_GAP */
  SIPREC_FILL_SILENCE, /* silence flagged GAP where the format has one, else SIPREC_UNIT_GAP */
} SiprecFill;

/* How the sender's wall clock is told, numbered as in rtpbin. */
typedef enum {
  SIPREC_NTP_TIME_SOURCE_NTP,  /* timestamp/x-ntp: ns since 1900, as senders report it */
  SIPREC_NTP_TIME_SOURCE_UNIX, /* timestamp/x-unix: ns since 1970 */
} SiprecNtpTimeSource;

/**
 * SiprecStreamWishes:
 * @raw: give whole RTP packets (application/x-rtp) instead of depayloaded media
 * @fill: what to give while there is no data
 * @latency: how long a hole in the sequence is waited for, and how late the filler starts
 * @drop_on_latency: drop the oldest held packets rather than give up a hole when the ring is full
 * @buffer_duration: join frames to buffers of this length where the format allows it; 0 for none
 * @timeout: report SIPREC_NOTICE_TIMEOUT after this long without a packet; 0 never
 * @reference_timestamps: add GstReferenceTimestampMeta once the sender's clock is known
 * @ntp_time_source: what they count
 */
typedef struct {
  gboolean raw;
  SiprecFill fill;
  GstClockTime latency;
  gboolean drop_on_latency;
  GstClockTime buffer_duration;
  GstClockTime timeout;
  gboolean reference_timestamps;
  SiprecNtpTimeSource ntp_time_source;
} SiprecStreamWishes;

typedef enum {
  SIPREC_NOTICE_STARTED,      /* the first packet (again after a timeout) */
  SIPREC_NOTICE_TIMEOUT,      /* nothing for wishes.timeout */
  SIPREC_NOTICE_LOSS,         /* a hole was given up */
  SIPREC_NOTICE_DTMF,         /* a telephone-event has ended */
  SIPREC_NOTICE_OVERRUN,      /* the consumer lagged and units were dropped */
  SIPREC_NOTICE_REJECTED,     /* packets were kept out */
  SIPREC_NOTICE_REFRESH,      /* a key frame is wanted, and only signalling can say so */
  SIPREC_NOTICE_FAILED,       /* there will be no keys */
  SIPREC_NOTICE_CONTRIBUTORS, /* others are heard in a mix */
  SIPREC_NOTICE_ENDED,        /* siprec_stream_end() has been done; the statistics are final */
} SiprecNoticeType;

/**
 * SiprecNotice:
 * @time: when, CLOCK_MONOTONIC; DTMF: when the key was pressed
 * @ssrc: STARTED: the SSRC
 * @from, @to: LOSS, OVERRUN: the time span that is missing
 * @packets: LOSS, REJECTED: packets; OVERRUN: units
 * @reason: REJECTED: "address", "authentication", "replay", "no-keys", "ssrc"; static
 *   FAILED: "fingerprint", "handshake", "no-handshake"
 * @source: REJECTED: where the last one came from
 * @digit: DTMF: "0".."9", "*", "#", "A".."D", or the event number
 * @duration: DTMF: how long the key was held
 * @contributors, @n_contributors: CONTRIBUTORS: their SSRCs
 */
typedef struct {
  SiprecNoticeType type;
  GstClockTime time;
  guint32 ssrc;
  GstClockTime from, to;
  guint packets;
  const gchar *reason;
  SiprecAddress source;
  gchar digit[8];
  GstClockTime duration;
  guint32 contributors[SIPREC_MAX_CONTRIBUTORS];
  guint n_contributors;
} SiprecNotice;

/* Called in the worker's thread: must not block, nor call the stream except for _ref. */
typedef void (*SiprecNoticeFunc) (SiprecStream *stream, const SiprecNotice *notice,
                                  gpointer user_data);

typedef enum { SIPREC_UNIT_DATA, SIPREC_UNIT_GAP, SIPREC_UNIT_END } SiprecUnitType;

/**
 * SiprecUnit:
 * @buffer: DATA: the media, owned by whoever popped the unit; PTS and DURATION are set, in
 *   CLOCK_MONOTONIC ns. DISCONT after a hole, GAP on filler, MARKER as in RTP
 * @format: DATA: its format, owned by the unit; a change of pointer means new caps
 * @time, @duration: of the unit, CLOCK_MONOTONIC; END: the moment the stream ended
 */
typedef struct {
  SiprecUnitType type;
  GstBuffer *buffer;
  SiprecFormat *format;
  GstClockTime time;
  GstClockTime duration;
} SiprecUnit;

/* Drops what @unit owns. */
SIPREC_API void siprec_unit_clear (SiprecUnit *unit);

/**
 * siprec_stream_new:
 * @ports: the bound sockets; taken
 * @notice: (nullable): called with what happens
 *
 * A stream on one of @context's workers. It begins to keep packets with siprec_stream_begin().
 * @destroy is called on @user_data when the stream will call @notice no more.
 */
SIPREC_API SiprecStream *siprec_stream_new (SiprecContext *context, SiprecPorts *ports,
                                            SiprecNoticeFunc notice, gpointer user_data,
                                            GDestroyNotify destroy);

/**
 * siprec_stream_new_silent:
 * @format: one that has silence (siprec_silence_get_grain())
 *
 * A stream that never receives and gives silence in @format, for pads that the session lacks. It is begun,
 * claimed and ended like any other.
 */
SIPREC_API SiprecStream *siprec_stream_new_silent (SiprecContext *context, SiprecFormat *format);

SIPREC_API SiprecStream *siprec_stream_ref (SiprecStream *stream);
SIPREC_API void siprec_stream_unref (SiprecStream *stream);

/* The bound RTP port; 0 for a silent stream. */
SIPREC_API guint16 siprec_stream_get_port (SiprecStream *stream);

/* The formats agreed on, the codec first (element-type SiprecFormat). Packets of other payload types are
 * dropped and counted. Copied; may be called again after a new offer. */
SIPREC_API void siprec_stream_set_formats (SiprecStream *stream, GPtrArray *formats);

/* The first of the formats agreed on last, so that caps are known before there is data; NULL if there is
 * none. (transfer full) */
SIPREC_API SiprecFormat *siprec_stream_get_codec (SiprecStream *stream);

/**
 * siprec_stream_set_remote:
 * @address: (nullable): where the SDP says the media comes from; NULL if it says nothing
 * @rtp_port: 0 if unknown
 * @rtcp_address: (nullable): where receiver reports go, until RTCP has been received from elsewhere
 *   (symmetric RTCP, RFC 4961); NULL for @address
 * @rtcp_port: its port
 * @rtcp_mux: RTCP shares the RTP port (RFC 5761)
 */
SIPREC_API void siprec_stream_set_remote (SiprecStream *stream, const gchar *address,
                                          guint16 rtp_port, const gchar *rtcp_address,
                                          guint16 rtcp_port, gboolean rtcp_mux);

/* SiprecFeedback flags that were agreed on. */
SIPREC_API void siprec_stream_set_feedback (SiprecStream *stream, guint feedback);

/* Asks the sender of video for a key frame, soon and not too often. The stream does so by itself at its start and
 * after a loss. */
SIPREC_API void siprec_stream_request_key_frame (SiprecStream *stream);

/**
 * siprec_stream_set_latch:
 * @peer: (nullable): where the client's SIP comes from; media may come from there too if the address in the
 *   SDP is a private one, or none
 *
 * Whose packets are taken; before the first siprec_stream_set_remote().
 */
SIPREC_API void siprec_stream_set_latch (SiprecStream *stream, SiprecLatchMode mode,
                                         const gchar *peer);

/**
 * siprec_stream_set_protection:
 * @protection: (nullable): as agreed; copied. NULL for plain RTP
 *
 * Before the client knows that it is agreed, so that no packet is lost: what comes under older keys is still understood
 * for a while.
 */
SIPREC_API void siprec_stream_set_protection (SiprecStream *stream,
                                              const SiprecProtection *protection);

/* Lines it up with the other streams of its session that have the same @sync; once, before it begins. */
SIPREC_API void siprec_stream_set_sync (SiprecStream *stream, SiprecSync *sync);

/* Begins the timeline at @start (CLOCK_MONOTONIC): the first unit starts exactly there (with fill). */
SIPREC_API void siprec_stream_begin (SiprecStream *stream, GstClockTime start);

/* Whether the peer said that it sends nothing (hold). No timeout is reported meanwhile. */
SIPREC_API void siprec_stream_set_held (SiprecStream *stream, gboolean held);

/* Whether we want nothing: packets that come all the same are counted and dropped, and filler takes their
 * place. */
SIPREC_API void siprec_stream_set_paused (SiprecStream *stream, gboolean paused);

/* The timeline ends at @end (CLOCK_MONOTONIC): what arrived is given out, filled up to @end, then END.
 * Sockets are closed. Once. */
SIPREC_API void siprec_stream_end (SiprecStream *stream, GstClockTime end);

/**
 * siprec_stream_claim:
 * @wishes: how the units shall be
 * @strand: (nullable): woken when there are units, on the pushers of the stream's context; without
 *   one the consumer uses siprec_stream_wait()
 *
 * Takes the stream for a consumer. What was kept is given out first.
 */
SIPREC_API void siprec_stream_claim (SiprecStream *stream, const SiprecStreamWishes *wishes,
                                     SiprecStrand *strand);

/* How often a stream claimed with such wishes is read: at every tick, or, to save work, when half a joined
 * buffer has come, which makes it so much later. */
SIPREC_API GstClockTime siprec_stream_get_period (gboolean raw, GstClockTime buffer_duration);

/* Gives it back: units not popped are kept for the next consumer, within SIPREC_BACKLOG. */
SIPREC_API void siprec_stream_release (SiprecStream *stream);

/* PTS of the next unit that siprec_stream_pop() will give, or of the start if none was made yet. */
SIPREC_API GstClockTime siprec_stream_get_position (SiprecStream *stream);

/* Takes up to @max units, oldest first; returns how many. Doesn't wait. */
SIPREC_API guint siprec_stream_pop (SiprecStream *stream, SiprecUnit *units, guint max);

/**
 * siprec_stream_give_back:
 * @units: the last ones that were popped; taken, and cleared, unless FALSE
 *
 * Keeps them, and what comes after them within SIPREC_BACKLOG, for the next consumer or until siprec_stream_go_on():
 * meanwhile there is nothing to pop. Not for a stream that has ended.
 */
SIPREC_API gboolean siprec_stream_give_back (SiprecStream *stream, SiprecUnit *units, guint n);
SIPREC_API void siprec_stream_go_on (SiprecStream *stream);

/* Waits until there is a unit. FALSE while flushing. */
SIPREC_API gboolean siprec_stream_wait (SiprecStream *stream);

/* Makes siprec_stream_wait() return FALSE at once, or work again. */
SIPREC_API void siprec_stream_set_flushing (SiprecStream *stream, gboolean flushing);

/**
 * siprec_stream_get_stats:
 *
 * Returns: (transfer full): "application/x-siprec-stats" with the field names of rtpjitterbuffer and
 *   RTP sources: num-pushed, num-lost, num-late, num-duplicates, avg-jitter (guint64, ns), and packets-received,
 *   octets-received, bytes-received, num-reordered, rtx-success-count, fec-recovered, num-invalid, num-unknown-pt, num-overruns, num-filled,
 *   num-wrong-source, num-foreign-ssrc, num-auth-failed, num-replayed (guint64), srtp (string, the suite), ssrc (uint), clock-rate (int), encoding-name, source (string "address:port"), have-sr (boolean),
 *   sr-ntptime, sr-rtptime, cname (string). They are at most 80 ms old, or a tick if
 *   they are asked for all the time. Thread safe.
 */
SIPREC_API GstStructure *siprec_stream_get_stats (SiprecStream *stream);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecStream, siprec_stream_unref)

G_END_DECLS
