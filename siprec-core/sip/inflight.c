/* Notes that live as long as a server transaction of sofia's
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inflight.h"

#include <string.h>

/* A key that transactions have, and how many do. */
typedef struct {
  guint count;
  gchar key[];
} Entry;

/* Key -> Entry. One table a thread, since sofia's parser, from which it is asked, has no context. */
static GPrivate book = G_PRIVATE_INIT ((GDestroyNotify)g_hash_table_unref);

/* Lives in the memory of the request, which sofia frees with the transaction. */
typedef struct {
  su_home_t home[1];
  Entry *entry;
} Note;

static GHashTable *
table (void)
{
  GHashTable *table = g_private_get (&book);

  if (!table) {
    table = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
    g_private_set (&book, table);
  }
  return table;
}

static void
note_deinit (void *data)
{
  Note *note = data;

  if (--note->entry->count == 0)
    g_hash_table_remove (table (), note->entry->key);
}

void
siprec_inflight_add (nta_incoming_t *irq, const gchar *key)
{
  msg_t *msg = nta_incoming_getrequest (irq);
  Note *note = su_home_clone (msg_home (msg), sizeof *note);
  gsize size = strlen (key) + 1;

  note->entry = g_hash_table_lookup (table (), key);
  if (!note->entry) {
    note->entry = g_malloc0 (sizeof *note->entry + size);
    memcpy (note->entry->key, key, size);
    g_hash_table_insert (table (), note->entry->key, note->entry);
  }
  note->entry->count++;
  su_home_destructor (note->home, note_deinit);
  msg_destroy (msg);
}

gboolean
siprec_inflight_has (const gchar *key)
{
  return g_hash_table_contains (table (), key);
}
