/* The texts of plays: files into steps, templates into messages.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "play-private.h"

#define MAX_DEPTH 4 /* of words that stand for texts with words */

static const gchar headers[] = "Via: SIP/2.0/{transport} {own};branch={branch};rport\n"
                               "From: <sip:client@{own}>;tag={tag}\n"
                               "To: <sip:recorder@{host}>{to-tag}\n"
                               "Call-ID: {call-id}\n"
                               "CSeq: {cseq} {method}\n"
                               "Contact: <sip:client@{own};transport={transport}>;+sip.src\n"
                               "Allow: INVITE, ACK, CANCEL, BYE, UPDATE\n"
                               "Max-Forwards: 70";

static const gchar session_sdp[] = "v=0\n"
                                   "o=client 4711 {version} IN IP4 127.0.0.1\n"
                                   "s=-\n"
                                   "c=IN IP4 127.0.0.1\n"
                                   "t=0 0\n"
                                   "m=audio {rtp0} RTP/AVP 0\n"
                                   "a=label:1\n"
                                   "a=sendonly";

static const gchar second_line[] = "\n"
                                   "m=audio {rtp1} RTP/AVP 0\n"
                                   "a=label:2\n"
                                   "a=sendonly";

static const gchar metadata[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<recording xmlns=\"urn:ietf:params:xml:ns:recording:1\">\n"
    "<datamode>complete</datamode>\n"
    "<session session_id=\"YSBjYWxsIG9mIHR3bywgMQ==\"/>\n"
    "<participant participant_id=\"YW5uYSBpcyBoZXJlLCAxMQ==\">"
    "<nameID aor=\"sip:anna@example.com\"><name>Anna</name></nameID></participant>\n"
    "<participant participant_id=\"YmVuIGlzIGhlcmUsIDIyMg==\">"
    "<nameID aor=\"sip:ben@example.com\"><name>Ben</name></nameID></participant>\n"
    "<stream stream_id=\"c3RyZWFtIG9mIGFubmEsMQ==\" session_id=\"YSBjYWxsIG9mIHR3bywgMQ==\">"
    "<label>1</label></stream>\n"
    "<stream stream_id=\"c3RyZWFtIG9mIGJlbiwgMg==\" session_id=\"YSBjYWxsIG9mIHR3bywgMQ==\">"
    "<label>2</label></stream>\n"
    "<participantsessionassoc participant_id=\"YW5uYSBpcyBoZXJlLCAxMQ==\" "
    "session_id=\"YSBjYWxsIG9mIHR3bywgMQ==\"/>\n"
    "<participantsessionassoc participant_id=\"YmVuIGlzIGhlcmUsIDIyMg==\" "
    "session_id=\"YSBjYWxsIG9mIHR3bywgMQ==\"/>\n"
    "<participantstreamassoc participant_id=\"YW5uYSBpcyBoZXJlLCAxMQ==\">"
    "<send>c3RyZWFtIG9mIGFubmEsMQ==</send><recv>c3RyZWFtIG9mIGJlbiwgMg==</recv>"
    "</participantstreamassoc>\n"
    "<participantstreamassoc participant_id=\"YmVuIGlzIGhlcmUsIDIyMg==\">"
    "<send>c3RyZWFtIG9mIGJlbiwgMg==</send><recv>c3RyZWFtIG9mIGFubmEsMQ==</recv>"
    "</participantstreamassoc>\n"
    "</recording>";

/* ---- files ---- */

static void
step_free (gpointer data)
{
  PlayStep *step = data;

  g_free (step->name);
  g_strfreev (step->words);
  g_free (step->rest);
  g_string_free (step->text, TRUE);
  g_free (step);
}

static PlayStep *
step_new (const gchar *line, guint number)
{
  PlayStep *step = g_new0 (PlayStep, 1);
  gsize length = strcspn (line, " ");

  step->line = number;
  step->name = g_strndup (line, length);
  step->rest = g_strstrip (g_strdup (line + length));
  if (!g_shell_parse_argv (step->rest, NULL, &step->words, NULL))
    step->words = g_new0 (gchar *, 1);
  step->text = g_string_new (NULL);
  return step;
}

Play *
play_new (const gchar *path)
{
  Play *play = g_new0 (Play, 1);
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;
  PlayStep *step = NULL;

  if (!g_file_get_contents (path, &text, NULL, &error))
    g_error ("%s", error->message);
  play->path = g_strdup (path);
  play->steps = g_ptr_array_new_with_free_func (step_free);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] && (lines[i + 1] || *lines[i]); i++) {
    if (g_str_has_prefix (lines[i], "% ")) {
      step = step_new (lines[i] + 2, i + 1);
      g_ptr_array_add (play->steps, step);
    } else if (step) {
      g_string_append_printf (step->text, "%s%s", step->text->len ? "\n" : "", lines[i]);
    }
  }
  for (guint i = 0; i < play->steps->len; i++) {
    step = g_ptr_array_index (play->steps, i);
    while (step->text->len && step->text->str[step->text->len - 1] == '\n')
      g_string_truncate (step->text, step->text->len - 1);
  }
  return play;
}

void
play_free (Play *play)
{
  g_free (play->path);
  g_ptr_array_unref (play->steps);
  g_free (play);
}

/* ---- templates ---- */

static GString *
read_neighbour (Play *play, const gchar *name)
{
  g_autofree gchar *folder = g_path_get_dirname (play->path);
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  gchar *text;
  gsize size;
  GString *string;

  if (!g_file_get_contents (path, &text, &size, &error))
    g_error ("%s: %s", play->path, error->message);
  string = g_string_new_len (text, size);
  g_free (text);
  /* Its last line ends where the word stands. */
  if (string->len && string->str[string->len - 1] == '\n')
    g_string_truncate (string, string->len - 1);
  return string;
}

/* What @word stands for, before its own words are replaced; NULL if it is none. */
static GString *
find_word (Play *play, Caller *caller, const gchar *word, const gchar *method)
{
  g_autofree gchar *value = NULL;
  GString *string = NULL;

  if (g_str_equal (word, "headers"))
    return g_string_new (headers);
  if (g_str_equal (word, "sdp") || g_str_equal (word, "sdp2")) {
    string = g_string_new (session_sdp);
    return word[3] ? g_string_append (string, second_line) : string;
  }
  if (g_str_equal (word, "xml"))
    return g_string_new (metadata);
  if (g_str_equal (word, "method"))
    return g_string_new (method);
  if (g_str_has_prefix (word, "file:"))
    return read_neighbour (play, word + strlen ("file:"));
  if (g_str_has_prefix (word, "byte:")) {
    string = g_string_new (NULL);
    return g_string_append_c (string, (gchar)g_ascii_strtoull (word + 5, NULL, 16));
  }
  if (g_str_has_prefix (word, "pad:")) {
    gsize size = g_ascii_strtoull (word + 4, NULL, 10);

    string = g_string_new (NULL);
    for (gsize i = 0; i < size; i++)
      g_string_append_c (string, 'p');
    return string;
  }
  value = caller_word (caller, word);
  return value ? g_string_new (value) : NULL;
}

static void
expand_into (Play *play, Caller *caller, const gchar *method, const GString *template, GString *out,
             guint depth)
{
  for (gsize i = 0; i < template->len; i++) {
    const gchar *at = template->str + i;
    gsize length = *at == '{' ? strcspn (at + 1, "{}\n ") : 0;
    GString *value = NULL;

    if (length > 0 && at[length + 1] == '}' && depth < MAX_DEPTH) {
      g_autofree gchar *word = g_strndup (at + 1, length);

      value = find_word (play, caller, word, method);
    }
    if (value == NULL) {
      g_string_append_c (out, *at);
      continue;
    }
    expand_into (play, caller, method, value, out, depth + 1);
    g_string_free (value, TRUE);
    i += length + 1;
  }
}

/* LF into CRLF, in the first @size bytes. */
static void
break_lines (GString *text, gsize size)
{
  for (gsize i = 0; i < MIN (size, text->len); i++) {
    if (text->str[i] == '\n' && (i == 0 || text->str[i - 1] != '\r'))
      g_string_insert_c (text, i++, '\r');
  }
}

/* Ends the header section and the last line, and says how long the body is unless the text does. */
static void
add_length (GString *message, const gchar *line_end)
{
  g_autofree gchar *empty_line = g_strconcat (line_end, line_end, NULL);
  const gchar *body = g_strstr_len (message->str, message->len, empty_line);
  gsize head = body ? (gsize)(body - message->str) : message->len;
  gsize size = body ? message->len - head - strlen (empty_line) + strlen (line_end) : 0;
  g_autofree gchar *section = g_strndup (message->str, head);
  g_autofree gchar *lower = g_ascii_strdown (section, -1);
  g_autofree gchar *length = g_strdup_printf ("%sContent-Length: %" G_GSIZE_FORMAT, line_end, size);

  if (strstr (lower, "\ncontent-length") == NULL && strstr (lower, "\nl:") == NULL)
    g_string_insert (message, head, length);
  g_string_append (message, body ? line_end : empty_line);
}

static gboolean
has_word (const PlayStep *step, const gchar *word)
{
  return g_strv_contains ((const gchar *const *)step->words, word);
}

GString *
play_expand (Play *play, const PlayStep *step, Caller *caller)
{
  gboolean is_message = g_str_equal (step->name, "send");
  gboolean lf = is_message && has_word (step, "lf");
  g_autofree gchar *method = g_strndup (step->text->str, strcspn (step->text->str, " \n"));
  GString *message = g_string_new (NULL);

  expand_into (play, caller, method, step->text, message, 0);
  if (is_message && has_word (step, "body-lf")) {
    const gchar *body = strstr (message->str, "\n\n");

    break_lines (message, body ? (gsize)(body - message->str) + 2 : message->len);
  } else if (!lf) {
    break_lines (message, G_MAXSIZE);
  }
  if (is_message)
    add_length (message, lf ? "\n" : "\r\n");
  else
    g_string_append (message, "\r\n");
  return message;
}

GBytes *
play_message (Play *play, guint n, Caller *caller)
{
  for (guint i = 0; i < play->steps->len; i++) {
    const PlayStep *step = g_ptr_array_index (play->steps, i);

    if (g_str_equal (step->name, "send") && n-- == 0)
      return g_string_free_to_bytes (play_expand (play, step, caller));
  }
  return NULL;
}

const gchar *
play_setting (Play *play, const gchar *name)
{
  gsize length = strlen (name);

  for (guint i = 0; i < play->steps->len; i++) {
    const PlayStep *step = g_ptr_array_index (play->steps, i);

    if (g_str_equal (step->name, "set") && g_str_has_prefix (step->rest, name) &&
        step->rest[length] == '=')
      return step->rest + length + 1;
  }
  return NULL;
}

gboolean
play_expects (Play *play, const gchar *member)
{
  for (guint i = 0; i < play->steps->len; i++) {
    const PlayStep *step = g_ptr_array_index (play->steps, i);

    if (g_str_equal (step->name, "event") &&
        g_strv_contains ((const gchar *const *)step->words, member))
      return TRUE;
  }
  return FALSE;
}
