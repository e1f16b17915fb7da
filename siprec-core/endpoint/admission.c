/* How an endpoint asks its guard, and lets it look at its files
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint-private.h"

#define REFRESH_MS 1000

/* One thread of the process looks at files for all endpoints: the SIP threads never wait for a disk. */
static void
refresh (gpointer data, gpointer user_data)
{
  siprec_guard_refresh (data);
  siprec_guard_unref (data);
}

static gpointer
make_pool (gpointer data)
{
  return g_thread_pool_new (refresh, NULL, 1, FALSE, NULL);
}

static void
on_refresh (SiprecAgent *agent, gpointer user_data)
{
  static GOnce once = G_ONCE_INIT;
  SiprecEndpoint *endpoint = user_data;
  GThreadPool *pool = g_once (&once, make_pool, NULL);
  g_autoptr (SiprecTlsContext) tls = siprec_guard_get_tls (endpoint->guard);

  if (tls)
    siprec_agent_set_tls (agent, tls);
  g_thread_pool_push (pool, siprec_guard_ref (endpoint->guard), NULL);
  siprec_agent_add_timer (agent, REFRESH_MS, on_refresh, endpoint);
}

void
siprec_endpoint_begin_guard (SiprecEndpoint *endpoint, gchar **uris)
{
  const SiprecGuardSettings *security = &endpoint->settings.security;

  siprec_guard_check_exposure (endpoint->guard, uris);
  if (security->tls.certificate || security->auth_file)
    siprec_agent_add_timer (endpoint->agent, REFRESH_MS, on_refresh, endpoint);
}

/* In the front's thread; the guard lives as long as the agent. */
gboolean
siprec_endpoint_may_connect (const gchar *address, const gchar *const *identities,
                             gboolean unproven, gpointer user_data)
{
  SiprecEndpoint *endpoint = user_data;

  return siprec_guard_may_connect (endpoint->guard, address, identities, unproven);
}

gboolean
siprec_endpoint_on_admit (SiprecAgent *agent, SiprecTransaction *transaction,
                          SiprecRequest *request, gboolean in_dialog, gpointer user_data)
{
  SiprecEndpoint *endpoint = user_data;
  g_auto (GStrv) headers = NULL;
  SiprecReply reply = {0};

  reply.status =
      siprec_guard_admit (endpoint->guard, request, in_dialog, g_get_monotonic_time (), &headers);
  if (reply.status == 0) {
    /* Who reads events could try passwords until one fits. */
    while (siprec_request_drop_header (request, "Authorization") ||
           siprec_request_drop_header (request, "Proxy-Authorization"))
      continue;
    return TRUE;
  }
  if (reply.status == 403)
    reply.phrase = "May Not Record Here";
  else if (reply.status == 503)
    reply.phrase = "Too Many Requests";
  reply.headers = (const gchar *const *)headers;
  siprec_transaction_reply (transaction, &reply);
  return FALSE;
}

gboolean
siprec_endpoint_set_certificate (SiprecEndpoint *endpoint, const gchar *certificate, GError **error)
{
  return siprec_guard_set_certificate (endpoint->guard, certificate, error);
}

void
siprec_endpoint_watch (SiprecEndpoint *endpoint, SiprecGuardWarning warning, gpointer user_data,
                       GDestroyNotify destroy)
{
  siprec_guard_watch (endpoint->guard, warning, user_data, destroy);
}

void
siprec_endpoint_unwatch (SiprecEndpoint *endpoint, gpointer user_data)
{
  siprec_guard_unwatch (endpoint->guard, user_data);
}
