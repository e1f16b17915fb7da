/* siprec-core: a growing pool of threads, and strands that run one at a time on it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "strand.h"

/* A thread that has been on one strand for so long is blocked (a sink that waits), not busy. */
#define BLOCKED_AFTER (10 * G_TIME_SPAN_MILLISECOND)

/* Work that has waited for so long means that the threads can't keep up, blocked or not. */
#define WAITED_TOO_LONG (100 * G_TIME_SPAN_MILLISECOND)

/* A batch is given to one thread, since several would only fight for the lock. It calls another one when it has
 * worked for so long, or before it takes on a strand that took so long the last time. */
#define HELP_AFTER G_TIME_SPAN_MILLISECOND

/* What has waited for so long gets an idle thread, whatever the others do. Batches that come every tick do so
 * earlier by themselves. */
#define CALL_AFTER (50 * G_TIME_SPAN_MILLISECOND)

#define CACHE_LINE 64

typedef struct {
  SiprecPool *pool;
  GThread *thread;
  SiprecStrand *strand; /* what it runs now; it holds a reference meanwhile */
  gint64 since;         /* monotonic time of that run's start */
  gint64 alone_since;   /* when it began, or called another thread */
} Worker;

/*
 * Who owns whom: a strand owns a reference to its pool; the queue and a run under way own one to
 * their strand each. So when the last reference to a pool goes, nothing is queued and nothing runs,
 * and what is left to do is to end its threads. If one of these dropped that reference it is the
 * heir: it can't join itself, so it frees the pool on its way out.
 *
 * The watcher is a thread of its own that does no work: when all threads are blocked, nobody else is
 * there to notice that a queued strand waits. It exists from the first time that this was possible,
 * sleeps while nothing waits, and isn't counted among the threads.
 *
 * The lock protects everything below it and all fields of the strands. It is never held while a
 * strand's function runs.
 */
struct _SiprecPool {
  gint ref_count;
  gchar *name;
  guint max_threads;

  GMutex lock;
  GCond work;     /* the queue has grown, or the pool closes */
  GCond watch;    /* something waits while all threads are busy, or the pool closes */
  GCond finished; /* the run of a stopped strand is over */
  GQueue queue;   /* of SiprecStrand.link */
  GPtrArray *workers;
  guint n_idle;   /* threads that wait for work */
  guint n_called; /* those of them that have been signalled */
  GThread *watcher;
  gboolean watching; /* the watcher is counting time, no need to wake it */
  gboolean closing;
  Worker *heir;
};

struct _SiprecStrand {
  gint ref_count;
  SiprecPool *pool;
  SiprecStrandFunc func;
  gpointer user_data;
  gsize warm; /* how much of it to fetch before a run */

  GList link;
  gint64 queued_at;
  GThread *runner; /* NULL while it isn't running */
  gboolean slow;   /* its last run took long */
  gboolean queued;
  gboolean woken; /* while it ran: run once more */
  gboolean stopped;
};

static gpointer worker_main (gpointer data);

static void
pool_free (SiprecPool *pool)
{
  g_ptr_array_unref (pool->workers);
  g_cond_clear (&pool->work);
  g_cond_clear (&pool->watch);
  g_cond_clear (&pool->finished);
  g_mutex_clear (&pool->lock);
  g_free (pool->name);
  g_free (pool);
}

SiprecPool *
siprec_pool_new (const gchar *name, guint max_threads)
{
  SiprecPool *pool = g_new0 (SiprecPool, 1);

  pool->ref_count = 1;
  pool->name = g_strdup (name);
  pool->max_threads = MAX (max_threads, 1);
  pool->workers = g_ptr_array_new_with_free_func (g_free);
  g_mutex_init (&pool->lock);
  g_cond_init (&pool->work);
  g_cond_init (&pool->watch);
  g_cond_init (&pool->finished);
  g_queue_init (&pool->queue);
  return pool;
}

SiprecPool *
siprec_pool_ref (SiprecPool *pool)
{
  g_atomic_int_inc (&pool->ref_count);
  return pool;
}

void
siprec_pool_unref (SiprecPool *pool)
{
  gboolean inherited = FALSE;

  if (!g_atomic_int_dec_and_test (&pool->ref_count))
    return;

  g_mutex_lock (&pool->lock);
  pool->closing = TRUE;
  for (guint i = 0; i < pool->workers->len; i++) {
    Worker *worker = g_ptr_array_index (pool->workers, i);

    if (worker->thread == g_thread_self ()) {
      pool->heir = worker;
      inherited = TRUE;
    }
  }
  g_cond_broadcast (&pool->work);
  g_cond_broadcast (&pool->watch);
  g_mutex_unlock (&pool->lock);

  if (pool->watcher)
    g_thread_join (pool->watcher);
  for (guint i = 0; i < pool->workers->len; i++) {
    Worker *worker = g_ptr_array_index (pool->workers, i);

    if (worker->thread == g_thread_self ())
      g_thread_unref (worker->thread);
    else
      g_thread_join (worker->thread);
  }
  if (!inherited)
    pool_free (pool);
}

guint
siprec_pool_n_threads (SiprecPool *pool)
{
  guint n;

  g_mutex_lock (&pool->lock);
  n = pool->workers->len;
  g_mutex_unlock (&pool->lock);
  return n;
}

/* With the lock. FALSE if the system has no thread to give. */
static gboolean
pool_add_worker (SiprecPool *pool)
{
  g_autofree Worker *worker = g_new0 (Worker, 1);

  worker->pool = pool;
  worker->thread = g_thread_try_new (pool->name, worker_main, worker, NULL);
  if (!worker->thread)
    return FALSE;
  g_ptr_array_add (pool->workers, g_steal_pointer (&worker));
  return TRUE;
}

/* With the lock, while something is queued. When one more thread is due: G_MININT64 at once, G_MAXINT64
 * never (a thread is about to take the work, or there are as many as may be). */
static gint64
pool_growth_due (SiprecPool *pool)
{
  SiprecStrand *first = g_queue_peek_head (&pool->queue);
  gint64 all_blocked = G_MININT64;

  if (pool->n_idle > 0)
    return first->queued_at + CALL_AFTER;
  if (pool->workers->len >= pool->max_threads)
    return G_MAXINT64;
  for (guint i = 0; i < pool->workers->len; i++) {
    Worker *worker = g_ptr_array_index (pool->workers, i);

    /* One between two strands, or just started, comes to the queue by itself. */
    if (!worker->strand)
      return G_MAXINT64;
    all_blocked = MAX (all_blocked, worker->since + BLOCKED_AFTER);
  }
  return MIN (all_blocked, first->queued_at + WAITED_TOO_LONG);
}

/* With the lock: one more idle thread is to take what is queued, if there is one. */
static void
pool_call (SiprecPool *pool)
{
  if (pool->n_called >= pool->n_idle)
    return;
  pool->n_called++;
  g_cond_signal (&pool->work);
}

/* With the lock. Whether a thread will soon take what is queued. */
static gboolean
pool_is_on_it (SiprecPool *pool, gint64 now)
{
  if (pool->n_called > 0)
    return TRUE;
  for (guint i = 0; i < pool->workers->len; i++) {
    const Worker *worker = g_ptr_array_index (pool->workers, i);

    if (worker->strand && !worker->strand->slow && now < worker->since + HELP_AFTER)
      return TRUE;
  }
  return FALSE;
}

/* With the lock. Returns when the next look is due, G_MAXINT64 if nothing waits. */
static gint64
pool_grow_if_due (SiprecPool *pool, gint64 now)
{
  gint64 due;

  if (g_queue_is_empty (&pool->queue))
    return G_MAXINT64;
  due = pool_growth_due (pool);
  if (due > now)
    return due;
  if (pool->n_idle > 0) {
    pool_call (pool);
    return now + CALL_AFTER;
  }
  return pool_add_worker (pool) ? G_MAXINT64 : now + BLOCKED_AFTER;
}

static gpointer
watcher_main (gpointer data)
{
  SiprecPool *pool = data;

  g_mutex_lock (&pool->lock);
  while (!pool->closing) {
    gint64 due = pool_grow_if_due (pool, g_get_monotonic_time ());

    pool->watching = due != G_MAXINT64;
    if (pool->watching)
      g_cond_wait_until (&pool->watch, &pool->lock, due);
    else
      g_cond_wait (&pool->watch, &pool->lock);
  }
  g_mutex_unlock (&pool->lock);
  return NULL;
}

/* With the lock, after the queue or the threads' work changed: sees to it that what is queued gets
 * a thread, now or in time. */
static void
pool_provide (SiprecPool *pool, gint64 now)
{
  if (pool->watching || pool_grow_if_due (pool, now) == G_MAXINT64)
    return;
  if (!pool->watcher)
    pool->watcher = g_thread_try_new (pool->name, watcher_main, pool, NULL);
  else
    g_cond_signal (&pool->watch);
}

/* With the lock. The reference becomes the queue's. */
static void
pool_push (SiprecPool *pool, SiprecStrand *strand, gint64 now)
{
  strand->queued = TRUE;
  strand->queued_at = now;
  g_queue_push_tail_link (&pool->queue, &strand->link);
}

static void
strand_free (SiprecStrand *strand)
{
  siprec_pool_unref (strand->pool);
  g_free (strand);
}

/* With the lock, before it runs @strand while others are queued. What they need comes meanwhile. */
static void
worker_call_help (Worker *self, SiprecStrand *strand)
{
  SiprecPool *pool = self->pool;
  const SiprecStrand *next = g_queue_peek_head (&pool->queue);

  __builtin_prefetch (next->link.next, 1);
  for (guint i = 0; i < next->warm; i += CACHE_LINE)
    __builtin_prefetch ((const gchar *)next->user_data + i, 1);
  if (!strand->slow && self->since < self->alone_since + HELP_AFTER)
    return;
  self->alone_since = self->since;
  pool_call (pool);
}

/* With the lock, which is released during the run. */
static void
worker_run (Worker *self, SiprecStrand *strand)
{
  SiprecPool *pool = self->pool;
  gint64 end;

  strand->queued = FALSE;
  strand->runner = self->thread;
  self->strand = strand;
  if (pool->queue.length > 0)
    worker_call_help (self, strand);
  pool_provide (pool, self->since);
  g_mutex_unlock (&pool->lock);

  strand->func (strand->user_data);
  end = g_get_monotonic_time ();

  g_mutex_lock (&pool->lock);
  strand->runner = NULL;
  strand->slow = end - self->since > HELP_AFTER;
  self->strand = NULL;
  self->since = end;
  if (strand->stopped) {
    g_cond_broadcast (&pool->finished);
  } else if (strand->woken) {
    strand->woken = FALSE;
    pool_push (pool, siprec_strand_ref (strand), end);
  }
  /* Possibly the last reference to the strand, and with it to the pool: we are the heir then. */
  if (!g_atomic_int_dec_and_test (&strand->ref_count))
    return;
  g_mutex_unlock (&pool->lock);
  strand_free (strand);
  g_mutex_lock (&pool->lock);
}

static gpointer
worker_main (gpointer data)
{
  Worker *self = data;
  SiprecPool *pool = self->pool;
  gboolean heir;

  g_mutex_lock (&pool->lock);
  self->since = self->alone_since = g_get_monotonic_time ();
  while (!pool->closing) {
    GList *link = g_queue_pop_head_link (&pool->queue);

    if (link) {
      worker_run (self, link->data);
      continue;
    }
    pool->n_idle++;
    g_cond_wait (&pool->work, &pool->lock);
    pool->n_idle--;
    if (pool->n_called > 0)
      pool->n_called--;
    self->since = self->alone_since = g_get_monotonic_time ();
  }
  heir = pool->heir == self;
  g_mutex_unlock (&pool->lock);

  if (heir)
    pool_free (pool);
  return NULL;
}

SiprecStrand *
siprec_strand_new (SiprecPool *pool, SiprecStrandFunc func, gpointer user_data)
{
  SiprecStrand *strand = g_new0 (SiprecStrand, 1);

  strand->ref_count = 1;
  strand->pool = siprec_pool_ref (pool);
  strand->func = func;
  strand->user_data = user_data;
  strand->link.data = strand;
  return strand;
}

void
siprec_strand_set_warm (SiprecStrand *strand, gsize size)
{
  strand->warm = size;
}

SiprecStrand *
siprec_strand_ref (SiprecStrand *strand)
{
  g_atomic_int_inc (&strand->ref_count);
  return strand;
}

void
siprec_strand_unref (SiprecStrand *strand)
{
  if (g_atomic_int_dec_and_test (&strand->ref_count))
    strand_free (strand);
}

void
siprec_strand_wake (SiprecStrand *strand)
{
  SiprecStrand *one = siprec_strand_ref (strand);

  siprec_strand_wake_many (&one, 1);
}

void
siprec_strand_wake_many (SiprecStrand **strands, guint n)
{
  gint64 now = g_get_monotonic_time ();
  SiprecPool *pool;
  guint pushed = 0, kept = 0;

  if (n == 0)
    return;

  pool = strands[0]->pool;
  g_mutex_lock (&pool->lock);
  for (guint i = 0; i < n; i++) {
    SiprecStrand *strand = strands[i];

    if (!strand->stopped && !strand->queued && !strand->runner) {
      pool_push (pool, strand, now);
      pushed++;
      continue;
    }
    strand->woken = strand->runner != NULL;
    strands[kept++] = strand;
  }
  if (pushed > 0) {
    if (!pool_is_on_it (pool, now))
      pool_call (pool);
    pool_provide (pool, now);
  }
  g_mutex_unlock (&pool->lock);

  for (guint i = 0; i < kept; i++)
    siprec_strand_unref (strands[i]);
}

void
siprec_strand_stop (SiprecStrand *strand)
{
  SiprecPool *pool = strand->pool;
  gboolean was_queued;

  g_mutex_lock (&pool->lock);
  strand->stopped = TRUE;
  was_queued = strand->queued;
  if (was_queued) {
    g_queue_unlink (&pool->queue, &strand->link);
    strand->queued = FALSE;
  }
  while (strand->runner && strand->runner != g_thread_self ())
    g_cond_wait (&pool->finished, &pool->lock);
  g_mutex_unlock (&pool->lock);

  if (was_queued)
    siprec_strand_unref (strand);
}
