/* gst-siprec: how a pad of siprecsrc pushes, and what becomes of it when its branch fails
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc.h"

#include <time.h>

#define GST_CAT_DEFAULT gst_siprec_src_debug

/* The time as pushing_since keeps it: it wraps, and 0 means that nothing is being pushed. */
static guint
stamp (GstClockTime now)
{
  return MAX ((guint)(now / GST_MSECOND), 1);
}

/* The coarse clock is good enough for what is compared with a second, and costs next to nothing. */
static void
begin_push (GstSiprecSrcPad *pad)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC_COARSE, &now);
  g_atomic_int_set (&pad->pushing_since, (gint)stamp (GST_TIMESPEC_TO_TIME (now)));
}

static void
end_push (GstSiprecSrcPad *pad)
{
  g_atomic_int_set (&pad->pushing_since, 0);
}

GstClockTime
gst_siprec_src_pad_blocked (GstSiprecSrcPad *pad, GstClockTime now)
{
  guint since = (guint)g_atomic_int_get (&pad->pushing_since);
  gint elapsed = (gint)(stamp (now) - since);

  return since == 0 || elapsed < 0 ? 0 : elapsed * GST_MSECOND;
}

gboolean
gst_siprec_src_pad_is_stopped (GstSiprecSrcPad *pad)
{
  GstFlowReturn flow = g_atomic_int_get (&pad->flow);

  /* Sinks get another file name by going to NULL and back. What waits for another pipeline isn't risked for that. */
  if (flow == GST_FLOW_FLUSHING)
    return pad->src->settings.session_detach;
  return flow < GST_FLOW_FLUSHING;
}

/* What came of a push that began when the pad had been linked @n_links times. What was linked meanwhile isn't to
 * blame for the branch before it. */
static void
note_flow (GstSiprecSrcPad *pad, GstFlowReturn flow, gint n_links)
{
  gboolean changed = FALSE;

  GST_OBJECT_LOCK (pad);
  if (pad->n_links == n_links && g_atomic_int_get (&pad->flow) != (gint)flow) {
    g_atomic_int_set (&pad->flow, flow);
    changed = TRUE;
  }
  GST_OBJECT_UNLOCK (pad);
  if (!changed)
    return;
  GST_DEBUG_OBJECT (pad, "flow is %s", gst_flow_get_name (flow));
  if (flow < GST_FLOW_FLUSHING)
    siprec_strand_wake (pad->control);
}

void
gst_siprec_src_pad_push_event (GstSiprecSrcPad *pad, GstEvent *event)
{
  if (gst_siprec_src_pad_is_stopped (pad) && !GST_EVENT_IS_STICKY (event)) {
    gst_event_unref (event);
    return;
  }
  begin_push (pad);
  gst_pad_push_event (GST_PAD (pad), event);
  end_push (pad);
}

void
gst_siprec_src_pad_push_buffer (GstSiprecSrcPad *pad, GstBuffer *buffer)
{
  GstClockTime end = GST_BUFFER_PTS (buffer);
  GstFlowReturn flow;
  gint n_links;

  if (gst_siprec_src_pad_is_stopped (pad)) {
    gst_buffer_unref (buffer);
    pad->discont = TRUE;
    return;
  }
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    end += GST_BUFFER_DURATION (buffer);
  if (pad->discont) {
    buffer = gst_buffer_make_writable (buffer);
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  }

  GST_OBJECT_LOCK (pad);
  n_links = pad->n_links;
  GST_OBJECT_UNLOCK (pad);
  begin_push (pad);
  flow = gst_pad_push (GST_PAD (pad), buffer);
  end_push (pad);

  /* What an unlinked branch misses is a hole for it, nothing worse: it may be linked later. */
  pad->discont = flow != GST_FLOW_OK;
  GST_OBJECT_LOCK (pad);
  pad->position = end;
  if (flow == GST_FLOW_OK)
    pad->num_pushed++;
  else if (flow >= GST_FLOW_FLUSHING)
    pad->num_unlinked++;
  GST_OBJECT_UNLOCK (pad);

  note_flow (pad, flow, n_links);
}

void
gst_siprec_src_pad_push_eos (GstSiprecSrcPad *pad)
{
  GST_INFO_OBJECT (pad, "EOS");
  gst_siprec_src_pad_push_event (pad, gst_event_new_eos ());
  g_atomic_int_set (&pad->over, TRUE);
  siprec_strand_wake (pad->control);
}

static GstSiprecRound
drain (GstSiprecSrcPad *pad)
{
  if (g_atomic_int_get (&pad->over))
    return GST_SIPREC_ROUND_OVER;
  return pad->is_metadata ? gst_siprec_src_pad_drain_records (pad)
                          : gst_siprec_src_pad_drain_media (pad);
}

/* push-mode pad: the pad's task. */
static void
loop (gpointer data)
{
  GstSiprecSrcPad *pad = data;
  gboolean go_on = pad->is_metadata ? gst_siprec_src_pad_wait_records (pad)
                                    : gst_siprec_src_pad_wait_media (pad);

  if (!go_on || drain (pad) == GST_SIPREC_ROUND_OVER)
    gst_pad_pause_task (GST_PAD (pad));
}

/* push-mode shared: a round of the pad's strand, bounded so that others get their turn. */
void
gst_siprec_src_pad_run (gpointer data)
{
  GstSiprecSrcPad *pad = data;
  /* Its stream wakes the strand before the pad has been added. */
  if (g_atomic_int_get (&pad->started) && drain (pad) == GST_SIPREC_ROUND_MORE)
    siprec_strand_wake (pad->strand);
}

void
gst_siprec_src_pad_wake (GstSiprecSrcPad *pad)
{
  if (pad->strand)
    siprec_strand_wake (pad->strand);
  else
    g_cond_broadcast (&pad->arrived);
}

void
gst_siprec_src_pad_set_eos_wanted (GstSiprecSrcPad *pad, gboolean wanted)
{
  GST_OBJECT_LOCK (pad);
  pad->eos_wanted = wanted;
  gst_siprec_src_pad_wake (pad);
  GST_OBJECT_UNLOCK (pad);
}

void
gst_siprec_src_pad_start (GstSiprecSrcPad *pad)
{
  g_atomic_int_set (&pad->started, TRUE);
  if (pad->strand)
    siprec_strand_wake (pad->strand);
  else
    gst_pad_start_task (GST_PAD (pad), loop, pad, NULL);
}
