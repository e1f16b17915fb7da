/* Whom a limit is for
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source.h"

#include <arpa/inet.h>
#include <string.h>

#define NETWORK_BYTES 8

gchar *
siprec_source_of (const gchar *address)
{
  struct in6_addr in6;
  gchar text[INET6_ADDRSTRLEN];
  gsize length = strcspn (address, "%"); /* a link's name may follow */
  g_autofree gchar *plain = g_strndup (address, length);

  if (!strchr (plain, ':') || inet_pton (AF_INET6, plain, &in6) != 1)
    return g_strdup (address);
  if (IN6_IS_ADDR_V4MAPPED (&in6)) {
    inet_ntop (AF_INET, in6.s6_addr + 12, text, sizeof text);
    return g_strdup (text);
  }
  memset (in6.s6_addr + NETWORK_BYTES, 0, sizeof in6 - NETWORK_BYTES);
  inet_ntop (AF_INET6, &in6, text, sizeof text);
  return g_strconcat (text, "/64", NULL);
}
