/* Addresses as text, and which of them are the same.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address.h"

#include <arpa/inet.h>
#include <string.h>

gboolean
siprec_address_set (SiprecAddress *address, const gchar *text, guint16 port)
{
  *address = (SiprecAddress){0};
  if (!text)
    return FALSE;
  if (inet_pton (AF_INET, text, &address->in.sin_addr) == 1) {
    if (address->in.sin_addr.s_addr == INADDR_ANY)
      return FALSE;
    address->in.sin_port = htons (port);
    address->in.sin_family = AF_INET;
    return TRUE;
  }
  if (inet_pton (AF_INET6, text, &address->in6.sin6_addr) != 1 ||
      IN6_IS_ADDR_UNSPECIFIED (&address->in6.sin6_addr)) {
    *address = (SiprecAddress){0};
    return FALSE;
  }
  address->in6.sin6_port = htons (port);
  address->in6.sin6_family = AF_INET6;
  return TRUE;
}

gchar *
siprec_address_to_text (const SiprecAddress *address)
{
  gchar text[INET6_ADDRSTRLEN];

  if (address->any.sa_family == AF_INET &&
      inet_ntop (AF_INET, &address->in.sin_addr, text, sizeof (text)))
    return g_strdup_printf ("%s:%u", text, ntohs (address->in.sin_port));
  if (address->any.sa_family != AF_INET6)
    return NULL;
  if (IN6_IS_ADDR_V4MAPPED (&address->in6.sin6_addr) &&
      inet_ntop (AF_INET, &address->in6.sin6_addr.s6_addr[12], text, sizeof (text)))
    return g_strdup_printf ("%s:%u", text, ntohs (address->in6.sin6_port));
  if (inet_ntop (AF_INET6, &address->in6.sin6_addr, text, sizeof (text)))
    return g_strdup_printf ("[%s]:%u", text, ntohs (address->in6.sin6_port));
  return NULL;
}

/* The sixteen octets of an IPv6 address; IPv4 is mapped, as a socket for both shows it. */
static void
get_octets (const SiprecAddress *address, guint8 *octets)
{
  if (address->any.sa_family == AF_INET6) {
    memcpy (octets, &address->in6.sin6_addr, 16);
    return;
  }
  memset (octets, 0, 10);
  memset (octets + 10, 0xff, 2);
  memcpy (octets + 12, &address->in.sin_addr, 4);
}

gboolean
siprec_address_same_host (const SiprecAddress *a, const SiprecAddress *b)
{
  guint8 octets[2][16];

  if (a->any.sa_family == AF_UNSPEC || b->any.sa_family == AF_UNSPEC)
    return FALSE;
  get_octets (a, octets[0]);
  get_octets (b, octets[1]);
  return memcmp (octets[0], octets[1], sizeof (octets[0])) == 0;
}

gboolean
siprec_address_equal (const SiprecAddress *a, const SiprecAddress *b)
{
  /* The port is at the same place in both kinds. */
  return siprec_address_same_host (a, b) && a->in.sin_port == b->in.sin_port;
}

gboolean
siprec_address_is_private (const SiprecAddress *address)
{
  guint32 v4 = ntohl (address->in.sin_addr.s_addr);

  if (address->any.sa_family == AF_INET6)
    return (address->in6.sin6_addr.s6_addr[0] & 0xfe) == 0xfc ||
           IN6_IS_ADDR_LINKLOCAL (&address->in6.sin6_addr);
  return v4 >> 24 == 10 || v4 >> 20 == 0xac1 || v4 >> 16 == 0xc0a8 || v4 >> 16 == 0xa9fe ||
         v4 >> 22 == 0x191; /* 100.64/10 */
}
