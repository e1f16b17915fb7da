/* siprec-core: libxml2 with limits, silent, and what is asked of its tree
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xmltree.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlsave.h>
#include <string.h>

#include "../deviation.h"
#include "../error.h"

/* What has more faults is no document; and each of them costs libxml2 a message. */
#define MAX_ERRORS 1000

typedef struct {
  const SiprecMetadataLimits *limits;
  GPtrArray *deviations;
  guint n_elements;
  guint n_errors;
  gboolean has_subset;
  gboolean incomplete;
} Parse;

#if LIBXML_VERSION >= 21200
typedef const xmlError *ErrorPointer;
#else
typedef xmlError *ErrorPointer;
#endif

static void
on_error (void *data, ErrorPointer error)
{
  xmlParserCtxt *context = data;
  Parse *parse = context->_private;
  g_autofree gchar *message = NULL;
  g_autofree gchar *shown = NULL;

  if (error->level < XML_ERR_ERROR || error->domain == XML_FROM_NAMESPACE)
    return;
  if (error->level == XML_ERR_FATAL && error->code != XML_ERR_DOCUMENT_END)
    parse->incomplete = TRUE;
  if (++parse->n_errors > MAX_ERRORS) {
    parse->incomplete = TRUE;
    xmlStopParser (context);
  }
  if (!parse->deviations || siprec_deviations_has (parse->deviations, "metadata-malformed"))
    return;
  message = g_strchomp (g_strdup (error->message ? error->message : ""));
  shown = siprec_printable (message, -1);
  siprec_deviations_add (parse->deviations, "metadata-malformed", "line %d: %s", error->line,
                         shown);
}

static void
on_start_element (void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                  int n_namespaces, const xmlChar **namespaces, int n_attributes, int n_defaulted,
                  const xmlChar **attributes)
{
  xmlParserCtxt *context = data;
  Parse *parse = context->_private;

  if (++parse->n_elements > parse->limits->elements ||
      (guint)context->nodeNr >= parse->limits->depth) {
    siprec_deviations_add (parse->deviations, "metadata-limit",
                           "more than %u elements, or nested deeper than %u",
                           parse->limits->elements, parse->limits->depth);
    parse->incomplete = TRUE;
    xmlStopParser (context);
    return;
  }
  xmlSAX2StartElementNs (context, name, prefix, uri, n_namespaces, namespaces, n_attributes,
                         n_defaulted, attributes);
}

/* A document type alone is harmless and ignored. Declarations in it are not: entities and default
 * attributes can make any document large. */
static void
on_doctype (void *data, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
  xmlParserCtxt *context = data;
  Parse *parse = context->_private;

  siprec_deviations_add (parse->deviations, "metadata-doctype",
                         "a document type declaration, which metadata has no use for");
  if (context->input && *context->input->cur == '[') {
    parse->has_subset = TRUE;
    xmlStopParser (context);
  }
}

xmlDoc *
siprec_xml_parse (const GString *text, const SiprecMetadataLimits *limits, GPtrArray *deviations,
                  gboolean *incomplete, GError **error)
{
  static gsize initialized = 0;
  Parse parse = {.limits = limits, .deviations = deviations};
  xmlParserCtxt *context;
  xmlDoc *document;

  if (g_once_init_enter (&initialized)) {
    xmlInitParser ();
    g_once_init_leave (&initialized, 1);
  }
  context = xmlNewParserCtxt ();
  context->_private = &parse;
  context->sax->serror = on_error;
  context->sax->startElementNs = on_start_element;
  context->sax->internalSubset = on_doctype;
  context->sax->externalSubset = NULL;
  document = xmlCtxtReadMemory (context, text->str, text->len, NULL, "UTF-8",
                                XML_PARSE_RECOVER | XML_PARSE_NONET | XML_PARSE_IGNORE_ENC |
                                    XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  xmlFreeParserCtxt (context);

  *incomplete = parse.incomplete;
  if (document && !parse.has_subset && xmlDocGetRootElement (document))
    return document;
  xmlFreeDoc (document);
  g_set_error_literal (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX,
                       parse.has_subset
                           ? "The metadata document has a document type with declarations, which "
                             "are refused. It must be plain XML as in RFC 7865."
                           : "The metadata document is no XML. It must be as in RFC 7865.");
  return NULL;
}

const gchar *
siprec_xml_local_name (const xmlNode *node)
{
  const gchar *name = (const gchar *)node->name;
  const gchar *colon = node->ns ? NULL : strrchr (name, ':');

  return colon ? colon + 1 : name;
}

gboolean
siprec_xml_is (const xmlNode *node, const gchar *name)
{
  const gchar *local;

  if (node->type != XML_ELEMENT_NODE)
    return FALSE;
  local = siprec_xml_local_name (node);
  return (local[0] | 0x20) == (name[0] | 0x20) && strlen (local) == strlen (name) &&
         g_ascii_strcasecmp (local, name) == 0;
}

const gchar *
siprec_xml_namespace (const xmlNode *node)
{
  return node->ns && node->ns->href ? (const gchar *)node->ns->href : "";
}

const xmlNode *
siprec_xml_attribute (const xmlNode *node, const gchar *name)
{
  for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
    if (g_ascii_strcasecmp (siprec_xml_local_name ((const xmlNode *)attribute), name) == 0)
      return (const xmlNode *)attribute;
  }
  return NULL;
}

/* White space trimmed and collapsed; ends with the first character that reaches @max bytes. */
static gchar *
collapse (const gchar *content, gsize max)
{
  GString *text = g_string_sized_new (MIN (strlen (content), max) + 4);

  for (const gchar *p = content; *p && (text->len < max || (*p & 0xc0) == 0x80); p++) {
    if (!g_ascii_isspace (*p))
      g_string_append_c (text, *p);
    else if (text->len > 0 && text->str[text->len - 1] != ' ')
      g_string_append_c (text, ' ');
  }
  if (text->len > 0 && text->str[text->len - 1] == ' ')
    g_string_truncate (text, text->len - 1);
  return g_string_free (text, text->len == 0);
}

gchar *
siprec_xml_content (const xmlNode *node, gsize max)
{
  const xmlNode *child = node->children;
  xmlChar *content;
  gchar *text;

  if (!child)
    return NULL;
  if (!child->next && child->type == XML_TEXT_NODE)
    return child->content ? collapse ((const gchar *)child->content, max) : NULL;
  content = xmlNodeGetContent (node);
  text = content ? collapse ((const gchar *)content, max) : NULL;
  xmlFree (content);
  return text;
}

gchar *
siprec_xml_dump (const xmlNode *node)
{
  /* A copy gets the namespaces that the element has from those around it. */
  xmlNode *copy = xmlDocCopyNode ((xmlNode *)node, node->doc, 1);
  xmlBuffer *buffer = xmlBufferCreate ();
  xmlSaveCtxt *save =
      xmlSaveToBuffer (buffer, "UTF-8", XML_SAVE_NO_DECL | XML_SAVE_AS_XML | XML_SAVE_NO_XHTML);
  gchar *text;

  if (copy && save)
    xmlSaveTree (save, copy);
  if (save)
    xmlSaveClose (save);
  text = g_strdup ((const gchar *)xmlBufferContent (buffer));
  xmlBufferFree (buffer);
  xmlFreeNode (copy);
  /* cppcheck-suppress memleak ; it is returned */
  return text ? text : g_strdup ("");
}
