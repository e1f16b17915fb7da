/* tests: a stream on real sockets, and a peer that sends to it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstcheck.h>

#include "siprec-core/rtp/stream.h"

#define FRAME  160
#define SSRC_A 0xaaaa0001
#define SSRC_B 0xbbbb0002

/* What a consumer got. */
typedef struct {
  GByteArray *media;   /* without filler */
  GByteArray *samples; /* with filler */
  GstClockTime first, position, end;
  guint units, fillers, gaps, disconts;
} Take;

typedef struct {
  SiprecContext *context;
  SiprecStream *stream;
  gint rtp, rtcp; /* the peer's sockets, connected to the stream's */
  guint16 rtcp_port;

  GMutex lock;
  GCond cond;
  GArray *notices; /* SiprecNotice */
  gint destroyed;

  GstClockTime start;
  Take take;
} Fixture;

/* Of PCMU, telephone-event (101) and CN (13); not begun. */
void fixture_init (Fixture *f);
void fixture_clear (Fixture *f);

/* The same, begun now and claimed. */
void fixture_begin (Fixture *f, SiprecFill fill);
void fixture_begin_with (Fixture *f, const SiprecStreamWishes *wishes);

/* Ends it @duration after it began, and takes what there is. */
void fixture_end (Fixture *f, GstClockTime duration);

/* SiprecFormat (transfer full), up to NULL. */
void set_formats (SiprecStream *stream, ...) G_GNUC_NULL_TERMINATED;

void claim (Fixture *f, SiprecFill fill);

/* Waits for the @nth notice of @type (from 0). */
SiprecNotice await_notice (Fixture *f, SiprecNoticeType type, guint nth);
guint count_notices (Fixture *f, SiprecNoticeType type);

guint16 get_local_port (gint fd);

void send_packet (Fixture *f, guint8 pt, guint16 seq, guint32 timestamp, guint32 ssrc,
                  const guint8 *payload, gsize size);

/* A frame of PCMU whose octets all are @value. */
void send_frame (Fixture *f, guint16 seq, guint32 timestamp, guint32 ssrc, guint8 value);

guint64 get_stat (Fixture *f, const gchar *name);

/* Waits until @name is @value. */
void await_stat (Fixture *f, const gchar *name, guint64 value);

void take_init (Take *take);
void take_clear (Take *take);

/* Reads until END, and checks that units are contiguous. */
void take_all (Fixture *f);

/* It had @samples, @frames of which times FRAME were no filler. */
void check_take (Fixture *f, guint samples, guint frames);

/* All octets of frame @i in @bytes are @value. */
void check_frame (GByteArray *bytes, guint i, guint8 value);
