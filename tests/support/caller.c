/* A recording client for tests: its calls.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caller-private.h"

#include <string.h>

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
  caller->patience = CALLER_TIMEOUT_US;
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

gchar *
caller_word (Caller *caller, const gchar *name)
{
  g_autofree gchar *own = caller_own_address (caller);
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
  caller_send_message (caller, method, g_memdup2 (message, size), size);
  return wait ? caller_finish (caller) : 0;
}

static void
send_invite (Caller *caller, guint n_streams, const gchar *direction)
{
  g_autofree gchar *body = caller_make_body (caller, n_streams, direction);

  caller_begin (caller);
  caller_send_request (caller, "INVITE", "Require: siprec\r\n", "multipart/mixed;boundary=caller",
                       body);
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
  caller_send_request (caller, "INVITE", headers, content_type, body);
  return caller_finish (caller);
}

guint
caller_invite_lines (Caller *caller, const gchar *const *lines)
{
  g_autofree gchar *sdp = caller_make_lines (caller, lines);

  return caller_invite_with (caller, "Require: siprec\r\n", "application/sdp", sdp);
}

guint
caller_reinvite_lines (Caller *caller, const gchar *const *lines)
{
  g_autofree gchar *sdp = caller_make_lines (caller, lines);

  caller_send_request (caller, "INVITE", "Require: siprec\r\n", "application/sdp", sdp);
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
  g_autofree gchar *sdp = caller_make_sdp (caller, n_streams, direction);

  caller_send_request (caller, "INVITE", "Require: siprec\r\n", "application/sdp", sdp);
  return caller_finish (caller);
}

guint
caller_update (Caller *caller, const gchar *second)
{
  g_autofree gchar *xml = caller_make_metadata (2, second);

  caller_send_request (caller, "UPDATE", "Content-Disposition: recording-session\r\n",
                       "application/rs-metadata+xml", xml);
  return caller_finish (caller);
}

guint
caller_request (Caller *caller, const gchar *method, const gchar *content_type, const gchar *body)
{
  caller_send_request (caller, method, NULL, content_type, body);
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
  caller_send_request (caller, "BYE", NULL, NULL, NULL);
  return caller_finish (caller);
}

guint
caller_cancel (Caller *caller)
{
  caller_send_numbered (caller, "CANCEL", caller->invite_cseq, NULL, NULL, NULL);
  return caller_await_response (caller, "CANCEL", caller->invite_cseq);
}

guint
caller_options (Caller *caller)
{
  caller_begin (caller);
  caller_send_request (caller, "OPTIONS", NULL, NULL, NULL);
  return caller_finish (caller);
}

gboolean
caller_await (Caller *caller, const gchar *method)
{
  gint64 until = g_get_monotonic_time () + CALLER_TIMEOUT_US;
  g_autofree gchar *start = g_strdup_printf ("%s ", method);

  while (g_get_monotonic_time () < until) {
    gchar *message = caller_receive_message (caller, until - g_get_monotonic_time ());

    if (message == NULL)
      return FALSE;
    if (!g_str_has_prefix (message, "SIP/2.0 "))
      caller_answer_request (caller, message);
    caller_keep (caller, message);
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
  g_autofree gchar *from = caller_find_header (caller->last, "From");
  g_autofree gchar *contact = caller_find_header (caller->last, "Contact");

  caller_begin (caller);
  g_free (caller->call_id);
  caller->call_id = caller_find_header (caller->last, "Call-ID");
  g_free (caller->to_tag);
  caller->to_tag = g_strdup (strstr (from, ";tag="));
  g_free (caller->target);
  caller->target = g_strndup (contact + 1, strcspn (contact + 1, ">"));
}

static void
answer_invite (Caller *caller, const gchar *status, const gchar *type, const gchar *body)
{
  g_autofree gchar *via = caller_find_header (caller->last, "Via");
  g_autofree gchar *from = caller_find_header (caller->last, "From");
  g_autofree gchar *to = caller_find_header (caller->last, "To");
  g_autofree gchar *cseq = caller_find_header (caller->last, "CSeq");
  g_autofree gchar *uri = caller_uri (caller);
  g_autofree gchar *text = g_strdup_printf (
      "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=%s\r\nCall-ID: %s\r\nCSeq: %s\r\n"
      "Contact: <%s>;+sip.src\r\nAllow: INVITE, ACK, CANCEL, BYE, UPDATE\r\nX-Said: hello\r\n"
      "%s%s%sContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
      status, via, from, to, caller->tag, caller->call_id, cseq, uri, type ? "Content-Type: " : "",
      type ? type : "", type ? "\r\n" : "", body ? strlen (body) : 0, body ? body : "");

  caller_send_text (caller, text);
}

gboolean
caller_ring (Caller *caller)
{
  if (caller->listener) {
    g_object_unref (caller->sip);
    caller->sip = g_socket_accept (caller->listener, NULL, NULL);
  }
  do {
    gchar *message = caller_receive_message (caller, CALLER_TIMEOUT_US);

    if (message == NULL)
      return FALSE;
    caller_keep (caller, message);
  } while (!g_str_has_prefix (caller->last, "INVITE "));
  join_call (caller);
  answer_invite (caller, "180 Ringing", NULL, NULL);
  return TRUE;
}

gboolean
caller_answer (Caller *caller, const gchar *status, guint n_streams)
{
  g_autofree gchar *body = n_streams > 0 ? caller_make_body (caller, n_streams, "sendonly") : NULL;
  const gchar *type = body ? "multipart/mixed;boundary=caller" : NULL;

  answer_invite (caller, status, type, body);
  if (!caller_await (caller, "ACK"))
    return FALSE;
  g_free (caller->answer);
  caller->answer = g_strdup (caller_body_of (caller->last));
  return TRUE;
}

gboolean
caller_is_left_alone (Caller *caller, guint milliseconds)
{
  g_autofree gchar *message = caller_receive_message (caller, (gint64)milliseconds * 1000);

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
  return caller_find_header (caller->last, name);
}
