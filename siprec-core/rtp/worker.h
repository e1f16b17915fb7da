/* siprec-core: a thread that owns streams
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../transport/reader.h"
#include "stream.h"

G_BEGIN_DECLS

/**
 * SiprecWorker:
 *
 * Wakes once a tick while it has streams, else only for commands. At a tick it runs the commands
 * that were posted, reads the active sockets of its streams, lets each stream do what time brings,
 * hands the units to the rings, and wakes the consumers in one batch. Sockets that were quiet for a
 * second are watched by epoll instead of being read.
 */
typedef struct _SiprecWorker SiprecWorker;
typedef struct _SiprecSocket SiprecSocket;

/* Runs in the worker's thread. */
typedef void (*SiprecCommandFunc) (SiprecStream *stream, gpointer data);

SiprecWorker *siprec_worker_new (guint index);

/* Stops the thread when all commands have run. Waits for that, unless called from the thread
 * itself. */
void siprec_worker_free (SiprecWorker *worker);

/* How many streams were given to it; for whoever shares them out. */
guint siprec_worker_get_load (SiprecWorker *worker);
void siprec_worker_add_load (SiprecWorker *worker, gint n);

/* From any thread: @run is called with @stream and @data (transfer full) at the next tick, in the
 * order of posting. Whoever posts sees to it that @stream lives till then. */
void siprec_worker_post (SiprecWorker *worker, SiprecCommandFunc run, SiprecStream *stream,
                         gpointer data);

/* All below: from the worker's thread only. */

/* Begins and stops to serve the stream's sockets and time. */
void siprec_worker_attach (SiprecWorker *worker, SiprecStream *stream);
void siprec_worker_detach (SiprecWorker *worker, SiprecStream *stream);

/* Makes it the turn of an attached stream every @period, in whole ticks, instead of at each. */
void siprec_worker_set_period (SiprecWorker *worker, SiprecStream *stream, GstClockTime period);

/* Where the stream's units go until they are published. */
GArray *siprec_worker_get_units (SiprecWorker *worker);

/* Hands units and statistics to the stream's ring. */
void siprec_worker_publish (SiprecWorker *worker, SiprecStream *stream);

/* Reads what the stream's RTP socket holds now. */
void siprec_worker_drain (SiprecWorker *worker, SiprecStream *stream);

G_END_DECLS
