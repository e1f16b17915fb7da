/* gst-siprec: the place of siprecsrc in the queue of its endpoint, and what the application is asked
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc.h"

#include <gst/sdp/gstsdpmessage.h>

#include "siprec-core/error.h"

#define GST_CAT_DEFAULT gst_siprec_src_debug

/* A recording client is a machine: it answers at once, or it won't. */
#define CALL_TIMEOUT (30 * GST_SECOND)

/* The acceptor's handlers, in the SIP thread. */

/* Only an application that listens is asked: others get the answer at once, in the SIP thread. */
static gboolean
has_deciders (GstSiprecSrc *self)
{
  return g_signal_has_handler_pending (
             self, gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_ACCEPT_SESSION], 0, TRUE) ||
         g_signal_has_handler_pending (
             self, gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_SELECT_STREAM], 0, TRUE) ||
         g_signal_has_handler_pending (self, gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_ON_SDP],
                                       0, TRUE);
}

static gboolean
acceptor_decide (SiprecAcceptor *acceptor, SiprecSession *session, gpointer user_data)
{
  GstSiprecSrc *self = user_data;

  if (!has_deciders (self))
    return FALSE;
  g_mutex_lock (&self->lock);
  g_set_object (&self->asked, session);
  g_mutex_unlock (&self->lock);
  siprec_strand_wake (self->control);
  return TRUE;
}

static void
acceptor_cancelled (SiprecAcceptor *acceptor, SiprecSession *session, gpointer user_data)
{
  GstSiprecSrc *self = user_data;

  g_mutex_lock (&self->lock);
  if (self->calling == session)
    g_clear_object (&self->calling);
  if (self->asked == session)
    g_clear_object (&self->asked);
  if (self->given == session)
    g_clear_object (&self->given);
  g_mutex_unlock (&self->lock);
  siprec_strand_wake (self->control);
}

static void
acceptor_session (SiprecAcceptor *acceptor, SiprecSession *session, gpointer user_data)
{
  GstSiprecSrc *self = user_data;

  g_mutex_lock (&self->lock);
  g_clear_object (&self->asked);
  g_clear_object (&self->calling);
  g_set_object (&self->given, session);
  g_mutex_unlock (&self->lock);
  siprec_strand_wake (self->control);
}

void
gst_siprec_src_join_queue (GstSiprecSrc *self)
{
  const GstSiprecSrcSettings *settings = &self->settings;
  g_auto (GStrv) codecs = NULL;
  SiprecPolicy policy = {
      .accept = settings->accept,
      .strictness = settings->strictness,
      .srtp_policy = settings->srtp_policy,
      .latch = settings->latch,
      .context = settings->context,
      .content_map = settings->content_map,
      .delayed_offer_streams = settings->delayed_offer_streams,
      .start_paused = settings->start_paused,
      .metadata_limits = settings->metadata_limits,
  };
  SiprecAcceptorHandler handler = {
      .decide = acceptor_decide,
      .cancelled = acceptor_cancelled,
      .session = acceptor_session,
  };
  gboolean joined = FALSE;

  if (settings->codecs && settings->codecs[0]) {
    codecs = g_strsplit (settings->codecs, ",", -1);
    for (guint i = 0; codecs[i]; i++)
      g_strstrip (codecs[i]);
    policy.codecs = (const gchar *const *)codecs;
  }

  /* Under the lock, so that the handlers find the acceptor set. */
  g_mutex_lock (&self->lock);
  if (self->endpoint && self->playing && !self->done && !self->acceptor && !self->session) {
    self->acceptor = siprec_endpoint_add_acceptor (self->endpoint, &policy,
                                                   settings->decision_timeout, &handler, self);
    joined = TRUE;
  }
  g_mutex_unlock (&self->lock);
  if (joined)
    gst_siprec_src_set_state (self, GST_SIPREC_SESSION_STATE_WAITING);
}

void
gst_siprec_src_leave_queue (GstSiprecSrc *self)
{
  SiprecAcceptor *acceptor;

  g_mutex_lock (&self->lock);
  acceptor = g_steal_pointer (&self->acceptor);
  g_clear_object (&self->asked);
  g_clear_object (&self->calling);
  g_mutex_unlock (&self->lock);
  /* Without the lock: it waits for handlers, which take it. */
  if (acceptor)
    siprec_acceptor_remove (acceptor);
}

void
gst_siprec_src_call (GstSiprecSrc *self, const gchar *uri, GstPromise *promise)
{
  g_autoptr (SiprecSession) session = NULL;
  g_autoptr (GError) error = NULL;
  GstSiprecWish *wish = gst_siprec_wish_new (promise);

  g_mutex_lock (&self->lock);
  if (self->acceptor)
    session = siprec_endpoint_call (self->endpoint, self->acceptor, uri ? uri : "", CALL_TIMEOUT,
                                    gst_siprec_src_reply, wish, &error);
  else
    error =
        g_error_new_literal (SIPREC_ERROR, SIPREC_ERROR_STATE,
                             "Only an element that is PLAYING and waits for a session can call.");
  /* Under the lock: the handlers are to find it. */
  if (session)
    g_set_object (&self->calling, session);
  g_mutex_unlock (&self->lock);
  if (error)
    gst_siprec_src_reply (NULL, 0, error, wish);
}

void
gst_siprec_src_emit_sdp (GstSiprecSrc *self, SiprecSession *session)
{
  GstSDPMessage *sdp;

  if (self->introduced == session)
    return;
  if (!g_signal_has_handler_pending (self, gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_ON_SDP], 0,
                                     TRUE))
    return;
  sdp = siprec_session_get_offer (session);
  /* There is none yet when the offer is ours. */
  if (!sdp)
    return;
  g_set_object (&self->introduced, session);
  g_signal_emit (self, gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_ON_SDP], 0, sdp);
  gst_sdp_message_free (sdp);
}

/* Bit n is set if the application does not want m-line n. */
static guint64
ask_for_streams (GstSiprecSrc *self, SiprecSession *session)
{
  guint64 refused = 0;
  guint n = MIN (siprec_session_get_n_mlines (session), 64);

  for (guint i = 0; i < n; i++) {
    g_autoptr (GstCaps) caps = siprec_session_get_mline_caps (session, i);
    gboolean wanted = TRUE;

    if (!caps)
      continue;
    g_signal_emit (self, gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_SELECT_STREAM], 0, i, caps,
                   &wanted);
    if (!wanted)
      refused |= G_GUINT64_CONSTANT (1) << i;
  }
  return refused;
}

static void
decide (GstSiprecSrc *self, SiprecSession *session)
{
  g_autoptr (GstStructure) request = siprec_session_get_request (session);
  guint64 refused = 0;
  guint status = 0;

  gst_siprec_src_set_state (self, GST_SIPREC_SESSION_STATE_OFFERED);
  gst_siprec_src_emit_sdp (self, session);
  /* Whom we call we want to record. */
  if (siprec_session_get_state (session) != SIPREC_SESSION_CALLING)
    g_signal_emit (self, gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_ACCEPT_SESSION], 0, request,
                   &status);
  if (status == 0)
    refused = ask_for_streams (self, session);
  GST_INFO_OBJECT (self, "session %s: status %u, refused m-lines %" G_GINT64_MODIFIER "x",
                   siprec_session_get_id (session), status, refused);

  g_mutex_lock (&self->lock);
  /* Not if it was cancelled, or its decision-timeout came first. */
  if (self->acceptor && self->asked == session) {
    g_clear_object (&self->asked);
    siprec_acceptor_decide (self->acceptor, session, status, refused);
  }
  g_mutex_unlock (&self->lock);
  if (status != 0 && !gst_siprec_src_is_stopped (self))
    gst_siprec_src_set_state (self, GST_SIPREC_SESSION_STATE_WAITING);
}

void
gst_siprec_src_run_acceptor (GstSiprecSrc *self)
{
  g_autoptr (SiprecSession) asked = NULL;
  SiprecSession *given;

  gst_siprec_src_report_endpoint (self);
  if (gst_siprec_src_is_stopped (self))
    return;

  g_mutex_lock (&self->lock);
  g_set_object (&asked, self->asked);
  g_mutex_unlock (&self->lock);
  if (asked)
    decide (self, asked);
  if (gst_siprec_src_is_stopped (self))
    return;

  g_mutex_lock (&self->lock);
  given = self->session ? NULL : g_steal_pointer (&self->given);
  g_mutex_unlock (&self->lock);
  if (given) {
    g_autoptr (GError) error = NULL;

    gst_siprec_src_leave_queue (self);
    if (!gst_siprec_src_claim (self, given, &error)) {
      GST_WARNING_OBJECT (self, "session is gone: %s", error->message);
      gst_siprec_src_join_queue (self);
    }
  }
}
