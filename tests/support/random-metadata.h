/* Random metadata, the same for the same seed, for tests.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "siprec-core/metadata/model.h"

/* Begins a sequence of random things. */
void random_seed (guint32 seed);

/* TRUE half of the time. */
gboolean random_maybe (void);

/* 0 to @n - 1. */
guint random_below (guint n);

/* Calls, people, streams and what ties them, with or without each thing that they can have. Ids are in base64, as the
 * schema wants them, and every time is later than those before it. */
SiprecMetadata *random_metadata (void);

/* Other children of these kinds, one at least, in the place of those that are there. */
void random_names (SiprecParticipant *participant);
void random_reasons (SiprecCall *call);
void random_params (SiprecAttendance *attendance);
void random_ids (GPtrArray *ids, const gchar *kind);
