/* siprec-core: keys for SRTP from a DTLS handshake (RFC 5763, RFC 5764)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "protection.h"

G_BEGIN_DECLS

typedef enum {
  SIPREC_DTLS_HANDSHAKING,
  SIPREC_DTLS_DONE,
  SIPREC_DTLS_FAILED,
} SiprecDtlsState;

/* Why it failed. */
typedef enum {
  SIPREC_DTLS_NO_FAILURE,
  SIPREC_DTLS_BAD_FINGERPRINT, /* the certificate is not the one that the SDP names */
  SIPREC_DTLS_BAD_HANDSHAKE,   /* no agreement, or no suite of SRTP */
  SIPREC_DTLS_TIMEOUT,
  SIPREC_N_DTLS_FAILURES
} SiprecDtlsFailure;

/**
 * SiprecDtls:
 *
 * One association, of one socket with one peer. It never waits: datagrams are put in as they come, what is to be sent
 * is given to a function, and time passes with siprec_dtls_tick(). For one thread.
 */
typedef struct _SiprecDtls SiprecDtls;

/* Sends one datagram to the peer. */
typedef void (*SiprecDtlsSend) (gpointer user_data, const guint8 *data, gsize size);

/* The fingerprint of our own certificate, which is made once in the process. FALSE if OpenSSL can't. */
SIPREC_API gboolean siprec_dtls_get_fingerprint (SiprecFingerprint *fingerprint);

/**
 * siprec_dtls_new:
 * @active: we begin, at the first tick; else the peer does
 * @remote: of the certificate that the peer must show
 *
 * A passive one listens at first, to whoever it may be: what it sends is for who sent the last datagram.
 */
SIPREC_API SiprecDtls *siprec_dtls_new (gboolean active, const SiprecFingerprints *remote,
                                        SiprecDtlsSend send, gpointer user_data);
SIPREC_API void siprec_dtls_free (SiprecDtls *dtls);

/* What is to be sent from now on goes there. */
SIPREC_API void siprec_dtls_set_send (SiprecDtls *dtls, SiprecDtlsSend send);

/* Who sends what comes next, in any form that is its own, of 32 octets at most. While listening a cookie is only
 * good for one place. */
SIPREC_API void siprec_dtls_set_place (SiprecDtls *dtls, gconstpointer place, gsize size);

/* A datagram from the peer. */
SIPREC_API SiprecDtlsState siprec_dtls_input (SiprecDtls *dtls, const guint8 *data, gsize size);

/* Sends again what was lost; gives up after half a minute, which begins for a passive side when the peer does. */
SIPREC_API SiprecDtlsState siprec_dtls_tick (SiprecDtls *dtls, GstClockTime now);

/* TRUE until somebody has asked for a handshake and shown a cookie: nothing is kept of anybody before. */
SIPREC_API gboolean siprec_dtls_is_listening (const SiprecDtls *dtls);

SIPREC_API SiprecDtlsState siprec_dtls_get_state (const SiprecDtls *dtls);
SIPREC_API SiprecDtlsFailure siprec_dtls_get_failure (const SiprecDtls *dtls);

/* When it is done: what each side encrypts with. */
SIPREC_API gboolean siprec_dtls_get_keys (SiprecDtls *dtls, SiprecKeying *local,
                                          SiprecKeying *remote);

/* Whether a datagram is a DTLS record (RFC 7983 section 7). */
SIPREC_API gboolean siprec_dtls_is_record (const guint8 *data, gsize size);

/* Whether it is one that a handshake begins with; @first, and not one that brings a cookie. */
gboolean siprec_dtls_is_hello (const guint8 *data, gsize size, gboolean *first);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecDtls, siprec_dtls_free)

G_END_DECLS
