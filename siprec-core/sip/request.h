/* siprec-core: a SIP message as plain data, owing nothing to the SIP stack
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../api.h"

G_BEGIN_DECLS

/* The bodies that are understood, for Accept headers. */
#define SIPREC_ACCEPTED                                                                            \
  "application/sdp, application/rs-metadata+xml, application/rs-metadata, multipart/mixed"

typedef struct {
  const gchar *name;
  const gchar *value;
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
 * A copy of a request or response (@status > 0), safe to hand to any thread. What it points to is in its own memory: whoever
 * sets a field takes it from siprec_request_text() or siprec_request_list(), or lets it be constant.
 */
typedef struct {
  gint ref_count;
  const gchar *method;
  guint status;
  const gchar *uri;
  const gchar *call_id;
  const gchar *from;
  const gchar *from_tag;
  const gchar *to;
  const gchar *to_tag;
  const gchar *contact;
  guint32 cseq;
  const gchar *const *required;
  GPtrArray *headers;
  const gchar *content_type;
  const gchar *content_disposition;
  gboolean bare_lf;
  GBytes *body;
  const gchar *transport;
  const gchar *remote_address;
  guint16 remote_port;
  const gchar *local_address;
  guint16 local_port;
  gint64 arrived;
  const gchar *const *identities;

  /*< private >*/
  struct _SiprecRequestBlock *blocks;
  gchar *room;
  gsize room_size;
} SiprecRequest;

/* An empty request, for the agent and for tests; fill in the fields. */
SIPREC_API SiprecRequest *siprec_request_new (void);

/* Same, with room for so many bytes of text; there may be more. */
SIPREC_API SiprecRequest *siprec_request_new_sized (gsize room);
SIPREC_API SiprecRequest *siprec_request_ref (SiprecRequest *request);
SIPREC_API void siprec_request_unref (SiprecRequest *request);

/* A copy of @text, nullable, in the memory of @request, and always UTF-8: others may put it into JSON or a
 * GstStructure. @length: -1 for up to its end. */
SIPREC_API gchar *siprec_request_text (SiprecRequest *request, const gchar *text, gssize length);

/* Same for a NULL-terminated list. */
SIPREC_API const gchar *const *siprec_request_list (SiprecRequest *request,
                                                    const gchar *const *list);

/* Appends a header; both are copied. */
SIPREC_API void siprec_request_add_header (SiprecRequest *request, const gchar *name,
                                           const gchar *value, gssize length);

/* Same without the copies: both live as long as @request does. */
SIPREC_API void siprec_request_take_header (SiprecRequest *request, const gchar *name,
                                            const gchar *value);

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
