/* siprec-core: what must not reach sofia's transaction layer
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sofia.h"

G_BEGIN_DECLS

/* For the headers of a message, which else are allocated one by one. */
#define SIPREC_PRELOADED_BYTES 1536

/* sofia's SIP parser with our checks in it. For all agents of the process; never freed. */
const msg_mclass_t *siprec_screen_parser (void);

/* Drops every ACK for @irq from now on, for as long as sofia keeps it. To be called in the agent's
 * thread when the final response to an INVITE could not be sent. */
void siprec_screen_forbid_ack (nta_incoming_t *irq);

/* A 2xx to the INVITE has been sent: a CANCEL for it is too late as long as the transaction lives. */
void siprec_screen_expect_late_cancel (nta_incoming_t *irq);

/* TRUE for a CANCEL of such an INVITE. */
gboolean siprec_screen_is_late_cancel (const sip_t *sip);

G_END_DECLS
