/* siprec-core: serial work on a few shared threads
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api.h"

G_BEGIN_DECLS

/**
 * SiprecPool:
 *
 * A small set of threads that strands run on. It starts one thread when there is work, and one more
 * only when every thread has been busy with the same strand for a while (a blocked sink) or work has
 * waited for long (more than they can do), up to its maximum; so a slow strand occupies one thread
 * and delays nobody. Reference counted; the last unref stops the threads.
 */
typedef struct _SiprecPool SiprecPool;

/**
 * SiprecStrand:
 *
 * A piece of work that must never run twice at the same time: draining the queues of one session.
 * Waking it makes a pool thread call its function soon; wakes before the function starts count as
 * one, a wake while it runs makes it run once more. Reference counted.
 */
typedef struct _SiprecStrand SiprecStrand;

typedef void (*SiprecStrandFunc) (gpointer user_data);

/* A pool whose threads are called @name, at most @max_threads of them. */
SIPREC_API SiprecPool *siprec_pool_new (const gchar *name, guint max_threads);
SIPREC_API SiprecPool *siprec_pool_ref (SiprecPool *pool);
SIPREC_API void siprec_pool_unref (SiprecPool *pool);

/* How many threads @pool runs now; for statistics and tests. */
SIPREC_API guint siprec_pool_n_threads (SiprecPool *pool);

/* A strand on @pool (of which it holds a reference) that runs @func with @user_data. */
SIPREC_API SiprecStrand *siprec_strand_new (SiprecPool *pool, SiprecStrandFunc func,
                                            gpointer user_data);

/* The first @size octets of what user_data points to are fetched into the cache while the strand before it
 * runs. Before it is woken. */
SIPREC_API void siprec_strand_set_warm (SiprecStrand *strand, gsize size);

SIPREC_API SiprecStrand *siprec_strand_ref (SiprecStrand *strand);
SIPREC_API void siprec_strand_unref (SiprecStrand *strand);

/* Makes @strand run soon. From any thread; never blocks on the strand's function. */
SIPREC_API void siprec_strand_wake (SiprecStrand *strand);

/* Wakes @n strands of one pool, which the caller keeps alive, with one lock: for who has a batch a tick. The
 * references are taken, and what is left in the array means nothing. */
SIPREC_API void siprec_strand_wake_many (SiprecStrand **strands, guint n);

/* After this @strand runs no more. Waits for a run under way, unless called from that run itself. */
SIPREC_API void siprec_strand_stop (SiprecStrand *strand);

G_END_DECLS
