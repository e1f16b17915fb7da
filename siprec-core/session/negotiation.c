/* The m-lines of a recording session as they are: what was worked out (plan.c) is made true here.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "negotiation-private.h"

static void
planned_line_clear (gpointer data)
{
  SiprecPlannedLine *planned = data;

  g_clear_pointer (&planned->ports, siprec_ports_free);
  g_clear_pointer (&planned->formats, g_ptr_array_unref);
  g_clear_pointer (&planned->protection, siprec_protection_free);
}

SiprecNegotiation *
siprec_negotiation_new (const SiprecNegotiationConfig *config)
{
  /* Spreads the sessions over the addresses. */
  static gint turn;
  SiprecNegotiation *negotiation = g_new0 (SiprecNegotiation, 1);

  negotiation->config = *config;
  negotiation->config.context = siprec_context_ref (config->context);
  negotiation->codecs = g_strdupv ((gchar **)config->codecs);
  negotiation->addresses = g_strdupv ((gchar **)config->addresses);
  negotiation->address =
      (guint)g_atomic_int_add (&turn, 1) % g_strv_length (negotiation->addresses);
  negotiation->advertised = g_strdup (config->advertised);
  negotiation->peer = g_strdup (config->peer);
  negotiation->sync = siprec_sync_new ();
  negotiation->paused = config->paused;
  negotiation->lines = g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_line_unref);
  negotiation->plan = g_array_new (FALSE, TRUE, sizeof (SiprecPlannedLine));
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
  g_strfreev (negotiation->addresses);
  g_free (negotiation->advertised);
  g_free (negotiation->peer);
  siprec_context_unref (negotiation->config.context);
  g_free (negotiation);
}

SiprecLine *
siprec_negotiation_find_line (SiprecNegotiation *negotiation, guint mline)
{
  for (guint i = 0; i < negotiation->lines->len; i++) {
    SiprecLine *line = g_ptr_array_index (negotiation->lines, i);

    if (line->mline == mline)
      return line;
  }
  return NULL;
}

static void
add_line (SiprecNegotiation *negotiation, const SiprecMline *mline, SiprecPlannedLine *planned,
          GstClockTime now, SiprecLineFunc func, gpointer user_data)
{
  const SiprecNegotiationConfig *config = &negotiation->config;
  SiprecLine *line = siprec_line_new (mline, negotiation->names[mline->kind]++, planned->formats,
                                      negotiation->config.owner);
  guint place = 0;

  line->paused = negotiation->paused;
  line->stream =
      siprec_stream_new (config->context, g_steal_pointer (&planned->ports), config->notice,
                         siprec_line_ref (line), (GDestroyNotify)siprec_line_unref);
  siprec_stream_set_latch (line->stream, config->latch, negotiation->peer);
  siprec_line_set_protection (line, planned->protection);
  siprec_line_begin (line, negotiation->sync, mline, now);

  while (place < negotiation->lines->len &&
         ((SiprecLine *)g_ptr_array_index (negotiation->lines, place))->mline < line->mline)
    place++;
  g_ptr_array_insert (negotiation->lines, place, line);
  func (line, SIPREC_LINE_ADDED, user_data);
}

static void
update_line (SiprecNegotiation *negotiation, const SiprecMline *mline, SiprecPlannedLine *planned,
             SiprecLineFunc func, gpointer user_data)
{
  SiprecLine *line = planned->line;
  /* Its answer to our inactive is inactive, whatever it would like to send. */
  gboolean told = !negotiation->ours || !siprec_planned_line_is_inactive (negotiation, planned);

  siprec_line_set_protection (line, planned->protection);
  if (siprec_line_update (line, mline, planned->formats, negotiation->ours))
    func (line, SIPREC_LINE_UPDATED, user_data);
  siprec_line_set_hold (line, told ? mline->held : line->held, line->paused, func, user_data);
}

/* TRUE if the plan goes on with @line. */
static gboolean
plan_keeps (SiprecNegotiation *negotiation, SiprecLine *line)
{
  return line->mline < negotiation->plan->len &&
         g_array_index (negotiation->plan, SiprecPlannedLine, line->mline).line == line;
}

void
siprec_negotiation_expect (SiprecNegotiation *negotiation)
{
  for (guint i = 0; i < negotiation->plan->len; i++) {
    SiprecPlannedLine *planned = &g_array_index (negotiation->plan, SiprecPlannedLine, i);

    if (planned->line)
      siprec_line_set_protection (planned->line, planned->protection);
  }
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
    SiprecPlannedLine *planned = &g_array_index (negotiation->plan, SiprecPlannedLine, i);
    const SiprecMline *mline = siprec_offer_mline (offer, i);

    if (planned->line)
      update_line (negotiation, mline, planned, func, user_data);
    else if (planned->ports)
      add_line (negotiation, mline, planned, now, func, user_data);
  }
  if (!negotiation->ours)
    negotiation->refused = negotiation->considered;
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
  negotiation->ours = FALSE;
  negotiation->willing = FALSE;
}

gboolean
siprec_negotiation_pause (SiprecNegotiation *negotiation, gint mline, SiprecLineFunc func,
                          gpointer user_data)
{
  gboolean found = mline == SIPREC_ALL_LINES;

  negotiation->paused |= found;
  for (guint i = 0; i < negotiation->lines->len; i++) {
    SiprecLine *line = g_ptr_array_index (negotiation->lines, i);

    if (mline != SIPREC_ALL_LINES && line->mline != (guint)mline)
      continue;
    found = TRUE;
    siprec_line_set_hold (line, line->held, TRUE, func, user_data);
  }
  return found;
}

gboolean
siprec_negotiation_plan_resume (SiprecNegotiation *negotiation, gint mline)
{
  gboolean found = mline == SIPREC_ALL_LINES;

  negotiation->resuming = found;
  for (guint i = 0; i < negotiation->lines->len; i++) {
    SiprecLine *line = g_ptr_array_index (negotiation->lines, i);

    line->resuming = mline == SIPREC_ALL_LINES || line->mline == (guint)mline;
    found |= line->resuming;
  }
  return found;
}

void
siprec_negotiation_resume (SiprecNegotiation *negotiation, gboolean agreed, SiprecLineFunc func,
                           gpointer user_data)
{
  if (agreed && negotiation->resuming)
    negotiation->paused = FALSE;
  negotiation->resuming = FALSE;
  for (guint i = 0; i < negotiation->lines->len; i++) {
    SiprecLine *line = g_ptr_array_index (negotiation->lines, i);

    if (agreed && line->resuming)
      siprec_line_set_hold (line, line->held, FALSE, func, user_data);
    line->resuming = FALSE;
  }
}

gchar *
siprec_negotiation_name_refused (SiprecNegotiation *negotiation, const SiprecOffer *offer)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < offer->mlines->len; i++) {
    const SiprecMline *mline = siprec_offer_mline (offer, i);

    if (mline->port == 0 || siprec_negotiation_find_line (negotiation, i) ||
        (i < 64 && (negotiation->refused >> i & 1)))
      continue;
    g_string_append_printf (names, "%s%u (%s %s)", names->len ? ", " : "", i, mline->media,
                            mline->proto);
  }
  return names->len ? g_string_free (g_steal_pointer (&names), FALSE) : NULL;
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
