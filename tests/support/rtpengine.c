/* Starts rtpengine and asks it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtpengine.h"

#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ATTEMPTS 50

static void
on_fork (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGTERM);
}

/* Connected to a port that nobody has. */
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
start_daemon (Rtpengine *engine, guint16 port, const gchar *const *options)
{
  static const gchar *const fixed[] = {
      "rtpengine",  "--config-file=none",    "--foreground",     "--log-stderr",    "--log-level=2",
      "--table=-1", "--interface=127.0.0.1", "--port-min=30002", "--port-max=60000"};
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < G_N_ELEMENTS (fixed); i++)
    g_ptr_array_add (argv, g_strdup (fixed[i]));
  for (; options && *options; options++)
    g_ptr_array_add (argv, g_strdup (*options));
  g_ptr_array_add (argv, g_strdup_printf ("--listen-ng=127.0.0.1:%u", port));
  g_ptr_array_add (argv, NULL);
  return g_spawn_async (NULL, (gchar **)argv->pdata, NULL,
                        G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                            G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                        on_fork, NULL, &engine->pid, NULL);
}

gboolean
rtpengine_start (Rtpengine *engine, const gchar *const *options)
{
  g_autofree gchar *program = g_find_program_in_path ("rtpengine");
  g_autofree gchar *pong = NULL;
  guint16 port;

  if (!program)
    return FALSE;
  engine->control = open_control (&port);
  if (!start_daemon (engine, port, options))
    return FALSE;
  pong = rtpengine_ask (engine, "7:command4:ping");
  return pong != NULL;
}

void
rtpengine_stop (Rtpengine *engine)
{
  close (engine->control);
  kill (engine->pid, SIGKILL);
  g_spawn_close_pid (engine->pid);
}

void
rtpengine_add (GString *command, const gchar *key, const gchar *value)
{
  g_string_append_printf (command, "%zu:%s%zu:%s", strlen (key), key, strlen (value), value);
}

gchar *
rtpengine_ask (Rtpengine *engine, const gchar *command)
{
  g_autofree gchar *text = g_strdup_printf ("%u d%se", ++engine->cookie, command);
  gchar answer[16384];

  for (guint i = 0; i < ATTEMPTS; i++) {
    gssize n;

    send (engine->control, text, strlen (text), 0);
    n = recv (engine->control, answer, sizeof (answer), 0);
    if (n > 0)
      return g_strndup (answer, (gsize)n);
    g_usleep (100000);
  }
  return NULL;
}
