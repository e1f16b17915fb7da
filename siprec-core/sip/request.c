/* A SIP message as plain data
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request.h"

SiprecRequest *
siprec_request_new (void)
{
  SiprecRequest *request = g_new0 (SiprecRequest, 1);

  request->ref_count = 1;
  request->headers = g_ptr_array_new_with_free_func (g_free);
  request->required = g_new0 (gchar *, 1);
  return request;
}

SiprecRequest *
siprec_request_ref (SiprecRequest *request)
{
  g_atomic_int_inc (&request->ref_count);
  return request;
}

void
siprec_request_unref (SiprecRequest *request)
{
  if (!g_atomic_int_dec_and_test (&request->ref_count))
    return;

  g_free (request->method);
  g_free (request->uri);
  g_free (request->call_id);
  g_free (request->from);
  g_free (request->from_tag);
  g_free (request->to);
  g_free (request->to_tag);
  g_free (request->contact);
  g_strfreev (request->required);
  g_ptr_array_unref (request->headers);
  g_free (request->content_type);
  g_free (request->content_disposition);
  g_clear_pointer (&request->body, g_bytes_unref);
  g_free (request->transport);
  g_free (request->remote_address);
  g_free (request->local_address);
  g_strfreev (request->identities);
  g_free (request);
}

void
siprec_request_add_header (SiprecRequest *request, const gchar *name, const gchar *value,
                           gssize length)
{
  gsize name_size = strlen (name) + 1;
  gsize value_size = length < 0 ? strlen (value) : (gsize)length;
  SiprecHeader *header = g_malloc (sizeof *header + name_size + value_size + 1);

  /* In one block: there are a dozen in every message. */
  header->name = (gchar *)(header + 1);
  header->value = header->name + name_size;
  memcpy (header->name, name, name_size);
  memcpy (header->value, value, value_size);
  header->value[value_size] = '\0';
  for (gsize i = 0; i < value_size; i++)
    if (header->value[i] == '\r' || header->value[i] == '\n')
      header->value[i] = ' ';
  g_ptr_array_add (request->headers, header);
}

gboolean
siprec_request_drop_header (SiprecRequest *request, const gchar *name)
{
  for (guint i = 0; i < request->headers->len; i++) {
    const SiprecHeader *header = g_ptr_array_index (request->headers, i);

    if (g_ascii_strcasecmp (header->name, name) == 0) {
      g_ptr_array_remove_index (request->headers, i);
      return TRUE;
    }
  }
  return FALSE;
}

const gchar *
siprec_request_header (const SiprecRequest *request, const gchar *name)
{
  for (guint i = 0; i < request->headers->len; i++) {
    const SiprecHeader *header = g_ptr_array_index (request->headers, i);

    if (g_ascii_strcasecmp (header->name, name) == 0)
      return header->value;
  }
  return NULL;
}

static gboolean
list_has (const gchar *list, const gchar *token)
{
  gsize length = strlen (token);

  for (const gchar *item = list; item; item = strchr (item, ',')) {
    gsize size;

    item += strspn (item, ", \t");
    size = strcspn (item, ", \t");
    if (size == length && g_ascii_strncasecmp (item, token, length) == 0)
      return TRUE;
  }
  return FALSE;
}

gboolean
siprec_request_lists (const SiprecRequest *request, const gchar *name, const gchar *token)
{
  for (guint i = 0; i < request->headers->len; i++) {
    const SiprecHeader *header = g_ptr_array_index (request->headers, i);

    if (g_ascii_strcasecmp (header->name, name) == 0 && list_has (header->value, token))
      return TRUE;
  }
  return FALSE;
}

gboolean
siprec_request_requires (const SiprecRequest *request, const gchar *option_tag)
{
  for (gchar **tag = request->required; tag && *tag; tag++)
    if (g_ascii_strcasecmp (*tag, option_tag) == 0)
      return TRUE;
  return FALSE;
}
