/* The benchmark of rtpengine: calls of two parties that it records into pcap files and doesn't forward.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "bench.h"

/* What a packet takes in a pcap file, after the file's header. */
#define PCAP_HEADER 24
#define PCAP_PACKET (16 + 20 + 8 + LOAD_RTP_HEADER + LOAD_AUDIO_PAYLOAD)

/* The parties' own port; nothing is sent there. */
#define PARTY_PORT 9

static struct {
  GPid pid;
  gint control; /* socket of the ng protocol */
  guint cookie;
} bench;

/* So that the daemon ends with this process, however that ends. */
static void
on_fork (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGTERM);
}

static gboolean
start_daemon (const gchar *dir, guint16 port)
{
  g_autofree gchar *listen = g_strdup_printf ("--listen-ng=127.0.0.1:%u", port);
  g_autofree gchar *where = g_strdup_printf ("--recording-dir=%s", dir);
  const gchar *argv[] = {"rtpengine",
                         "--config-file=none",
                         "--foreground",
                         "--log-stderr",
                         "--log-level=2",
                         "--table=-1",
                         "--delete-delay=0",
                         "--interface=127.0.0.1",
                         "--port-min=30002",
                         "--port-max=60000",
                         "--recording-method=pcap",
                         "--recording-format=raw",
                         listen,
                         where,
                         NULL};

  return g_spawn_async (NULL, (gchar **)argv, NULL,
                        G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                            G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                        on_fork, NULL, &bench.pid, NULL);
}

/* Sends a command, a dictionary in bencoding without its "d" and "e", till it is answered for a second. */
static gchar *
ask (const gchar *command)
{
  g_autofree gchar *text = g_strdup_printf ("%u d%se", ++bench.cookie, command);
  gchar answer[8192];

  for (guint i = 0; i < 10; i++) {
    gssize n;

    send (bench.control, text, strlen (text), 0);
    n = recv (bench.control, answer, sizeof (answer) - 1, 0);
    if (n > 0)
      return g_strndup (answer, n);
    g_usleep (100000);
  }
  return NULL;
}

static void
add_entry (GString *command, const gchar *key, const gchar *value)
{
  g_string_append_printf (command, "%zu:%s%zu:%s", strlen (key), key, strlen (value), value);
}

/* An offer, or an answer if @answer; returns the port that the other party is to send to, 0 if none. */
static guint16
negotiate (guint call, gboolean answer)
{
  g_autoptr (GString) command = g_string_new (NULL);
  g_autofree gchar *call_id = g_strdup_printf ("call-%u", call);
  g_autofree gchar *sdp =
      g_strdup_printf ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                       "m=audio %u RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n",
                       PARTY_PORT);
  g_autofree gchar *reply = NULL;
  const gchar *line;

  add_entry (command, "command", answer ? "answer" : "offer");
  add_entry (command, "call-id", call_id);
  add_entry (command, "from-tag", "a");
  if (answer)
    add_entry (command, "to-tag", "b");
  add_entry (command, "ICE", "remove");
  add_entry (command, "record call", "yes");
  add_entry (command, "sdp", sdp);
  reply = ask (command->str);
  line = reply ? strstr (reply, "m=audio ") : NULL;
  return line ? (guint16)g_ascii_strtoull (line + 8, NULL, 10) : 0;
}

static void
command_call (const gchar *name, guint call)
{
  g_autoptr (GString) command = g_string_new (NULL);
  g_autofree gchar *call_id = g_strdup_printf ("call-%u", call);
  g_autofree gchar *reply = NULL;

  add_entry (command, "command", name);
  add_entry (command, "call-id", call_id);
  if (g_str_equal (name, "delete"))
    add_entry (command, "from-tag", "a");
  reply = ask (command->str);
}

static gint
open_control (guint16 *port)
{
  struct sockaddr_in address = {.sin_family = AF_INET};
  struct timeval patience = {.tv_sec = 1};
  socklen_t length = sizeof (address);
  gint probe = socket (AF_INET, SOCK_DGRAM, 0), control = socket (AF_INET, SOCK_DGRAM, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  bind (probe, (struct sockaddr *)&address, length);
  getsockname (probe, (struct sockaddr *)&address, &length);
  close (probe);
  *port = ntohs (address.sin_port);
  setsockopt (control, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof (patience));
  connect (control, (struct sockaddr *)&address, length);
  return control;
}

static gboolean
open_rtpengine (const Load *load, guint16 *ports)
{
  g_autofree gchar *program = g_find_program_in_path ("rtpengine");
  g_autofree gchar *pong = NULL;
  guint16 port;

  if (!program)
    return FALSE;
  bench.control = open_control (&port);
  if (!start_daemon (load->dir, port))
    return FALSE;
  pong = ask ("7:command4:ping");
  if (!pong)
    return FALSE;
  for (guint i = 0; i < load->streams / 2; i++) {
    ports[2 * i + 1] = negotiate (i, FALSE);
    ports[2 * i] = negotiate (i, TRUE);
    if (!ports[2 * i] || !ports[2 * i + 1])
      return FALSE;
    command_call ("block media", i);
  }
  return TRUE;
}

/* What is in the files; the daemon gathers a page before it writes. */
static guint64
count (const Load *load)
{
  g_autofree gchar *path = g_build_filename (load->dir, "pcaps", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const gchar *name;
  guint64 packets = 0;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *file = g_build_filename (path, name, NULL);
    GStatBuf info;

    if (g_stat (file, &info) == 0 && info.st_size > PCAP_HEADER)
      packets += (info.st_size - PCAP_HEADER) / PCAP_PACKET;
  }
  return packets;
}

/* At the end of the calls their files are whole. The daemon's work is done then. */
static guint64
lost (const Load *load, guint64 sent, guint64 first)
{
  guint64 packets;

  for (guint i = 0; i < load->streams / 2; i++)
    command_call ("delete", i);
  g_usleep (500000);
  packets = count (load);
  kill (bench.pid, SIGKILL);
  return sent - MIN (sent, packets);
}

static GPid
get_pid (void)
{
  return bench.pid;
}

const Receiver bench_rtpengine = {
    .open = open_rtpengine, .count = count, .lost = lost, .pid = get_pid};
