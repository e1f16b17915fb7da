/* siprec-core: what the tests may do to an agent
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "agent.h"
#include "front/front.h"

G_BEGIN_DECLS

/* Shortens the transaction timeouts (T1 * 64, 32 s) so that a test needn't wait. Before start. */
SIPREC_API void siprec_agent_set_transaction_timeout (SiprecAgent *agent, guint milliseconds);

/* Other limits for stream connections. Before start. */
SIPREC_API void siprec_agent_set_limits (SiprecAgent *agent, const SiprecFrontLimits *limits);

/* How old a request may be when its turn comes, in milliseconds. In the agent's thread. */
SIPREC_API void siprec_agent_set_patience (SiprecAgent *agent, guint milliseconds);

/* Number of stream connections of peers. In the agent's thread. */
SIPREC_API guint siprec_agent_n_connections (SiprecAgent *agent);

/* The shortest session interval that is accepted, in seconds. In the agent's thread. */
SIPREC_API void siprec_agent_set_session_minimum (SiprecAgent *agent, guint seconds);

G_END_DECLS
