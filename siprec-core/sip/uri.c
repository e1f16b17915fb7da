/* SIP URIs: those we listen on, and those we salvage from a damaged Contact
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "uri.h"

#include <string.h>

#include <gio/gio.h>

#include "../error.h"

#define DEFAULT_PORT     5060
#define DEFAULT_TLS_PORT 5061

void
siprec_listen_uri_free (SiprecListenUri *uri)
{
  g_free (uri->host);
  g_free (uri);
}

gchar *
siprec_host_port (const gchar *host, guint16 port)
{
  return g_strdup_printf (strchr (host, ':') ? "[%s]:%u" : "%s:%u", host, port);
}

gchar *
siprec_listen_uri_format (const SiprecListenUri *uri, guint16 port)
{
  g_autofree gchar *host_port = siprec_host_port (uri->host, port);

  if (uri->secure)
    return g_strconcat ("sips:", host_port, NULL);
  if (!uri->transport)
    return g_strconcat ("sip:", host_port, NULL);
  return g_strconcat ("sip:", host_port, ";transport=", uri->transport, NULL);
}

/* Takes the host from the front of *@text; returns NULL or what is wrong with it. */
static const gchar *
parse_host (const gchar **text, gchar **host)
{
  const gchar *start = *text;
  gsize length;

  if (*start == '[') {
    const gchar *end = strchr (start, ']');

    if (!end)
      return "the bracket after the IPv6 address is missing";
    *host = g_strndup (start + 1, end - start - 1);
    *text = end + 1;
    if (!strchr (*host, ':') || !g_hostname_is_ip_address (*host))
      return "what stands in brackets must be an IPv6 address";
    return NULL;
  }

  length = strspn (start, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
  if (length == 0 || length > 253)
    return "it needs a host after \"sip:\"";
  *host = g_strndup (start, length);
  *text = start + length;
  if (strspn (*host, "0123456789.") == length && !g_hostname_is_ip_address (*host))
    return "an IPv4 address has four numbers from 0 to 255";
  return NULL;
}

static const gchar *
parse_port (const gchar **text, gboolean *given, guint16 *port)
{
  guint64 value;
  gchar *end;

  *given = **text == ':';
  if (!*given)
    return NULL;
  if (!g_ascii_isdigit ((*text)[1]))
    return "the port must be a number from 0 to 65535";
  value = g_ascii_strtoull (*text + 1, &end, 10);
  if (value > G_MAXUINT16)
    return "the port must be a number from 0 to 65535";
  *port = value;
  *text = end;
  return NULL;
}

static const gchar *
parse_transport (const gchar **text, const gchar **transport)
{
  *transport = NULL;
  if (**text == '\0')
    return NULL;
  if (g_ascii_strcasecmp (*text, ";transport=udp") == 0)
    *transport = "udp";
  else if (g_ascii_strcasecmp (*text, ";transport=tcp") == 0)
    *transport = "tcp";
  else if (g_ascii_strcasecmp (*text, ";transport=tls") == 0)
    *transport = "tls";
  else if (**text == ';')
    return "the only parameter is transport, which is udp, tcp or tls";
  else
    return "nothing but the port and ;transport= may follow the host";
  return NULL;
}

/* What is wrong with what follows the scheme, or NULL. */
static const gchar *
parse_rest (const gchar *rest, gboolean secure, SiprecListenUri *uri)
{
  gboolean port_given = FALSE;
  const gchar *wrong = parse_host (&rest, &uri->host);

  if (!wrong)
    wrong = parse_port (&rest, &port_given, &uri->port);
  if (!wrong)
    wrong = parse_transport (&rest, &uri->transport);
  if (wrong)
    return wrong;
  /* RFC 3261 section 19.1.2: sips with transport=tcp means TLS over TCP. */
  if (secure && g_strcmp0 (uri->transport, "udp") == 0)
    return "there is no sips over UDP";
  uri->secure = secure;
  if (secure)
    uri->transport = "tls";
  if (!port_given)
    uri->port = g_strcmp0 (uri->transport, "tls") == 0 ? DEFAULT_TLS_PORT : DEFAULT_PORT;
  return NULL;
}

SiprecListenUri *
siprec_listen_uri_parse (const gchar *text, GError **error)
{
  g_autoptr (SiprecListenUri) uri = g_new0 (SiprecListenUri, 1);
  const gchar *wrong = "it must begin with \"sip:\" or \"sips:\"";

  if (g_ascii_strncasecmp (text, "sip:", 4) == 0)
    wrong = parse_rest (text + 4, FALSE, uri);
  else if (g_ascii_strncasecmp (text, "sips:", 5) == 0)
    wrong = parse_rest (text + 5, TRUE, uri);

  if (wrong) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                 "Can't listen on \"%s\": %s. A right one is \"sip:127.0.0.1:5060;transport=tcp\".",
                 text, wrong);
    return NULL;
  }
  return g_steal_pointer (&uri);
}

void
siprec_target_uri_free (SiprecTargetUri *uri)
{
  g_free (uri->uri);
  g_free (uri->host);
  g_strfreev (uri->headers);
  g_free (uri);
}

/* A header that a caller may add: none that SIP itself lives by. */
static gboolean
is_free_header (const gchar *name)
{
  static const gchar *const ours[] = {
      "Accept",     "Allow", "Authorization",   "Call-ID",      "Contact",    "CSeq",
      "Expires",    "From",  "Max-Forwards",    "Min-SE",       "Proxy-",     "Record-Route",
      "Require",    "Route", "Session-Expires", "Supported",    "Timestamp",  "To",
      "User-Agent", "Via",   "Content-",        "MIME-Version", "Unsupported"};
  gsize length = strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

  /* One letter is the short form of one of them. */
  if (length < 2 || length > 64 || name[length] != '\0')
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (ours); i++) {
    gboolean prefix = g_str_has_suffix (ours[i], "-");

    if (prefix ? g_ascii_strncasecmp (name, ours[i], strlen (ours[i])) == 0
               : g_ascii_strcasecmp (name, ours[i]) == 0)
      return FALSE;
  }
  return TRUE;
}

/* Takes "Name=value&..." apart. */
static const gchar *
parse_headers (const gchar *text, gchar ***headers)
{
  g_auto (GStrv) pairs = g_strsplit (text, "&", -1);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; pairs[i]; i++) {
    g_auto (GStrv) pair = g_strsplit (pairs[i], "=", 2);
    g_autofree gchar *name = g_uri_unescape_string (pair[0] ? pair[0] : "", NULL);
    g_autofree gchar *value = pair[0] && pair[1] ? g_uri_unescape_string (pair[1], NULL) : NULL;

    if (!name || !value || !is_free_header (name))
      return "after the question mark come headers of your own, such as X-Call=17";
    g_ptr_array_add (lines, g_strdup_printf ("%s: %s", name, value));
  }
  g_ptr_array_add (lines, NULL);
  *headers = (gchar **)g_ptr_array_free (g_steal_pointer (&lines), FALSE);
  return NULL;
}

/* The parameters stay in the URI; of them only the transport counts here. */
static const gchar *
find_transport (const gchar *parameters, const gchar **transport)
{
  g_auto (GStrv) list = g_strsplit (parameters, ";", -1);

  /* RFC 3263 section 4.1. */
  *transport = "udp";
  for (guint i = 0; list[i]; i++) {
    if (g_ascii_strncasecmp (list[i], "transport=", 10) != 0)
      continue;
    if (g_ascii_strcasecmp (list[i] + 10, "tcp") == 0)
      *transport = "tcp";
    else if (g_ascii_strcasecmp (list[i] + 10, "tls") == 0)
      *transport = "tls";
    else if (g_ascii_strcasecmp (list[i] + 10, "udp") != 0)
      return "calls go by transport udp, tcp or tls";
  }
  return NULL;
}

static const gchar *
parse_target (const gchar *text, SiprecTargetUri *target)
{
  gsize length = strcspn (text, "?");
  g_autofree gchar *uri = g_strndup (text, length);
  gboolean secure = g_ascii_strncasecmp (text, "sips:", 5) == 0;
  const gchar *rest = uri + MIN (length, secure ? 5 : 4);
  gboolean port_given = FALSE;
  const gchar *wrong;

  for (const gchar *p = text; *p; p++)
    if (!g_ascii_isgraph (*p) || strchr ("<>\"\\", *p))
      return "it has characters that no URI has";
  if (!secure && g_ascii_strncasecmp (text, "sip:", 4) != 0)
    return "it must begin with \"sip:\" or \"sips:\"";
  if (strchr (rest, '@'))
    rest = strchr (rest, '@') + 1;
  wrong = parse_host (&rest, &target->host);
  if (!wrong)
    wrong = parse_port (&rest, &port_given, &target->port);
  if (!wrong && (*rest != '\0' && *rest != ';'))
    wrong = "nothing but a port, parameters and headers may follow the host";
  if (!wrong)
    wrong = find_transport (rest, &target->transport);
  if (secure)
    target->transport = "tls";
  if (!wrong && !port_given)
    target->port = g_str_equal (target->transport, "tls") ? DEFAULT_TLS_PORT : DEFAULT_PORT;
  if (!wrong && text[length] == '?')
    wrong = parse_headers (text + length + 1, &target->headers);
  target->uri = g_steal_pointer (&uri);
  return wrong;
}

SiprecTargetUri *
siprec_target_uri_parse (const gchar *text, GError **error)
{
  g_autoptr (SiprecTargetUri) target = g_new0 (SiprecTargetUri, 1);
  const gchar *wrong = parse_target (text, target);

  if (!wrong && target->port == 0)
    wrong = "the port must be a number from 1 to 65535";
  if (wrong) {
    g_autofree gchar *shown = g_utf8_make_valid (text, -1);

    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                 "Can't call \"%s\": %s. A right one is \"sip:line7@192.0.2.1;transport=tcp\".",
                 shown, wrong);
    return NULL;
  }
  return g_steal_pointer (&target);
}

gchar *
siprec_uri_salvage (const gchar *contact)
{
  for (const gchar *p = contact; *p; p++) {
    gsize scheme;

    if (g_ascii_strncasecmp (p, "sip:", 4) == 0)
      scheme = 4;
    else if (g_ascii_strncasecmp (p, "sips:", 5) == 0)
      scheme = 5;
    else
      continue;
    /* A word that only ends like a scheme ("gossip:") is none. */
    if (p > contact && g_ascii_isalnum (p[-1]))
      continue;

    gsize length = scheme + strcspn (p + scheme, "<>;, \t\r\n\"");
    return length > scheme ? g_strndup (p, length) : NULL;
  }
  return NULL;
}
