/* gst-siprec: what a recording session tells siprecsrc, as messages, signals, pads and records
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc.h"

#include "structure.h"
#include "ticker.h"
#include "siprec-core/rtp/context.h"

#define GST_CAT_DEFAULT gst_siprec_src_debug

/* Lines of most calls: one a party. */
#define USUAL_STREAMS 2

static const gchar *const message_names[] = {
    [SIPREC_EVENT_SESSION_STARTED] = "GstSiprecSessionStarted",
    [SIPREC_EVENT_SESSION_ENDED] = "GstSiprecSessionEnded",
    [SIPREC_EVENT_STREAM_ADDED] = "GstSiprecStreamAdded",
    [SIPREC_EVENT_STREAM_REMOVED] = "GstSiprecStreamRemoved",
    [SIPREC_EVENT_STREAM_HELD] = "GstSiprecStreamHeld",
    [SIPREC_EVENT_STREAM_RESUMED] = "GstSiprecStreamResumed",
    [SIPREC_EVENT_STREAM_UPDATED] = "GstSiprecStreamUpdated",
    [SIPREC_EVENT_METADATA] = "GstSiprecMetadata",
    [SIPREC_EVENT_PARTICIPANT_JOINED] = "GstSiprecParticipantJoined",
    [SIPREC_EVENT_PARTICIPANT_LEFT] = "GstSiprecParticipantLeft",
    [SIPREC_EVENT_PARTICIPANT_UPDATED] = "GstSiprecParticipantUpdated",
    [SIPREC_EVENT_CALL_STARTED] = "GstSiprecCallStarted",
    [SIPREC_EVENT_CALL_ENDED] = "GstSiprecCallEnded",
    [SIPREC_EVENT_CALL_UPDATED] = "GstSiprecCallUpdated",
    [SIPREC_EVENT_MEDIA_STARTED] = "GstSiprecStreamStarted",
    [SIPREC_EVENT_MEDIA_TIMEOUT] = "GstSiprecStreamTimeout",
    [SIPREC_EVENT_MEDIA_LOSS] = "GstSiprecStreamLoss",
    [SIPREC_EVENT_MEDIA_REJECTED] = "GstSiprecStreamRejected",
    [SIPREC_EVENT_MEDIA_FAILED] = "GstSiprecStreamFailed",
    [SIPREC_EVENT_MEDIA_CONTRIBUTORS] = "GstSiprecStreamContributors",
    [SIPREC_EVENT_DTMF] = "GstSiprecDtmf",
    [SIPREC_EVENT_DEVIATION] = "GstSiprecDeviation",
};

static void
wake (SiprecSession *session, gpointer control)
{
  siprec_strand_wake (control);
}

gboolean
gst_siprec_src_claim (GstSiprecSrc *self, SiprecSession *session, GError **error)
{
  if (!siprec_session_claim (session, wake, siprec_strand_ref (self->control),
                             (GDestroyNotify)siprec_strand_unref, error)) {
    siprec_strand_unref (self->control);
    g_object_unref (session);
    return FALSE;
  }
  GST_INFO_OBJECT (self, "claimed session %s", siprec_session_get_id (session));

  g_mutex_lock (&self->lock);
  self->session = session;
  g_mutex_unlock (&self->lock);

  g_free (self->session_id);
  self->session_id = g_strdup (siprec_session_get_id (session));
  self->started = FALSE;
  self->settled = FALSE;
  self->session_over = FALSE;
  self->group_id = gst_util_group_id_next ();
  gst_siprec_src_emit_sdp (self, session);
  return TRUE;
}

/* Tells the program: an element message, and a signal where there is one. */
static void
tell (GstSiprecSrc *self, const SiprecEvent *event)
{
  GstStructure *structure =
      gst_siprec_structure_from_json (message_names[event->type], event->data);
  gint signal = -1;

  gst_structure_set (structure, "session-id", G_TYPE_STRING, event->session_id, "sequence",
                     G_TYPE_UINT64, event->sequence, NULL);
  if (event->type == SIPREC_EVENT_SESSION_STARTED)
    signal = GST_SIPREC_SRC_SIGNAL_SESSION_STARTED;
  else if (event->type == SIPREC_EVENT_SESSION_ENDED)
    signal = GST_SIPREC_SRC_SIGNAL_SESSION_ENDED;
  else if (event->type == SIPREC_EVENT_METADATA)
    signal = GST_SIPREC_SRC_SIGNAL_METADATA_CHANGED;
  if (signal >= 0)
    g_signal_emit (self, gst_siprec_src_signals[signal], 0, structure);
  gst_element_post_message (GST_ELEMENT (self),
                            gst_message_new_element (GST_OBJECT (self), structure));
}

/* The session is over and read to its end; the element takes the next one. */
static void
go_on_without (GstSiprecSrc *self)
{
  g_autoptr (SiprecSession) session = NULL;

  g_mutex_lock (&self->lock);
  session = g_steal_pointer (&self->session);
  g_mutex_unlock (&self->lock);
  if (session)
    siprec_session_release (session);
  gst_siprec_src_join_queue (self);
}

/* EOS was sent to the element: hangs up, and the pads end with the session. Without one they end at
 * once; if there are none yet, an empty call is made up so that what waits for pads gets its EOS. */
static void
end_stream (GstSiprecSrc *self)
{
  GstClockTime now = siprec_context_now ();

  gst_siprec_src_leave_queue (self);
  if (self->session) {
    if (siprec_session_get_state (self->session) != SIPREC_SESSION_ENDED)
      siprec_session_hangup (self->session, NULL);
    return;
  }
  if (self->pads->len == 0) {
    g_free (self->session_id);
    self->session_id = g_uuid_string_random ();
    self->group_id = gst_util_group_id_next ();
    gst_siprec_src_settle_pads (self, MAX (self->settings.audio_pads, USUAL_STREAMS));
  }
  gst_siprec_src_finish_pads (self, now, TRUE);
}

static void
session_started (GstSiprecSrc *self)
{
  self->started = TRUE;
  if (!self->ticking)
    gst_siprec_ticker_add (self->control);
  self->ticking = TRUE;
  gst_siprec_src_set_state (self, GST_SIPREC_SESSION_STATE_ACTIVE);
}

static void
session_ended (GstSiprecSrc *self, SiprecEvent *event)
{
  gboolean eos;

  if (!self->started) {
    /* It was never answered, or never confirmed: nothing has been seen of it. */
    go_on_without (self);
    if (self->eos_done && !gst_siprec_src_is_stopped (self))
      end_stream (self);
    return;
  }
  g_mutex_lock (&self->lock);
  eos = self->eos_wanted || self->settings.eos_on_session_end;
  self->done |= eos;
  g_mutex_unlock (&self->lock);

  gst_siprec_src_finish_pads (self, event->monotonic, eos);
  if (gst_siprec_src_is_stopped (self))
    return;
  gst_siprec_src_set_state (self, GST_SIPREC_SESSION_STATE_ENDED);
  if (!eos && !gst_siprec_src_is_stopped (self))
    go_on_without (self);
}

static void
handle (GstSiprecSrc *self, SiprecEvent *event)
{
  GST_LOG_OBJECT (self, "event %" G_GUINT64_FORMAT " %s", event->sequence,
                  siprec_event_type_name (event->type));
  switch (event->type) {
  case SIPREC_EVENT_SESSION_STARTED:
    gst_siprec_src_emit_sdp (self, self->session);
    if (!gst_siprec_src_is_stopped (self))
      session_started (self);
    break;
  case SIPREC_EVENT_STREAM_ADDED:
    gst_siprec_src_add_stream (self, event);
    break;
  case SIPREC_EVENT_STREAM_REMOVED:
    gst_siprec_src_remove_stream (self, event);
    break;
  case SIPREC_EVENT_STREAM_HELD:
  case SIPREC_EVENT_STREAM_RESUMED:
  case SIPREC_EVENT_STREAM_UPDATED:
    gst_siprec_src_update_stream (self, event);
    break;
  case SIPREC_EVENT_SESSION_ENDED:
    self->session_over = TRUE;
    /* A call so short that its whole story is told at once still has its pads. */
    if (self->started)
      gst_siprec_src_settle_pads (self, self->settings.audio_pads);
    break;
  default:
    break;
  }
  /* What is in the way of being told has no pad any more. */
  if (gst_siprec_src_is_stopped (self))
    return;
  gst_siprec_src_add_record (self, event);
  tell (self, event);
  if (event->type == SIPREC_EVENT_SESSION_ENDED && !gst_siprec_src_is_stopped (self))
    session_ended (self, event);
}

/* The application's session, which the element is to receive instead of one from its endpoint. */
static void
claim_set_session (GstSiprecSrc *self)
{
  SiprecSession *session = self->settings.session;
  g_autoptr (GError) error = NULL;
  gboolean due;

  g_mutex_lock (&self->lock);
  due = session && self->playing && !self->session && !self->done;
  self->done |= due;
  g_mutex_unlock (&self->lock);
  if (due && !gst_siprec_src_claim (self, g_object_ref (session), &error))
    GST_ELEMENT_ERROR (self, RESOURCE, BUSY, ("%s", error->message), (NULL));
}

void
gst_siprec_src_run_session (GstSiprecSrc *self)
{
  gboolean eos_asked;

  claim_set_session (self);

  while (!gst_siprec_src_is_stopped (self) && self->session) {
    g_autoptr (SiprecEvent) event = siprec_session_pop_event (self->session);
    g_autoptr (SiprecEvent) seen = NULL;

    if (!event)
      break;
    /* Whatever leaves the element is made of what is seen here. */
    seen = self->filter ? siprec_filter_apply (self->filter, event) : siprec_event_ref (event);
    handle (self, seen);
    /* Its reasons are words of ours, which no filter takes from who runs it. */
    if (!gst_siprec_src_is_stopped (self))
      gst_siprec_src_warn_of_media (self, event);
  }
  if (gst_siprec_src_is_stopped (self))
    return;
  /* The session tells of its first streams together with its start. */
  if (self->session && self->started)
    gst_siprec_src_settle_pads (self, self->settings.audio_pads);
  if (gst_siprec_src_is_stopped (self))
    return;

  g_mutex_lock (&self->lock);
  eos_asked = self->eos_wanted && !self->eos_done;
  if (eos_asked)
    self->eos_done = self->done = TRUE;
  g_mutex_unlock (&self->lock);
  if (eos_asked)
    end_stream (self);
}

void
gst_siprec_src_drop_session (GstSiprecSrc *self)
{
  g_autoptr (SiprecSession) session = NULL;
  g_autoptr (SiprecSession) given = NULL;

  g_mutex_lock (&self->lock);
  session = g_steal_pointer (&self->session);
  given = g_steal_pointer (&self->given);
  g_mutex_unlock (&self->lock);

  if (given && !self->settings.session_detach)
    siprec_session_hangup (given, NULL);
  else if (given)
    siprec_session_release (given);
  if (!session)
    return;
  if (!self->settings.session_detach)
    siprec_session_hangup (session, NULL);
  siprec_session_release (session);
}
