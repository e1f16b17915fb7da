/* tests: an agent that is being tested, and a client that speaks SIP to it as plain text
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <openssl/ssl.h>

#include "siprec-core/sip/agent-private.h"
#include "siprec-core/sip/dialog.h"

#define SDP                                                                                        \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP "    \
  "0\r\n"

/* What the agent told its user; the text is "invite", "options", "request UPDATE", "ack", "ended
 * 0", "response 200" ... */
typedef struct {
  gchar *text;
  SiprecRequest *request;
  SiprecDialog *dialog;
  SiprecTransaction *transaction;
} Event;

/**
 * Server:
 * @hold: INVITEs are not answered, and no dialog is made
 * @hold_dialog: INVITEs get a dialog, but no answer
 * @free_ended: dialogs are freed when they have ended
 * @calling: the dialog of server_invite()
 *
 * An agent, whose callbacks become events.
 */
typedef struct {
  SiprecAgent *agent;
  gchar **uris;
  GError *error;
  GAsyncQueue *events;
  gint hold, hold_dialog, hold_request;
  SiprecDialog *calling;
} Server;

typedef struct {
  GSocket *socket;
  SSL *ssl;
  GString *buffer;
  const gchar *proto;
  gchar *local;
  guint16 port;
} Peer;

/* One call of a peer. @refused: ACK belongs to the transaction of the INVITE. */
typedef struct {
  Peer *peer;
  gchar *call_id;
  gchar *from_tag;
  gchar *to_tag;
  gchar *branch;
  const gchar *contact;
  guint cseq;
  gboolean refused;
} Call;

/* @tls: (nullable), @limits: (nullable): as the agent has them; other settings as below. */
Server *server_new_with (const gchar *uri, const SiprecTlsSettings *tls,
                         const SiprecFrontLimits *limits);

/* Without @uri: UDP and TCP on 127.0.0.1, any port. @timeout: T1 * 64, 0 for 32 s. */
Server *server_new (const gchar *uri, guint timeout);
void server_free (Server *server);
guint16 server_port (Server *server);

/* The next event, which must be called @text. Fails the test after 10 s. */
Event *server_expect (Server *server, const gchar *text);
void server_expect_ended (Server *server, SiprecDialogEnd end);
void event_free (Event *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Event, event_free)

/* Runs @func in the agent's thread and waits for it. */
void server_call (Server *server, SiprecAgentFunc func, gpointer data);

/* TRUE once there are @n stream connections; waits 10 s at least. */
gboolean server_await_connections (Server *server, guint n);

void server_bye (Server *server, SiprecDialog *dialog, const gchar *reason);
gboolean server_request (Server *server, SiprecDialog *dialog, const gchar *method,
                         const gchar *type, const gchar *body);

/* Calls @uri at @port of 127.0.0.1, over UDP; the final response is the event "answered 200". */
gboolean server_invite (Server *server, const gchar *uri, guint16 port);

/* Accepts session intervals (RFC 4028) from @seconds on. */
void server_set_session_minimum (Server *server, guint seconds);
void server_reply (Server *server, SiprecTransaction *transaction, guint status);

/* @proto: "UDP", "TCP" or "TLS", which has yet to be secured. */
Peer *peer_new (const gchar *proto, const gchar *host, guint16 port);

/* The connection that is made to @listener within 10 s. */
Peer *peer_accept (GSocket *listener, const gchar *proto);

/**
 * @context: of the peer's side, client or server
 * @name: (nullable): to ask for (SNI)
 *
 * Returns: TRUE after a handshake without an error
 */
gboolean peer_secure (Peer *peer, SSL_CTX *context, const gchar *name);

/* TRUE if the other side closes the connection within 10 s. */
gboolean peer_is_closed (Peer *peer);
void peer_free (Peer *peer);
void peer_send (Peer *peer, const gchar *data, gssize length);

/* The next message; NULL if there is none within @milliseconds. */
gchar *peer_try_receive (Peer *peer, guint milliseconds);

/* The next message, which must begin with @start. */
gchar *peer_expect (Peer *peer, const gchar *start);

/* The value of a header of a message in text. */
gchar *header_of (const gchar *message, const gchar *name);
void check_header (const gchar *message, const gchar *name, const gchar *expected);

Call *call_new (Peer *peer);
void call_free (Call *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Peer, peer_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Server, server_free)

/* Sends a request with the next CSeq (ACK and CANCEL: that of the last one) and @lines, each with
 * CRLF. */
void call_send (Call *call, const gchar *method, const gchar *lines, const gchar *body);

/* INVITE, 100, 200 (whose to-tag is kept), ACK; takes the "invite" and "ack" events. Returns: the
 * dialog. */
SiprecDialog *call_establish (Call *call, Server *server, const gchar *lines);

/* Answers a request of the agent, with @body. */
void call_answer_with (Call *call, const gchar *request, const gchar *status, const gchar *lines,
                       const gchar *body);

/* Without one. */
void call_answer (Call *call, const gchar *request, const gchar *status, const gchar *lines);

/* The peer's BYE, and 200 to it. */
void call_hang_up (Call *call, Server *server);

/* Sends OPTIONS and takes the answer, and the agent's copy of the request: it lives. (transfer full) */
SiprecRequest *peer_ping (Server *server, Peer *peer);

/* For tests in a loop. */
extern const gchar *const transports[2];

/* What most tests begin with. */
#define BEGIN(transport, timeout)                                                                  \
  g_autoptr (Server) server = server_new (NULL, timeout);                                          \
  g_autoptr (Peer) peer = peer_new (transport, "127.0.0.1", server_port (server));                 \
  G_GNUC_UNUSED g_autoptr (Call) call = call_new (peer)
