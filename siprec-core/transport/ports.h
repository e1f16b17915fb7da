/* siprec-core: pairs of UDP sockets for RTP and RTCP
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../api.h"

G_BEGIN_DECLS

/* Two bound non-blocking sockets: RTP on an even port, RTCP on the next (RFC 3550 section 11). They
 * stamp arrivals (SO_TIMESTAMPNS) and count what the kernel dropped (SO_RXQ_OVFL). */
typedef struct _SiprecPorts SiprecPorts;

/**
 * siprec_ports_new:
 * @address: local address to bind, IPv4 or IPv6
 * @first, @last: the range; pairs are tried in turn, beginning after the one taken last, so that a port
 *   is reused as late as possible, and one that was just freed only when there is no other
 * @buffer_size: SO_RCVBUF in bytes, 0 for the default of 256 KiB
 * @error: PORTS if none is free, ADDRESS if @address isn't local
 *
 * Thread safe.
 */
SIPREC_API SiprecPorts *siprec_ports_new (const gchar *address, guint16 first, guint16 last,
                                          guint buffer_size, GError **error);

/* Closes the sockets. */
SIPREC_API void siprec_ports_free (SiprecPorts *ports);

/* The RTP port; RTCP is the next one. */
SIPREC_API guint16 siprec_ports_get_port (const SiprecPorts *ports);

/* The sockets; they stay with @ports. */
SIPREC_API gint siprec_ports_get_rtp (const SiprecPorts *ports);
SIPREC_API gint siprec_ports_get_rtcp (const SiprecPorts *ports);

/* How many files the process may have open, after this has raised RLIMIT_NOFILE to its hard limit, once. */
SIPREC_API guint64 siprec_ports_get_file_limit (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecPorts, siprec_ports_free)

G_END_DECLS
