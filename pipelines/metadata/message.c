/* siprec-metadata: headers and body of SIP messages, as far as their metadata needs
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "message.h"

#include <string.h>

#define SIP_VERSION "SIP/2.0"

/* The bytes of the line at @text, without its end, which @next is set behind. */
static gsize
line_length (const gchar *text, gsize size, gsize *next)
{
  const gchar *end = memchr (text, '\n', size);
  gsize length = end ? (gsize)(end - text) : size;

  *next = end ? length + 1 : size;
  return length > 0 && text[length - 1] == '\r' ? length - 1 : length;
}

gboolean
metadata_is_message (const gchar *text, gsize size)
{
  gsize next;
  gsize length = line_length (text, size, &next);

  if (length < strlen (SIP_VERSION))
    return FALSE;
  return memcmp (text, SIP_VERSION, strlen (SIP_VERSION)) == 0 ||
         memcmp (text + length - strlen (SIP_VERSION), SIP_VERSION, strlen (SIP_VERSION)) == 0;
}

/* The value of the header in this line if it is @name or its short form @compact, else NULL. */
static gchar *
header_value (const gchar *line, gsize length, const gchar *name, const gchar *compact)
{
  const gchar *colon = memchr (line, ':', length);
  g_autofree gchar *found = NULL;

  if (!colon)
    return NULL;
  found = g_strchomp (g_strndup (line, colon - line));
  if (g_ascii_strcasecmp (found, name) != 0 &&
      (!compact || g_ascii_strcasecmp (found, compact) != 0))
    return NULL;
  return g_strstrip (g_strndup (colon + 1, length - (colon + 1 - line)));
}

static void
take_header (gchar **to, gchar *value)
{
  if (value && !*to)
    *to = value;
  else
    g_free (value);
}

GBytes *
metadata_message_next (const gchar **text, gsize *size, gchar **content_type,
                       gchar **content_disposition)
{
  g_autofree gchar *length_text = NULL;
  const gchar *p = *text, *end = *text + *size;
  gsize length, next, body_size;
  guint64 stated;

  *content_type = *content_disposition = NULL;
  /* Captures often have blank lines between messages. */
  while (p < end && (*p == '\r' || *p == '\n'))
    p++;
  if (p == end)
    return NULL;
  while (p < end && (length = line_length (p, end - p, &next)) > 0) {
    take_header (content_type, header_value (p, length, "Content-Type", "c"));
    take_header (content_disposition, header_value (p, length, "Content-Disposition", NULL));
    take_header (&length_text, header_value (p, length, "Content-Length", "l"));
    p += next;
  }
  if (p < end)
    p += next;
  body_size = end - p;
  if (length_text && g_ascii_string_to_unsigned (length_text, 10, 0, G_MAXINT, &stated, NULL) &&
      stated < body_size && metadata_is_message (p + stated, body_size - stated))
    body_size = stated;
  *text = p + body_size;
  *size = end - *text;
  return g_bytes_new (p, body_size);
}
