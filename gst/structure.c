/* gst-siprec: turns the JSON of events into the structures of messages and signals
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "structure.h"

static gboolean
value_from_json (GValue *value, const gchar *name, JsonNode *node)
{
  if (JSON_NODE_HOLDS_OBJECT (node)) {
    g_value_init (value, GST_TYPE_STRUCTURE);
    g_value_take_boxed (value, gst_siprec_structure_from_json (name, json_node_get_object (node)));
    return TRUE;
  }
  if (JSON_NODE_HOLDS_ARRAY (node)) {
    gst_siprec_value_from_json_array (value, name, json_node_get_array (node));
    return TRUE;
  }
  if (JSON_NODE_HOLDS_NULL (node))
    return FALSE;
  json_node_get_value (node, value);
  return TRUE;
}

void
gst_siprec_value_from_json_array (GValue *value, const gchar *name, JsonArray *array)
{
  g_value_init (value, GST_TYPE_ARRAY);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    GValue item = G_VALUE_INIT;

    if (value_from_json (&item, name, json_array_get_element (array, i)))
      gst_value_array_append_and_take_value (value, &item);
  }
}

static void
add_field (JsonObject *object, const gchar *member, JsonNode *node, gpointer user_data)
{
  GstStructure *structure = user_data;
  g_autofree gchar *field = g_strdelimit (g_strdup (member), "_", '-');
  GValue value = G_VALUE_INIT;

  if (value_from_json (&value, field, node))
    gst_structure_take_value (structure, field, &value);
}

GstStructure *
gst_siprec_structure_from_json (const gchar *name, JsonObject *object)
{
  GstStructure *structure = gst_structure_new_empty (name);

  json_object_foreach_member (object, add_field, structure);
  return structure;
}
