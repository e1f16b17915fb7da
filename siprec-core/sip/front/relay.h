/* siprec-core: SIP messages on their way between a peer's connection and the stack
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../request.h"

G_BEGIN_DECLS

/**
 * SiprecRelay:
 * @id: of the connection
 * @number: of the message
 * @inner: "host:port" where the stack reaches the relay
 * @transport: "tcp" or "tls"
 * @remote_address, @remote_port: the peer's
 * @local_address, @local_port: ours, as the peer knows it
 * @identities: (nullable): what the peer's certificate proves (RFC 5922), best first
 * @peer: what siprec_relay_describe() makes of the six above
 *
 * The relay stands between the peer and the stack as a stateless proxy does (RFC 3261 section 16.11): a
 * request gets a Via of its own on top, which brings the response back, and that is taken off again. What
 * the stack can't know is told in a header of our own, which never leaves the process. A secret vouches
 * for it.
 *
 * Messages below are texts: a NUL stands somewhere behind their @length bytes.
 */
typedef struct {
  const gchar *id;
  guint64 number;
  const gchar *inner;
  const gchar *transport;
  const gchar *remote_address;
  guint16 remote_port;
  const gchar *local_address;
  guint16 local_port;
  const gchar *const *identities;
  const gchar *peer;
} SiprecRelay;

/* The header that tells of the peer. */
#define SIPREC_RELAY_HEADER "X-Siprec-Relay"

/* What the stack is told of the peer. (transfer full) */
SIPREC_API gchar *siprec_relay_describe (const SiprecRelay *relay);

/* Appends a complete message of the peer to @out as the stack is to get it. Returns: how many bytes, or 0 if it can't be
 * answered or isn't SIP */
SIPREC_API gsize siprec_relay_inward (const SiprecRelay *relay, const gchar *message,
                                      gsize header_length, gsize length, GString *out);

/* A complete message of the stack as the peer is to get it. Returns: (nullable): NULL if it isn't for
 * this peer */
SIPREC_API GString *siprec_relay_outward (const SiprecRelay *relay, const gchar *message,
                                          gsize header_length, gsize length);

/* The response @status ("400 Bad Request") to @message, by the relay itself. Returns: (nullable): NULL if
 * it is no request, or an ACK */
SIPREC_API GString *siprec_relay_refuse (const gchar *message, gsize length, const gchar *status);

/* Notes that the stack has a message with this @value of the relay's header. FALSE if that wasn't made by
 * siprec_relay_inward() in this process. */
SIPREC_API gboolean siprec_relay_pass (const gchar *value);

/* Takes what siprec_relay_inward() has told into @request, and the relay's own headers out of it. FALSE
 * if there is nothing of the sort. */
SIPREC_API gboolean siprec_relay_read (SiprecRequest *request);

G_END_DECLS
