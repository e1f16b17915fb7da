/* What an endpoint is set to: copies, conflicts, and what can't be.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint-private.h"

#include "../error.h"

#define GST_CAT_DEFAULT siprec_session_debug

/* Beside the sockets of media: for SIP, files and the application. */
#define OTHER_FILES 256

void
siprec_settings_clear (SiprecSettings *settings)
{
  g_free ((gchar *)settings->local_uri);
  g_free ((gchar *)settings->media_address);
  g_free ((gchar *)settings->external_address);
  g_free ((gchar *)settings->security.tls.certificate);
  g_free ((gchar *)settings->security.tls.ca);
  g_free ((gchar *)settings->security.allow);
  g_free ((gchar *)settings->security.auth_file);
  g_free ((gchar *)settings->security.auth_realm);
}

void
siprec_settings_copy (SiprecSettings *copy, const SiprecSettings *settings)
{
  *copy = *settings;
  copy->local_uri = g_strdup (settings->local_uri);
  copy->media_address = g_strdup (settings->media_address);
  copy->external_address = g_strdup (settings->external_address);
  copy->security.tls.certificate = g_strdup (settings->security.tls.certificate);
  copy->security.tls.ca = g_strdup (settings->security.tls.ca);
  copy->security.allow = g_strdup (settings->security.allow);
  copy->security.auth_file = g_strdup (settings->security.auth_file);
  copy->security.auth_realm = g_strdup (settings->security.auth_realm);
}

static gboolean
same_text (const gchar *a, const gchar *b)
{
  return g_strcmp0 (a ? a : "", b ? b : "") == 0;
}

static const gchar *
find_security_conflict (const SiprecGuardSettings *a, const SiprecGuardSettings *b)
{
  if (!same_text (a->tls.certificate, b->tls.certificate))
    return "tls-certificate";
  if (!same_text (a->tls.ca, b->tls.ca))
    return "tls-ca";
  if (a->tls.require_client != b->tls.require_client)
    return "tls-require-client-cert";
  if (!same_text (a->allow, b->allow))
    return "allow";
  if (!same_text (a->auth_file, b->auth_file))
    return "auth-file";
  return same_text (a->auth_realm, b->auth_realm) ? NULL : "auth-realm";
}

const gchar *
siprec_settings_find_conflict (const SiprecSettings *a, const SiprecSettings *b)
{
  if (!same_text (a->local_uri, b->local_uri))
    return "local-uri";
  if (!same_text (a->media_address, b->media_address))
    return "media-address";
  if (!same_text (a->external_address, b->external_address))
    return "external-address";
  if (a->first_port != b->first_port || a->last_port != b->last_port)
    return "port-range";
  if (a->udp_buffer_size != b->udp_buffer_size)
    return "udp-buffer-size";
  return find_security_conflict (&a->security, &b->security);
}

void
siprec_policy_copy (SiprecPolicy *copy, const SiprecPolicy *policy)
{
  *copy = *policy;
  copy->codecs = (const gchar *const *)g_strdupv ((gchar **)policy->codecs);
  copy->context = g_strdup (policy->context);
  copy->content_map = g_strdup (policy->content_map);
}

void
siprec_policy_clear (SiprecPolicy *policy)
{
  g_strfreev ((gchar **)policy->codecs);
  g_free ((gchar *)policy->context);
  g_free ((gchar *)policy->content_map);
}

gchar **
siprec_settings_split_addresses (const SiprecSettings *settings)
{
  gchar **addresses = g_strsplit (settings->media_address ? settings->media_address : "", ",", -1);

  for (guint i = 0; addresses[i]; i++)
    g_strstrip (addresses[i]);
  return addresses;
}

static gboolean
check_address (const gchar *name, const gchar *address, GError **error)
{
  if (g_hostname_is_ip_address (address))
    return TRUE;
  g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
               "%s \"%s\" is no IP address; write for example 192.0.2.10.", name, address);
  return FALSE;
}

/* Better told now than by refusing every call. */
static gboolean
check_local (const gchar *address, GError **error)
{
  g_autoptr (GSocketAddress) any_port = g_inet_socket_address_new_from_string (address, 0);
  g_autoptr (GSocket) socket = g_socket_new (g_socket_address_get_family (any_port),
                                             G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error);

  if (socket == NULL)
    return FALSE;
  if (g_socket_bind (socket, any_port, FALSE, NULL))
    return TRUE;
  g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
               "media-address \"%s\" is no address of this host; leave it empty for the one that "
               "calls come to.",
               address);
  return FALSE;
}

static gboolean
check_addresses (const SiprecSettings *settings, GError **error)
{
  const gchar *external = settings->external_address;
  g_auto (GStrv) media = siprec_settings_split_addresses (settings);

  for (guint i = 0; media[i]; i++) {
    g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (media[i]);

    if (!check_address ("media-address", media[i], error) || !check_local (media[i], error))
      return FALSE;
    if (media[1] && inet && g_inet_address_get_is_any (inet)) {
      g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                   "media-address \"%s\" stands for all addresses: write it alone, or name each.",
                   media[i]);
      return FALSE;
    }
  }
  return !external || !*external || check_address ("external-address", external, error);
}

void
siprec_settings_check_files (const SiprecSettings *settings)
{
  g_auto (GStrv) media = siprec_settings_split_addresses (settings);
  guint64 limit = siprec_ports_get_file_limit ();
  guint64 sockets =
      (settings->last_port - settings->first_port + 1) * (guint64)MAX (g_strv_length (media), 1);

  if (limit < sockets + OTHER_FILES)
    GST_WARNING (
        "The process may open %" G_GUINT64_FORMAT " files (RLIMIT_NOFILE, hard), but port-range "
        "%u-%u can need %" G_GUINT64_FORMAT " sockets: calls beyond that will get 503. Raise "
        "LimitNOFILE= or ulimit -Hn.",
        limit, settings->first_port, settings->last_port, sockets);
}

gboolean
siprec_settings_check (const SiprecSettings *settings, GError **error)
{
  if (!check_addresses (settings, error))
    return FALSE;
  /* RTP takes an even port and RTCP the next one. */
  if (settings->first_port == 0 || (settings->first_port | 1) > settings->last_port) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                 "port-range %u-%u has no even port followed by an odd one; "
                 "write for example 10000-20000.",
                 settings->first_port, settings->last_port);
    return FALSE;
  }
  return TRUE;
}
