/* siprec-core: STUN binding requests (RFC 8489), as ICE uses them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "address.h"

G_BEGIN_DECLS

/* Room for any response of ours, which begins at a multiple of four. */
#define SIPREC_STUN_MAX_RESPONSE 128

/**
 * SiprecStunRequest:
 * @id: transaction id
 * @username: of @username_size octets, in the message; NULL if there is none
 * @use_candidate: the peer nominates this pair (RFC 8445 section 7.1.2)
 * @controlled: the peer thinks that we decide
 * @unknown: an attribute that we would have to understand, or 0
 */
typedef struct {
  guint8 id[12];
  const gchar *username;
  gsize username_size;
  gboolean use_candidate;
  gboolean controlled;
  guint16 unknown;
} SiprecStunRequest;

/* Whether a datagram on a media port is STUN (RFC 7983 section 7). */
SIPREC_API gboolean siprec_stun_is_message (const guint8 *data, gsize size);

/* Whether it asks for an answer: other messages of a client are keepalives. */
gboolean siprec_stun_is_request (const guint8 *data, gsize size);

/* Reads a binding request whose integrity is that of @password. FALSE for all else. */
SIPREC_API gboolean siprec_stun_read (SiprecStunRequest *request, const guint8 *data, gsize size,
                                      const gchar *password);

/* Writes the response with the address @from that the request came from, or with @error (420, 487) if that isn't 0.
 * Returns its size. */
SIPREC_API gsize siprec_stun_respond (const SiprecStunRequest *request, guint error,
                                      const SiprecAddress *from, const gchar *password,
                                      guint8 *out);

#define SIPREC_STUN_INDICATION_SIZE 28

/* Writes a binding indication, which nobody answers: it keeps bindings of NATs alive (RFC 8445 section 11). Returns
 * its size. */
SIPREC_API gsize siprec_stun_indicate (guint8 out[SIPREC_STUN_INDICATION_SIZE]);

G_END_DECLS
