/* siprec-core: look-up of metadata elements by id
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "index.h"

GHashTable *
siprec_metadata_index (const GPtrArray *elements)
{
  GHashTable *index = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < elements->len; i++) {
    gchar **element = g_ptr_array_index (elements, i);

    if (!g_hash_table_contains (index, element[0]))
      g_hash_table_insert (index, element[0], element);
  }
  return index;
}

gpointer
siprec_metadata_find_or_add (SiprecMetadata *state, GHashTable *index, gconstpointer from,
                             SiprecMetadataAddFunc add)
{
  const gchar *id = *(gchar *const *)from;
  gpointer element = g_hash_table_lookup (index, id);

  if (!element) {
    element = add (state, id);
    g_hash_table_insert (index, *(gchar **)element, element);
  }
  return element;
}
