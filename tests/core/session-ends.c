/* The two ends of a recording session: a recorder, and a client that calls it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-ends.h"

#include <gst/check/gstcheck.h>

Recorder *recorder;
Caller *caller;
SiprecSession *session;

static GAsyncQueue *replies;

static void
open_ends (const SiprecPolicy *policy, gboolean tcp)
{
  recorder = recorder_new (policy);
  caller = caller_new (recorder_uri (recorder), tcp);
  replies = g_async_queue_new_full (g_free);
}

void
ends_open_unattended (void)
{
  open_ends (NULL, FALSE);
}

void
ends_open_with (const SiprecPolicy *policy, gboolean tcp)
{
  open_ends (policy, tcp);
  recorder_accept (recorder);
}

void
ends_open (void)
{
  ends_open_with (NULL, FALSE);
}

void
ends_open_recorder (void)
{
  recorder = recorder_new (NULL);
  replies = g_async_queue_new_full (g_free);
}

void
ends_close (void)
{
  session = NULL;
  g_clear_pointer (&caller, caller_free);
  g_clear_pointer (&recorder, recorder_free);
  g_clear_pointer (&replies, g_async_queue_unref);
}

void
ends_claim (void)
{
  session = recorder_session (recorder, 0);
  fail_unless (session && recorder_claim (recorder, session));
}

void
ends_call (const gchar *sdp)
{
  fail_unless_equals_int (
      caller_invite_with (caller, "Require: siprec\r\n", "application/sdp", sdp), 200);
  ends_claim ();
}

gchar *
ends_await_end (gboolean deviations)
{
  g_autofree gchar *names = recorder_events_until (recorder, session, SIPREC_EVENT_SESSION_ENDED);
  g_auto (GStrv) parts = NULL;

  if (deviations)
    return g_steal_pointer (&names);
  parts = g_strsplit (names, "deviation ", -1);
  return g_strjoinv ("", parts);
}

gchar *
ends_hang_up (gboolean deviations)
{
  fail_unless_equals_int (caller_bye (caller), 200);
  return ends_await_end (deviations);
}

void
ends_on_reply (SiprecSession *replied, guint status, const GError *error, gpointer user_data)
{
  g_async_queue_push (replies, g_strdup_printf ("%u %s", status, error ? error->message : "done"));
}

void
ends_expect_reply (const gchar *start)
{
  g_autofree gchar *reply = g_async_queue_timeout_pop (replies, 10 * G_USEC_PER_SEC);

  fail_unless (reply && g_str_has_prefix (reply, start), "%s instead of %s", reply, start);
}
