/* The life of a dialog, and the requests of the peer in it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dialog-private.h"

#include "uri.h"

/* For the headers of most, which else are allocated one by one. */
#define PRELOADED_BYTES 768

static int on_ack (nta_incoming_magic_t *magic, nta_incoming_t *irq, const sip_t *sip);

void
siprec_dialog_unref (SiprecDialog *dialog)
{
  if (--dialog->ref_count > 0)
    return;
  g_clear_pointer (&dialog->last, siprec_request_unref);
  g_clear_pointer (&dialog->tport, tport_unref);
  g_free (dialog->bye_reason);
  su_home_deinit (dialog->home);
  g_free (dialog);
}

void
siprec_dialog_remember_source (SiprecDialog *dialog, SiprecRequest *message, tport_t *tport)
{
  siprec_request_ref (message);
  g_clear_pointer (&dialog->last, siprec_request_unref);
  dialog->last = message;
  /* The reference also keeps the idle timer of the connection away. */
  tport_ref (tport);
  g_clear_pointer (&dialog->tport, tport_unref);
  dialog->tport = tport;
}

/* Ends all that goes on in the stack; requests without an answer get @status. */
static void
close_down (SiprecDialog *dialog, guint status)
{
  SiprecTransaction *transaction;

  while ((transaction = g_queue_peek_head (&dialog->pending)))
    siprec_transaction_reply_status (transaction, status);
  if (dialog->unacked)
    nta_incoming_destroy (g_steal_pointer (&dialog->unacked));
  siprec_dialog_drop_clients (dialog);
  siprec_session_timer_stop (dialog);
  if (dialog->failure)
    siprec_agent_cancel_timer (dialog->agent, g_steal_pointer (&dialog->failure));
  dialog->state = DIALOG_OVER;
  siprec_dialog_disappear (dialog);
}

void
siprec_dialog_free (SiprecDialog *dialog)
{
  SiprecTransaction *transaction;

  while ((transaction = g_queue_pop_head (&dialog->pending)))
    siprec_transaction_set_dialog (transaction, NULL);
  close_down (dialog, 487);
  dialog->silent = TRUE;
  g_queue_unlink (siprec_agent_dialogs (dialog->agent), &dialog->link);
  siprec_dialog_unref (dialog);
}

void
siprec_dialog_end (SiprecDialog *dialog, SiprecDialogEnd end, SiprecRequest *request)
{
  if (dialog->state == DIALOG_OVER)
    return;
  dialog->ref_count++;
  /* RFC 3261 section 15.1.2: 487 for what is still without an answer. */
  close_down (dialog, 487);
  if (dialog->silent)
    siprec_dialog_free (dialog);
  else
    dialog->handler.ended (dialog, end, request, dialog->user_data);
  siprec_dialog_unref (dialog);
}

void
siprec_dialog_learn_abilities (SiprecDialog *dialog, const SiprecRequest *message)
{
  if (siprec_request_header (message, "Allow"))
    dialog->peer_updates = siprec_request_lists (message, "Allow", "UPDATE");
}

gboolean
siprec_dialog_knows_update (SiprecDialog *dialog)
{
  return dialog->peer_updates;
}

gchar **
siprec_dialog_accept_lines (SiprecDialog *dialog, SiprecTransaction *transaction)
{
  /* The timer of a dialog that is being left must not begin again. */
  if (dialog->silent || dialog->state >= DIALOG_LEAVING)
    return g_new0 (gchar *, 1);
  return siprec_session_timer_accept (dialog, siprec_transaction_request (transaction));
}

static sip_contact_t *
make_target (SiprecDialog *dialog, const sip_contact_t *contact, const gchar *raw)
{
  g_autofree gchar *salvaged = raw ? siprec_uri_salvage (raw) : NULL;
  sip_contact_t *made;

  if (contact && contact->m_url->url_host &&
      (contact->m_url->url_type == url_sip || contact->m_url->url_type == url_sips)) {
    sip_contact_t one[1] = {*contact};

    one->m_next = NULL;
    return sip_contact_dup (dialog->home, one);
  }
  made = salvaged ? sip_contact_format (dialog->home, "<%s>", salvaged) : NULL;
  return made && made->m_url->url_host ? made : NULL;
}

void
siprec_dialog_retarget (SiprecDialog *dialog, const sip_t *sip, const gchar *raw)
{
  sip_contact_t *target = make_target (dialog, sip->sip_contact, raw);

  if (!target && !dialog->target) {
    g_autofree gchar *host_port =
        siprec_host_port (dialog->last->remote_address, dialog->last->remote_port);

    target = sip_contact_format (dialog->home, "<sip:%s;transport=%s>", host_port,
                                 dialog->last->transport);
  }
  if (!target)
    return;
  if (dialog->target)
    msg_header_free (dialog->home, (msg_header_t *)dialog->target);
  dialog->target = target;
}

gboolean
siprec_dialog_peer_busy (SiprecDialog *dialog)
{
  if (dialog->unacked)
    return TRUE;
  for (GList *l = dialog->pending.head; l; l = l->next) {
    SiprecTransaction *transaction = l->data;
    nta_incoming_t *irq = siprec_transaction_irq (transaction);

    if (irq && nta_incoming_method (irq) != sip_method_info)
      return TRUE;
  }
  return FALSE;
}

static gboolean
has_offer (const SiprecRequest *request)
{
  gsize length = 0;
  const gchar *body = request->body ? g_bytes_get_data (request->body, &length) : NULL;

  return siprec_body_has_offer (request->content_type, body, length);
}

/* TRUE if a request of the peer with @method has no final response. */
static gboolean
has_pending (SiprecDialog *dialog, sip_method_t method)
{
  for (GList *l = dialog->pending.head; l; l = l->next) {
    nta_incoming_t *irq = siprec_transaction_irq (l->data);

    if (irq && nta_incoming_method (irq) == method)
      return TRUE;
  }
  return FALSE;
}

/* The status for an INVITE or UPDATE that crosses another one (RFC 3261 section 14.2, RFC 3311 section
 * 5.2), or 0: 500 if it is one of the peer's own that has to end first, 491 if an offer of ours is open. */
static guint
crossing_status (SiprecDialog *dialog, sip_method_t method, const SiprecRequest *request)
{
  gboolean offers = method == sip_method_invite || has_offer (request);
  gboolean answer_due = dialog->unacked && dialog->offered;

  if (offers && (siprec_dialog_we_offer (dialog) || answer_due))
    return 491;
  if (has_pending (dialog, sip_method_update) ||
      (offers && has_pending (dialog, sip_method_invite)) ||
      (method == sip_method_invite && dialog->unacked))
    return 500;
  return 0;
}

/* Returns: TRUE if it has answered. */
static gboolean
refuse_crossing (SiprecDialog *dialog, SiprecTransaction *transaction, sip_method_t method)
{
  guint status = crossing_status (dialog, method, siprec_transaction_request (transaction));
  g_autofree gchar *line = g_strdup_printf ("Retry-After: %d", g_random_int_range (0, 11));
  const gchar *lines[] = {line, NULL};

  if (status > 0)
    siprec_transaction_reply (transaction, SIPREC_REPLY (status, status == 500 ? lines : NULL));
  return status > 0;
}

static void
take_bye (SiprecDialog *dialog, SiprecTransaction *transaction)
{
  SiprecRequest *request = siprec_request_ref (siprec_transaction_request (transaction));

  siprec_transaction_reply_status (transaction, 200);
  siprec_dialog_end (dialog, SIPREC_DIALOG_BYE, request);
  siprec_request_unref (request);
}

static void
hand_over (SiprecDialog *dialog, SiprecTransaction *transaction)
{
  g_queue_push_tail (&dialog->pending, transaction);
  dialog->handler.request (dialog, transaction, siprec_transaction_request (transaction),
                           dialog->user_data);
}

static void
dispatch (SiprecDialog *dialog, SiprecTransaction *transaction, sip_method_t method)
{
  if (method == sip_method_bye) {
    take_bye (dialog, transaction);
    return;
  }
  if (dialog->silent || dialog->state >= DIALOG_LEAVING) {
    siprec_transaction_reply_status (transaction, 481);
    return;
  }
  siprec_dialog_remember_source (dialog, siprec_transaction_request (transaction),
                                 siprec_transaction_tport (transaction));
  siprec_dialog_learn_abilities (dialog, siprec_transaction_request (transaction));
  if (siprec_transaction_refuse (transaction))
    return;

  switch (method) {
  case sip_method_invite:
  case sip_method_update:
    if (!refuse_crossing (dialog, transaction, method))
      hand_over (dialog, transaction);
    break;
  case sip_method_info:
    hand_over (dialog, transaction);
    break;
  case sip_method_options:
    siprec_transaction_reply_status (transaction, 200);
    break;
  case sip_method_prack:
    siprec_transaction_reply_status (transaction, 481);
    break;
  default:
    siprec_transaction_reply_status (transaction, 405);
  }
}

void
siprec_dialog_receive (SiprecDialog *dialog, SiprecTransaction *transaction)
{
  SiprecRequest *request = siprec_transaction_request (transaction);

  dialog->ref_count++;
  siprec_transaction_set_dialog (transaction, dialog);
  if (request->cseq < dialog->remote_cseq) {
    /* RFC 3261 section 12.2.2; a gap means nothing. */
    siprec_transaction_reply_status (transaction, 500);
  } else {
    dialog->remote_cseq = request->cseq;
    dispatch (dialog, transaction, nta_incoming_method (siprec_transaction_irq (transaction)));
  }
  siprec_dialog_unref (dialog);
}

/* Takes what our requests need from the INVITE. */
static void
learn (SiprecDialog *dialog, nta_incoming_t *irq)
{
  msg_t *msg = nta_incoming_getrequest (irq);
  const sip_t *sip = sip_object (msg);
  const gchar *tag = nta_incoming_tag (irq, NULL);

  dialog->call_id = sip_call_id_dup (dialog->home, sip->sip_call_id);
  dialog->local = sip_to_dup (dialog->home, sip->sip_to);
  sip_to_tag (dialog->home, dialog->local, tag);
  dialog->remote = sip_from_dup (dialog->home, sip->sip_from);
  dialog->routes = sip_record_route_dup (dialog->home, sip->sip_record_route);
  dialog->remote_cseq = sip->sip_cseq->cs_seq;
  dialog->local_cseq = g_random_int_range (1, G_MAXINT32 / 2);
  siprec_dialog_retarget (dialog, sip, dialog->last->contact);

  siprec_dialog_appear (dialog);
  msg_destroy (msg);
}

SiprecDialog *
siprec_dialog_new (SiprecTransaction *invite, const SiprecDialogHandler *handler,
                   gpointer user_data)
{
  nta_incoming_t *irq = siprec_transaction_irq (invite);
  SiprecDialog *dialog;

  /* Cancelled meanwhile. */
  if (!irq) {
    siprec_transaction_reply_status (invite, 500);
    return NULL;
  }
  dialog = g_new0 (SiprecDialog, 1);
  su_home_init (dialog->home);
  su_home_preload (dialog->home, 1, PRELOADED_BYTES);
  dialog->ref_count = 1;
  dialog->agent = siprec_transaction_agent (invite);
  dialog->handler = *handler;
  dialog->user_data = user_data;
  dialog->initial = invite;
  dialog->link.data = dialog;
  g_queue_init (&dialog->pending);
  g_queue_init (&dialog->clients);
  siprec_dialog_remember_source (dialog, siprec_transaction_request (invite),
                                 siprec_transaction_tport (invite));

  learn (dialog, irq);
  siprec_dialog_learn_abilities (dialog, siprec_transaction_request (invite));
  g_queue_push_tail_link (siprec_agent_dialogs (dialog->agent), &dialog->link);
  g_queue_push_tail (&dialog->pending, invite);
  siprec_transaction_set_dialog (invite, dialog);
  return dialog;
}

/* No ACK: RFC 3261 section 13.3.1.4 wants a BYE. */
static void
give_up (SiprecDialog *dialog)
{
  if (dialog->bye_waits) {
    siprec_dialog_send_bye (dialog, dialog->bye_reason, TRUE);
  } else {
    siprec_dialog_send_bye (dialog, "SIP;cause=408;text=\"No ACK\"", FALSE);
    siprec_dialog_end (dialog, SIPREC_DIALOG_NO_ACK, NULL);
  }
}

static void
on_failure (SiprecAgent *agent, gpointer user_data)
{
  SiprecDialog *dialog = user_data;

  dialog->failure = NULL;
  give_up (dialog);
}

static void
take_ack (SiprecDialog *dialog, nta_incoming_t *irq)
{
  msg_t *msg = nta_incoming_getrequest_ackcancel (irq);
  tport_t *tport = NULL;
  SiprecRequest *ack = siprec_message_copy (siprec_agent_nta (dialog->agent), msg, &tport);

  if (tport)
    siprec_dialog_remember_source (dialog, ack, tport);
  dialog->state = DIALOG_CONFIRMED;
  if (dialog->bye_waits)
    siprec_dialog_send_bye (dialog, dialog->bye_reason, TRUE);
  else
    dialog->handler.acknowledged (dialog, ack, dialog->user_data);
  tport_unref (tport);
  siprec_request_unref (ack);
  msg_destroy (msg);
}

/* Called for the ACK of a 2xx, or without @sip when none came (timer H). */
static int
on_ack (nta_incoming_magic_t *magic, nta_incoming_t *irq, const sip_t *sip)
{
  SiprecDialog *dialog = magic;

  if (sip && sip->sip_request->rq_method != sip_method_ack)
    return 0;
  dialog->ref_count++;
  dialog->unacked = NULL;
  if (sip)
    take_ack (dialog, irq);
  else
    give_up (dialog);
  nta_incoming_destroy (irq);
  siprec_dialog_unref (dialog);
  return 0;
}

static void
retarget_from (SiprecDialog *dialog, SiprecTransaction *transaction, nta_incoming_t *irq)
{
  msg_t *msg = nta_incoming_getrequest (irq);

  siprec_dialog_retarget (dialog, sip_object (msg),
                          siprec_transaction_request (transaction)->contact);
  msg_destroy (msg);
}

gboolean
siprec_dialog_answered (SiprecDialog *dialog, SiprecTransaction *transaction, guint status,
                        nta_incoming_t *irq)
{
  gboolean success = irq && status / 100 == 2;
  gboolean invite = irq && nta_incoming_method (irq) == sip_method_invite;
  gboolean again = transaction != dialog->initial;

  g_queue_remove (&dialog->pending, transaction);
  siprec_transaction_set_dialog (transaction, NULL);
  if (!again) {
    dialog->initial = NULL;
    if (!success) {
      dialog->state = DIALOG_OVER;
      siprec_dialog_disappear (dialog);
      return FALSE;
    }
    dialog->state = DIALOG_ACCEPTED;
  }
  if (!success || dialog->state == DIALOG_OVER)
    return FALSE;
  if (again && (invite || nta_incoming_method (irq) == sip_method_update))
    retarget_from (dialog, transaction, irq);
  if (!invite)
    return FALSE;

  if (nta_incoming_status (irq) / 100 != 2) {
    /* It couldn't be sent. Not from inside the reply: the caller doesn't expect @ended there. */
    if (!dialog->failure)
      dialog->failure = siprec_agent_add_timer (dialog->agent, 0, on_failure, dialog);
    return FALSE;
  }
  dialog->unacked = irq;
  dialog->offered = !has_offer (siprec_transaction_request (transaction));
  nta_incoming_bind (irq, on_ack, dialog);
  return TRUE;
}

void
siprec_dialog_cancelled (SiprecDialog *dialog, SiprecTransaction *transaction,
                         SiprecRequest *cancel)
{
  /* A cancelled re-INVITE leaves the dialog as it was. */
  if (transaction == dialog->initial)
    siprec_dialog_end (dialog, SIPREC_DIALOG_CANCELLED, cancel);
}

void
siprec_dialog_bye (SiprecDialog *dialog, const gchar *reason)
{
  SiprecTransaction *transaction;

  switch (dialog->state) {
  case DIALOG_CALLING:
    dialog->bye_reason = g_strdup (reason);
    siprec_dialog_cancel (dialog);
    break;
  case DIALOG_INVITED: {
    g_autofree gchar *line = reason ? g_strconcat ("Reason: ", reason, NULL) : NULL;
    const gchar *lines[] = {line, NULL};

    if (dialog->initial)
      siprec_transaction_reply (dialog->initial, SIPREC_REPLY (480, lines));
    siprec_dialog_free (dialog);
    break;
  }
  case DIALOG_ACCEPTED:
  case DIALOG_CONFIRMED:
    dialog->silent = TRUE;
    /* RFC 3261 section 13.2.2.4: a 2xx that is no use is acknowledged as well, and then BYE. */
    siprec_dialog_acknowledge (dialog, NULL, NULL);
    siprec_dialog_drop_clients (dialog);
    siprec_session_timer_stop (dialog);
    while ((transaction = g_queue_peek_head (&dialog->pending)))
      siprec_transaction_reply_status (transaction, 487);
    if (dialog->unacked || dialog->failure) {
      dialog->bye_waits = TRUE;
      dialog->bye_reason = g_strdup (reason);
    } else {
      siprec_dialog_send_bye (dialog, reason, TRUE);
    }
    break;
  default:
    siprec_dialog_free (dialog);
  }
}
