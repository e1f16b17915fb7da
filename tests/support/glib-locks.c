/* GLib's locks on top of pthread's, preloaded under ThreadSanitizer: GLib makes its own of futexes, which
 * it can't see, so that everything they guard would be reported. It is told of queues and counts as well.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib.h>

#include <dlfcn.h>
#include <pthread.h>
#include <sanitizer/tsan_interface.h>
#include <stdlib.h>
#include <time.h>

#undef g_atomic_ref_count_inc
#undef g_atomic_ref_count_dec

#define EXPORT __attribute__ ((visibility ("default")))

/* Makes *@place, which may be all zero, point to what @create makes; one of several that try wins. */
static gpointer
get (gpointer *place, gpointer (*create) (void), void (*destroy) (gpointer))
{
  gpointer found = __atomic_load_n (place, __ATOMIC_ACQUIRE), made;

  if (found)
    return found;
  made = create ();
  if (__atomic_compare_exchange_n (place, &found, made, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return made;
  destroy (made);
  return found;
}

static gpointer
create_mutex (void)
{
  pthread_mutex_t *mutex = malloc (sizeof *mutex);

  pthread_mutex_init (mutex, NULL);
  return mutex;
}

static void
destroy_mutex (gpointer mutex)
{
  pthread_mutex_destroy (mutex);
  free (mutex);
}

static gpointer
create_cond (void)
{
  pthread_cond_t *cond = malloc (sizeof *cond);
  pthread_condattr_t attributes;

  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (cond, &attributes);
  pthread_condattr_destroy (&attributes);
  return cond;
}

static void
destroy_cond (gpointer cond)
{
  pthread_cond_destroy (cond);
  free (cond);
}

static pthread_mutex_t *
get_mutex (GMutex *mutex)
{
  return get (&mutex->p, create_mutex, destroy_mutex);
}

static pthread_cond_t *
get_cond (GCond *cond)
{
  return get (&cond->p, create_cond, destroy_cond);
}

EXPORT void
g_mutex_init (GMutex *mutex)
{
  mutex->p = NULL;
}

EXPORT void
g_mutex_clear (GMutex *mutex)
{
  if (mutex->p)
    destroy_mutex (mutex->p);
  mutex->p = NULL;
}

EXPORT void
g_mutex_lock (GMutex *mutex)
{
  pthread_mutex_lock (get_mutex (mutex));
}

EXPORT gboolean
g_mutex_trylock (GMutex *mutex)
{
  return pthread_mutex_trylock (get_mutex (mutex)) == 0;
}

EXPORT void
g_mutex_unlock (GMutex *mutex)
{
  pthread_mutex_unlock (get_mutex (mutex));
}

EXPORT void
g_cond_init (GCond *cond)
{
  cond->p = NULL;
}

EXPORT void
g_cond_clear (GCond *cond)
{
  if (cond->p)
    destroy_cond (cond->p);
  cond->p = NULL;
}

EXPORT void
g_cond_wait (GCond *cond, GMutex *mutex)
{
  pthread_cond_wait (get_cond (cond), get_mutex (mutex));
}

EXPORT gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end_time)
{
  struct timespec end = {end_time / G_USEC_PER_SEC, end_time % G_USEC_PER_SEC * 1000};

  return pthread_cond_timedwait (get_cond (cond), get_mutex (mutex), &end) == 0;
}

EXPORT void
g_cond_signal (GCond *cond)
{
  pthread_cond_signal (get_cond (cond));
}

EXPORT void
g_cond_broadcast (GCond *cond)
{
  pthread_cond_broadcast (get_cond (cond));
}

/* Inside of GLib, calls of the above stay there. */

static gpointer
find_real (const gchar *name)
{
  return dlsym (RTLD_NEXT, name);
}

#define REAL(name) ((__typeof__ (&name))find_real (#name))

EXPORT void
g_async_queue_push (GAsyncQueue *queue, gpointer data)
{
  __tsan_release (queue);
  REAL (g_async_queue_push) (queue, data);
}

EXPORT gpointer
g_async_queue_pop (GAsyncQueue *queue)
{
  gpointer data = REAL (g_async_queue_pop) (queue);

  __tsan_acquire (queue);
  return data;
}

EXPORT gpointer
g_async_queue_try_pop (GAsyncQueue *queue)
{
  gpointer data = REAL (g_async_queue_try_pop) (queue);

  __tsan_acquire (queue);
  return data;
}

EXPORT gpointer
g_async_queue_timeout_pop (GAsyncQueue *queue, guint64 timeout)
{
  gpointer data = REAL (g_async_queue_timeout_pop) (queue, timeout);

  __tsan_acquire (queue);
  return data;
}

EXPORT void
g_atomic_ref_count_inc (gatomicrefcount *count)
{
  __atomic_fetch_add (count, 1, __ATOMIC_SEQ_CST);
}

EXPORT gboolean
g_atomic_ref_count_dec (gatomicrefcount *count)
{
  return __atomic_fetch_sub (count, 1, __ATOMIC_SEQ_CST) == 1;
}

/* What frees the box that is being released. */
static __thread GDestroyNotify clear_box;

static void
clear (gpointer box)
{
  __tsan_acquire (box);
  if (clear_box)
    clear_box (box);
}

EXPORT void
g_atomic_rc_box_release_full (gpointer box, GDestroyNotify func)
{
  GDestroyNotify outer = clear_box;

  clear_box = func;
  __tsan_release (box);
  REAL (g_atomic_rc_box_release_full) (box, clear);
  clear_box = outer;
}
