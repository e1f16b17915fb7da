/* siprec-core: an SDP offer, read and checked
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/sdp/gstsdpmessage.h>

#include "../media/format.h"
#include "security.h"

G_BEGIN_DECLS

typedef enum {
  SIPREC_MEDIA_AUDIO,
  SIPREC_MEDIA_VIDEO,
  SIPREC_MEDIA_SCREEN,  /* video with a=content:slides (RFC 4796) */
  SIPREC_MEDIA_TEXT,    /* m=text: T.140 */
  SIPREC_MEDIA_MESSAGE, /* m=message: MSRP */
  SIPREC_MEDIA_OTHER,
} SiprecMediaKind;

/* In place of an m-line: all, and those to come. */
#define SIPREC_ALL_LINES (-1)

/* As the line says it, so seen from the recording client. */
typedef enum {
  SIPREC_DIRECTION_SENDRECV,
  SIPREC_DIRECTION_SENDONLY,
  SIPREC_DIRECTION_RECVONLY,
  SIPREC_DIRECTION_INACTIVE,
} SiprecDirection;

/**
 * SiprecMline:
 * @index: place in the SDP, from 0
 * @kind: what it carries
 * @media: the media token as sent ("audio")
 * @proto: the transport token as sent ("RTP/AVP")
 * @label: (nullable): a=label (RFC 4574), opaque
 * @mid: (nullable): a=mid
 * @lang: (nullable): a=lang
 * @port: 0 if the line is refused or disabled
 * @address: (nullable): its c= address, or the session's
 * @rtcp_address: (nullable): the one of a=rtcp (RFC 3605), if it has one
 * @rtcp_port: a=rtcp, else @port + 1, else 0
 * @rtcp_mux: a=rtcp-mux (RFC 5761) is offered
 * @direction: its own or the session's; absent means sendrecv (RFC 3264)
 * @held: nothing will be sent: inactive, recvonly, or c=0.0.0.0 (RFC 2543 style)
 * @transport: what @proto stands for
 * @rtp: it is RTP
 * @security: what is said about keys
 * @ptime: a=ptime in ms, or 0
 * @feedback: SiprecFeedback flags that are offered, of each payload type
 * @formats: (element-type SiprecFormat): in the order of preference; empty unless RTP
 */
typedef struct {
  guint index;
  SiprecMediaKind kind;
  gchar *media;
  gchar *proto;
  gchar *label;
  gchar *mid;
  gchar *lang;
  guint16 port;
  gchar *address;
  gchar *rtcp_address;
  guint16 rtcp_port;
  gboolean rtcp_mux;
  SiprecDirection direction;
  gboolean held;
  SiprecTransport transport;
  gboolean rtp;
  SiprecSecurity *security;
  guint ptime;
  guint8 feedback[128];
  GPtrArray *formats;
} SiprecMline;

/**
 * SiprecOffer:
 * @sdp: the whole message, for the `on-sdp` signal and for attributes not read here. Its text has no
 *   control characters, and asterisks in place of keys and passwords
 * @mlines: (element-type SiprecMline): in order
 */
typedef struct {
  GstSDPMessage *sdp;
  GPtrArray *mlines;
} SiprecOffer;

/**
 * siprec_offer_parse:
 * @data: an SDP body, untrusted
 * @deviations: (nullable): where departures that were tolerated are noted
 * @error: SYNTAX
 *
 * Reads and checks an SDP offer. Accepts at most 64 KiB and 64 media lines; static payload types
 * without rtpmap (RFC 3551 table), unknown attributes and lines, a missing o=, t= or c=. Refuses what
 * is no SDP (no v=0, neither o= nor m-line, ports that are no number).
 *
 * Returns: the offer, or NULL with @error. Free with siprec_offer_free().
 */
SIPREC_API SiprecOffer *siprec_offer_parse (GBytes *data, GPtrArray *deviations, GError **error);
SIPREC_API void siprec_offer_free (SiprecOffer *offer);

/* "audio", "video", "screen", "text", "message" or "other". Static. */
SIPREC_API const gchar *siprec_media_kind_name (SiprecMediaKind kind);

/* "sendrecv", "sendonly", "recvonly" or "inactive". Static. */
SIPREC_API const gchar *siprec_direction_name (SiprecDirection direction);

/* TRUE for cameras and screens. */
SIPREC_API gboolean siprec_mline_is_video (const SiprecMline *mline);

/* The m-line at @index, or NULL. */
SIPREC_API const SiprecMline *siprec_offer_mline (const SiprecOffer *offer, guint index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecOffer, siprec_offer_free)

G_END_DECLS
