/* A recording client for tests: SIP as text, RTP by hand.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caller.h"

#include <string.h>

#define TIMEOUT_US (5 * G_USEC_PER_SEC)
#define FRAME      160
#define RESEND_US  500000

struct _Caller {
  GSocket *sip;
  gboolean tcp;
  GSocket *listener; /* (nullable): for a call of the recorder over TCP */
  GString *stream;   /* received over TCP, not yet cut into messages */
  gchar *host;
  guint16 port;
  guint16 own_port;

  gchar *call_id;
  gchar *tag;
  gchar *to_tag; /* ";tag=..." or "" */
  gchar *target;
  guint cseq;
  guint invite_cseq;
  guint branch;
  guint sdp_version;
  gchar *sent; /* the last request, resent over UDP */
  gsize sent_size;
  gchar *sent_method;
  gchar *last;
  gchar *answer;       /* the last SDP answer */
  const gchar *status; /* (nullable): what requests of the recorder get */
  gchar *own_answer;   /* (nullable): to offers of the recorder */

  GSocket *rtp[CALLER_MAX_STREAMS];
  guint16 rtp_port[CALLER_MAX_STREAMS];
  guint16 seq[CALLER_MAX_STREAMS];
  guint32 timestamp[CALLER_MAX_STREAMS];
  guint n_restarts[CALLER_MAX_STREAMS];
  gint64 patience;                       /* microseconds */
  gchar *proto[CALLER_MAX_STREAMS];      /* (nullable) */
  gchar *attributes[CALLER_MAX_STREAMS]; /* (nullable) */
  Sealer *sealer[CALLER_MAX_STREAMS];    /* (nullable) */
};

static GSocket *
open_socket (GSocketFamily family, gboolean tcp, guint16 *port)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (family);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  GSocket *socket = g_socket_new (family, tcp ? G_SOCKET_TYPE_STREAM : G_SOCKET_TYPE_DATAGRAM,
                                  tcp ? G_SOCKET_PROTOCOL_TCP : G_SOCKET_PROTOCOL_UDP, NULL);

  g_assert_nonnull (socket);
  g_assert_true (g_socket_bind (socket, address, FALSE, NULL));
  bound = g_socket_get_local_address (socket, NULL);
  *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  return socket;
}

Caller *
caller_new (const gchar *uri, gboolean tcp)
{
  Caller *caller = g_new0 (Caller, 1);
  g_autoptr (GRegex) regex = g_regex_new ("^sips?:(\\[[^]]*\\]|[^:;,]*):?([0-9]*)", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree gchar *port = NULL, *bare = NULL;

  g_assert_true (g_regex_match (regex, uri, 0, &match));
  caller->host = g_match_info_fetch (match, 1);
  port = g_match_info_fetch (match, 2);
  caller->port = *port ? (guint16)g_ascii_strtoull (port, NULL, 10) : 5060;
  bare = g_strdup (caller->host);
  g_strdelimit (bare, "[]", ' ');
  address = g_inet_socket_address_new_from_string (g_strstrip (bare), caller->port);
  g_assert_nonnull (address);

  caller->tcp = tcp;
  caller->patience = TIMEOUT_US;
  caller->stream = g_string_new (NULL);
  caller->sip = open_socket (g_socket_address_get_family (address), tcp, &caller->own_port);
  g_assert_true (g_socket_connect (caller->sip, address, NULL, NULL));
  for (guint i = 0; i < CALLER_MAX_STREAMS; i++) {
    caller->rtp[i] =
        open_socket (g_socket_address_get_family (address), FALSE, &caller->rtp_port[i]);
    caller->seq[i] = (guint16)g_random_int ();
    caller->timestamp[i] = g_random_int ();
  }
  return caller;
}

void
caller_set_patience (Caller *caller, guint milliseconds)
{
  caller->patience = (gint64)milliseconds * 1000;
}

void
caller_free (Caller *caller)
{
  for (guint i = 0; i < CALLER_MAX_STREAMS; i++) {
    g_object_unref (caller->rtp[i]);
    g_free (caller->proto[i]);
    g_free (caller->attributes[i]);
  }
  g_object_unref (caller->sip);
  g_clear_object (&caller->listener);
  g_string_free (caller->stream, TRUE);
  g_free (caller->host);
  g_free (caller->call_id);
  g_free (caller->tag);
  g_free (caller->to_tag);
  g_free (caller->target);
  g_free (caller->sent);
  g_free (caller->sent_method);
  g_free (caller->last);
  g_free (caller->answer);
  g_free (caller->own_answer);
  g_free (caller);
}

/* ---- SIP ---- */

static void
send_bytes (Caller *caller, const gchar *text, gsize size)
{
  gsize done = 0;

  while (done < size) {
    gssize n = g_socket_send (caller->sip, text + done, size - done, NULL, NULL);

    if (n <= 0)
      return;
    done += n;
  }
}

static void
send_text (Caller *caller, const gchar *text)
{
  send_bytes (caller, text, strlen (text));
}

/* The first whole message of the TCP stream, or NULL. */
static gchar *
cut_message (Caller *caller)
{
  const gchar *end = strstr (caller->stream->str, "\r\n\r\n");
  const gchar *length = end ? strcasestr (caller->stream->str, "\r\nContent-Length:") : NULL;
  gsize size;
  gchar *message;

  if (end == NULL)
    return NULL;
  size = end + 4 - caller->stream->str;
  if (length && length < end)
    size += g_ascii_strtoull (length + strlen ("\r\nContent-Length:"), NULL, 10);
  if (caller->stream->len < size)
    return NULL;
  message = g_strndup (caller->stream->str, size);
  g_string_erase (caller->stream, 0, size);
  return message;
}

/* The next message within @timeout_us, or NULL. */
static gchar *
receive (Caller *caller, gint64 timeout_us)
{
  gint64 until = g_get_monotonic_time () + timeout_us;
  static const gsize max = 65536;
  g_autofree gchar *buffer = g_malloc (max);

  for (;;) {
    gchar *message = caller->tcp ? cut_message (caller) : NULL;
    gint64 left = until - g_get_monotonic_time ();
    gssize n;

    if (message)
      return message;
    if (left <= 0 || !g_socket_condition_timed_wait (caller->sip, G_IO_IN, left, NULL, NULL))
      return NULL;
    n = g_socket_receive (caller->sip, buffer, max - 1, NULL, NULL);
    if (n == 0 && caller->tcp)
      return NULL;
    if (n <= 0)
      continue;
    if (!caller->tcp)
      return g_strndup (buffer, n);
    g_string_append_len (caller->stream, buffer, n);
  }
}

static gchar *
find_header (const gchar *message, const gchar *name)
{
  g_autofree gchar *needle = g_strdup_printf ("\r\n%s:", name);
  const gchar *place = strcasestr (message, needle);
  const gchar *end;

  if (place == NULL)
    return NULL;
  place += strlen (needle);
  end = strstr (place, "\r\n");
  return g_strstrip (g_strndup (place, end ? (gsize)(end - place) : strlen (place)));
}

/* Everything that makes a response to @request: its headers come back. */
static void
answer_request (Caller *caller, const gchar *request)
{
  static const gchar *const echoed[] = {"Via", "From", "To", "Call-ID", "CSeq", NULL};
  g_autoptr (GString) response = g_string_new (NULL);

  if (g_str_has_prefix (request, "ACK "))
    return;
  g_string_printf (response, "SIP/2.0 %s\r\n", caller->status ? caller->status : "200 OK");
  for (guint i = 0; echoed[i]; i++) {
    g_autofree gchar *value = find_header (request, echoed[i]);

    g_string_append_printf (response, "%s: %s\r\n", echoed[i], value);
  }
  if (caller->own_answer && g_str_has_prefix (request, "INVITE "))
    g_string_append_printf (
        response, "Content-Type: application/sdp\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
        strlen (caller->own_answer), caller->own_answer);
  else
    g_string_append (response, "Content-Length: 0\r\n\r\n");
  send_text (caller, response->str);
}

static void
keep (Caller *caller, gchar *message)
{
  g_free (caller->last);
  caller->last = message;
}

static const gchar *
body_of (const gchar *message)
{
  const gchar *body = strstr (message, "\r\n\r\n");

  return body ? body + 4 : "";
}

static void
send_whole (Caller *caller, const gchar *method, gchar *message, gsize size)
{
  g_free (caller->sent);
  caller->sent = message;
  caller->sent_size = size;
  g_free (caller->sent_method);
  caller->sent_method = g_strdup (method);
  send_bytes (caller, message, size);
}

static gchar *
own_address (Caller *caller)
{
  return g_strdup_printf ("%s:%u", strchr (caller->host, '[') ? "[::1]" : "127.0.0.1",
                          caller->own_port);
}

static void
make_request (Caller *caller, const gchar *method, guint cseq, const gchar *headers,
              const gchar *content_type, const gchar *body)
{
  g_autofree gchar *type =
      content_type ? g_strdup_printf ("Content-Type: %s\r\n", content_type) : g_strdup ("");
  g_autofree gchar *own = own_address (caller);
  const gchar *transport = caller->tcp ? "TCP" : "UDP";
  gchar *message = g_strdup_printf (
      "%s %s SIP/2.0\r\n"
      "Via: SIP/2.0/%s %s;branch=z9hG4bK-%s-%u;rport\r\n"
      "From: \"Client\" <sip:client@%s>;tag=%s\r\n"
      "To: <sip:recorder@%s:%u>%s\r\n"
      "Call-ID: %s\r\n"
      "CSeq: %u %s\r\n"
      "Contact: <sip:client@%s;transport=%s>;+sip.src\r\n"
      "Allow: INVITE, ACK, CANCEL, BYE, UPDATE\r\n"
      "Max-Forwards: 70\r\n%s%s"
      "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
      method, caller->target, transport, own, caller->tag, caller->branch, own, caller->tag,
      caller->host, caller->port, caller->to_tag, caller->call_id, cseq, method, own, transport,
      headers ? headers : "", type, body ? strlen (body) : 0, body ? body : "");

  send_whole (caller, method, message, strlen (message));
}

void
caller_begin (Caller *caller)
{
  g_free (caller->call_id);
  g_free (caller->tag);
  g_free (caller->to_tag);
  g_free (caller->target);
  caller->call_id = g_uuid_string_random ();
  caller->tag = g_strdup_printf ("%08x", g_random_int ());
  caller->to_tag = g_strdup ("");
  caller->target = g_strdup_printf ("sip:recorder@%s:%u", caller->host, caller->port);
}

static void
send_request (Caller *caller, const gchar *method, const gchar *headers, const gchar *content_type,
              const gchar *body)
{
  caller->branch++;
  make_request (caller, method, ++caller->cseq, headers, content_type, body);
  if (g_str_equal (method, "INVITE"))
    caller->invite_cseq = caller->cseq;
}

/* Takes tag, target and SDP out of a 2xx. */
static void
learn (Caller *caller)
{
  g_autofree gchar *to = find_header (caller->last, "To");
  g_autofree gchar *contact = find_header (caller->last, "Contact");
  g_autofree gchar *type = find_header (caller->last, "Content-Type");
  const gchar *tag = to ? strstr (to, ";tag=") : NULL;
  gchar *open = contact ? strchr (contact, '<') : NULL;
  gchar *close = open ? strchr (open, '>') : NULL;

  if (tag) {
    g_free (caller->to_tag);
    caller->to_tag = g_strdup (tag);
  }
  if (close) {
    g_free (caller->target);
    caller->target = g_strndup (open + 1, close - open - 1);
  }
  if (g_strcmp0 (type, "application/sdp") == 0) {
    g_free (caller->answer);
    caller->answer = g_strdup (body_of (caller->last));
  }
}

/* RFC 3261: the ACK for a 2xx is a transaction of its own, the one for an error belongs to the INVITE's. */
static void
acknowledge (Caller *caller, guint status)
{
  g_autofree gchar *to = find_header (caller->last, "To");
  g_autofree gchar *target = g_strdup (caller->target);
  g_autofree gchar *to_tag = g_strdup (caller->to_tag);
  const gchar *tag = to ? strstr (to, ";tag=") : NULL;

  if (status < 300)
    caller->branch++;
  else if (tag) {
    g_free (caller->to_tag);
    caller->to_tag = g_strdup (tag);
  }
  make_request (caller, "ACK", caller->invite_cseq, NULL,
                status < 300 && caller->own_answer ? "application/sdp" : NULL,
                status < 300 ? caller->own_answer : NULL);
  if (status >= 300) {
    g_free (caller->to_tag);
    caller->to_tag = g_steal_pointer (&to_tag);
  }
}

/* The status of @message if it is the final response to CSeq @cseq of @method, else 0. */
static guint
final_status (const gchar *message, const gchar *method, guint cseq)
{
  g_autofree gchar *header = find_header (message, "CSeq");
  g_autofree gchar *wanted = g_strdup_printf ("%u %s", cseq, method);
  guint status;

  if (!g_str_has_prefix (message, "SIP/2.0 ") || g_strcmp0 (header, wanted) != 0)
    return 0;
  status = (guint)g_ascii_strtoull (message + strlen ("SIP/2.0 "), NULL, 10);
  return status >= 200 ? status : 0;
}

static guint
await_response (Caller *caller, const gchar *method, guint cseq)
{
  gint64 until = g_get_monotonic_time () + caller->patience;

  while (g_get_monotonic_time () < until) {
    gchar *message = receive (caller, MIN (RESEND_US, caller->patience));
    guint status;

    if (message == NULL) {
      if (!caller->tcp)
        send_bytes (caller, caller->sent, caller->sent_size);
      continue;
    }
    if (!g_str_has_prefix (message, "SIP/2.0 "))
      answer_request (caller, message);
    status = final_status (message, method, cseq);
    keep (caller, message);
    if (status)
      return status;
  }
  return 0;
}

guint
caller_finish (Caller *caller)
{
  g_autofree gchar *method = g_strdup (caller->sent_method);
  guint cseq = g_str_equal (method, "INVITE") ? caller->invite_cseq : caller->cseq;
  guint status = await_response (caller, method, cseq);

  /* An OPTIONS outside of a dialog makes none. */
  if (status >= 200 && status < 300 && !g_str_equal (method, "OPTIONS"))
    learn (caller);
  if (status && g_str_equal (method, "INVITE"))
    acknowledge (caller, status);
  return status;
}

/* ---- bodies ---- */

static gchar *
make_sdp (Caller *caller, guint n_streams, const gchar *direction)
{
  const gchar *where = strchr (caller->host, '[') ? "IP6 ::1" : "IP4 127.0.0.1";
  GString *sdp = g_string_new (NULL);

  g_string_append_printf (sdp, "v=0\r\no=caller 4711 %u IN %s\r\ns=-\r\nc=IN %s\r\nt=0 0\r\n",
                          ++caller->sdp_version, where, where);
  for (guint i = 0; i < n_streams; i++)
    g_string_append_printf (sdp,
                            "m=audio %u %s 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
                            "a=rtpmap:101 telephone-event/8000\r\na=label:%u\r\na=%s\r\n%s",
                            caller->rtp_port[i], caller->proto[i] ? caller->proto[i] : "RTP/AVP",
                            i + 1, direction, caller->attributes[i] ? caller->attributes[i] : "");
  return g_string_free (sdp, FALSE);
}

#define CALL_ID   "YSBjYWxsIG9mIGNhbGxlcg=="
#define PERSON_ID "cGVyc29uIG51bWJlciBvZ%u=="
#define STREAM_ID "c3RyZWFtIG51bWJlciBvZ%u=="

/* In the order of the schema (RFC 7865 section 9). */
static gchar *
make_metadata (guint n_streams, const gchar *second)
{
  static const gchar *const names[] = {"Ada", "Ben", "Cleo", "Dan", "Eve", "Fay", "Gus", "Hal"};
  GString *xml =
      g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
                    "<recording xmlns=\"urn:ietf:params:xml:ns:recording:1\">"
                    "<datamode>complete</datamode><session session_id=\"" CALL_ID "\"/>");

  for (guint i = 0; i < n_streams; i++)
    g_string_append_printf (xml,
                            "<participant participant_id=\"" PERSON_ID
                            "\"><nameID aor=\"sip:p%u@example.com\">"
                            "<name xml:lang=\"en\">%s</name></nameID></participant>",
                            i, i, i == 1 && second ? second : names[i]);
  for (guint i = 0; i < n_streams; i++)
    g_string_append_printf (xml,
                            "<stream stream_id=\"" STREAM_ID "\" session_id=\"" CALL_ID
                            "\"><label>%u</label></stream>",
                            i, i + 1);
  for (guint i = 0; i < n_streams; i++)
    g_string_append_printf (xml,
                            "<participantsessionassoc participant_id=\"" PERSON_ID
                            "\" session_id=\"" CALL_ID "\"/>",
                            i);
  for (guint i = 0; i < n_streams; i++)
    g_string_append_printf (xml,
                            "<participantstreamassoc participant_id=\"" PERSON_ID
                            "\"><send>" STREAM_ID "</send></participantstreamassoc>",
                            i, i);
  g_string_append (xml, "</recording>\r\n");
  return g_string_free (xml, FALSE);
}

static gchar *
make_body (Caller *caller, guint n_streams, const gchar *direction)
{
  g_autofree gchar *sdp = make_sdp (caller, n_streams, direction);
  g_autofree gchar *xml = make_metadata (n_streams, NULL);

  return g_strdup_printf ("--caller\r\nContent-Type: application/sdp\r\n\r\n%s"
                          "\r\n--caller\r\nContent-Type: application/rs-metadata+xml\r\n"
                          "Content-Disposition: recording-session\r\n\r\n%s\r\n--caller--\r\n",
                          sdp, xml);
}

/* ---- calls ---- */

gchar *
caller_word (Caller *caller, const gchar *name)
{
  g_autofree gchar *own = own_address (caller);
  const gchar *transport = caller->tcp ? "TCP" : "UDP";

  if (g_str_has_prefix (name, "rtp"))
    return g_strdup_printf ("%u",
                            caller->rtp_port[g_ascii_digit_value (name[3]) % CALLER_MAX_STREAMS]);
  if (g_str_equal (name, "own"))
    return g_steal_pointer (&own);
  if (g_str_equal (name, "host"))
    return g_strdup_printf ("%s:%u", caller->host, caller->port);
  if (g_str_equal (name, "transport"))
    return g_strdup (transport);
  if (g_str_equal (name, "target"))
    return g_strdup (caller->target);
  if (g_str_equal (name, "tag"))
    return g_strdup (caller->tag);
  if (g_str_equal (name, "to-tag"))
    return g_strdup (caller->to_tag);
  if (g_str_equal (name, "call-id"))
    return g_strdup (caller->call_id);
  if (g_str_equal (name, "cseq"))
    return g_strdup_printf ("%u", caller->cseq + 1);
  if (g_str_equal (name, "version"))
    return g_strdup_printf ("%u", caller->sdp_version + 1);
  if (g_str_equal (name, "branch"))
    return g_strdup_printf ("z9hG4bK-%s-%u", caller->tag, caller->branch + 1);
  return NULL;
}

void
caller_set_word (Caller *caller, const gchar *name, const gchar *value)
{
  gchar **place = g_str_equal (name, "call-id") ? &caller->call_id : &caller->tag;

  g_free (*place);
  *place = g_strdup (value);
}

guint
caller_send_whole (Caller *caller, const gchar *message, gsize size, gboolean wait)
{
  g_autofree gchar *copy = g_strndup (message, size);
  const gchar *cseq = strcasestr (copy, "\nCSeq:");
  g_autofree gchar *method = g_strndup (message, strcspn (message, " "));

  caller->branch++;
  if (strstr (copy, "\no="))
    caller->sdp_version++;
  if (cseq)
    caller->cseq = (guint)g_ascii_strtoull (cseq + strlen ("\nCSeq:"), NULL, 10);
  if (g_str_equal (method, "INVITE"))
    caller->invite_cseq = caller->cseq;
  send_whole (caller, method, g_memdup2 (message, size), size);
  return wait ? caller_finish (caller) : 0;
}

static void
send_invite (Caller *caller, guint n_streams, const gchar *direction)
{
  g_autofree gchar *body = make_body (caller, n_streams, direction);

  caller_begin (caller);
  send_request (caller, "INVITE", "Require: siprec\r\n", "multipart/mixed;boundary=caller", body);
}

guint
caller_invite (Caller *caller, guint n_streams, const gchar *direction)
{
  send_invite (caller, n_streams, direction);
  return caller_finish (caller);
}

guint
caller_invite_with (Caller *caller, const gchar *headers, const gchar *content_type,
                    const gchar *body)
{
  caller_begin (caller);
  send_request (caller, "INVITE", headers, content_type, body);
  return caller_finish (caller);
}

static gchar *
make_lines (Caller *caller, const gchar *const *lines)
{
  const gchar *where = strchr (caller->host, '[') ? "IP6 ::1" : "IP4 127.0.0.1";
  GString *sdp = g_string_new (NULL);

  g_string_append_printf (sdp, "v=0\r\no=caller 4711 %u IN %s\r\ns=-\r\nc=IN %s\r\nt=0 0\r\n",
                          ++caller->sdp_version, where, where);
  for (guint i = 0; lines[i]; i++) {
    g_autofree gchar *port = g_strdup_printf ("%u", caller->rtp_port[i]);
    g_autoptr (GString) line = g_string_new (lines[i]);

    g_string_replace (line, "PORT", port, 0);
    g_string_append (sdp, line->str);
  }
  return g_string_free (sdp, FALSE);
}

guint
caller_invite_lines (Caller *caller, const gchar *const *lines)
{
  g_autofree gchar *sdp = make_lines (caller, lines);

  return caller_invite_with (caller, "Require: siprec\r\n", "application/sdp", sdp);
}

guint
caller_reinvite_lines (Caller *caller, const gchar *const *lines)
{
  g_autofree gchar *sdp = make_lines (caller, lines);

  send_request (caller, "INVITE", "Require: siprec\r\n", "application/sdp", sdp);
  return caller_finish (caller);
}

void
caller_set_status (Caller *caller, const gchar *status)
{
  caller->status = status;
}

void
caller_set_answer (Caller *caller, const gchar *sdp)
{
  g_free (caller->own_answer);
  caller->own_answer = g_strdup (sdp);
}

void
caller_invite_only (Caller *caller, guint n_streams)
{
  send_invite (caller, n_streams, "sendonly");
}

guint
caller_reinvite (Caller *caller, guint n_streams, const gchar *direction)
{
  g_autofree gchar *sdp = make_sdp (caller, n_streams, direction);

  send_request (caller, "INVITE", "Require: siprec\r\n", "application/sdp", sdp);
  return caller_finish (caller);
}

guint
caller_update (Caller *caller, const gchar *second)
{
  g_autofree gchar *xml = make_metadata (2, second);

  send_request (caller, "UPDATE", "Content-Disposition: recording-session\r\n",
                "application/rs-metadata+xml", xml);
  return caller_finish (caller);
}

guint
caller_request (Caller *caller, const gchar *method, const gchar *content_type, const gchar *body)
{
  send_request (caller, method, NULL, content_type, body);
  return caller_finish (caller);
}

guint
caller_set_cseq (Caller *caller, guint cseq)
{
  guint last = caller->cseq;

  caller->cseq = cseq;
  return last;
}

guint
caller_bye (Caller *caller)
{
  send_request (caller, "BYE", NULL, NULL, NULL);
  return caller_finish (caller);
}

guint
caller_cancel (Caller *caller)
{
  make_request (caller, "CANCEL", caller->invite_cseq, NULL, NULL, NULL);
  return await_response (caller, "CANCEL", caller->invite_cseq);
}

guint
caller_options (Caller *caller)
{
  caller_begin (caller);
  send_request (caller, "OPTIONS", NULL, NULL, NULL);
  return caller_finish (caller);
}

gboolean
caller_await (Caller *caller, const gchar *method)
{
  gint64 until = g_get_monotonic_time () + TIMEOUT_US;
  g_autofree gchar *start = g_strdup_printf ("%s ", method);

  while (g_get_monotonic_time () < until) {
    gchar *message = receive (caller, until - g_get_monotonic_time ());

    if (message == NULL)
      return FALSE;
    if (!g_str_has_prefix (message, "SIP/2.0 "))
      answer_request (caller, message);
    keep (caller, message);
    if (g_str_has_prefix (message, start))
      return TRUE;
  }
  return FALSE;
}

gchar *
caller_uri (Caller *caller)
{
  guint16 port = caller->own_port;

  if (caller->tcp && !caller->listener) {
    caller->listener = open_socket (g_socket_get_family (caller->sip), TRUE, &port);
    g_assert_true (g_socket_listen (caller->listener, NULL));
    caller->own_port = port;
  }
  return g_strdup_printf ("sip:client@%s:%u;transport=%s",
                          strchr (caller->host, '[') ? "[::1]" : "127.0.0.1", port,
                          caller->tcp ? "tcp" : "udp");
}

/* The dialog that the recorder's INVITE begins. */
static void
join_call (Caller *caller)
{
  g_autofree gchar *from = find_header (caller->last, "From");
  g_autofree gchar *contact = find_header (caller->last, "Contact");

  caller_begin (caller);
  g_free (caller->call_id);
  caller->call_id = find_header (caller->last, "Call-ID");
  g_free (caller->to_tag);
  caller->to_tag = g_strdup (strstr (from, ";tag="));
  g_free (caller->target);
  caller->target = g_strndup (contact + 1, strcspn (contact + 1, ">"));
}

static void
answer_invite (Caller *caller, const gchar *status, const gchar *type, const gchar *body)
{
  g_autofree gchar *via = find_header (caller->last, "Via");
  g_autofree gchar *from = find_header (caller->last, "From");
  g_autofree gchar *to = find_header (caller->last, "To");
  g_autofree gchar *cseq = find_header (caller->last, "CSeq");
  g_autofree gchar *uri = caller_uri (caller);
  g_autofree gchar *text = g_strdup_printf (
      "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=%s\r\nCall-ID: %s\r\nCSeq: %s\r\n"
      "Contact: <%s>;+sip.src\r\nAllow: INVITE, ACK, CANCEL, BYE, UPDATE\r\nX-Said: hello\r\n"
      "%s%s%sContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
      status, via, from, to, caller->tag, caller->call_id, cseq, uri, type ? "Content-Type: " : "",
      type ? type : "", type ? "\r\n" : "", body ? strlen (body) : 0, body ? body : "");

  send_text (caller, text);
}

gboolean
caller_ring (Caller *caller)
{
  if (caller->listener) {
    g_object_unref (caller->sip);
    caller->sip = g_socket_accept (caller->listener, NULL, NULL);
  }
  do {
    gchar *message = receive (caller, TIMEOUT_US);

    if (message == NULL)
      return FALSE;
    keep (caller, message);
  } while (!g_str_has_prefix (caller->last, "INVITE "));
  join_call (caller);
  answer_invite (caller, "180 Ringing", NULL, NULL);
  return TRUE;
}

gboolean
caller_answer (Caller *caller, const gchar *status, guint n_streams)
{
  g_autofree gchar *body = n_streams > 0 ? make_body (caller, n_streams, "sendonly") : NULL;
  const gchar *type = body ? "multipart/mixed;boundary=caller" : NULL;

  answer_invite (caller, status, type, body);
  if (!caller_await (caller, "ACK"))
    return FALSE;
  g_free (caller->answer);
  caller->answer = g_strdup (body_of (caller->last));
  return TRUE;
}

gboolean
caller_is_left_alone (Caller *caller, guint milliseconds)
{
  g_autofree gchar *message = receive (caller, (gint64)milliseconds * 1000);

  return message == NULL;
}

const gchar *
caller_last (Caller *caller)
{
  return caller->last;
}

gchar *
caller_header (Caller *caller, const gchar *name)
{
  return find_header (caller->last, name);
}

/* ---- RTP ---- */

/* The m-line @stream of the last answer. */
static const gchar *
find_mline (Caller *caller, guint stream)
{
  const gchar *line = caller->answer;

  for (guint i = 0; line && i <= stream; i++) {
    line = strstr (line, "\nm=");
    if (line)
      line++;
  }
  return line;
}

guint16
caller_port (Caller *caller, guint stream)
{
  const gchar *line = find_mline (caller, stream);

  line = line ? strchr (line, ' ') : NULL;
  return line ? (guint16)g_ascii_strtoull (line, NULL, 10) : 0;
}

gchar *
caller_attribute (Caller *caller, guint stream, const gchar *name)
{
  g_autofree gchar *prefix = g_strdup_printf ("\na=%s:", name);
  const gchar *line = find_mline (caller, stream);
  const gchar *next = line ? strstr (line, "\nm=") : NULL;
  const gchar *found = line ? strstr (line, prefix) : NULL;

  if (!found || (next && found > next))
    return NULL;
  found += strlen (prefix);
  return g_strndup (found, strcspn (found, "\r\n"));
}

void
caller_set_media (Caller *caller, guint stream, const gchar *proto, const gchar *attributes)
{
  g_free (caller->proto[stream]);
  g_free (caller->attributes[stream]);
  caller->proto[stream] = g_strdup (proto);
  caller->attributes[stream] = g_strdup (attributes);
}

void
caller_set_sealer (Caller *caller, guint stream, Sealer *sealer)
{
  caller->sealer[stream] = sealer;
}

void
caller_set_seq (Caller *caller, guint stream, guint16 seq)
{
  caller->seq[stream] = seq;
}

GSocket *
caller_socket (Caller *caller, guint stream)
{
  return caller->rtp[stream];
}

void
caller_send_raw (Caller *caller, guint stream, const guint8 *packet, gsize size)
{
  g_autofree gchar *host = g_strdup (caller->host);
  g_autoptr (GSocketAddress) address = NULL;

  g_strdelimit (host, "[]", ' ');
  address = g_inet_socket_address_new_from_string (g_strstrip (host), caller_port (caller, stream));
  g_socket_send_to (caller->rtp[stream], address, (const gchar *)packet, size, NULL, NULL);
}

gsize
caller_receive (Caller *caller, guint stream, guint8 *data, gsize size, gint64 timeout_us)
{
  gssize n;

  if (!g_socket_condition_timed_wait (caller->rtp[stream], G_IO_IN, timeout_us, NULL, NULL))
    return 0;
  n = g_socket_receive (caller->rtp[stream], (gchar *)data, size, NULL, NULL);
  return MAX (n, 0);
}

void
caller_send (Caller *caller, guint stream, guint8 value)
{
  guint8 packet[12 + FRAME + SEALER_OVERHEAD] = {0x80, 0};
  gsize size = 12 + FRAME;
  guint16 seq = GUINT16_TO_BE (caller->seq[stream]);
  guint32 timestamp = GUINT32_TO_BE (caller->timestamp[stream]);
  guint32 ssrc = GUINT32_TO_BE (0x1000 + stream + caller->n_restarts[stream] * 0x100);

  memcpy (packet + 2, &seq, sizeof seq);
  memcpy (packet + 4, &timestamp, sizeof timestamp);
  memcpy (packet + 8, &ssrc, sizeof ssrc);
  memset (packet + 12, value, FRAME);
  if (caller->sealer[stream])
    size = sealer_seal (caller->sealer[stream], packet, size);
  caller_send_raw (caller, stream, packet, size);
  caller_skip (caller, stream, 1);
}

void
caller_skip (Caller *caller, guint stream, guint n)
{
  caller->seq[stream] += n;
  caller->timestamp[stream] += n * FRAME;
}

void
caller_restart (Caller *caller, guint stream)
{
  caller->n_restarts[stream]++;
  caller->seq[stream] = (guint16)g_random_int ();
  caller->timestamp[stream] = g_random_int ();
}

void
caller_talk (Caller *caller, guint n_streams, guint n)
{
  gint64 next = g_get_monotonic_time ();

  for (guint i = 0; i < n; i++) {
    gint64 now = g_get_monotonic_time ();

    if (next > now)
      g_usleep (next - now);
    for (guint stream = 0; stream < n_streams; stream++)
      caller_send (caller, stream, (guint8)(0x10 + stream));
    next += 20000;
  }
}
