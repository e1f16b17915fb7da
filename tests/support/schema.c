/* XML schemas by libxml2.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "schema.h"

#include <libxml/xmlschemas.h>
#include <string.h>

struct _Schema {
  xmlSchemaParserCtxt *parser;
  xmlSchema *schema;
};

static void
ignore (void *data, const char *format, ...)
{
}

Schema *
schema_new (const gchar *path)
{
  Schema *schema = g_new0 (Schema, 1);

  schema->parser = xmlSchemaNewParserCtxt (path);
  schema->schema = xmlSchemaParse (schema->parser);
  g_assert_nonnull (schema->schema);
  return schema;
}

void
schema_free (Schema *schema)
{
  xmlSchemaFree (schema->schema);
  xmlSchemaFreeParserCtxt (schema->parser);
  g_free (schema);
}

gboolean
schema_accepts (Schema *schema, const gchar *xml)
{
  xmlSchemaValidCtxt *valid = xmlSchemaNewValidCtxt (schema->schema);
  xmlDoc *document = xmlReadMemory (xml, strlen (xml), NULL, NULL, XML_PARSE_NONET);
  gboolean ok;

  g_assert_nonnull (document);
  xmlSchemaSetValidErrors (valid, ignore, ignore, NULL);
  ok = xmlSchemaValidateDoc (valid, document) == 0;
  xmlFreeDoc (document);
  xmlSchemaFreeValidCtxt (valid);
  return ok;
}
