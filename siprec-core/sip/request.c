/* A SIP message as plain data
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request.h"

#include <string.h>

/* Headers of a message, as most have them. */
#define MANY_HEADERS  24
#define LEAST_BLOCK   512
#define ALIGNED(size) (((size) + sizeof (gpointer) - 1) & ~(sizeof (gpointer) - 1))

/* Some dozen pieces of text, made and freed together. */
typedef struct _SiprecRequestBlock {
  struct _SiprecRequestBlock *next;
  gpointer bytes[];
} Block;

static gpointer
take_room (SiprecRequest *request, gsize size)
{
  gchar *taken;

  size = ALIGNED (size);
  if (size > request->room_size) {
    gsize room = MAX (size, LEAST_BLOCK);
    Block *block = g_malloc (sizeof *block + room);

    block->next = request->blocks;
    request->blocks = block;
    request->room = (gchar *)block->bytes;
    request->room_size = room;
  }
  taken = request->room;
  request->room += size;
  request->room_size -= size;
  return taken;
}

SiprecRequest *
siprec_request_new_sized (gsize room)
{
  static const gchar *const nothing[] = {NULL};
  gsize own = ALIGNED (sizeof (SiprecRequest));
  gsize whole = own + ALIGNED (room);
  SiprecRequest *request = g_malloc (whole);

  *request = (SiprecRequest){.ref_count = 1,
                             .required = nothing,
                             .headers = g_ptr_array_sized_new (MANY_HEADERS),
                             .room = (gchar *)request + own,
                             .room_size = whole - own};
  return request;
}

SiprecRequest *
siprec_request_new (void)
{
  return siprec_request_new_sized (LEAST_BLOCK);
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
  Block *block;

  if (!g_atomic_int_dec_and_test (&request->ref_count))
    return;

  g_ptr_array_unref (request->headers);
  g_clear_pointer (&request->body, g_bytes_unref);
  while ((block = request->blocks)) {
    request->blocks = block->next;
    g_free (block);
  }
  g_free (request);
}

/* TRUE for printable ASCII, as nearly all of a message is. FALSE says nothing. */
static gboolean
is_plain (const gchar *text, gsize length)
{
  const guint64 each = G_GUINT64_CONSTANT (0x0101010101010101);
  guint64 some, odd = 0;

  for (; length >= sizeof some; length -= sizeof some, text += sizeof some) {
    memcpy (&some, text, sizeof some);
    /* The high bit of each byte that has it, or is below a space. */
    odd |= (some | (some - each * ' ')) & (each * 0x80);
  }
  for (; length > 0; length--, text++)
    odd |= (guchar)*text < ' ' || (guchar)*text >= 0x80;
  return odd == 0;
}

gchar *
siprec_request_text (SiprecRequest *request, const gchar *text, gssize length)
{
  gsize size = length >= 0 ? (gsize)length : text ? strlen (text) : 0;
  g_autofree gchar *valid = NULL;
  gchar *copy;

  if (!text)
    return NULL;
  if (!is_plain (text, size) && !g_utf8_validate_len (text, size, NULL)) {
    valid = g_utf8_make_valid (text, size);
    text = valid;
    size = strlen (valid);
  }
  copy = take_room (request, size + 1);
  memcpy (copy, text, size);
  copy[size] = '\0';
  return copy;
}

const gchar *const *
siprec_request_list (SiprecRequest *request, const gchar *const *list)
{
  guint n = g_strv_length ((gchar **)list);
  const gchar **copy = take_room (request, (n + 1) * sizeof *copy);

  for (guint i = 0; i < n; i++)
    copy[i] = siprec_request_text (request, list[i], -1);
  copy[n] = NULL;
  return copy;
}

void
siprec_request_take_header (SiprecRequest *request, const gchar *name, const gchar *value)
{
  SiprecHeader *header = take_room (request, sizeof *header);

  *header = (SiprecHeader){name, value};
  g_ptr_array_add (request->headers, header);
}

void
siprec_request_add_header (SiprecRequest *request, const gchar *name, const gchar *value,
                           gssize length)
{
  gchar *copy = siprec_request_text (request, value, length);

  siprec_request_take_header (request, siprec_request_text (request, name, -1),
                              g_strdelimit (copy, "\r\n", ' '));
}

/* Most are told apart by their first letter. */
static gboolean
is_called (const SiprecHeader *header, const gchar *name)
{
  return ((header->name[0] ^ name[0]) & ~0x20) == 0 && g_ascii_strcasecmp (header->name, name) == 0;
}

gboolean
siprec_request_drop_header (SiprecRequest *request, const gchar *name)
{
  for (guint i = 0; i < request->headers->len; i++) {
    const SiprecHeader *header = g_ptr_array_index (request->headers, i);

    if (is_called (header, name)) {
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

    if (is_called (header, name))
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

    if (is_called (header, name) && list_has (header->value, token))
      return TRUE;
  }
  return FALSE;
}

gboolean
siprec_request_requires (const SiprecRequest *request, const gchar *option_tag)
{
  for (const gchar *const *tag = request->required; *tag; tag++)
    if (g_ascii_strcasecmp (*tag, option_tag) == 0)
      return TRUE;
  return FALSE;
}
