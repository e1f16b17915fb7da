/* The m-lines of a recording session: first worked out (consider), then made true (commit).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "negotiation.h"

#include "../error.h"
#include "../sdp/proposal.h"
#include "../sdp/protect.h"

/* A key frame comes all at once, and the default of the kernel has no room for it. */
#define VIDEO_BUFFER_SIZE (1024 * 1024)

/* What is to become of one m-line of the offer considered last. */
typedef struct {
  SiprecLine *line;   /* (nullable): the line that goes on; borrowed */
  SiprecPorts *ports; /* (nullable): sockets of a line that is new */
  GPtrArray *formats;
  SiprecProtection *protection; /* (nullable) */
} PlannedLine;

struct _SiprecNegotiation {
  SiprecNegotiationConfig config;
  gchar **codecs;
  gchar **addresses;
  guint address; /* the one in use, of them */
  gchar *advertised;
  gchar *peer;
  SiprecSync *sync; /* of all its streams */

  GPtrArray *lines; /* SiprecLine, in m-line order */
  guint names[SIPREC_MEDIA_OTHER + 1];

  guint64 sdp_id;
  guint64 sdp_version;
  gchar *sdp;
  gboolean ended;
  gboolean paused; /* new lines are */
  guint64 refused; /* bit n: line n is not wanted */
  gboolean resuming;

  /* The plan: between consider and commit or discard. */
  const SiprecOffer *offer; /* borrowed; the client's answer if @ours */
  gboolean ours;            /* the plan is an offer of ours */
  gboolean willing;         /* and it does not repeat the client's holds */
  GArray *plan;             /* PlannedLine, one an m-line */
  guint64 considered;       /* what `refused` is to be */
  gchar *answer;
};

static void
planned_line_clear (gpointer data)
{
  PlannedLine *planned = data;

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
  g_strfreev (negotiation->addresses);
  g_free (negotiation->advertised);
  g_free (negotiation->peer);
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
open_ports (SiprecNegotiation *negotiation, PlannedLine *planned, gboolean is_video, GError **error)
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
plan_line (SiprecNegotiation *negotiation, const SiprecMline *mline, PlannedLine *planned,
           GError **error)
{
  SiprecLine *line = find_line (negotiation, mline->index);

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
planned_port (const PlannedLine *planned)
{
  if (planned->line)
    return siprec_stream_get_port (planned->line->stream);
  return planned->ports ? siprec_ports_get_port (planned->ports) : 0;
}

static gboolean
planned_inactive (SiprecNegotiation *negotiation, const PlannedLine *planned)
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
    PlannedLine *planned = &g_array_index (negotiation->plan, PlannedLine, i);

    lines[i].port = planned_port (planned);
    lines[i].formats = planned->formats;
    lines[i].protection = planned->protection;
    lines[i].inactive = planned_inactive (negotiation, planned);
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
    PlannedLine *planned = &g_array_index (negotiation->plan, PlannedLine, i);

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
    PlannedLine *planned = &g_array_index (negotiation->plan, PlannedLine, i);

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
    PlannedLine *planned = &g_array_index (negotiation->plan, PlannedLine, i);

    planned->line = find_line (negotiation, i);
    if (!planned->line)
      continue;
    planned->formats = g_ptr_array_ref (planned->line->formats);
    planned->protection = siprec_protection_copy (planned->line->protection);
  }
  return finish_proposal (negotiation, offer);
}

/* Narrows the plan of one line down to what @mline says. FALSE if the line is no more. */
static gboolean
take_line (SiprecNegotiation *negotiation, const SiprecMline *mline, PlannedLine *planned)
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
                           &g_array_index (negotiation->plan, PlannedLine, i));
  if (n_usable == 0 && negotiation->sdp == NULL) {
    siprec_negotiation_discard (negotiation);
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_NOT_ACCEPTABLE,
                 "The answer accepts none of the media lines offered.");
    return FALSE;
  }
  negotiation->offer = answer;
  return TRUE;
}

static void
add_line (SiprecNegotiation *negotiation, const SiprecMline *mline, PlannedLine *planned,
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
update_line (SiprecNegotiation *negotiation, const SiprecMline *mline, PlannedLine *planned,
             SiprecLineFunc func, gpointer user_data)
{
  SiprecLine *line = planned->line;
  /* Its answer to our inactive is inactive, whatever it would like to send. */
  gboolean told = !negotiation->ours || !planned_inactive (negotiation, planned);

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
         g_array_index (negotiation->plan, PlannedLine, line->mline).line == line;
}

void
siprec_negotiation_expect (SiprecNegotiation *negotiation)
{
  for (guint i = 0; i < negotiation->plan->len; i++) {
    PlannedLine *planned = &g_array_index (negotiation->plan, PlannedLine, i);

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
    PlannedLine *planned = &g_array_index (negotiation->plan, PlannedLine, i);
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

    if (mline->port == 0 || find_line (negotiation, i) ||
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
