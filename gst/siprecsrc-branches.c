/* gst-siprec: the branches behind the pads of siprecsrc: failures, blockages, ends
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc.h"

#include "siprec-core/rtp/context.h"

#define GST_CAT_DEFAULT gst_siprec_src_debug

/* A push that takes longer is reported. */
#define BLOCKED_AFTER GST_SECOND

/* A pad that has seen so many ticks without being linked is reported, too. */
#define UNLINKED_TICKS 2

static gboolean
has_failed (GstFlowReturn flow)
{
  return flow < GST_FLOW_EOS;
}

/* Posts a WARNING once for each branch that takes no more, and an ERROR if that leaves none. */
static void
report_failures (GstSiprecSrc *self)
{
  g_autoptr (GPtrArray) pads = gst_siprec_src_get_pads (self);
  GstFlowReturn failure = GST_FLOW_OK;
  gboolean alive = FALSE;

  for (guint i = 0; i < pads->len; i++) {
    GstSiprecSrcPad *pad = g_ptr_array_index (pads, i);
    GstFlowReturn flow = g_atomic_int_get (&pad->flow);

    if (has_failed (flow))
      failure = flow;
    else if (flow >= GST_FLOW_OK && gst_pad_is_linked (GST_PAD (pad)))
      alive = TRUE;
    if (flow >= GST_FLOW_FLUSHING) {
      pad->failed_reported = FALSE;
    } else if (!pad->failed_reported) {
      pad->failed_reported = TRUE;
      GST_ELEMENT_WARNING (self, STREAM, FAILED,
                           ("What is linked to pad %s takes no more data; the session goes on.",
                            GST_OBJECT_NAME (pad)),
                           ("flow is %s", gst_flow_get_name (flow)));
    }
  }
  if (failure != GST_FLOW_OK && !alive && !self->failed) {
    self->failed = TRUE;
    GST_ELEMENT_FLOW_ERROR (self, failure);
  }
}

void
gst_siprec_src_check_pads (GstSiprecSrc *self)
{
  g_autoptr (GPtrArray) pads = gst_siprec_src_get_pads (self);

  for (guint i = 0; i < pads->len && !gst_siprec_src_is_stopped (self); i++) {
    GstSiprecSrcPad *pad = g_ptr_array_index (pads, i);

    if (pad->removed && g_atomic_int_get (&pad->over))
      gst_siprec_src_remove_pad (self, pad);
  }
  report_failures (self);
}

/* Whether @pad has never been linked to anything. */
static gboolean
is_untouched (GstSiprecSrcPad *pad)
{
  gboolean untouched;

  GST_OBJECT_LOCK (pad);
  untouched = pad->n_links == 0;
  GST_OBJECT_UNLOCK (pad);
  return untouched;
}

/* Who links some pads only may mean it so. But a link that gst-launch could not make leaves a sink that waits for
 * ever, and nobody says which caps were the reason. */
static void
report_unlinked (GstSiprecSrc *self, GPtrArray *pads)
{
  gboolean any_linked = FALSE;

  for (guint i = 0; i < pads->len; i++)
    any_linked |= gst_pad_is_linked (g_ptr_array_index (pads, i));
  for (guint i = 0; any_linked && i < pads->len; i++) {
    GstSiprecSrcPad *pad = g_ptr_array_index (pads, i);
    g_autoptr (GstCaps) caps = NULL;

    if (pad->is_metadata || !is_untouched (pad) || ++pad->idle_ticks != UNLINKED_TICKS)
      continue;
    caps = gst_pad_query_caps (GST_PAD (pad), NULL);
    GST_ELEMENT_INFO (
        self, STREAM, FAILED,
        ("Nothing is linked to pad %s, so what it gives is dropped.", GST_OBJECT_NAME (pad)),
        ("Nothing is linked to pad %s, so what it gives is dropped. What was "
         "to be linked to it must take %" GST_PTR_FORMAT ". A sink without a link "
         "keeps the others waiting, unless it has async=false, and gets no EOS",
         GST_OBJECT_NAME (pad), caps));
  }
}

void
gst_siprec_src_tick_pads (GstSiprecSrc *self, GstClockTime now)
{
  GstClockTime latency = self->settings.latency * GST_MSECOND +
                         siprec_stream_get_period (FALSE, self->settings.buffer_duration);
  g_autoptr (GPtrArray) pads = gst_siprec_src_get_pads (self);
  GstSiprecSrcTime time;
  gboolean playing = gst_siprec_src_get_time (self, &time);

  report_unlinked (self, pads);
  for (guint i = 0; playing && i < pads->len; i++) {
    GstSiprecSrcPad *pad = g_ptr_array_index (pads, i);
    GstClockTime blocked = gst_siprec_src_pad_blocked (pad, now);

    /* Not up to now: an event may be on its way. */
    if (pad->is_metadata)
      gst_siprec_src_pad_pass_time (pad, gst_siprec_src_time_to_running (&time, now - latency));
    if (blocked < BLOCKED_AFTER) {
      pad->blocked_reported = FALSE;
    } else if (!pad->blocked_reported) {
      pad->blocked_reported = TRUE;
      GST_ELEMENT_WARNING (self, STREAM, FAILED,
                           ("What is linked to pad %s has been blocking for %" G_GUINT64_FORMAT
                            " ms; the oldest data is dropped when it goes on.",
                            GST_OBJECT_NAME (pad), blocked / GST_MSECOND),
                           ("put a leaky queue there if it may"));
    }
  }
}
