/* gst-siprec: JSON objects as GstStructures
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * gst_siprec_structure_from_json:
 * @name: name of the structure
 *
 * Every member becomes a field of the same name with "-" for "_": strings, booleans and doubles as they
 * are, integers as gint64, objects as GstStructure (named like the member), arrays as GstValueArray.
 * Members that are null are left out.
 *
 * Returns: (transfer full): the structure
 */
GstStructure *gst_siprec_structure_from_json (const gchar *name, JsonObject *object);

/* The same for an array: @value is initialised and becomes a GstValueArray whose objects are
 * structures called @name. */
void gst_siprec_value_from_json_array (GValue *value, const gchar *name, JsonArray *array);

G_END_DECLS
