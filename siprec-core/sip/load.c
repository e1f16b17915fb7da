/* How much waits for the SIP thread in its UDP sockets
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load.h"

#include <linux/sock_diag.h>
#include <sys/resource.h>
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
  struct rlimit limit = {0};

  /* Not by /proc, which need not be there. The lowest free number is what a new socket gets, so this is no long walk. */
  getrlimit (RLIMIT_NOFILE, &limit);
  for (gint fd = 0; (rlim_t)fd < MIN (limit.rlim_cur, G_MAXINT); fd++)
    if (is_bound_to (fd, address))
      return fd;
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
