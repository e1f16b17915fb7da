/* siprec-core: what stands between stream connections (TCP, TLS) and the SIP stack
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tls-context.h"

G_BEGIN_DECLS

/**
 * SiprecFront:
 *
 * Takes the connections of SIP clients in a thread of its own, so that a flood of them, or of TLS handshakes,
 * delays nobody's answer. It finds where each message ends, and passes it on to the stack by a loopback
 * connection that the stack makes for each peer once that has sent a message. The stack itself listens on
 * no TCP port: who connects to the front's inner port must name a connection that waits for it, by a random
 * id that only this process knows, or is cut off.
 *
 * It bounds how many connections there are, how long they may stay silent, and what a message may measure.
 */
typedef struct _SiprecFront SiprecFront;

/**
 * SiprecFrontLimits:
 * @connections: at a time, altogether
 * @connections_per_address: at a time, from one source, see siprec_source_of()
 * @handshake_ms: for the TLS handshake
 * @silent_ms: until the first message; keep-alives are none
 * @message_ms: from the first byte of a message to its last one
 * @keepalive_ms: after so much silence the front sends a keep-alive (RFC 5626 section 4.4.1)
 */
typedef struct {
  guint connections;
  guint connections_per_address;
  guint handshake_ms;
  guint silent_ms;
  guint message_ms;
  guint keepalive_ms;
} SiprecFrontLimits;

#define SIPREC_FRONT_LIMITS                                                                        \
  ((SiprecFrontLimits){.connections = 10000,                                                       \
                       .connections_per_address = 1000,                                            \
                       .handshake_ms = 10000,                                                      \
                       .silent_ms = 32000,                                                         \
                       .message_ms = 10000,                                                        \
                       .keepalive_ms = 120000})

/**
 * SiprecFrontRefusal:
 * @address: of the peer
 * @transport: "tcp" or "tls"
 * @identities: (nullable): what its certificate proves
 * @reason: for people: one sentence or two, with what can be done
 *
 * Of a connection that came to nothing.
 */
typedef struct {
  const gchar *address;
  const gchar *transport;
  const gchar *const *identities;
  const gchar *reason;
} SiprecFrontRefusal;

/**
 * SiprecFrontHandler:
 * @wanted: asks the stack to connect to the front for the connection called @id
 * @may_connect: (nullable): FALSE if nobody may do anything who connects from @address and is one of @identities (nullable)
 *   by his certificate; @unproven: his certificate is still to come
 * @refused: (nullable): a connection came to nothing. Of many in a second the first ones are told
 *
 * All are called in the front's thread.
 */
typedef struct {
  void (*wanted) (SiprecFront *front, const gchar *id, gpointer user_data);
  gboolean (*may_connect) (SiprecFront *front, const gchar *address, const gchar *const *identities,
                           gboolean unproven, gpointer user_data);
  void (*refused) (SiprecFront *front, const SiprecFrontRefusal *refusal, gpointer user_data);
} SiprecFrontHandler;

/* Returns: NULL with an ADDRESS error if there is no socket to be had */
SIPREC_API SiprecFront *siprec_front_new (const SiprecFrontHandler *handler, gpointer user_data,
                                          GError **error);

/* Closes all connections; waits for the thread. */
SIPREC_API void siprec_front_free (SiprecFront *front);

/* Before the start. */
SIPREC_API void siprec_front_set_limits (SiprecFront *front, const SiprecFrontLimits *limits);

/* Listens on @host, an address or a name, also the wildcard, before the start. @tls needs a context.
 * Returns: the port, or 0 with errno set */
SIPREC_API guint16 siprec_front_listen (SiprecFront *front, const gchar *host, guint16 port,
                                        gboolean tls);

/* Takes the last siprec_front_listen() back. */
SIPREC_API void siprec_front_unlisten (SiprecFront *front);

/* Begins to take connections. */
SIPREC_API void siprec_front_start (SiprecFront *front);

/* What new connections use from now on. From any thread. */
SIPREC_API void siprec_front_set_tls (SiprecFront *front, SiprecTlsContext *context);

/* "host:port" where the stack is to connect. */
SIPREC_API const gchar *siprec_front_inner (SiprecFront *front);

/**
 * SiprecDial:
 * @tls: the server's certificate is verified, and must be for one of @identities or for @address
 * @address, @port: where to
 * @local_address, @local_port: what we call ourselves
 * @identities: (nullable): SIP domains or users
 *
 * A connection that the front is to make.
 */
typedef struct {
  gboolean tls;
  const gchar *address;
  guint16 port;
  const gchar *local_address;
  guint16 local_port;
  const gchar *const *identities;
} SiprecDial;

/* Begins to connect; requests that the stack sends there are answered 503 if that fails. From any
 * thread. Returns: the id to name at the inner port (transfer full) */
SIPREC_API gchar *siprec_front_dial (SiprecFront *front, const SiprecDial *dial);

/* Our address for a peer, and the port of the listener that it is to reach us by; @preferred: (nullable):
 * which one if there are several, or all. Returns: (nullable): NULL if there is none with that @tls */
SIPREC_API gchar *siprec_front_choose (SiprecFront *front, gboolean tls, const gchar *preferred,
                                       guint16 *port);

/* Number of connections of peers. From any thread. */
SIPREC_API guint siprec_front_n_connections (SiprecFront *front);

/* How often its thread has woken up: who waits for a peer or the stack must sleep. From any thread. */
SIPREC_API guint siprec_front_n_turns (SiprecFront *front);

G_END_DECLS
