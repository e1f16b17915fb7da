/* siprec-core: the SIP stack with its sockets: UDP of its own, TCP and TLS by a front
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "front/front.h"
#include "request.h"
#include "sofia.h"

G_BEGIN_DECLS

/* For one thread, but where it says otherwise. */
typedef struct _SiprecSockets SiprecSockets;

/**
 * SiprecSocketsConfig:
 * @uris: (element-type SiprecListenUri)
 * @transaction_timeout: T1 * 64 in milliseconds, 0 for the standard
 * @tls: (nullable): needed if one of @uris is for TLS
 * @front: its @wanted asks for siprec_sockets_connect() with the id
 */
typedef struct {
  su_root_t *loop;
  const GPtrArray *uris;
  guint transaction_timeout;
  const SiprecFrontLimits *limits;
  SiprecTlsContext *tls;
  const SiprecFrontHandler *front;
  gpointer user_data;
} SiprecSocketsConfig;

/* Binds all. @actual: (out): the URIs with real ports, NULL-terminated. Returns: NULL with an error that
 * says what can be done about it */
SiprecSockets *siprec_sockets_open (const SiprecSocketsConfig *config, gchar ***actual,
                                    GError **error);

/* Begins to take connections. */
void siprec_sockets_start (SiprecSockets *sockets);

void siprec_sockets_close (SiprecSockets *sockets);

nta_agent_t *siprec_sockets_nta (SiprecSockets *sockets);

/* TRUE if so much waits in a UDP socket that datagrams will soon be lost. */
gboolean siprec_sockets_are_full (SiprecSockets *sockets);

/* From any thread. */
void siprec_sockets_set_tls (SiprecSockets *sockets, SiprecTlsContext *context);
guint siprec_sockets_n_connections (SiprecSockets *sockets);

/* "host:port" where every stream of the stack goes. */
const gchar *siprec_sockets_inner (SiprecSockets *sockets);

/* Connects the stack to the front for the connection that this calls @id. Returns: (nullable): the stack's
 * end of it, borrowed; it lives until it is closed */
tport_t *siprec_sockets_connect (SiprecSockets *sockets, const gchar *id);

/* Lets the front connect to @address and @port in the way that @last, a message of that peer, came.
 * @identities: of whom the certificate may be, if TLS. Returns: (nullable): borrowed, for one dialog: it is closed when
 * nobody has had a reference for a while */
tport_t *siprec_sockets_dial (SiprecSockets *sockets, const SiprecRequest *last,
                              const gchar *const *identities, const gchar *address, guint16 port);

/* The socket from which to send what has the transport and remote address of @request, and tells that its
 * local address; @preferred: (nullable): which one if there are several. Returns: (nullable): borrowed */
tport_t *siprec_sockets_choose (SiprecSockets *sockets, SiprecRequest *request,
                                const gchar *preferred);

G_END_DECLS
