/* SIP messages on their way between a peer's connection and the stack
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "relay.h"

#include <string.h>

#include <openssl/crypto.h>

#include "../../random.h"
#include "../sofia.h"
#include "../uri.h"
#include "window.h"

#define COOKIE       "z9hG4bK"
#define SECRET_BYTES 16
/* A certificate may name thousands. */
#define MAX_NAMES 2048
#define ID        ";siprec-connection="

static gpointer
make_secret (gpointer data)
{
  return siprec_random_hex (SECRET_BYTES);
}

static const gchar *
get_secret (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, make_secret, NULL);
}

/* A piece of the message; @end is the byte after it. */
typedef struct {
  const gchar *start;
  const gchar *end;
} Span;

static const gchar *
line_end (const gchar *line, const gchar *end)
{
  const gchar *feed = memchr (line, '\n', end - line);

  return feed ? feed + 1 : end;
}

/* The header line at @line with its continuations. */
static const gchar *
header_end (const gchar *line, const gchar *end)
{
  const gchar *next = line_end (line, end);

  while (next < end && (*next == ' ' || *next == '\t'))
    next = line_end (next, end);
  return next;
}

static gboolean
is_called (const gchar *line, const gchar *end, const gchar *name, gchar compact)
{
  const gchar *colon = memchr (line, ':', end - line);
  gsize size = colon ? colon - line : 0;

  while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\t'))
    size--;
  if (size == 1)
    return g_ascii_tolower (*line) == compact;
  return size == strlen (name) && g_ascii_strncasecmp (line, name, size) == 0;
}

/* The first header called @name after the start line. */
static gboolean
find_header (const gchar *message, const gchar *end, const gchar *name, gchar compact, Span *header)
{
  for (const gchar *line = line_end (message, end); line < end; line = header->end) {
    header->start = line;
    header->end = header_end (line, end);
    if (is_called (line, header->end, name, compact))
      return TRUE;
  }
  return FALSE;
}

/* The first value of the comma list in @header; quoted strings may have commas in them. */
static Span
first_value (const Span *header)
{
  Span value = {memchr (header->start, ':', header->end - header->start), header->end};
  gboolean quoted = FALSE;

  value.start++;
  for (const gchar *p = value.start; p < header->end; p++) {
    if (*p == '\\' && quoted)
      p++;
    else if (*p == '"')
      quoted = !quoted;
    else if (*p == ',' && !quoted) {
      value.end = p;
      break;
    }
  }
  while (value.end > value.start && g_ascii_isspace (value.end[-1]))
    value.end--;
  return value;
}

/* Cuts @value at its semicolons; line breaks in it become spaces. */
static gchar **
split_value (const Span *value)
{
  g_autofree gchar *text = g_strndup (value->start, value->end - value->start);
  gchar **parts;

  g_strdelimit (text, "\r\n\t", ' ');
  parts = g_strsplit (text, ";", -1);
  for (gchar **part = parts; *part; part++)
    g_strstrip (*part);
  return parts;
}

/* "name" or "name = value". */
static gboolean
is_param (const gchar *part, const gchar *name, const gchar **value)
{
  gsize length = strlen (name);
  const gchar *rest = part + length;

  if (g_ascii_strncasecmp (part, name, length) != 0)
    return FALSE;
  rest += strspn (rest, " ");
  if (*rest != '\0' && *rest != '=')
    return FALSE;
  *value = *rest == '=' ? rest + 1 + strspn (rest + 1, " ") : NULL;
  return TRUE;
}

/* What is said by @part, nullable, like "SIP/2.0/TLS host:port", of where the peer is. */
static const gchar *
sent_by (const gchar *part)
{
  const gchar *slash = part ? strrchr (part, '/') : NULL;
  const gchar *space = slash ? strchr (slash, ' ') : NULL;

  if (!space || g_ascii_strncasecmp (part, "SIP", 3) != 0)
    return NULL;
  return space + strspn (space, " ");
}

/* Same for all that belongs to one transaction, which is known by branch and sent-by (RFC 3261 section
 * 17.2.3), and without the cookie only if the peer's has none: then the stack compares more. */
static gchar *
make_branch (const gchar *host_port, const gchar *branch)
{
  g_autofree gchar *lower = NULL;
  g_autofree gchar *text = NULL;
  g_autofree gchar *sum = NULL;
  gboolean magic = branch && g_ascii_strncasecmp (branch, COOKIE, strlen (COOKIE)) == 0;

  text = g_strconcat (host_port, "\n", branch ? branch : "", NULL);
  lower = g_ascii_strdown (text, -1);
  sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, lower, -1);
  return g_strconcat (magic ? COOKIE : "", sum, NULL);
}

/* RFC 3261 section 18.2.1 and RFC 3581 section 4. */
static gboolean
append_via (GString *out, const SiprecRelay *relay, gchar **parts, gchar **branch)
{
  const gchar *host_port = sent_by (parts[0]);
  const gchar *found = NULL;
  const gchar *value;
  gboolean rport = FALSE;

  if (!host_port || *host_port == '\0')
    return FALSE;
  g_string_append_printf (out, "Via: %s", parts[0]);
  for (gchar **part = parts + 1; *part; part++) {
    if (is_param (*part, "received", &value))
      continue;
    if (is_param (*part, "rport", &value)) {
      rport = TRUE;
      continue;
    }
    if (is_param (*part, "branch", &value))
      found = value;
    g_string_append_printf (out, ";%s", *part);
  }
  if (rport)
    g_string_append_printf (out, ";rport=%u", relay->remote_port);
  if (rport || !g_str_has_prefix (host_port, relay->remote_address))
    g_string_append_printf (out, ";received=%s", relay->remote_address);
  *branch = make_branch (host_port, found);
  return TRUE;
}

static void
append_peer (GString *out, const SiprecRelay *relay)
{
  g_autofree gchar *names =
      relay->identities ? g_strjoinv ("\n", (gchar **)relay->identities) : g_strdup ("");

  /* Whole names only. */
  if (strlen (names) > MAX_NAMES) {
    names[MAX_NAMES] = '\0';
    *strrchr (names, '\n') = '\0';
  }
  g_autofree gchar *coded = g_base64_encode ((const guchar *)names, strlen (names));

  g_string_append_printf (out,
                          SIPREC_RELAY_HEADER ": %s %s %" G_GUINT64_FORMAT " %s %s %u %s %u %s "
                                              "%" G_GINT64_FORMAT "\r\n",
                          get_secret (), relay->id, relay->number, relay->transport,
                          relay->remote_address, relay->remote_port, relay->local_address,
                          relay->local_port, *coded ? coded : "-", g_get_monotonic_time ());
}

static gboolean
is_response (const gchar *message)
{
  return g_ascii_strncasecmp (message, "SIP/", 4) == 0;
}

/* Something like "INVITE sip:... SIP/2.0": others on our port deserve no answer. */
static gboolean
is_request (const gchar *message, const gchar *end)
{
  g_autofree gchar *line = g_strndup (message, line_end (message, end) - message);
  const gchar *space = strrchr (g_strchomp (line), ' ');

  return space && g_ascii_strncasecmp (space + 1, "SIP/", 4) == 0;
}

/* The stack stops reading a connection where it can't read a first line, and doesn't close it for minutes. So its own
 * parser is asked before. */
static gboolean
is_readable (const gchar *message, const gchar *end)
{
  su_home_t home[1] = {SU_HOME_INIT (home)};
  g_autofree gchar *line = g_strndup (message, strcspn (message, "\r\n"));
  gboolean readable = message + strlen (line) < end &&
                      (is_response (message) ? sip_status_make (home, line) != NULL
                                             : sip_request_make (home, line) != NULL);

  su_home_deinit (home);
  return readable;
}

GString *
siprec_relay_inward (const SiprecRelay *relay, const gchar *message, gsize header_length,
                     gsize length)
{
  const gchar *end = message + header_length;
  const gchar *rest = line_end (message, end);
  g_autoptr (GString) via_line = g_string_new (NULL);
  GString *out;
  Span via, value;

  if (!is_readable (message, end))
    return NULL;
  if (is_response (message)) {
    out = g_string_new_len (message, rest - message);
    append_peer (out, relay);
    return g_string_append_len (out, rest, message + length - rest);
  }
  if (!is_request (message, end) || !find_header (message, end, "Via", 'v', &via))
    return NULL;

  g_autofree gchar *branch = NULL;
  value = first_value (&via);
  g_auto (GStrv) parts = split_value (&value);
  if (!append_via (via_line, relay, parts, &branch))
    return NULL;
  out = g_string_new_len (message, rest - message);
  g_string_append_printf (out, "Via: SIP/2.0/TCP %s;branch=%s" ID "%s\r\n", relay->inner, branch,
                          relay->id);
  append_peer (out, relay);
  g_string_append_len (out, rest, via.start - rest);
  g_string_append_len (out, via_line->str, via_line->len);
  return g_string_append_len (out, value.end, message + length - value.end);
}

/* TRUE if the topmost Via is the one that went in by this connection. */
static gboolean
is_ours (const SiprecRelay *relay, const Span *via)
{
  g_autofree gchar *text = g_strndup (via->start, via->end - via->start);
  const gchar *id = strstr (text, ID);

  return id && g_str_has_prefix (id + strlen (ID), relay->id);
}

GString *
siprec_relay_outward (const SiprecRelay *relay, const gchar *message, gsize header_length,
                      gsize length)
{
  const gchar *end = message + header_length;
  GString *out;
  Span via, value;
  const gchar *params;

  if (!find_header (message, end, "Via", 'v', &via))
    return NULL;
  if (is_response (message)) {
    if (!is_ours (relay, &via))
      return NULL;
    out = g_string_new_len (message, via.start - message);
    return g_string_append_len (out, via.end, message + length - via.end);
  }

  /* The stack doesn't know by which address the peer reaches us. */
  g_autofree gchar *host_port = siprec_host_port (relay->local_address, relay->local_port);
  g_autofree gchar *transport = g_ascii_strup (relay->transport, -1);
  value = first_value (&via);
  params = memchr (value.start, ';', value.end - value.start);
  out = g_string_new_len (message, via.start - message);
  g_string_append_printf (out, "Via: SIP/2.0/%s %s", transport, host_port);
  return g_string_append_len (out, params ? params : value.end,
                              message + length - (params ? params : value.end));
}

GString *
siprec_relay_refuse (const gchar *message, gsize length, const gchar *status)
{
  static const gchar *const names[] = {"Via", "From", "To", "Call-ID", "CSeq"};
  static const gchar compact[] = {'v', 'f', 't', 'i', '\0'};
  const gchar *end = message + length;
  GString *out;

  if (is_response (message) || !is_request (message, end) || g_str_has_prefix (message, "ACK "))
    return NULL;
  out = g_string_new (NULL);
  g_string_append_printf (out, "SIP/2.0 %s\r\n", status);
  for (const gchar *line = line_end (message, end); line < end && *line != '\r' && *line != '\n';) {
    const gchar *next = header_end (line, end);

    for (guint i = 0; i < G_N_ELEMENTS (names); i++)
      if (is_called (line, next, names[i], compact[i]))
        g_string_append_len (out, line, next - line);
    line = next;
  }
  return g_string_append (out, "Content-Length: 0\r\n\r\n");
}

static gboolean
is_vouched (const gchar *value)
{
  gsize length = strlen (get_secret ());

  return value && strlen (value) > length && value[length] == ' ' &&
         CRYPTO_memcmp (value, get_secret (), length) == 0;
}

gboolean
siprec_relay_pass (const gchar *value)
{
  g_auto (GStrv) words = NULL;

  if (!is_vouched (value))
    return FALSE;
  words = g_strsplit (value, " ", 4);
  if (words[1] && words[2])
    siprec_window_pass (words[1], g_ascii_strtoull (words[2], NULL, 10));
  return TRUE;
}

static guint16
read_port (const gchar *text)
{
  return g_ascii_strtoull (text, NULL, 10);
}

gboolean
siprec_relay_read (SiprecRequest *request)
{
  const gchar *value = siprec_request_header (request, SIPREC_RELAY_HEADER);
  g_auto (GStrv) words = g_strsplit (value ? value : "", " ", -1);
  gsize size;

  if (!is_vouched (value) || g_strv_length (words) < 10)
    return FALSE;
  request->transport = siprec_request_text (request, words[3], -1);
  request->remote_address = siprec_request_text (request, words[4], -1);
  request->remote_port = read_port (words[5]);
  request->local_address = siprec_request_text (request, words[6], -1);
  request->local_port = read_port (words[7]);
  request->arrived = g_ascii_strtoll (words[9], NULL, 10);
  if (!g_str_equal (words[8], "-")) {
    g_autofree gchar *names = (gchar *)g_base64_decode (words[8], &size);
    g_autofree gchar *text = g_strndup (names, size);
    g_auto (GStrv) identities = g_strsplit (text, "\n", -1);

    request->identities = siprec_request_list (request, (const gchar *const *)identities);
  }
  siprec_request_drop_header (request, SIPREC_RELAY_HEADER);
  if (request->status == 0)
    siprec_request_drop_header (request, "Via");
  return TRUE;
}
