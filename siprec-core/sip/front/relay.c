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

/* The part behind @part. */
static const gchar *
next_part (const gchar *part)
{
  return part + strlen (part) + 1;
}

/* A copy of @value, cut at its semicolons: the parts stand behind each other, each with a NUL at its end, and an
 * empty one is the last. Line breaks in it become spaces. */
static gchar *
split_value (const Span *value)
{
  gchar *parts = g_malloc (value->end - value->start + 2);
  gchar *out = parts;

  for (const gchar *c = value->start; c < value->end; c++) {
    const gchar *semicolon = memchr (c, ';', value->end - c);
    const gchar *end = semicolon ? semicolon : value->end;
    const gchar *part = out;

    for (; c < end; c++)
      if (!g_ascii_isspace (*c))
        *out++ = *c;
      else if (out > part)
        *out++ = ' ';
    while (out > part && out[-1] == ' ')
      out--;
    if (out > part)
      *out++ = '\0';
  }
  *out = '\0';
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

/* What a branch may not have in it is told in hexadecimal. Case doesn't count. */
static void
append_token (GString *out, const gchar *text)
{
  static const gchar digits[] = "0123456789abcdef";

  for (; *text; text++) {
    if (g_ascii_isalnum (*text) || *text == '.' || *text == '-') {
      g_string_append_c (out, g_ascii_tolower (*text));
    } else {
      g_string_append_c (out, '%');
      g_string_append_c (out, digits[(guchar)*text >> 4]);
      g_string_append_c (out, digits[*text & 0xf]);
    }
  }
}

/* Same for all that belongs to one transaction, and for nothing else: that is known by branch and sent-by (RFC 3261
 * section 17.2.3). Without the cookie only if the peer's has none: then the stack compares more. */
static void
append_branch (GString *out, const gchar *host_port, const gchar *branch)
{
  gboolean magic = branch && g_ascii_strncasecmp (branch, COOKIE, strlen (COOKIE)) == 0;

  g_string_append (out, magic ? COOKIE : "");
  append_token (out, host_port);
  /* Which stands in no token of ours. */
  g_string_append_c (out, '_');
  append_token (out, branch ? branch : "");
}

/* The value of the parameter @name in @parts, or NULL. */
static const gchar *
find_param (const gchar *parts, const gchar *name)
{
  const gchar *value;

  for (const gchar *part = next_part (parts); *part; part = next_part (part))
    if (is_param (part, name, &value))
      return value;
  return NULL;
}

/* RFC 3261 section 18.2.1 and RFC 3581 section 4. */
static void
append_via (GString *out, const SiprecRelay *relay, const gchar *parts)
{
  gboolean rport = FALSE;
  const gchar *value;

  g_string_append (out, "Via: ");
  g_string_append (out, parts);
  for (const gchar *part = next_part (parts); *part; part = next_part (part)) {
    if (is_param (part, "received", &value))
      continue;
    if (is_param (part, "rport", &value)) {
      rport = TRUE;
      continue;
    }
    g_string_append_c (out, ';');
    g_string_append (out, part);
  }
  if (rport)
    g_string_append_printf (out, ";rport=%u", relay->remote_port);
  if (rport || !g_str_has_prefix (sent_by (parts), relay->remote_address)) {
    g_string_append (out, ";received=");
    g_string_append (out, relay->remote_address);
  }
}

gchar *
siprec_relay_describe (const SiprecRelay *relay)
{
  g_autofree gchar *names =
      relay->identities ? g_strjoinv ("\n", (gchar **)relay->identities) : g_strdup ("");
  g_autofree gchar *coded = NULL;

  /* Whole names only. */
  if (strlen (names) > MAX_NAMES) {
    names[MAX_NAMES] = '\0';
    *strrchr (names, '\n') = '\0';
  }
  coded = g_base64_encode ((const guchar *)names, strlen (names));
  return g_strdup_printf ("%s %s %u %s %u %s", relay->transport, relay->remote_address,
                          relay->remote_port, relay->local_address, relay->local_port,
                          *coded ? coded : "-");
}

static void
append_peer (GString *out, const SiprecRelay *relay)
{
  g_string_append (out, SIPREC_RELAY_HEADER ": ");
  g_string_append (out, get_secret ());
  g_string_append_c (out, ' ');
  g_string_append (out, relay->id);
  g_string_append_printf (out, " %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " ", relay->number,
                          g_get_monotonic_time ());
  g_string_append (out, relay->peer);
  g_string_append (out, "\r\n");
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
  const gchar *stop = line_end (message, end);
  const gchar *word;

  while (stop > message && g_ascii_isspace (stop[-1]))
    stop--;
  for (word = stop; word > message && word[-1] != ' ';)
    word--;
  return word > message && stop - word >= 4 && g_ascii_strncasecmp (word, "SIP/", 4) == 0;
}

/* The stack stops reading a connection where it can't read a first line, and doesn't close it for minutes. So its own
 * parser is asked before. */
static gboolean
is_readable (const gchar *message, const gchar *end)
{
  msg_hclass_t *first = is_response (message) ? sip_status_class : sip_request_class;
  su_home_t home[1] = {SU_HOME_INIT (home)};
  g_autofree gchar *line = g_strndup (message, strcspn (message, "\r\n"));
  gsize length = strlen (line);
  sip_header_t header[1] = {{{{0}}}};
  gboolean readable =
      message + length < end &&
      first->hc_parse (home, (msg_header_t *)header, g_strchomp (line), strlen (line)) >= 0;

  su_home_deinit (home);
  return readable;
}

gsize
siprec_relay_inward (const SiprecRelay *relay, const gchar *message, gsize header_length,
                     gsize length, GString *out)
{
  const gchar *end = message + header_length;
  const gchar *rest = line_end (message, end);
  gsize before = out->len;
  g_autofree gchar *parts = NULL;
  Span via, value;

  if (!is_readable (message, end))
    return 0;
  if (is_response (message)) {
    g_string_append_len (out, message, rest - message);
    append_peer (out, relay);
    g_string_append_len (out, rest, message + length - rest);
    return out->len - before;
  }
  if (!is_request (message, end) || !find_header (message, end, "Via", 'v', &via))
    return 0;

  value = first_value (&via);
  parts = split_value (&value);
  if (!sent_by (parts))
    return 0;
  g_string_append_len (out, message, rest - message);
  g_string_append (out, "Via: SIP/2.0/TCP ");
  g_string_append (out, relay->inner);
  g_string_append (out, ";branch=");
  append_branch (out, sent_by (parts), find_param (parts, "branch"));
  g_string_append (out, ID);
  g_string_append (out, relay->id);
  g_string_append (out, "\r\n");
  append_peer (out, relay);
  g_string_append_len (out, rest, via.start - rest);
  append_via (out, relay, parts);
  g_string_append_len (out, value.end, message + length - value.end);
  return out->len - before;
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

/* The first @n words of @value. Returns: FALSE if it has fewer */
static gboolean
split_words (const gchar *value, Span *words, guint n)
{
  const gchar *end = value + strlen (value);

  for (guint i = 0; i < n; i++) {
    words[i].start = value;
    words[i].end = memchr (value, ' ', end - value);
    if (!words[i].end)
      words[i].end = end;
    if (words[i].start == words[i].end)
      return FALSE;
    value = MIN (words[i].end + 1, end);
  }
  return TRUE;
}

gboolean
siprec_relay_pass (const gchar *value)
{
  Span words[3];

  if (!is_vouched (value))
    return FALSE;
  if (split_words (value, words, G_N_ELEMENTS (words))) {
    g_autofree gchar *id = g_strndup (words[1].start, words[1].end - words[1].start);

    siprec_window_pass (id, g_ascii_strtoull (words[2].start, NULL, 10));
  }
  return TRUE;
}

static const gchar *
take_word (SiprecRequest *request, const Span *word)
{
  return siprec_request_text (request, word->start, word->end - word->start);
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
  Span words[10];
  const Span *names = &words[9];
  gsize size;

  if (!is_vouched (value) || !split_words (value, words, G_N_ELEMENTS (words)))
    return FALSE;
  request->arrived = g_ascii_strtoll (words[3].start, NULL, 10);
  request->transport = take_word (request, &words[4]);
  request->remote_address = take_word (request, &words[5]);
  request->remote_port = read_port (words[6].start);
  request->local_address = take_word (request, &words[7]);
  request->local_port = read_port (words[8].start);
  if (*names->start != '-') {
    /* Up to its end only: the peer's first line may be one that continues ours. */
    g_autofree gchar *coded = g_strndup (names->start, names->end - names->start);
    g_autofree gchar *list = (gchar *)g_base64_decode (coded, &size);
    g_autofree gchar *text = g_strndup (list, size);
    g_auto (GStrv) identities = g_strsplit (text, "\n", -1);

    request->identities = siprec_request_list (request, (const gchar *const *)identities);
  }
  siprec_request_drop_header (request, SIPREC_RELAY_HEADER);
  if (request->status == 0)
    siprec_request_drop_header (request, "Via");
  return TRUE;
}
