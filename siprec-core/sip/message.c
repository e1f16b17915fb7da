/* Between sofia's messages and ours
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "front/relay.h"
#include "sip-private.h"

/* Beside the headers: URI, tags and addresses. */
#define ROOM_FOR_FIELDS 512
/* Of a header with its name, and what aligning its value takes. */
#define ROOM_FOR_HEADER (sizeof (SiprecHeader) + sizeof (gpointer))

/* A folded line becomes one. */
static gchar *
take_value (SiprecRequest *request, const gchar *text, gsize length)
{
  gchar *value = siprec_request_text (request, text, length);

  if (memchr (text, '\n', length) || memchr (text, '\r', length))
    g_strdelimit (value, "\r\n", ' ');
  return value;
}

static gboolean
ends_with_bare_lf (const gchar *line, gsize length)
{
  return length > 0 && line[length - 1] == '\n' && (length == 1 || line[length - 2] != '\r');
}

/* Adds the header @line, as it was sent but with folded lines joined. @name lives as long as @request. */
static void
add_line (SiprecRequest *request, const gchar *name, const gchar *line, gsize length)
{
  const gchar *colon = memchr (line, ':', length);
  const gchar *value = colon ? colon + 1 : line + length;
  gsize size = line + length - value;

  request->bare_lf = request->bare_lf || ends_with_bare_lf (line, length);
  while (size > 0 && g_ascii_isspace (*value)) {
    value++;
    size--;
  }
  while (size > 0 && g_ascii_isspace (value[size - 1]))
    size--;
  siprec_request_take_header (request, name, take_value (request, value, size));
}

/* A header that sofia doesn't know, by the name that it has in the message. */
static void
add_unknown (SiprecRequest *request, const msg_header_t *h)
{
  const gchar *line = h->sh_data;
  gsize length = 0;

  while (length < h->sh_len && line[length] > ' ' && line[length] < 0x7f && line[length] != ':')
    length++;
  if (length > 0)
    add_line (request, siprec_request_text (request, line, length), line, h->sh_len);
}

/* What the stack makes of a header. */
static gchar *
take_encoded (SiprecRequest *request, const msg_header_t *h)
{
  gchar text[1024] = "";

  msg_header_field_e (text, sizeof text - 1, h, 0);
  return take_value (request, text, strlen (text));
}

static void
copy_headers (SiprecRequest *request, const msg_header_t *h)
{
  for (; h; h = h->sh_succ) {
    /* Those of classes are constant. */
    const gchar *name = h->sh_class->hc_name;

    if (h->sh_class == sip_separator_class || h->sh_class == sip_payload_class)
      break;
    /* A header that sofia can't parse has no class but keeps the name of the one it should have. */
    if (h->sh_class == sip_error_class && ((const msg_error_t *)h)->er_name)
      name = ((const msg_error_t *)h)->er_name;
    if (h->sh_data && h->sh_len > 0 && name && *name)
      add_line (request, name, h->sh_data, h->sh_len);
    else if (h->sh_data && h->sh_len > 0)
      add_unknown (request, h);
    else if (!h->sh_data && h->sh_class->hc_name)
      /* The stack has changed it, and so cleared the text. */
      siprec_request_take_header (request, h->sh_class->hc_name, take_encoded (request, h));
    /* Else it is a further value of the line before. */
  }
}

/* Room for a copy of the headers. */
static gsize
room_for (const msg_header_t *h)
{
  gsize room = ROOM_FOR_FIELDS;

  for (; h && h->sh_class != sip_separator_class && h->sh_class != sip_payload_class;
       h = h->sh_succ)
    room += ROOM_FOR_HEADER + h->sh_len;
  return room;
}

static void
copy_required (SiprecRequest *request, const sip_t *sip)
{
  if (sip->sip_require && sip->sip_require->k_items)
    request->required =
        siprec_request_list (request, (const gchar *const *)sip->sip_require->k_items);
}

static void
copy_body (SiprecRequest *request, const sip_t *sip)
{
  GByteArray *bytes;

  if (!sip->sip_payload || sip->sip_payload->pl_len == 0)
    return;
  if (!sip->sip_payload->pl_next) {
    request->body = g_bytes_new (sip->sip_payload->pl_data, sip->sip_payload->pl_len);
    return;
  }
  bytes = g_byte_array_new ();
  for (const sip_payload_t *part = sip->sip_payload; part; part = part->pl_next)
    g_byte_array_append (bytes, (const guint8 *)part->pl_data, part->pl_len);
  request->body = g_byte_array_free_to_bytes (bytes);
}

/* IPv6 without brackets. */
static gchar *
take_host (SiprecRequest *request, const gchar *host)
{
  if (*host == '[')
    return siprec_request_text (request, host + 1, strcspn (host + 1, "]"));
  return siprec_request_text (request, host, -1);
}

static void
copy_addresses (SiprecRequest *request, msg_t *msg, tport_t *tport)
{
  tp_name_t from;

  /* All that comes by a stream has come by the front, which alone knows from whom. */
  if (!tport_is_dgram (tport)) {
    siprec_relay_read (request);
    return;
  }
  request->transport = "udp";
  if (tport_delivered_from (tport, msg, &from) == 0)
    request->remote_address = take_host (request, from.tpn_host);
  request->remote_port = ntohs (msg_addr (msg)->su_port);
  /* Never the wildcard: for that sofia opens a socket for each address of the host. */
  request->local_address = take_host (request, tport_name (tport)->tpn_host);
  request->local_port =
      ntohs (((const su_sockaddr_t *)tport_get_address (tport)->ai_addr)->su_port);
}

static const gchar *
take_uri (SiprecRequest *request, const url_t *url)
{
  su_home_t home[1] = {SU_HOME_INIT (home)};
  gchar text[256];
  const gchar *uri;

  if (url_e (text, sizeof text, url) < (issize_t)sizeof text)
    return siprec_request_text (request, text, -1);
  uri = siprec_request_text (request, url_as_string (home, url), -1);
  su_home_deinit (home);
  return uri;
}

static void
copy_first_line (SiprecRequest *request, const sip_t *sip)
{
  if (sip->sip_request) {
    request->method = siprec_request_text (request, sip->sip_request->rq_method_name, -1);
    request->uri = take_uri (request, sip->sip_request->rq_url);
  } else {
    request->method = siprec_request_text (request, sip->sip_cseq->cs_method_name, -1);
    request->status = sip->sip_status->st_status;
  }
}

SiprecRequest *
siprec_message_copy (nta_agent_t *nta, msg_t *msg, tport_t **tport_out)
{
  const sip_t *sip = sip_object (msg);
  const msg_header_t *first = sip->sip_request ? (const msg_header_t *)sip->sip_request
                                               : (const msg_header_t *)sip->sip_status;
  SiprecRequest *request = siprec_request_new_sized (room_for (first));
  tport_t *tport = nta_incoming_transport (nta, NULL, msg);

  copy_first_line (request, sip);
  copy_headers (request, first->sh_succ);
  request->call_id = siprec_request_text (request, sip->sip_call_id->i_id, -1);
  request->from = siprec_request_header (request, "From");
  request->from_tag = siprec_request_text (request, sip->sip_from->a_tag, -1);
  request->to = siprec_request_header (request, "To");
  request->to_tag = siprec_request_text (request, sip->sip_to->a_tag, -1);
  request->cseq = sip->sip_cseq->cs_seq;
  request->content_type = siprec_request_header (request, "Content-Type");
  request->content_disposition = siprec_request_header (request, "Content-Disposition");
  /* The first of several in one line is told apart only by the stack. */
  request->contact = sip->sip_contact && sip->sip_contact->m_next
                         ? take_encoded (request, (const msg_header_t *)sip->sip_contact)
                         : siprec_request_header (request, "Contact");
  copy_required (request, sip);
  copy_body (request, sip);
  if (tport)
    copy_addresses (request, msg, tport);

  if (tport_out)
    *tport_out = tport;
  else
    tport_unref (tport);
  return request;
}

gboolean
siprec_message_is_cut (const sip_t *sip)
{
  gsize present = 0;

  if (!sip->sip_separator)
    return TRUE;
  for (const sip_payload_t *part = sip->sip_payload; part; part = part->pl_next)
    present += part->pl_len;
  return sip->sip_content_length && sip->sip_content_length->l_length > present;
}

void
siprec_message_add_lines (msg_t *msg, const gchar *const *lines)
{
  for (; lines && *lines; lines++) {
    /* A line break would begin a header of the text's own. */
    g_autofree gchar *line = g_strdelimit (g_strdup (*lines), "\r\n", ' ');

    if (msg_header_add_str (msg, NULL, line) < 0)
      GST_WARNING ("leaving out a header that can't be sent: %s", line);
  }
}

gboolean
siprec_lines_have (const gchar *const *lines, const gchar *name)
{
  gsize length = strlen (name);

  for (; lines && *lines; lines++)
    if (g_ascii_strncasecmp (*lines, name, length) == 0 && (*lines)[length] == ':')
      return TRUE;
  return FALSE;
}
