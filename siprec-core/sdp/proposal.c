/* The codecs that we offer, as if a client had offered them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "proposal.h"

#include <string.h>

typedef struct {
  const gchar *name; /* (nullable): as in the lists of preference; NULL for what is no codec */
  guint pt;
  const gchar *rtpmap;
  const gchar *fmtp; /* (nullable) */
} Proposal;

/* In the order that we like; G.711 first, since phones that offer nothing all have it. AMR in the form
 * that gateways speak. */
static const Proposal proposals[] = {
    {"PCMU", 0, "PCMU/8000", NULL},
    {"PCMA", 8, "PCMA/8000", NULL},
    {"OPUS", 107, "opus/48000/2", NULL},
    {"G722", 9, "G722/8000", NULL},
    {"G729", 18, "G729/8000", NULL},
    {"GSM", 3, "GSM/8000", NULL},
    {"ILBC", 97, "iLBC/8000", "mode=30"},
    {"AMR", 98, "AMR/8000", "octet-align=1"},
    {"AMR-WB", 99, "AMR-WB/16000", "octet-align=1"},
    {NULL, 101, "telephone-event/8000", "0-15"},
    {NULL, 13, "CN/8000", NULL},
};

/* Fills @sorted with the proposals, those of @codecs first. */
static void
sort (const Proposal *sorted[], const gchar *const *codecs)
{
  gboolean used[G_N_ELEMENTS (proposals)] = {FALSE};
  guint n = 0;

  for (; codecs && *codecs; codecs++) {
    for (guint i = 0; i < G_N_ELEMENTS (proposals); i++) {
      if (used[i] || !proposals[i].name || g_ascii_strcasecmp (proposals[i].name, *codecs) != 0)
        continue;
      used[i] = TRUE;
      sorted[n++] = &proposals[i];
    }
  }
  for (guint i = 0; i < G_N_ELEMENTS (proposals); i++)
    if (!used[i])
      sorted[n++] = &proposals[i];
}

static void
append_line (GString *sdp, const Proposal *const sorted[], gboolean secure)
{
  g_string_append (sdp, secure ? "m=audio 9 RTP/SAVP" : "m=audio 9 RTP/AVP");
  for (guint i = 0; i < G_N_ELEMENTS (proposals); i++)
    g_string_append_printf (sdp, " %u", sorted[i]->pt);
  g_string_append (sdp, "\r\n");
  for (guint i = 0; i < G_N_ELEMENTS (proposals); i++) {
    g_string_append_printf (sdp, "a=rtpmap:%u %s\r\n", sorted[i]->pt, sorted[i]->rtpmap);
    if (sorted[i]->fmtp)
      g_string_append_printf (sdp, "a=fmtp:%u %s\r\n", sorted[i]->pt, sorted[i]->fmtp);
  }
  g_string_append (sdp, "a=sendonly\r\n");
}

SiprecOffer *
siprec_proposal_new (guint n_lines, const gchar *const *codecs, gboolean secure)
{
  const Proposal *sorted[G_N_ELEMENTS (proposals)];
  GString *sdp = g_string_new ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n");
  g_autoptr (GBytes) text = NULL;

  sort (sorted, codecs);
  for (guint i = 0; i < n_lines; i++)
    append_line (sdp, sorted, secure);
  text = g_string_free_to_bytes (sdp);
  return siprec_offer_parse (text, NULL, NULL);
}
