/* siprec-core: repairs of encoding, ampersands and size before a document is parsed
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xmltext.h"

#include <string.h>

#include "../deviation.h"

/* libxml2 compares every attribute of a tag with every other. */
#define MAX_TAG 4096

#define MAX_CHARSET 32

static gboolean
is_allowed (gunichar c)
{
  if (c < 0x20)
    return c == '\t' || c == '\n' || c == '\r';
  return c != 0x7f && c != 0xfffe && c != 0xffff;
}

/* The value of encoding= in the XML declaration, or NULL. */
static gchar *
declared_charset (const gchar *text, gsize size)
{
  const gchar *end, *value;
  gsize length;

  if (size < 5 || memcmp (text, "<?xml", 5) != 0)
    return NULL;
  end = g_strstr_len (text, MIN (size, 256), "?>");
  value = end ? g_strstr_len (text, end - text, "encoding=") : NULL;
  if (!value)
    return NULL;
  value += strlen ("encoding=");
  if (*value != '"' && *value != '\'')
    return NULL;
  value++;
  for (length = 0; g_ascii_isalnum (value[length]) || strchr ("-_.", value[length]); length++) {
    if (!value[length])
      return NULL;
  }
  return length <= MAX_CHARSET ? g_strndup (value, length) : NULL;
}

/* Only plain eight-bit sets are handed to iconv: the name comes from the network. */
static gboolean
is_eight_bit_charset (const gchar *charset)
{
  return g_ascii_strncasecmp (charset, "iso-8859-", 9) == 0 ||
         g_ascii_strncasecmp (charset, "windows-125", 11) == 0;
}

static GString *
from_charset (const gchar *text, gsize size, const gchar *charset)
{
  gsize written;
  g_autofree gchar *converted = g_convert (text, size, "UTF-8", charset, NULL, &written, NULL);

  return converted ? g_string_new_len (converted, written) : NULL;
}

/* A document whose encoding is known for sure, as UTF-8; NULL if that is what it is, or unknown. */
static GString *
convert (const gchar *text, gsize size)
{
  g_autofree gchar *charset = NULL;

  if (size >= 2 && (memcmp (text, "\xff\xfe", 2) == 0 || memcmp (text, "<\0", 2) == 0))
    return from_charset (text, size & ~(gsize)1, "UTF-16LE");
  if (size >= 2 && (memcmp (text, "\xfe\xff", 2) == 0 || memcmp (text, "\0<", 2) == 0))
    return from_charset (text, size & ~(gsize)1, "UTF-16BE");
  /* Text in another encoding is never valid UTF-8 by chance, whatever it declares. */
  if (g_utf8_validate_len (text, size, NULL))
    return NULL;
  charset = declared_charset (text, size);
  return charset && is_eight_bit_charset (charset) ? from_charset (text, size, charset) : NULL;
}

/* The number of bytes from @text on that need no second look: nearly all there are. */
static gsize
plain_length (const gchar *text, const gchar *end)
{
  const gchar *p = text;

  while (p < end && ((*p >= 0x20 && *p < 0x7f) || *p == '\n' || *p == '\r' || *p == '\t'))
    p++;
  return p - text;
}

/* What the parser may see of @text: wrong bytes as Latin-1, controls as spaces. */
static GString *
clean (const gchar *text, gsize size, GPtrArray *deviations)
{
  GString *out = g_string_sized_new (size + 1);
  const gchar *end = text + size;
  gint wrong_byte = -1, control = -1;

  while (text < end) {
    gsize plain = plain_length (text, end);
    gunichar c;

    g_string_append_len (out, text, plain);
    text += plain;
    if (text == end)
      break;
    c = *text ? g_utf8_get_char_validated (text, end - text) : 0;
    if (c > 0x10ffff) {
      c = (guchar)*text++;
      wrong_byte = c;
    } else {
      text = g_utf8_next_char (text);
    }
    if (!is_allowed (c)) {
      control = c;
      c = ' ';
    }
    g_string_append_unichar (out, c);
  }
  if (wrong_byte >= 0)
    siprec_deviations_add (deviations, "metadata-encoding",
                           "byte 0x%02x is not UTF-8, read as Latin-1", wrong_byte);
  if (control >= 0)
    siprec_deviations_add (deviations, "metadata-control-character", "U+%04X, read as a space",
                           control);
  return out;
}

/* TRUE for one of the five entities and for character references: "&amp;", "&#38;", "&#x26;". */
static gboolean
is_reference (const gchar *p)
{
  static const gchar *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
  gsize digits;

  if (!p[1] || !strchr ("#aglq", p[1]))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
    if (g_str_has_prefix (p, known[i]))
      return TRUE;
  }
  if (g_str_has_prefix (p, "&#x")) {
    p += 3;
    digits = strspn (p, "0123456789abcdefABCDEF");
  } else if (g_str_has_prefix (p, "&#")) {
    p += 2;
    digits = strspn (p, "0123456789");
  } else {
    return FALSE;
  }
  return digits >= 1 && digits <= 8 && p[digits] == ';';
}

/* Where the section that begins at @p with @begin ends, at its @end; NULL if it isn't one, or doesn't
 * end, which @can_end remembers so that nobody looks for it again. */
static const gchar *
section_end (const gchar *p, const gchar *begin, const gchar *end, gboolean *can_end)
{
  const gchar *found;

  if (!*can_end || !g_str_has_prefix (p, begin))
    return NULL;
  found = strstr (p + strlen (begin), end);
  *can_end = found != NULL;
  return found;
}

/* Escapes stray ampersands outside of CDATA sections. Comments become a space: nobody reads them, and
 * libxml2 takes quadratic time for one with many "--". All in one pass, whose time the length bounds. */
static GString *
escape (const GString *text, GPtrArray *deviations)
{
  GString *out = g_string_sized_new (text->len + 64);
  const gchar *p = text->str, *stray = NULL;
  gboolean cdata_can_end = TRUE, comment_can_end = TRUE;

  while (*p) {
    gsize plain = strcspn (p, "&<");
    const gchar *end;

    g_string_append_len (out, p, plain);
    p += plain;
    if (*p == '&' && !is_reference (p)) {
      g_string_append_len (out, "&amp;", strlen ("&amp;"));
      stray = p++;
    } else if ((end = section_end (p, "<![CDATA[", "]]>", &cdata_can_end))) {
      g_string_append_len (out, p, end - p);
      p = end;
    } else if ((end = section_end (p, "<!--", "-->", &comment_can_end))) {
      g_string_append_c (out, ' ');
      p = end + strlen ("-->");
    } else if (g_str_has_prefix (p, "<!--")) {
      break;
    } else if (*p) {
      g_string_append_c (out, *p++);
    }
  }
  if (stray) {
    g_autofree gchar *shown = siprec_printable (stray, strnlen (stray, 16));

    siprec_deviations_add (deviations, "metadata-ampersand", "\"%s\" is not escaped", shown);
  }
  return out;
}

/* The first byte after the tag that begins at @p: behind its ">", or at a "<" that XML forbids in
 * it and where the parser gives it up too. */
static const gchar *
tag_end (const gchar *p)
{
  gchar quote = 0;

  for (p++; *p && *p != '<'; p++) {
    if (quote) {
      if (*p == quote)
        quote = 0;
    } else if (*p == '"' || *p == '\'') {
      quote = *p;
    } else if (*p == '>') {
      return p + 1;
    }
  }
  return p;
}

/* Looks at everything that could be a tag, also in comments: what counts is that none escapes. */
static void
cut_at_long_tag (GString *text, GPtrArray *deviations)
{
  const gchar *p = text->str;

  while ((p = strchr (p, '<'))) {
    const gchar *end;

    if (!g_ascii_isalpha (p[1]) && !strchr ("_:", p[1]) && !((guchar)p[1] & 0x80)) {
      p++;
      continue;
    }
    end = tag_end (p);
    if (end - p > MAX_TAG) {
      siprec_deviations_add (deviations, "metadata-limit", "a tag of over %d bytes", MAX_TAG);
      g_string_truncate (text, p - text->str);
      return;
    }
    p = end;
  }
}

GString *
siprec_xml_text (GBytes *data, gsize max, GPtrArray *deviations)
{
  gsize size;
  const gchar *bytes = g_bytes_get_data (data, &size);
  GString *converted, *cleaned, *text;

  if (size > max) {
    siprec_deviations_add (deviations, "metadata-limit",
                           "a document of %" G_GSIZE_FORMAT " bytes, of which %" G_GSIZE_FORMAT
                           " are read",
                           size, max);
    size = max;
  }
  if (!bytes)
    bytes = "";
  converted = convert (bytes, size);
  cleaned = converted ? clean (converted->str, converted->len, deviations)
                      : clean (bytes, size, deviations);
  if (g_str_has_prefix (cleaned->str, "\xef\xbb\xbf"))
    g_string_erase (cleaned, 0, 3);
  /* XML allows nothing before its declaration, but a blank line gets there easily. */
  g_string_erase (cleaned, 0, strspn (cleaned->str, " \t\r\n"));

  text = escape (cleaned, deviations);
  cut_at_long_tag (text, deviations);
  if (converted)
    g_string_free (converted, TRUE);
  g_string_free (cleaned, TRUE);
  return text;
}
