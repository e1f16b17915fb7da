/* How far the stack has got with the messages of a connection
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "window.h"

/* All that follows is guarded by the lock, a leaf. */
static GMutex lock;
static GHashTable *windows; /* id -> SiprecWindow */

struct _SiprecWindow {
  gchar *id;
  void (*wake) (gpointer user_data);
  gpointer user_data;
  guint64 passed;
  guint64 awaited; /* 0 for nothing */
};

SiprecWindow *
siprec_window_new (const gchar *id, void (*wake) (gpointer user_data), gpointer user_data)
{
  SiprecWindow *window = g_new0 (SiprecWindow, 1);

  window->id = g_strdup (id);
  window->wake = wake;
  window->user_data = user_data;
  g_mutex_lock (&lock);
  if (!windows)
    windows = g_hash_table_new (g_str_hash, g_str_equal);
  g_hash_table_insert (windows, window->id, window);
  g_mutex_unlock (&lock);
  return window;
}

void
siprec_window_free (SiprecWindow *window)
{
  g_mutex_lock (&lock);
  g_hash_table_remove (windows, window->id);
  g_mutex_unlock (&lock);
  g_free (window->id);
  g_free (window);
}

guint64
siprec_window_passed (SiprecWindow *window)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  return window->passed;
}

gboolean
siprec_window_await (SiprecWindow *window, guint64 number)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  if (window->passed >= number)
    return FALSE;
  window->awaited = number;
  return TRUE;
}

void
siprec_window_pass (const gchar *id, guint64 number)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  SiprecWindow *window = windows ? g_hash_table_lookup (windows, id) : NULL;

  if (!window)
    return;
  window->passed = MAX (window->passed, number);
  if (window->awaited && window->passed >= window->awaited) {
    window->awaited = 0;
    window->wake (window->user_data);
  }
}
