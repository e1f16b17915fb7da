/* rtp-play: sends WAV files and tones as RTP, several streams from one process, with exact pacing.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include <gio/gio.h>

#include "schedule.h"

/* NTP counts from 1900, Unix from 1970. */
#define NTP_OFFSET 2208988800u

/* Time to get ready before the first packet. */
#define LEAD_TIME (50 * G_GINT64_CONSTANT (1000000))

#define USAGE                                                                                      \
  "A stream is a list of key=value:\n"                                                             \
  "  dest=ADDRESS:PORT  where to (needed)      from=ADDRESS:PORT  local address\n"                 \
  "  wav=FILE | tone=HZ what (tone=0: silence) codec=NAME  PCMU, PCMA, G722, OPUS, L16, GSM,\n"    \
  "                                            AMR, AMR-WB, G726-32\n"                             \
  "  offset=S           begin so much later    duration=S  at most so long\n"                      \
  "  ptime=MS pt=N ssrc=N seq=N timestamp=N    of the RTP packets\n"                               \
  "  pause=FROM-TO      no packets, but the timestamps go on\n"                                    \
  "  loss=% duplicate=% reorder=% jitter=MS  faults, the same ones for the same --seed\n"          \
  "  drift=PPM          the clock of the sender is slow by so much\n"                              \
  "  dtmf=DIGITS@S      RFC 4733 events, dtmf-pt=N\n"                                              \
  "  rtcp rtcp-mux cname=TEXT  sender reports\n"                                                   \
  "At the end it prints one line of JSON for each stream."

typedef struct {
  StreamOptions options;
  StreamCounts counts;
  Track *track;
  GSocket *socket;
  GSocketAddress *rtp_address, *rtcp_address;
  guint sent, failed;
  guint64 octets;
  gint64 first_realtime; /* ns */
  gint64 latest;         /* the most that a packet was late, ns */
} Stream;

static gchar **stream_texts;
static gdouble default_duration = 10;
static gboolean default_rtcp;
static gdouble default_loss;
static gint seed = 1;

static const GOptionEntry entries[] = {
    {"stream", 's', 0, G_OPTION_ARG_STRING_ARRAY, &stream_texts, "A stream; repeat for more",
     "LIST"},
    {"duration", 'd', 0, G_OPTION_ARG_DOUBLE, &default_duration, "Of streams without one (10)",
     "S"},
    {"rtcp", 0, 0, G_OPTION_ARG_NONE, &default_rtcp, "Sender reports for all streams", NULL},
    {"loss", 0, 0, G_OPTION_ARG_DOUBLE, &default_loss, "Share lost of all streams", "%"},
    {"seed", 0, 0, G_OPTION_ARG_INT, &seed, "Of the random faults (1)", "N"},
    {NULL},
};

static volatile sig_atomic_t stopped;

static void
stop (int signal_number)
{
  stopped = 1;
}

static gint64
get_time (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (gint64)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* FALSE if a signal came. */
static gboolean
sleep_until (gint64 time)
{
  struct timespec until = {time / 1000000000, time % 1000000000};

  while (clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR && !stopped)
    ;
  return !stopped;
}

/* "1.2.3.4:5" or "[::1]:5" */
static GSocketAddress *
parse_address (const gchar *text, gint port_offset, GError **error)
{
  g_autofree gchar *host = g_strdup (text);
  gchar *colon = strrchr (host, ':');
  GSocketAddress *address = NULL;

  if (colon) {
    *colon = '\0';
    if (host[0] == '[' && colon[-1] == ']') {
      colon[-1] = '\0';
      memmove (host, host + 1, strlen (host));
    }
    address = g_inet_socket_address_new_from_string (
        host, (guint)g_ascii_strtoull (colon + 1, NULL, 10) + port_offset);
  }
  if (!address)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "\"%s\" is not ADDRESS:PORT.",
                 text);
  return address;
}

static gboolean
open_socket (Stream *stream, GError **error)
{
  const StreamOptions *options = &stream->options;
  g_autoptr (GSocketAddress) local = NULL;

  stream->rtp_address = parse_address (options->dest, 0, error);
  if (!stream->rtp_address)
    return FALSE;
  stream->rtcp_address = parse_address (options->dest, options->rtcp_mux ? 0 : 1, error);
  if (!stream->rtcp_address)
    return FALSE;
  stream->socket = g_socket_new (g_socket_address_get_family (stream->rtp_address),
                                 G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error);
  if (!stream->socket)
    return FALSE;
  if (!options->from)
    return TRUE;
  local = parse_address (options->from, 0, error);
  return local && g_socket_bind (stream->socket, local, TRUE, error);
}

static gboolean
open_stream (Stream *stream, guint index, const gchar *text, GError **error)
{
  StreamOptions *options = &stream->options;

  options->tone = 440;
  options->duration = default_duration;
  options->ptime = 20;
  options->pt = -1;
  options->dtmf_pt = 101;
  options->ssrc = g_random_int ();
  options->seq = 1000;
  options->timestamp = 160000;
  options->rtcp = default_rtcp;
  options->loss = default_loss / 100;
  if (!stream_options_parse (options, text, error) || !open_socket (stream, error))
    return FALSE;
  stream->track = track_new (options->wav, options->tone, options->codec, options->ptime,
                             options->duration, error);
  return stream->track != NULL;
}

static void
clear_stream (gpointer data)
{
  Stream *stream = data;

  stream_options_clear (&stream->options);
  g_clear_pointer (&stream->track, track_free);
  g_clear_object (&stream->socket);
  g_clear_object (&stream->rtp_address);
  g_clear_object (&stream->rtcp_address);
}

/* A compound of sender report and CNAME (RFC 3550 sections 6.4.1 and 6.5), and BYE for the end. */
static void
send_report (Stream *stream, gint64 start, gboolean bye)
{
  const StreamOptions *options = &stream->options;
  const gchar *cname = options->cname ? options->cname : "rtp-play@localhost";
  gint64 realtime = get_time (CLOCK_REALTIME);
  gdouble media_time = (get_time (CLOCK_MONOTONIC) - start) / 1e9 - options->offset;
  gsize cname_size = MIN (strlen (cname), 255);
  gsize chunk_size = (4 + 2 + cname_size + 1 + 3) / 4 * 4;
  guint8 data[400] = {0x80, 200, 0, 6};
  gsize size = 28;

  media_time /= 1 + options->drift * 1e-6;
  GST_WRITE_UINT32_BE (data + 4, options->ssrc);
  GST_WRITE_UINT32_BE (data + 8, (guint32)(realtime / 1000000000 + NTP_OFFSET));
  GST_WRITE_UINT32_BE (data + 12, (guint32)(((realtime % 1000000000) << 32) / 1000000000));
  GST_WRITE_UINT32_BE (
      data + 16, (guint32)(options->timestamp + (gint64)(media_time * stream->track->clock_rate)));
  GST_WRITE_UINT32_BE (data + 20, stream->sent);
  GST_WRITE_UINT32_BE (data + 24, (guint32)stream->octets);

  data[size] = 0x81;
  data[size + 1] = 202;
  GST_WRITE_UINT16_BE (data + size + 2, (guint16)(chunk_size / 4));
  GST_WRITE_UINT32_BE (data + size + 4, options->ssrc);
  data[size + 8] = 1;
  data[size + 9] = (guint8)cname_size;
  memcpy (data + size + 10, cname, cname_size);
  size += 4 + chunk_size;
  if (bye) {
    data[size] = 0x81;
    data[size + 1] = 203;
    data[size + 3] = 1;
    GST_WRITE_UINT32_BE (data + size + 4, options->ssrc);
    size += 8;
  }
  g_socket_send_to (stream->socket, stream->rtcp_address, (const gchar *)data, size, NULL, NULL);
}

static void
send_packet (Stream *stream, GBytes *datagram, gint64 due)
{
  gsize size;
  const gchar *data = g_bytes_get_data (datagram, &size);
  gint64 late = get_time (CLOCK_MONOTONIC) - due;

  if (stream->sent == 0)
    stream->first_realtime = get_time (CLOCK_REALTIME);
  stream->latest = MAX (stream->latest, late);
  /* A refused port (ICMP) is told at the next packet; the stream goes on all the same. */
  if (g_socket_send_to (stream->socket, stream->rtp_address, data, size, NULL, NULL) < 0)
    stream->failed++;
  stream->sent++;
  stream->octets += size - 12;
}

static void
play (GArray *streams, GArray *shots)
{
  gint64 start = get_time (CLOCK_MONOTONIC) + LEAD_TIME;

  for (guint i = 0; i < shots->len; i++) {
    const Shot *shot = &g_array_index (shots, Shot, i);
    Stream *stream = &g_array_index (streams, Stream, shot->stream);

    if (!sleep_until (start + shot->time))
      break;
    if (shot->datagram) {
      send_packet (stream, shot->datagram, start + shot->time);
    } else {
      send_report (stream, start, FALSE);
    }
  }
  for (guint i = 0; i < streams->len; i++) {
    Stream *stream = &g_array_index (streams, Stream, i);

    if (stream->options.rtcp)
      send_report (stream, start, TRUE);
  }
}

static void
print_stream (const Stream *stream, guint index)
{
  const StreamOptions *options = &stream->options;

  g_print ("{\"stream\":%u,\"dest\":\"%s\",\"codec\":\"%s\",\"pt\":%u,\"ssrc\":%u,"
           "\"sent\":%u,\"failed\":%u,\"dropped\":%u,\"duplicated\":%u,\"reordered\":%u,"
           "\"octets\":%" G_GUINT64_FORMAT ",\"first_realtime\":%" G_GINT64_FORMAT
           ".%09d,\"latest_ms\":%.3f}\n",
           index, options->dest, options->codec, options->pt >= 0 ? options->pt : stream->track->pt,
           options->ssrc, stream->sent, stream->failed, stream->counts.dropped,
           stream->counts.duplicated, stream->counts.reordered, stream->octets,
           stream->first_realtime / 1000000000, (gint)(stream->first_realtime % 1000000000),
           stream->latest / 1e6);
}

static gboolean
run (GError **error)
{
  g_autoptr (GArray) streams = g_array_new (FALSE, TRUE, sizeof (Stream));
  g_autoptr (GArray) shots = schedule_new ();
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32)seed);

  g_array_set_clear_func (streams, clear_stream);
  g_array_set_size (streams, g_strv_length (stream_texts));
  for (guint i = 0; i < streams->len; i++) {
    Stream *stream = &g_array_index (streams, Stream, i);

    if (!open_stream (stream, i, stream_texts[i], error))
      return FALSE;
    schedule_add (shots, i, &stream->options, stream->track, random, &stream->counts);
  }
  schedule_sort (shots);
  play (streams, shots);
  for (guint i = 0; i < streams->len; i++)
    print_stream (&g_array_index (streams, Stream, i), i);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("- send audio as RTP");
  g_autoptr (GError) error = NULL;
  struct sigaction action = {.sa_handler = stop};

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  g_option_context_set_description (context, USAGE);
  if (g_option_context_parse (context, &argc, &argv, &error) && !stream_texts)
    g_set_error (&error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "There is no --stream.");
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  if (error || !run (&error)) {
    g_printerr ("rtp-play: %s\n", error->message);
    return 2;
  }
  g_strfreev (stream_texts);
  return 0;
}
