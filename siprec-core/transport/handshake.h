/* siprec-core: the DTLS handshake on one socket of a stream
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../srtp/dtls.h"
#include "../srtp/srtp.h"
#include "reader.h"

G_BEGIN_DECLS

/* Sends one datagram through the socket. */
typedef void (*SiprecHandshakeSend) (gpointer user_data, const SiprecAddress *to,
                                     const guint8 *data, gsize size);

/**
 * SiprecHandshake:
 * @dtls: (nullable): the association under way, or the one that gave the keys
 * @peer: whom it is with; AF_UNSPEC until somebody is there
 * @since: when its first record came
 * @n_failures: how many associations failed. Anybody can send a bad handshake, so that a failure is not the end
 * @resume: when an active one may begin again
 * @told: when each kind of failure was told last; 0 for never
 *
 * Belongs to one worker.
 */
typedef struct {
  SiprecHandshakeSend send;
  gpointer user_data;
  SiprecFingerprint fingerprint;
  gboolean active;
  SiprecDtls *dtls;
  SiprecAddress peer;
  GstClockTime since;
  guint n_failures;
  GstClockTime resume;
  GstClockTime told[SIPREC_N_DTLS_FAILURES];
} SiprecHandshake;

SIPREC_API void siprec_handshake_clear (SiprecHandshake *handshake);

/* Awaits the peer with that certificate, or begins with it. What was agreed already goes on. */
SIPREC_API void siprec_handshake_expect (SiprecHandshake *handshake,
                                         const SiprecProtection *protection);

/* A DTLS record from the socket. FALSE if it is from somebody else than the peer. While a handshake gets nowhere
 * another peer may begin one: at once if it is @signalled, that is at an address that the client gave. */
SIPREC_API gboolean siprec_handshake_input (SiprecHandshake *handshake,
                                            const SiprecDatagram *datagram, gboolean signalled);

/* Time passes; @remote (nullable) is where an active one begins. */
SIPREC_API void siprec_handshake_tick (SiprecHandshake *handshake, const SiprecAddress *remote,
                                       GstClockTime now);

/* Gives the keys to @srtp once there are some. */
void siprec_handshake_give_keys (SiprecHandshake *handshake, SiprecSrtp *srtp);

/* Why it failed, else SIPREC_DTLS_NO_FAILURE; the same only every ten seconds. A passive one waits for the next peer
 * then, an active one begins again after a pause. */
SIPREC_API SiprecDtlsFailure siprec_handshake_take_failure (SiprecHandshake *handshake,
                                                            GstClockTime now);

G_END_DECLS
