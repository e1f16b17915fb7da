/* siprec-core: one RTP payload format of a stream
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "../api.h"
#include "../video/codec.h"

G_BEGIN_DECLS

/* What is done with the packets of a payload type. */
typedef enum {
  SIPREC_PAYLOAD_OPAQUE, /* passed on whole, as application/x-rtp */
  SIPREC_PAYLOAD_PCMU,
  SIPREC_PAYLOAD_PCMA,
  SIPREC_PAYLOAD_G722,
  SIPREC_PAYLOAD_G729,
  SIPREC_PAYLOAD_OPUS,
  SIPREC_PAYLOAD_L16,
  SIPREC_PAYLOAD_GSM,
  SIPREC_PAYLOAD_AMR,
  SIPREC_PAYLOAD_AMR_WB,
  SIPREC_PAYLOAD_ILBC,
  SIPREC_PAYLOAD_G726,      /* RFC 3551 packing */
  SIPREC_PAYLOAD_G726_AAL2, /* ITU-T I.366.2 packing */
  SIPREC_PAYLOAD_VIDEO,     /* its packets are given out whole, and depayloaded by the consumer */
  SIPREC_PAYLOAD_RETRANSMISSION,  /* RFC 4588: lost packets of another format */
  SIPREC_PAYLOAD_RED,             /* RFC 2198, of video: other packets, wrapped */
  SIPREC_PAYLOAD_FEC,             /* RFC 5109, of video: what repairs losses */
  SIPREC_PAYLOAD_TELEPHONE_EVENT, /* RFC 4733: events, never audio */
  SIPREC_PAYLOAD_COMFORT_NOISE,   /* RFC 3389: never audio */
} SiprecPayload;

/**
 * SiprecFormat:
 * @pt: RTP payload type, 0 to 127
 * @payload: how it is depayloaded
 * @encoding_name: as in rtpmap, upper case
 * @clock_rate: RTP clock in Hz, never 0
 * @channels: 1 or more for audio
 * @octet_aligned: AMR and AMR-WB: octet-aligned payload (RFC 4867), else bandwidth-efficient
 * @mode: Retransmission: payload type of what is sent again. iLBC: frame length in ms, 20 or 30. G.726: bits a sample, 2 to 5. Else 0
 * @video: of SIPREC_PAYLOAD_VIDEO: its codec, else NULL
 * @is_video: of a video line, whatever is done with it
 * @caps: of depayloaded buffers; application/x-rtp for SIPREC_PAYLOAD_OPAQUE; NULL for events and
 *   comfort noise, and for video, whose pictures tell
 * @rtp_caps: application/x-rtp caps of the packets themselves
 *
 * Immutable; reference counted.
 */
typedef struct {
  gint ref_count;
  guint8 pt;
  SiprecPayload payload;
  gchar *encoding_name;
  guint32 clock_rate;
  guint channels;
  gboolean octet_aligned;
  guint mode;
  const SiprecVideoCodec *video;
  gboolean is_video;
  GstCaps *caps;
  GstCaps *rtp_caps;
} SiprecFormat;

/**
 * siprec_format_new:
 * @media: "audio", "video", "text" or "application"
 * @fmtp: (nullable): the parameters of a=fmtp without the payload type ("octet-align=1; mode-set=7")
 *
 * Picks the payload kind and the caps from @encoding_name (any case) and the parameters. A name that
 * is not known becomes SIPREC_PAYLOAD_OPAQUE. @clock_rate 0 is taken as 8000.
 */
SIPREC_API SiprecFormat *siprec_format_new (const gchar *media, guint8 pt,
                                            const gchar *encoding_name, guint32 clock_rate,
                                            guint channels, const gchar *fmtp);
SIPREC_API SiprecFormat *siprec_format_ref (SiprecFormat *format);
SIPREC_API void siprec_format_unref (SiprecFormat *format);

/* TRUE if both describe the same packets: payload type, name, clock, channels and parameters. */
SIPREC_API gboolean siprec_format_equal (const SiprecFormat *a, const SiprecFormat *b);

/* TRUE if @encoding_name (any case) is that of media which can be depayloaded. */
SIPREC_API gboolean siprec_format_is_codec (const gchar *encoding_name);

/* TRUE if packets of @format are passed on whole: opaque ones, and those of video. */
SIPREC_API gboolean siprec_format_is_packets (const SiprecFormat *format);

/* TRUE for what is no media: telephone-event, comfort noise, and what wraps, repeats or repairs packets. */
SIPREC_API gboolean siprec_format_is_auxiliary (const SiprecFormat *format);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecFormat, siprec_format_unref)

G_END_DECLS
