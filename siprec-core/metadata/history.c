/* siprec-core: intervals of associations
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "history.h"

/* Who comes and goes more often has no use for its beginnings. */
#define MAX_HISTORY 256

static void
interval_free (gpointer data)
{
  SiprecInterval *interval = data;

  g_free (interval->begin);
  g_free (interval->end);
  g_free (interval);
}

GPtrArray *
siprec_history_new (void)
{
  return g_ptr_array_new_with_free_func (interval_free);
}

static void
append (GPtrArray *history, const gchar *begin, const gchar *end)
{
  SiprecInterval *interval = g_new0 (SiprecInterval, 1);

  interval->begin = g_strdup (begin);
  interval->end = g_strdup (end);
  g_ptr_array_add (history, interval);
}

GPtrArray *
siprec_history_copy (const GPtrArray *history)
{
  GPtrArray *copy = siprec_history_new ();

  for (guint i = 0; i < history->len; i++) {
    const SiprecInterval *interval = g_ptr_array_index (history, i);

    append (copy, interval->begin, interval->end);
  }
  return copy;
}

void
siprec_history_add (GPtrArray *history, const gchar *begin, const gchar *end)
{
  for (guint i = 0; i < history->len; i++) {
    const SiprecInterval *interval = g_ptr_array_index (history, i);

    if (g_strcmp0 (interval->begin, begin) == 0 && g_strcmp0 (interval->end, end) == 0)
      return;
  }
  if (history->len >= MAX_HISTORY)
    g_ptr_array_remove_index (history, 0);
  append (history, begin, end);
}

void
siprec_history_keep (GPtrArray **history, const gchar *begin, const GPtrArray *known,
                     const gchar *known_begin, const gchar *known_end)
{
  g_autoptr (GPtrArray) said = *history;

  *history = siprec_history_copy (known);
  if (known_end && begin && g_strcmp0 (known_begin, begin) != 0)
    siprec_history_add (*history, known_begin, known_end);
  for (guint i = 0; i < said->len; i++) {
    const SiprecInterval *interval = g_ptr_array_index (said, i);

    siprec_history_add (*history, interval->begin, interval->end);
  }
}

static void
replace (gchar **to, const gchar *value)
{
  if (!value)
    return;
  g_free (*to);
  *to = g_strdup (value);
}

void
siprec_history_update (GPtrArray *history, gchar **begin, gchar **end, const gchar *new_begin,
                       const gchar *new_end)
{
  if (new_begin && g_strcmp0 (*begin, new_begin) != 0) {
    if (history && *end)
      siprec_history_add (history, *begin, *end);
    g_clear_pointer (end, g_free);
  }
  replace (begin, new_begin);
  replace (end, new_end);
}

void
siprec_history_merge (GPtrArray *history, gchar **begin, gchar **end, const GPtrArray *past,
                      const gchar *new_begin, const gchar *new_end)
{
  const SiprecInterval *first = past->len > 0 ? g_ptr_array_index (past, 0) : NULL;
  gboolean ends = first && !first->begin && *begin && !*end;

  if (ends)
    *end = g_strdup (first->end);
  if (new_begin && *end && g_strcmp0 (*begin, new_begin) != 0) {
    siprec_history_add (history, *begin, *end);
    g_clear_pointer (begin, g_free);
    g_clear_pointer (end, g_free);
  }
  for (guint i = ends ? 1 : 0; i < past->len; i++) {
    const SiprecInterval *interval = g_ptr_array_index (past, i);

    siprec_history_add (history, interval->begin, interval->end);
  }
  siprec_history_update (history, begin, end, new_begin, new_end);
}
