/* siprec-core: a metadata document applied to what is known
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "model.h"

G_BEGIN_DECLS

/**
 * siprec_metadata_merge:
 * @known: the state so far
 * @document: a document just read
 *
 * A complete document replaces the state, but for the histories of the associations that go on; a partial one changes what it names (matched by id) and
 * leaves the rest: given children replace their kind as a list, a lone disassociate-time doesn't erase
 * the associate-time, a new associate-time after it opens a new interval, send and recv lists
 * replace the old ones as a whole.
 *
 * Returns: (transfer full): the new state; @known and @document are untouched.
 */
SIPREC_API SiprecMetadata *siprec_metadata_merge (const SiprecMetadata *known,
                                                  const SiprecMetadata *document);

/**
 * siprec_metadata_check_ids:
 * @metadata: a merged state
 * @deviations: (nullable): where it is noted if one id names elements of two kinds
 *
 * RFC 7865 section 6.10 has ids name one element only, also over several documents. Such elements stay
 * what each of them is: references say which kind they mean.
 */
SIPREC_API void siprec_metadata_check_ids (const SiprecMetadata *metadata, GPtrArray *deviations);

/**
 * siprec_metadata_guess:
 * @metadata: a merged state; changed in place
 * @labels: the a=label of each m-line that carries media, in order; NULL where a line has none
 *
 * Where the documents tie no participant to any stream, ties the n-th participant to the n-th stream if
 * their counts match; where they name no streams, makes one for each label first. Where somebody
 * sends streams that no document explains, and as many labels have no sender, ties those in order.
 * Where no label is one of a stream, and there are as many, the n-th stream gets the n-th label too.
 * A line without label goes by "mline-<n>", n being its index in @labels; look up its senders so.
 *
 * All that is made up is marked `guessed`, and made anew each time: call this after every merge. With
 * no @labels (a document that comes without SDP) the labels of the known streams are taken.
 */
SIPREC_API void siprec_metadata_guess (SiprecMetadata *metadata, GPtrArray *labels);

/**
 * siprec_metadata_check_streams:
 * @metadata: a merged state with its guesses
 * @labels: the a=label of each m-line, in order; NULL where a line has none
 * @used: those of the lines that carry media
 * @deviations: (nullable): where it is noted what was guessed, and which labels metadata and SDP don't share
 */
SIPREC_API void siprec_metadata_check_streams (const SiprecMetadata *metadata, GPtrArray *labels,
                                               GPtrArray *used, GPtrArray *deviations);

G_END_DECLS
