/* The m-lines of a recording session: first worked out (consider), then made true (commit).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "negotiation.h"

#include "error.h"

/* What is to become of one m-line of the offer considered last. */
typedef struct {
  SiprecLine *line;   /* (nullable): the line that goes on; borrowed */
  SiprecPorts *ports; /* (nullable): sockets of a line that is new */
  GPtrArray *formats;
} PlannedLine;

struct _SiprecNegotiation {
  SiprecNegotiationConfig config;
  gchar **codecs;
  gchar *address;
  gchar *advertised;
  SiprecSync *sync; /* of all its streams */

  GPtrArray *lines; /* SiprecLine, in m-line order */
  guint names[SIPREC_MEDIA_OTHER + 1];

  guint64 sdp_id;
  guint64 sdp_version;
  gchar *sdp;
  gboolean ended;

  /* The plan: between consider and commit or discard. */
  const SiprecOffer *offer; /* borrowed */
  GArray *plan;             /* PlannedLine, one an m-line */
  gchar *answer;
};

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
  g_free (line->name);
  g_free (line->label);
  g_free (line->lang);
  g_clear_object (&line->owner);
  g_free (line);
}

gboolean
siprec_formats_are_opaque (GPtrArray *formats)
{
  return ((SiprecFormat *)g_ptr_array_index (formats, 0))->payload == SIPREC_PAYLOAD_OPAQUE;
}

static void
planned_line_clear (gpointer data)
{
  PlannedLine *planned = data;

  g_clear_pointer (&planned->ports, siprec_ports_free);
  g_clear_pointer (&planned->formats, g_ptr_array_unref);
}

SiprecNegotiation *
siprec_negotiation_new (const SiprecNegotiationConfig *config)
{
  SiprecNegotiation *negotiation = g_new0 (SiprecNegotiation, 1);

  negotiation->config = *config;
  negotiation->config.context = siprec_context_ref (config->context);
  negotiation->codecs = g_strdupv ((gchar **)config->codecs);
  negotiation->address = g_strdup (config->address);
  negotiation->advertised = g_strdup (config->advertised);
  negotiation->sync = siprec_sync_new ();
  negotiation->lines = g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_line_unref);
  negotiation->plan = g_array_new (FALSE, TRUE, sizeof (PlannedLine));
  g_array_set_clear_func (negotiation->plan, planned_line_clear);
  /* RFC 8866 section 5.2: unique for the host and user; 62 bits keep it readable for parsers that take it
   * for a signed number. */
  negotiation->sdp_id = ((guint64)g_random_int () << 30) ^ g_random_int ();
  return negotiation;
}

void
siprec_negotiation_free (SiprecNegotiation *negotiation)
{
  siprec_negotiation_end (negotiation, siprec_context_now ());
  siprec_negotiation_discard (negotiation);
  g_array_unref (negotiation->plan);
  g_ptr_array_unref (negotiation->lines);
  siprec_sync_unref (negotiation->sync);
  g_free (negotiation->sdp);
  g_strfreev (negotiation->codecs);
  g_free (negotiation->address);
  g_free (negotiation->advertised);
  siprec_context_unref (negotiation->config.context);
  g_free (negotiation);
}

static SiprecLine *
find_line (SiprecNegotiation *negotiation, guint mline)
{
  for (guint i = 0; i < negotiation->lines->len; i++) {
    SiprecLine *line = g_ptr_array_index (negotiation->lines, i);

    if (line->mline == mline)
      return line;
  }
  return NULL;
}

/* A kind that streams can be made of. Others get port 0. */
static gboolean
is_receivable (const SiprecMline *mline)
{
  return mline->kind == SIPREC_MEDIA_AUDIO && mline->rtp && mline->port != 0;
}

/* Plans one m-line; leaves @planned empty for one that is refused. FALSE if ports can't be had. */
static gboolean
plan_line (SiprecNegotiation *negotiation, const SiprecMline *mline, PlannedLine *planned,
           GError **error)
{
  const SiprecNegotiationConfig *config = &negotiation->config;
  SiprecLine *line = find_line (negotiation, mline->index);

  if (!is_receivable (mline))
    return TRUE;

  planned->formats = siprec_answer_choose (mline, (const gchar *const *)negotiation->codecs);
  if (planned->formats->len == 0 ||
      (config->refuse_unknown && siprec_formats_are_opaque (planned->formats))) {
    g_ptr_array_set_size (planned->formats, 0);
    return TRUE;
  }

  if (line && line->kind == mline->kind) {
    planned->line = line;
    return TRUE;
  }
  planned->ports = siprec_ports_new (negotiation->address, config->first_port, config->last_port,
                                     config->buffer_size, error);
  return planned->ports != NULL;
}

static guint16
planned_port (const PlannedLine *planned)
{
  if (planned->line)
    return siprec_stream_get_port (planned->line->stream);
  return planned->ports ? siprec_ports_get_port (planned->ports) : 0;
}

/* Writes the answer of the plan. The o= version rises only when the rest differs from what was agreed last
 * (RFC 3264 section 8). */
static gchar *
write_answer (SiprecNegotiation *negotiation, const SiprecOffer *offer)
{
  g_autofree SiprecAnswerLine *lines = g_new0 (SiprecAnswerLine, offer->mlines->len);
  g_autofree gchar *same = NULL;

  for (guint i = 0; i < offer->mlines->len; i++) {
    PlannedLine *planned = &g_array_index (negotiation->plan, PlannedLine, i);

    lines[i].port = planned_port (planned);
    lines[i].formats = planned->formats;
  }
  same = siprec_answer_make (offer, lines, negotiation->advertised, negotiation->sdp_id,
                             negotiation->sdp_version);
  if (g_strcmp0 (same, negotiation->sdp) == 0)
    return g_steal_pointer (&same);
  return siprec_answer_make (offer, lines, negotiation->advertised, negotiation->sdp_id,
                             negotiation->sdp_version + 1);
}

const gchar *
siprec_negotiation_consider (SiprecNegotiation *negotiation, const SiprecOffer *offer,
                             guint64 refused, GError **error)
{
  guint n_usable = 0;

  siprec_negotiation_discard (negotiation);
  g_array_set_size (negotiation->plan, offer->mlines->len);
  for (guint i = 0; i < offer->mlines->len; i++) {
    PlannedLine *planned = &g_array_index (negotiation->plan, PlannedLine, i);

    if (i < 64 && (refused >> i & 1))
      continue;
    if (!plan_line (negotiation, g_ptr_array_index (offer->mlines, i), planned, error)) {
      siprec_negotiation_discard (negotiation);
      return NULL;
    }
    if (planned_port (planned) != 0)
      n_usable++;
  }
  /* Once streams exist an offer may disable them all and add new ones later. */
  if (n_usable == 0 && negotiation->sdp == NULL) {
    siprec_negotiation_discard (negotiation);
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_NOT_ACCEPTABLE,
                 "None of the %u media lines can be received; offer audio over RTP/AVP.",
                 offer->mlines->len);
    return NULL;
  }
  negotiation->offer = offer;
  negotiation->answer = write_answer (negotiation, offer);
  return negotiation->answer;
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
  line->direction = mline->direction;
  siprec_stream_set_remote (line->stream, mline->address, mline->port, mline->rtcp_port,
                            mline->rtcp_mux);
}

static SiprecLine *
make_line (SiprecNegotiation *negotiation, const SiprecMline *mline, PlannedLine *planned)
{
  SiprecLine *line = g_new0 (SiprecLine, 1);

  line->ref_count = 1;
  line->mline = mline->index;
  line->kind = mline->kind;
  line->name = g_strdup_printf ("%s_%u", siprec_media_kind_name (mline->kind),
                                negotiation->names[mline->kind]++);
  line->label = g_strdup (mline->label);
  line->lang = g_strdup (mline->lang);
  line->held = mline->held;
  if (negotiation->config.owner)
    line->owner = g_object_ref (negotiation->config.owner);
  line->formats = g_ptr_array_ref (planned->formats);
  line->stream = siprec_stream_new (negotiation->config.context, g_steal_pointer (&planned->ports),
                                    negotiation->config.notice, siprec_line_ref (line),
                                    (GDestroyNotify)siprec_line_unref);
  siprec_stream_set_sync (line->stream, negotiation->sync);
  return line;
}

static void
add_line (SiprecNegotiation *negotiation, const SiprecMline *mline, PlannedLine *planned,
          GstClockTime now, SiprecLineFunc func, gpointer user_data)
{
  SiprecLine *line = make_line (negotiation, mline, planned);
  guint place = 0;

  siprec_stream_set_formats (line->stream, line->formats);
  set_remote (line, mline);
  siprec_stream_set_held (line->stream, line->held);
  siprec_stream_begin (line->stream, now);

  while (place < negotiation->lines->len &&
         ((SiprecLine *)g_ptr_array_index (negotiation->lines, place))->mline < line->mline)
    place++;
  g_ptr_array_insert (negotiation->lines, place, line);
  func (line, SIPREC_LINE_ADDED, user_data);
}

static void
update_line (SiprecLine *line, const SiprecMline *mline, PlannedLine *planned, SiprecLineFunc func,
             gpointer user_data)
{
  gboolean other_codec = !same_codec (line->formats, planned->formats);
  gboolean other_label = g_strcmp0 (line->label, mline->label) != 0;
  gboolean hold_changed = line->held != mline->held;

  replace_string (&line->label, mline->label);
  replace_string (&line->lang, mline->lang);
  g_ptr_array_unref (line->formats);
  line->formats = g_ptr_array_ref (planned->formats);
  siprec_stream_set_formats (line->stream, line->formats);
  set_remote (line, mline);
  if (other_codec || other_label)
    func (line, SIPREC_LINE_UPDATED, user_data);
  if (hold_changed) {
    line->held = mline->held;
    siprec_stream_set_held (line->stream, line->held);
    func (line, line->held ? SIPREC_LINE_HELD : SIPREC_LINE_RESUMED, user_data);
  }
}

/* TRUE if the plan goes on with @line. */
static gboolean
plan_keeps (SiprecNegotiation *negotiation, SiprecLine *line)
{
  return line->mline < negotiation->plan->len &&
         g_array_index (negotiation->plan, PlannedLine, line->mline).line == line;
}

void
siprec_negotiation_commit (SiprecNegotiation *negotiation, GstClockTime now, SiprecLineFunc func,
                           gpointer user_data)
{
  const SiprecOffer *offer = negotiation->offer;

  for (guint i = negotiation->lines->len; i-- > 0;) {
    SiprecLine *line = g_ptr_array_index (negotiation->lines, i);

    if (plan_keeps (negotiation, line))
      continue;
    siprec_stream_end (line->stream, now);
    func (line, SIPREC_LINE_REMOVED, user_data);
    g_ptr_array_remove_index (negotiation->lines, i);
  }
  for (guint i = 0; i < negotiation->plan->len; i++) {
    PlannedLine *planned = &g_array_index (negotiation->plan, PlannedLine, i);
    const SiprecMline *mline = siprec_offer_mline (offer, i);

    if (planned->line)
      update_line (planned->line, mline, planned, func, user_data);
    else if (planned->ports)
      add_line (negotiation, mline, planned, now, func, user_data);
  }
  if (g_strcmp0 (negotiation->answer, negotiation->sdp) != 0) {
    negotiation->sdp_version++;
    g_free (negotiation->sdp);
    negotiation->sdp = g_steal_pointer (&negotiation->answer);
  }
  siprec_negotiation_discard (negotiation);
}

void
siprec_negotiation_discard (SiprecNegotiation *negotiation)
{
  g_array_set_size (negotiation->plan, 0);
  g_clear_pointer (&negotiation->answer, g_free);
  negotiation->offer = NULL;
}

const gchar *
siprec_negotiation_get_sdp (SiprecNegotiation *negotiation)
{
  return negotiation->sdp;
}

GPtrArray *
siprec_negotiation_get_lines (SiprecNegotiation *negotiation)
{
  return negotiation->lines;
}

void
siprec_negotiation_end (SiprecNegotiation *negotiation, GstClockTime end)
{
  if (negotiation->ended)
    return;
  negotiation->ended = TRUE;
  for (guint i = 0; i < negotiation->lines->len; i++)
    siprec_stream_end (((SiprecLine *)g_ptr_array_index (negotiation->lines, i))->stream, end);
}
