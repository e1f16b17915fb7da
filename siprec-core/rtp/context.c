/* The engine's threads, shared by name in the process.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "context.h"

#include <time.h>

#include "context-private.h"
#include "../media/debug.h"
#include "../transport/ports.h"

#define MAX_WORKERS 4
#define MAX_PUSHERS 64

/* Streams that keep a worker busy for about a tenth of its time. */
#define EASY_LOAD 1024

/* By how many streams more than the others a worker is chosen once more, so that sessions stay together. */
#define LOAD_SLACK 8

struct _SiprecContext {
  gint ref_count; /* guarded by the registry's lock when it may reach 0 */
  gchar *name;
  SiprecPool *pushers;

  GMutex lock; /* guards the workers */
  SiprecWorker *workers[MAX_WORKERS];
  guint n_workers;
  guint last_worker; /* the one that was chosen last */
};

/* Contexts by name; not owned. Its lock is taken before any other. */
G_LOCK_DEFINE_STATIC (contexts);
static GHashTable *contexts;

GstDebugCategory *
siprec_rtp_debug (void)
{
  static gsize once;

  if (g_once_init_enter (&once)) {
    GstDebugCategory *category = _gst_debug_category_new ("siprec-rtp", 0, "SIPREC media engine");

    g_once_init_leave (&once, (gsize)category);
  }
  return (GstDebugCategory *)once;
}

GstClockTime
siprec_context_now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return GST_TIMESPEC_TO_TIME (time);
}

SiprecContext *
siprec_context_get (const gchar *name)
{
  SiprecContext *context;

  if (!name)
    name = "";
  G_LOCK (contexts);
  siprec_ports_get_file_limit ();
  if (!contexts)
    contexts = g_hash_table_new (g_str_hash, g_str_equal);
  context = g_hash_table_lookup (contexts, name);
  if (context) {
    siprec_context_ref (context);
  } else {
    context = g_new0 (SiprecContext, 1);
    context->ref_count = 1;
    context->name = g_strdup (name);
    context->pushers = siprec_pool_new ("siprec-push", MAX_PUSHERS);
    context->n_workers = CLAMP (g_get_num_processors (), 1, MAX_WORKERS);
    g_mutex_init (&context->lock);
    g_hash_table_insert (contexts, context->name, context);
  }
  G_UNLOCK (contexts);
  return context;
}

SiprecContext *
siprec_context_ref (SiprecContext *context)
{
  g_atomic_int_inc (&context->ref_count);
  return context;
}

void
siprec_context_unref (SiprecContext *context)
{
  gboolean last;

  G_LOCK (contexts);
  last = g_atomic_int_dec_and_test (&context->ref_count);
  if (last)
    g_hash_table_remove (contexts, context->name);
  G_UNLOCK (contexts);
  if (!last)
    return;

  for (guint i = 0; i < context->n_workers; i++)
    g_clear_pointer (&context->workers[i], siprec_worker_free);
  siprec_pool_unref (context->pushers);
  g_mutex_clear (&context->lock);
  g_free (context->name);
  g_free (context);
}

SiprecPool *
siprec_context_get_pushers (SiprecContext *context)
{
  return context->pushers;
}

/* Where the next stream goes: to the worker that took the last one, as long as that has an easy life. The
 * streams of a session are made in a row; on one worker they wake their pusher once a tick instead of twice,
 * and a busy worker spends less on a packet than two idle ones. */
static SiprecWorker **
choose_worker (SiprecContext *context)
{
  SiprecWorker **last = &context->workers[context->last_worker];
  SiprecWorker **least = &context->workers[0];
  guint most;

  if (!*last || siprec_worker_get_load (*last) < EASY_LOAD)
    return last;
  for (guint i = 0; i < context->n_workers; i++) {
    if (!context->workers[i])
      return &context->workers[i];
    if (siprec_worker_get_load (context->workers[i]) < siprec_worker_get_load (*least))
      least = &context->workers[i];
  }
  most = MAX (siprec_worker_get_load (*least) + LOAD_SLACK, EASY_LOAD);
  return siprec_worker_get_load (*last) < most ? last : least;
}

SiprecWorker *
siprec_context_take_worker (SiprecContext *context)
{
  SiprecWorker **chosen, *worker;

  g_mutex_lock (&context->lock);
  chosen = choose_worker (context);
  context->last_worker = chosen - context->workers;
  if (!*chosen)
    *chosen = siprec_worker_new (context->last_worker);
  worker = *chosen;
  siprec_worker_add_load (worker, 1);
  g_mutex_unlock (&context->lock);
  return worker;
}
