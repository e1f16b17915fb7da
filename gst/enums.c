/* gst-siprec: the enumerations as GTypes, with the texts that gst-inspect shows
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enums.h"

#include "siprec-core/endpoint/endpoint.h"

#define DEFINE_ENUM(Name, name, ...)                                                               \
  GType gst_siprec_##name##_get_type (void)                                                        \
  {                                                                                                \
    static gsize type = 0;                                                                         \
    static const GEnumValue values[] = {__VA_ARGS__, {0, NULL, NULL}};                             \
    if (g_once_init_enter (&type)) {                                                               \
      GType made = g_enum_register_static ("GstSiprec" #Name, values);                             \
      gst_type_mark_as_plugin_api (made, 0);                                                       \
      g_once_init_leave (&type, made);                                                             \
    }                                                                                              \
    return type;                                                                                   \
  }

DEFINE_ENUM (Output, output,
             {GST_SIPREC_OUTPUT_ENCODED, "Depayloaded media (audio/x-mulaw and so on)", "encoded"},
             {GST_SIPREC_OUTPUT_RTP, "The RTP packets, in order (application/x-rtp)", "rtp"})

DEFINE_ENUM (PushMode, push_mode,
             {GST_SIPREC_PUSH_MODE_PAD, "A streaming thread for each pad", "pad"},
             {GST_SIPREC_PUSH_MODE_SHARED,
              "A few threads for all calls of the context, one more for each pad that blocks",
              "shared"})

DEFINE_ENUM (MetadataFormat, metadata_format,
             {GST_SIPREC_METADATA_FORMAT_JSON, "All events, one CloudEvents JSON object a line",
              "json"},
             {GST_SIPREC_METADATA_FORMAT_XML, "The RFC 7865 metadata documents as received", "xml"},
             {GST_SIPREC_METADATA_FORMAT_TEXT,
              "Captions such as \"Alice joined\" (text/x-raw), for a subtitle track", "text"})

DEFINE_ENUM (SessionState, session_state,
             {GST_SIPREC_SESSION_STATE_IDLE, "Takes no session", "idle"},
             {GST_SIPREC_SESSION_STATE_WAITING, "Waits for a session", "waiting"},
             {GST_SIPREC_SESSION_STATE_OFFERED, "Asks the application about a session", "offered"},
             {GST_SIPREC_SESSION_STATE_ACTIVE, "Receives a session", "active"},
             {GST_SIPREC_SESSION_STATE_ENDED, "The session is over", "ended"})

DEFINE_ENUM (Fill, fill, {SIPREC_FILL_NONE, "Nothing", "none"},
             {SIPREC_FILL_GAP, "GAP events", "gap"},
             {SIPREC_FILL_SILENCE,
              "Silence flagged GAP in formats that have it, GAP events in others", "silence"})

DEFINE_ENUM (Strictness, strictness,
             {SIPREC_STRICTNESS_LENIENT, "Accept departures from the RFCs and report them",
              "lenient"},
             {SIPREC_STRICTNESS_STRICT, "Refuse departures from the RFCs", "strict"})

DEFINE_ENUM (Accept, accept,
             {SIPREC_ACCEPT_SIPREC,
              "INVITEs that bear a mark of a recording session: option tag, feature tag, metadata",
              "siprec"},
             {SIPREC_ACCEPT_ANY, "Every INVITE", "any"})

DEFINE_ENUM (SrtpPolicy, srtp_policy,
             {SIPREC_SRTP_OPTIONAL, "Encrypted where the client offers it", "optional"},
             {SIPREC_SRTP_REQUIRED, "Encrypted, or not at all", "required"},
             {SIPREC_SRTP_DISABLED, "Never encrypted", "disabled"})

DEFINE_ENUM (Latch, latch,
             {SIPREC_LATCH_FIRST, "The first that sends media, until it falls silent", "first"},
             {SIPREC_LATCH_SIGNALLED, "The host that the SDP names, or the SIP peer behind NAT",
              "signalled"},
             {SIPREC_LATCH_ANY, "Any", "any"})

DEFINE_ENUM (NtpTimeSource, ntp_time_source,
             {SIPREC_NTP_TIME_SOURCE_NTP, "NTP time, since 1900 (timestamp/x-ntp)", "ntp"},
             {SIPREC_NTP_TIME_SOURCE_UNIX, "UNIX time, since 1970 (timestamp/x-unix)", "unix"})
