/* siprec-core: a network address
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <netinet/in.h>

#include <glib.h>

#include "../api.h"

G_BEGIN_DECLS

/* An IPv4 or IPv6 address and port. */
typedef union {
  struct sockaddr any;
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
} SiprecAddress;

/* Numeric @address and @port as an address; FALSE, and AF_UNSPEC, if it is none or the unspecified one. */
SIPREC_API gboolean siprec_address_set (SiprecAddress *address, const gchar *text, guint16 port);

/* "192.0.2.1:5004" or "[2001:db8::1]:5004", or NULL. */
SIPREC_API gchar *siprec_address_to_text (const SiprecAddress *address);

/* Whether it says nothing outside of its own network. */
gboolean siprec_address_is_private (const SiprecAddress *address);

/* Whether both are of the same host; IPv4 and IPv4 mapped into IPv6 are. Never for AF_UNSPEC. */
gboolean siprec_address_same_host (const SiprecAddress *a, const SiprecAddress *b);

/* The same host and port. */
SIPREC_API gboolean siprec_address_equal (const SiprecAddress *a, const SiprecAddress *b);

G_END_DECLS
