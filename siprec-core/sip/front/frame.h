/* siprec-core: where a SIP message ends in a stream of bytes (RFC 3261 section 18.3)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../../api.h"

G_BEGIN_DECLS

/* A header section that is longer is refused, and so is a longer message. */
#define SIPREC_FRAME_MAX_HEADER  (40 * 1024)
#define SIPREC_FRAME_MAX_MESSAGE (512 * 1024)

typedef enum {
  SIPREC_FRAME_PARTIAL,
  SIPREC_FRAME_COMPLETE,
  SIPREC_FRAME_BAD, /* no SIP, or nobody can tell where it ends */
  SIPREC_FRAME_TOO_LARGE,
} SiprecFrameState;

/**
 * SiprecFrame:
 * @searched: how far a line end has been looked for
 * @line: start of the line that has no end yet
 * @header_length: length up to the empty line and with it, 0 while that isn't known
 * @body_length: from Content-Length, -1 while that isn't known
 *
 * How far the message at the front of a buffer is known. Set it to SIPREC_FRAME_INIT for a new one.
 */
typedef struct {
  gsize searched;
  gsize line;
  gsize header_length;
  gint64 body_length;
} SiprecFrame;

#define SIPREC_FRAME_INIT ((SiprecFrame){.body_length = -1})

/* Goes on where the last call for the same message ended; looks at every byte once, so that it costs
 * the same however the bytes come. @data: all bytes of the message so far, and of those that follow
 * it. */
SIPREC_API SiprecFrameState siprec_frame_scan (SiprecFrame *frame, const gchar *data, gsize length);

/* Length of a complete message. */
SIPREC_API gsize siprec_frame_length (const SiprecFrame *frame);

G_END_DECLS
