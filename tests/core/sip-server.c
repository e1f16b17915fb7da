/* The agent under test, whose callbacks become events
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sip-peer.h"

#include <gst/check/gstcheck.h>

static void
push (Server *server, gchar *text, SiprecRequest *request, SiprecDialog *dialog,
      SiprecTransaction *transaction)
{
  Event *event = g_new0 (Event, 1);

  event->text = text;
  event->request = request ? siprec_request_ref (request) : NULL;
  event->dialog = dialog;
  event->transaction = transaction;
  g_async_queue_push (server->events, event);
}

void
event_free (Event *event)
{
  g_free (event->text);
  g_clear_pointer (&event->request, siprec_request_unref);
  g_free (event);
}

static void
on_started (SiprecAgent *agent, gchar **uris, const GError *error, gpointer user_data)
{
  Server *server = user_data;

  fail_unless (siprec_agent_is_current (agent));
  server->uris = g_strdupv (uris);
  server->error = error ? g_error_copy (error) : NULL;
  push (server, g_strdup ("started"), NULL, NULL, NULL);
}

static void
on_stopped (SiprecAgent *agent, gpointer user_data)
{
  push (user_data, g_strdup ("stopped"), NULL, NULL, NULL);
}

static void
on_dialog_request (SiprecDialog *dialog, SiprecTransaction *transaction, SiprecRequest *request,
                   gpointer user_data)
{
  Server *server = user_data;
  SiprecReply reply = {.status = 200};

  push (server, g_strdup_printf ("request %s", request->method), request, dialog, transaction);
  if (g_atomic_int_get (&server->hold_request))
    return;
  if (g_str_equal (request->method, "INVITE")) {
    reply.content_type = "application/sdp";
    reply.body = SDP;
  }
  siprec_transaction_reply (transaction, &reply);
}

static void
on_acknowledged (SiprecDialog *dialog, SiprecRequest *ack, gpointer user_data)
{
  push (user_data, g_strdup ("ack"), ack, dialog, NULL);
}

static void
on_ended (SiprecDialog *dialog, SiprecDialogEnd end, SiprecRequest *request, gpointer user_data)
{
  push (user_data, g_strdup_printf ("ended %d", end), request, NULL, NULL);
  siprec_dialog_free (dialog);
}

static void on_response (SiprecDialog *dialog, SiprecRequest *response, gpointer user_data);

static gboolean
on_refresh (SiprecDialog *dialog, gpointer user_data)
{
  push (user_data, g_strdup ("refresh"), NULL, dialog, NULL);
  return siprec_dialog_request (dialog, "INVITE", NULL, "application/sdp", SDP, on_response,
                                user_data);
}

static void
on_answered (SiprecDialog *dialog, SiprecRequest *response, gpointer user_data)
{
  Server *server = user_data;

  push (server, g_strdup_printf ("answered %u", response->status), response, dialog, NULL);
  if (response->status < 300)
    siprec_dialog_acknowledge (dialog, "application/sdp", SDP);
  else
    siprec_dialog_free (dialog);
}

static const SiprecDialogHandler dialog_handler = {on_dialog_request, on_acknowledged, on_ended,
                                                   on_refresh, on_answered};

static void
on_request (SiprecAgent *agent, SiprecTransaction *transaction, SiprecRequest *request,
            gpointer user_data)
{
  Server *server = user_data;
  SiprecReply reply = {.status = 200, .content_type = "application/sdp", .body = SDP};
  SiprecDialog *dialog = NULL;

  if (g_str_equal (request->method, "OPTIONS")) {
    push (server, g_strdup ("options"), request, NULL, NULL);
    siprec_transaction_reply_status (transaction, 200);
    return;
  }
  if (!g_atomic_int_get (&server->hold))
    dialog = siprec_dialog_new (transaction, &dialog_handler, server);
  push (server, g_strdup ("invite"), request, dialog, transaction);
  if (dialog && !g_atomic_int_get (&server->hold_dialog))
    siprec_transaction_reply (transaction, &reply);
}

static const SiprecAgentHandler agent_handler = {on_started, on_request, on_stopped};

static Server *
new_server (const gchar *uri)
{
  const gchar *uris[] = {uri ? uri : "sip:127.0.0.1:0", NULL};
  Server *server = g_new0 (Server, 1);
  GError *error = NULL;

  server->events = g_async_queue_new_full ((GDestroyNotify)event_free);
  server->agent = siprec_agent_new (uris, NULL, &agent_handler, server, &error);
  fail_unless (server->agent, "%s", error ? error->message : "");
  return server;
}

static Server *
start_server (Server *server)
{
  siprec_agent_start (server->agent);
  event_free (server_expect (server, "started"));
  return server;
}

Server *
server_new (const gchar *uri, guint timeout)
{
  Server *server = new_server (uri);

  siprec_agent_set_transaction_timeout (server->agent, timeout);
  return start_server (server);
}

Server *
server_new_with (const gchar *uri, const SiprecTlsSettings *tls, const SiprecFrontLimits *limits)
{
  Server *server = new_server (uri);
  g_autoptr (SiprecTlsContext) context = NULL;
  GError *error = NULL;

  if (tls) {
    context = siprec_tls_context_new (tls, &error);
    fail_unless (context, "%s", error ? error->message : "");
    siprec_agent_set_tls (server->agent, context);
  }
  if (limits)
    siprec_agent_set_limits (server->agent, limits);
  return start_server (server);
}

void
server_free (Server *server)
{
  siprec_agent_stop (server->agent);
  siprec_agent_free (server->agent);
  g_async_queue_unref (server->events);
  g_strfreev (server->uris);
  g_clear_error (&server->error);
  g_free (server);
}

guint16
server_port (Server *server)
{
  const gchar *port = strrchr (server->uris[0], ':');

  return g_ascii_strtoull (port + 1, NULL, 10);
}

Event *
server_expect (Server *server, const gchar *text)
{
  Event *event = g_async_queue_timeout_pop (server->events, 10 * G_USEC_PER_SEC);

  fail_unless (event, "no event came instead of \"%s\"", text);
  fail_unless_equals_string (event->text, text);
  return event;
}

void
server_expect_ended (Server *server, SiprecDialogEnd end)
{
  g_autofree gchar *text = g_strdup_printf ("ended %d", end);

  event_free (server_expect (server, text));
}

typedef struct {
  SiprecAgentFunc func;
  gpointer data;
  GMutex lock;
  GCond cond;
  gboolean done;
} Barrier;

static void
run_barrier (SiprecAgent *agent, gpointer user_data)
{
  Barrier *barrier = user_data;

  if (barrier->func)
    barrier->func (agent, barrier->data);
  g_mutex_lock (&barrier->lock);
  barrier->done = TRUE;
  g_cond_signal (&barrier->cond);
  g_mutex_unlock (&barrier->lock);
}

void
server_call (Server *server, SiprecAgentFunc func, gpointer data)
{
  Barrier barrier = {func, data};

  g_mutex_init (&barrier.lock);
  g_cond_init (&barrier.cond);
  siprec_agent_invoke (server->agent, run_barrier, &barrier, NULL);
  g_mutex_lock (&barrier.lock);
  while (!barrier.done)
    g_cond_wait (&barrier.cond, &barrier.lock);
  g_mutex_unlock (&barrier.lock);
}

typedef struct {
  Server *server;
  SiprecDialog *dialog;
  SiprecTransaction *transaction;
  const gchar *method, *type, *body;
  guint status; /* or a port, or seconds */
  gboolean result;
} Action;

static void
do_bye (SiprecAgent *agent, gpointer user_data)
{
  Action *action = user_data;

  siprec_dialog_bye (action->dialog, action->body);
}

void
server_bye (Server *server, SiprecDialog *dialog, const gchar *reason)
{
  Action action = {.dialog = dialog, .body = reason};

  server_call (server, do_bye, &action);
}

static void
on_response (SiprecDialog *dialog, SiprecRequest *response, gpointer user_data)
{
  push (user_data, g_strdup_printf ("response %u", response->status), response, dialog, NULL);
}

static void
do_request (SiprecAgent *agent, gpointer user_data)
{
  static const gchar *const lines[] = {"Content-Disposition: recording-session",
                                       "X-Test: one\r\nX-Two: 2", NULL};
  Action *action = user_data;

  action->result = siprec_dialog_request (action->dialog, action->method, lines, action->type,
                                          action->body, on_response, action->server);
}

gboolean
server_request (Server *server, SiprecDialog *dialog, const gchar *method, const gchar *type,
                const gchar *body)
{
  Action action = {
      .server = server, .dialog = dialog, .method = method, .type = type, .body = body};

  server_call (server, do_request, &action);
  return action.result;
}

static void
do_invite (SiprecAgent *agent, gpointer user_data)
{
  static const gchar *const lines[] = {"Require: siprec", NULL};
  Action *action = user_data;
  SiprecCallee callee = {action->body, "<sip:recorder@127.0.0.1>;tag=our-tag",
                         "our-call",   "udp",
                         "127.0.0.1",  action->status,
                         NULL};

  action->dialog =
      siprec_dialog_call (agent, &callee, lines, &dialog_handler, action->server, NULL);
}

gboolean
server_invite (Server *server, const gchar *uri, guint16 port)
{
  Action action = {.server = server, .body = uri, .status = port};

  server_call (server, do_invite, &action);
  server->calling = action.dialog;
  return action.dialog != NULL;
}

static void
do_set_session_minimum (SiprecAgent *agent, gpointer user_data)
{
  Action *action = user_data;

  siprec_agent_set_session_minimum (agent, action->status);
}

void
server_set_session_minimum (Server *server, guint seconds)
{
  Action action = {.status = seconds};

  server_call (server, do_set_session_minimum, &action);
}

static void
do_reply (SiprecAgent *agent, gpointer user_data)
{
  Action *action = user_data;

  siprec_transaction_reply_status (action->transaction, action->status);
}

void
server_reply (Server *server, SiprecTransaction *transaction, guint status)
{
  Action action = {.transaction = transaction, .status = status};

  server_call (server, do_reply, &action);
}
