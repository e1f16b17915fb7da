/* siprec-core: the times of an association, past and present
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "model.h"

G_BEGIN_DECLS

/* An empty array of SiprecInterval that owns them. */
GPtrArray *siprec_history_new (void);

GPtrArray *siprec_history_copy (const GPtrArray *history);

/* Adds an interval that isn't in @history yet; of very many the oldest are dropped. */
void siprec_history_add (GPtrArray *history, const gchar *begin, const gchar *end);

/**
 * siprec_history_keep:
 * @history: (inout): what a complete document says
 * @begin: (nullable): its present beginning
 * @known: what was known
 * @known_begin: (nullable): its present beginning
 * @known_end: (nullable): its end
 *
 * Puts what was known before what a complete document says, which may tell of the present only.
 */
void siprec_history_keep (GPtrArray **history, const gchar *begin, const GPtrArray *known,
                          const gchar *known_begin, const gchar *known_end);

/**
 * siprec_history_update:
 * @history: (nullable): where an interval goes that is over
 * @begin: (inout): the time of association so far
 * @end: (inout): the time of disassociation so far
 * @new_begin: (nullable): the one that was sent
 * @new_end: (nullable): the one that was sent
 *
 * A new beginning after an end opens a new interval; an end alone leaves the beginning.
 */
void siprec_history_update (GPtrArray *history, gchar **begin, gchar **end, const gchar *new_begin,
                            const gchar *new_end);

/* The same with what was sent of times past, which comes in between; one without a beginning is the end of the
 * interval so far. */
void siprec_history_merge (GPtrArray *history, gchar **begin, gchar **end, const GPtrArray *past,
                           const gchar *new_begin, const gchar *new_end);

G_END_DECLS
