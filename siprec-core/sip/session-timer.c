/* The session timer of a dialog: a session that nobody refreshes any more ends (RFC 4028)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-timer.h"

#include "dialog-private.h"

/* What is longer needs no timer, and milliseconds of it must fit into one. In seconds. */
#define MAX_INTERVAL 1000000

#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 2000

/* The number at the beginning of a header, as in "Session-Expires: 1800;refresher=uas". */
static gboolean
read_seconds (const SiprecRequest *message, const gchar *name, guint *seconds)
{
  const gchar *value = siprec_request_header (message, name);
  gchar *end;
  guint64 number;

  if (!value || !g_ascii_isdigit (*value))
    return FALSE;
  number = g_ascii_strtoull (value, &end, 10);
  end += strspn (end, " \t");
  if (*end != '\0' && *end != ';')
    return FALSE;
  *seconds = MIN (number, MAX_INTERVAL);
  return TRUE;
}

/* TRUE if Session-Expires names @side, "uac" or "uas". */
static gboolean
refresher_is (const SiprecRequest *message, const gchar *side)
{
  const gchar *value = siprec_request_header (message, "Session-Expires");
  g_auto (GStrv) parts = g_strsplit (value ? value : "", ";", 16);

  for (guint i = 0; parts[i]; i++) {
    g_auto (GStrv) pair = g_strsplit (parts[i], "=", 2);

    if (pair[0] && pair[1] && g_ascii_strcasecmp (g_strstrip (pair[0]), "refresher") == 0)
      return g_ascii_strcasecmp (g_strstrip (pair[1]), side) == 0;
  }
  return FALSE;
}

static gboolean
supports_timer (const SiprecRequest *message)
{
  return siprec_request_lists (message, "Supported", "timer") ||
         siprec_request_requires (message, "timer");
}

gboolean
siprec_session_timer_too_brief (const SiprecRequest *request, guint minimum)
{
  guint interval;

  return read_seconds (request, "Session-Expires", &interval) && interval < minimum &&
         supports_timer (request);
}

/* The timer runs out at the next moment when something is to be done. */

static void on_due (SiprecAgent *agent, gpointer user_data);

static void
schedule (SiprecDialog *dialog)
{
  SiprecSessionTimer *self = &dialog->session_timer;
  gint64 next = self->ours ? MIN (self->refresh_at, self->expires_at) : self->expires_at;
  gint64 left = MAX (next - g_get_monotonic_time (), 0);

  if (self->timer)
    siprec_agent_cancel_timer (dialog->agent, g_steal_pointer (&self->timer));
  /* A millisecond more than is left, so that the moment is not met too early. */
  self->timer = siprec_agent_add_timer (dialog->agent, (guint)(left / 1000 + 1), on_due, dialog);
}

void
siprec_session_timer_stop (SiprecDialog *dialog)
{
  SiprecSessionTimer *self = &dialog->session_timer;

  self->interval = 0;
  if (self->timer)
    siprec_agent_cancel_timer (dialog->agent, g_steal_pointer (&self->timer));
}

/* RFC 4028 section 10: half of the time has passed when the refresher acts; who waits for it in vain
 * ends the session a little before the end. */
static void
start (SiprecDialog *dialog, guint interval, gboolean ours)
{
  SiprecSessionTimer *self = &dialog->session_timer;
  gint64 now = g_get_monotonic_time ();

  self->interval = interval;
  self->ours = ours;
  self->refresh_at = now + interval * G_USEC_PER_SEC / 2;
  self->expires_at = now + (interval - (ours ? 0 : MIN (32, interval / 3))) * G_USEC_PER_SEC;
  schedule (dialog);
}

static void
expire (SiprecDialog *dialog)
{
  GST_INFO ("session %s has not been refreshed for %u s", dialog->last->call_id,
            dialog->session_timer.interval);
  siprec_dialog_send_bye (dialog, "SIP;cause=408;text=\"Session expired\"", FALSE);
  siprec_dialog_end (dialog, SIPREC_DIALOG_EXPIRED, NULL);
}

static void
retry_after (SiprecDialog *dialog, gint milliseconds)
{
  dialog->session_timer.refresh_at = g_get_monotonic_time () + milliseconds * (gint64)1000;
  schedule (dialog);
}

static gboolean
refresh (SiprecDialog *dialog)
{
  if (dialog->peer_updates && !dialog->session_timer.no_update)
    return siprec_dialog_request (dialog, "UPDATE", NULL, NULL, NULL, NULL, NULL);
  return dialog->handler.refresh && dialog->handler.refresh (dialog, dialog->user_data);
}

static void
on_due (SiprecAgent *agent, gpointer user_data)
{
  SiprecDialog *dialog = user_data;
  SiprecSessionTimer *self = &dialog->session_timer;

  self->timer = NULL;
  if (g_get_monotonic_time () >= self->expires_at)
    expire (dialog);
  else if (self->ours && refresh (dialog))
    retry_after (dialog, (gint)(self->interval * 1000 / 2));
  else if (self->ours)
    retry_after (dialog, g_random_int_range (RETRY_MIN_MS, RETRY_MAX_MS));
  else
    schedule (dialog);
}

/* RFC 4028 section 9, table 2: the peer's wish counts if it knows timers at all. */
static gboolean
we_refresh (const SiprecRequest *request)
{
  return !supports_timer (request) || refresher_is (request, "uas");
}

gchar **
siprec_session_timer_accept (SiprecDialog *dialog, const SiprecRequest *request)
{
  gboolean ours = we_refresh (request);
  gchar **lines = g_new0 (gchar *, 3);
  guint interval;

  /* Without the header the session doesn't expire (RFC 4028 section 9). An interval that is too brief
   * comes here only if the peer wouldn't understand a 422. */
  if (!read_seconds (request, "Session-Expires", &interval) ||
      interval < siprec_agent_session_minimum (dialog->agent)) {
    siprec_session_timer_stop (dialog);
    return lines;
  }
  lines[0] = g_strdup_printf ("Session-Expires: %u;refresher=%s", interval, ours ? "uas" : "uac");
  if (supports_timer (request))
    lines[1] = g_strdup ("Require: timer");
  start (dialog, interval, ours);
  return lines;
}

void
siprec_session_timer_begin (SiprecDialog *dialog, const SiprecRequest *response)
{
  guint minimum = siprec_agent_session_minimum (dialog->agent);
  guint interval;

  if (read_seconds (response, "Session-Expires", &interval))
    start (dialog, MAX (interval, minimum), !refresher_is (response, "uas"));
}

gchar **
siprec_session_timer_lines (SiprecDialog *dialog)
{
  const SiprecSessionTimer *self = &dialog->session_timer;
  guint minimum = siprec_agent_session_minimum (dialog->agent);
  gchar **lines = g_new0 (gchar *, 4);

  lines[0] = g_strdup ("Supported: timer");
  if (self->interval > 0) {
    lines[1] = g_strdup_printf ("Session-Expires: %u;refresher=%s", self->interval,
                                self->ours ? "uac" : "uas");
    lines[2] = g_strdup_printf ("Min-SE: %u", MAX (self->minimum, minimum));
  }
  return lines;
}

static void
refreshed (SiprecDialog *dialog, const SiprecRequest *response)
{
  SiprecSessionTimer *self = &dialog->session_timer;
  guint interval = self->interval;

  /* A peer that doesn't know timers says nothing of them; we go on for both. */
  if (!read_seconds (response, "Session-Expires", &interval) && !self->ours)
    siprec_session_timer_stop (dialog);
  else
    start (dialog, MAX (interval, siprec_agent_session_minimum (dialog->agent)),
           self->ours && !refresher_is (response, "uas"));
}

/* TRUE if a refusal says for the first time how a refresh could be accepted: then it is worth to try
 * again at once. Else the session goes on until it expires, and there may be time for another attempt. */
static gboolean
learn (SiprecSessionTimer *self, const SiprecRequest *response)
{
  guint minimum;

  if (response->status == 422 && read_seconds (response, "Min-SE", &minimum)) {
    gboolean first = self->minimum == 0;

    self->minimum = minimum;
    self->interval = MAX (self->interval, minimum);
    return first;
  }
  if (!self->no_update && g_str_equal (response->method, "UPDATE") &&
      (response->status == 405 || response->status == 501)) {
    self->no_update = TRUE;
    return TRUE;
  }
  return FALSE;
}

void
siprec_session_timer_answered (SiprecDialog *dialog, const SiprecRequest *response)
{
  SiprecSessionTimer *self = &dialog->session_timer;

  if (self->interval == 0)
    return;
  if (response->status < 300) {
    refreshed (dialog, response);
    return;
  }
  if (self->ours)
    retry_after (dialog,
                 learn (self, response) ? 0 : g_random_int_range (RETRY_MIN_MS, RETRY_MAX_MS));
}
