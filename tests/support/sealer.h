/* Protects RTP and RTCP as a client does, with libsrtp2, so that our own code isn't tested against itself.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "siprec-core/srtp/keying.h"

/* What a sealed packet may be longer by. */
#define SEALER_OVERHEAD 148

typedef struct _Sealer Sealer;

/* The side that sends with @keying; with @receive the one that gets such packets. */
Sealer *sealer_new (const SiprecKeying *keying, gboolean receive);
void sealer_free (Sealer *sealer);

/* Which of several keys is used from now on. */
void sealer_set_key (Sealer *sealer, guint key);

/* In place; @data has room for SEALER_OVERHEAD more. Returns the new size, 0 if it failed. */
gsize sealer_seal (Sealer *sealer, guint8 *data, gsize size);
gsize sealer_seal_rtcp (Sealer *sealer, guint8 *data, gsize size);

/* The reverse. */
gsize sealer_open_rtcp (Sealer *sealer, guint8 *data, gsize size);

/* Sets the roll-over counter of what comes next from @ssrc. */
void sealer_set_roc (Sealer *sealer, guint32 ssrc, guint32 roc);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sealer, sealer_free)
