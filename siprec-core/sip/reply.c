/* Our responses
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "sip-private.h"

#define SERVER "Server: gst-siprec/" SIPREC_VERSION "\r\n"
/* RFC 7866 section 11.1.1: not siprec. RFC 3262 asks nothing of us but that no provisional response
 * other than 100 goes out unreliably, and we send none: who requires 100rel, as CUBE does, gets the
 * final response at once, or 100 and later the final one. A PRACK is for nothing then (481). */
#define SUPPORTED "Supported: 100rel, timer\r\n"
#define ALLOW     "Allow: " SIPREC_ALLOW "\r\n"
#define ACCEPT    "Accept: " SIPREC_ACCEPTED "\r\n"

/* Where RFC 3261 table 2 and RFC 7866 section 6.2 want our Contact, Allow and Accept. */
static void
append_capabilities (GString *text, SiprecTransaction *transaction, const SiprecReply *reply)
{
  sip_method_t method = nta_incoming_method (siprec_transaction_irq (transaction));
  gboolean success = reply->status / 100 == 2;
  gboolean options = method == sip_method_options;
  gboolean target = method == sip_method_invite || method == sip_method_update;
  gboolean able = (target || options) && success;

  if ((able || (target && reply->status / 100 == 1)) &&
      !siprec_lines_have (reply->headers, "Contact")) {
    g_autofree gchar *contact = siprec_agent_contact (siprec_transaction_agent (transaction),
                                                      siprec_transaction_request (transaction));

    g_string_append (text, "Contact: ");
    g_string_append (text, contact);
    g_string_append (text, "\r\n");
  }
  if (able)
    g_string_append (text, SUPPORTED);
  if ((able || reply->status == 405) && !siprec_lines_have (reply->headers, "Allow"))
    g_string_append (text, ALLOW);
  if ((((method == sip_method_invite || options) && success) || reply->status == 415) &&
      !siprec_lines_have (reply->headers, "Accept"))
    g_string_append (text, ACCEPT);
}

/* What we say of ourselves. To make each header would cost more than all the rest of the response, and the stack asks for none
 * of them: to it they are one that it doesn't know, whose text is there already. */
static void
add_text (SiprecTransaction *transaction, msg_t *msg, const SiprecReply *reply)
{
  g_autoptr (GString) text = g_string_sized_new (512);
  msg_header_t *header = msg_header_alloc (msg_home (msg), sip_unknown_class, 0);

  g_string_append (text, SERVER);
  append_capabilities (text, transaction, reply);
  if (reply->body) {
    g_string_append (text, "Content-Type: ");
    g_string_append (text, reply->content_type);
    g_string_append (text, "\r\n");
  }
  header->sh_data = su_strndup (msg_home (msg), text->str, text->len);
  header->sh_len = text->len;
  msg_header_insert (msg, NULL, header);
}

/* TRUE for what begins or refreshes a session. */
static gboolean
accepts_session (SiprecTransaction *transaction, const SiprecReply *reply)
{
  sip_method_t method = nta_incoming_method (siprec_transaction_irq (transaction));

  return siprec_transaction_dialog (transaction) && reply->status / 100 == 2 &&
         (method == sip_method_invite || method == sip_method_update);
}

/* What is repeated from the request has its line ends too; those that are none of SIP are not for others. */
static void
mend_lines (msg_header_t *h)
{
  for (; h; h = h->sh_next) {
    const gchar *line = h->sh_data;

    if (line && h->sh_len > 0 && line[h->sh_len - 1] == '\n')
      msg_fragment_clear (h->sh_common);
  }
}

static void
mend_response (sip_t *sip)
{
  mend_lines ((msg_header_t *)sip->sip_via);
  mend_lines ((msg_header_t *)sip->sip_record_route);
  mend_lines ((msg_header_t *)sip->sip_from);
  mend_lines ((msg_header_t *)sip->sip_to);
  mend_lines ((msg_header_t *)sip->sip_call_id);
  mend_lines ((msg_header_t *)sip->sip_cseq);
}

void
siprec_reply_send (SiprecTransaction *transaction, const SiprecReply *reply)
{
  nta_incoming_t *irq = siprec_transaction_irq (transaction);
  const SiprecRequest *request = siprec_transaction_request (transaction);
  g_autofree gchar *phrase =
      reply->phrase ? g_strdelimit (g_strdup (reply->phrase), "\r\n", ' ') : NULL;
  msg_t *msg = nta_incoming_create_response (irq, reply->status, phrase);

  if (!msg)
    return;
  if (reply->status > 100)
    add_text (transaction, msg, reply);
  if (accepts_session (transaction, reply)) {
    g_auto (GStrv) lines =
        siprec_dialog_accept_lines (siprec_transaction_dialog (transaction), transaction);

    siprec_message_add_lines (msg, (const gchar *const *)lines);
  }
  siprec_message_add_lines (msg, reply->headers);
  if (reply->body)
    msg_header_insert (
        msg, NULL,
        (msg_header_t *)sip_payload_create (msg_home (msg), reply->body, strlen (reply->body)));
  GST_LOG ("%s %s: %u", request->method, request->call_id, reply->status);

  if (nta_incoming_complete_response (irq, msg, reply->status, phrase, TAG_END ()) < 0) {
    msg_destroy (msg);
    return;
  }
  if (request->bare_lf)
    mend_response (sip_object (msg));
  nta_incoming_mreply (irq, msg);
}
