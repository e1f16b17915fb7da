/* Those who are told what is wrong with an endpoint's security
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "warnings.h"

/* Lives while it is being called. */
typedef struct {
  SiprecGuardWarning warning;
  gpointer user_data;
  GDestroyNotify destroy;
  gint ref_count;
} Watcher;

struct _SiprecWarnings {
  GMutex lock; /* guards the list; a leaf */
  GList *watchers;
};

SiprecWarnings *
siprec_warnings_new (void)
{
  SiprecWarnings *warnings = g_new0 (SiprecWarnings, 1);

  g_mutex_init (&warnings->lock);
  return warnings;
}

static void
watcher_unref (gpointer data)
{
  Watcher *watcher = data;

  if (!g_atomic_int_dec_and_test (&watcher->ref_count))
    return;
  if (watcher->destroy)
    watcher->destroy (watcher->user_data);
  g_free (watcher);
}

void
siprec_warnings_free (SiprecWarnings *warnings)
{
  g_list_free_full (warnings->watchers, watcher_unref);
  g_mutex_clear (&warnings->lock);
  g_free (warnings);
}

void
siprec_warnings_add (SiprecWarnings *warnings, SiprecGuardWarning warning, gpointer user_data,
                     GDestroyNotify destroy)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&warnings->lock);
  Watcher *watcher = g_new (Watcher, 1);

  *watcher = (Watcher){warning, user_data, destroy, 1};
  warnings->watchers = g_list_append (warnings->watchers, watcher);
}

void
siprec_warnings_remove (SiprecWarnings *warnings, gpointer user_data)
{
  Watcher *found = NULL;

  g_mutex_lock (&warnings->lock);
  for (GList *item = warnings->watchers; item && !found; item = item->next)
    if (((Watcher *)item->data)->user_data == user_data)
      found = item->data;
  warnings->watchers = g_list_remove (warnings->watchers, found);
  g_mutex_unlock (&warnings->lock);
  if (found)
    watcher_unref (found);
}

static gpointer
watcher_ref (gconstpointer watcher, gpointer data)
{
  g_atomic_int_inc (&((Watcher *)watcher)->ref_count);
  return (gpointer)watcher;
}

void
siprec_warnings_say (SiprecWarnings *warnings, const gchar *text)
{
  GList *watchers;

  g_mutex_lock (&warnings->lock);
  watchers = g_list_copy_deep (warnings->watchers, watcher_ref, NULL);
  g_mutex_unlock (&warnings->lock);
  for (GList *item = watchers; item; item = item->next) {
    Watcher *watcher = item->data;

    watcher->warning (text, watcher->user_data);
  }
  g_list_free_full (watchers, watcher_unref);
}
