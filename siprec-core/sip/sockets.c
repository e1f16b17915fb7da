/* The SIP stack with its sockets: UDP of its own, TCP and TLS by a front
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sockets.h"

#include <errno.h>
#include <string.h>

#include "../error.h"
#include "load.h"
#include "screen.h"
#include "sip-private.h"
#include "uri.h"

#define MAX_MESSAGE_BYTES   (512 * 1024)
#define MAX_PENDING_INVITES 500
/* Of a UDP socket: a burst of calls waits there, as far as net.core.rmem_max lets it. */
#define RECEIVE_BUFFER  (4 * 1024 * 1024)
#define IDLE_TIMEOUT_MS (600 * 1000)
/* Of a connection that we made for a dialog, once that is over: 64 * T1, for what is sent again. */
#define DIALED_TIMEOUT_MS (32 * 1000)
/* When any port will do it must be free for UDP and TCP. */
#define PORT_ATTEMPTS 20

#define FRONT_IDENT  "front"
#define DIALED_IDENT "dialed"

/* @streams: the transport of the stack that connects to the front; @dialed: the same for connections of our own making */
struct _SiprecSockets {
  nta_agent_t *nta;
  SiprecFront *front;
  tport_t *streams;
  tport_t *dialed;
  GArray *udp; /* gint: the UDP sockets, sofia's */
};

static void
set_bind_error (GError **error, const SiprecListenUri *uri, gint code)
{
  g_autofree gchar *text = siprec_listen_uri_format (uri, uri->port);
  const gchar *hint = "";

  switch (code) {
  case EADDRINUSE:
    hint = " Choose another port, or 0 for any free one.";
    break;
  case EADDRNOTAVAIL:
    hint = " Choose an address of this host, or 0.0.0.0 or [::] for all.";
    break;
  case EACCES:
    hint = " Ports below 1024 need privileges; choose a higher one.";
    break;
  case ENOENT:
  case ENXIO:
    hint = " The host must be an address, or a name that can be resolved to one.";
    break;
  }
  g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_ADDRESS, "Can't listen on \"%s\": %s.%s", text,
               g_strerror (code), hint);
}

/* The port that the sockets called @ident have got, of which there are several for a wildcard; 0 if
 * there is none. */
static guint16
bound_port (SiprecSockets *sockets, const gchar *ident)
{
  guint16 port = 0;

  for (tport_t *tp = tport_primaries (nta_agent_tports (sockets->nta)); tp; tp = tport_next (tp)) {
    const su_sockaddr_t *address;
    gint fd;

    if (g_strcmp0 (tport_ident (tp), ident) != 0)
      continue;
    address = (const su_sockaddr_t *)tport_get_address (tp)->ai_addr;
    fd = siprec_load_find_socket (address);
    if (fd >= 0)
      g_array_append_val (sockets->udp, fd);
    port = ntohs (address->su_port);
  }
  return port;
}

/* Without the stack's STUN server, which tells stderr of everybody who asks it. Returns: the port, or 0 with errno set */
static guint16
bind_udp (SiprecSockets *sockets, const SiprecListenUri *uri, guint16 port, const gchar *ident)
{
  g_autofree gchar *host_port = siprec_host_port (uri->host, port);
  g_autofree gchar *text = g_strconcat ("sip:", host_port, ";transport=udp", NULL);
  guint16 bound;

  errno = 0;
  if (nta_agent_add_tport (sockets->nta, URL_STRING_MAKE (text), TPTAG_IDENT (ident),
                           TPTAG_UDP_RMEM (RECEIVE_BUFFER), TPTAG_STUN_SERVER (0), TAG_END ()) != 0)
    return 0;
  bound = bound_port (sockets, ident);
  if (bound == 0 && errno == 0)
    errno = EADDRNOTAVAIL;
  return bound;
}

/* UDP and TCP on one port. */
static guint16
bind_both (SiprecSockets *sockets, const SiprecListenUri *uri, const gchar *ident)
{
  for (guint i = 0; i < PORT_ATTEMPTS; i++) {
    guint16 port = siprec_front_listen (sockets->front, uri->host, uri->port, FALSE);

    if (port == 0)
      return 0;
    if (bind_udp (sockets, uri, port, ident))
      return port;
    siprec_front_unlisten (sockets->front);
    if (uri->port != 0 || errno != EADDRINUSE)
      return 0;
  }
  return 0;
}

static gchar *
bind_uri (SiprecSockets *sockets, const SiprecListenUri *uri, guint index, GError **error)
{
  g_autofree gchar *ident = g_strdup_printf ("uri%u", index);
  guint16 port;

  errno = 0;
  if (!uri->transport)
    port = bind_both (sockets, uri, ident);
  else if (g_str_equal (uri->transport, "udp"))
    port = bind_udp (sockets, uri, uri->port, ident);
  else
    port = siprec_front_listen (sockets->front, uri->host, uri->port,
                                g_str_equal (uri->transport, "tls"));
  if (port == 0) {
    set_bind_error (error, uri, errno ? errno : EADDRNOTAVAIL);
    return NULL;
  }
  return siprec_listen_uri_format (uri, port);
}

static gboolean
create_nta (SiprecSockets *sockets, const SiprecSocketsConfig *config)
{
  /* The parser must accept what it doesn't understand: a missing header is told by nta's sanity
   * check, and a bad one that we don't need costs no recording. The text of the headers is kept as
   * it came. */
  sockets->nta = nta_agent_create (
      config->loop, (url_string_t *)-1, NULL, NULL, NTATAG_MCLASS (siprec_screen_parser ()),
      NTATAG_UA (1), NTATAG_SERVER_RPORT (1), NTATAG_CANCEL_487 (1), NTATAG_USE_NAPTR (0),
      NTATAG_USE_SRV (0), NTATAG_MAX_PROCEEDING (MAX_PENDING_INVITES),
      NTATAG_MAXSIZE (2 * MAX_MESSAGE_BYTES), NTATAG_UDP_MTU (65535), NTATAG_BAD_REQ_MASK (0),
      NTATAG_BAD_RESP_MASK (0), NTATAG_PRELOAD (SIPREC_PRELOADED_BYTES),
      NTATAG_SIPFLAGS (MSG_DO_CANONIC | MSG_DO_EXTRACT_COPY),
      TAG_IF (config->transaction_timeout, NTATAG_SIP_T1X64 (config->transaction_timeout)),
      TAG_END ());
  return sockets->nta != NULL;
}

/* The stack makes connections to the front, and takes none itself. One that is idle for @timeout and belongs to no
 * dialog is closed, and then the front closes the peer's. */
static tport_t *
open_streams (SiprecSockets *sockets, const gchar *ident, guint timeout)
{
  tport_t *tp = NULL;

  if (nta_agent_add_tport (sockets->nta, URL_STRING_MAKE ("sip:*:*;transport=tcp"),
                           TPTAG_SERVER (0), TPTAG_IDENT (ident), TPTAG_IDLE (timeout),
                           TPTAG_STUN_SERVER (0), TAG_END ()) != 0)
    return NULL;
  for (tp = tport_primaries (nta_agent_tports (sockets->nta)); tp; tp = tport_next (tp))
    if (g_strcmp0 (tport_ident (tp), ident) == 0)
      return tp;
  return NULL;
}

static gboolean
open_stack (SiprecSockets *sockets, const SiprecSocketsConfig *config)
{
  guint dialed = config->transaction_timeout ? config->transaction_timeout : DIALED_TIMEOUT_MS;

  if (!config->loop || !create_nta (sockets, config))
    return FALSE;
  sockets->streams = open_streams (sockets, FRONT_IDENT, IDLE_TIMEOUT_MS);
  sockets->dialed = open_streams (sockets, DIALED_IDENT, dialed);
  return sockets->streams && sockets->dialed;
}

static gboolean
open_all (SiprecSockets *sockets, const SiprecSocketsConfig *config, GPtrArray *actual,
          GError **error)
{
  sockets->front = siprec_front_new (config->front, config->user_data, error);
  if (!sockets->front)
    return FALSE;
  siprec_front_set_limits (sockets->front, config->limits);
  siprec_front_set_tls (sockets->front, config->tls);
  for (guint i = 0; i < config->uris->len; i++) {
    const SiprecListenUri *wanted = g_ptr_array_index (config->uris, i);
    gchar *uri = bind_uri (sockets, wanted, i, error);

    if (!uri)
      return FALSE;
    GST_INFO ("listening on %s", uri);
    g_ptr_array_add (actual, uri);
  }
  g_ptr_array_add (actual, NULL);
  return TRUE;
}

SiprecSockets *
siprec_sockets_open (const SiprecSocketsConfig *config, gchar ***actual, GError **error)
{
  g_autoptr (GPtrArray) uris = g_ptr_array_new_with_free_func (g_free);
  SiprecSockets *sockets = g_new0 (SiprecSockets, 1);

  sockets->udp = g_array_new (FALSE, FALSE, sizeof (gint));
  errno = 0;
  if (!open_stack (sockets, config)) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_ADDRESS,
                 "The SIP stack can't start: %s. There may be too many open files.",
                 g_strerror (errno));
    siprec_sockets_close (sockets);
    return NULL;
  }
  if (!open_all (sockets, config, uris, error)) {
    siprec_sockets_close (sockets);
    return NULL;
  }
  *actual = (gchar **)g_ptr_array_free (g_steal_pointer (&uris), FALSE);
  return sockets;
}

void
siprec_sockets_start (SiprecSockets *sockets)
{
  siprec_front_start (sockets->front);
}

void
siprec_sockets_close (SiprecSockets *sockets)
{
  g_clear_pointer (&sockets->nta, nta_agent_destroy);
  g_clear_pointer (&sockets->front, siprec_front_free);
  g_array_unref (sockets->udp);
  g_free (sockets);
}

gboolean
siprec_sockets_are_full (SiprecSockets *sockets)
{
  for (guint i = 0; i < sockets->udp->len; i++)
    if (siprec_load_is_high (g_array_index (sockets->udp, gint, i)))
      return TRUE;
  return FALSE;
}

nta_agent_t *
siprec_sockets_nta (SiprecSockets *sockets)
{
  return sockets->nta;
}

void
siprec_sockets_set_tls (SiprecSockets *sockets, SiprecTlsContext *context)
{
  siprec_front_set_tls (sockets->front, context);
}

guint
siprec_sockets_n_connections (SiprecSockets *sockets)
{
  return siprec_front_n_connections (sockets->front);
}

const gchar *
siprec_sockets_inner (SiprecSockets *sockets)
{
  return siprec_front_inner (sockets->front);
}

static tport_t *
connect_by (SiprecSockets *sockets, tport_t *streams, const gchar *id)
{
  g_autofree gchar *line = g_strdup_printf ("HELLO sip:%s SIP/2.0", id);
  const gchar *inner = siprec_front_inner (sockets->front);
  g_autofree gchar *host = g_strndup (inner, strcspn (inner, ":"));
  tp_name_t name = {.tpn_proto = "tcp",
                    .tpn_canon = host,
                    .tpn_host = host,
                    .tpn_port = inner + strlen (host) + 1};
  msg_t *msg = nta_msg_create (sockets->nta, 0);
  tport_t *tport = NULL;

  if (sip_add_make (msg, sip_object (msg), sip_request_class, line) == 0 &&
      sip_add_make (msg, sip_object (msg), sip_content_length_class, "0") == 0 &&
      sip_add_make (msg, sip_object (msg), sip_separator_class, "\r\n") == 0 &&
      msg_serialize (msg, (msg_pub_t *)sip_object (msg)) == 0)
    tport = tport_tsend (streams, msg, &name, TPTAG_FRESH (1), TAG_END ());
  if (!tport)
    GST_WARNING ("can't connect to the front: %s", g_strerror (errno));
  msg_destroy (msg);
  return tport;
}

tport_t *
siprec_sockets_connect (SiprecSockets *sockets, const gchar *id)
{
  return connect_by (sockets, sockets->streams, id);
}

tport_t *
siprec_sockets_dial (SiprecSockets *sockets, const SiprecRequest *last,
                     const gchar *const *identities, const gchar *address, guint16 port)
{
  g_autofree gchar *id = NULL;
  SiprecDial dial = {.tls = g_strcmp0 (last->transport, "tls") == 0,
                     .address = address,
                     .port = port,
                     .local_address = last->local_address,
                     .local_port = last->local_port,
                     .identities = identities};

  id = siprec_front_dial (sockets->front, &dial);
  return connect_by (sockets, sockets->dialed, id);
}

static tport_t *
choose_udp (SiprecSockets *sockets, SiprecRequest *request, const gchar *preferred)
{
  tport_t *found = NULL;

  for (tport_t *tp = tport_primaries (nta_agent_tports (sockets->nta)); tp; tp = tport_next (tp))
    if (tport_is_udp (tp) && (!found || g_strcmp0 (tport_name (tp)->tpn_host, preferred) == 0))
      found = tp;
  if (found) {
    request->local_address = siprec_request_text (request, tport_name (found)->tpn_host, -1);
    request->local_port = g_ascii_strtoull (tport_name (found)->tpn_port, NULL, 10);
  }
  return found;
}

tport_t *
siprec_sockets_choose (SiprecSockets *sockets, SiprecRequest *request, const gchar *preferred)
{
  gboolean tls = g_ascii_strcasecmp (request->transport, "tls") == 0;

  if (g_ascii_strcasecmp (request->transport, "udp") == 0)
    return choose_udp (sockets, request, preferred);
  g_autofree gchar *local =
      siprec_front_choose (sockets->front, tls, preferred, &request->local_port);

  request->local_address = siprec_request_text (request, local, -1);
  return request->local_address ? sockets->streams : NULL;
}
