/* The I/O thread: ticks, commands, sockets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "worker.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "../media/debug.h"
#include "roster.h"
#include "stream-private.h"

/* A socket without packets for so long is watched instead of read. */
#define IDLE GST_SECOND

/* Reads of one socket at a tick: 128 datagrams, 6400 a second. What is beyond waits in the
 * kernel. */
#define MAX_VISITS 4

/* Consumers that wait for others to be served. They begin while the buffers still fit into a cache, and the
 * next ones are made in the memory of those. */
#define MAX_WAKES 128

#define EVENTS 256

/* Statistics that nobody looks at are renewed no more often. */
#define STATS_PERIOD (4 * SIPREC_TICK)

typedef struct _Command Command;
struct _Command {
  Command *next;
  SiprecCommandFunc run;
  SiprecStream *stream;
  gpointer data;
};

struct _SiprecWorker {
  GThread *thread;
  gint load;

  GMutex lock; /* a leaf; guards these */
  GCond cond;
  Command *first, **last;
  gboolean quit;
  gboolean orphan; /* the thread frees the worker */

  /* The thread's own. */
  gint epoll;
  SiprecReader *reader;
  SiprecArrival arrival;
  SiprecRoster roster; /* of attached streams */
  GPtrArray *full;     /* streams whose socket may have more */
  GArray *units;       /* SiprecUnit, of the stream being served */
  GPtrArray *wakes;    /* SiprecStrand, owned; not yet woken */
};

/* Workers whose thread runs. Their lock is taken before that of a worker. */
static GMutex running_lock;
static GCond running_cond;
static GList *running;

static GstClockTime
read_clock (clockid_t id)
{
  struct timespec time;

  clock_gettime (id, &time);
  return GST_TIMESPEC_TO_TIME (time);
}

/* Both clocks at the same moment. A pause between the reads would look like a step, so they are
 * bracketed and read again. */
static void
sample_clocks (SiprecWorker *worker)
{
  GstClockTime before, after, realtime;

  for (guint i = 0;; i++) {
    before = read_clock (CLOCK_MONOTONIC);
    realtime = read_clock (CLOCK_REALTIME);
    after = read_clock (CLOCK_MONOTONIC);
    if (after - before < 100 * GST_USECOND || i == 3)
      break;
  }
  siprec_arrival_sample (&worker->arrival, before, realtime - (after - before) / 2);
}

/* The sockets' side */

static void
watch (SiprecWorker *worker, SiprecSocket *socket)
{
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = socket};

  if (!socket->watched && epoll_ctl (worker->epoll, EPOLL_CTL_ADD, socket->fd, &event) == 0)
    socket->watched = TRUE;
}

static void
unwatch (SiprecWorker *worker, SiprecSocket *socket)
{
  if (socket->watched)
    epoll_ctl (worker->epoll, EPOLL_CTL_DEL, socket->fd, NULL);
  socket->watched = FALSE;
}

/* Reads @max datagrams at most and returns how many there were; @first is when the first one came. */
static guint
read_socket (SiprecWorker *worker, SiprecSocket *socket, guint max, GstClockTime *first)
{
  const SiprecDatagram *datagrams;
  guint n = siprec_reader_read (worker->reader, socket->fd, max, &worker->arrival, &datagrams);

  for (guint i = 0; i < n; i++)
    siprec_stream_input (socket->stream, socket, &datagrams[i]);
  if (n > 0) {
    *first = datagrams[0].arrival;
    socket->last = datagrams[n - 1].arrival;
  }
  return n;
}

void
siprec_worker_drain (SiprecWorker *worker, SiprecStream *stream)
{
  GstClockTime first;

  for (guint i = 0; i < MAX_VISITS; i++) {
    if (read_socket (worker, &stream->rtp, SIPREC_READER_BATCH, &first) < SIPREC_READER_BATCH)
      return;
  }
}

/* To learn that a socket is empty costs a third of a packet, so as many datagrams are asked for as came the
 * last time; one more then waits for a tick. Not where there is no time to wait, or ticks are few. */
static guint
get_wanted (const SiprecStream *stream)
{
  const SiprecReceiver *receiver = &stream->receiver;
  const SiprecStreamWishes *wishes = &receiver->wishes;

  if (receiver->latency < SIPREC_TICK || receiver->reorder.held > 0 ||
      siprec_stream_get_period (wishes->raw, wishes->buffer_duration) > SIPREC_TICK)
    return SIPREC_READER_BATCH;
  return CLAMP (stream->rtp.expected, 1, SIPREC_READER_BATCH);
}

/* Reads a stream's RTP socket; TRUE if it may have more. @until is up to when all has been read. */
static gboolean
read_rtp (SiprecWorker *worker, SiprecStream *stream, GstClockTime *until)
{
  SiprecSocket *socket = &stream->rtp;
  guint wanted = get_wanted (stream);
  GstClockTime first = 0;
  guint n = read_socket (worker, socket, wanted, &first);

  /* One that waited at the last visit is not the only one that waits now. */
  if (n == wanted && wanted < SIPREC_READER_BATCH && first <= socket->visited) {
    wanted += SIPREC_READER_BATCH;
    n += read_socket (worker, socket, SIPREC_READER_BATCH, &first);
  }
  socket->expected = n;
  socket->visited = *until;
  if (n == wanted)
    *until = MIN (socket->last, *until);
  return n >= SIPREC_READER_BATCH;
}

static void
poll_watched (SiprecWorker *worker)
{
  struct epoll_event events[EVENTS];
  gint n = epoll_wait (worker->epoll, events, EVENTS, 0);

  for (gint i = 0; i < n; i++) {
    SiprecSocket *socket = events[i].data.ptr;
    GstClockTime first;

    if (!siprec_stream_is_wanted (socket->stream))
      continue;
    if (socket->rtcp) {
      socket->stream->receiver.out = worker->units;
      read_socket (worker, socket, SIPREC_READER_BATCH, &first);
    } else {
      /* Awake again: it is read in its turn. */
      unwatch (worker, socket);
      socket->last = worker->arrival.now;
    }
  }
}

/* The streams' side */

GArray *
siprec_worker_get_units (SiprecWorker *worker)
{
  return worker->units;
}

void
siprec_worker_attach (SiprecWorker *worker, SiprecStream *stream)
{
  if (stream->attached)
    return;
  stream->attached = TRUE;
  siprec_roster_add (&worker->roster, stream);
  if (!stream->ports)
    return;
  stream->rtp.last = worker->arrival.now;
  watch (worker, &stream->rtcp);
}

void
siprec_worker_detach (SiprecWorker *worker, SiprecStream *stream)
{
  if (!stream->attached)
    return;
  stream->attached = FALSE;
  siprec_roster_remove (&worker->roster, stream);
  if (!stream->ports)
    return;
  unwatch (worker, &stream->rtp);
  unwatch (worker, &stream->rtcp);
}

void
siprec_worker_set_period (SiprecWorker *worker, SiprecStream *stream, GstClockTime period)
{
  if (stream->attached)
    siprec_roster_set_period (&worker->roster, stream, MAX (period / SIPREC_TICK, 1));
}

void
siprec_worker_publish (SiprecWorker *worker, SiprecStream *stream)
{
  GstClockTime now = worker->arrival.now;
  SiprecReceiver *receiver = &stream->receiver;
  SiprecOverrun overrun;
  SiprecStrand *strand;
  gboolean tell;

  receiver->changed |= worker->units->len > 0;
  tell = receiver->changed && (receiver->ended || now >= stream->next_stats ||
                               g_atomic_int_get (&stream->ring.stats_read));
  if (!receiver->begun || (worker->units->len == 0 && !tell))
    return;
  if (tell) {
    receiver->changed = FALSE;
    stream->next_stats = now + STATS_PERIOD;
  }
  strand = siprec_ring_append (&stream->ring, worker->units, receiver->wishes.raw,
                               siprec_receiver_get_position (receiver),
                               tell ? siprec_receiver_get_stats (receiver) : NULL, &overrun);
  stream->last_woken = strand;
  if (strand)
    g_ptr_array_add (worker->wakes, strand);
  siprec_receiver_tell_lag (receiver, &overrun, now);
}

/* One stream's turn; TRUE if its socket may have more. */
static gboolean
visit (SiprecWorker *worker, SiprecStream *stream)
{
  GstClockTime now = worker->arrival.now, until = now;
  gboolean full = FALSE;

  stream->receiver.out = worker->units;
  if (stream->ports && !stream->rtp.watched) {
    full = read_rtp (worker, stream, &until);
    if (stream->rtp.last + IDLE < now)
      watch (worker, &stream->rtp);
  }
  siprec_receiver_align (&stream->receiver);
  /* While packets wait to be read, nothing is known of the time after the last one. */
  siprec_receiver_tick (&stream->receiver, until);
  if (stream->ports)
    siprec_stream_report (stream, now);
  siprec_worker_publish (worker, stream);
  return full;
}

static void
wake_consumers (SiprecWorker *worker)
{
  if (worker->wakes->len == 0)
    return;
  siprec_strand_wake_many ((SiprecStrand **)worker->wakes->pdata, worker->wakes->len);
  g_ptr_array_set_size (worker->wakes, 0);
}

/* What one visit could not read gets a few more. */
static void
revisit_full (SiprecWorker *worker)
{
  for (guint i = 1; i < MAX_VISITS && worker->full->len > 0; i++) {
    for (guint j = worker->full->len; j > 0; j--) {
      SiprecStream *stream = g_ptr_array_index (worker->full, j - 1);

      if (!siprec_stream_is_wanted (stream) || !visit (worker, stream))
        g_ptr_array_remove_index_fast (worker->full, j - 1);
    }
  }
  g_ptr_array_set_size (worker->full, 0);
}

static void
tick (SiprecWorker *worker)
{
  SiprecStream *stream;

  poll_watched (worker);
  /* When the system clock was set it is all streams' turn, since only now is it known what the stamps of
   * waiting packets mean. */
  siprec_roster_begin (&worker->roster, siprec_arrival_is_stepped (&worker->arrival));
  while ((stream = siprec_roster_next (&worker->roster))) {
    if (siprec_stream_is_wanted (stream) && visit (worker, stream))
      g_ptr_array_add (worker->full, stream);
    if (worker->wakes->len >= MAX_WAKES)
      wake_consumers (worker);
  }
  revisit_full (worker);
}

/* Commands and time */

void
siprec_worker_post (SiprecWorker *worker, SiprecCommandFunc run, SiprecStream *stream,
                    gpointer data)
{
  Command *command = g_new (Command, 1);

  *command = (Command){.run = run, .stream = stream, .data = data};
  g_mutex_lock (&worker->lock);
  *worker->last = command;
  worker->last = &command->next;
  g_cond_signal (&worker->cond);
  g_mutex_unlock (&worker->lock);
}

/* Takes all commands; waits for one while there is nothing else to do. FALSE if the worker is
 * done. */
static gboolean
take_commands (SiprecWorker *worker, Command **commands)
{
  gboolean more;

  g_mutex_lock (&worker->lock);
  while (!worker->first && !worker->quit && siprec_roster_is_empty (&worker->roster))
    g_cond_wait (&worker->cond, &worker->lock);
  *commands = worker->first;
  worker->first = NULL;
  worker->last = &worker->first;
  more = *commands || !worker->quit;
  g_mutex_unlock (&worker->lock);
  return more;
}

static void
run_commands (Command *command)
{
  while (command) {
    Command *next = command->next;

    command->run (command->stream, command->data);
    g_free (command);
    command = next;
  }
}

/* Sleeps until the next point of the grid; a worker that is behind leaves points out. */
static void
sleep_until_tick (GstClockTime *next)
{
  GstClockTime now = read_clock (CLOCK_MONOTONIC);
  struct timespec until;

  *next += SIPREC_TICK;
  if (*next < now || *next > now + SIPREC_TICK)
    *next = now + SIPREC_TICK;
  GST_TIME_TO_TIMESPEC (*next, until);
  while (clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
    continue;
}

static void
free_worker (SiprecWorker *worker)
{
  siprec_roster_clear (&worker->roster);
  g_ptr_array_unref (worker->full);
  g_ptr_array_unref (worker->wakes);
  g_array_unref (worker->units);
  siprec_reader_free (worker->reader);
  if (worker->epoll >= 0)
    close (worker->epoll);
  g_mutex_clear (&worker->lock);
  g_cond_clear (&worker->cond);
  g_free (worker);
}

static gpointer
run (gpointer data)
{
  SiprecWorker *worker = data;
  Command *commands;
  GstClockTime next = 0;

  while (take_commands (worker, &commands)) {
    sample_clocks (worker);
    run_commands (commands);
    /* Without GStreamer, in a program that exits, there is nothing to make media of. */
    if (!siprec_roster_is_empty (&worker->roster) && gst_is_initialized ())
      tick (worker);
    wake_consumers (worker);
    if (!siprec_roster_is_empty (&worker->roster))
      sleep_until_tick (&next);
  }
  g_mutex_lock (&running_lock);
  running = g_list_remove (running, worker);
  g_cond_broadcast (&running_cond);
  g_mutex_unlock (&running_lock);
  if (worker->orphan)
    free_worker (worker);
  return NULL;
}

/* At exit. A program may exit right after its last unref: no thread may be at work while the libraries are being
 * taken down. */
static void __attribute__ ((destructor)) end_threads (void)
{
  gint64 until = g_get_monotonic_time () + 2 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&running_lock);
  for (GList *item = running; item; item = item->next) {
    SiprecWorker *worker = item->data;

    g_mutex_lock (&worker->lock);
    worker->quit = TRUE;
    g_cond_signal (&worker->cond);
    g_mutex_unlock (&worker->lock);
  }
  while (running && g_cond_wait_until (&running_cond, &running_lock, until))
    continue;
  g_mutex_unlock (&running_lock);
}

SiprecWorker *
siprec_worker_new (guint index)
{
  SiprecWorker *worker = g_new0 (SiprecWorker, 1);
  g_autofree gchar *name = g_strdup_printf ("siprec-io-%u", index);

  worker->last = &worker->first;
  worker->epoll = epoll_create1 (EPOLL_CLOEXEC);
  worker->reader = siprec_reader_new ();
  siprec_roster_init (&worker->roster);
  worker->full = g_ptr_array_new ();
  worker->wakes = g_ptr_array_new ();
  worker->units = g_array_new (FALSE, FALSE, sizeof (SiprecUnit));
  g_mutex_init (&worker->lock);
  g_cond_init (&worker->cond);
  g_mutex_lock (&running_lock);
  running = g_list_prepend (running, worker);
  g_mutex_unlock (&running_lock);
  worker->thread = g_thread_new (name, run, worker);
  return worker;
}

void
siprec_worker_free (SiprecWorker *worker)
{
  GThread *thread = worker->thread;
  gboolean self = thread == g_thread_self ();

  g_mutex_lock (&worker->lock);
  worker->quit = TRUE;
  worker->orphan = self;
  g_cond_signal (&worker->cond);
  g_mutex_unlock (&worker->lock);
  if (self) {
    g_thread_unref (thread);
    return;
  }
  g_thread_join (thread);
  free_worker (worker);
}

guint
siprec_worker_get_load (SiprecWorker *worker)
{
  return g_atomic_int_get (&worker->load);
}

void
siprec_worker_add_load (SiprecWorker *worker, gint n)
{
  g_atomic_int_add (&worker->load, n);
}
