/* What a program takes of the machine.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "footprint.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include <gio/gio.h>

/* How many entries @folder has. */
static guint
count_entries (const gchar *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  return n;
}

guint
footprint_open_files (void)
{
  return count_entries ("/proc/self/fd");
}

guint
footprint_threads (void)
{
  return count_entries ("/proc/self/task");
}

gsize
footprint_resident (void)
{
  g_autofree gchar *status = NULL;
  const gchar *line;

  g_file_get_contents ("/proc/self/status", &status, NULL, NULL);
  line = status ? strstr (status, "VmRSS:") : NULL;
  return line ? g_ascii_strtoull (line + strlen ("VmRSS:") + strspn (line + 6, " \t"), NULL, 10)
              : 0;
}

/* "127.0.0.1:5060", or "-" for none. */
static gchar *
name_end (gint fd, int (*get_name) (int, struct sockaddr *, socklen_t *))
{
  struct sockaddr_storage name;
  socklen_t length = sizeof name;
  g_autoptr (GSocketAddress) address = NULL;

  if (get_name (fd, (struct sockaddr *)&name, &length) != 0)
    return g_strdup ("-");
  address = g_socket_address_new_from_native (&name, length);
  return G_IS_INET_SOCKET_ADDRESS (address)
             ? g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address))
             : g_strdup ("-");
}

void
footprint_print_files (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename ("/proc/self/fd", name, NULL);
    g_autofree gchar *target = g_file_read_link (path, NULL);
    gint fd = (gint)g_ascii_strtoll (name, NULL, 10);
    g_autofree gchar *local = name_end (fd, getsockname);
    g_autofree gchar *remote = name_end (fd, getpeername);
    struct tcp_info info = {0};
    socklen_t length = sizeof info;

    getsockopt (fd, IPPROTO_TCP, TCP_INFO, &info, &length);
    g_printerr ("%s %s %s %s, TCP state %u\n", name, target, local, remote, info.tcpi_state);
  }
}
