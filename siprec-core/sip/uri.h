/* siprec-core: SIP URIs that we listen on or send to
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../api.h"

G_BEGIN_DECLS

/**
 * SiprecListenUri:
 * @host: IPv6 without brackets
 * @port: 0 for any
 * @transport: "udp", "tcp", "tls", or NULL for UDP and TCP on one port
 * @secure: it was written as sips:
 *
 * Where an agent listens.
 */
typedef struct {
  gchar *host;
  guint16 port;
  const gchar *transport;
  gboolean secure;
} SiprecListenUri;

/* Reads "sip:host[:port][;transport=udp|tcp|tls]" or "sips:host[:port]", which is TLS. Returns: NULL with a SETTINGS error if it is
 * anything else. */
SiprecListenUri *siprec_listen_uri_parse (const gchar *text, GError **error);

void siprec_listen_uri_free (SiprecListenUri *uri);

/* The URI as text with @port in place of its own. */
gchar *siprec_listen_uri_format (const SiprecListenUri *uri, guint16 port);

/* "host:port", with brackets around IPv6. */
gchar *siprec_host_port (const gchar *host, guint16 port);

/**
 * SiprecTargetUri:
 * @uri: for the Request-URI
 * @host: IPv6 without brackets
 * @transport: "udp", "tcp" or "tls"
 * @headers: "Name: value" lines, NULL-terminated
 *
 * Whom we call.
 */
typedef struct {
  gchar *uri;
  gchar *host;
  guint16 port;
  const gchar *transport;
  gchar **headers;
} SiprecTargetUri;

/* Reads "sip:[user@]host[:port][;parameters][?Name=value&...]" (RFC 3261 section 19.1.1). Returns: NULL with a
 * SETTINGS error if it is anything else, or has a header that is ours to write. */
SiprecTargetUri *siprec_target_uri_parse (const gchar *text, GError **error);

void siprec_target_uri_free (SiprecTargetUri *uri);

/* Finds the sip or sips URI in a Contact value, also in one that sofia can't parse since a bracket
 * is missing. Returns: (nullable) */
gchar *siprec_uri_salvage (const gchar *contact);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecListenUri, siprec_listen_uri_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecTargetUri, siprec_target_uri_free)

G_END_DECLS
