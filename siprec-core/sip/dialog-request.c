/* Our requests in a dialog, and where they are sent
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gio/gio.h>

#include "dialog-private.h"
#include "uri.h"

#define USER_AGENT "gst-siprec/" SIPREC_VERSION

/* A request of ours until its final response. */
typedef struct {
  SiprecDialog *dialog;
  nta_outgoing_t *orq;
  sip_method_t method;
  gboolean offers;
  SiprecDialogResponse response;
  gpointer user_data;
} SiprecClient;

gboolean
siprec_body_has_offer (const gchar *content_type, const gchar *body, gsize length)
{
  static const gchar sdp[] = "application/sdp";

  if (!content_type || !body)
    return FALSE;
  if (g_ascii_strncasecmp (content_type, sdp, strlen (sdp)) == 0)
    return TRUE;
  if (g_ascii_strncasecmp (content_type, "multipart/", 10) != 0)
    return FALSE;
  for (gsize i = 0; i + strlen (sdp) <= length; i++)
    if (g_ascii_strncasecmp (body + i, sdp, strlen (sdp)) == 0)
      return TRUE;
  return FALSE;
}

gboolean
siprec_dialog_we_offer (SiprecDialog *dialog)
{
  for (GList *l = dialog->clients.head; l; l = l->next)
    if (((SiprecClient *)l->data)->offers)
      return TRUE;
  return FALSE;
}

void
siprec_dialog_drop_clients (SiprecDialog *dialog)
{
  SiprecClient *client;

  while ((client = g_queue_pop_head (&dialog->clients))) {
    nta_outgoing_destroy (client->orq);
    g_free (client);
  }
  if (dialog->call)
    nta_outgoing_destroy (g_steal_pointer (&dialog->call));
  if (dialog->bye)
    nta_outgoing_destroy (g_steal_pointer (&dialog->bye));
}

/* The address of a URI if that is an IP address and not a name. */
static GInetAddress *
url_address (const url_t *url)
{
  g_autofree gchar *host = NULL;
  gsize length;

  if (!url->url_host)
    return NULL;
  length = strlen (url->url_host);
  if (url->url_host[0] == '[' && length > 2)
    host = g_strndup (url->url_host + 1, length - 2);
  else
    host = g_strdup (url->url_host);
  return g_inet_address_new_from_string (host);
}

static guint16
url_port_number (const url_t *url)
{
  const gchar *text = url_port (url);
  gchar transport[8] = "";
  guint64 port = 0;

  if (text && g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT16, &port, NULL))
    return port;
  if (url->url_type == url_sips)
    return 5061;
  url_param (url->url_params, "transport", transport, sizeof transport);
  return g_ascii_strcasecmp (transport, "tls") == 0 ? 5061 : 5060;
}

/* Where the next request goes when no connection is open to send it by.
 *
 * By the book (RFC 3261 section 12.2.1.1) it goes to the first of the route set, else to the
 * Contact. But many recording clients sit behind a NAT or write a name of their own network into
 * the Contact, and are reachable only where their last request came from. On the other hand some
 * send from a port on which they don't listen, and say the right one in the Contact. So:
 *  - a route set is trusted if it names an address: proxies know theirs;
 *  - a Contact is trusted if it names the very address that the last request came from, and is
 *    needed for its port;
 *  - else it is the source address; after a lost TCP connection the port of that is of no use, and
 *    the Contact's address, if it has one, is the best guess.
 *
 * Names are never resolved. The transport is always that of the last request. */
static gchar *
next_hop (SiprecDialog *dialog, guint16 *port)
{
  const SiprecRequest *last = dialog->last;
  gboolean stream = !tport_is_dgram (dialog->tport);
  const sip_record_route_t *route = dialog->routes;
  const url_t *url = route ? route->r_url : dialog->target->m_url;
  g_autoptr (GInetAddress) named = url_address (url);
  g_autoptr (GInetAddress) source = g_inet_address_new_from_string (last->remote_address);

  *port = url_port_number (url);
  if (named && (route || stream || (source && g_inet_address_equal (named, source))))
    return g_inet_address_to_string (named);
  if (!stream)
    *port = last->remote_port;
  return g_strdup (last->remote_address);
}

/* A route to where the next request leaves the stack: all streams lead to the front. Connects again if
 * the peer's connection is gone. */
static gchar *
make_route (SiprecDialog *dialog)
{
  SiprecSockets *sockets = siprec_agent_sockets (dialog->agent);
  guint16 port;
  g_autofree gchar *address = next_hop (dialog, &port);
  g_autofree gchar *host_port = NULL;
  /* RFC 5922 section 7.3: who we think it is, else who was meant. */
  const gchar *meant[] = {dialog->target->m_url->url_host, NULL};
  const gchar *const *names =
      dialog->last->identities ? (const gchar *const *)dialog->last->identities : meant;
  tport_t *dialed;

  if (tport_is_dgram (dialog->tport)) {
    host_port = siprec_host_port (address, port);
    return g_strdup_printf ("sip:%s;transport=udp", host_port);
  }
  if (!tport_is_secondary (dialog->tport) || !tport_is_clear_to_send (dialog->tport)) {
    dialed = siprec_sockets_dial (sockets, dialog->last, names, address, port);
    if (!dialed)
      return NULL;
    tport_unref (dialog->tport);
    dialog->tport = tport_ref (dialed);
  }
  return g_strdup_printf ("sip:%s;transport=tcp", siprec_sockets_inner (sockets));
}

static gchar *
join_lines (const gchar *const *lines)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (; lines && *lines; lines++) {
    g_autofree gchar *line = g_strdelimit (g_strdup (*lines), "\r\n", ' ');

    g_string_append_printf (text, "%s\r\n", line);
  }
  return text->len ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

/* sofia makes requests from a leg. Ours lives for that moment only: a leg that stays would take
 * requests of the peer and answer some of them by itself, without telling (see screen.c what that
 * may cost). */
static nta_leg_t *
make_leg (SiprecDialog *dialog)
{
  sip_cseq_t cseq[1];
  nta_leg_t *leg;

  sip_cseq_init (cseq);
  cseq->cs_seq = dialog->local_cseq;
  leg = nta_leg_tcreate (siprec_agent_nta (dialog->agent), NULL, NULL,
                         SIPTAG_CALL_ID (dialog->call_id), SIPTAG_FROM (dialog->local),
                         SIPTAG_TO (dialog->remote), SIPTAG_CSEQ (cseq), TAG_END ());
  if (leg)
    nta_leg_server_route (leg, dialog->routes, dialog->target);
  return leg;
}

nta_outgoing_t *
siprec_dialog_send (SiprecDialog *dialog, const SiprecOutgoing *out, nta_response_f *callback,
                    gpointer magic)
{
  g_autofree gchar *hop = make_route (dialog);
  g_autofree gchar *lines = join_lines (out->lines);
  g_autofree gchar *contact = siprec_agent_contact (dialog->agent, dialog->last);
  gboolean target = out->method == sip_method_invite || out->method == sip_method_update;
  g_auto (GStrv) timer = target ? siprec_session_timer_lines (dialog) : NULL;
  g_autofree gchar *timer_lines = join_lines ((const gchar *const *)timer);
  su_home_t home[1] = {SU_HOME_INIT (home)};
  url_t *route = hop ? url_hdup (home, URL_STRING_MAKE (hop)->us_url) : NULL;
  nta_leg_t *leg;
  nta_outgoing_t *orq;

  if (!route) {
    GST_WARNING ("can't send %s: no connection to the peer", out->name);
    return NULL;
  }
  leg = make_leg (dialog);
  orq = nta_outgoing_tcreate (
      leg, callback, magic, (url_string_t *)route, out->method, out->name, NULL,
      NTATAG_TPORT (dialog->tport), TAG_IF (out->branch, NTATAG_ACK_BRANCH (out->branch)),
      TAG_IF (out->cseq, SIPTAG_CSEQ (out->cseq)), TAG_IF (target, SIPTAG_CONTACT_STR (contact)),
      TAG_IF (target && !siprec_lines_have (out->lines, "Allow"), SIPTAG_ALLOW_STR (SIPREC_ALLOW)),
      SIPTAG_USER_AGENT_STR (USER_AGENT), TAG_IF (timer_lines, SIPTAG_HEADER_STR (timer_lines)),
      TAG_IF (lines, SIPTAG_HEADER_STR (lines)),
      TAG_IF (out->body, SIPTAG_CONTENT_TYPE_STR (out->content_type)),
      TAG_IF (out->body, SIPTAG_PAYLOAD_STR (out->body)), TAG_END ());
  dialog->local_cseq = nta_leg_get_seq (leg);
  nta_leg_destroy (leg);
  su_home_deinit (home);
  if (!orq)
    GST_WARNING ("can't send %s to %s", out->name, hop);
  else
    GST_LOG ("%s to %s", out->name, hop);
  return orq;
}

static int
on_bye_response (nta_outgoing_magic_t *magic, nta_outgoing_t *orq, const sip_t *sip)
{
  SiprecDialog *dialog = magic;

  if (nta_outgoing_status (orq) < 200)
    return 0;
  siprec_dialog_free (dialog);
  return 0;
}

void
siprec_dialog_send_bye (SiprecDialog *dialog, const gchar *reason, gboolean ours)
{
  g_autofree gchar *line = reason ? g_strconcat ("Reason: ", reason, NULL) : NULL;
  const gchar *lines[] = {line, NULL};
  SiprecOutgoing bye = {SIP_METHOD_BYE, .lines = lines};

  if (!ours) {
    siprec_dialog_send (dialog, &bye, NULL, NULL);
    return;
  }
  dialog->state = DIALOG_LEAVING;
  dialog->bye = siprec_dialog_send (dialog, &bye, on_bye_response, dialog);
  if (!dialog->bye)
    siprec_dialog_free (dialog);
}

void
siprec_dialog_send_ack (SiprecDialog *dialog, nta_outgoing_t *invite, const gchar *content_type,
                        const gchar *body)
{
  su_home_t home[1] = {SU_HOME_INIT (home)};
  SiprecOutgoing ack = {SIP_METHOD_ACK, .content_type = content_type, .body = body};
  nta_outgoing_t *orq;

  ack.cseq = sip_cseq_create (home, nta_outgoing_cseq (invite), SIP_METHOD_ACK);
  ack.branch = nta_outgoing_branch (invite);
  orq = siprec_dialog_send (dialog, &ack, NULL, NULL);
  /* It stays in the stack to answer repetitions of the 2xx. */
  nta_outgoing_destroy (orq);
  su_home_deinit (home);
}

SiprecRequest *
siprec_dialog_copy_response (SiprecDialog *dialog, nta_outgoing_t *orq, const sip_t *sip,
                             tport_t **tport)
{
  msg_t *msg = sip ? nta_outgoing_getresponse (orq) : NULL;
  SiprecRequest *response;

  if (msg) {
    response = siprec_message_copy (siprec_agent_nta (dialog->agent), msg, tport);
    msg_destroy (msg);
  } else {
    response = siprec_request_new ();
    response->status = 408;
    response->method = siprec_request_text (response, nta_outgoing_method_name (orq), -1);
    response->cseq = nta_outgoing_cseq (orq);
    response->call_id = siprec_request_text (response, dialog->last->call_id, -1);
  }
  /* What kind of Contact we have goes by that. */
  if (!response->uri)
    response->uri = siprec_request_text (response, dialog->last->uri, -1);
  /* A response that the stack made up has come from nowhere. */
  if (!response->transport) {
    response->transport = siprec_request_text (response, dialog->last->transport, -1);
    response->remote_address = siprec_request_text (response, dialog->last->remote_address, -1);
    response->remote_port = dialog->last->remote_port;
    response->local_address = siprec_request_text (response, dialog->last->local_address, -1);
    response->local_port = dialog->last->local_port;
  }
  return response;
}

static int
on_response (nta_outgoing_magic_t *magic, nta_outgoing_t *orq, const sip_t *sip)
{
  SiprecClient *client = magic;
  SiprecDialog *dialog = client->dialog;
  gint status = nta_outgoing_status (orq);
  SiprecRequest *response;

  if (status < 200)
    return 0;

  dialog->ref_count++;
  g_queue_remove (&dialog->clients, client);
  response = siprec_dialog_copy_response (dialog, orq, sip, NULL);
  siprec_dialog_learn_abilities (dialog, response);
  /* RFC 3261 section 12.2.1.2: the 2xx may move the target. */
  if (status < 300 && client->method != sip_method_info)
    siprec_dialog_retarget (dialog, sip, NULL);
  if (status < 300 && client->method == sip_method_invite)
    siprec_dialog_send_ack (dialog, orq, NULL, NULL);
  if (client->method != sip_method_info)
    siprec_session_timer_answered (dialog, response);
  nta_outgoing_destroy (orq);

  if (client->response)
    client->response (dialog, response, client->user_data);
  if ((status == 481 || status == 408) && dialog->state != DIALOG_OVER && !dialog->silent) {
    siprec_dialog_send_bye (dialog, NULL, FALSE);
    siprec_dialog_end (dialog, SIPREC_DIALOG_FAILED, NULL);
  }
  g_free (client);
  siprec_request_unref (response);
  siprec_dialog_unref (dialog);
  return 0;
}

static gboolean
may_send (SiprecDialog *dialog, gboolean offers)
{
  if (dialog->state != DIALOG_CONFIRMED || dialog->silent)
    return FALSE;
  /* RFC 3261 section 14.1, RFC 3311 section 5.1: one offer at a time, in either direction. */
  return !offers || (!siprec_dialog_we_offer (dialog) && !siprec_dialog_peer_busy (dialog));
}

gboolean
siprec_dialog_may_offer (SiprecDialog *dialog)
{
  return may_send (dialog, TRUE);
}

gboolean
siprec_dialog_request (SiprecDialog *dialog, const gchar *method, const gchar *const *headers,
                       const gchar *content_type, const gchar *body, SiprecDialogResponse response,
                       gpointer user_data)
{
  SiprecOutgoing out = {.lines = headers, .content_type = content_type, .body = body};
  gboolean offers;
  SiprecClient *client;

  out.method = sip_method_code (method);
  out.name = method;
  offers = out.method == sip_method_invite ||
           siprec_body_has_offer (content_type, body, body ? strlen (body) : 0);
  if (!may_send (dialog, offers))
    return FALSE;

  client = g_new0 (SiprecClient, 1);
  client->dialog = dialog;
  client->method = out.method;
  client->offers = offers;
  client->response = response;
  client->user_data = user_data;
  client->orq = siprec_dialog_send (dialog, &out, on_response, client);
  if (!client->orq) {
    g_free (client);
    return FALSE;
  }
  g_queue_push_tail (&dialog->clients, client);
  return TRUE;
}
