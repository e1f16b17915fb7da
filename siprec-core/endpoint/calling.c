/* Sessions that an endpoint begins: who is to have them, and where the client is found.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint-private.h"

#include <gio/gio.h>
#include <string.h>

#include "../error.h"
#include "../sip/uri.h"

#define GST_CAT_DEFAULT siprec_session_debug

typedef struct {
  SiprecEndpoint *endpoint; /* a reference */
  SiprecSession *session;   /* likewise */
  SiprecTargetUri *target;
  gchar *address; /* of its host; NULL if there is none */
  GstClockTime timeout;
} Calling;

static void
calling_free (gpointer data)
{
  Calling *calling = data;

  siprec_target_uri_free (calling->target);
  g_object_unref (calling->session);
  siprec_endpoint_unref (calling->endpoint);
  g_free (calling->address);
  g_free (calling);
}

/* In the SIP thread: whom to call is known. */
static void
on_call (SiprecAgent *agent, gpointer user_data)
{
  Calling *calling = user_data;
  const SiprecTargetUri *target = calling->target;
  SiprecRequest *invite = calling->session->invite;
  g_autofree gchar *local = NULL;
  SiprecCallee callee = {
      .uri = target->uri,
      .from = invite->from,
      .call_id = invite->call_id,
      .transport = target->transport,
      .address = calling->address,
      .port = target->port,
  };

  /* Given up while its name was looked for. */
  if (calling->session->ending)
    return;
  g_hash_table_add (calling->endpoint->sessions, g_object_ref (calling->session));
  if (calling->address == NULL) {
    siprec_session_fail_call (calling->session, 0, "The host of the client has no address.");
    return;
  }
  local = siprec_address_towards (calling->address, target->port);
  callee.local_address = local;
  siprec_session_call (calling->session, &callee, (const gchar *const *)target->headers,
                       calling->timeout);
}

static void
go_on (Calling *calling)
{
  siprec_agent_invoke (calling->endpoint->agent, on_call, calling, calling_free);
}

/* The first address of a family that the endpoint listens on too. (transfer full) (nullable) */
static gchar *
choose_address (SiprecEndpoint *endpoint, GList *addresses)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&endpoint->lock);
  g_auto (GStrv) uris = g_strsplit (endpoint->actual_uri, ",", -1);

  for (; addresses; addresses = addresses->next) {
    gboolean v6 = g_inet_address_get_family (addresses->data) == G_SOCKET_FAMILY_IPV6;

    for (guint i = 0; uris[i]; i++)
      if ((strchr (uris[i], '[') != NULL) == v6)
        return g_inet_address_to_string (addresses->data);
  }
  return NULL;
}

/* A name may take seconds, which is why this has a thread of its own. */
static gpointer
resolve (gpointer data)
{
  Calling *calling = data;
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  g_autoptr (GError) error = NULL;
  GList *addresses = g_resolver_lookup_by_name (resolver, calling->target->host, NULL, &error);

  if (error)
    GST_INFO ("%s: %s", calling->target->host, error->message);
  calling->address = choose_address (calling->endpoint, addresses);
  g_resolver_free_addresses (addresses);
  go_on (calling);
  return NULL;
}

/* A name of ours for From (RFC 7866 section 6.2: it names who begins the session). */
static gchar *
own_host (SiprecEndpoint *endpoint, const SiprecTargetUri *target)
{
  const gchar *external = endpoint->settings.external_address;
  gchar *local = NULL;

  if (external && *external)
    return g_strdup (external);
  if (g_hostname_is_ip_address (target->host))
    local = siprec_address_towards (target->host, target->port);
  return local ? local : g_strdup (g_get_host_name ());
}

/* What stands for the INVITE of a client. */
static SiprecRequest *
make_invite (SiprecEndpoint *endpoint, const SiprecTargetUri *target)
{
  g_autofree gchar *host = own_host (endpoint, target);
  gboolean bracket = strchr (host, ':') != NULL;
  SiprecRequest *invite = siprec_request_new ();
  g_autofree gchar *call_id = g_uuid_string_random ();
  g_autofree gchar *tag = g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());
  g_autofree gchar *from = g_strdup_printf (
      bracket ? "<sip:recorder@[%s]>;tag=%s" : "<sip:recorder@%s>;tag=%s", host, tag);
  g_autofree gchar *to = g_strdup_printf ("<%s>", target->uri);

  invite->method = "INVITE";
  invite->uri = siprec_request_text (invite, target->uri, -1);
  invite->call_id = siprec_request_text (invite, call_id, -1);
  invite->from_tag = siprec_request_text (invite, tag, -1);
  invite->from = siprec_request_text (invite, from, -1);
  invite->to = siprec_request_text (invite, to, -1);
  invite->transport = siprec_request_text (invite, target->transport, -1);
  invite->remote_address = siprec_request_text (invite, target->host, -1);
  invite->remote_port = target->port;
  return invite;
}

/* With the endpoint's lock: whose session it would be, or NULL with @error. */
static const SiprecPolicy *
find_taker (SiprecEndpoint *endpoint, SiprecAcceptor *acceptor, GError **error)
{
  const gchar *problem = NULL;

  if (endpoint->actual_uri == NULL)
    problem = "The endpoint doesn't listen yet.";
  else if (endpoint->draining)
    problem = "The endpoint takes no new sessions.";
  else if (acceptor && acceptor->state != SIPREC_ACCEPTOR_WAITING)
    problem = "There is a recording session already.";
  else if (!acceptor && !endpoint->application)
    problem = "Nobody is there to take the session.";
  if (problem) {
    g_set_error_literal (error, SIPREC_ERROR, SIPREC_ERROR_STATE, problem);
    return NULL;
  }
  return acceptor ? &acceptor->policy : &endpoint->application_policy;
}

/* Makes @session, which @acceptor waits for from now on. */
static SiprecSession *
reserve (SiprecEndpoint *endpoint, SiprecAcceptor *acceptor, SiprecRequest *invite,
         SiprecWishReply reply, gpointer user_data, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&endpoint->lock);
  SiprecSessionConfig config = {.agent = endpoint->agent,
                                .settings = &endpoint->settings,
                                .policy = find_taker (endpoint, acceptor, error),
                                .owner = &siprec_endpoint_session_owner,
                                .owner_data = endpoint,
                                .calls = TRUE};
  SiprecSession *session;

  if (config.policy == NULL)
    return NULL;
  session = siprec_session_new (&config, invite);
  session->call_reply = reply;
  session->call_data = user_data;
  endpoint->n_sessions++;
  if (acceptor) {
    acceptor->state = SIPREC_ACCEPTOR_TAKEN;
    acceptor->session = g_object_ref (session);
  }
  return session;
}

SiprecSession *
siprec_endpoint_call (SiprecEndpoint *endpoint, SiprecAcceptor *acceptor, const gchar *uri,
                      GstClockTime timeout, SiprecWishReply reply, gpointer user_data,
                      GError **error)
{
  g_autoptr (SiprecTargetUri) target = siprec_target_uri_parse (uri, error);
  SiprecRequest *invite;
  SiprecSession *session;
  Calling *calling;

  if (target == NULL)
    return NULL;
  invite = make_invite (endpoint, target);
  session = reserve (endpoint, acceptor, invite, reply, user_data, error);
  siprec_request_unref (invite);
  if (session == NULL)
    return NULL;

  calling = g_new0 (Calling, 1);
  calling->endpoint = siprec_endpoint_ref (endpoint);
  calling->session = g_object_ref (session);
  calling->target = g_steal_pointer (&target);
  calling->timeout = timeout;
  if (g_hostname_is_ip_address (calling->target->host)) {
    calling->address = g_strdup (calling->target->host);
    go_on (calling);
  } else {
    g_thread_unref (g_thread_new ("siprec-resolve", resolve, calling));
  }
  return session;
}
