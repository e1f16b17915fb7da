/* siprec-core: what every metadata document has: ids, times, extension data, with their oddities
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document.h"

#include <string.h>

#include "../deviation.h"

#define MAX_EXTENSIONS (64 * 1024) /* bytes of one parent */

/* FALSE for extension data, whose elements may have the same names. */
static gboolean
is_ours (const SiprecDocument *document, const xmlNode *node)
{
  const gchar *ns;

  if (node->type != XML_ELEMENT_NODE)
    return FALSE;
  ns = siprec_xml_namespace (node);
  return node->ns == document->root->ns ||
         (!*ns || g_str_equal (ns, siprec_xml_namespace (document->root)) ||
          g_str_has_prefix (ns, "urn:ietf:params:xml:ns:recording") ||
          g_str_has_prefix (ns, "urn:ietf:params:xml:ns:siprec"));
}

const xmlNode *
siprec_document_next (const SiprecDocument *document, const xmlNode *node)
{
  while (node && !is_ours (document, node))
    node = node->next;
  return node;
}

gchar *
siprec_document_id (SiprecDocument *document, const xmlNode *node)
{
  const guint max = document->limits.id_length;
  gchar *text = siprec_xml_content (node, 4 * max + 4);
  gchar *to = text;

  for (const gchar *from = text; from && *from; from++) {
    if (*from != ' ')
      *to++ = *from;
  }
  if (!text)
    return NULL;
  *to = '\0';
  if (g_utf8_strlen (text, -1) > max) {
    siprec_deviations_add (document->deviations, "metadata-id-too-long",
                           "an id of over %u characters", max);
    g_clear_pointer (&text, g_free);
  }
  return text;
}

gchar *
siprec_document_id_attribute (SiprecDocument *document, const xmlNode *node, const gchar *name,
                              const gchar *draft_name)
{
  const xmlNode *attribute = siprec_xml_attribute (node, name);

  if (!attribute) {
    attribute = siprec_xml_attribute (node, draft_name);
    if (attribute)
      siprec_deviations_add (document->deviations, "metadata-draft-attribute", "%s in place of %s",
                             draft_name, name);
  }
  return attribute ? siprec_document_id (document, attribute) : NULL;
}

gchar *
siprec_document_required_id (SiprecDocument *document, const xmlNode *node, const gchar *name,
                             const gchar *draft_name)
{
  gchar *id = siprec_document_id_attribute (document, node, name, draft_name);

  if (!id) {
    g_autofree gchar *element = siprec_printable (siprec_xml_local_name (node), -1);

    siprec_deviations_add (document->deviations, "metadata-id-missing",
                           "a %s without %s is left out", element, name);
  }
  return id;
}

void
siprec_document_note_draft (SiprecDocument *document, const xmlNode *parent, const xmlNode *child)
{
  siprec_deviations_add (document->deviations, "metadata-draft-layout", "%s inside %s",
                         siprec_xml_local_name (child), siprec_xml_local_name (parent));
}

gpointer
siprec_document_find_or_add (SiprecDocument *document, const gchar *kind, const gchar *id,
                             SiprecMetadataAddFunc add)
{
  g_autofree gchar *key = g_strconcat (kind, ":", id, NULL);
  gpointer element = g_hash_table_lookup (document->elements, key);

  if (!element) {
    element = add (document->metadata, id);
    g_hash_table_insert (document->elements, g_steal_pointer (&key), element);
  }
  return element;
}

gpointer
siprec_document_declare (SiprecDocument *document, const gchar *kind, const gchar *id,
                         SiprecMetadataAddFunc add)
{
  const gchar *before = g_hash_table_lookup (document->declared, id);

  if (before) {
    g_autofree gchar *shown = siprec_printable (id, -1);

    siprec_deviations_add (document->deviations, "metadata-id-duplicate",
                           "%s is the id of a %s and of a %s", shown, before, kind);
  }
  g_hash_table_insert (document->declared, g_strdup (id), (gpointer)kind);
  return siprec_document_find_or_add (document, kind, id, add);
}

/* RFC 7865 section 6.9 wants RFC 3339 with zone; many send local time or "+0100". */
static gboolean
is_rfc3339 (const gchar *text)
{
  static const gchar pattern[] = "dddd-dd-ddTdd:dd:dd";
  gsize n = 0;

  for (; pattern[n]; n++) {
    if (pattern[n] == 'd' ? !g_ascii_isdigit (text[n]) : text[n] != pattern[n])
      return FALSE;
  }
  if (text[n] == '.')
    n += 1 + strspn (text + n + 1, "0123456789");
  if (g_str_equal (text + n, "Z"))
    return TRUE;
  return (text[n] == '+' || text[n] == '-') && strlen (text + n) == 6 && text[n + 3] == ':' &&
         strspn (text + n + 1, "0123456789:") == 5;
}

void
siprec_document_time (SiprecDocument *document, const xmlNode *node, gchar **time)
{
  gchar *text = siprec_xml_content (node, SIPREC_DOCUMENT_MAX_TIME);

  if (!text)
    return;
  if (!is_rfc3339 (text)) {
    g_autofree gchar *shown = siprec_printable (text, -1);

    siprec_deviations_add (document->deviations, "metadata-time", "\"%s\" is not an RFC 3339 time",
                           shown);
  }
  g_free (*time);
  *time = text;
}

gboolean
siprec_document_association_time (SiprecDocument *document, const xmlNode *node, gchar **associate,
                                  gchar **disassociate)
{
  if (siprec_xml_is (node, "associate-time"))
    siprec_document_time (document, node, associate);
  else if (siprec_xml_is (node, "disassociate-time"))
    siprec_document_time (document, node, disassociate);
  else
    return FALSE;
  return TRUE;
}

void
siprec_document_set (gchar **to, gchar *value)
{
  if (!value)
    return;
  g_free (*to);
  *to = value;
}

static gboolean
is_known (const SiprecDocument *document, const xmlNode *node, const gchar *const *known)
{
  if (!is_ours (document, node))
    return FALSE;
  for (; *known; known++) {
    if (siprec_xml_is (node, *known))
      return TRUE;
  }
  return FALSE;
}

/* Adds the XML of @node to @text; FALSE if that gets too long. */
static gboolean
add_extension (const xmlNode *node, GString *text)
{
  g_autofree gchar *xml = siprec_xml_dump (node);

  if (text->len + strlen (xml) > MAX_EXTENSIONS)
    return FALSE;
  g_string_append (text, xml);
  return TRUE;
}

/* The same for what our own writer has wrapped. */
static gboolean
add_wrapped (const xmlNode *wrapper, GString *text)
{
  for (const xmlNode *child = wrapper->children; child; child = child->next) {
    if (child->type == XML_ELEMENT_NODE && !add_extension (child, text))
      return FALSE;
  }
  return TRUE;
}

void
siprec_document_extensions (SiprecDocument *document, const xmlNode *node,
                            const gchar *const *known, gchar **extensions)
{
  g_autoptr (GString) text = NULL;
  gboolean fits = TRUE;

  for (const xmlNode *child = node->children; child && fits; child = child->next) {
    if (child->type != XML_ELEMENT_NODE || is_known (document, child, known))
      continue;
    if (!text)
      text = g_string_new (*extensions);
    if (g_str_equal (siprec_xml_namespace (child), SIPREC_DOCUMENT_NS_OTHER))
      fits = add_wrapped (child, text);
    else
      fits = add_extension (child, text);
  }
  if (!fits)
    siprec_deviations_add (document->deviations, "metadata-limit",
                           "extension data of over %d bytes in a %s", MAX_EXTENSIONS,
                           siprec_xml_local_name (node));
  if (text && text->len > 0)
    siprec_document_set (extensions, g_strdup (text->str));
}
