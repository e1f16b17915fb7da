/* siprec-core: the DTLS handshakes on one socket of a stream
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../srtp/dtls.h"
#include "../srtp/srtp.h"
#include "reader.h"

G_BEGIN_DECLS

/* Sends one datagram through the socket. */
typedef void (*SiprecHandshakeSend) (gpointer user_data, const SiprecAddress *to,
                                     const guint8 *data, gsize size);

/* How sure it is that an address is the client's. */
typedef enum {
  SIPREC_TRUST_STRANGER,
  SIPREC_TRUST_SIGNALLED, /* the SDP names that host */
  SIPREC_TRUST_NOMINATED, /* the client has chosen that way by ICE */
  SIPREC_N_TRUSTS
} SiprecTrust;

/**
 * SiprecHandshake:
 * @fingerprints, @active, @tls_id, @place: what was agreed last
 * @wanted: it asked for a new association, so that the stream fails with it
 * @due: active: an association is to be begun
 * @listener: (nullable): passive: what asks those who would begin one for a cookie
 * @dtls: (nullable): the association under way
 * @peer, @trust: whom it is with
 * @since: when it began
 * @begun: passive: when one was begun last with somebody as sure as that
 * @done: (nullable): the association that gave the keys, for as long as there is no newer one; it may have to send its
 *   last flight again
 * @fresh: its keys weren't taken yet
 * @n_failures: how many failed since the last one that didn't. Anybody can send a bad handshake, so that a failure is
 *   not the end
 * @resume: when an active one may begin again
 * @told: when each kind of failure was told last; 0 for never
 *
 * Belongs to one worker.
 */
typedef struct {
  SiprecHandshakeSend send;
  gpointer user_data;
  SiprecFingerprints fingerprints;
  gboolean active;
  gchar *tls_id, *place;
  gboolean wanted, due;
  SiprecDtls *listener;
  SiprecAddress asking; /* whom the listener hears */
  SiprecDtls *dtls;
  SiprecAddress peer;
  SiprecTrust trust;
  GstClockTime since;
  GstClockTime begun[SIPREC_N_TRUSTS];
  SiprecDtls *done;
  SiprecAddress done_peer;
  gboolean fresh;
  guint n_failures;
  GstClockTime resume;
  GstClockTime told[SIPREC_N_DTLS_FAILURES];
} SiprecHandshake;

SIPREC_API void siprec_handshake_clear (SiprecHandshake *handshake);

/* Awaits the peer with one of those certificates, or begins with it. What was agreed already goes on, unless the client
 * shows that it wants another association (RFC 8842 section 3): the old one's keys count until the new one has its own. A
 * passive side takes a new association at any time. */
SIPREC_API void siprec_handshake_expect (SiprecHandshake *handshake,
                                         const SiprecProtection *protection);

/* A DTLS record from the socket. FALSE if it is from somebody else than the peer. Whoever shows a cookie may begin a
 * handshake; while another one is under way, only who is more trusted, or after it got nowhere for a while. */
SIPREC_API gboolean siprec_handshake_input (SiprecHandshake *handshake,
                                            const SiprecDatagram *datagram, SiprecTrust trust);

/* Time passes; @remote (nullable) is where an active one begins, and goes on if the client has moved. */
SIPREC_API void siprec_handshake_tick (SiprecHandshake *handshake, const SiprecAddress *remote,
                                       GstClockTime now);

/* Gives the keys to @srtp once there are some. */
void siprec_handshake_give_keys (SiprecHandshake *handshake, SiprecSrtp *srtp);

/* Why it failed, else SIPREC_DTLS_NO_FAILURE; the same only every ten seconds. A passive one waits for the next peer
 * then, an active one begins again after a pause. */
SIPREC_API SiprecDtlsFailure siprec_handshake_take_failure (SiprecHandshake *handshake,
                                                            GstClockTime now);

G_END_DECLS
