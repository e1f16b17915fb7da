/* gst-siprec: from the engine's CLOCK_MONOTONIC to the pipeline's running time
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc.h"

#include "siprec-core/rtp/context.h"

/* Most that the mapping moves a second when the pipeline's clock runs faster or slower than
 * CLOCK_MONOTONIC: more than any crystal is off, less than anybody hears. */
#define MAX_SLEW (GST_MSECOND / 2)

/* TRUE if @clock is CLOCK_MONOTONIC itself, so that there is nothing to measure. */
static gboolean
is_monotonic (GstClock *clock)
{
  GstClockTime internal, external, num, denom;
  GstClockType type;

  if (G_OBJECT_TYPE (clock) != GST_TYPE_SYSTEM_CLOCK)
    return FALSE;
  g_object_get (clock, "clock-type", &type, NULL);
  gst_clock_get_calibration (clock, &internal, &external, &num, &denom);
  return type == GST_CLOCK_TYPE_MONOTONIC && internal == external && num == denom;
}

/* The pipeline's clock - CLOCK_MONOTONIC. */
static gint64
measure_offset (GstSiprecSrc *self)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (GST_ELEMENT (self));
  gint64 offset = 0;
  GstClockTime shortest = GST_CLOCK_TIME_NONE;

  if (!clock || is_monotonic (clock))
    return 0;
  /* The reading that took the shortest time was not interrupted. */
  for (guint i = 0; i < 3; i++) {
    GstClockTime before = siprec_context_now ();
    GstClockTime time = gst_clock_get_time (clock);
    GstClockTime after = siprec_context_now ();

    if (after - before < shortest) {
      shortest = after - before;
      offset = (gint64)(time - (before + shortest / 2));
    }
  }
  return offset;
}

void
gst_siprec_src_time_begin (GstSiprecSrc *self, GstClockTime zero)
{
  GstClockTime base_time = gst_element_get_base_time (GST_ELEMENT (self));
  gint64 offset = measure_offset (self);
  gint64 start = (gint64)(zero + offset - base_time);

  /* A session that began before the pipeline did: its zero is the pipeline's, since data must never be
   * late. */
  start = MAX (start, 0);

  g_mutex_lock (&self->lock);
  self->time = (GstSiprecSrcTime){
      .shift = start - (gint64)zero,
      .zero_floor = start,
      .not_before = zero,
      .base_time = base_time,
      .clock_offset = offset,
  };
  g_mutex_unlock (&self->lock);
}

void
gst_siprec_src_time_resume (GstSiprecSrc *self)
{
  GstClockTime base_time = gst_element_get_base_time (GST_ELEMENT (self));

  g_mutex_lock (&self->lock);
  if (self->time.base_time != base_time) {
    self->time.shift -= (gint64)(base_time - self->time.base_time);
    self->time.base_time = base_time;
    self->time.not_before = siprec_context_now ();
  }
  g_mutex_unlock (&self->lock);
}

void
gst_siprec_src_time_follow (GstSiprecSrc *self)
{
  gint64 offset = measure_offset (self);
  gint64 step;

  g_mutex_lock (&self->lock);
  step = CLAMP (offset - self->time.clock_offset, -(gint64)MAX_SLEW, (gint64)MAX_SLEW);
  self->time.clock_offset += step;
  self->time.shift += step;
  g_mutex_unlock (&self->lock);
}

gboolean
gst_siprec_src_get_time (GstSiprecSrc *self, GstSiprecSrcTime *time)
{
  gboolean playing;

  g_mutex_lock (&self->lock);
  *time = self->time;
  playing = self->playing;
  g_mutex_unlock (&self->lock);
  return playing;
}

GstClockTime
gst_siprec_src_time_to_running (const GstSiprecSrcTime *time, GstClockTime monotonic)
{
  gint64 running = (gint64)monotonic + time->shift;

  return MAX (running, (gint64)time->zero_floor);
}
