/* The SIP side of a session: what INVITE, re-INVITE, UPDATE and BYE do to it. SIP thread only.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-private.h"

#include <string.h>

#include "../deviation.h"
#include "../error.h"
#include "../sdp/proposal.h"

#define GST_CAT_DEFAULT siprec_session_debug

/* A Reason header that is passed on as it is may be this long. */
#define MAX_REASON 200

static const gchar *const retry_headers[] = {SIPREC_RETRY_AFTER, NULL};

/* RFC 7866 section 6.2. */
static const gchar *const require_headers[] = {"Require: siprec", NULL};

gboolean
siprec_session_examine (SiprecSession *session, SiprecTransaction *transaction)
{
  g_auto (SiprecContent) content = {0};
  g_autoptr (GError) error = NULL;

  if (!siprec_session_read_content (session, session->invite, &content, &error)) {
    siprec_session_answer_error (transaction, error);
    return FALSE;
  }
  if (!siprec_session_is_recording (session, &content) &&
      session->policy.accept == SIPREC_ACCEPT_SIPREC) {
    siprec_transaction_reply_status (transaction, 403);
    return FALSE;
  }
  /* RFC 7866 section 7.2 forbids us to offer new streams, but phones that send no offer want one. */
  if (content.offer == NULL && session->policy.strictness == SIPREC_STRICTNESS_STRICT)
    g_set_error (&error, SIPREC_ERROR, SIPREC_ERROR_NOT_ACCEPTABLE,
                 "The INVITE has no SDP; offer the streams to be recorded.");
  else
    siprec_session_check_strictness (session, &error);
  if (error) {
    siprec_session_answer_error (transaction, error);
    return FALSE;
  }
  if (content.offer == NULL)
    siprec_deviations_add (session->deviations, "sip-no-offer", "INVITE without SDP");
  siprec_session_adopt_offer (session, g_steal_pointer (&content.offer));
  session->initial_metadata = g_steal_pointer (&content.metadata);
  session->transaction = transaction;
  return TRUE;
}

void
siprec_session_cancel_timer (SiprecSession *session, SiprecTimer **timer)
{
  if (*timer)
    siprec_agent_cancel_timer (session->agent, g_steal_pointer (timer));
}

/* After a refusal: the dialog is over without a word. */
static void
forget (SiprecSession *session)
{
  session->ending = TRUE;
  siprec_session_cancel_timer (session, &session->decision_timer);
  siprec_session_set_state (session, SIPREC_SESSION_ENDED);
  g_clear_pointer (&session->dialog, siprec_dialog_free);
}

/* The SDP for the 200 OK: the answer to the client's offer, or else an offer of ours. */
static const gchar *
make_sdp (SiprecSession *session, guint64 refused_mlines, GError **error)
{
  guint n_lines = CLAMP (session->policy.delayed_offer_streams, 1, SIPREC_PROPOSAL_MAX_LINES);

  if (session->offer)
    return siprec_negotiation_consider (session->negotiation, session->offer, refused_mlines,
                                        error);
  session->answer_due = TRUE;
  return siprec_negotiation_propose (session->negotiation, n_lines, error);
}

/* A line of another kind, or with keys that we can't use, is no error; but somebody may miss it. */
static void
note_refused (SiprecSession *session)
{
  g_autofree gchar *names = siprec_negotiation_name_refused (session->negotiation, session->offer);

  if (names)
    siprec_deviations_add (session->deviations, "sdp-line-refused", "line %s", names);
}

void
siprec_session_begin (SiprecSession *session)
{
  g_autoptr (GBytes) metadata = g_steal_pointer (&session->initial_metadata);

  siprec_session_withhold (session, TRUE);
  siprec_session_report_start (session);
  if (metadata)
    siprec_session_report_metadata (session, metadata);
  siprec_negotiation_commit (session->negotiation, session->start, siprec_session_change_line,
                             session);
  note_refused (session);
  siprec_session_report_deviations (session);
  siprec_session_withhold (session, FALSE);
}

gboolean
siprec_session_accept (SiprecSession *session, guint64 refused_mlines)
{
  SiprecTransaction *transaction = g_steal_pointer (&session->transaction);
  g_autoptr (GError) error = NULL;
  const gchar *sdp;

  siprec_session_cancel_timer (session, &session->decision_timer);
  siprec_session_open_negotiation (session);
  sdp = make_sdp (session, refused_mlines, &error);
  if (sdp == NULL) {
    siprec_session_answer_error (transaction, error);
    forget (session);
    return FALSE;
  }
  g_mutex_lock (&session->lock);
  session->start = siprec_context_now ();
  g_mutex_unlock (&session->lock);
  siprec_session_set_state (session, SIPREC_SESSION_ANSWERED);
  siprec_transaction_reply (transaction,
                            &(SiprecReply){.status = 200, .content_type = SIPREC_SDP, .body = sdp});

  if (!session->answer_due)
    siprec_session_begin (session);
  return TRUE;
}

void
siprec_session_refuse (SiprecSession *session, guint status)
{
  SiprecTransaction *transaction = g_steal_pointer (&session->transaction);
  SiprecReply reply = {
      .status = status, .headers = status == 503 ? retry_headers : NULL, .decided = TRUE};

  if (transaction)
    siprec_transaction_reply (transaction, &reply);
  forget (session);
}

/* RFC 3264 section 8: lines stay, disabled ones too. */
static gboolean
check_lines (SiprecSession *session, const SiprecOffer *offer, GError **error)
{
  guint n = offer->mlines->len, before = session->offer ? session->offer->mlines->len : 0;

  if (n >= before)
    return TRUE;
  if (session->policy.strictness == SIPREC_STRICTNESS_STRICT) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_NOT_ACCEPTABLE,
                 "The offer has %u media lines after %u; disable lines with port 0.", n, before);
    return FALSE;
  }
  siprec_deviations_add (session->deviations, "sdp-lines-missing", "%u lines after %u", n, before);
  return TRUE;
}

/* Makes true what was answered, and tells all of it at once. */
static void
commit (SiprecSession *session)
{
  siprec_session_withhold (session, TRUE);
  siprec_negotiation_commit (session->negotiation, siprec_context_now (),
                             siprec_session_change_line, session);
  siprec_session_withhold (session, FALSE);
}

/* A changed offer inside the dialog. FALSE with @error if it is refused; nothing has changed then. */
static gboolean
answer_offer (SiprecSession *session, SiprecTransaction *transaction, SiprecContent *content,
              GError **error)
{
  g_autofree gchar *body = NULL;

  if (check_lines (session, content->offer, error))
    body = g_strdup (siprec_negotiation_consider (session->negotiation, content->offer, 0, error));
  if (body == NULL)
    return FALSE;
  siprec_session_adopt_offer (session, g_steal_pointer (&content->offer));
  /* Metadata that comes with an offer describes the streams of that offer (RFC 7866 section 9.1), so
   * it is read first and the new streams are reported with their participants. */
  if (content->metadata)
    siprec_session_report_metadata (session, content->metadata);
  siprec_session_report_offer (session);
  siprec_negotiation_expect (session->negotiation);
  siprec_transaction_reply (
      transaction, &(SiprecReply){.status = 200, .content_type = SIPREC_SDP, .body = body});
  commit (session);
  note_refused (session);
  return TRUE;
}

/* Without an offer: an INVITE wants one from us, which can only be the streams as they are (RFC 7866
 * section 7.2 forbids to add any); the rest needs no SDP. */
static void
answer_without_offer (SiprecSession *session, SiprecTransaction *transaction,
                      SiprecRequest *request, SiprecContent *content)
{
  SiprecReply reply = {.status = 200};

  if (content->metadata)
    siprec_session_report_metadata (session, content->metadata);
  if (g_str_equal (request->method, "INVITE")) {
    reply.content_type = SIPREC_SDP;
    reply.body = siprec_negotiation_repeat (session->negotiation, session->offer, TRUE);
    session->answer_due = TRUE;
  }
  siprec_transaction_reply (transaction, &reply);
}

static void
on_request (SiprecDialog *dialog, SiprecTransaction *transaction, SiprecRequest *request,
            gpointer user_data)
{
  SiprecSession *session = user_data;
  guint n_deviations = session->deviations->len;
  g_auto (SiprecContent) content = {0};
  g_autoptr (GError) error = NULL;

  if (session->ending) {
    siprec_transaction_reply_status (transaction, 481);
    return;
  }
  /* The answer that is to begin the session is still on its way, or being thought about. */
  if (session->started == NULL) {
    siprec_transaction_reply (transaction, &(SiprecReply){.status = 500, .headers = retry_headers});
    return;
  }
  if (g_str_equal (request->method, "INFO")) {
    siprec_transaction_reply_status (transaction, 200);
    return;
  }
  if (siprec_session_read_content (session, request, &content, &error) &&
      siprec_session_check_strictness (session, &error)) {
    if (content.offer)
      answer_offer (session, transaction, &content, &error);
    else
      answer_without_offer (session, transaction, request, &content);
  }
  if (error)
    siprec_session_answer_error (transaction, error);
  siprec_session_report_deviations (session);
  /* What was refused for a deviation is refused for it again. */
  if (error && session->policy.strictness == SIPREC_STRICTNESS_STRICT) {
    g_ptr_array_set_size (session->deviations, n_deviations);
    session->n_deviations_told = n_deviations;
  }
}

/* Reads the answer to an offer of ours out of @message. FALSE with @error if there is none that fits. */
static gboolean
read_answer (SiprecSession *session, SiprecRequest *message, SiprecContent *content, GError **error)
{
  if (!siprec_session_read_content (session, message, content, error))
    return FALSE;
  if (content->offer == NULL) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_NOT_ACCEPTABLE, "There is no SDP answer.");
    return FALSE;
  }
  return siprec_negotiation_take_answer (session->negotiation, content->offer, error);
}

/* The answer to our first offer has come, or should have. */
static void
begin_with_answer (SiprecSession *session, SiprecRequest *ack)
{
  g_auto (SiprecContent) content = {0};
  g_autoptr (GError) error = NULL;

  if (!read_answer (session, ack, &content, &error)) {
    siprec_session_finish (session, SIPREC_END_FAILED, error->message);
    return;
  }
  siprec_session_adopt_offer (session, g_steal_pointer (&content.offer));
  g_mutex_lock (&session->lock);
  session->start = siprec_context_now ();
  g_mutex_unlock (&session->lock);
  if (content.metadata) {
    g_clear_pointer (&session->initial_metadata, g_bytes_unref);
    session->initial_metadata = g_steal_pointer (&content.metadata);
  }
  siprec_session_begin (session);
}

/* A later answer: without one, or with a bad one, all stays as it is. */
void
siprec_session_take_answer (SiprecSession *session, SiprecRequest *message)
{
  g_auto (SiprecContent) content = {0};
  g_autoptr (GError) error = NULL;

  if (!read_answer (session, message, &content, &error)) {
    siprec_negotiation_discard (session->negotiation);
  } else {
    if (content.metadata)
      siprec_session_report_metadata (session, content.metadata);
    commit (session);
  }
  siprec_session_report_deviations (session);
}

static void
on_acknowledged (SiprecDialog *dialog, SiprecRequest *ack, gpointer user_data)
{
  SiprecSession *session = user_data;

  siprec_session_set_state (session, SIPREC_SESSION_CONFIRMED);
  if (!session->answer_due)
    return;
  session->answer_due = FALSE;
  if (session->offer)
    siprec_session_take_answer (session, ack);
  else
    begin_with_answer (session, ack);
}

static void
on_ended (SiprecDialog *dialog, SiprecDialogEnd end, SiprecRequest *request, gpointer user_data)
{
  static const SiprecSessionEnd ends[] = {
      [SIPREC_DIALOG_BYE] = SIPREC_END_BYE,
      [SIPREC_DIALOG_CANCELLED] = SIPREC_END_CANCELLED,
      [SIPREC_DIALOG_NO_ACK] = SIPREC_END_NO_ACK,
      [SIPREC_DIALOG_FAILED] = SIPREC_END_FAILED,
      [SIPREC_DIALOG_EXPIRED] = SIPREC_END_EXPIRED,
  };
  SiprecSession *session = user_data;
  g_auto (SiprecContent) content = {0};

  /* RFC 8068 section 3.2.4: the last words on who left come in the BYE. */
  if (end == SIPREC_DIALOG_BYE && session->started) {
    if (siprec_session_read_content (session, request, &content, NULL) && content.metadata)
      siprec_session_report_metadata (session, content.metadata);
    siprec_session_report_deviations (session);
  }

  g_clear_pointer (&session->dialog, siprec_dialog_free);
  session->transaction = NULL;
  siprec_session_finish (session, ends[end],
                         request ? siprec_request_header (request, "Reason") : NULL);
}

static void
on_offer_answered (SiprecDialog *dialog, SiprecRequest *response, gpointer user_data)
{
  SiprecSession *session = user_data;

  if (session->ending)
    return;
  if (response->status < 300)
    siprec_session_take_answer (session, response);
  else
    siprec_negotiation_discard (session->negotiation);
}

/* A re-INVITE with the lines as they are, or as we want them. FALSE if there can be none now. */
gboolean
siprec_session_send_offer (SiprecSession *session, SiprecDialogResponse response)
{
  const gchar *sdp;

  if (session->ending || session->answer_due || session->dialog == NULL ||
      session->started == NULL || !siprec_dialog_may_offer (session->dialog))
    return FALSE;
  sdp = siprec_negotiation_repeat (session->negotiation, session->offer, FALSE);
  if (siprec_dialog_request (session->dialog, "INVITE", require_headers, SIPREC_SDP, sdp, response,
                             session))
    return TRUE;
  siprec_negotiation_discard (session->negotiation);
  return FALSE;
}

static gboolean
on_refresh (SiprecDialog *dialog, gpointer user_data)
{
  return siprec_session_send_offer (user_data, on_offer_answered);
}

const SiprecDialogHandler siprec_session_dialog_handler = {on_request, on_acknowledged, on_ended,
                                                           on_refresh, siprec_session_answered};

gboolean
siprec_session_open (SiprecSession *session)
{
  session->dialog =
      siprec_dialog_new (session->transaction, &siprec_session_dialog_handler, session);
  if (session->dialog == NULL)
    session->transaction = NULL;
  return session->dialog != NULL;
}

/* Whoever claimed the session before the ACK brought streams must see that it ends. */
static void
report_late_start (SiprecSession *session)
{
  if (session->start != GST_CLOCK_TIME_NONE && session->started == NULL) {
    siprec_session_report_start (session);
    siprec_session_report_deviations (session);
  }
}

/* The last event is told once every stream has given its final statistics. */
void
siprec_session_complete_end (SiprecSession *session)
{
  if (session->start != GST_CLOCK_TIME_NONE)
    siprec_session_report_end (session);
  g_clear_pointer (&session->negotiation, siprec_negotiation_free);
  session->owner->ended (session, session->owner_data);
}

/* The Reason header of our BYE (RFC 3326): @reason if it is one already, else as the text of one. */
static gchar *
make_reason (SiprecSessionEnd end, const gchar *reason)
{
  guint cause = end == SIPREC_END_FAILED ? 488 : end == SIPREC_END_UNCLAIMED ? 480 : 200;
  g_autofree gchar *text = NULL;

  if (reason && strlen (reason) <= MAX_REASON &&
      g_regex_match_simple ("^[A-Za-z0-9.-]+;cause=[0-9]{1,3}(;text=\"[^\"\\\\[:cntrl:]]*\")?$",
                            reason, 0, 0))
    return g_strdup (reason);
  text = siprec_printable (reason ? reason : "recording ended", -1);
  return g_strdup_printf ("SIP;cause=%u;text=\"%s\"", cause, g_strdelimit (text, "\"\\", '\''));
}

void
siprec_session_finish (SiprecSession *session, SiprecSessionEnd end, const gchar *reason)
{
  g_autoptr (SiprecSession) kept G_GNUC_UNUSED = g_object_ref (session);
  SiprecDialog *dialog = g_steal_pointer (&session->dialog);
  g_autofree gchar *header = make_reason (end, reason);

  if (session->ending)
    return;
  session->ending = TRUE;
  session->end = end;
  session->stop = siprec_context_now ();
  session->end_reason = g_strdup (reason);
  session->transaction = NULL;
  siprec_session_cancel_timer (session, &session->claim_timer);
  siprec_session_cancel_timer (session, &session->decision_timer);
  siprec_session_drop_wishes (session);
  report_late_start (session);
  siprec_session_set_state (session, SIPREC_SESSION_ENDED);
  if (dialog)
    siprec_dialog_bye (dialog, header);
  if (session->negotiation)
    siprec_negotiation_end (session->negotiation, session->stop);
  if (session->n_open_streams == 0)
    siprec_session_complete_end (session);
  siprec_session_drop_call (session);
}

static void
on_unclaimed (SiprecAgent *agent, gpointer user_data)
{
  SiprecSession *session = user_data;

  session->claim_timer = NULL;
  if (!siprec_session_is_claimed (session))
    siprec_session_finish (session, SIPREC_END_UNCLAIMED, "nobody records this session");
}

void
siprec_session_expect_claim (SiprecSession *session, GstClockTime timeout)
{
  siprec_session_cancel_timer (session, &session->claim_timer);
  session->claim_timer = siprec_agent_add_timer (
      session->agent, (guint)GST_TIME_AS_MSECONDS (timeout), on_unclaimed, session);
}

void
siprec_session_expect_decision (SiprecSession *session, GstClockTime timeout, SiprecAgentFunc func)
{
  siprec_session_cancel_timer (session, &session->decision_timer);
  session->decision_timer =
      siprec_agent_add_timer (session->agent, (guint)GST_TIME_AS_MSECONDS (timeout), func, session);
}
