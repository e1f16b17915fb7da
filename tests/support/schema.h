/* Whether an XML document obeys a schema, for tests.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

typedef struct _Schema Schema;

/* The XML schema in the file @path, which must be a good one. */
Schema *schema_new (const gchar *path);
void schema_free (Schema *schema);

/* TRUE if @xml, which must be well-formed, obeys it. */
gboolean schema_accepts (Schema *schema, const gchar *xml);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Schema, schema_free)
