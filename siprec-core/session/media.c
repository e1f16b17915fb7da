/* The media of a session: where they are received, and what their streams tell. SIP thread, but for notices.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-private.h"

#include <gio/gio.h>

#include "../deviation.h"

/* Which of our addresses reaches the peer, for an endpoint that listens on a wildcard address. */
gchar *
siprec_address_towards (const gchar *remote, guint16 port)
{
  g_autoptr (GSocketAddress) peer = g_inet_socket_address_new_from_string (remote, port);
  g_autoptr (GSocketAddress) own = NULL;
  g_autoptr (GSocket) socket = NULL;

  if (peer == NULL)
    return NULL;
  socket = g_socket_new (g_socket_address_get_family (peer), G_SOCKET_TYPE_DATAGRAM,
                         G_SOCKET_PROTOCOL_UDP, NULL);
  if (socket == NULL || !g_socket_connect (socket, peer, NULL, NULL))
    return NULL;
  own = g_socket_get_local_address (socket, NULL);
  if (own == NULL)
    return NULL;
  return g_inet_address_to_string (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (own)));
}

static gboolean
is_wildcard (const gchar *address)
{
  g_autoptr (GInetAddress) inet = address ? g_inet_address_new_from_string (address) : NULL;

  return inet == NULL || g_inet_address_get_is_any (inet);
}

typedef struct {
  SiprecLine *line;
  SiprecNotice notice;
} QueuedNotice;

static void
queued_notice_free (gpointer data)
{
  QueuedNotice *queued = data;

  siprec_line_unref (queued->line);
  g_free (queued);
}

static void
on_notice_in_sip_thread (SiprecAgent *agent, gpointer user_data)
{
  QueuedNotice *queued = user_data;
  SiprecSession *session = SIPREC_SESSION (queued->line->owner);

  if (session->negotiation == NULL)
    return;
  if (queued->notice.type == SIPREC_NOTICE_REFRESH) {
    siprec_session_request_refresh (session, queued->line);
    return;
  }
  if (queued->notice.type != SIPREC_NOTICE_ENDED) {
    siprec_session_report_notice (session, queued->line, &queued->notice);
    return;
  }
  session->n_open_streams--;
  if (session->ending && session->n_open_streams == 0)
    siprec_session_complete_end (session);
}

/* In a worker's thread: the SIP thread makes the event, so that all events have one order. */
static void
on_notice (SiprecStream *stream, const SiprecNotice *notice, gpointer user_data)
{
  SiprecLine *line = user_data;
  SiprecSession *session = SIPREC_SESSION (line->owner);
  QueuedNotice *queued = g_new (QueuedNotice, 1);

  queued->line = siprec_line_ref (line);
  queued->notice = *notice;
  g_mutex_lock (&session->lock);
  if (session->agent)
    siprec_agent_invoke (session->agent, on_notice_in_sip_thread, g_steal_pointer (&queued),
                         queued_notice_free);
  g_mutex_unlock (&session->lock);
  g_clear_pointer (&queued, queued_notice_free);
}

void
siprec_session_open_negotiation (SiprecSession *session)
{
  const SiprecSettings *settings = session->settings;
  const SiprecRequest *client = siprec_session_introduction (session);
  g_autoptr (SiprecContext) context = siprec_context_get (session->policy.context);
  g_auto (GStrv) addresses = siprec_settings_split_addresses (settings);

  if (!addresses[0]) {
    g_strfreev (addresses);
    addresses = g_new0 (gchar *, 2);
    addresses[0] = g_strdup (client->local_address);
  }
  /* The endpoint listens on a wildcard address. */
  if (is_wildcard (addresses[0])) {
    gchar *own = siprec_address_towards (client->remote_address, client->remote_port);

    if (own) {
      g_free (addresses[0]);
      addresses[0] = own;
    }
  }
  SiprecNegotiationConfig config = {
      .context = context,
      .addresses = (const gchar *const *)addresses,
      .advertised = settings->external_address,
      .first_port = settings->first_port,
      .last_port = settings->last_port,
      .buffer_size = settings->udp_buffer_size,
      .codecs = session->policy.codecs,
      .paused = session->policy.start_paused,
      .srtp_policy = session->policy.srtp_policy,
      .latch = session->policy.latch,
      .peer = client->remote_address,
      .refuse_unknown = session->policy.strictness == SIPREC_STRICTNESS_STRICT,
      .notice = on_notice,
      .owner = G_OBJECT (session),
  };
  session->negotiation = siprec_negotiation_new (&config);
}

static gboolean
has_codec (const SiprecMline *mline)
{
  for (guint i = 0; i < mline->formats->len; i++) {
    if (((SiprecFormat *)g_ptr_array_index (mline->formats, i))->payload == SIPREC_PAYLOAD_VIDEO)
      return TRUE;
  }
  return FALSE;
}

void
siprec_session_adopt_offer (SiprecSession *session, SiprecOffer *offer)
{
  for (guint i = 0; offer && i < offer->mlines->len; i++) {
    const SiprecMline *mline = g_ptr_array_index (offer->mlines, i);

    if (siprec_mline_is_video (mline) && mline->rtp && mline->port != 0 &&
        mline->formats->len > 0 && !has_codec (mline))
      siprec_deviations_add (session->deviations, "sdp-video-codec", "%s on line %u",
                             ((SiprecFormat *)g_ptr_array_index (mline->formats, 0))->encoding_name,
                             i);
  }
  siprec_session_set_offer (session, offer);
}

void
siprec_session_change_line (SiprecLine *line, SiprecLineChange change, gpointer user_data)
{
  SiprecSession *session = user_data;

  if (change == SIPREC_LINE_ADDED)
    session->n_open_streams++;
  siprec_session_report_line (line, change, session);
}
