/* Notes that live as long as a server transaction of sofia's
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inflight.h"

#include <string.h>

/* A key that transactions have, and how many do. */
typedef struct {
  SiprecInflightKey key; /* into @text */
  guint count;
  gchar text[];
} Entry;

/* Key -> Entry. One table a thread, since sofia's parser, from which it is asked, has no context. */
static GPrivate book = G_PRIVATE_INIT ((GDestroyNotify)g_hash_table_unref);

/* Lives in the memory of the request, which sofia frees with the transaction. */
typedef struct {
  su_home_t home[1];
  Entry *entry;
} Note;

static const gchar *
part (const SiprecInflightKey *key, guint i)
{
  return key->parts[i] ? key->parts[i] : "";
}

static guint
key_hash (gconstpointer data)
{
  const SiprecInflightKey *key = data;

  return g_str_hash (part (key, 0)) ^ key->number;
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  const SiprecInflightKey *one = a, *other = b;

  if (one->kind != other->kind || one->number != other->number)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (one->parts); i++)
    if (strcmp (part (one, i), part (other, i)) != 0)
      return FALSE;
  return TRUE;
}

static GHashTable *
table (void)
{
  GHashTable *table = g_private_get (&book);

  if (!table) {
    table = g_hash_table_new_full (key_hash, key_equal, NULL, g_free);
    g_private_set (&book, table);
  }
  return table;
}

static Entry *
entry_new (const SiprecInflightKey *key)
{
  gsize size = 0;
  Entry *entry;
  gchar *text;

  for (guint i = 0; i < G_N_ELEMENTS (key->parts); i++)
    size += strlen (part (key, i)) + 1;
  entry = g_malloc (sizeof *entry + size);
  *entry = (Entry){.key = *key};
  text = entry->text;
  for (guint i = 0; i < G_N_ELEMENTS (key->parts); i++) {
    entry->key.parts[i] = text;
    text = stpcpy (text, part (key, i)) + 1;
  }
  return entry;
}

static void
note_deinit (void *data)
{
  Note *note = data;

  if (--note->entry->count == 0)
    g_hash_table_remove (table (), &note->entry->key);
}

void
siprec_inflight_add (nta_incoming_t *irq, const SiprecInflightKey *key)
{
  msg_t *msg = nta_incoming_getrequest (irq);
  Note *note = su_home_clone (msg_home (msg), sizeof *note);

  note->entry = g_hash_table_lookup (table (), key);
  if (!note->entry) {
    note->entry = entry_new (key);
    g_hash_table_insert (table (), &note->entry->key, note->entry);
  }
  note->entry->count++;
  su_home_destructor (note->home, note_deinit);
  msg_destroy (msg);
}

gboolean
siprec_inflight_has (const SiprecInflightKey *key)
{
  return g_hash_table_contains (table (), key);
}
