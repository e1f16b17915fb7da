/* audio-check: frequency and likeness of signals
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The frequency in Hz with the most power in @samples (element-type gfloat), 0 for silence. */
gdouble spectrum_get_frequency (GArray *samples, guint rate);

/**
 * spectrum_correlate:
 * @coefficient: (out): -1 to 1 where the two overlap at that lag
 *
 * Returns: the lag at which @samples are most like @reference, in samples: by how much they are
 * later.
 */
gssize spectrum_correlate (GArray *samples, GArray *reference, gdouble *coefficient);

G_END_DECLS
