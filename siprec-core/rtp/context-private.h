/* siprec-core: what streams want of their context
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "context.h"
#include "worker.h"

G_BEGIN_DECLS

/* The worker with the fewest streams, started if need be, now with one more. Lives as long as
 * @context. */
SiprecWorker *siprec_context_take_worker (SiprecContext *context);

G_END_DECLS
