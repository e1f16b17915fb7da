/* Notes that live as long as a server transaction of sofia's
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inflight.h"

/* Key -> number of transactions that have it. One table a thread, since sofia's parser, from which
 * it is asked, has no context. */
static GPrivate book = G_PRIVATE_INIT ((GDestroyNotify)g_hash_table_unref);

/* Lives in the memory of the request, which sofia frees with the transaction. */
typedef struct {
  su_home_t home[1];
  gchar *key;
} Note;

static GHashTable *
table (void)
{
  GHashTable *table = g_private_get (&book);

  if (!table) {
    table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_private_set (&book, table);
  }
  return table;
}

static void
change (const gchar *key, gint by)
{
  gint count = GPOINTER_TO_INT (g_hash_table_lookup (table (), key)) + by;

  if (count > 0)
    g_hash_table_insert (table (), g_strdup (key), GINT_TO_POINTER (count));
  else
    g_hash_table_remove (table (), key);
}

static void
note_deinit (void *data)
{
  Note *note = data;

  change (note->key, -1);
  g_free (note->key);
}

void
siprec_inflight_add (nta_incoming_t *irq, const gchar *key)
{
  msg_t *msg = nta_incoming_getrequest (irq);
  Note *note = su_home_clone (msg_home (msg), sizeof *note);

  note->key = g_strdup (key);
  su_home_destructor (note->home, note_deinit);
  change (key, 1);
  msg_destroy (msg);
}

gboolean
siprec_inflight_has (const gchar *key)
{
  return g_hash_table_contains (table (), key);
}
