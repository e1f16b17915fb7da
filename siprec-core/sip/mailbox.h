/* siprec-core: what other threads want to be done in the SIP thread
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "agent.h"
#include "sofia.h"

G_BEGIN_DECLS

/* Functions without a remark are for any thread. */
typedef struct _SiprecMailbox SiprecMailbox;

/* @agent: what the functions invoked are called with. */
SiprecMailbox *siprec_mailbox_new (SiprecAgent *agent);

/* When its thread has ended. */
void siprec_mailbox_free (SiprecMailbox *mailbox);

/* See siprec_agent_invoke(). */
void siprec_mailbox_invoke (SiprecMailbox *mailbox, SiprecAgentFunc func, gpointer user_data,
                            GDestroyNotify destroy);

/* Makes siprec_mailbox_run() return soon; nothing is taken any more. */
void siprec_mailbox_stop (SiprecMailbox *mailbox);

/* Runs @loop, nullable, and in it what is invoked, until siprec_mailbox_stop(). What is left then is dropped. In the SIP
 * thread, once. */
void siprec_mailbox_run (SiprecMailbox *mailbox, su_root_t *loop);

G_END_DECLS
