/* A dialog that begins with an INVITE of ours (RFC 3261 section 13.2)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../error.h"
#include "dialog-private.h"

/* After a CANCEL the peer has this long to say 487 (RFC 3261 section 9.1: 64 * T1). */
#define CANCEL_TIMEOUT_MS 32000

/* What stands for a message of the peer's until there is one. */
static SiprecRequest *
make_destination (const SiprecCallee *callee)
{
  SiprecRequest *destination = siprec_request_new ();

  destination->uri = siprec_request_text (destination, callee->uri, -1);
  destination->call_id = siprec_request_text (destination, callee->call_id, -1);
  destination->transport = siprec_request_text (destination, callee->transport, -1);
  destination->remote_address = siprec_request_text (destination, callee->address, -1);
  destination->remote_port = callee->port;
  return destination;
}

static SiprecDialog *
dialog_new (SiprecAgent *agent, const SiprecCallee *callee, SiprecRequest *destination,
            tport_t *tport)
{
  SiprecDialog *dialog = g_new0 (SiprecDialog, 1);

  su_home_init (dialog->home);
  dialog->ref_count = 1;
  dialog->agent = agent;
  dialog->state = DIALOG_CALLING;
  dialog->ours = TRUE;
  dialog->link.data = dialog;
  g_queue_init (&dialog->pending);
  g_queue_init (&dialog->clients);
  siprec_dialog_remember_source (dialog, destination, tport);

  dialog->call_id = sip_call_id_make (dialog->home, callee->call_id);
  dialog->local = sip_from_make (dialog->home, callee->from);
  dialog->remote = sip_to_format (dialog->home, "<%s>", callee->uri);
  dialog->target = sip_contact_format (dialog->home, "<%s>", callee->uri);
  dialog->local_cseq = g_random_int_range (1, G_MAXINT32 / 2);
  g_queue_push_tail_link (siprec_agent_dialogs (agent), &dialog->link);
  return dialog;
}

/* RFC 3261 section 12.1.2: what the 2xx makes of the dialog. */
static void
confirm (SiprecDialog *dialog, const sip_t *sip, SiprecRequest *response, tport_t *tport)
{
  if (sip->sip_to->a_tag)
    sip_to_tag (dialog->home, dialog->remote, sip->sip_to->a_tag);
  dialog->routes =
      (sip_record_route_t *)sip_route_reverse (dialog->home, (sip_route_t *)sip->sip_record_route);
  if (tport)
    siprec_dialog_remember_source (dialog, response, tport);
  siprec_dialog_retarget (dialog, sip, response->contact);
  siprec_dialog_learn_abilities (dialog, response);
  siprec_dialog_appear (dialog);
  dialog->state = DIALOG_CONFIRMED;
  siprec_session_timer_begin (dialog, response);
}

static void
take_success (SiprecDialog *dialog, SiprecRequest *response)
{
  if (dialog->silent) {
    /* It came before our CANCEL got there. */
    siprec_session_timer_stop (dialog);
    siprec_dialog_acknowledge (dialog, NULL, NULL);
    siprec_dialog_send_bye (dialog, dialog->bye_reason, TRUE);
    return;
  }
  dialog->handler.answered (dialog, response, dialog->user_data);
}

static void
take_refusal (SiprecDialog *dialog, SiprecRequest *response)
{
  nta_outgoing_destroy (g_steal_pointer (&dialog->call));
  dialog->state = DIALOG_OVER;
  if (dialog->silent)
    siprec_dialog_free (dialog);
  else
    dialog->handler.answered (dialog, response, dialog->user_data);
}

static int
on_answer (nta_outgoing_magic_t *magic, nta_outgoing_t *orq, const sip_t *sip)
{
  SiprecDialog *dialog = magic;
  gint status = nta_outgoing_status (orq);
  tport_t *tport = NULL;
  SiprecRequest *response;

  if (status < 200 || dialog->state != DIALOG_CALLING)
    return 0;

  dialog->ref_count++;
  if (dialog->failure)
    siprec_agent_cancel_timer (dialog->agent, g_steal_pointer (&dialog->failure));
  response = siprec_dialog_copy_response (dialog, orq, sip, &tport);
  if (sip && status < 300) {
    confirm (dialog, sip, response, tport);
    take_success (dialog, response);
  } else {
    take_refusal (dialog, response);
  }
  if (tport)
    tport_unref (tport);
  siprec_request_unref (response);
  siprec_dialog_unref (dialog);
  return 0;
}

SiprecDialog *
siprec_dialog_call (SiprecAgent *agent, const SiprecCallee *callee, const gchar *const *headers,
                    const SiprecDialogHandler *handler, gpointer user_data, GError **error)
{
  g_autoptr (SiprecRequest) destination = make_destination (callee);
  tport_t *tport =
      siprec_sockets_choose (siprec_agent_sockets (agent), destination, callee->local_address);
  SiprecOutgoing invite = {SIP_METHOD_INVITE, .lines = headers};
  SiprecDialog *dialog;

  if (!tport) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_ADDRESS,
                 "There is no socket to call \"%s\" from: listen on %s too.", callee->uri,
                 callee->transport);
    return NULL;
  }
  dialog = dialog_new (agent, callee, destination, tport);
  dialog->handler = *handler;
  dialog->user_data = user_data;
  if (dialog->call_id && dialog->local && dialog->target && dialog->remote)
    dialog->call = siprec_dialog_send (dialog, &invite, on_answer, dialog);
  if (dialog->call)
    return dialog;
  g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_ADDRESS, "Nothing can be sent to \"%s\".",
               callee->uri);
  siprec_dialog_free (dialog);
  return NULL;
}

void
siprec_dialog_acknowledge (SiprecDialog *dialog, const gchar *content_type, const gchar *body)
{
  nta_outgoing_t *orq = g_steal_pointer (&dialog->call);

  if (!orq)
    return;
  siprec_dialog_send_ack (dialog, orq, content_type, body);
  nta_outgoing_destroy (orq);
}

static void
on_cancel_timeout (SiprecAgent *agent, gpointer user_data)
{
  SiprecDialog *dialog = user_data;

  dialog->failure = NULL;
  siprec_dialog_free (dialog);
}

void
siprec_dialog_cancel (SiprecDialog *dialog)
{
  dialog->silent = TRUE;
  if (!dialog->failure)
    dialog->failure =
        siprec_agent_add_timer (dialog->agent, CANCEL_TIMEOUT_MS, on_cancel_timeout, dialog);
  nta_outgoing_cancel (dialog->call);
}

gboolean
siprec_dialog_is_ours (SiprecDialog *dialog)
{
  return dialog->ours;
}
