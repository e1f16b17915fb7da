/* siprec-core: message bodies, RFC 2046 multipart and RFC 5621 handling
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../api.h"

G_BEGIN_DECLS

/**
 * SiprecBodyPart:
 * @content_type: media type in lower case, without parameters ("application/sdp"); never NULL
 * @disposition: disposition type in lower case ("recording-session"), or NULL
 * @optional: the sender said handling=optional (RFC 5621 section 3.2; the default is required)
 * @data: the bytes of the part
 */
typedef struct {
  gchar *content_type;
  gchar *disposition;
  gboolean optional;
  GBytes *data;
} SiprecBodyPart;

/**
 * siprec_body_split:
 * @content_type: (nullable): the Content-Type header's value, with parameters
 * @content_disposition: (nullable): the Content-Disposition header's value
 * @body: (nullable): the body
 * @deviations: (nullable): where departures that were tolerated are noted
 * @error: SYNTAX if the body is no multipart although it says so
 *
 * Cuts a body into its leaf parts; nested multiparts are flattened, a body that is not multipart is
 * one part, an empty body none. At most 32 parts, four levels, 64 header lines a part. Tolerates
 * what clients send: LF line ends, preamble and epilogue, missing closing boundary, spaces around
 * boundaries, wrong inner Content-Length, missing Content-Disposition, any case, no space after
 * colons, boundary parameter missing (found from the first line that starts with "--").
 *
 * Returns: (element-type SiprecBodyPart): a list that owns its elements, or NULL with @error.
 */
SIPREC_API GPtrArray *siprec_body_split (const gchar *content_type,
                                         const gchar *content_disposition, GBytes *body,
                                         GPtrArray *deviations, GError **error);

/* The first part whose type is @content_type, or NULL. */
SIPREC_API const SiprecBodyPart *siprec_body_find (GPtrArray *parts, const gchar *content_type);

/* TRUE for the media types of recording metadata: application/rs-metadata+xml (RFC 9806) and the
 * application/rs-metadata of RFC 7866, which most clients still send. */
SIPREC_API gboolean siprec_body_is_metadata (const SiprecBodyPart *part);

G_END_DECLS
