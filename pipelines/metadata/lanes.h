/* siprec-metadata: what happened when, in rows
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "record.h"

G_BEGIN_DECLS

typedef enum {
  LANE_CALL,
  LANE_PARTICIPANT,
  LANE_STREAM,
} LaneKind;

typedef enum {
  SPAN_THERE, /* the call goes on, the participant takes part, the stream exists */
  SPAN_SENDS,
  SPAN_HELD,
  SPAN_MARK, /* a moment: a key, a loss */
} SpanKind;

/* Times are microseconds since 1970; 0 is unknown. */
typedef struct {
  SpanKind kind;
  gint64 begin;
  gint64 end;
  gchar *text; /* or NULL */
} Span;

typedef struct {
  LaneKind kind;
  gchar *title;
  gchar *detail; /* or NULL */
  GPtrArray *spans;
} Lane;

/* A list of Lane, which it owns: calls, participants, streams. */
GPtrArray *metadata_lanes_new (const MetadataRecord *record);

G_END_DECLS
