/* A pipeline of siprecsrc for tests, which notes everything that its pads give.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "tests/support/caller.h"

typedef struct _Recording Pipeline;

/* What came out of one pad. Read it with the pipeline locked, or when it has ended. */
typedef struct {
  Pipeline *pipeline;
  gchar *name;
  GstPad *pad;
  GPtrArray *buffers; /* GstBuffer */
  GPtrArray *sticky;  /* GstEvent: all sticky ones */
  GPtrArray *caps;    /* GstCaps, each one that came */
  GstTagList *tags;   /* the last ones */
  GstStructure *info; /* the last GstSiprecStreamInfo */
  gchar *stream_id;   /* the last one */
  guint group_id;
  guint n_stream_starts;
  guint n_tags; /* events */
  guint n_gaps;
  GstClockTime gap_end; /* of the last GAP event */
  gboolean eos;
  gboolean removed;
  GstElement *sink;
} PadLog;

struct _Recording {
  GstElement *bin;
  GstElement *src;
  GstBus *bus;
  GMutex lock;
  GCond changed;
  GPtrArray *pads;   /* PadLog, in the order they were added */
  GString *order;    /* "audio_0 audio_1 metadata no-more-pads" */
  gchar *sink;       /* what a pad is linked to; NULL for nothing */
  const gchar *only; /* the only pad to be linked, unless NULL */
  gint stopped;      /* for tests that stop it from a signal */
};

/* A pipeline with "siprecsrc name=src @properties", each pad of which is linked to a @sink, in the syntax
 * of gst-launch; NULL links none. A local-uri with a free port is set unless @properties have one. */
Pipeline *pipeline_new (const gchar *properties, const gchar *sink);

/* The same with fakesinks, and PLAYING. */
Pipeline *pipeline_listening (const gchar *properties);

/* Goes to NULL and frees it. */
void pipeline_free (Pipeline *pipeline);

/* Changes the state, which must succeed; to PLAYING it also waits until the element listens. */
void pipeline_set_state (Pipeline *pipeline, GstState state);

/* actual-uri once it is known. Free with g_free(). */
gchar *pipeline_uri (Pipeline *pipeline);

/* A client for it. */
Caller *pipeline_caller (Pipeline *pipeline);

/* Makes it listen anew, which ends what @caller (transfer full) had; returns another one. */
Caller *pipeline_again (Pipeline *pipeline, Caller *caller);

/* A client whose call of @n_streams has been answered. */
Caller *pipeline_called (Pipeline *pipeline, guint n_streams);

/* BYE, and EOS on the pad of @log. */
void pipeline_hang_up (Caller *caller, PadLog *log);

/* A call of two streams that speak for @n frames, from INVITE to EOS on all pads. */
void pipeline_whole_call (Pipeline *pipeline, Caller *caller, guint n);

/* Waits for the pad's first log of that name, five seconds at most. */
PadLog *pipeline_pad (Pipeline *pipeline, const gchar *name);

/* Wait, five seconds at most, and fail the test otherwise. */
void pipeline_await_order (Pipeline *pipeline, const gchar *order);
void pipeline_await_buffers (PadLog *log, guint n);
void pipeline_await_heard (PadLog *log, guint n); /* buffers without GST_BUFFER_FLAG_GAP */
void pipeline_await_eos (PadLog *log);
void pipeline_await_removed (PadLog *log);
void pipeline_await_state (Pipeline *pipeline, const gchar *session_state);

/* How many buffers there are while it runs. */
guint pipeline_n_buffers (PadLog *log);

/* The next message of @types that is an element message called @name, or any if NULL; those before it are
 * dropped. NULL after five seconds. */
GstMessage *pipeline_message (Pipeline *pipeline, GstMessageType types, const gchar *name);

/* Such a message of the element comes. */
void pipeline_expect_message (Pipeline *pipeline, const gchar *name);

/* @promise (transfer full) is answered with @status, and with an error that has @error in it; none for NULL. */
void pipeline_expect_reply (GstPromise *promise, guint status, const gchar *error);

/* The media type of the first caps. */
const gchar *pad_log_caps_name (PadLog *log);

/* Time covered by the buffers of a pad, and how much of it they lack or have twice. */
GstClockTime pad_log_start (PadLog *log);
GstClockTime pad_log_end (PadLog *log);
GstClockTime pad_log_unevenness (PadLog *log);

/* All bytes of its buffers. */
GByteArray *pad_log_bytes (PadLog *log);

/* How many there are, and how many of them are @value. */
gsize pad_log_size (PadLog *log);
gsize pad_log_count (PadLog *log, guint8 value);
