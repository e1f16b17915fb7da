/* gst-siprec: the signals and actions of siprecsrc
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc.h"

#include <gst/sdp/gstsdpmessage.h>

guint gst_siprec_src_signals[GST_SIPREC_SRC_N_SIGNALS];

/* The first handler that refuses decides. */
static gboolean
first_status (GSignalInvocationHint *hint, GValue *result, const GValue *answer, gpointer user_data)
{
  g_value_copy (answer, result);
  return g_value_get_uint (answer) == 0;
}

static gboolean
all_wanted (GSignalInvocationHint *hint, GValue *result, const GValue *answer, gpointer user_data)
{
  g_value_copy (answer, result);
  return g_value_get_boolean (answer);
}

static gboolean
select_stream (GstSiprecSrc *self, guint mline, GstCaps *caps)
{
  return TRUE;
}

/* What is asked before the answer. */
static void
install_questions (GType type)
{
  /**
   * GstSiprecSrc::on-sdp:
   * @self: the element
   * @sdp: a copy of the offer
   *
   * Shows the offer, before accept-session; or, if the offer was ours, what the client has answered to it.
   */
  gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_ON_SDP] =
      g_signal_new ("on-sdp", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                    GST_TYPE_SDP_MESSAGE | G_SIGNAL_TYPE_STATIC_SCOPE);

  /**
   * GstSiprecSrc::accept-session:
   * @self: the element
   * @request: application/x-siprec-request: call-id, from, to, uri, contact, transport, remote-address,
   *   remote-port and headers
   *
   * Asks whether to take a session. Emitted on a thread of the element's own while the caller hears
   * 100 Trying; after decision-timeout the session is taken. The first handler that returns
   * a SIP status refuses.
   *
   * Returns: 0 to accept, or the status to refuse with, 300 to 699
   */
  gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_ACCEPT_SESSION] =
      g_signal_new ("accept-session", type, G_SIGNAL_RUN_LAST, 0, first_status, NULL, NULL,
                    G_TYPE_UINT, 1, GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);

  /**
   * GstSiprecSrc::select-stream:
   * @self: the element
   * @mline: place of the m-line in the SDP, from 0
   * @caps: caps of its first format
   *
   * Asks whether to receive a stream of a session that accept-session let pass.
   *
   * Returns: FALSE to answer the line with port 0
   */
  gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_SELECT_STREAM] = g_signal_new_class_handler (
      "select-stream", type, G_SIGNAL_RUN_LAST, G_CALLBACK (select_stream), all_wanted, NULL, NULL,
      G_TYPE_BOOLEAN, 2, G_TYPE_UINT, GST_TYPE_CAPS);
}

/* What is told. */
static void
install_news (GType type)
{
  /**
   * GstSiprecSrc::session-started:
   * @self: the element
   * @session: GstSiprecSessionStarted, as the message of that name
   *
   * The session has been answered; its pads follow.
   */
  gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_SESSION_STARTED] =
      g_signal_new ("session-started", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                    GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);

  /**
   * GstSiprecSrc::session-ended:
   * @self: the element
   * @session: GstSiprecSessionEnded, as the message of that name
   *
   * The session is over; the pads still give what was received.
   */
  gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_SESSION_ENDED] =
      g_signal_new ("session-ended", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                    GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);

  /**
   * GstSiprecSrc::metadata-changed:
   * @self: the element
   * @metadata: GstSiprecMetadata, as the message of that name
   *
   * A metadata document has been received.
   */
  gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_METADATA_CHANGED] =
      g_signal_new ("metadata-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                    1, GST_TYPE_STRUCTURE | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static guint
new_action (GType type, const gchar *name, GCallback handler, GType parameter)
{
  return g_signal_new_class_handler (name, type, G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, handler, NULL,
                                     NULL, NULL, G_TYPE_NONE, 2, parameter, GST_TYPE_PROMISE);
}

/* What is wanted of the client. Each promise gets application/x-siprec-reply: status, the client's SIP
 * response or 0, and error, a text, unless the wish is fulfilled. */
static void
install_wishes (GType type)
{
  /**
   * GstSiprecSrc::call:
   * @self: the element
   * @uri: "sip[s]:[user@]host[:port][;transport=udp|tcp|tls][?X-Header=value&...]" of a recording
   *   client
   * @promise: (nullable): replied when the client has answered
   *
   * Calls a client and asks it to offer its streams, in place of waiting for a call of its. When it has
   * answered all goes on as if it had called. Only a PLAYING element that has no session can call; hangup
   * gives up.
   */
  gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_CALL] =
      new_action (type, "call", G_CALLBACK (gst_siprec_src_call), G_TYPE_STRING);

  /**
   * GstSiprecSrc::pause:
   * @self: the element
   * @mline: place of the m-line in the SDP, from 0; or -1 for all
   * @promise: (nullable): replied when the client has answered
   *
   * Records nothing from now on: the pads give filler, GstSiprecStreamHeld follows, and the client is
   * asked to send nothing.
   */
  gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_PAUSE] =
      new_action (type, "pause", G_CALLBACK (gst_siprec_src_pause), G_TYPE_INT);

  /**
   * GstSiprecSrc::resume:
   * @self: the element
   * @mline: place of the m-line in the SDP, from 0; or -1 for all
   * @promise: (nullable): replied when the client has answered
   *
   * Asks the client to send again; then GstSiprecStreamResumed follows.
   */
  gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_RESUME] =
      new_action (type, "resume", G_CALLBACK (gst_siprec_src_resume), G_TYPE_INT);

  /**
   * GstSiprecSrc::request-snapshot:
   * @self: the element
   * @reason: (nullable): text for the client
   * @promise: (nullable): replied when the client has answered
   *
   * Asks the client for a complete metadata document; GstSiprecMetadata follows. At most once in five
   * seconds.
   */
  gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_REQUEST_SNAPSHOT] = new_action (
      type, "request-snapshot", G_CALLBACK (gst_siprec_src_request_snapshot), G_TYPE_STRING);
}

void
gst_siprec_src_install_signals (GObjectClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  install_questions (type);
  install_news (type);
  install_wishes (type);

  /**
   * GstSiprecSrc::hangup:
   * @self: the element
   * @reason: (nullable): text for the Reason header, or a whole one (RFC 3326) such as Q.850;cause=16
   *
   * Ends the session with BYE, or refuses it if it is not answered yet.
   */
  gst_siprec_src_signals[GST_SIPREC_SRC_SIGNAL_HANGUP] = g_signal_new_class_handler (
      "hangup", type, G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (gst_siprec_src_hangup), NULL,
      NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}
