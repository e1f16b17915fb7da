/* siprec-core: what an SDP says about keys: a=crypto, a=fingerprint, a=setup, ICE
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/gstsdpmessage.h>

#include "../srtp/protection.h"

G_BEGIN_DECLS

/* The transports that RTP is offered with. */
typedef enum {
  SIPREC_TRANSPORT_OTHER, /* not RTP over UDP */
  SIPREC_TRANSPORT_PLAIN, /* RTP/AVP, RTP/AVPF */
  SIPREC_TRANSPORT_SRTP,  /* RTP/SAVP, RTP/SAVPF */
  SIPREC_TRANSPORT_DTLS,  /* UDP/TLS/RTP/SAVP, UDP/TLS/RTP/SAVPF (RFC 5764 section 8) */
} SiprecTransport;

/* What the transport token @proto stands for. */
SIPREC_API SiprecTransport siprec_transport_read (const gchar *proto);

/* a=setup (RFC 4145). */
typedef enum {
  SIPREC_SETUP_NONE,
  SIPREC_SETUP_ACTIVE,
  SIPREC_SETUP_PASSIVE,
  SIPREC_SETUP_ACTPASS,
  SIPREC_SETUP_HOLDCONN,
} SiprecSetup;

/**
 * SiprecCrypto:
 * @tag: what the answer refers to
 * @name: of the suite, in the spelling of the client
 * @keying: what the client encrypts with
 *
 * One a=crypto line that we can use (RFC 4568).
 */
typedef struct {
  guint tag;
  gchar *name;
  SiprecKeying keying;
} SiprecCrypto;

/**
 * SiprecSecurity:
 * @cryptos: (element-type SiprecCrypto): usable lines, in the order of the SDP
 * @fingerprints: of the client's certificate
 * @tls_id: (nullable): the client's name for the association (RFC 8842 section 4)
 * @setup: who begins DTLS
 * @ufrag, @pwd: (nullable): ICE credentials, if the client wants ICE with us (RFC 8445)
 *
 * All that one media line says about keys, its own or the session's.
 */
typedef struct {
  GPtrArray *cryptos;
  SiprecFingerprints fingerprints;
  SiprecSetup setup;
  gchar *tls_id;
  gchar *ufrag, *pwd;
} SiprecSecurity;

/* Reads @media; what can't be used is left out and noted in @deviations (nullable). */
SiprecSecurity *siprec_security_read (const GstSDPMessage *sdp, const GstSDPMedia *media,
                                      guint mline, GPtrArray *deviations);
void siprec_security_free (SiprecSecurity *security);

/* The line that we like best, or NULL. */
SIPREC_API const SiprecCrypto *siprec_security_choose (const SiprecSecurity *security);

/**
 * siprec_security_write:
 * @protection: (nullable): of the line
 * @address, @port: where RTP is received
 * @mux: RTCP is received there too, else at the next port
 *
 * Appends the attributes of a line in an answer, or in an offer of ours.
 */
void siprec_security_write (GString *sdp, const SiprecProtection *protection, const gchar *address,
                            guint16 port, gboolean mux);

/* Blots out the secrets of all attributes, so that @sdp may be shown to anybody. */
void siprec_security_redact (GstSDPMessage *sdp);

/* The same for one line of text, in place. */
SIPREC_API void siprec_security_redact_line (gchar *line);

G_END_DECLS
