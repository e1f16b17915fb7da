/* siprec-core: those who connect to the port of a front that is for the stack only
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "front-private.h"

G_BEGIN_DECLS

/* Takes those who have connected to the inner port. */
void siprec_strangers_accept (SiprecFront *front);

/* @stranger has something to say: if that names a connection which waits for the stack he is given to it, else he is cut off. */
void siprec_stranger_hear (SiprecFront *front, gpointer stranger);

/* A connection of the stack is over: it is told so, and if it doesn't close its end, as it doesn't once it has given up reading
 * a message, it is cut off. Takes @stack. */
void siprec_strangers_see_off (SiprecFront *front, SiprecChannel *stack);

/* Cuts off who has said nothing for long, or doesn't leave. */
void siprec_strangers_tick (SiprecFront *front, gint64 now);

void siprec_stranger_free (gpointer stranger);

G_END_DECLS
