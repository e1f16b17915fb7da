/* tests: a recorder and one call of an encrypted line, with keys in the SDP
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tests/support/caller.h"
#include "tests/support/recorder.h"

#define FRAME 160

/* A call of one line, and what is recorded of it. */
typedef struct {
  Recorder *recorder;
  Caller *caller;
  SiprecSession *session;
  SiprecStream *stream;
  GByteArray *media;
  gboolean ended;
  SiprecKeying keying;
  Sealer *sealer;
} Call;

/* A recorder, and a client that hasn't called yet. */
void call_init (Call *call, SiprecSrtpPolicy policy, SiprecLatchMode latch);

void call_clear (Call *call);

/* A new key of the client, as its SDP has it. */
gchar *call_make_key (Call *call, const gchar *suite);

/* Seals with the new key from now on. */
void call_use_key (Call *call);

/* Returns the status. */
guint call_invite (Call *call, const gchar *proto, const gchar *attributes);

/* Takes the session and its stream. */
void call_claim (Call *call);

/* An encrypted call that is answered. */
void call_begin (Call *call, const gchar *suite);

guint64 call_get_stat (Call *call, const gchar *name);

/* Waits until it is @least or more. */
void call_await_stat (Call *call, const gchar *name, guint64 least);

/* At once, as no client does: nothing of their media is looked at. */
void call_burst (Call *call, guint from, guint n);

/* At the pace of speech. */
void call_speak (Call *call, guint from, guint n);

/* Hangs up; @n frames have come, in order and whole. */
void call_end_with_frames (Call *call, guint n);
