/* How often a test with random input goes round.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* @n rounds, or as many fewer as the checker the test runs under (a sanitizer, valgrind) makes it slower. */
static inline guint
rounds (guint n)
{
  const gchar *slower = g_getenv ("CK_TIMEOUT_MULTIPLIER");
  guint64 factor = slower ? g_ascii_strtoull (slower, NULL, 10) : 1;

  return factor > 1 ? (guint)(n / factor) + 1 : n;
}
