/* siprec-core: the inside of a negotiation, shared by what is (negotiation.c) and what is to be (plan.c)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "negotiation.h"

G_BEGIN_DECLS

/* What is to become of one m-line of the offer considered last. */
typedef struct {
  SiprecLine *line;   /* (nullable): the line that goes on; borrowed */
  SiprecPorts *ports; /* (nullable): sockets of a line that is new */
  GPtrArray *formats;
  SiprecProtection *protection; /* (nullable) */
} SiprecPlannedLine;

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
  GArray *plan;             /* SiprecPlannedLine, one an m-line */
  guint64 considered;       /* what `refused` is to be */
  gchar *answer;
};

/* The line at m-line @mline, or NULL. */
SiprecLine *siprec_negotiation_find_line (SiprecNegotiation *negotiation, guint mline);

/* Whether we don't want to receive on it now. */
gboolean siprec_planned_line_is_inactive (SiprecNegotiation *negotiation,
                                          const SiprecPlannedLine *planned);

G_END_DECLS
