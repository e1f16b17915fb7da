/* rtp-play: which datagram goes when
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "track.h"

G_BEGIN_DECLS

/* What the words of --stream mean; see rtp-play --help. Times in seconds, shares from 0 to 1. */
typedef struct {
  gchar *wav;
  gdouble tone;
  gchar *codec;
  gchar *dest, *from;
  gdouble offset, duration;
  guint ptime;
  gint pt;
  guint dtmf_pt;
  guint32 ssrc, timestamp;
  guint16 seq;
  gdouble pause_from, pause_to;
  gdouble loss, duplicate, reorder;
  gdouble jitter, drift;
  gchar *dtmf;
  gdouble dtmf_time;
  gboolean rtcp, rtcp_mux;
  gchar *cname;
} StreamOptions;

/* What the schedule made of it; numbers of packets. */
typedef struct {
  guint dropped, duplicated, reordered;
} StreamCounts;

/**
 * Shot:
 * @time: ns after the start
 * @datagram: NULL stands for an RTCP report made at the time of sending
 */
typedef struct {
  gint64 time;
  guint stream;
  GBytes *datagram;
} Shot;

/* Fills @options with the defaults and the words of @text ("key=value,key=value"). */
gboolean stream_options_parse (StreamOptions *options, const gchar *text, GError **error);
void stream_options_clear (StreamOptions *options);

/* Adds to @shots (element-type Shot) all packets of @track as stream number @stream. */
void schedule_add (GArray *shots, guint stream, const StreamOptions *options, const Track *track,
                   GRand *random, StreamCounts *counts);

/* By time; packets of the same time stay in order. */
void schedule_sort (GArray *shots);

GArray *schedule_new (void);

G_END_DECLS
