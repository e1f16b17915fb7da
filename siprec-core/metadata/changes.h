/* siprec-core: the difference of two metadata states, as events
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../event.h"
#include "json.h"
#include "model.h"

G_BEGIN_DECLS

/**
 * siprec_metadata_changes:
 * @before: the state so far
 * @after: the new state
 *
 * Tells what changed, in this order: calls started or updated, participants joined, participants
 * updated, participants left, calls ended. Who left is the one whose every attendance has a
 * disassociate-time or is of a call that ended, or who is gone from a complete document. Two equal
 * states give no event. Participants come as siprec_participant_to_json() has them, with "streams"
 * and "receives" beside, the labels that they send and receive, "guessed" if that is only supposed,
 * "calls", the ids of those that they attend, and "extensions".
 *
 * Returns: (element-type SiprecEvent) (transfer full): events without sequence or session.
 */
SIPREC_API GPtrArray *siprec_metadata_changes (const SiprecMetadata *before,
                                               const SiprecMetadata *after);

G_END_DECLS
