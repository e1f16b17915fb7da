/* gst-siprec: the properties of siprecsrc, as gst-inspect shows them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc-properties.h"

#include "siprecsrc.h"
#include "siprec-core/sdp/proposal.h"

#define MAX_PADS              64
#define MAX_LATENCY           4000
#define MAX_METADATA_SIZE     (16 * 1024 * 1024)
#define MAX_METADATA_ELEMENTS 1000000
#define MAX_BUFFER_DURATION   (10 * GST_SECOND)

static GParamSpec *props[N_PROPS];

#define READY   (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define PLAYING (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)
#define TOLD    (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

/* What all users of an endpoint share. */
static void
install_endpoint_properties (void)
{
  props[PROP_LOCAL_URI] = g_param_spec_string (
      "local-uri", "Local URI",
      "Comma separated sip: and sips: URIs to listen on, each with host, port and optionally "
      ";transport=udp, tcp or tls (without it UDP and TCP; sips: is TLS and takes "
      "tls-certificate). Port 0 takes a free one, see actual-uri",
      DEFAULT_LOCAL_URI, READY);
  props[PROP_ENDPOINT] = g_param_spec_string (
      "endpoint", "Endpoint",
      "Name of a listener that elements and programs of this process share: its sessions go to the "
      "element that has waited longest. All must agree on what describes a listener: local-uri, "
      "media-address, port-range, external-address, udp-buffer-size, allow, and what begins with "
      "tls- or auth-. Unset makes a listener of the element's own",
      NULL, READY);
  props[PROP_MEDIA_ADDRESS] =
      g_param_spec_string ("media-address", "Media address",
                           "Local IP address that RTP is received at, or a comma list of several, "
                           "over which the sessions are "
                           "spread. Unset takes the one that the SIP request came to",
                           NULL, READY);
  props[PROP_PORT_RANGE] =
      g_param_spec_string ("port-range", "Port range",
                           "First and last UDP port for media, \"first-last\". A stream takes an "
                           "even port for RTP and the "
                           "next one for RTCP",
                           DEFAULT_PORT_RANGE, READY);
  props[PROP_EXTERNAL_ADDRESS] =
      g_param_spec_string ("external-address", "External address",
                           "Address written into SDP and Contact instead of the local one: behind "
                           "1:1 NAT, in clouds and "
                           "containers",
                           NULL, READY);
  props[PROP_UDP_BUFFER_SIZE] = g_param_spec_uint (
      "udp-buffer-size", "UDP buffer size",
      "Kernel receive buffer of each media socket in bytes; 0 for the kernel's default, which "
      "suits audio, and 1 MiB for video",
      0, G_MAXINT, 0, READY);
}

/* Who may record, and how that is proved. */
static void
install_security_properties (void)
{
  props[PROP_TLS_CERTIFICATE] = g_param_spec_string (
      "tls-certificate", "TLS certificate",
      "PEM file with private key, certificate and chain, which listening on sips: or "
      ";transport=tls "
      "takes; a comma list of several serves clients that ask for different names. Read again when "
      "it changes, or when this is set again; calls go on",
      NULL, PLAYING);
  props[PROP_TLS_CA] = g_param_spec_string (
      "tls-ca", "TLS CA",
      "PEM file with the authorities whose certificates are trusted. With it clients are asked for "
      "a "
      "certificate. Unset trusts those of the system where the element itself connects",
      NULL, READY);
  props[PROP_TLS_REQUIRE_CLIENT_CERT] = g_param_spec_boolean (
      "tls-require-client-cert", "TLS require client certificate",
      "Refuse TLS clients without a certificate that tls-ca vouches for (mutual TLS)", FALSE,
      READY);
  props[PROP_ALLOW] = g_param_spec_string (
      "allow", "Allow",
      "Comma list of those who may record, all others get 403: addresses (192.0.2.1), networks "
      "(10.0.0.0/8), and identities that TLS client certificates prove (sbc.example.com). Unset "
      "allows everybody",
      NULL, READY);
  props[PROP_AUTH_FILE] = g_param_spec_string (
      "auth-file", "Authentication file",
      "File with lines user:realm:HA1 of those who may record after Digest authentication; HA1 is "
      "the "
      "SHA-256 (64 digits) or MD5 (32) of user:realm:password. Read again when it changes. Unset "
      "asks nobody",
      NULL, READY);
  props[PROP_AUTH_REALM] = g_param_spec_string (
      "auth-realm", "Authentication realm",
      "The realm of the users in auth-file, as clients are told it. Unset stands for \"siprec\"",
      NULL, READY);
}

/* Which session, and how it is answered. */
static void
install_session_properties (void)
{
  props[PROP_SESSION] = g_param_spec_object (
      "session", "Session",
      "A recording session to receive, as an endpoint gave it to the program. The element then "
      "listens on nothing and takes no other session",
      SIPREC_TYPE_SESSION, READY);
  props[PROP_SESSION_DETACH] =
      g_param_spec_boolean ("session-detach", "Detach session",
                            "Give the session back to its endpoint when going to READY, so that "
                            "another pipeline can go on "
                            "with it, rather than end it with BYE",
                            FALSE, PLAYING);
  props[PROP_ACCEPT] = g_param_spec_enum ("accept", "Accept", "Which INVITEs are taken",
                                          GST_TYPE_SIPREC_ACCEPT, SIPREC_ACCEPT_SIPREC, READY);
  props[PROP_STRICTNESS] = g_param_spec_enum (
      "strictness", "Strictness", "What is done with a peer that departs from the RFCs",
      GST_TYPE_SIPREC_STRICTNESS, SIPREC_STRICTNESS_LENIENT, READY);
  props[PROP_CODECS] =
      g_param_spec_string ("codecs", "Codecs",
                           "Comma separated encoding names in order of preference, as in "
                           "\"OPUS,PCMA,PCMU\": the first that "
                           "is offered is answered. Unset follows the order of the offer",
                           NULL, READY);
  props[PROP_CONTENT_MAP] = g_param_spec_string (
      "content-map", "Content map",
      "Which video lines show a screen where the SDP doesn't say so by a=content:slides: comma "
      "separated pairs of an a=label, or # and the number of an m-line, and video or screen, as in "
      "\"slides=screen,#2=video\"",
      NULL, READY);
  props[PROP_DELAYED_OFFER_STREAMS] = g_param_spec_uint (
      "delayed-offer-streams", "Delayed offer streams",
      "How many audio lines are offered to an INVITE without SDP, as phones send it. With "
      "strictness=strict it is refused",
      1, SIPREC_PROPOSAL_MAX_LINES, 1, READY);
  props[PROP_START_PAUSED] = g_param_spec_boolean (
      "start-paused", "Start paused",
      "Answer that nothing can be received yet (a=inactive); the action resume says when it can",
      FALSE, READY);
  props[PROP_SRTP_POLICY] =
      g_param_spec_enum ("srtp-policy", "SRTP policy", "Whether media is received encrypted (SRTP)",
                         GST_TYPE_SIPREC_SRTP_POLICY, SIPREC_SRTP_OPTIONAL, READY);
  props[PROP_LATCH] = g_param_spec_enum ("latch", "Latch", "Which address media is taken from",
                                         GST_TYPE_SIPREC_LATCH, SIPREC_LATCH_FIRST, READY);
  props[PROP_DECISION_TIMEOUT] = g_param_spec_uint64 (
      "decision-timeout", "Decision timeout",
      "How long (in ns) handlers of accept-session and select-stream may take; then the session is "
      "accepted",
      0, G_MAXUINT64, DEFAULT_DECISION_TIMEOUT, READY);
  props[PROP_EOS_ON_SESSION_END] =
      g_param_spec_boolean ("eos-on-session-end", "EOS on session end",
                            "TRUE: EOS on every pad when the session is over, no other session "
                            "until READY. FALSE: the pads "
                            "stay, filled as set by fill, and the next session goes on with them",
                            TRUE, READY);
}

/* What the metadata pad gives, and the bounds of what is read for it. */
static void
install_metadata_properties (void)
{
  props[PROP_METADATA_FORMAT] =
      g_param_spec_enum ("metadata-format", "Metadata format", "What the metadata pad gives",
                         GST_TYPE_SIPREC_METADATA_FORMAT, GST_SIPREC_METADATA_FORMAT_JSON, READY);
  props[PROP_METADATA_MAX_SIZE] = g_param_spec_uint (
      "metadata-max-size", "Metadata max size",
      "Bytes of a metadata document that are read; the rest is kept, but not understood", 1024,
      MAX_METADATA_SIZE, SIPREC_METADATA_DEFAULT_SIZE, READY);
  props[PROP_METADATA_MAX_ELEMENTS] =
      g_param_spec_uint ("metadata-max-elements", "Metadata max elements",
                         "XML elements of a metadata document that are read", 10,
                         MAX_METADATA_ELEMENTS, SIPREC_METADATA_DEFAULT_ELEMENTS, READY);
  props[PROP_METADATA_MAX_DEPTH] =
      g_param_spec_uint ("metadata-max-depth", "Metadata max depth",
                         "How deep the elements of a metadata document may be nested; RFC 7865 "
                         "needs 4, extensions more",
                         4, SIPREC_METADATA_MAX_DEPTH, SIPREC_METADATA_DEFAULT_DEPTH, READY);
  props[PROP_METADATA_MAX_ID_LENGTH] = g_param_spec_uint (
      "metadata-max-id-length", "Metadata max id length",
      "Characters of an id in the metadata; what bears a longer one is left out", 8,
      SIPREC_METADATA_MAX_ID_LENGTH, SIPREC_METADATA_DEFAULT_ID_LENGTH, READY);
}

/* What the media pads give. */
static void
install_media_properties (void)
{
  props[PROP_OUTPUT] = g_param_spec_enum ("output", "Output", "What the media pads give",
                                          GST_TYPE_SIPREC_OUTPUT, GST_SIPREC_OUTPUT_ENCODED, READY);
  props[PROP_METADATA_FILTER] = g_param_spec_string (
      "metadata-filter", "Metadata filter",
      "Comma list of members of events that never leave the element, not in messages, tags and pad "
      "properties either: \"people\" for all that tells who somebody is, or names such as digit. "
      "With "
      ":hash a keyed hash takes their place. With any filter metadata documents stay inside, too",
      NULL, READY);
  props[PROP_FILL] =
      g_param_spec_enum ("fill", "Fill", "What a media pad gives while nothing is received",
                         GST_TYPE_SIPREC_FILL, SIPREC_FILL_SILENCE, READY);
  props[PROP_AUDIO_PADS] = g_param_spec_uint (
      "audio-pads", "Audio pads",
      "Least number of audio pads: those that a session lacks exist all the same and are silent, "
      "so "
      "that a fixed pipeline ends with any call. 0 makes the pads that were negotiated",
      0, MAX_PADS, 0, READY);
  props[PROP_VIDEO_PADS] = g_param_spec_uint (
      "video-pads", "Video pads",
      "Least number of video pads: those that a session lacks exist all the same, without a "
      "picture, and end with it",
      0, MAX_PADS, 0, READY);
  props[PROP_SCREEN_PADS] = g_param_spec_uint (
      "screen-pads", "Screen pads", "Least number of screen pads, as video-pads has it for cameras",
      0, MAX_PADS, 0, READY);
  props[PROP_PIN_CAPS] = g_param_spec_boolean (
      "pin-caps", "Pin caps",
      "Leave the caps of a video pad as they are when its pictures get another size, for muxers "
      "that take no others (matroskamux): decoders follow what the pictures say",
      FALSE, READY);
  props[PROP_BUFFER_DURATION] =
      g_param_spec_uint64 ("buffer-duration", "Buffer duration",
                           "Join audio frames to buffers of this length (in ns) where the format "
                           "allows it, which spares a "
                           "muxer work; 0 gives frames as they were sent",
                           0, MAX_BUFFER_DURATION, 0, READY);
  props[PROP_ADD_REFERENCE_TIMESTAMP_META] =
      g_param_spec_boolean ("add-reference-timestamp-meta", "Add reference timestamp meta",
                            "Add a GstReferenceTimestampMeta with the sender's wall clock to "
                            "buffers once it is known from RTCP",
                            FALSE, READY);
  props[PROP_NTP_TIME_SOURCE] = g_param_spec_enum (
      "ntp-time-source", "NTP time source", "What add-reference-timestamp-meta counts",
      GST_TYPE_SIPREC_NTP_TIME_SOURCE, SIPREC_NTP_TIME_SOURCE_NTP, READY);
  props[PROP_LATENCY] = g_param_spec_uint (
      "latency", "Latency", "How long (in ms) packets that are late or out of order are waited for",
      0, MAX_LATENCY, DEFAULT_LATENCY, READY);
  props[PROP_DROP_ON_LATENCY] = g_param_spec_boolean (
      "drop-on-latency", "Drop on latency",
      "Never hold more than the latency: drop the oldest packets rather than give up a hole", FALSE,
      READY);
  props[PROP_TIMEOUT] = g_param_spec_uint64 ("timeout", "Timeout",
                                             "Post GstSiprecStreamTimeout when a stream that is "
                                             "not on hold gets no packet for this long (in "
                                             "ns), 0 never",
                                             0, G_MAXUINT64, DEFAULT_TIMEOUT, READY);
  props[PROP_PUSH_MODE] =
      g_param_spec_enum ("push-mode", "Push mode", "Which threads push buffers",
                         GST_TYPE_SIPREC_PUSH_MODE, GST_SIPREC_PUSH_MODE_PAD, READY);
  props[PROP_CONTEXT] = g_param_spec_string (
      "context", "Context",
      "Name of the media engine, which elements and programs of this process share: its threads "
      "read "
      "the sockets and, with push-mode=shared, push. Unset takes the default one",
      NULL, READY);
}

void
gst_siprec_src_install_properties (GObjectClass *klass)
{
  klass->set_property = gst_siprec_src_set_property;
  klass->get_property = gst_siprec_src_get_property;

  install_endpoint_properties ();
  install_security_properties ();
  install_session_properties ();
  install_metadata_properties ();
  install_media_properties ();

  props[PROP_ACTUAL_URI] = g_param_spec_string (
      "actual-uri", "Actual URI",
      "Comma separated URIs that are listened on, with real ports; notified once they are bound",
      NULL, TOLD);
  props[PROP_SESSION_STATE] =
      g_param_spec_enum ("session-state", "Session state", "How far the recording session is",
                         GST_TYPE_SIPREC_SESSION_STATE, GST_SIPREC_SESSION_STATE_IDLE, TOLD);
  props[PROP_STATS] = g_param_spec_boxed ("stats", "Statistics",
                                          "application/x-siprec-stats: session-id, session-state, "
                                          "and an array of streams with the fields "
                                          "of rtpjitterbuffer: num-pushed, num-lost, num-late, "
                                          "num-duplicates, avg-jitter (ns) and more",
                                          GST_TYPE_STRUCTURE, TOLD);
  g_object_class_install_properties (klass, N_PROPS, props);
}
