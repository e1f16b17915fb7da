/* siprec-core: payload types of an SDP media line, from rtpmap, fmtp and RFC 3551's static table
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/gstsdpmessage.h>

#include "../media/format.h"

G_BEGIN_DECLS

/**
 * siprec_codec_format:
 * @media: a media line whose text has no control characters
 * @pt: a payload type that it lists, 0 to 127
 * @deviations: (nullable): where departures that were tolerated are noted
 *
 * Makes the format of a payload type. Without a readable rtpmap the static table counts (RFC 3551
 * section 6); a dynamic type whose fmtp is a list of events is telephone-event.
 *
 * Returns: (nullable): the format, or NULL if nothing says what it is.
 */
SiprecFormat *siprec_codec_format (const GstSDPMedia *media, guint8 pt, GPtrArray *deviations);

/* The parameters of @pt as offered, without the payload type; NULL if there are none or if they are
 * absurdly long. Points into @media. */
const gchar *siprec_codec_fmtp (const GstSDPMedia *media, guint8 pt);

/* "opus/48000/2" for a=rtpmap: in the spelling of the offer if it has one, since some clients compare
 * exactly. Free with g_free(). */
gchar *siprec_codec_rtpmap (const GstSDPMedia *media, const SiprecFormat *format);

/* Reads a decimal number of at most @max, which an end or one of @delimiters must follow. Moves
 * *@text behind the number. */
gboolean siprec_codec_read_number (const gchar **text, const gchar *delimiters, guint max,
                                   guint *number);

G_END_DECLS
