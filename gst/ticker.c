/* gst-siprec: one timer that wakes the control strands of elements with a session
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ticker.h"

/* A clock of our own: the default one may be a clock that an application moves by hand. Its thread is
 * the only one, however many elements there are. The lock is a leaf but for waking strands. */
static GMutex lock;
static GstClock *timer;
static GstClockID period;
static GPtrArray *strands;

static gboolean
tick (GstClock *clock, GstClockTime time, GstClockID id, gpointer user_data)
{
  g_mutex_lock (&lock);
  for (guint i = 0; strands && i < strands->len; i++)
    siprec_strand_wake (g_ptr_array_index (strands, i));
  g_mutex_unlock (&lock);
  return TRUE;
}

void
gst_siprec_ticker_add (SiprecStrand *strand)
{
  g_mutex_lock (&lock);
  if (!strands) {
    strands = g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_strand_unref);
    timer = g_object_new (GST_TYPE_SYSTEM_CLOCK, "name", "siprec-ticker", NULL);
    gst_object_ref_sink (timer);
    period = gst_clock_new_periodic_id (
        timer, gst_clock_get_time (timer) + GST_SIPREC_TICKER_PERIOD, GST_SIPREC_TICKER_PERIOD);
    gst_clock_id_wait_async (period, tick, NULL, NULL);
  }
  g_ptr_array_add (strands, siprec_strand_ref (strand));
  g_mutex_unlock (&lock);
}

void
gst_siprec_ticker_remove (SiprecStrand *strand)
{
  GstClock *idle_timer = NULL;
  GstClockID idle_period = NULL;

  g_mutex_lock (&lock);
  if (strands && g_ptr_array_remove_fast (strands, strand) && strands->len == 0) {
    g_clear_pointer (&strands, g_ptr_array_unref);
    idle_timer = g_steal_pointer (&timer);
    idle_period = g_steal_pointer (&period);
  }
  g_mutex_unlock (&lock);

  /* Outside the lock, which tick() takes: the clock joins its thread when it is freed. */
  if (idle_period) {
    gst_clock_id_unschedule (idle_period);
    gst_clock_id_unref (idle_period);
    gst_object_unref (idle_timer);
  }
}
