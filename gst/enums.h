/* gst-siprec: the enumerations of the elements' properties
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What the media pads give. */
typedef enum {
  GST_SIPREC_OUTPUT_ENCODED,
  GST_SIPREC_OUTPUT_RTP,
} GstSiprecOutput;

/* Who pushes buffers. */
typedef enum {
  GST_SIPREC_PUSH_MODE_PAD,
  GST_SIPREC_PUSH_MODE_SHARED,
} GstSiprecPushMode;

typedef enum {
  GST_SIPREC_METADATA_FORMAT_JSON,
  GST_SIPREC_METADATA_FORMAT_XML,
  GST_SIPREC_METADATA_FORMAT_TEXT,
} GstSiprecMetadataFormat;

/* How far an element is with its recording session. */
typedef enum {
  GST_SIPREC_SESSION_STATE_IDLE,
  GST_SIPREC_SESSION_STATE_WAITING,
  GST_SIPREC_SESSION_STATE_OFFERED,
  GST_SIPREC_SESSION_STATE_ACTIVE,
  GST_SIPREC_SESSION_STATE_ENDED,
} GstSiprecSessionState;

#define GST_TYPE_SIPREC_OUTPUT (gst_siprec_output_get_type ())
GType gst_siprec_output_get_type (void);
#define GST_TYPE_SIPREC_PUSH_MODE (gst_siprec_push_mode_get_type ())
GType gst_siprec_push_mode_get_type (void);
#define GST_TYPE_SIPREC_METADATA_FORMAT (gst_siprec_metadata_format_get_type ())
GType gst_siprec_metadata_format_get_type (void);
#define GST_TYPE_SIPREC_SESSION_STATE (gst_siprec_session_state_get_type ())
GType gst_siprec_session_state_get_type (void);

/* The values of these are siprec-core's: SiprecFill, SiprecStrictness, SiprecAccept, SiprecSrtpPolicy,
 * SiprecLatchMode, SiprecNtpTimeSource. */
#define GST_TYPE_SIPREC_FILL (gst_siprec_fill_get_type ())
GType gst_siprec_fill_get_type (void);
#define GST_TYPE_SIPREC_STRICTNESS (gst_siprec_strictness_get_type ())
GType gst_siprec_strictness_get_type (void);
#define GST_TYPE_SIPREC_ACCEPT (gst_siprec_accept_get_type ())
GType gst_siprec_accept_get_type (void);
#define GST_TYPE_SIPREC_SRTP_POLICY (gst_siprec_srtp_policy_get_type ())
GType gst_siprec_srtp_policy_get_type (void);
#define GST_TYPE_SIPREC_LATCH (gst_siprec_latch_get_type ())
GType gst_siprec_latch_get_type (void);
#define GST_TYPE_SIPREC_NTP_TIME_SOURCE (gst_siprec_ntp_time_source_get_type ())
GType gst_siprec_ntp_time_source_get_type (void);

G_END_DECLS
