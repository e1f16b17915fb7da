/* The benchmark of GStreamer's own elements: a pipeline each two streams.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

#define CAPS     "application/x-rtp,media=audio,clock-rate=8000,encoding-name=PCMU,payload=0"
#define LATENCY  "200"
#define SOCKETS  "address=127.0.0.1 port=0 reuse=false buffer-size=262144 "
#define RTP(n)   "udpsrc name=rtp" n " " SOCKETS "caps=" CAPS " ! "
#define RTCP(n)  "udpsrc name=rtcp" n " " SOCKETS "caps=application/x-rtcp ! "
#define DEPAY(n) "rtppcmudepay name=depay" n " "

/* Modes: "jitterbuffer" and "rtpbin", which gets the RTCP sockets too. */
static const gchar *const jitterbuffer_line =
    RTP ("0") "rtpjitterbuffer latency=" LATENCY " ! " DEPAY ("0")
        RTP ("1") "rtpjitterbuffer latency=" LATENCY " ! " DEPAY ("1");
static const gchar *const rtpbin_line =
    "rtpbin name=b latency=" LATENCY
    " " RTP ("0") "b.recv_rtp_sink_0 " RTCP ("0") "b.recv_rtcp_sink_0 b. ! " DEPAY ("0")
        RTP ("1") "b.recv_rtp_sink_1 " RTCP ("1") "b.recv_rtcp_sink_1 b. ! " DEPAY ("1");

static struct {
  guint n;
  GstElement **sinks;
} bench;

static GstBusSyncReply
drop_message (GstBus *bus, GstMessage *message, gpointer data)
{
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static guint16
get_port (GstElement *pipeline, const gchar *name)
{
  g_autoptr (GstElement) src = gst_bin_get_by_name (GST_BIN (pipeline), name);
  gint port;

  g_object_get (src, "port", &port, NULL);
  return (guint16)port;
}

static void
add_sink (GstElement *pipeline, const gchar *depay, guint stream)
{
  g_autoptr (GstElement) last = gst_bin_get_by_name (GST_BIN (pipeline), depay);

  bench.sinks[stream] = bench_sink_new ();
  gst_bin_add (GST_BIN (pipeline), bench.sinks[stream]);
  gst_element_link (last, bench.sinks[stream]);
}

static gboolean
open_stock (const Load *load, guint16 *ports)
{
  const gchar *line = g_str_equal (load->mode, "rtpbin") ? rtpbin_line : jitterbuffer_line;

  bench.n = load->streams;
  bench.sinks = g_new (GstElement *, bench.n);
  for (guint i = 0; i + 1 < bench.n; i += 2) {
    g_autoptr (GError) error = NULL;
    GstElement *pipeline = gst_parse_launch (line, &error);
    g_autoptr (GstBus) bus = NULL;

    if (error)
      return FALSE;
    bus = gst_element_get_bus (pipeline);
    gst_bus_set_sync_handler (bus, drop_message, NULL, NULL);
    add_sink (pipeline, "depay0", i);
    add_sink (pipeline, "depay1", i + 1);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    ports[i] = get_port (pipeline, "rtp0");
    ports[i + 1] = get_port (pipeline, "rtp1");
  }
  return TRUE;
}

static guint64
count (const Load *load)
{
  guint64 octets = 0;

  for (guint i = 0; i < bench.n; i++)
    octets += bench_sink_get_octets (bench.sinks[i]);
  return octets / LOAD_AUDIO_PAYLOAD;
}

const Receiver bench_stock = {.open = open_stock, .count = count};
