/* siprec-core: an untrusted XML document as a tree, within bounds
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libxml/tree.h>

#include "limits.h"

G_BEGIN_DECLS

/**
 * siprec_xml_parse:
 * @text: what siprec_xml_text() made
 * @limits: how many elements how deep, without zeros
 * @deviations: (nullable): where departures that were tolerated are noted
 * @incomplete: (out): TRUE if something of the document was lost
 * @error: SYNTAX if there is no tree at all
 *
 * Parses without network, DTD and entities; what comes after a limit or an error that can't be healed is missing. Nothing is printed; safe on any thread.
 *
 * Returns: the tree, for xmlFreeDoc(), or NULL with @error.
 */
xmlDoc *siprec_xml_parse (const GString *text, const SiprecMetadataLimits *limits,
                          GPtrArray *deviations, gboolean *incomplete, GError **error);

/* The name without prefix, also where the prefix was never declared. */
const gchar *siprec_xml_local_name (const xmlNode *node);

/* TRUE if @node is an element with this local name, in any case of letters. */
gboolean siprec_xml_is (const xmlNode *node, const gchar *name);

/* The URI of the namespace, "" for none. */
const gchar *siprec_xml_namespace (const xmlNode *node);

/* The attribute with this local name, or NULL. */
const xmlNode *siprec_xml_attribute (const xmlNode *node, const gchar *name);

/* The text of an element or attribute, about @max bytes of it, with white space trimmed and
 * collapsed; NULL if nothing is left. Free with g_free(). */
gchar *siprec_xml_content (const xmlNode *node, gsize max);

/* The element as XML that declares all of its namespaces itself. Free with g_free(). */
gchar *siprec_xml_dump (const xmlNode *node);

G_END_DECLS
