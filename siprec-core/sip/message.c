/* Between sofia's messages and ours
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "front/relay.h"
#include "sip-private.h"

/* Text that others may put into JSON or a GstStructure: always UTF-8, whatever the peer sent. */
static gchar *
text_dup (const gchar *text, gssize length)
{
  return text ? g_utf8_make_valid (text, length) : NULL;
}

static gboolean
ends_with_bare_lf (const gchar *line, gsize length)
{
  return length > 0 && line[length - 1] == '\n' && (length == 1 || line[length - 2] != '\r');
}

/* Adds the header @line, as it was sent but with folded lines joined. */
static void
add_line (SiprecRequest *request, const gchar *name, const gchar *line, gsize length)
{
  const gchar *colon = memchr (line, ':', length);
  const gchar *value = colon ? colon + 1 : line + length;
  gsize size = line + length - value;
  g_autofree gchar *valid = NULL;

  request->bare_lf = request->bare_lf || ends_with_bare_lf (line, length);
  while (size > 0 && g_ascii_isspace (*value)) {
    value++;
    size--;
  }
  while (size > 0 && g_ascii_isspace (value[size - 1]))
    size--;
  if (!g_utf8_validate_len (value, size, NULL)) {
    valid = g_utf8_make_valid (value, size);
    value = valid;
    size = strlen (valid);
  }
  siprec_request_add_header (request, name, value, size);
}

/* A header that sofia doesn't know, by the name that it has in the message. */
static void
add_unknown (SiprecRequest *request, const msg_header_t *h)
{
  const gchar *line = h->sh_data;
  g_autofree gchar *name = NULL;
  gsize length = 0;

  while (length < h->sh_len && line[length] > ' ' && line[length] < 0x7f && line[length] != ':')
    length++;
  name = g_strndup (line, length);
  if (*name)
    add_line (request, name, line, h->sh_len);
}

/* A header of the message that the stack has changed, and so cleared the text. */
static void
add_changed (SiprecRequest *request, const msg_header_t *h)
{
  gchar text[1024] = "";
  g_autofree gchar *value = NULL;

  msg_header_field_e (text, sizeof text - 1, h, 0);
  value = text_dup (text, -1);
  siprec_request_add_header (request, h->sh_class->hc_name, value, strlen (value));
}

static void
copy_headers (SiprecRequest *request, const msg_header_t *h)
{
  for (; h; h = h->sh_succ) {
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
      add_changed (request, h);
    /* Else it is a further value of the line before. */
  }
}

static void
copy_contact (SiprecRequest *request, const sip_t *sip)
{
  const gchar *raw = siprec_request_header (request, "Contact");

  if (sip->sip_contact && sip->sip_contact->m_next) {
    gchar text[1024] = "";

    msg_header_field_e (text, sizeof text - 1, (const msg_header_t *)sip->sip_contact, 0);
    request->contact = text_dup (text, -1);
  } else {
    request->contact = g_strdup (raw);
  }
}

static void
copy_required (SiprecRequest *request, const sip_t *sip)
{
  g_autoptr (GPtrArray) tags = g_ptr_array_new ();

  if (sip->sip_require && sip->sip_require->k_items)
    for (const msg_param_t *item = sip->sip_require->k_items; *item; item++)
      g_ptr_array_add (tags, text_dup (*item, -1));
  g_ptr_array_add (tags, NULL);
  g_strfreev (request->required);
  request->required = (gchar **)g_ptr_array_free (g_steal_pointer (&tags), FALSE);
}

static void
copy_body (SiprecRequest *request, const sip_t *sip)
{
  GByteArray *bytes;

  if (!sip->sip_payload || sip->sip_payload->pl_len == 0)
    return;
  bytes = g_byte_array_new ();
  for (const sip_payload_t *part = sip->sip_payload; part; part = part->pl_next)
    g_byte_array_append (bytes, (const guint8 *)part->pl_data, part->pl_len);
  request->body = g_byte_array_free_to_bytes (bytes);
}

static gchar *
address_text (const su_sockaddr_t *address)
{
  gchar text[SU_ADDRSIZE] = "";

  su_inet_ntop (address->su_family, SU_ADDR (address), text, sizeof text);
  return g_strdup (text);
}

static void
copy_addresses (SiprecRequest *request, msg_t *msg, tport_t *tport)
{
  const su_sockaddr_t *remote = msg_addr (msg);
  const su_sockaddr_t *local;

  /* All that comes by a stream has come by the front, which alone knows from whom. */
  if (!tport_is_dgram (tport)) {
    siprec_relay_read (request);
    return;
  }
  local = (const su_sockaddr_t *)tport_get_address (tport)->ai_addr;
  request->transport = g_ascii_strdown (tport_name (tport)->tpn_proto, -1);
  request->remote_address = address_text (remote);
  request->remote_port = ntohs (remote->su_port);
  request->local_port = ntohs (local->su_port);
  /* Never the wildcard: for that sofia opens a socket for each address of the host. */
  request->local_address = address_text (local);
}

SiprecRequest *
siprec_message_copy (nta_agent_t *nta, msg_t *msg, tport_t **tport_out)
{
  const sip_t *sip = sip_object (msg);
  SiprecRequest *request = siprec_request_new ();
  tport_t *tport = nta_incoming_transport (nta, NULL, msg);
  su_home_t home[1] = {SU_HOME_INIT (home)};

  if (sip->sip_request) {
    request->method = text_dup (sip->sip_request->rq_method_name, -1);
    request->uri = text_dup (url_as_string (home, sip->sip_request->rq_url), -1);
    copy_headers (request, ((const msg_header_t *)sip->sip_request)->sh_succ);
  } else {
    request->method = text_dup (sip->sip_cseq->cs_method_name, -1);
    request->status = sip->sip_status->st_status;
    copy_headers (request, ((const msg_header_t *)sip->sip_status)->sh_succ);
  }
  request->call_id = text_dup (sip->sip_call_id->i_id, -1);
  request->from = g_strdup (siprec_request_header (request, "From"));
  request->from_tag = text_dup (sip->sip_from->a_tag, -1);
  request->to = g_strdup (siprec_request_header (request, "To"));
  request->to_tag = text_dup (sip->sip_to->a_tag, -1);
  request->cseq = sip->sip_cseq->cs_seq;
  request->content_type = g_strdup (siprec_request_header (request, "Content-Type"));
  request->content_disposition = g_strdup (siprec_request_header (request, "Content-Disposition"));
  copy_contact (request, sip);
  copy_required (request, sip);
  copy_body (request, sip);
  if (tport)
    copy_addresses (request, msg, tport);

  su_home_deinit (home);
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
