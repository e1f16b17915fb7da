/* Finds the end of SIP messages in a stream of bytes
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frame.h"

#include <string.h>

/* What stands after the colon of a header called @name or @compact; NULL if it is another one. */
static const gchar *
match_header (const gchar *line, gsize length, const gchar *name, const gchar *compact)
{
  const gchar *colon = memchr (line, ':', length);
  gsize size = colon ? colon - line : 0;

  while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\t'))
    size--;
  if (size == strlen (name) && g_ascii_strncasecmp (line, name, size) == 0)
    return colon + 1;
  if (size == strlen (compact) && g_ascii_strncasecmp (line, compact, size) == 0)
    return colon + 1;
  return NULL;
}

/* Returns: FALSE if the line is a Content-Length that can't be, or another one than before */
static gboolean
take_length (SiprecFrame *frame, const gchar *line, gsize length)
{
  const gchar *value = match_header (line, length, "Content-Length", "l");
  const gchar *end = line + length;
  gint64 number = 0;

  if (!value)
    return TRUE;
  while (value < end && (*value == ' ' || *value == '\t'))
    value++;
  while (value < end && (end[-1] == ' ' || end[-1] == '\t'))
    end--;
  if (value == end)
    return FALSE;
  for (; value < end; value++) {
    if (!g_ascii_isdigit (*value))
      return FALSE;
    number = MIN (number * 10 + (*value - '0'), G_MAXINT32);
  }
  if (frame->body_length >= 0 && frame->body_length != number)
    return FALSE;
  frame->body_length = number;
  return TRUE;
}

/* Takes the line up to the line feed at @end. */
static gboolean
take_line (SiprecFrame *frame, const gchar *data, gsize end)
{
  const gchar *line = data + frame->line;
  gsize length = end - frame->line;

  if (length > 0 && line[length - 1] == '\r')
    length--;
  /* Others might take a lone CR for a line end, and see another message than we do. */
  if (memchr (line, '\r', length) || memchr (line, '\0', length))
    return FALSE;
  if (length == 0)
    frame->header_length = end + 1;
  else if (!take_length (frame, line, length))
    return FALSE;
  frame->line = end + 1;
  return TRUE;
}

SiprecFrameState
siprec_frame_scan (SiprecFrame *frame, const gchar *data, gsize length)
{
  while (frame->header_length == 0) {
    const gchar *end = memchr (data + frame->searched, '\n', length - frame->searched);

    frame->searched = end ? (gsize)(end - data) + 1 : length;
    if (frame->searched > SIPREC_FRAME_MAX_HEADER)
      return SIPREC_FRAME_TOO_LARGE;
    if (!end)
      return SIPREC_FRAME_PARTIAL;
    if (!take_line (frame, data, end - data))
      return SIPREC_FRAME_BAD;
  }
  /* RFC 3261 section 18.3: in a stream the length must be told. */
  if (frame->body_length < 0)
    return SIPREC_FRAME_BAD;
  if (siprec_frame_length (frame) > SIPREC_FRAME_MAX_MESSAGE)
    return SIPREC_FRAME_TOO_LARGE;
  return siprec_frame_length (frame) <= length ? SIPREC_FRAME_COMPLETE : SIPREC_FRAME_PARTIAL;
}

gsize
siprec_frame_length (const SiprecFrame *frame)
{
  return frame->header_length + MAX (frame->body_length, 0);
}
