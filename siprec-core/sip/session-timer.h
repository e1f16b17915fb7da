/* siprec-core: the session timer of a dialog (RFC 4028)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "agent.h"

G_BEGIN_DECLS

struct _SiprecDialog;

/* RFC 4028 section 4: no shorter interval is allowed. In seconds. */
#define SIPREC_SESSION_TIMER_MINIMUM 90

/**
 * SiprecSessionTimer:
 * @interval: seconds from one refresh until the session expires; 0 if it never does
 * @minimum: what the peer wants @interval to be at least
 * @ours: we refresh, not the peer
 * @no_update: the peer refused UPDATE though it says that it knows it
 * @refresh_at, @expires_at: g_get_monotonic_time(); @refresh_at counts when @ours
 * @timer: (nullable): for the next of these moments
 *
 * A member of the dialog. Each INVITE or UPDATE that is accepted, of either side, is a refresh. We
 * begin no timer by ourselves, and leave the refreshing to the peer unless it asks us or can't.
 */
typedef struct {
  guint interval;
  guint minimum;
  gboolean ours;
  gboolean no_update;
  gint64 refresh_at;
  gint64 expires_at;
  SiprecTimer *timer;
} SiprecSessionTimer;

/* TRUE if @request asks for an interval below @minimum, and its sender understands a 422. */
gboolean siprec_session_timer_too_brief (const SiprecRequest *request, guint minimum);

/* The peer's @request, INVITE or UPDATE, is accepted: begins the interval anew. Returns: (transfer
 * full): lines for the 2xx, NULL-terminated. */
gchar **siprec_session_timer_accept (struct _SiprecDialog *dialog, const SiprecRequest *request);

/* The peer has accepted our first INVITE with @response: begins the interval, if it wants one. */
void siprec_session_timer_begin (struct _SiprecDialog *dialog, const SiprecRequest *response);

/* Lines for an INVITE or UPDATE of ours. (transfer full) */
gchar **siprec_session_timer_lines (struct _SiprecDialog *dialog);

/* The final response to an INVITE or UPDATE of ours. */
void siprec_session_timer_answered (struct _SiprecDialog *dialog, const SiprecRequest *response);

void siprec_session_timer_stop (struct _SiprecDialog *dialog);

G_END_DECLS
