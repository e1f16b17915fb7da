/* siprec-core: how much waits for the SIP thread in its UDP sockets
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sofia.h"

G_BEGIN_DECLS

/* The socket of ours that is bound to @address, which sofia has opened and doesn't show. -1 if it can't be found. */
gint siprec_load_find_socket (const su_sockaddr_t *address);

/* TRUE if half of the socket's receive buffer is taken: soon it will lose datagrams. */
gboolean siprec_load_is_high (gint fd);

G_END_DECLS
