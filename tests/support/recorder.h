/* An endpoint with a consumer of its sessions, for tests of the core: what an element would be.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "play.h"
#include "siprec-core/endpoint/endpoint.h"

/**
 * Recorder:
 *
 * Listens on free ports of 127.0.0.1 and collects the sessions it is given.
 */
typedef struct _Recorder Recorder;

/* Listens, with nobody taking calls yet. @policy may be NULL. */
Recorder *recorder_new (const SiprecPolicy *policy);

/* The same with settings of one's own. */
Recorder *recorder_new_with (const SiprecSettings *settings, const SiprecPolicy *policy);
void recorder_free (Recorder *recorder);

/* The next recorder's transactions, and messages that don't end, time out after @milliseconds in place of 32 and 10 seconds. */
void recorder_hurry (guint milliseconds);

/* "sip:127.0.0.1:port;transport=udp,..." */
const gchar *recorder_uri (Recorder *recorder);
SiprecEndpoint *recorder_endpoint (Recorder *recorder);

/* Accepts session intervals (RFC 4028) from @seconds on, for calls from now on. */
void recorder_set_session_minimum (Recorder *recorder, guint seconds);

/* Takes calls as an acceptor, one; again for one more. (transfer none) */
SiprecAcceptor *recorder_accept (Recorder *recorder);

/* Leaves the queue with all acceptors. */
void recorder_stop_accepting (Recorder *recorder);

/* Takes calls as an application that must claim within @timeout. */
void recorder_apply (Recorder *recorder, GstClockTime timeout);

/* Makes acceptors added from now on ask: the session waits for recorder_decide(). */
void recorder_ask (Recorder *recorder, GstClockTime timeout);
void recorder_decide (Recorder *recorder, guint status, guint64 refused);

/* Waits (5 s at most) for the @n-th session, counted from 0; (transfer none), NULL if none came. */
SiprecSession *recorder_session (Recorder *recorder, guint n);

/* Claims @session. */
gboolean recorder_claim (Recorder *recorder, SiprecSession *session);

/* Waits (5 s at most) for the next event of @session; (transfer full) or NULL. */
SiprecEvent *recorder_next_event (Recorder *recorder, SiprecSession *session);

/* Waits (5 s at most) for the next event of @session of @type, dropping others; (transfer full) or NULL. */
SiprecEvent *recorder_event (Recorder *recorder, SiprecSession *session, SiprecEventType type);

/* The types of all events up to and with @last, as "session.started metadata ..."; free with g_free(). */
gchar *recorder_events_until (Recorder *recorder, SiprecSession *session, SiprecEventType last);

/* Waits until no session is left. */
gboolean recorder_await_idle (Recorder *recorder);

/* Plays the file at @path to a recorder of its own. Returns what went wrong (transfer full), or NULL. */
gchar *recorder_play (const gchar *path, gboolean strict);

/* Plays all files of @folder. Returns what went wrong, a line each (transfer full), or NULL. */
gchar *recorder_play_all (const gchar *folder, gboolean strict);

/* The paths of all plays in @folder, sorted (transfer full). */
GPtrArray *recorder_find_plays (const gchar *folder);
