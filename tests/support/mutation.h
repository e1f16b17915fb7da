/* Changes of a message at random, of the kinds that parsers fall over.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Some of them, to @text, which a datagram can hold then. */
void mutation_apply (GRand *rand, GString *text);
