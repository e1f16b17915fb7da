/* The benchmark of siprecsrc: a session each two streams, a pipeline a session.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "bench.h"
#include "siprec-core/endpoint/endpoint.h"
#include "tests/support/caller.h"

/* How long the slow sink sleeps over a buffer. */
#define SLOW_DELAY (30 * GST_MSECOND)

/* Modes: the value of push-mode; "record" is shared and writes a Matroska file a stream; "slow" is shared
 * with one sink that can't keep up. */
static struct {
  const Load *load;
  GAsyncQueue *answers; /* actual URI, then sessions */
  guint64 *octets;      /* by stream, of mode "record"; written by the pushers */
  GstElement **sinks;   /* by stream, of the others */
  gint ready;           /* streams that have their pad */
} bench;

static void
on_ready (SiprecEndpoint *endpoint, const gchar *actual_uri, const GError *error, gpointer data)
{
  g_async_queue_push (bench.answers, g_strdup (actual_uri ? actual_uri : ""));
}

static void
on_session (SiprecEndpoint *endpoint, SiprecSession *session, gpointer data)
{
  g_async_queue_push (bench.answers, g_object_ref (session));
}

static GstBusSyncReply
drop_message (GstBus *bus, GstMessage *message, gpointer data)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    fprintf (stderr, "%s: error\n", GST_MESSAGE_SRC_NAME (message));
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static GstPadProbeReturn
count_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  guint64 *octets = data;

  __atomic_store_n (octets, *octets + bench_count_octets (GST_PAD_PROBE_INFO_BUFFER (info)),
                    __ATOMIC_RELAXED);
  return GST_PAD_PROBE_OK;
}

static void
link_file (GstElement *pipeline, GstPad *pad, guint stream)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_buffer, &bench.octets[stream], NULL);
  bench_mux_link (GST_BIN (pipeline), pad, bench.load->dir, stream);
}

static GstElement *
link_sink (GstElement *pipeline, GstPad *pad)
{
  GstElement *sink = bench_sink_new ();
  g_autoptr (GstPad) peer = gst_element_get_static_pad (sink, "sink");

  gst_bin_add (GST_BIN (pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  gst_pad_link (pad, peer);
  return sink;
}

static void
on_pad (GstElement *src, GstPad *pad, gpointer data)
{
  g_autoptr (GstObject) pipeline = gst_object_get_parent (GST_OBJECT (src));
  guint stream, call = GPOINTER_TO_UINT (data);

  if (sscanf (GST_OBJECT_NAME (pad), "audio_%u", &stream) != 1) {
    link_sink (GST_ELEMENT (pipeline), pad);
    return;
  }
  stream += 2 * call;
  if (bench.octets) {
    link_file (GST_ELEMENT (pipeline), pad, stream);
  } else {
    bench.sinks[stream] = link_sink (GST_ELEMENT (pipeline), pad);
    if (stream == 0 && g_str_equal (bench.load->mode, "slow"))
      bench_sink_set_delay (bench.sinks[stream], SLOW_DELAY);
  }
  g_atomic_int_inc (&bench.ready);
}

static void
start_pipeline (SiprecSession *session, guint call)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *src = gst_element_factory_make ("siprecsrc", NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gboolean pad_mode = g_str_equal (bench.load->mode, "pad");

  g_object_set (src, "session", session, "buffer-duration",
                (guint64)(bench.load->buffer_ms * GST_MSECOND), NULL);
  gst_util_set_object_arg (G_OBJECT (src), "push-mode", pad_mode ? "pad" : "shared");
  g_signal_connect (src, "pad-added", G_CALLBACK (on_pad), GUINT_TO_POINTER (call));
  gst_bus_set_sync_handler (bus, drop_message, NULL, NULL);
  gst_bin_add (GST_BIN (pipeline), src);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
}

/* Calls, and forgets the caller: its dialog goes on. */
static gboolean
place_call (const gchar *uri, guint call, guint16 *ports)
{
  Caller *caller = caller_new (uri, FALSE);
  gboolean ok = caller_invite (caller, 2, "sendonly") == 200;
  g_autoptr (SiprecSession) session = NULL;

  ports[0] = caller_port (caller, 0);
  ports[1] = caller_port (caller, 1);
  caller_free (caller);
  if (ok)
    session = g_async_queue_timeout_pop (bench.answers, 5 * G_USEC_PER_SEC);
  if (!session)
    return FALSE;
  start_pipeline (session, call);
  return TRUE;
}

static gboolean
open_siprecsrc (const Load *load, guint16 *ports)
{
  SiprecSettings settings = {
      .local_uri = "sip:127.0.0.1:0;transport=udp", .first_port = 10000, .last_port = 30000};
  SiprecPolicy policy = {.accept = SIPREC_ACCEPT_SIPREC};
  SiprecEndpoint *endpoint = siprec_endpoint_get (NULL, &settings, NULL);
  g_autofree gchar *uri = NULL;

  bench.load = load;
  bench.answers = g_async_queue_new ();
  if (g_str_equal (load->mode, "record"))
    bench.octets = g_new0 (guint64, load->streams);
  else
    bench.sinks = g_new0 (GstElement *, load->streams);
  siprec_endpoint_set_application (endpoint, &policy, 60 * GST_SECOND, on_session, NULL, NULL);
  siprec_endpoint_start (endpoint, on_ready, NULL);
  uri = g_async_queue_pop (bench.answers);

  for (guint i = 0; i < load->streams / 2; i++) {
    if (!place_call (uri, i, &ports[2 * i]))
      return FALSE;
  }
  for (guint i = 0; i < 500 && g_atomic_int_get (&bench.ready) < (gint)load->streams; i++)
    g_usleep (10000);
  return g_atomic_int_get (&bench.ready) == (gint)load->streams;
}

static guint64
count_from (guint first)
{
  guint64 octets = 0;

  for (guint i = first; i < bench.load->streams; i++)
    octets += bench.octets ? __atomic_load_n (&bench.octets[i], __ATOMIC_RELAXED)
                           : bench_sink_get_octets (bench.sinks[i]);
  return octets / LOAD_AUDIO_PAYLOAD;
}

static guint64
count (const Load *load)
{
  return count_from (0);
}

/* What the slow sink misses doesn't count. */
static guint64
lost (const Load *load, guint64 sent, guint64 first)
{
  gboolean slow = g_str_equal (load->mode, "slow");
  guint64 due = slow ? sent - first : sent;
  guint64 delivered = count_from (slow ? 1 : 0);

  return due - MIN (due, delivered);
}

const Receiver bench_siprecsrc = {.open = open_siprecsrc, .count = count, .lost = lost};
