/* The benchmark of rtpengine: calls of two parties that it records into pcap files and doesn't forward.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#include "bench.h"
#include "tests/support/rtpengine.h"

/* What a packet takes in a pcap file, after the file's header. */
#define PCAP_HEADER 24
#define PCAP_PACKET (16 + 20 + 8 + LOAD_RTP_HEADER + LOAD_AUDIO_PAYLOAD)

/* The parties' own port; nothing is sent there. */
#define PARTY_PORT 9

static Rtpengine engine;

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

  rtpengine_add (command, "command", answer ? "answer" : "offer");
  rtpengine_add (command, "call-id", call_id);
  rtpengine_add (command, "from-tag", "a");
  if (answer)
    rtpengine_add (command, "to-tag", "b");
  rtpengine_add (command, "ICE", "remove");
  rtpengine_add (command, "record call", "yes");
  rtpengine_add (command, "sdp", sdp);
  reply = rtpengine_ask (&engine, command->str);
  line = reply ? strstr (reply, "m=audio ") : NULL;
  return line ? (guint16)g_ascii_strtoull (line + 8, NULL, 10) : 0;
}

static void
command_call (const gchar *name, guint call)
{
  g_autoptr (GString) command = g_string_new (NULL);
  g_autofree gchar *call_id = g_strdup_printf ("call-%u", call);
  g_autofree gchar *reply = NULL;

  rtpengine_add (command, "command", name);
  rtpengine_add (command, "call-id", call_id);
  if (g_str_equal (name, "delete"))
    rtpengine_add (command, "from-tag", "a");
  reply = rtpengine_ask (&engine, command->str);
}

static gboolean
open_rtpengine (const Load *load, guint16 *ports)
{
  g_autofree gchar *where = g_strdup_printf ("--recording-dir=%s", load->dir);
  const gchar *options[] = {"--delete-delay=0", "--recording-method=pcap", "--recording-format=raw",
                            where, NULL};

  if (!rtpengine_start (&engine, options))
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
  kill (engine.pid, SIGKILL);
  return sent - MIN (sent, packets);
}

static GPid
get_pid (void)
{
  return engine.pid;
}

const Receiver bench_rtpengine = {
    .open = open_rtpengine, .count = count, .lost = lost, .pid = get_pid};
