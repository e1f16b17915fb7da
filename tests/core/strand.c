/* tests: strands are serial, coalesce their wakes and don't wait for one another
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/strand.h"

#define N_WAKERS 4
#define N_WAKES  2000

typedef struct {
  GMutex lock;
  GCond changed;
  SiprecStrand *strand;
  gint running; /* how many runs are under way: more than one is the error */
  guint started;
  guint ended;
  gboolean hold; /* a run waits until this is FALSE */
  gint overlaps;
} Job;

static void
job_clear (Job *job)
{
  siprec_strand_unref (job->strand);
  g_mutex_clear (&job->lock);
  g_cond_clear (&job->changed);
}

static void
job_run (gpointer data)
{
  Job *job = data;

  if (g_atomic_int_add (&job->running, 1) != 0)
    g_atomic_int_inc (&job->overlaps);
  g_mutex_lock (&job->lock);
  job->started++;
  g_cond_broadcast (&job->changed);
  while (job->hold)
    g_cond_wait (&job->changed, &job->lock);
  job->ended++;
  g_cond_broadcast (&job->changed);
  g_atomic_int_add (&job->running, -1);
  g_mutex_unlock (&job->lock);
}

static void
job_init (Job *job, SiprecPool *pool, SiprecStrandFunc run)
{
  memset (job, 0, sizeof *job);
  g_mutex_init (&job->lock);
  g_cond_init (&job->changed);
  job->strand = siprec_strand_new (pool, run, job);
}

/* One that stays in its run until it is let go. */
static void
gate_init (Job *gate, SiprecPool *pool)
{
  job_init (gate, pool, job_run);
  gate->hold = TRUE;
}

static void
job_hold (Job *job, gboolean hold)
{
  g_mutex_lock (&job->lock);
  job->hold = hold;
  g_cond_broadcast (&job->changed);
  g_mutex_unlock (&job->lock);
}

static void
job_await (Job *job, const guint *counter, guint n)
{
  gint64 deadline = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&job->lock);
  while (*counter < n)
    fail_unless (g_cond_wait_until (&job->changed, &job->lock, deadline), "%u of %u", *counter, n);
  g_mutex_unlock (&job->lock);
}

static guint
job_ended (Job *job)
{
  guint n;

  g_mutex_lock (&job->lock);
  n = job->ended;
  g_mutex_unlock (&job->lock);
  return n;
}

/* Returns once everything that was queued before has run: a strand behind it has. */
static void
flush (SiprecPool *pool)
{
  Job job;

  job_init (&job, pool, job_run);
  siprec_strand_wake (job.strand);
  job_await (&job, &job.ended, 1);
  siprec_strand_stop (job.strand);
  job_clear (&job);
}

/* Makes @pool start all its threads, idle afterwards: with one thread nothing could overlap. */
static void
grow (SiprecPool *pool, guint n_threads)
{
  Job *jobs = g_new (Job, n_threads);

  for (guint i = 0; i < n_threads; i++) {
    gate_init (&jobs[i], pool);
    siprec_strand_wake (jobs[i].strand);
  }
  for (guint i = 0; i < n_threads; i++)
    job_await (&jobs[i], &jobs[i].started, 1);
  fail_unless_equals_int (siprec_pool_n_threads (pool), n_threads);
  for (guint i = 0; i < n_threads; i++) {
    job_hold (&jobs[i], FALSE);
    siprec_strand_stop (jobs[i].strand);
    job_clear (&jobs[i]);
  }
  g_free (jobs);
}

/* Wakes them without giving them away. */
static void
wake_many (SiprecStrand *const *strands, guint n)
{
  SiprecStrand *taken[60];

  g_assert (n <= G_N_ELEMENTS (taken));
  for (guint i = 0; i < n; i++)
    taken[i] = siprec_strand_ref (strands[i]);
  siprec_strand_wake_many (taken, n);
}

static gpointer
wake_often (gpointer data)
{
  Job *jobs = data;
  SiprecStrand *both[] = {jobs[0].strand, jobs[1].strand};

  for (guint i = 0; i < N_WAKES; i++) {
    if (i % 3 == 0)
      wake_many (both, 2);
    else
      siprec_strand_wake (both[i % 2]);
  }
  return NULL;
}

GST_START_TEST (test_serial)
{
  SiprecPool *pool = siprec_pool_new ("test", 3);
  GThread *wakers[N_WAKERS];
  Job jobs[2];

  grow (pool, 3);
  for (guint i = 0; i < 2; i++) {
    job_init (&jobs[i], pool, job_run);
  }
  for (guint i = 0; i < N_WAKERS; i++)
    wakers[i] = g_thread_new ("waker", wake_often, jobs);
  for (guint i = 0; i < N_WAKERS; i++)
    g_thread_join (wakers[i]);

  for (guint i = 0; i < 2; i++) {
    guint before = job_ended (&jobs[i]);

    siprec_strand_wake (jobs[i].strand);
    job_await (&jobs[i], &jobs[i].ended, before + 1);
    siprec_strand_stop (jobs[i].strand);
    fail_unless_equals_int (g_atomic_int_get (&jobs[i].overlaps), 0);
    fail_unless (job_ended (&jobs[i]) <= N_WAKERS * N_WAKES + 1);
    job_clear (&jobs[i]);
  }
  fail_unless (siprec_pool_n_threads (pool) <= 3);
  siprec_pool_unref (pool);
}
GST_END_TEST;

GST_START_TEST (test_wakes_coalesce)
{
  SiprecPool *pool = siprec_pool_new ("test", 1);
  Job gate, job;

  gate_init (&gate, pool);
  job_init (&job, pool, job_run);
  fail_unless_equals_int (siprec_pool_n_threads (pool), 0);

  siprec_strand_wake (gate.strand);
  job_await (&gate, &gate.started, 1);
  for (guint i = 0; i < 10; i++)
    siprec_strand_wake (job.strand);
  job_hold (&gate, FALSE);
  job_await (&job, &job.ended, 1);
  flush (pool);
  fail_unless_equals_int (job_ended (&job), 1);
  fail_unless_equals_int (siprec_pool_n_threads (pool), 1);

  job_clear (&gate);
  job_clear (&job);
  siprec_pool_unref (pool);
}
GST_END_TEST;

GST_START_TEST (test_wake_during_run_runs_once_more)
{
  SiprecPool *pool = siprec_pool_new ("test", 1);
  Job job;

  gate_init (&job, pool);
  siprec_strand_wake (job.strand);
  job_await (&job, &job.started, 1);
  for (guint i = 0; i < 10; i++)
    siprec_strand_wake (job.strand);
  job_hold (&job, FALSE);
  job_await (&job, &job.ended, 2);
  flush (pool);
  fail_unless_equals_int (job_ended (&job), 2);

  job_clear (&job);
  siprec_pool_unref (pool);
}
GST_END_TEST;

GST_START_TEST (test_wake_during_run_waits_for_its_end)
{
  SiprecPool *pool = siprec_pool_new ("test", 2);
  Job job;

  grow (pool, 2);
  gate_init (&job, pool);
  siprec_strand_wake (job.strand);
  job_await (&job, &job.started, 1);
  siprec_strand_wake (job.strand);
  flush (pool);
  fail_unless_equals_int (g_atomic_int_get (&job.running), 1);

  job_hold (&job, FALSE);
  job_await (&job, &job.ended, 2);
  siprec_strand_stop (job.strand);
  job_clear (&job);
  siprec_pool_unref (pool);
}
GST_END_TEST;

/* The second strand is woken before the first can count as blocked, and no wake comes after. */
GST_START_TEST (test_blocked_strand_delays_nobody)
{
  SiprecPool *pool = siprec_pool_new ("test", 3);
  Job blocked[2], job;

  job_init (&job, pool, job_run);
  for (guint i = 0; i < 2; i++) {
    gate_init (&blocked[i], pool);
    siprec_strand_wake (blocked[i].strand);
  }
  siprec_strand_wake (job.strand);
  job_await (&job, &job.ended, 1);
  fail_unless_equals_int (siprec_pool_n_threads (pool), 3);

  for (guint i = 0; i < 2; i++) {
    job_hold (&blocked[i], FALSE);
    siprec_strand_stop (blocked[i].strand);
    fail_unless_equals_int (job_ended (&blocked[i]), blocked[i].started);
    job_clear (&blocked[i]);
  }
  job_clear (&job);
  siprec_pool_unref (pool);
}
GST_END_TEST;

GST_START_TEST (test_threads_are_bounded)
{
  SiprecPool *pool = siprec_pool_new ("test", 2);
  SiprecStrand *strands[8];
  Job jobs[8];
  gint64 until;
  guint blocked = 0;

  for (guint i = 0; i < 8; i++) {
    gate_init (&jobs[i], pool);
    strands[i] = jobs[i].strand;
  }
  wake_many (strands, 8);
  wake_many (strands, 0);
  job_await (&jobs[0], &jobs[0].started, 1);
  job_await (&jobs[1], &jobs[1].started, 1);

  /* Nothing can be awaited that must not come: give it ten times the time it would take. */
  until = g_get_monotonic_time () + 100 * G_TIME_SPAN_MILLISECOND;
  while (g_get_monotonic_time () < until) {
    wake_many (strands, 8);
    fail_unless_equals_int (siprec_pool_n_threads (pool), 2);
    g_usleep (5000);
  }
  for (guint i = 0; i < 8; i++)
    blocked += g_atomic_int_get (&jobs[i].running);
  fail_unless_equals_int (blocked, 2);

  for (guint i = 0; i < 8; i++)
    job_hold (&jobs[i], FALSE);
  for (guint i = 0; i < 8; i++) {
    job_await (&jobs[i], &jobs[i].ended, 1);
    siprec_strand_stop (jobs[i].strand);
    job_clear (&jobs[i]);
  }
  siprec_pool_unref (pool);
}
GST_END_TEST;

static void
run_5ms (gpointer data)
{
  g_usleep (5000);
}

/* No run is long enough to count as blocked, but one thread can't do them all in time. */
GST_START_TEST (test_overload_grows)
{
  SiprecPool *pool = siprec_pool_new ("test", 2);
  SiprecStrand *strands[60];

  for (guint i = 0; i < G_N_ELEMENTS (strands); i++)
    strands[i] = siprec_strand_new (pool, run_5ms, NULL);
  wake_many (strands, G_N_ELEMENTS (strands));
  flush (pool);
  fail_unless_equals_int (siprec_pool_n_threads (pool), 2);

  for (guint i = 0; i < G_N_ELEMENTS (strands); i++) {
    siprec_strand_stop (strands[i]);
    siprec_strand_unref (strands[i]);
  }
  siprec_pool_unref (pool);
}
GST_END_TEST;

static gpointer
release_later (gpointer data)
{
  g_usleep (20000);
  job_hold (data, FALSE);
  return NULL;
}

GST_START_TEST (test_stop_waits)
{
  SiprecPool *pool = siprec_pool_new ("test", 2);
  GThread *thread;
  Job job;

  gate_init (&job, pool);
  siprec_strand_wake (job.strand);
  job_await (&job, &job.started, 1);
  siprec_strand_wake (job.strand);

  thread = g_thread_new ("release", release_later, &job);
  siprec_strand_stop (job.strand);
  fail_unless_equals_int (job_ended (&job), 1);
  g_thread_join (thread);

  /* Neither the wake from before nor one after counts any more. */
  siprec_strand_wake (job.strand);
  flush (pool);
  fail_unless_equals_int (job_ended (&job), 1);
  siprec_strand_stop (job.strand);

  job_clear (&job);
  siprec_pool_unref (pool);
}
GST_END_TEST;

GST_START_TEST (test_stop_while_queued)
{
  SiprecPool *pool = siprec_pool_new ("test", 1);
  Job gate, job;

  gate_init (&gate, pool);
  job_init (&job, pool, job_run);
  siprec_strand_wake (gate.strand);
  job_await (&gate, &gate.started, 1);
  siprec_strand_wake (job.strand);
  siprec_strand_stop (job.strand);
  job_hold (&gate, FALSE);
  flush (pool);
  fail_unless_equals_int (job.started, 0);

  job_clear (&gate);
  job_clear (&job);
  siprec_pool_unref (pool);
}
GST_END_TEST;

static void
stop_self (gpointer data)
{
  Job *job = data;

  siprec_strand_wake (job->strand);
  siprec_strand_stop (job->strand);
  job_run (job);
}

GST_START_TEST (test_stop_from_within)
{
  SiprecPool *pool = siprec_pool_new ("test", 1);
  Job job;

  job_init (&job, pool, stop_self);
  siprec_strand_wake (job.strand);
  job_await (&job, &job.ended, 1);
  siprec_strand_stop (job.strand);
  flush (pool);
  fail_unless_equals_int (job_ended (&job), 1);

  job_clear (&job);
  siprec_pool_unref (pool);
}
GST_END_TEST;

typedef struct {
  SiprecStrand *strand;
  gint *done;
} LastUser;

static void
drop_last (gpointer data)
{
  LastUser *user = data;

  siprec_strand_stop (user->strand);
  siprec_strand_unref (user->strand);
  g_atomic_int_inc (user->done);
  g_free (user);
}

/* The pool's last reference goes in its own thread: under valgrind this shows leaks too. */
GST_START_TEST (test_last_unref_in_a_pool_thread)
{
  gint done = 0;

  for (guint i = 0; i < 20; i++) {
    SiprecPool *pool = siprec_pool_new ("test", 2);
    LastUser *user = g_new0 (LastUser, 1);
    SiprecStrand *strand = siprec_strand_new (pool, drop_last, user);

    user->strand = siprec_strand_ref (strand);
    user->done = &done;
    siprec_pool_unref (pool);
    siprec_strand_wake (strand);
    siprec_strand_unref (strand);
  }
  while (g_atomic_int_get (&done) < 20)
    g_usleep (1000);
}
GST_END_TEST;

GST_START_TEST (test_unref_while_queued)
{
  SiprecPool *pool = siprec_pool_new ("test", 1);
  Job gate, job;

  gate_init (&gate, pool);
  job_init (&job, pool, job_run);
  siprec_pool_unref (pool);
  siprec_strand_wake (gate.strand);
  job_await (&gate, &gate.started, 1);
  siprec_strand_wake (job.strand);
  siprec_strand_unref (job.strand);
  job_hold (&gate, FALSE);
  job_await (&job, &job.ended, 1);
  flush (pool);

  siprec_strand_stop (gate.strand);
  job_clear (&gate);
}
GST_END_TEST;

static Suite *
strand_suite (void)
{
  Suite *s = suite_create ("strand");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_serial);
  tcase_add_test (tc, test_wakes_coalesce);
  tcase_add_test (tc, test_wake_during_run_runs_once_more);
  tcase_add_test (tc, test_wake_during_run_waits_for_its_end);
  tcase_add_test (tc, test_blocked_strand_delays_nobody);
  tcase_add_test (tc, test_threads_are_bounded);
  tcase_add_test (tc, test_overload_grows);
  tcase_add_test (tc, test_stop_waits);
  tcase_add_test (tc, test_stop_while_queued);
  tcase_add_test (tc, test_stop_from_within);
  tcase_add_test (tc, test_last_unref_in_a_pool_thread);
  tcase_add_test (tc, test_unref_while_queued);
  return s;
}

GST_CHECK_MAIN (strand);
