/* siprec-core: the metadata state and its elements as JSON
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "model.h"

G_BEGIN_DECLS

/* All text in what these return is clean, as siprec_event_text() makes it. */

/* A participant as the events carry it: {"id", "name", "aors": [...]}; the name is the display name,
 * with its "language" if that was sent. (transfer full) */
SIPREC_API JsonObject *siprec_participant_to_json (const SiprecParticipant *participant);

/* A call as the events carry it: {"id", "sip_session_ids": [...], "reasons": [...]}, with "group",
 * "start_time", "stop_time" and "extensions" where they were sent. (transfer full) */
SIPREC_API JsonObject *siprec_call_to_json (const SiprecCall *call);

/**
 * siprec_metadata_to_json:
 *
 * Returns: (transfer full): all that @metadata knows: an object with the arrays "groups", "calls",
 *   "participants", "streams", "attendances" and "stream_associations"; what wasn't sent is missing.
 *   Two states are equal if json_object_equal() says so of them.
 */
SIPREC_API JsonObject *siprec_metadata_to_json (const SiprecMetadata *metadata);

G_END_DECLS
