/* siprec-core: which RTCP feedback a media line allows (RFC 4585 section 4.2, RFC 5104 section 7.1)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/gstsdpmessage.h>

#include "../rtp/refresh.h"

G_BEGIN_DECLS

/**
 * siprec_feedback_read:
 * @media: a media line
 * @pt: a payload type of it
 *
 * Returns: SiprecFeedback flags: what a=rtcp-fb says of @pt, or of all with *. Only those that we have a use for.
 */
guint siprec_feedback_read (const GstSDPMedia *media, guint8 pt);

/* TRUE if @media has an a=rtcp-fb. */
gboolean siprec_feedback_is_offered (const GstSDPMedia *media);

/* Appends the a=rtcp-fb lines of an answer. */
void siprec_feedback_append (GString *out, guint8 pt, guint feedback);

G_END_DECLS
