/* siprec-core: a SIP message as plain data, owing nothing to the SIP stack
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../api.h"

G_BEGIN_DECLS

/* The bodies that are understood, for Accept headers. */
#define SIPREC_ACCEPTED                                                                            \
  "application/sdp, application/rs-metadata+xml, application/rs-metadata, multipart/mixed"

typedef struct {
  gchar *name;
  gchar *value;
} SiprecHeader;

/**
 * SiprecRequest:
 * @method: "INVITE"
 * @uri: Request-URI
 * @call_id: Call-ID
 * @from: From as sent; @from_tag its tag (nullable)
 * @to: To as sent; @to_tag its tag (nullable)
 * @contact: (nullable): the first Contact as sent, with its parameters
 * @cseq: CSeq number
 * @required: option tags of Require, NULL-terminated
 * @headers: (element-type SiprecHeader): all headers in their order, names in canonical form
 * @content_type: (nullable): with parameters
 * @content_disposition: (nullable): with parameters
 * @bare_lf: its header lines end with LF in place of CRLF
 * @body: (nullable): the bytes of the body, never interpreted by the SIP stack
 * @transport: "udp", "tcp" or "tls", the one it came by
 * @remote_address: the source address; IPv6 without brackets
 * @remote_port: the source port
 * @local_address: the address it was sent to
 * @local_port: the port it was sent to
 * @arrived: g_get_monotonic_time() when its last byte came, if that is known, else 0
 * @identities: (nullable): what the certificate of a TLS peer proves (RFC 5922 section 7.1), best first,
 *   NULL-terminated; NULL unless it was verified
 *
 * A copy of a request or response (@status > 0), safe to hand to any thread.
 */
typedef struct {
  gint ref_count;
  gchar *method;
  guint status;
  gchar *uri;
  gchar *call_id;
  gchar *from;
  gchar *from_tag;
  gchar *to;
  gchar *to_tag;
  gchar *contact;
  guint32 cseq;
  gchar **required;
  GPtrArray *headers;
  gchar *content_type;
  gchar *content_disposition;
  gboolean bare_lf;
  GBytes *body;
  gchar *transport;
  gchar *remote_address;
  guint16 remote_port;
  gchar *local_address;
  guint16 local_port;
  gint64 arrived;
  gchar **identities;
} SiprecRequest;

/* An empty request, for the agent and for tests; fill in the fields. */
SIPREC_API SiprecRequest *siprec_request_new (void);
SIPREC_API SiprecRequest *siprec_request_ref (SiprecRequest *request);
SIPREC_API void siprec_request_unref (SiprecRequest *request);

/* Appends a header; both are copied. */
SIPREC_API void siprec_request_add_header (SiprecRequest *request, const gchar *name,
                                           const gchar *value, gssize length);

/* Removes the first header called @name (any case). FALSE if there is none. */
SIPREC_API gboolean siprec_request_drop_header (SiprecRequest *request, const gchar *name);

/* Value of the first header called @name (any case), or NULL. Owned by @request. */
SIPREC_API const gchar *siprec_request_header (const SiprecRequest *request, const gchar *name);

/* TRUE if a header called @name, a comma list, has @token (any case). */
SIPREC_API gboolean siprec_request_lists (const SiprecRequest *request, const gchar *name,
                                          const gchar *token);

/* TRUE if a Require header lists @option_tag. */
SIPREC_API gboolean siprec_request_requires (const SiprecRequest *request, const gchar *option_tag);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecRequest, siprec_request_unref)

G_END_DECLS
