/* Calls written down in files, and played against a recorder.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "caller.h"

/**
 * Play:
 *
 * A text of steps. A step is a line "% name arguments", with more lines below it where it needs a text; what stands before
 * the first step is for people. The steps:
 *
 * - `set NAME=VALUE`: for whoever makes the recorder; see play_setting()
 * - `tcp`: calls from here on come over TCP
 * - `call N`: what follows is of the N-th call (from 1, which needs no such step); `call N same-call-id` gives it the Call-ID
 *   of the first
 * - `send`: sends the text below and waits for the final response (`send nowait`: doesn't; `send lf`: with LF in place of
 *   CRLF, `send body-lf`: in the body only). An INVITE is acknowledged. Content-Length is added
 * - `status N`: the response had it; `strict N`: that of a strict recorder, which is the end of the play if it is a refusal
 * - `has TEXT`, `hasnt TEXT`: in the last message
 * - `event TYPE member=value ...`: such an event comes ("siprec." is left out). Members of objects in a list are their names,
 *   "participants=Ann,Bea"; a value may end with "*", and
 *   a member may be one of members, "streams.0.stats.num-lost=0"
 * - `total TYPE N [member=value ...]`: that many events of the type have come
 * - `streams audio_0 audio_1 ...`: these are there, in this order; one with a "?" may be
 * - `rtp LINE N`, `skip LINE N`: packets sent on a line, or left out; `raw LINE HEX`: one packet as
 *   it is; `restart LINE`: another source from here on
 * - `act pause|resume|snapshot|hangup`: what the recorder does
 * - `reply STATUS`: what its requests get from here on (`reply 200` to begin with); `answer`: with the SDP below
 * - `await METHOD`: a request of the recorder; `silence N`: nothing of it for N milliseconds
 * - `bye`: hangs up, and waits for the end of the session; `end`: waits for it
 *
 * At its end the calls that are still up are hung up.
 *
 * In texts {target}, {tag} and the other words of caller_word() stand for themselves; {headers} for the header fields that every
 * request needs, {sdp} for an offer of one line, {sdp2} of two, {xml} for metadata of two parties, {pad:N} for N letters,
 * {byte:XX} for a byte and {file:NAME} for the text of a file in the same folder.
 */
typedef struct _Play Play;

/**
 * PlayRecorder:
 * @next_event: the next event of the @n-th call (from 0) as an object with type and data (transfer full), NULL if none comes within
 *   some seconds
 * @await_streams: (nullable): waits until those in @names are the streams there are, see `streams`; NULL goes by the events
 * @act: does it
 *
 * What is played against.
 */
typedef struct {
  JsonObject *(*next_event) (gpointer recorder, guint n);
  gboolean (*await_streams) (gpointer recorder, const gchar *const *names);
  void (*act) (gpointer recorder, guint n, const gchar *action);
} PlayRecorder;

/* Reads a play; aborts if it can't be read. */
Play *play_new (const gchar *path);
void play_free (Play *play);

/* The value of a `set`, or NULL. */
const gchar *play_setting (Play *play, const gchar *name);

/* TRUE if an event with this member is expected: id of a deviation. */
gboolean play_expects (Play *play, const gchar *member);

/* Plays it against the recorder at @uri. Returns what went wrong (transfer full), or NULL. */
gchar *play_run (Play *play, const PlayRecorder *handler, gpointer recorder, const gchar *uri,
                 gboolean strict);

/* TRUE if @present are the streams @wanted, in this order; one that ends with "?" may be missing. */
gboolean play_streams_match (const gchar *const *wanted, gchar **present);

/* Its n-th message as @caller would send it now (transfer full), NULL after the last one. */
GBytes *play_message (Play *play, guint n, Caller *caller);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Play, play_free)
