/* Streams as other threads see them: every call becomes a command to the worker, or reads the ring.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stream.h"

#include <sys/socket.h>

#include "context-private.h"
#include "../media/debug.h"
#include "stream-private.h"

/* In ticks. Sockets hold much more than what comes in this time. */
#define MAX_PERIOD 5

/* References. The worker has none of its own: when the last one is gone the stream is freed by a command
 * behind all others. It takes one only to tell others of the stream. */

SiprecStream *
siprec_stream_ref (SiprecStream *stream)
{
  g_atomic_int_inc (&stream->ref_count);
  return stream;
}

gboolean
siprec_stream_is_wanted (SiprecStream *stream)
{
  return g_atomic_int_get (&stream->ref_count) > 0;
}

static gboolean
try_ref (SiprecStream *stream)
{
  gint count = g_atomic_int_get (&stream->ref_count);

  while (count > 0 &&
         !g_atomic_int_compare_and_exchange_full (&stream->ref_count, count, count + 1, &count))
    continue;
  return count > 0;
}

/* No notice comes after this. */
static void
let_go (SiprecStream *stream)
{
  GDestroyNotify destroy = g_steal_pointer (&stream->destroy);

  stream->notice = NULL;
  if (destroy)
    destroy (stream->user_data);
}

static void
tell_end (SiprecStream *stream)
{
  SiprecNotice notice = {.type = SIPREC_NOTICE_ENDED, .time = stream->receiver.end};

  if (stream->notice)
    stream->notice (stream, &notice, stream->user_data);
  let_go (stream);
}

static void
close_ports (SiprecStream *stream)
{
  siprec_worker_detach (stream->worker, stream);
  g_clear_pointer (&stream->ports, siprec_ports_free);
}

static void
run_free (SiprecStream *stream, gpointer data)
{
  SiprecContext *context = stream->context;

  close_ports (stream);
  let_go (stream);
  siprec_stream_drop_unopened (stream);
  siprec_gate_clear (&stream->gate);
  siprec_receiver_clear (&stream->receiver);
  siprec_ring_clear (&stream->ring);
  siprec_worker_add_load (stream->worker, -1);
  g_free (stream->peer);
  g_free (stream);
  siprec_context_unref (context);
}

void
siprec_stream_unref (SiprecStream *stream)
{
  if (g_atomic_int_dec_and_test (&stream->ref_count))
    siprec_worker_post (stream->worker, run_free, stream, NULL);
}

/* The worker's side */

void
siprec_stream_tell (SiprecStream *stream, const SiprecNotice *notice)
{
  /* Who is told may keep a reference, which must not be the first one after the last. */
  if (!stream->notice || !try_ref (stream))
    return;
  stream->notice (stream, notice, stream->user_data);
  siprec_stream_unref (stream);
}

static void
on_notice (gpointer user_data, const SiprecNotice *notice)
{
  siprec_stream_tell (user_data, notice);
}

/* Commands */

typedef enum {
  BEGIN,
  CLAIM,
  RELEASE,
  END,
  SET_FORMATS,
  SET_HELD,
  SET_LATCH,
  SET_PAUSED,
  SET_FEEDBACK,
  REFRESH,
  SET_PROTECTION,
  SET_REMOTE
} CommandType;

typedef struct {
  CommandType type;
  GstClockTime time;
  SiprecStreamWishes wishes;
  GPtrArray *formats;
  gchar *address, *rtcp_address;
  guint16 port, rtcp_port;
  gboolean flag;
  SiprecLatchMode mode;
  SiprecProtection *protection;
} Command;

static void
begin (SiprecStream *stream, GstClockTime start)
{
  SiprecReceiver *receiver = &stream->receiver;
  SiprecAddress local = {0};
  socklen_t length = sizeof (local);

  if (receiver->begun || receiver->ended)
    return;
  siprec_receiver_begin (receiver, start);
  if (stream->ports) {
    getsockname (stream->rtp.fd, &local.any, &length);
    stream->family = local.any.sa_family;
  }
  siprec_worker_attach (stream->worker, stream);
}

static void
end (SiprecStream *stream, GstClockTime time)
{
  /* A program that exits has called gst_deinit(), while its last calls get their BYE: there are no buffers
   * any more. */
  gboolean can_give = gst_is_initialized ();

  if (!can_give)
    siprec_receiver_release (&stream->receiver);
  if (can_give && stream->ports && stream->attached) {
    siprec_worker_drain (stream->worker, stream);
    siprec_stream_report_bye (stream, siprec_context_now ());
  }
  siprec_receiver_end (&stream->receiver, time);
  close_ports (stream);
}

static void
claim (SiprecStream *stream, const SiprecStreamWishes *wishes)
{
  SiprecReceiver *receiver = &stream->receiver;
  gboolean finished = receiver->finished;
  g_autoptr (SiprecFormat) codec = siprec_ring_get_codec (&stream->ring);
  gboolean packets = wishes->raw || (codec && codec->is_video);

  siprec_receiver_claim (receiver, wishes, siprec_context_now ());
  siprec_worker_set_period (stream->worker, stream,
                            siprec_stream_get_period (packets, wishes->buffer_duration));
  /* The one before took the end; this consumer waits for one as well. */
  if (finished && siprec_ring_is_end_taken (&stream->ring))
    siprec_unit_append_end (receiver->out, receiver->end);
}

static void
run_command (SiprecStream *stream, gpointer data)
{
  g_autofree Command *command = data;
  SiprecReceiver *receiver = &stream->receiver;

  if (try_ref (stream)) {
    receiver->out = siprec_worker_get_units (stream->worker);
    switch (command->type) {
    case BEGIN:
      begin (stream, command->time);
      break;
    case CLAIM:
      claim (stream, &command->wishes);
      break;
    case RELEASE:
      siprec_receiver_release (receiver);
      break;
    case END:
      end (stream, command->time);
      break;
    case SET_FORMATS:
      siprec_receiver_set_formats (receiver, command->formats);
      break;
    case SET_HELD:
      siprec_receiver_set_held (receiver, command->flag, siprec_context_now ());
      break;
    case SET_PAUSED:
      siprec_receiver_set_paused (receiver, command->flag, command->time);
      break;
    case SET_FEEDBACK:
      receiver->refresh.feedback = command->port;
      break;
    case REFRESH:
      siprec_receiver_want_refresh (receiver);
      break;
    case SET_LATCH:
      stream->gate.latch.mode = command->mode;
      g_free (stream->peer);
      stream->peer = g_steal_pointer (&command->address);
      break;
    case SET_PROTECTION:
      siprec_stream_use_protection (stream, command->protection);
      break;
    case SET_REMOTE:
      siprec_latch_set_remote (&stream->gate.latch, command->address, command->port, stream->peer);
      siprec_latch_set_reports (&stream->gate.latch, command->rtcp_address, command->rtcp_port);
      siprec_rtcp_set_remote (&receiver->rtcp, command->rtcp_address, command->rtcp_port,
                              command->flag);
      break;
    }
    siprec_worker_publish (stream->worker, stream);
    if (receiver->ended)
      tell_end (stream);
    siprec_stream_unref (stream);
  }
  g_clear_pointer (&command->formats, g_ptr_array_unref);
  g_clear_pointer (&command->protection, siprec_protection_free);
  g_free (command->address);
  g_free (command->rtcp_address);
}

static void
post (SiprecStream *stream, const Command *command)
{
  siprec_worker_post (stream->worker, run_command, stream, g_memdup2 (command, sizeof (*command)));
}

/* Any thread */

SiprecStream *
siprec_stream_new (SiprecContext *context, SiprecPorts *ports, SiprecNoticeFunc notice,
                   gpointer user_data, GDestroyNotify destroy)
{
  SiprecStream *stream = g_new0 (SiprecStream, 1);

  stream->ref_count = 1;
  stream->context = siprec_context_ref (context);
  stream->worker = siprec_context_take_worker (context);
  stream->notice = notice;
  stream->user_data = user_data;
  stream->destroy = destroy;
  siprec_ring_init (&stream->ring);
  siprec_receiver_init (&stream->receiver, on_notice, stream);
  if (ports) {
    stream->ports = ports;
    stream->port = siprec_ports_get_port (ports);
    stream->rtp = (SiprecSocket){.stream = stream, .fd = siprec_ports_get_rtp (ports)};
    stream->rtcp =
        (SiprecSocket){.stream = stream, .fd = siprec_ports_get_rtcp (ports), .rtcp = TRUE};
  }
  return stream;
}

SiprecStream *
siprec_stream_new_silent (SiprecContext *context, SiprecFormat *format)
{
  SiprecStream *stream = siprec_stream_new (context, NULL, NULL, NULL, NULL);
  g_autoptr (GPtrArray) formats = g_ptr_array_new ();

  g_ptr_array_add (formats, format);
  siprec_stream_set_formats (stream, formats);
  return stream;
}

guint16
siprec_stream_get_port (SiprecStream *stream)
{
  return stream->port;
}

void
siprec_stream_set_formats (SiprecStream *stream, GPtrArray *formats)
{
  Command command = {.type = SET_FORMATS};

  if (formats->len > 0)
    siprec_ring_set_codec (&stream->ring, g_ptr_array_index (formats, 0));
  command.formats = g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_format_unref);
  for (guint i = 0; i < formats->len; i++)
    g_ptr_array_add (command.formats, siprec_format_ref (g_ptr_array_index (formats, i)));
  post (stream, &command);
}

SiprecFormat *
siprec_stream_get_codec (SiprecStream *stream)
{
  return siprec_ring_get_codec (&stream->ring);
}

void
siprec_stream_set_remote (SiprecStream *stream, const gchar *address, guint16 rtp_port,
                          const gchar *rtcp_address, guint16 rtcp_port, gboolean rtcp_mux)
{
  Command command = {.type = SET_REMOTE,
                     .address = g_strdup (address),
                     .rtcp_address = g_strdup (rtcp_address && !rtcp_mux ? rtcp_address : address),
                     .port = rtp_port,
                     .rtcp_port = rtcp_mux ? rtp_port : rtcp_port,
                     .flag = rtcp_mux};

  post (stream, &command);
}

void
siprec_stream_set_latch (SiprecStream *stream, SiprecLatchMode mode, const gchar *peer)
{
  Command command = {.type = SET_LATCH, .mode = mode, .address = g_strdup (peer)};

  post (stream, &command);
}

void
siprec_stream_set_protection (SiprecStream *stream, const SiprecProtection *protection)
{
  Command command = {.type = SET_PROTECTION, .protection = siprec_protection_copy (protection)};

  g_atomic_int_inc (&stream->n_keys_set);
  post (stream, &command);
}

void
siprec_stream_set_sync (SiprecStream *stream, SiprecSync *sync)
{
  siprec_receiver_set_sync (&stream->receiver, sync);
}

void
siprec_stream_begin (SiprecStream *stream, GstClockTime start)
{
  Command command = {.type = BEGIN, .time = start};

  siprec_ring_set_position (&stream->ring, start);
  post (stream, &command);
}

void
siprec_stream_set_feedback (SiprecStream *stream, guint feedback)
{
  Command command = {.type = SET_FEEDBACK, .port = feedback};

  post (stream, &command);
}

void
siprec_stream_request_key_frame (SiprecStream *stream)
{
  Command command = {.type = REFRESH};

  post (stream, &command);
}

void
siprec_stream_set_held (SiprecStream *stream, gboolean held)
{
  Command command = {.type = SET_HELD, .flag = held};

  post (stream, &command);
}

void
siprec_stream_set_paused (SiprecStream *stream, gboolean paused)
{
  Command command = {.type = SET_PAUSED, .flag = paused, .time = siprec_context_now ()};

  post (stream, &command);
}

void
siprec_stream_end (SiprecStream *stream, GstClockTime time)
{
  Command command = {.type = END, .time = time};

  post (stream, &command);
}

void
siprec_stream_claim (SiprecStream *stream, const SiprecStreamWishes *wishes, SiprecStrand *strand)
{
  Command command = {.type = CLAIM, .wishes = *wishes};

  siprec_ring_claim (&stream->ring, wishes->raw, strand);
  post (stream, &command);
}

GstClockTime
siprec_stream_get_period (gboolean raw, GstClockTime buffer_duration)
{
  guint ticks = MIN (buffer_duration / 2 / SIPREC_TICK, MAX_PERIOD);

  return raw ? SIPREC_TICK : MAX (ticks, 1) * SIPREC_TICK;
}

void
siprec_stream_release (SiprecStream *stream)
{
  Command command = {.type = RELEASE};

  siprec_ring_release (&stream->ring);
  post (stream, &command);
}

GstClockTime
siprec_stream_get_position (SiprecStream *stream)
{
  return siprec_ring_get_position (&stream->ring);
}

guint
siprec_stream_pop (SiprecStream *stream, SiprecUnit *units, guint max)
{
  return siprec_ring_pop (&stream->ring, units, max);
}

gboolean
siprec_stream_give_back (SiprecStream *stream, SiprecUnit *units, guint n)
{
  return siprec_ring_give_back (&stream->ring, units, n);
}

void
siprec_stream_go_on (SiprecStream *stream)
{
  siprec_ring_go_on (&stream->ring);
}

gboolean
siprec_stream_wait (SiprecStream *stream)
{
  return siprec_ring_wait (&stream->ring);
}

void
siprec_stream_set_flushing (SiprecStream *stream, gboolean flushing)
{
  siprec_ring_set_flushing (&stream->ring, flushing);
}

GstStructure *
siprec_stream_get_stats (SiprecStream *stream)
{
  return siprec_ring_get_stats (&stream->ring);
}
