/* tests: the two ends of a recording session, which one test at a time has: a recorder, and a client that calls it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tests/support/caller.h"
#include "tests/support/recorder.h"

extern Recorder *recorder;
extern Caller *caller;
extern SiprecSession *session; /* once it is claimed */

/* A recorder that takes one call, and a client over UDP; the set-up of most tests. */
void ends_open (void);

/* The same with a policy, which may be NULL, or over TCP. */
void ends_open_with (const SiprecPolicy *policy, gboolean tcp);

/* A recorder that takes no call yet, and a client. */
void ends_open_unattended (void);

/* A recorder only. */
void ends_open_recorder (void);

void ends_close (void);

/* Claims the session of the call just placed. */
void ends_claim (void);

/* A call with @sdp and no metadata, claimed. */
void ends_call (const gchar *sdp);

/* The types of all events from the last that was read to the session's end, with deviations or but for them. Free with
 * g_free(). */
gchar *ends_await_end (gboolean deviations);

/* Hangs up first. */
gchar *ends_hang_up (gboolean deviations);

/* What siprec_session_pause() and the like said: "200 done", or the status and the error. */
void ends_on_reply (SiprecSession *replied, guint status, const GError *error, gpointer user_data);

/* The next of these begins with @start. */
void ends_expect_reply (const gchar *start);
