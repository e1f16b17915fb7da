/* What work costs, whatever else the machine does.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <time.h>

#include <glib.h>

/* CPU time that the program has used, in us. */
static inline gint64
effort (void)
{
  struct timespec used;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &used);
  return used.tv_sec * G_USEC_PER_SEC + used.tv_nsec / 1000;
}

/* Whether @lengthy, for four times as much as @brief, has grown with the length and not with its square (16 times);
 * what is done within some ms is too little to tell. */
static inline gboolean
effort_is_linear (gint64 brief, gint64 lengthy)
{
  return lengthy < 10 * brief + 10000;
}
