/* One m-line of a recording session, from its first answer on.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "line.h"

SiprecLine *
siprec_line_new (const SiprecMline *mline, guint number, GPtrArray *formats, GObject *owner)
{
  SiprecLine *line = g_new0 (SiprecLine, 1);

  line->ref_count = 1;
  line->mline = mline->index;
  line->kind = mline->kind;
  line->name = g_strdup_printf ("%s_%u", siprec_media_kind_name (mline->kind), number);
  line->label = g_strdup (mline->label);
  line->lang = g_strdup (mline->lang);
  line->held = mline->held;
  line->formats = g_ptr_array_ref (formats);
  if (owner)
    line->owner = g_object_ref (owner);
  return line;
}

SiprecLine *
siprec_line_ref (SiprecLine *line)
{
  g_atomic_int_inc (&line->ref_count);
  return line;
}

void
siprec_line_unref (SiprecLine *line)
{
  if (!g_atomic_int_dec_and_test (&line->ref_count))
    return;
  if (line->data_destroy)
    line->data_destroy (line->data);
  g_clear_pointer (&line->stream, siprec_stream_unref);
  g_clear_pointer (&line->formats, g_ptr_array_unref);
  g_clear_pointer (&line->protection, siprec_protection_free);
  g_free (line->name);
  g_free (line->label);
  g_free (line->lang);
  g_clear_object (&line->owner);
  g_free (line);
}

gboolean
siprec_line_is_held (const SiprecLine *line)
{
  return line->held || line->paused;
}

gboolean
siprec_formats_are_opaque (GPtrArray *formats)
{
  return ((SiprecFormat *)g_ptr_array_index (formats, 0))->payload == SIPREC_PAYLOAD_OPAQUE;
}

static void
replace_string (gchar **place, const gchar *value)
{
  if (g_strcmp0 (*place, value) != 0) {
    g_free (*place);
    *place = g_strdup (value);
  }
}

static gboolean
same_codec (GPtrArray *a, GPtrArray *b)
{
  return siprec_format_equal (g_ptr_array_index (a, 0), g_ptr_array_index (b, 0));
}

static void
set_remote (SiprecLine *line, const SiprecMline *mline)
{
  const SiprecFormat *codec = g_ptr_array_index (line->formats, 0);

  line->direction = mline->direction;
  siprec_stream_set_remote (line->stream, mline->address, mline->port, mline->rtcp_address,
                            mline->rtcp_port, mline->rtcp_mux);
  if (codec->is_video)
    siprec_stream_set_feedback (line->stream, mline->feedback[codec->pt]);
}

void
siprec_line_set_protection (SiprecLine *line, const SiprecProtection *protection)
{
  if (siprec_protection_equal (line->protection, protection))
    return;
  siprec_stream_set_protection (line->stream, protection);
  siprec_protection_free (line->protection);
  line->protection = siprec_protection_copy (protection);
}

const gchar *
siprec_line_get_encryption (const SiprecLine *line)
{
  static const gchar *const names[] = {NULL, "sdes", "dtls"};

  return names[line->protection ? line->protection->kind : SIPREC_PROTECTION_NONE];
}

void
siprec_line_begin (SiprecLine *line, SiprecSync *sync, const SiprecMline *mline, GstClockTime now)
{
  SiprecStream *stream = line->stream;

  siprec_stream_set_sync (stream, sync);
  siprec_stream_set_formats (stream, line->formats);
  set_remote (line, mline);
  siprec_stream_set_held (stream, siprec_line_is_held (line));
  siprec_stream_set_paused (stream, line->paused);
  siprec_stream_begin (stream, now);
}

/* What the client's SDP says of a line. Its answer to an offer of ours need not repeat the names. */
static gboolean
update_names (SiprecLine *line, const SiprecMline *mline, gboolean ours)
{
  gboolean other_label = (mline->label || !ours) && g_strcmp0 (line->label, mline->label) != 0;

  if (other_label)
    replace_string (&line->label, mline->label);
  if (mline->lang || !ours)
    replace_string (&line->lang, mline->lang);
  return other_label;
}

gboolean
siprec_line_update (SiprecLine *line, const SiprecMline *mline, GPtrArray *formats, gboolean ours)
{
  gboolean other_codec = !same_codec (line->formats, formats);
  gboolean other_label = update_names (line, mline, ours);

  g_ptr_array_unref (line->formats);
  line->formats = g_ptr_array_ref (formats);
  siprec_stream_set_formats (line->stream, line->formats);
  set_remote (line, mline);
  return other_codec || other_label;
}

void
siprec_line_set_hold (SiprecLine *line, gboolean held, gboolean paused, SiprecLineFunc func,
                      gpointer user_data)
{
  gboolean before = siprec_line_is_held (line);

  if (line->paused != paused)
    siprec_stream_set_paused (line->stream, paused);
  line->held = held;
  line->paused = paused;
  if (siprec_line_is_held (line) == before)
    return;
  siprec_stream_set_held (line->stream, !before);
  func (line, before ? SIPREC_LINE_RESUMED : SIPREC_LINE_HELD, user_data);
}
