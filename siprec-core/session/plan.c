/* What the m-lines of a recording session are to become: offers and answers, in either direction.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../error.h"
#include "../sdp/proposal.h"
#include "../sdp/protect.h"
#include "negotiation-private.h"

/* A key frame comes all at once, and the default of the kernel has no room for it. */
#define VIDEO_BUFFER_SIZE (1024 * 1024)

/* A kind that streams can be made of. Others get port 0. */
static gboolean
is_receivable (const SiprecMline *mline)
{
  return (mline->kind == SIPREC_MEDIA_AUDIO || siprec_mline_is_video (mline)) && mline->rtp &&
         mline->port != 0;
}

/* FALSE if nothing can be done with what @mline offers. Packets of audio are of use to those who have a decoder for
 * them; a picture is many packets. */
static gboolean
are_usable (SiprecNegotiation *negotiation, const SiprecMline *mline, GPtrArray *formats)
{
  return formats->len > 0 &&
         !((negotiation->config.refuse_unknown || siprec_mline_is_video (mline)) &&
           siprec_formats_are_opaque (formats));
}

static gboolean
open_ports (SiprecNegotiation *negotiation, SiprecPlannedLine *planned, gboolean is_video,
            GError **error)
{
  const SiprecNegotiationConfig *config = &negotiation->config;
  guint buffer_size = config->buffer_size;

  if (buffer_size == 0 && is_video)
    buffer_size = VIDEO_BUFFER_SIZE;

  planned->ports = siprec_ports_new (negotiation->addresses[negotiation->address],
                                     config->first_port, config->last_port, buffer_size, error);
  return planned->ports != NULL;
}

/* The address that the SDP names. */
static const gchar *
advertised_address (SiprecNegotiation *negotiation)
{
  return negotiation->advertised && *negotiation->advertised
             ? negotiation->advertised
             : negotiation->addresses[negotiation->address];
}

/* Plans one m-line; leaves @planned empty for one that is refused. FALSE if ports can't be had. */
static gboolean
plan_line (SiprecNegotiation *negotiation, const SiprecMline *mline, SiprecPlannedLine *planned,
           GError **error)
{
  SiprecLine *line = siprec_negotiation_find_line (negotiation, mline->index);

  if (!is_receivable (mline))
    return TRUE;

  planned->formats = siprec_answer_choose (mline, (const gchar *const *)negotiation->codecs);
  if (!are_usable (negotiation, mline, planned->formats) ||
      !siprec_protect_answer (mline, negotiation->config.srtp_policy,
                              line ? line->protection : NULL, &planned->protection)) {
    g_ptr_array_set_size (planned->formats, 0);
    return TRUE;
  }

  if (line && line->kind == mline->kind) {
    planned->line = line;
    return TRUE;
  }
  return open_ports (negotiation, planned, siprec_mline_is_video (mline), error);
}

static guint16
planned_port (const SiprecPlannedLine *planned)
{
  if (planned->line)
    return siprec_stream_get_port (planned->line->stream);
  return planned->ports ? siprec_ports_get_port (planned->ports) : 0;
}

gboolean
siprec_planned_line_is_inactive (SiprecNegotiation *negotiation, const SiprecPlannedLine *planned)
{
  if (planned->line)
    return planned->line->paused && !planned->line->resuming;
  return negotiation->paused && !negotiation->resuming;
}

/* Writes the answer of the plan. The o= version rises only when the rest differs from what was agreed last
 * (RFC 3264 section 8). */
static gchar *
write_answer (SiprecNegotiation *negotiation, const SiprecOffer *offer)
{
  g_autofree SiprecAnswerLine *lines = g_new0 (SiprecAnswerLine, offer->mlines->len);
  g_autofree gchar *same = NULL;

  for (guint i = 0; i < offer->mlines->len; i++) {
    SiprecPlannedLine *planned = &g_array_index (negotiation->plan, SiprecPlannedLine, i);

    lines[i].port = planned_port (planned);
    lines[i].formats = planned->formats;
    lines[i].protection = planned->protection;
    lines[i].inactive = siprec_planned_line_is_inactive (negotiation, planned);
    lines[i].willing = negotiation->willing;
  }
  same = siprec_answer_make (offer, lines, advertised_address (negotiation), negotiation->sdp_id,
                             negotiation->sdp_version);
  if (g_strcmp0 (same, negotiation->sdp) == 0)
    return g_steal_pointer (&same);
  return siprec_answer_make (offer, lines, advertised_address (negotiation), negotiation->sdp_id,
                             negotiation->sdp_version + 1);
}

/* Plans all lines; @n_usable are those with a port. */
static gboolean
plan_lines (SiprecNegotiation *negotiation, const SiprecOffer *offer, guint64 refused,
            guint *n_usable, GError **error)
{
  *n_usable = 0;
  siprec_negotiation_discard (negotiation);
  g_array_set_size (negotiation->plan, offer->mlines->len);
  for (guint i = 0; i < offer->mlines->len; i++) {
    SiprecPlannedLine *planned = &g_array_index (negotiation->plan, SiprecPlannedLine, i);

    if (i < 64 && (refused >> i & 1))
      continue;
    if (!plan_line (negotiation, g_ptr_array_index (offer->mlines, i), planned, error)) {
      siprec_negotiation_discard (negotiation);
      return FALSE;
    }
    *n_usable += planned_port (planned) != 0;
  }
  return TRUE;
}

/* The same, at the next address when one has no ports left; the SDP names one address only, so a session
 * stays where its first answer put it. */
static gboolean
plan_somewhere (SiprecNegotiation *negotiation, const SiprecOffer *offer, guint64 refused,
                guint *n_usable, GError **error)
{
  guint n = negotiation->sdp ? 1 : g_strv_length (negotiation->addresses);

  for (;;) {
    g_autoptr (GError) failure = NULL;

    if (plan_lines (negotiation, offer, refused, n_usable, &failure))
      return TRUE;
    if (--n == 0 || !g_error_matches (failure, SIPREC_ERROR, SIPREC_ERROR_PORTS)) {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
    negotiation->address = (negotiation->address + 1) % g_strv_length (negotiation->addresses);
  }
}

/* How many lines the client wants to send, now or after a hold; it may have none yet, or disable them. */
static guint
count_offered (const SiprecOffer *offer)
{
  guint n = 0;

  for (guint i = 0; i < offer->mlines->len; i++)
    n += siprec_offer_mline (offer, i)->port != 0;
  return n;
}

/* Which lines are not wanted: a slot that the client has disabled is free for another stream. */
static guint64
still_refused (guint64 refused, const SiprecOffer *offer)
{
  for (guint i = 0; i < MIN (offer->mlines->len, 64); i++)
    if (siprec_offer_mline (offer, i)->port == 0)
      refused &= ~(G_GUINT64_CONSTANT (1) << i);
  return refused;
}

/* For people whose client was refused. */
static const gchar *
wanted_transport (SiprecNegotiation *negotiation)
{
  switch (negotiation->config.srtp_policy) {
  case SIPREC_SRTP_REQUIRED:
    return "RTP/SAVP with a usable a=crypto, or UDP/TLS/RTP/SAVP";
  case SIPREC_SRTP_DISABLED:
    return "RTP/AVP";
  default:
    return "RTP/AVP, or RTP/SAVP with a usable a=crypto";
  }
}

const gchar *
siprec_negotiation_consider (SiprecNegotiation *negotiation, const SiprecOffer *offer,
                             guint64 refused, GError **error)
{
  guint n_usable;

  refused |= still_refused (negotiation->refused, offer);
  if (!plan_somewhere (negotiation, offer, refused, &n_usable, error))
    return NULL;
  /* A session may live without streams, and get them later (RFC 7866 section 10), but not for a client that wants
   * to send only what can't be received. */
  if (n_usable == 0 && negotiation->sdp == NULL && count_offered (offer) > 0) {
    siprec_negotiation_discard (negotiation);
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_NOT_ACCEPTABLE,
                 "None of the %u media lines can be received; offer audio over %s.",
                 offer->mlines->len, wanted_transport (negotiation));
    return NULL;
  }
  negotiation->offer = offer;
  negotiation->considered = refused;
  negotiation->answer = write_answer (negotiation, offer);
  return negotiation->answer;
}

/* Writes an offer of ours, with the lines of the plan. */
static const gchar *
finish_proposal (SiprecNegotiation *negotiation, const SiprecOffer *offer)
{
  negotiation->ours = TRUE;
  negotiation->answer = write_answer (negotiation, offer);
  return negotiation->answer;
}

const gchar *
siprec_negotiation_propose (SiprecNegotiation *negotiation, guint n_lines, GError **error)
{
  g_autoptr (SiprecOffer) offer =
      siprec_proposal_new (n_lines, (const gchar *const *)negotiation->codecs,
                           negotiation->config.srtp_policy == SIPREC_SRTP_REQUIRED);

  siprec_negotiation_discard (negotiation);
  g_array_set_size (negotiation->plan, n_lines);
  for (guint i = 0; i < n_lines; i++) {
    SiprecPlannedLine *planned = &g_array_index (negotiation->plan, SiprecPlannedLine, i);

    planned->formats = g_ptr_array_ref (siprec_offer_mline (offer, i)->formats);
    planned->protection = siprec_protect_offer (negotiation->config.srtp_policy);
    if (!open_ports (negotiation, planned, FALSE, error)) {
      siprec_negotiation_discard (negotiation);
      return NULL;
    }
  }
  return finish_proposal (negotiation, offer);
}

const gchar *
siprec_negotiation_repeat (SiprecNegotiation *negotiation, const SiprecOffer *offer,
                           gboolean willing)
{
  siprec_negotiation_discard (negotiation);
  negotiation->willing = willing;
  g_array_set_size (negotiation->plan, offer->mlines->len);
  for (guint i = 0; i < offer->mlines->len; i++) {
    SiprecPlannedLine *planned = &g_array_index (negotiation->plan, SiprecPlannedLine, i);

    planned->line = siprec_negotiation_find_line (negotiation, i);
    if (!planned->line)
      continue;
    planned->formats = g_ptr_array_ref (planned->line->formats);
    planned->protection = siprec_protection_copy (planned->line->protection);
  }
  return finish_proposal (negotiation, offer);
}

/* Narrows the plan of one line down to what @mline says. FALSE if the line is no more. */
static gboolean
take_line (SiprecNegotiation *negotiation, const SiprecMline *mline, SiprecPlannedLine *planned)
{
  g_autoptr (GPtrArray) formats = NULL;
  g_autoptr (SiprecProtection) agreed = NULL;

  if (mline && is_receivable (mline) && siprec_protect_take (mline, planned->protection, &agreed))
    formats = siprec_answer_choose (mline, (const gchar *const *)negotiation->codecs);
  if (!formats || !are_usable (negotiation, mline, formats)) {
    g_clear_pointer (&planned->ports, siprec_ports_free);
    planned->line = NULL;
    return FALSE;
  }
  g_clear_pointer (&planned->formats, g_ptr_array_unref);
  planned->formats = g_steal_pointer (&formats);
  siprec_protection_free (planned->protection);
  planned->protection = g_steal_pointer (&agreed);
  return planned->line || planned->ports;
}

gboolean
siprec_negotiation_take_answer (SiprecNegotiation *negotiation, const SiprecOffer *answer,
                                GError **error)
{
  guint n_usable = 0;

  if (!negotiation->ours) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_NOT_ACCEPTABLE, "There is no offer to answer.");
    return FALSE;
  }
  for (guint i = 0; i < negotiation->plan->len; i++)
    n_usable += take_line (negotiation, siprec_offer_mline (answer, i),
                           &g_array_index (negotiation->plan, SiprecPlannedLine, i));
  if (n_usable == 0 && negotiation->sdp == NULL) {
    siprec_negotiation_discard (negotiation);
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_NOT_ACCEPTABLE,
                 "The answer accepts none of the media lines offered.");
    return FALSE;
  }
  negotiation->offer = answer;
  return TRUE;
}
