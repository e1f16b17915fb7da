/* A session that we begin (RFC 7866 section 7.2): our INVITE without SDP, the client's offer in its 200, our answer
 * in the ACK. SIP thread only.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-private.h"

#include "../error.h"

#define GST_CAT_DEFAULT siprec_session_debug

const SiprecRequest *
siprec_session_introduction (SiprecSession *session)
{
  return session->answer ? session->answer : session->invite;
}

/* Tells who wanted the call what has become of it, once. */
static void
conclude (SiprecSession *session, guint status, const gchar *problem)
{
  SiprecWishReply reply = session->call_reply;
  g_autoptr (GError) error = NULL;

  if (problem)
    error = g_error_new_literal (SIPREC_ERROR, SIPREC_ERROR_STATE, problem);
  session->call_reply = NULL;
  if (reply)
    reply (session, status, error, session->call_data);
}

void
siprec_session_drop_call (SiprecSession *session)
{
  conclude (session, 0, "The call was given up before it was answered.");
}

void
siprec_session_fail_call (SiprecSession *session, guint status, const gchar *problem)
{
  g_autoptr (SiprecSession) kept = g_object_ref (session);
  SiprecWishReply reply = session->call_reply;

  GST_INFO ("session %s: %s", session->id, problem);
  /* Whoever hears of it may call again at once, so the end comes first. */
  session->call_reply = NULL;
  siprec_session_finish (session, SIPREC_END_FAILED, problem);
  session->call_reply = reply;
  conclude (session, status, problem);
}

static void
on_timeout (SiprecAgent *agent, gpointer user_data)
{
  SiprecSession *session = user_data;

  session->decision_timer = NULL;
  siprec_session_fail_call (session, 408, "The client doesn't answer the call.");
}

static void
take_refusal (SiprecSession *session, guint status)
{
  g_autofree gchar *problem = NULL;

  g_clear_pointer (&session->dialog, siprec_dialog_free);
  if (status == 486 || status == 600)
    problem = g_strdup_printf ("The client is busy (%u).", status);
  else if (status == 408)
    problem = g_strdup ("The client doesn't answer the call.");
  else
    problem = g_strdup_printf ("The client refuses the call with %u.", status);
  siprec_session_fail_call (session, status, problem);
}

/* What the client offers in its 200. FALSE with @error if that is no use. */
static gboolean
take_offer (SiprecSession *session, SiprecRequest *response, GError **error)
{
  g_auto (SiprecContent) content = {0};

  siprec_session_check_tag (session, response);
  if (!siprec_session_read_content (session, response, &content, error) ||
      !siprec_session_check_strictness (session, error))
    return FALSE;
  if (content.offer == NULL) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_NOT_ACCEPTABLE,
                 "The client's answer offers no streams.");
    return FALSE;
  }
  siprec_session_set_offer (session, g_steal_pointer (&content.offer));
  session->initial_metadata = g_steal_pointer (&content.metadata);
  return TRUE;
}

static void
take_success (SiprecSession *session, SiprecRequest *response)
{
  g_autoptr (GError) error = NULL;

  session->answer = siprec_request_ref (response);
  if (take_offer (session, response, &error))
    session->owner->answered (session, session->owner_data);
  else
    siprec_session_fail_call (session, response->status, error->message);
}

gboolean
siprec_session_answer_call (SiprecSession *session, guint64 refused_mlines)
{
  g_autoptr (GError) error = NULL;
  const gchar *sdp;

  siprec_session_cancel_timer (session, &session->decision_timer);
  siprec_session_open_negotiation (session);
  sdp = siprec_negotiation_consider (session->negotiation, session->offer, refused_mlines, &error);
  if (sdp == NULL) {
    siprec_session_fail_call (session, session->answer->status, error->message);
    return FALSE;
  }
  siprec_dialog_acknowledge (session->dialog, SIPREC_SDP, sdp);
  g_mutex_lock (&session->lock);
  session->start = siprec_context_now ();
  g_mutex_unlock (&session->lock);
  siprec_session_set_state (session, SIPREC_SESSION_CONFIRMED);
  siprec_session_begin (session);
  return TRUE;
}

void
siprec_session_conclude_call (SiprecSession *session)
{
  conclude (session, session->answer->status, NULL);
}

void
siprec_session_answered (SiprecDialog *dialog, SiprecRequest *response, gpointer user_data)
{
  g_autoptr (SiprecSession) session = g_object_ref (SIPREC_SESSION (user_data));

  siprec_session_cancel_timer (session, &session->decision_timer);
  if (response->status < 300)
    take_success (session, response);
  else
    take_refusal (session, response->status);
}

/* RFC 7866 section 6.2: Require, and the feature tag that every Contact of ours has. */
static gchar **
make_headers (const gchar *const *own)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (lines, g_strdup ("Require: siprec"));
  g_ptr_array_add (lines, g_strdup ("Accept: " SIPREC_ACCEPTED));
  for (; own && *own; own++)
    g_ptr_array_add (lines, g_strdup (*own));
  g_ptr_array_add (lines, NULL);
  return (gchar **)g_ptr_array_free (g_steal_pointer (&lines), FALSE);
}

void
siprec_session_call (SiprecSession *session, const SiprecCallee *callee,
                     const gchar *const *headers, GstClockTime timeout)
{
  g_auto (GStrv) lines = make_headers (headers);
  g_autoptr (GError) error = NULL;

  if (session->ending)
    return;
  session->dialog = siprec_dialog_call (session->agent, callee, (const gchar *const *)lines,
                                        &siprec_session_dialog_handler, session, &error);
  if (session->dialog == NULL)
    siprec_session_fail_call (session, 0, error->message);
  else
    siprec_session_expect_decision (session, timeout, on_timeout);
}
