/* siprec-core: one m-line of a recording session
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../rtp/stream.h"
#include "../sdp/offer.h"

G_BEGIN_DECLS

/**
 * SiprecLine:
 * @mline: place in the SDP
 * @name: "audio_0": kind and number within the kind; never reused in a session
 * @kind, @label, @lang, @direction, @held: as offered last
 * @paused: we want nothing of it
 * @resuming: we have offered to receive again, and it isn't agreed yet
 * @formats: (element-type SiprecFormat): as answered last, the codec first
 * @protection: (nullable): as agreed last; NULL for plain RTP
 * @stream: its receive path
 * @owner: of the negotiation; the line holds a reference
 * @data: for the owner; freed with @data_destroy
 *
 * One accepted m-line. Reference counted, because notices of its stream may come late.
 */
typedef struct {
  gint ref_count;
  guint mline;
  gchar *name;
  SiprecMediaKind kind;
  gchar *label;
  gchar *lang;
  SiprecDirection direction;
  gboolean held;
  gboolean paused;
  gboolean resuming;
  GPtrArray *formats;
  SiprecProtection *protection;
  SiprecStream *stream;
  GObject *owner;
  gpointer data;
  GDestroyNotify data_destroy;
} SiprecLine;

/* The line of @mline, the @number-th of its kind, as answered with @formats; it has no stream yet.
 * @owner may be NULL. */
SiprecLine *siprec_line_new (const SiprecMline *mline, guint number, GPtrArray *formats,
                             GObject *owner);

SiprecLine *siprec_line_ref (SiprecLine *line);
void siprec_line_unref (SiprecLine *line);

/* TRUE while nothing is received, whoever wants it so. */
gboolean siprec_line_is_held (const SiprecLine *line);

/* TRUE if the codec of @formats (not empty) can't be depayloaded: its packets are passed on whole. */
gboolean siprec_formats_are_opaque (GPtrArray *formats);

typedef enum {
  SIPREC_LINE_ADDED,
  SIPREC_LINE_REMOVED, /* its stream has been ended */
  SIPREC_LINE_HELD,
  SIPREC_LINE_RESUMED,
  SIPREC_LINE_UPDATED, /* another codec, label or encryption */
} SiprecLineChange;

/* Tells of one change; the line is borrowed. */
typedef void (*SiprecLineFunc) (SiprecLine *line, SiprecLineChange change, gpointer user_data);

/* The line's stream begins at @now (CLOCK_MONOTONIC); @sync is that of all streams of the session. */
void siprec_line_begin (SiprecLine *line, SiprecSync *sync, const SiprecMline *mline,
                        GstClockTime now);

/* @protection (nullable) counts for what the client sends from now on. */
void siprec_line_set_protection (SiprecLine *line, const SiprecProtection *protection);

/* "sdes", "dtls", or NULL for plain RTP. Static. */
const gchar *siprec_line_get_encryption (const SiprecLine *line);

/* Takes over what a newer @mline says of the line, but for hold; @ours if that answers an offer of ours. Returns
 * TRUE if codec or label are others now. */
gboolean siprec_line_update (SiprecLine *line, const SiprecMline *mline, GPtrArray *formats,
                             gboolean ours);

/* Sets both reasons for a hold; @func is told if the line is held now and wasn't, or the other way. */
void siprec_line_set_hold (SiprecLine *line, gboolean held, gboolean paused, SiprecLineFunc func,
                           gpointer user_data);

G_END_DECLS
