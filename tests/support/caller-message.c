/* The messages of a recording client: SIP as text.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caller-private.h"

#include <string.h>

#define RESEND_US 500000

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

void
caller_send_text (Caller *caller, const gchar *text)
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
gchar *
caller_receive_message (Caller *caller, gint64 timeout_us)
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

gchar *
caller_find_header (const gchar *message, const gchar *name)
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
void
caller_answer_request (Caller *caller, const gchar *request)
{
  static const gchar *const echoed[] = {"Via", "From", "To", "Call-ID", "CSeq", NULL};
  g_autoptr (GString) response = g_string_new (NULL);

  if (g_str_has_prefix (request, "ACK "))
    return;
  g_string_printf (response, "SIP/2.0 %s\r\n", caller->status ? caller->status : "200 OK");
  for (guint i = 0; echoed[i]; i++) {
    g_autofree gchar *value = caller_find_header (request, echoed[i]);

    g_string_append_printf (response, "%s: %s\r\n", echoed[i], value);
  }
  if (caller->own_answer && g_str_has_prefix (request, "INVITE "))
    g_string_append_printf (
        response, "Content-Type: application/sdp\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
        strlen (caller->own_answer), caller->own_answer);
  else
    g_string_append (response, "Content-Length: 0\r\n\r\n");
  caller_send_text (caller, response->str);
}

void
caller_keep (Caller *caller, gchar *message)
{
  g_free (caller->last);
  caller->last = message;
}

const gchar *
caller_body_of (const gchar *message)
{
  const gchar *body = strstr (message, "\r\n\r\n");

  return body ? body + 4 : "";
}

void
caller_send_message (Caller *caller, const gchar *method, gchar *message, gsize size)
{
  g_free (caller->sent);
  caller->sent = message;
  caller->sent_size = size;
  g_free (caller->sent_method);
  caller->sent_method = g_strdup (method);
  send_bytes (caller, message, size);
}

gchar *
caller_own_address (Caller *caller)
{
  return g_strdup_printf ("%s:%u", strchr (caller->host, '[') ? "[::1]" : "127.0.0.1",
                          caller->own_port);
}

void
caller_send_numbered (Caller *caller, const gchar *method, guint cseq, const gchar *headers,
                      const gchar *content_type, const gchar *body)
{
  g_autofree gchar *type =
      content_type ? g_strdup_printf ("Content-Type: %s\r\n", content_type) : g_strdup ("");
  g_autofree gchar *own = caller_own_address (caller);
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

  caller_send_message (caller, method, message, strlen (message));
}

void
caller_send_request (Caller *caller, const gchar *method, const gchar *headers,
                     const gchar *content_type, const gchar *body)
{
  caller->branch++;
  caller_send_numbered (caller, method, ++caller->cseq, headers, content_type, body);
  if (g_str_equal (method, "INVITE"))
    caller->invite_cseq = caller->cseq;
}

/* Takes tag, target and SDP out of a 2xx. */
static void
learn (Caller *caller)
{
  g_autofree gchar *to = caller_find_header (caller->last, "To");
  g_autofree gchar *contact = caller_find_header (caller->last, "Contact");
  g_autofree gchar *type = caller_find_header (caller->last, "Content-Type");
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
    caller->answer = g_strdup (caller_body_of (caller->last));
  }
}

/* RFC 3261: the ACK for a 2xx is a transaction of its own, the one for an error belongs to the INVITE's. */
static void
acknowledge (Caller *caller, guint status)
{
  g_autofree gchar *to = caller_find_header (caller->last, "To");
  g_autofree gchar *target = g_strdup (caller->target);
  g_autofree gchar *to_tag = g_strdup (caller->to_tag);
  const gchar *tag = to ? strstr (to, ";tag=") : NULL;

  if (status < 300)
    caller->branch++;
  else if (tag) {
    g_free (caller->to_tag);
    caller->to_tag = g_strdup (tag);
  }
  caller_send_numbered (caller, "ACK", caller->invite_cseq, NULL,
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
  g_autofree gchar *header = caller_find_header (message, "CSeq");
  g_autofree gchar *wanted = g_strdup_printf ("%u %s", cseq, method);
  guint status;

  if (!g_str_has_prefix (message, "SIP/2.0 ") || g_strcmp0 (header, wanted) != 0)
    return 0;
  status = (guint)g_ascii_strtoull (message + strlen ("SIP/2.0 "), NULL, 10);
  return status >= 200 ? status : 0;
}

guint
caller_await_response (Caller *caller, const gchar *method, guint cseq)
{
  gint64 until = g_get_monotonic_time () + caller->patience;

  while (g_get_monotonic_time () < until) {
    gchar *message = caller_receive_message (caller, MIN (RESEND_US, caller->patience));
    guint status;

    if (message == NULL) {
      if (!caller->tcp)
        send_bytes (caller, caller->sent, caller->sent_size);
      continue;
    }
    if (!g_str_has_prefix (message, "SIP/2.0 "))
      caller_answer_request (caller, message);
    status = final_status (message, method, cseq);
    caller_keep (caller, message);
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
  guint status = caller_await_response (caller, method, cseq);

  /* An OPTIONS outside of a dialog makes none. */
  if (status >= 200 && status < 300 && !g_str_equal (method, "OPTIONS"))
    learn (caller);
  if (status && g_str_equal (method, "INVITE"))
    acknowledge (caller, status);
  return status;
}
