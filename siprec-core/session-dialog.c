/* The SIP side of a session: what INVITE, re-INVITE, UPDATE and BYE do to it. SIP thread only.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-private.h"

#include <gio/gio.h>
#include <string.h>

#include "deviation.h"
#include "error.h"
#include "sdp/proposal.h"

#define GST_CAT_DEFAULT siprec_session_debug

#define SDP "application/sdp"

static const gchar *const accept_headers[] = {
    "Accept: application/sdp, application/rs-metadata+xml, application/rs-metadata, "
    "multipart/mixed",
    NULL};

/* RFC 7866 section 6.2. */
static const gchar *const require_headers[] = {"Require: siprec", NULL};

static const gchar *const retry_headers[] = {"Retry-After: 5", NULL};

/* What a message's body holds for us. */
typedef struct {
  SiprecOffer *offer; /* (nullable) */
  GBytes *metadata;   /* (nullable) */
} Content;

static void
content_clear (Content *content)
{
  g_clear_pointer (&content->offer, siprec_offer_free);
  g_clear_pointer (&content->metadata, g_bytes_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Content, content_clear)

/* RFC 5621 section 4.2: an unknown part whose handling is required is refused. A lenient recorder refuses
 * only when nothing else is of use, because clients mark required what they do not mean so. */
static gboolean
check_unknown_part (SiprecSession *session, const SiprecBodyPart *part, gboolean useful,
                    GError **error)
{
  g_autofree gchar *type = siprec_printable (part->content_type, -1);

  if (part->optional)
    return TRUE;
  if (useful && session->policy.strictness == SIPREC_STRICTNESS_LENIENT) {
    siprec_deviations_add (session->deviations, "body-unknown-part", "%s was ignored", type);
    return TRUE;
  }
  g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_MEDIA_TYPE, "%s is not understood", type);
  return FALSE;
}

static gboolean
read_content (SiprecSession *session, SiprecRequest *request, Content *content, GError **error)
{
  g_autoptr (GPtrArray) parts =
      siprec_body_split (request->content_type, request->content_disposition, request->body,
                         session->deviations, error);
  const SiprecBodyPart *sdp;

  if (parts == NULL)
    return FALSE;
  sdp = siprec_body_find (parts, SDP);
  for (guint i = 0; i < parts->len; i++) {
    const SiprecBodyPart *part = g_ptr_array_index (parts, i);

    if (siprec_body_is_metadata (part) && content->metadata == NULL)
      content->metadata = g_bytes_ref (part->data);
  }
  for (guint i = 0; i < parts->len; i++) {
    const SiprecBodyPart *part = g_ptr_array_index (parts, i);

    if (part != sdp && !siprec_body_is_metadata (part) &&
        !check_unknown_part (session, part, sdp || content->metadata, error))
      return FALSE;
  }
  if (sdp)
    content->offer = siprec_offer_parse (sdp->data, session->deviations, error);
  return sdp == NULL || content->offer != NULL;
}

/* Answers @transaction with what RFC 3261 wants for @error. */
static void
refuse_for (SiprecTransaction *transaction, const GError *error)
{
  g_autofree gchar *message = g_strdelimit (g_strdup (error->message), "\"\\\r\n", '\'');
  g_autofree gchar *warning = g_strdup_printf ("Warning: 399 gst-siprec \"%s\"", message);
  const gchar *warnings[] = {warning, NULL, NULL};
  SiprecReply reply = {.status = 400, .headers = warnings};

  if (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_MEDIA_TYPE))
    reply = (SiprecReply){.status = 415, .headers = accept_headers};
  else if (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_NOT_ACCEPTABLE))
    reply.status = 488;
  else if (!g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX))
    reply.status = 503;
  if (reply.status == 503) {
    /* A limit of ours: it has to be told to whoever runs this, too. */
    warnings[1] = retry_headers[0];
    GST_WARNING ("refused with 503: %s", error->message);
  } else {
    GST_INFO ("refused with %u: %s", reply.status, error->message);
  }
  siprec_transaction_reply (transaction, &reply);
}

/* In strict mode a departure from the RFCs that was not told yet is an error. */
static gboolean
check_strictness (SiprecSession *session, GError **error)
{
  const SiprecDeviation *deviation;

  if (session->policy.strictness == SIPREC_STRICTNESS_LENIENT ||
      session->n_deviations_told == session->deviations->len)
    return TRUE;
  deviation = g_ptr_array_index (session->deviations, session->n_deviations_told);
  g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX, "%s: %s", deviation->id,
               deviation->detail);
  return FALSE;
}

/* The marks of a recording session, of which a real client shows at least one: the option tag, the feature tag
 * in one of its spellings, metadata, or Cisco's header. RFC 7866 section 6.2 wants the first two. */
static gboolean
is_recording (SiprecSession *session, const Content *content)
{
  static const gchar *const tags[] = {"+sip.src", "+sip-src", ";src", "isfocus", NULL};
  SiprecRequest *invite = session->invite;
  g_autofree gchar *contact = invite->contact ? g_ascii_strdown (invite->contact, -1) : NULL;
  const gchar *supported = siprec_request_header (invite, "Supported");
  gboolean tagged = FALSE, required = siprec_request_requires (invite, "siprec");

  for (guint i = 0; contact && tags[i]; i++)
    tagged = tagged || strstr (contact, tags[i]) != NULL;
  if (!required)
    siprec_deviations_add (session->deviations, "sip-no-require", "Require lacks siprec");
  if (contact == NULL || strstr (contact, tags[0]) == NULL)
    siprec_deviations_add (session->deviations, "sip-no-src-tag", "Contact lacks +sip.src");
  return required || tagged || content->metadata != NULL ||
         (supported && strstr (supported, "siprec")) ||
         siprec_request_header (invite, "X-Cisco-Recording-Participant");
}

gboolean
siprec_session_examine (SiprecSession *session, SiprecTransaction *transaction)
{
  g_auto (Content) content = {0};
  g_autoptr (GError) error = NULL;

  if (!read_content (session, session->invite, &content, &error)) {
    refuse_for (transaction, error);
    return FALSE;
  }
  if (!is_recording (session, &content) && session->policy.accept == SIPREC_ACCEPT_SIPREC) {
    siprec_transaction_reply_status (transaction, 403);
    return FALSE;
  }
  /* RFC 7866 section 7.2 forbids us to offer new streams, but phones that send no offer want one. */
  if (content.offer == NULL && session->policy.strictness == SIPREC_STRICTNESS_STRICT)
    g_set_error (&error, SIPREC_ERROR, SIPREC_ERROR_NOT_ACCEPTABLE,
                 "The INVITE has no SDP; offer the streams to be recorded.");
  else
    check_strictness (session, &error);
  if (error) {
    refuse_for (transaction, error);
    return FALSE;
  }
  if (content.offer == NULL)
    siprec_deviations_add (session->deviations, "sip-no-offer", "INVITE without SDP");
  siprec_session_set_offer (session, g_steal_pointer (&content.offer));
  session->initial_metadata = g_steal_pointer (&content.metadata);
  session->transaction = transaction;
  return TRUE;
}

/* Which of our addresses reaches the peer, for an endpoint that listens on a wildcard address. */
static gchar *
address_towards (const gchar *remote, guint16 port)
{
  g_autoptr (GSocketAddress) peer = g_inet_socket_address_new_from_string (remote, port);
  g_autoptr (GSocketAddress) own = NULL;
  g_autoptr (GSocket) socket = NULL;

  if (peer == NULL)
    return NULL;
  socket = g_socket_new (g_socket_address_get_family (peer), G_SOCKET_TYPE_DATAGRAM,
                         G_SOCKET_PROTOCOL_UDP, NULL);
  if (socket == NULL || !g_socket_connect (socket, peer, NULL, NULL))
    return NULL;
  own = g_socket_get_local_address (socket, NULL);
  if (own == NULL)
    return NULL;
  return g_inet_address_to_string (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (own)));
}

static gboolean
is_wildcard (const gchar *address)
{
  g_autoptr (GInetAddress) inet = address ? g_inet_address_new_from_string (address) : NULL;

  return inet == NULL || g_inet_address_get_is_any (inet);
}

static void on_notice_in_sip_thread (SiprecAgent *agent, gpointer user_data);

typedef struct {
  SiprecLine *line;
  SiprecNotice notice;
} QueuedNotice;

static void
queued_notice_free (gpointer data)
{
  QueuedNotice *queued = data;

  siprec_line_unref (queued->line);
  g_free (queued);
}

/* In a worker's thread: the SIP thread makes the event, so that all events have one order. */
static void
on_notice (SiprecStream *stream, const SiprecNotice *notice, gpointer user_data)
{
  SiprecLine *line = user_data;
  SiprecSession *session = SIPREC_SESSION (line->owner);
  QueuedNotice *queued = g_new (QueuedNotice, 1);

  queued->line = siprec_line_ref (line);
  queued->notice = *notice;
  g_mutex_lock (&session->lock);
  if (session->agent)
    siprec_agent_invoke (session->agent, on_notice_in_sip_thread, g_steal_pointer (&queued),
                         queued_notice_free);
  g_mutex_unlock (&session->lock);
  g_clear_pointer (&queued, queued_notice_free);
}

static void
open_negotiation (SiprecSession *session)
{
  const SiprecSettings *settings = session->settings;
  SiprecRequest *invite = session->invite;
  g_autoptr (SiprecContext) context = siprec_context_get (session->policy.context);
  g_auto (GStrv) addresses = siprec_settings_split_addresses (settings);

  if (!addresses[0]) {
    g_strfreev (addresses);
    addresses = g_new0 (gchar *, 2);
    addresses[0] = g_strdup (invite->local_address);
  }
  if (is_wildcard (addresses[0])) {
    gchar *own = address_towards (invite->remote_address, invite->remote_port);

    if (own) {
      g_free (addresses[0]);
      addresses[0] = own;
    }
  }
  SiprecNegotiationConfig config = {
      .context = context,
      .addresses = (const gchar *const *)addresses,
      .advertised = settings->external_address,
      .first_port = settings->first_port,
      .last_port = settings->last_port,
      .buffer_size = settings->udp_buffer_size,
      .codecs = session->policy.codecs,
      .refuse_unknown = session->policy.strictness == SIPREC_STRICTNESS_STRICT,
      .notice = on_notice,
      .owner = G_OBJECT (session),
  };
  session->negotiation = siprec_negotiation_new (&config);
}

void
siprec_session_change_line (SiprecLine *line, SiprecLineChange change, gpointer user_data)
{
  SiprecSession *session = user_data;

  if (change == SIPREC_LINE_ADDED)
    session->n_open_streams++;
  siprec_session_report_line (line, change, session);
}

static void
cancel_timer (SiprecSession *session, SiprecTimer **timer)
{
  if (*timer)
    siprec_agent_cancel_timer (session->agent, g_steal_pointer (timer));
}

/* After a refusal: the dialog is over without a word. */
static void
forget (SiprecSession *session)
{
  session->ending = TRUE;
  cancel_timer (session, &session->decision_timer);
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

/* The first streams are agreed on: their timelines begin where that of the session does. */
static void
begin (SiprecSession *session)
{
  g_autoptr (GBytes) metadata = g_steal_pointer (&session->initial_metadata);

  siprec_session_set_beginning (session, TRUE);
  siprec_session_report_start (session);
  if (metadata)
    siprec_session_report_metadata (session, metadata);
  siprec_negotiation_commit (session->negotiation, session->start, siprec_session_change_line,
                             session);
  siprec_session_report_deviations (session);
  siprec_session_set_beginning (session, FALSE);
}

gboolean
siprec_session_accept (SiprecSession *session, guint64 refused_mlines)
{
  SiprecTransaction *transaction = g_steal_pointer (&session->transaction);
  g_autoptr (GError) error = NULL;
  const gchar *sdp;

  cancel_timer (session, &session->decision_timer);
  open_negotiation (session);
  sdp = make_sdp (session, refused_mlines, &error);
  if (sdp == NULL) {
    refuse_for (transaction, error);
    forget (session);
    return FALSE;
  }
  g_mutex_lock (&session->lock);
  session->start = siprec_context_now ();
  session->state = SIPREC_SESSION_ANSWERED;
  g_mutex_unlock (&session->lock);
  siprec_transaction_reply (transaction,
                            &(SiprecReply){.status = 200, .content_type = SDP, .body = sdp});

  if (!session->answer_due)
    begin (session);
  return TRUE;
}

void
siprec_session_refuse (SiprecSession *session, guint status)
{
  SiprecTransaction *transaction = g_steal_pointer (&session->transaction);
  SiprecReply reply = {.status = status, .headers = status == 503 ? retry_headers : NULL};

  if (transaction)
    siprec_transaction_reply (transaction, &reply);
  forget (session);
}

/* A changed offer inside the dialog. FALSE with @error if it is refused; nothing has changed then. */
static gboolean
answer_offer (SiprecSession *session, SiprecTransaction *transaction, Content *content,
              GError **error)
{
  const gchar *sdp = siprec_negotiation_consider (session->negotiation, content->offer, 0, error);
  g_autofree gchar *body = g_strdup (sdp);

  if (sdp == NULL)
    return FALSE;
  siprec_session_set_offer (session, g_steal_pointer (&content->offer));
  /* Metadata that comes with an offer describes the streams of that offer (RFC 7866 section 9.1), so
   * it is read first and the new streams are reported with their participants. */
  if (content->metadata)
    siprec_session_report_metadata (session, content->metadata);
  siprec_transaction_reply (transaction,
                            &(SiprecReply){.status = 200, .content_type = SDP, .body = body});
  siprec_negotiation_commit (session->negotiation, siprec_context_now (),
                             siprec_session_change_line, session);
  return TRUE;
}

/* Without an offer: an INVITE wants one from us, which can only be the streams as they are (RFC 7866
 * section 7.2 forbids to add any); the rest needs no SDP. */
static void
answer_without_offer (SiprecSession *session, SiprecTransaction *transaction,
                      SiprecRequest *request, Content *content)
{
  SiprecReply reply = {.status = 200};

  if (content->metadata)
    siprec_session_report_metadata (session, content->metadata);
  if (g_str_equal (request->method, "INVITE")) {
    reply.content_type = SDP;
    reply.body = siprec_negotiation_repeat (session->negotiation, session->offer);
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
  g_auto (Content) content = {0};
  g_autoptr (GError) error = NULL;

  if (session->negotiation == NULL || session->ending) {
    siprec_transaction_reply_status (transaction, 481);
    return;
  }
  if (g_str_equal (request->method, "INFO")) {
    siprec_transaction_reply_status (transaction, 200);
    return;
  }
  if (read_content (session, request, &content, &error) && check_strictness (session, &error)) {
    if (content.offer)
      answer_offer (session, transaction, &content, &error);
    else
      answer_without_offer (session, transaction, request, &content);
  }
  if (error)
    refuse_for (transaction, error);
  siprec_session_report_deviations (session);
  /* What was refused for a deviation is refused for it again. */
  if (error && session->policy.strictness == SIPREC_STRICTNESS_STRICT) {
    g_ptr_array_set_size (session->deviations, n_deviations);
    session->n_deviations_told = n_deviations;
  }
}

/* Reads the answer to an offer of ours out of @message. FALSE with @error if there is none that fits. */
static gboolean
read_answer (SiprecSession *session, SiprecRequest *message, Content *content, GError **error)
{
  if (!read_content (session, message, content, error))
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
  g_auto (Content) content = {0};
  g_autoptr (GError) error = NULL;

  if (!read_answer (session, ack, &content, &error)) {
    siprec_session_finish (session, SIPREC_END_FAILED, error->message);
    return;
  }
  siprec_session_set_offer (session, g_steal_pointer (&content.offer));
  g_mutex_lock (&session->lock);
  session->start = siprec_context_now ();
  g_mutex_unlock (&session->lock);
  if (content.metadata) {
    g_clear_pointer (&session->initial_metadata, g_bytes_unref);
    session->initial_metadata = g_steal_pointer (&content.metadata);
  }
  begin (session);
}

/* A later answer: without one, or with a bad one, all stays as it is. */
void
siprec_session_take_answer (SiprecSession *session, SiprecRequest *message)
{
  g_auto (Content) content = {0};
  g_autoptr (GError) error = NULL;

  if (read_answer (session, message, &content, &error))
    siprec_negotiation_commit (session->negotiation, siprec_context_now (),
                               siprec_session_change_line, session);
  else
    siprec_negotiation_discard (session->negotiation);
  siprec_session_report_deviations (session);
}

static void
on_acknowledged (SiprecDialog *dialog, SiprecRequest *ack, gpointer user_data)
{
  SiprecSession *session = user_data;

  g_mutex_lock (&session->lock);
  if (session->state == SIPREC_SESSION_ANSWERED)
    session->state = SIPREC_SESSION_CONFIRMED;
  g_mutex_unlock (&session->lock);
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
  g_auto (Content) content = {0};

  /* RFC 8068 section 3.2.4: the last words on who left come in the BYE. */
  if (end == SIPREC_DIALOG_BYE && session->started &&
      read_content (session, request, &content, NULL) && content.metadata)
    siprec_session_report_metadata (session, content.metadata);

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

  if (session->ending || session->answer_due || session->dialog == NULL || session->offer == NULL ||
      !siprec_dialog_may_offer (session->dialog))
    return FALSE;
  sdp = siprec_negotiation_repeat (session->negotiation, session->offer);
  if (siprec_dialog_request (session->dialog, "INVITE", require_headers, SDP, sdp, response,
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

static const SiprecDialogHandler dialog_handler = {on_request, on_acknowledged, on_ended,
                                                   on_refresh};

gboolean
siprec_session_open (SiprecSession *session)
{
  session->dialog = siprec_dialog_new (session->transaction, &dialog_handler, session);
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
static void
complete_end (SiprecSession *session)
{
  if (session->start != GST_CLOCK_TIME_NONE)
    siprec_session_report_end (session);
  g_clear_pointer (&session->negotiation, siprec_negotiation_free);
  session->owner->ended (session, session->owner_data);
}

void
siprec_session_finish (SiprecSession *session, SiprecSessionEnd end, const gchar *reason)
{
  SiprecDialog *dialog = g_steal_pointer (&session->dialog);
  g_autofree gchar *header = NULL;

  if (session->ending)
    return;
  session->ending = TRUE;
  session->end = end;
  session->stop = siprec_context_now ();
  session->end_reason = g_strdup (reason);
  session->transaction = NULL;
  cancel_timer (session, &session->claim_timer);
  cancel_timer (session, &session->decision_timer);
  siprec_session_drop_wishes (session);
  report_late_start (session);
  siprec_session_set_state (session, SIPREC_SESSION_ENDED);
  if (dialog) {
    g_autofree gchar *text = siprec_printable (reason ? reason : "recording ended", -1);

    header = g_strdup_printf ("SIP;cause=200;text=\"%s\"", g_strdelimit (text, "\"\\", '\''));
    siprec_dialog_bye (dialog, header);
  }
  if (session->negotiation)
    siprec_negotiation_end (session->negotiation, session->stop);
  if (session->n_open_streams == 0)
    complete_end (session);
}

static void
on_notice_in_sip_thread (SiprecAgent *agent, gpointer user_data)
{
  QueuedNotice *queued = user_data;
  SiprecSession *session = SIPREC_SESSION (queued->line->owner);

  if (session->negotiation == NULL)
    return;
  if (queued->notice.type != SIPREC_NOTICE_ENDED) {
    siprec_session_report_notice (session, queued->line, &queued->notice);
    return;
  }
  session->n_open_streams--;
  if (session->ending && session->n_open_streams == 0)
    complete_end (session);
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
  cancel_timer (session, &session->claim_timer);
  session->claim_timer = siprec_agent_add_timer (
      session->agent, (guint)GST_TIME_AS_MSECONDS (timeout), on_unclaimed, session);
}

void
siprec_session_expect_decision (SiprecSession *session, GstClockTime timeout, SiprecAgentFunc func)
{
  cancel_timer (session, &session->decision_timer);
  session->decision_timer =
      siprec_agent_add_timer (session->agent, (guint)GST_TIME_AS_MSECONDS (timeout), func, session);
}
