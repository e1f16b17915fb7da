/* siprec-core: how often each source may do something
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../api.h"

G_BEGIN_DECLS

/**
 * SiprecRate:
 *
 * A token bucket for each address. What it remembers is bounded. For one thread.
 */
typedef struct _SiprecRate SiprecRate;

/* @burst times at once, and after that @per_second times a second. */
SIPREC_API SiprecRate *siprec_rate_new (guint burst, gdouble per_second);
SIPREC_API void siprec_rate_free (SiprecRate *rate);

/* TRUE if @address may once more, without it counting. @now: monotonic, in us. */
SIPREC_API gboolean siprec_rate_may (SiprecRate *rate, const gchar *address, gint64 now);

/* The same, and it counts. */
SIPREC_API gboolean siprec_rate_take (SiprecRate *rate, const gchar *address, gint64 now);

G_END_DECLS
