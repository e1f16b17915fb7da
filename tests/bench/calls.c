/* The benchmark of whole calls with video: recorded as the recipe "video" does, by one process.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A call has two voices, and in H.264 a camera (720p, 20 pictures and 2 Mbit a second) and a screen (1080p, 5 pictures
 * and 2 Mbit). A process of its own encodes one camera and one screen, before the time that counts, and sends them to
 * all calls. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "tests/support/caller.h"
#include "tests/support/film.h"

#include "bench.h"

#define KINDS   4
#define SLOT_US 5000

#define VIDEO                                                                                      \
  "m=video PORT RTP/AVPF 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"       \
  "a=rtcp-fb:* nack pli\r\na=sendonly\r\n"

static const gchar *const lines[KINDS + 1] = {
    "m=audio PORT RTP/AVP 0\r\na=sendonly\r\na=label:1\r\n",
    "m=audio PORT RTP/AVP 0\r\na=sendonly\r\na=label:2\r\n", VIDEO "a=label:3\r\n",
    VIDEO "a=content:slides\r\na=label:4\r\n", NULL};
static const gchar *const pads[KINDS] = {"audio_0", "audio_1", "video_0", "screen_0"};

/* Slots from one packet of a voice, or one picture, to the next. */
static const guint pace[KINDS] = {4, 4, 10, 40};

static gint n_calls = 10, n_seconds = 20;
static gboolean sending;

static const GOptionEntry options[] = {
    {"calls", 0, 0, G_OPTION_ARG_INT, &n_calls, "How many (10)", "N"},
    {"seconds", 0, 0, G_OPTION_ARG_INT, &n_seconds, "How long they are (20)", "N"},
    {"send", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &sending, "", NULL},
    {NULL}};

/* ---- the sending process ---- */

typedef struct {
  gint fd;
  Film *films[KINDS]; /* NULL for voices */
  GArray *ports;      /* guint16, KINDS a call */
  guint16 *seqs;      /* by port */
  guint64 sent[KINDS], units[KINDS];
  guint64 refused;
} Sender;

static void
send_packet (Sender *sender, guint stream, const guint8 *data, gsize size, guint32 timestamp)
{
  guint8 header[LOAD_RTP_HEADER] = {0x80, data[1]};
  struct sockaddr_in to = {.sin_family = AF_INET,
                           .sin_port = htons (g_array_index (sender->ports, guint16, stream)),
                           .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
  struct iovec pieces[2] = {{header, sizeof header},
                            {(guint8 *)data + LOAD_RTP_HEADER, size - LOAD_RTP_HEADER}};
  struct msghdr message = {
      .msg_name = &to, .msg_namelen = sizeof to, .msg_iov = pieces, .msg_iovlen = 2};

  GST_WRITE_UINT16_BE (header + 2, sender->seqs[stream]++);
  GST_WRITE_UINT32_BE (header + 4, timestamp);
  GST_WRITE_UINT32_BE (header + 8, 0x51000000 + stream);
  if (sendmsg (sender->fd, &message, 0) < 0)
    sender->refused++;
  sender->sent[stream % KINDS]++;
}

/* Packet @n of a voice, or the packets of picture @n; films are played again and again. */
static void
send_unit (Sender *sender, guint stream, guint n)
{
  static const guint8 voice[LOAD_RTP_HEADER + LOAD_AUDIO_PAYLOAD];
  guint kind = stream % KINDS, picture, first;
  const Film *film = sender->films[kind];

  sender->units[kind]++;
  if (!film) {
    send_packet (sender, stream, voice, sizeof voice, n * LOAD_AUDIO_PAYLOAD);
    return;
  }
  picture = n % film->first->len;
  first = g_array_index (film->first, guint, picture);
  for (guint i = first; i < first + film_n_packets (film, picture); i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (g_ptr_array_index (film->packets, i), &size);

    send_packet (sender, stream, data, size, n * pace[kind] * (SLOT_US * 9 / 100));
  }
}

static void
send_slot (Sender *sender, guint slot)
{
  for (guint stream = 0; stream < sender->ports->len; stream++) {
    guint begun = slot - MIN (slot, stream / KINDS), kind = stream % KINDS;

    /* Calls begin one slot after the other. */
    if (slot >= stream / KINDS && begun % pace[kind] == 0)
      send_unit (sender, stream, begun / pace[kind]);
  }
}

/* As many octets as its 20 pictures a second are allowed, though they show next to nothing. */
static Film *
new_film (guint width, guint height, guint kbits, guint n)
{
  g_autofree gchar *encoder =
      g_strdup_printf ("x264enc tune=zerolatency key-int-max=60 speed-preset=ultrafast bitrate=%u "
                       "option-string=nal-hrd=cbr",
                       kbits);

  return film_new (encoder, "rtph264pay config-interval=-1 pt=96", width, height, n);
}

static int
run_sender (void)
{
  Sender sender = {.fd = socket (AF_INET, SOCK_DGRAM, 0),
                   .ports = g_array_new (FALSE, FALSE, sizeof (guint16))};
  gint64 next;
  guint port;

  while (scanf ("%u", &port) == 1 && port > 0)
    g_array_append_vals (sender.ports, &(guint16){port}, 1);
  sender.seqs = g_new0 (guint16, sender.ports->len);
  sender.films[2] = new_film (1280, 720, 2000, 60);
  sender.films[3] = new_film (1920, 1080, 8000, 20);
  printf ("ready\n");
  fflush (stdout);
  next = g_get_monotonic_time ();
  for (gint slot = 0; slot < n_seconds * (G_USEC_PER_SEC / SLOT_US); slot++, next += SLOT_US) {
    gint64 wait = next - g_get_monotonic_time ();

    if (wait > 0)
      g_usleep (wait);
    send_slot (&sender, slot);
  }
  for (guint i = 0; i < KINDS; i++)
    printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " ", sender.sent[i], sender.units[i]);
  printf ("%" G_GUINT64_FORMAT "\n", sender.refused);
  return 0;
}

/* ---- the measured process ---- */

/* @units: what came out of the pads, packets of a voice and pictures (atomic). */
typedef struct {
  GstElement *pipeline, *src;
  Caller *caller;
  guint units[KINDS];
} Call;

static GstPadProbeReturn
count_buffer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  if (bench_count_octets (GST_PAD_PROBE_INFO_BUFFER (info)) > 0)
    g_atomic_int_inc ((gint *)data);
  return GST_PAD_PROBE_OK;
}

static void
on_pad (GstElement *src, GstPad *pad, gpointer data)
{
  Call *call = data;

  for (guint i = 0; i < KINDS; i++) {
    if (g_str_equal (GST_OBJECT_NAME (pad), pads[i]))
      gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_buffer, &call->units[i], NULL);
  }
}

static gchar *
new_branch (guint kind, const gchar *dir, guint number)
{
  return g_strdup_printf (
      "s.%s ! queue ! m%u.%s_0 matroskamux name=m%u ! filesink buffer-mode=unbuffered async=false "
      "enable-last-sample=false location=%s/%u-%s.mkv ",
      pads[kind], kind, kind < 2 ? "audio" : "video", kind, dir, number, pads[kind]);
}

static gboolean
start_call (Call *call, const gchar *dir, guint number)
{
  g_autoptr (GString) line = g_string_new (
      "siprecsrc name=s local-uri=sip:127.0.0.1:0 audio-pads=2 video-pads=1 screen-pads=1 "
      "pin-caps=true ");
  g_autofree gchar *uri = NULL;

  for (guint i = 0; i < KINDS; i++) {
    g_autofree gchar *branch = new_branch (i, dir, number);

    g_string_append (line, branch);
  }
  call->pipeline = gst_parse_launch (line->str, NULL);
  if (!call->pipeline)
    return FALSE;
  call->src = gst_bin_get_by_name (GST_BIN (call->pipeline), "s");
  g_signal_connect (call->src, "pad-added", G_CALLBACK (on_pad), call);
  gst_element_set_state (call->pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < 500 && !uri; i++) {
    g_object_get (call->src, "actual-uri", &uri, NULL);
    g_usleep (uri ? 0 : 10000);
  }
  call->caller = caller_new (uri, FALSE);
  return caller_invite_lines (call->caller, lines) == 200;
}

/* Packets that the streams of a call have missed. */
static guint64
end_call (Call *call)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (call->pipeline);
  g_autoptr (GstMessage) end = NULL;
  guint64 lost = 0;

  for (guint i = 0; i < KINDS; i++) {
    g_autoptr (GstPad) pad = gst_element_get_static_pad (call->src, pads[i]);
    g_autoptr (GstStructure) stats = NULL;
    guint64 n = 0;

    g_object_get (pad, "stats", &stats, NULL);
    gst_structure_get_uint64 (stats, "num-lost", &n);
    lost += n;
  }
  caller_bye (call->caller);
  end = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (!end || GST_MESSAGE_TYPE (end) != GST_MESSAGE_EOS)
    fprintf (stderr, "a recording does not end as it should\n");
  gst_element_set_state (call->pipeline, GST_STATE_NULL);
  caller_free (call->caller);
  gst_object_unref (call->src);
  gst_object_unref (call->pipeline);
  return lost;
}

static gint64
used_cpu (void)
{
  struct rusage used;

  getrusage (RUSAGE_SELF, &used);
  return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * G_USEC_PER_SEC + used.ru_utime.tv_usec +
         used.ru_stime.tv_usec;
}

static guint64
clean (const gchar *dir)
{
  g_autoptr (GDir) entries = g_dir_open (dir, 0, NULL);
  const gchar *name;
  guint64 octets = 0;

  while ((name = g_dir_read_name (entries))) {
    g_autofree gchar *path = g_build_filename (dir, name, NULL);
    GStatBuf info;

    octets += g_stat (path, &info) == 0 ? info.st_size : 0;
    g_remove (path);
  }
  g_rmdir (dir);
  return octets;
}

/* Starts the sender for the calls, and returns its output when it is ready to send. */
static GDataInputStream *
start_sender (const Call *calls)
{
  g_autofree gchar *seconds = g_strdup_printf ("--seconds=%d", n_seconds);
  const gchar *argv[] = {"/proc/self/exe", "--send", seconds, NULL};
  GSubprocess *process = g_subprocess_newv (
      argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL);
  GOutputStream *in = g_subprocess_get_stdin_pipe (process);
  GDataInputStream *out = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  g_autofree gchar *ready = NULL;

  for (gint i = 0; i < n_calls * KINDS; i++)
    g_output_stream_printf (in, NULL, NULL, NULL, "%u ",
                            caller_port (calls[i / KINDS].caller, i % KINDS));
  g_output_stream_printf (in, NULL, NULL, NULL, "0\n");
  g_output_stream_flush (in, NULL, NULL);
  ready = g_data_input_stream_read_line (out, NULL, NULL, NULL);
  return out;
}

/* Returns FALSE if something is missing. */
static gboolean
tell (Call *calls, const gchar *counts, gint64 time, gint64 cpu, const gchar *dir)
{
  static const gchar *const names[KINDS] = {"first voice", "second voice", "camera", "screen"};
  guint64 packets = 0, lost = 0;
  gboolean whole = TRUE;
  gchar *rest = (gchar *)counts;

  for (gint i = 0; i < n_calls; i++)
    lost += end_call (&calls[i]);
  for (guint i = 0; i < KINDS; i++) {
    guint64 sent = g_ascii_strtoull (rest, &rest, 10);
    guint64 units = g_ascii_strtoull (rest, &rest, 10), came = 0;

    for (gint j = 0; j < n_calls; j++)
      came += calls[j].units[i];
    packets += sent;
    whole = whole && came == units;
    printf ("%-12s %7" G_GUINT64_FORMAT " packets, %6" G_GUINT64_FORMAT " of %6" G_GUINT64_FORMAT
            " %s recorded\n",
            names[i], sent, came, units, i < 2 ? "packets" : "pictures");
  }
  printf ("%d calls of %d s: %" G_GUINT64_FORMAT " packets, %" G_GUINT64_FORMAT
          " lost, %s refused by the sender's kernel; %.1f MB written\n",
          n_calls, n_seconds, packets, lost, g_strstrip (rest), clean (dir) / 1e6);
  printf ("CPU: %.1f %% of a core, %.2f us a packet\n", 100.0 * cpu / time, (gdouble)cpu / packets);
  return whole && lost == 0 && packets > 0;
}

static gboolean
run (void)
{
  g_autofree gchar *dir = g_dir_make_tmp ("siprec-bench-XXXXXX", NULL), *counts = NULL;
  g_autofree Call *calls = g_new0 (Call, n_calls);
  g_autoptr (GDataInputStream) sender = NULL;
  gint64 time, cpu;

  for (gint i = 0; i < n_calls; i++) {
    if (!start_call (&calls[i], dir, i))
      return FALSE;
  }
  sender = start_sender (calls);
  time = g_get_monotonic_time ();
  cpu = used_cpu ();
  counts = g_data_input_stream_read_line (sender, NULL, NULL, NULL);
  time = g_get_monotonic_time () - time;
  cpu = used_cpu () - cpu;
  /* What waits for its turn, or a later packet, comes within the latency. */
  g_usleep (G_USEC_PER_SEC);
  return counts && tell (calls, counts, time, cpu, dir);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("- calls with video, recorded");

  g_option_context_add_main_entries (context, options, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, NULL) || n_calls < 1 || n_seconds < 1)
    return 2;
  return sending ? run_sender () : !run ();
}
