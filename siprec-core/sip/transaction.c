/* Server transactions: the requests of others and our replies
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "inflight.h"
#include "screen.h"
#include "session-timer.h"
#include "sip-private.h"

/* One reference belongs to whom answers, and is dropped with the final reply; another to the
 * callback that brought the request. @irq is NULL once the final response has been sent: then the
 * INVITE was cancelled, and this waits for the handler, which may not know. */
struct _SiprecTransaction {
  gint ref_count;
  SiprecAgent *agent;
  SiprecDialog *dialog;
  nta_incoming_t *irq;
  sip_method_t method;
  SiprecRequest *request;
  tport_t *tport;
  GList link;
};

static void
transaction_unref (SiprecTransaction *transaction)
{
  if (--transaction->ref_count > 0)
    return;
  g_queue_unlink (siprec_agent_transactions (transaction->agent), &transaction->link);
  if (transaction->irq)
    nta_incoming_destroy (transaction->irq);
  tport_unref (transaction->tport);
  siprec_request_unref (transaction->request);
  g_free (transaction);
}

void
siprec_transaction_free (SiprecTransaction *transaction)
{
  transaction->ref_count = 1;
  transaction_unref (transaction);
}

SiprecDialog *
siprec_transaction_dialog (SiprecTransaction *transaction)
{
  return transaction->dialog;
}

SiprecAgent *
siprec_transaction_agent (SiprecTransaction *transaction)
{
  return transaction->agent;
}

SiprecRequest *
siprec_transaction_request (SiprecTransaction *transaction)
{
  return transaction->request;
}

nta_incoming_t *
siprec_transaction_irq (SiprecTransaction *transaction)
{
  return transaction->irq;
}

tport_t *
siprec_transaction_tport (SiprecTransaction *transaction)
{
  return transaction->tport;
}

void
siprec_transaction_set_dialog (SiprecTransaction *transaction, SiprecDialog *dialog)
{
  transaction->dialog = dialog;
}

/* Sends a final response; the transaction is out of our hands then. */
static nta_incoming_t *
send_final (SiprecTransaction *transaction, const SiprecReply *reply)
{
  nta_incoming_t *irq = transaction->irq;

  siprec_reply_send (transaction, reply);
  if (nta_incoming_status (irq) < 200) {
    GST_INFO ("can't send %u to %s:%u", reply->status, transaction->request->remote_address,
              transaction->request->remote_port);
    nta_incoming_treply (irq, SIP_500_INTERNAL_SERVER_ERROR, TAG_END ());
    if (nta_incoming_status (irq) < 200 && transaction->method == sip_method_invite)
      siprec_screen_forbid_ack (irq);
  }
  if (transaction->method == sip_method_invite && nta_incoming_status (irq) / 100 == 2)
    siprec_screen_expect_late_cancel (irq);
  transaction->irq = NULL;
  return irq;
}

/* 401, 407 and 422 ask the client to come again, 482 means that it came twice. */
static gboolean
is_refusal (SiprecTransaction *transaction, const SiprecReply *reply)
{
  return transaction->method == sip_method_invite && !transaction->request->to_tag &&
         reply->status >= 300 && !reply->decided && reply->status != 401 && reply->status != 407 &&
         reply->status != 422 && reply->status != 482 && reply->status != 487;
}

static void
finish (SiprecTransaction *transaction, const SiprecReply *reply)
{
  SiprecDialog *dialog = transaction->dialog;
  nta_incoming_t *irq = send_final (transaction, reply);

  if (is_refusal (transaction, reply))
    siprec_agent_tell_refusal (transaction->agent, transaction->request, reply);
  if (!dialog || !siprec_dialog_answered (dialog, transaction, reply->status, irq))
    nta_incoming_destroy (irq);
}

void
siprec_transaction_reply (SiprecTransaction *transaction, const SiprecReply *reply)
{
  if (transaction->irq && reply->status < 200) {
    siprec_reply_send (transaction, reply);
    return;
  }
  if (reply->status < 200)
    return;

  if (transaction->irq) {
    if (transaction->method == sip_method_invite && reply->status < 300 && !transaction->dialog) {
      g_critical ("an INVITE can't be accepted without a dialog");
      finish (transaction, SIPREC_REPLY (500, NULL));
    } else {
      finish (transaction, reply);
    }
  } else if (transaction->dialog) {
    siprec_dialog_answered (transaction->dialog, transaction, 487, NULL);
  }
  transaction_unref (transaction);
}

void
siprec_transaction_reply_status (SiprecTransaction *transaction, guint status)
{
  siprec_transaction_reply (transaction, SIPREC_REPLY (status, NULL));
}

/* Called for CANCEL only: the ACK for a 2xx goes to the dialog, the one for anything else isn't
 * told. */
static int
on_cancel (nta_incoming_magic_t *magic, nta_incoming_t *irq, const sip_t *sip)
{
  SiprecTransaction *transaction = magic;
  SiprecRequest *cancel;
  msg_t *msg;

  if (!sip || sip->sip_request->rq_method != sip_method_cancel)
    return 0;

  msg = nta_incoming_getrequest_ackcancel (irq);
  cancel = siprec_message_copy (siprec_agent_nta (transaction->agent), msg, NULL);
  msg_destroy (msg);

  transaction->ref_count++;
  nta_incoming_destroy (send_final (transaction, SIPREC_REPLY (487, NULL)));
  if (transaction->dialog)
    siprec_dialog_cancelled (transaction->dialog, transaction, cancel);
  transaction_unref (transaction);
  siprec_request_unref (cancel);
  return 0;
}

/* Takes over @irq in the callback that brought it. */
static SiprecTransaction *
transaction_new (SiprecAgent *agent, nta_incoming_t *irq)
{
  SiprecTransaction *transaction = g_new0 (SiprecTransaction, 1);
  msg_t *msg = nta_incoming_getrequest (irq);

  transaction->ref_count = 2;
  transaction->agent = agent;
  transaction->irq = irq;
  transaction->method = nta_incoming_method (irq);
  transaction->request = siprec_message_copy (siprec_agent_nta (agent), msg, &transaction->tport);
  transaction->link.data = transaction;
  g_queue_push_tail_link (siprec_agent_transactions (agent), &transaction->link);
  if (transaction->method == sip_method_invite)
    nta_incoming_bind (irq, on_cancel, transaction);
  msg_destroy (msg);
  GST_LOG ("%s %s from %s %s:%u", transaction->request->method, transaction->request->call_id,
           transaction->request->transport, transaction->request->remote_address,
           transaction->request->remote_port);
  return transaction;
}

static void
dispatched (SiprecTransaction *transaction)
{
  /* RFC 3261 section 17.2.1. Nobody knows here whether the answer will come within 200 ms. */
  if (transaction->irq && transaction->method == sip_method_invite &&
      nta_incoming_status (transaction->irq) < 100)
    siprec_transaction_reply_status (transaction, 100);
  transaction_unref (transaction);
}

static gboolean
is_understood (const gchar *option_tag)
{
  static const gchar *const tags[] = {"siprec", "timer", "100rel"};

  for (guint i = 0; i < G_N_ELEMENTS (tags); i++)
    if (g_ascii_strcasecmp (option_tag, tags[i]) == 0)
      return TRUE;
  return FALSE;
}

/* RFC 3261 section 8.2.2.3. Returns: (nullable): the Unsupported header to answer */
static gchar *
unsupported (const SiprecRequest *request)
{
  GString *line = NULL;

  for (const gchar *const *tag = request->required; *tag; tag++) {
    if (is_understood (*tag))
      continue;
    if (line)
      g_string_append (line, ", ");
    else
      line = g_string_new ("Unsupported: ");
    g_string_append (line, *tag);
  }
  return line ? g_string_free (line, FALSE) : NULL;
}

static gboolean
refreshes_too_often (SiprecTransaction *transaction)
{
  guint minimum = siprec_agent_session_minimum (transaction->agent);

  return (transaction->method == sip_method_invite || transaction->method == sip_method_update) &&
         siprec_session_timer_too_brief (transaction->request, minimum);
}

/* RFC 4028 section 9. */
static void
refuse_interval (SiprecTransaction *transaction)
{
  g_autofree gchar *line =
      g_strdup_printf ("Min-SE: %u", siprec_agent_session_minimum (transaction->agent));
  const gchar *lines[] = {line, NULL};
  SiprecReply reply = {422, "Session Interval Too Small", lines};

  siprec_transaction_reply (transaction, &reply);
}

/* RFC 3261 section 8.2.3: a body that is packed can't be read. */
static gboolean
is_encoded (const SiprecRequest *request)
{
  const gchar *encoding = siprec_request_header (request, "Content-Encoding");

  return request->body && encoding && *encoding && g_ascii_strcasecmp (encoding, "identity") != 0;
}

gboolean
siprec_transaction_refuse (SiprecTransaction *transaction)
{
  static const gchar *const encodings[] = {"Accept-Encoding: identity", NULL};
  msg_t *msg = nta_incoming_getrequest (transaction->irq);
  gboolean cut = siprec_message_is_cut (sip_object (msg));
  g_autofree gchar *line = unsupported (transaction->request);
  const gchar *lines[] = {line, NULL};
  gboolean brief = refreshes_too_often (transaction);
  gboolean encoded = is_encoded (transaction->request);
  SiprecReply reply = {.status = 400, .phrase = "Message Is Cut Off"};

  msg_destroy (msg);
  if (cut)
    siprec_transaction_reply (transaction, &reply);
  else if (line)
    siprec_transaction_reply (transaction, SIPREC_REPLY (420, lines));
  else if (encoded)
    siprec_transaction_reply (transaction, SIPREC_REPLY (415, encodings));
  else if (brief)
    refuse_interval (transaction);
  return cut || line || encoded || brief;
}

static gboolean
is_allowed (sip_method_t method)
{
  switch (method) {
  case sip_method_invite:
  case sip_method_cancel:
  case sip_method_bye:
  case sip_method_options:
  case sip_method_update:
  case sip_method_info:
  case sip_method_prack:
    return TRUE;
  default:
    return FALSE;
  }
}

/* RFC 3261 section 8.2.2.2: the same INVITE by another way. nta could tell, but see screen.c. */
static gboolean
is_merged (SiprecTransaction *transaction)
{
  static const gchar kind[] = "INVITE";
  const SiprecRequest *request = transaction->request;
  SiprecInflightKey key = {kind, {request->call_id, request->from_tag}, request->cseq};

  if (transaction->method != sip_method_invite)
    return FALSE;
  if (siprec_inflight_has (&key))
    return TRUE;
  siprec_inflight_add (transaction->irq, &key);
  return FALSE;
}

static gboolean
is_late_cancel (SiprecTransaction *transaction)
{
  msg_t *msg = nta_incoming_getrequest (transaction->irq);
  gboolean late = siprec_screen_is_late_cancel (sip_object (msg));

  msg_destroy (msg);
  return late;
}

/* RFC 3261 section 8.2.2.1. Whom the URI names is of no matter. */
static gboolean
is_known_scheme (const gchar *uri)
{
  static const gchar *const schemes[] = {"sip", "sips", "tel"};
  g_autofree gchar *scheme = uri ? g_uri_parse_scheme (uri) : NULL;

  for (guint i = 0; scheme && i < G_N_ELEMENTS (schemes); i++)
    if (g_ascii_strcasecmp (scheme, schemes[i]) == 0)
      return TRUE;
  return FALSE;
}

/* RFC 3261 section 21.5.4. */
static void
refuse_for_now (SiprecTransaction *transaction)
{
  static const gchar *const lines[] = {"Retry-After: 5", NULL};

  siprec_transaction_reply (
      transaction, &(SiprecReply){.status = 503, .phrase = "Too Much To Do", .headers = lines});
}

/* RFC 3261 section 8.2 and, for what claims to be in a dialog that we don't know, 12.2.2. */
static void
dispatch (SiprecTransaction *transaction)
{
  SiprecReply merged = {.status = 482, .phrase = "Request Merged"};
  sip_method_t method = transaction->method;

  if (!is_allowed (method))
    siprec_transaction_reply_status (transaction, 405);
  else if (method == sip_method_cancel)
    siprec_transaction_reply_status (transaction, is_late_cancel (transaction) ? 200 : 481);
  else if (transaction->request->to_tag ||
           (method != sip_method_invite && method != sip_method_options))
    siprec_transaction_reply_status (transaction, 481);
  else if (!is_known_scheme (transaction->request->uri))
    siprec_transaction_reply_status (transaction, 416);
  else if (siprec_agent_is_overloaded (transaction->agent, transaction->request))
    refuse_for_now (transaction);
  else if (is_merged (transaction))
    siprec_transaction_reply (transaction, &merged);
  else if (!siprec_transaction_refuse (transaction))
    siprec_agent_request (transaction->agent, transaction, transaction->request);
}

static int
on_request (nta_leg_magic_t *magic, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip)
{
  SiprecTransaction *transaction;
  SiprecDialog *dialog;

  /* The first one for a 2xx goes to the dialog; this is a repetition, or a stray one. */
  if (sip->sip_request->rq_method == sip_method_ack) {
    nta_incoming_destroy (irq);
    return 0;
  }
  transaction = transaction_new (magic, irq);
  dialog = siprec_dialog_find (magic, sip);
  /* Whom we have called is welcome. */
  if ((dialog && siprec_dialog_is_ours (dialog)) ||
      siprec_agent_admits (magic, transaction, transaction->request, dialog != NULL)) {
    if (dialog && transaction->method != sip_method_cancel)
      siprec_dialog_receive (dialog, transaction);
    else
      dispatch (transaction);
  }
  dispatched (transaction);
  return 0;
}

nta_leg_t *
siprec_transaction_default_leg (SiprecAgent *agent)
{
  return nta_leg_tcreate (siprec_agent_nta (agent), on_request, agent, NTATAG_NO_DIALOG (1),
                          TAG_END ());
}
