/* How much waits for the SIP thread in its UDP sockets
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

static gboolean
is_bound_to (gint fd, const su_sockaddr_t *address)
{
  su_sockaddr_t own[1] = {{0}};
  socklen_t length = sizeof own;
  gint type = 0;
  socklen_t type_length = sizeof type;

  return getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &type_length) == 0 && type == SOCK_DGRAM &&
         getsockname (fd, (struct sockaddr *)own, &length) == 0 &&
         su_cmp_sockaddr (own, address) == 0;
}

gint
siprec_load_find_socket (const su_sockaddr_t *address)
{
  g_autoptr (GDir) fds = g_dir_open ("/proc/self/fd", 0, NULL);
  const gchar *name;

  while (fds && (name = g_dir_read_name (fds))) {
    gint fd = (gint)g_ascii_strtoll (name, NULL, 10);

    if (is_bound_to (fd, address))
      return fd;
  }
  return -1;
}

gboolean
siprec_load_is_high (gint fd)
{
  guint32 memory[SK_MEMINFO_VARS] = {0};
  socklen_t length = sizeof memory;

  if (getsockopt (fd, SOL_SOCKET, SO_MEMINFO, memory, &length) != 0)
    return FALSE;
  return memory[SK_MEMINFO_RMEM_ALLOC] > memory[SK_MEMINFO_RCVBUF] / 2;
}
