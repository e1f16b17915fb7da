/* siprec-core: the media engine that all streams of the process share
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "../strand.h"

G_BEGIN_DECLS

/**
 * SiprecContext:
 *
 * A few I/O workers, each owning its streams completely: sockets, reorder rings, RTCP, timers. A worker
 * wakes every 20 ms while it has streams, reads all their sockets in batches, and hands what came out
 * to the consumers once a tick; with no streams it sleeps. Beside the workers the context has the pool of
 * pushers that `shared` consumers run on. Number of threads doesn't depend on the number of streams.
 *
 * Reference counted; found by name in the process. All functions are thread safe.
 */
typedef struct _SiprecContext SiprecContext;

/* Length of a worker's tick. */
#define SIPREC_TICK (20 * GST_MSECOND)

/* The context called @name (NULL or "" is the default one), made if there is none. (transfer full) */
SIPREC_API SiprecContext *siprec_context_get (const gchar *name);
SIPREC_API SiprecContext *siprec_context_ref (SiprecContext *context);
SIPREC_API void siprec_context_unref (SiprecContext *context);

/* The pushers: the pool for strands that push buffers. Owned by @context. */
SIPREC_API SiprecPool *siprec_context_get_pushers (SiprecContext *context);

/* CLOCK_MONOTONIC now, the time base of everything in the engine. */
SIPREC_API GstClockTime siprec_context_now (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecContext, siprec_context_unref)

G_END_DECLS
