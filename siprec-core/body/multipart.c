/* siprec-core: cuts SIP bodies into parts, RFC 2046 section 5.1 as clients really write it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "multipart.h"

#include <string.h>

#include "../deviation.h"
#include "../error.h"

#define MAX_PARTS        32
#define MAX_DEPTH        4
#define MAX_HEADER_LINES 64
#define MAX_BOUNDARY     200 /* RFC 2046 allows 70 */

/* One call of siprec_body_split(). */
typedef struct {
  GPtrArray *parts;
  GPtrArray *deviations;
} Splitter;

/* Values of the headers of one part; NULL where absent. */
typedef struct {
  gchar *type;
  gchar *disposition;
  gchar *encoding;
  gchar *length;
} Headers;

/* One line of a body, without its line end. Not NUL-terminated. */
typedef struct {
  const gchar *text;
  gsize length;
  gsize start; /* offset of the line */
  gsize next;  /* offset of the line after it */
  gboolean lf; /* ended by LF alone */
} Line;

typedef enum { DELIMITER_NONE, DELIMITER_OPEN, DELIMITER_CLOSE } Delimiter;

static gboolean split_entity (Splitter *splitter, const Headers *headers, GBytes *data, guint depth,
                              gboolean optional, GError **error);

static void
part_free (gpointer data)
{
  SiprecBodyPart *part = data;

  g_free (part->content_type);
  g_free (part->disposition);
  g_bytes_unref (part->data);
  g_free (part);
}

static void
headers_clear (Headers *headers)
{
  g_free (headers->type);
  g_free (headers->disposition);
  g_free (headers->encoding);
  g_free (headers->length);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Headers, headers_clear)

/* ---- header values ---- */

static gboolean
is_token_char (gchar c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("!#$%&'*+-.^_`{|}~", c) != NULL);
}

/* The first word of a header value in lower case, if it is a token (with @slash: two tokens). */
static gchar *
first_word (const gchar *value, gboolean slash)
{
  if (value == NULL)
    return NULL;
  value += strspn (value, " \t");

  gsize length = strcspn (value, "; \t,");
  guint slashes = 0;
  for (gsize i = 0; i < length; i++) {
    if (slash && value[i] == '/' && i > 0 && i + 1 < length)
      slashes++;
    else if (!is_token_char (value[i]))
      return NULL;
  }
  return length > 0 && slashes == (slash ? 1 : 0) ? g_ascii_strdown (value, length) : NULL;
}

/* Reads the parameter value at *@text and moves on to the ';' after it. */
static gchar *
read_parameter_value (const gchar **text)
{
  g_autoptr (GString) value = g_string_new (NULL);
  const gchar *p = *text + strspn (*text, " \t");

  if (*p == '"') {
    for (p++; *p != '\0' && *p != '"'; p++) {
      if (*p == '\\' && p[1] != '\0')
        p++;
      g_string_append_c (value, *p);
    }
    p += strcspn (p, ";");
  } else {
    gsize length = strcspn (p, ";");
    g_string_append_len (value, p, length);
    p += length;
  }
  *text = p;
  return g_strdup (g_strstrip (value->str));
}

/* The value of parameter @name of a header value, or NULL if it is absent or empty. */
static gchar *
find_parameter (const gchar *value, const gchar *name)
{
  const gchar *p = value == NULL ? NULL : strchr (value, ';');

  while (p != NULL && *p == ';') {
    p++;
    p += strspn (p, " \t");
    gsize length = strcspn (p, "=; \t");
    gboolean found = length == strlen (name) && g_ascii_strncasecmp (p, name, length) == 0;
    p += length + strspn (p + length, " \t");
    if (*p != '=') {
      p += strcspn (p, ";");
      continue;
    }
    p++;
    g_autofree gchar *text = read_parameter_value (&p);
    if (found && *text != '\0')
      return g_steal_pointer (&text);
  }
  return NULL;
}

/* ---- lines and delimiters ---- */

static gboolean
next_line (const gchar *data, gsize size, gsize offset, Line *line)
{
  if (offset >= size)
    return FALSE;

  const gchar *text = data + offset;
  const gchar *end = memchr (text, '\n', size - offset);

  line->text = text;
  line->start = offset;
  line->length = end != NULL ? (gsize)(end - text) : size - offset;
  line->next = offset + line->length + (end != NULL ? 1 : 0);
  gboolean cr = line->length > 0 && text[line->length - 1] == '\r';
  line->lf = end != NULL && !cr;
  if (cr)
    line->length--;
  return TRUE;
}

/* A stray CR counts as white space too: some senders end the last line with two. */
static gsize
count_spaces (const gchar *text, gsize length)
{
  gsize n = 0;

  while (n < length && (text[n] == ' ' || text[n] == '\t' || text[n] == '\r'))
    n++;
  return n;
}

static Delimiter
match_delimiter (const Line *line, const gchar *boundary)
{
  gsize skip = count_spaces (line->text, line->length);
  const gchar *p = line->text + skip;
  gsize left = line->length - skip;
  gsize length = strlen (boundary);

  if (left < length + 2 || memcmp (p, "--", 2) != 0 || memcmp (p + 2, boundary, length) != 0)
    return DELIMITER_NONE;
  p += length + 2;
  left -= length + 2;

  Delimiter delimiter = DELIMITER_OPEN;
  if (left >= 2 && memcmp (p, "--", 2) == 0) {
    delimiter = DELIMITER_CLOSE;
    p += 2;
    left -= 2;
  }
  /* Only white space may follow, else it is a line that merely starts like the delimiter. */
  return count_spaces (p, left) == left ? delimiter : DELIMITER_NONE;
}

static gboolean
has_delimiter (const gchar *data, gsize size, const gchar *boundary)
{
  Line line;

  for (gsize offset = 0; next_line (data, size, offset, &line); offset = line.next) {
    if (match_delimiter (&line, boundary) != DELIMITER_NONE)
      return TRUE;
  }
  return FALSE;
}

/* The boundary as the first line that looks like a delimiter has it. */
static gchar *
guess_boundary (const gchar *data, gsize size)
{
  Line line;

  for (gsize offset = 0; next_line (data, size, offset, &line); offset = line.next) {
    gsize skip = count_spaces (line.text, line.length);

    if (line.length - skip < 3 || line.length - skip > MAX_BOUNDARY + 2 ||
        memcmp (line.text + skip, "--", 2) != 0 || memchr (line.text, '\0', line.length) != NULL)
      continue;
    g_autofree gchar *text = g_strndup (line.text + skip + 2, line.length - skip - 2);
    if (*g_strchomp (text) != '\0')
      return g_steal_pointer (&text);
  }
  return NULL;
}

static gchar *
choose_boundary (Splitter *splitter, const gchar *content_type, const gchar *data, gsize size)
{
  g_autofree gchar *boundary = find_parameter (content_type, "boundary");
  if (boundary != NULL && strlen (boundary) <= MAX_BOUNDARY && has_delimiter (data, size, boundary))
    return g_steal_pointer (&boundary);

  g_autofree gchar *guess = guess_boundary (data, size);
  g_autofree gchar *shown = siprec_printable (guess, -1);
  if (guess != NULL && boundary != NULL)
    siprec_deviations_add (splitter->deviations, "body-boundary-mismatch",
                           "the delimiters of the body have the boundary \"%s\"", shown);
  else if (guess != NULL)
    siprec_deviations_add (splitter->deviations, "body-boundary-missing",
                           "the boundary \"%s\" was taken from the body", shown);
  return g_steal_pointer (&guess);
}

/* ---- parts ---- */

/* Says what a body without a usable Content-Type is, by its first bytes. */
static const gchar *
guess_type (GBytes *data)
{
  gsize size = 0;
  const gchar *text = g_bytes_get_data (data, &size);

  while (size > 0 && g_ascii_isspace (*text)) {
    text++;
    size--;
  }
  if (size >= 2 && memcmp (text, "v=", 2) == 0)
    return "application/sdp";
  if (size >= 1 && *text == '<' && g_strstr_len (text, MIN (size, 1024), "recording") != NULL)
    return "application/rs-metadata+xml";
  if (size >= 2 && memcmp (text, "--", 2) == 0)
    return "multipart/mixed";
  return "text/plain";
}

static void
add_leaf (Splitter *splitter, const gchar *type, const Headers *headers, GBytes *data,
          gboolean optional)
{
  SiprecBodyPart *part = g_new0 (SiprecBodyPart, 1);

  part->content_type = g_strdup (type);
  part->disposition = first_word (headers->disposition, FALSE);
  part->optional = optional;
  part->data = g_bytes_ref (data);
  g_ptr_array_add (splitter->parts, part);

  if (siprec_body_is_metadata (part) && g_strcmp0 (part->disposition, "recording-session") != 0)
    siprec_deviations_add (splitter->deviations, "body-no-disposition",
                           "the disposition of the %s part is \"%s\"", part->content_type,
                           part->disposition != NULL ? part->disposition : "");
}

/* RFC 3261 section 7.4.1 has no transfer encodings; base64 is undone all the same. */
static GBytes *
decode_transfer_encoding (Splitter *splitter, const gchar *encoding, GBytes *data)
{
  g_autofree gchar *name = first_word (encoding, FALSE);
  if (encoding == NULL || *encoding == '\0' || g_strcmp0 (name, "7bit") == 0 ||
      g_strcmp0 (name, "8bit") == 0 || g_strcmp0 (name, "binary") == 0)
    return g_bytes_ref (data);

  g_autofree gchar *shown = siprec_printable (encoding, -1);
  siprec_deviations_add (splitter->deviations, "body-transfer-encoding", "\"%s\"", shown);
  if (g_strcmp0 (name, "base64") != 0)
    return g_bytes_ref (data);

  gsize size = 0;
  const gchar *text = g_bytes_get_data (data, &size);
  guchar *decoded = g_malloc (size / 4 * 3 + 3);
  gint state = 0;
  guint save = 0;
  gsize length = size > 0 ? g_base64_decode_step (text, size, decoded, &state, &save) : 0;
  return g_bytes_new_take (decoded, length);
}

/* Keeps one header of a part; the first of its name counts. Takes @line. */
static void
take_header (Splitter *splitter, Headers *headers, GString *line)
{
  g_autofree gchar *text = g_string_free (line, FALSE);
  gchar *colon = strchr (text, ':');
  gchar **slot = NULL;

  if (colon != NULL) {
    *colon = '\0';
    g_strstrip (text);
  }
  if (colon == NULL || *text == '\0' || strpbrk (text, " \t") != NULL) {
    g_autofree gchar *shown = siprec_printable (text, -1);
    siprec_deviations_add (splitter->deviations, "body-header", "\"%s\" was left out", shown);
    return;
  }
  if (g_ascii_strcasecmp (text, "content-type") == 0)
    slot = &headers->type;
  else if (g_ascii_strcasecmp (text, "content-disposition") == 0)
    slot = &headers->disposition;
  else if (g_ascii_strcasecmp (text, "content-transfer-encoding") == 0)
    slot = &headers->encoding;
  else if (g_ascii_strcasecmp (text, "content-length") == 0)
    slot = &headers->length;
  if (slot != NULL && *slot == NULL)
    *slot = g_strdup (g_strstrip (colon + 1));
}

/* TRUE for a line that starts an SDP or XML body, where the empty line before it was forgotten. */
static gboolean
starts_body (const Line *line)
{
  return line->length > 0 &&
         (*line->text == '<' || (line->length > 1 && memcmp (line->text, "v=", 2) == 0));
}

/* Reads the headers of a part. Returns the offset of its body, or -1 if there are too many lines. */
static gssize
read_headers (Splitter *splitter, const gchar *data, gsize size, Headers *headers)
{
  GString *header = NULL; /* lines that were folded are joined here */
  gsize offset = 0;
  guint lines = 0;
  Line line;

  while (next_line (data, size, offset, &line) && !starts_body (&line)) {
    offset = line.next;
    if (line.length == 0 || ++lines > MAX_HEADER_LINES)
      break;

    gboolean folded = *line.text == ' ' || *line.text == '\t';
    if (header != NULL && !folded)
      take_header (splitter, headers, g_steal_pointer (&header));
    if (header == NULL)
      header = g_string_new (NULL);
    g_string_append_len (header, line.text, line.length);
  }
  if (header != NULL)
    take_header (splitter, headers, header);
  return lines > MAX_HEADER_LINES ? -1 : (gssize)offset;
}

/* A part costs at most itself: what is wrong with it is noted and the part left out. */
static void
add_part (Splitter *splitter, GBytes *body, gsize start, gsize end, guint depth, gboolean optional)
{
  const gchar *data = (const gchar *)g_bytes_get_data (body, NULL) + start;
  g_auto (Headers) headers = {NULL};
  gssize offset = read_headers (splitter, data, end - start, &headers);

  if (offset < 0) {
    siprec_deviations_add (splitter->deviations, "body-too-many-headers",
                           "a part with more than %d header lines", MAX_HEADER_LINES);
    return;
  }
  gsize size = end - start - offset;
  if (headers.length != NULL && g_ascii_strtoull (headers.length, NULL, 10) != size) {
    g_autofree gchar *shown = siprec_printable (headers.length, -1);
    siprec_deviations_add (splitter->deviations, "body-content-length",
                           "it says %s, the part has %" G_GSIZE_FORMAT " bytes", shown, size);
  }

  g_autoptr (GBytes) raw = g_bytes_new_from_bytes (body, start + offset, size);
  g_autoptr (GBytes) content = decode_transfer_encoding (splitter, headers.encoding, raw);
  g_autoptr (GError) error = NULL;
  if (!split_entity (splitter, &headers, content, depth, optional, &error))
    siprec_deviations_add (splitter->deviations, "body-nested", "%s", error->message);
}

/* Where a part ends: the line end before a delimiter belongs to the delimiter. */
static gsize
part_end (const gchar *data, gsize start, gsize delimiter)
{
  gsize end = delimiter;

  if (end > start && data[end - 1] == '\n')
    end--;
  if (end > start && end < delimiter && data[end - 1] == '\r')
    end--;
  return end;
}

static void
split_parts (Splitter *splitter, GBytes *body, const gchar *boundary, guint depth,
             gboolean optional)
{
  gsize size = 0;
  const gchar *data = g_bytes_get_data (body, &size);
  gssize start = -1; /* of the part that is open */
  Line line;

  for (gsize offset = 0; next_line (data, size, offset, &line); offset = line.next) {
    Delimiter delimiter = match_delimiter (&line, boundary);
    if (delimiter == DELIMITER_NONE)
      continue;

    if (*line.text != '-')
      siprec_deviations_add (splitter->deviations, "body-boundary-spaces",
                             "at byte %" G_GSIZE_FORMAT, line.start);
    if (line.lf)
      siprec_deviations_add (splitter->deviations, "body-line-ends", "LF in place of CRLF");
    if (start >= 0)
      add_part (splitter, body, start, part_end (data, start, line.start), depth, optional);
    if (delimiter == DELIMITER_CLOSE)
      return;
    if (splitter->parts->len >= MAX_PARTS) {
      siprec_deviations_add (splitter->deviations, "body-too-many-parts", "more than %d",
                             MAX_PARTS);
      return;
    }
    start = line.next;
  }

  siprec_deviations_add (splitter->deviations, "body-unterminated",
                         "no closing delimiter in %" G_GSIZE_FORMAT " bytes", size);
  if (start >= 0 && (gsize)start < size)
    add_part (splitter, body, start, size, depth, optional);
}

static gboolean
split_multipart (Splitter *splitter, const Headers *headers, GBytes *data, guint depth,
                 gboolean optional, GError **error)
{
  if (depth >= MAX_DEPTH) {
    siprec_deviations_add (splitter->deviations, "body-too-deep", "more than %d levels", MAX_DEPTH);
    return TRUE;
  }

  gsize size = 0;
  const gchar *text = g_bytes_get_data (data, &size);
  g_autofree gchar *boundary = choose_boundary (splitter, headers->type, text, size);
  if (boundary == NULL) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX,
                 "The body of %" G_GSIZE_FORMAT " bytes has no multipart delimiter (a line that "
                 "starts with \"--\"), although its Content-Type is multipart.",
                 size);
    return FALSE;
  }
  split_parts (splitter, data, boundary, depth + 1, optional);
  return TRUE;
}

/* Splits a body or body part with its @headers, or keeps it when it is no multipart. */
static gboolean
split_entity (Splitter *splitter, const Headers *headers, GBytes *data, guint depth,
              gboolean optional, GError **error)
{
  g_autofree gchar *type = first_word (headers->type, TRUE);
  if (type == NULL) {
    g_autofree gchar *shown = siprec_printable (headers->type, -1);
    type = g_strdup (guess_type (data));
    siprec_deviations_add (splitter->deviations, "body-no-type",
                           "Content-Type \"%s\" was taken as %s", shown, type);
  }

  /* RFC 5621 section 3.2: what an optional multipart holds is optional too. */
  g_autofree gchar *handling = find_parameter (headers->disposition, "handling");
  if (handling != NULL && g_ascii_strcasecmp (handling, "optional") == 0)
    optional = TRUE;

  if (g_str_has_prefix (type, "multipart/"))
    return split_multipart (splitter, headers, data, depth, optional, error);
  add_leaf (splitter, type, headers, data, optional);
  return TRUE;
}

GPtrArray *
siprec_body_split (const gchar *content_type, const gchar *content_disposition, GBytes *body,
                   GPtrArray *deviations, GError **error)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (part_free);
  Splitter splitter = {parts, deviations};

  if (body == NULL || g_bytes_get_size (body) == 0)
    return g_steal_pointer (&parts);

  g_auto (Headers)
      headers = {.type = g_strdup (content_type), .disposition = g_strdup (content_disposition)};
  if (!split_entity (&splitter, &headers, body, 0, FALSE, error))
    return NULL;
  return g_steal_pointer (&parts);
}

const SiprecBodyPart *
siprec_body_find (GPtrArray *parts, const gchar *content_type)
{
  for (guint i = 0; parts != NULL && i < parts->len; i++) {
    const SiprecBodyPart *part = g_ptr_array_index (parts, i);

    if (g_ascii_strcasecmp (part->content_type, content_type) == 0)
      return part;
  }
  return NULL;
}

gboolean
siprec_body_is_metadata (const SiprecBodyPart *part)
{
  return g_strcmp0 (part->content_type, "application/rs-metadata+xml") == 0 ||
         g_strcmp0 (part->content_type, "application/rs-metadata") == 0;
}
