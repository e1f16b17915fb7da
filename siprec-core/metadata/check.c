/* siprec-core: departures from RFC 7865 that change nothing in what is read
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <string.h>

#include "../deviation.h"

#define FIRST_YEAR                                                                                 \
  2000 /* before it nobody recorded with this; a clock that was never set says 1970 */
#define UUID_BASE64    24 /* characters of 16 octets */
#define SESSION_ID_LEN 32 /* RFC 7989 section 5 */

/* The children of an element in the order of the schema. */
typedef struct {
  const gchar *name;
  const gchar *children[10];
} Sequence;

static const Sequence sequences[] = {
    {"recording",
     {"datamode", "group", "session", "participant", "stream", "sessionrecordingassoc",
      "participantsessionassoc", "participantstreamassoc"}},
    {"group", {"associate-time", "disassociate-time"}},
    {"session", {"sipSessionID", "reason", "group-ref", "start-time", "stop-time"}},
    {"participant", {"nameID"}},
    {"nameID", {"name"}},
    {"stream", {"label"}},
    {"sessionrecordingassoc", {"associate-time", "disassociate-time"}},
    {"participantsessionassoc", {"associate-time", "disassociate-time", "param"}},
    {"participantstreamassoc", {"send", "recv", "associate-time", "disassociate-time"}},
};

static const Sequence *
find_sequence (const xmlNode *node)
{
  for (guint i = 0; i < G_N_ELEMENTS (sequences); i++) {
    if (siprec_xml_is (node, sequences[i].name))
      return &sequences[i];
  }
  return NULL;
}

/* The place of @node among the children of @sequence, -1 if it is none of them. */
static gint
find_place (const Sequence *sequence, const xmlNode *node)
{
  for (gint i = 0; sequence->children[i]; i++) {
    if (siprec_xml_is (node, sequence->children[i]))
      return i;
  }
  return -1;
}

/* Of any element that RFC 7865 knows: where drafts have it elsewhere, the reader says so. */
static gboolean
is_known_somewhere (const xmlNode *node)
{
  for (guint i = 0; i < G_N_ELEMENTS (sequences); i++) {
    if (find_place (&sequences[i], node) >= 0)
      return TRUE;
  }
  return siprec_xml_is (node, "dataMode") || siprec_xml_is (node, "aor");
}

/* FALSE if it has been told already: the values of a document are many. */
static gboolean
is_news (const SiprecDocument *document, const gchar *id)
{
  return document->deviations && !siprec_deviations_has (document->deviations, id);
}

/* Notes that @text is not as it should be, with @why behind it. */
static void
note (SiprecDocument *document, const gchar *id, const gchar *text, const gchar *why)
{
  g_autofree gchar *shown = siprec_printable (text, -1);

  siprec_deviations_add (document->deviations, id, "\"%s\"%s", shown, why);
}

/* The same for an element in @parent. */
static void
note_element (SiprecDocument *document, const gchar *id, const xmlNode *node, const gchar *parent)
{
  g_autofree gchar *shown = siprec_printable (siprec_xml_local_name (node), -1);

  siprec_deviations_add (document->deviations, id, "<%s> in <%s>", shown, parent);
}

static void
check_order (SiprecDocument *document, const Sequence *sequence, const xmlNode *node)
{
  gint last = 0;

  for (const xmlNode *child = node->children; child; child = child->next) {
    gboolean ours = child->type == XML_ELEMENT_NODE &&
                    g_str_equal (siprec_xml_namespace (child), SIPREC_DOCUMENT_NS);
    gint place = ours ? find_place (sequence, child) : G_MAXINT;

    if (child->type != XML_ELEMENT_NODE)
      continue;
    if (place < 0 && !is_known_somewhere (child))
      note_element (document, "metadata-element", child, sequence->name);
    else if (place >= 0 && place < last)
      note_element (document, "metadata-order", child, sequence->name);
    last = MAX (last, place);
  }
}

/* RFC 7865 section 6.10: a UUID, that is 16 octets in base64. */
static void
check_id (SiprecDocument *document, const xmlNode *node)
{
  static const gchar digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  g_autofree gchar *id = NULL;

  if (!is_news (document, "metadata-id-format") || !(id = siprec_document_id (document, node)))
    return;
  if (strspn (id, digits) != UUID_BASE64 - 2 || !g_str_equal (id + UUID_BASE64 - 2, "=="))
    note (document, "metadata-id-format", id, "");
}

/* RFC 7865 section 6.5.1: a URI, or at least something with a scheme. */
static void
check_aor (SiprecDocument *document, const xmlNode *node)
{
  g_autofree gchar *aor = NULL;
  g_autofree gchar *scheme = NULL;

  if (!is_news (document, "metadata-aor") ||
      !(aor = siprec_xml_content (node, SIPREC_DOCUMENT_MAX_TEXT)))
    return;
  scheme = g_uri_parse_scheme (aor);
  if (scheme == NULL || strchr (aor, ' '))
    note (document, "metadata-aor", aor, "");
}

static gboolean
is_session_id (const gchar *text)
{
  static const gchar remote[] = ";remote=";
  static const gchar digits[] = "0123456789abcdef";

  if (strspn (text, digits) != SESSION_ID_LEN)
    return FALSE;
  text += SESSION_ID_LEN;
  return !*text || (g_str_has_prefix (text, remote) &&
                    strspn (text + strlen (remote), digits) == SESSION_ID_LEN &&
                    text[strlen (remote) + SESSION_ID_LEN] == '\0');
}

static void
check_session_id (SiprecDocument *document, const xmlNode *node)
{
  g_autofree gchar *id = NULL;

  if (is_news (document, "metadata-session-id") && (id = siprec_document_id (document, node)) &&
      !is_session_id (id))
    note (document, "metadata-session-id", id, "");
}

static void
check_year (SiprecDocument *document, const xmlNode *node)
{
  g_autofree gchar *time = NULL;

  if (is_news (document, "metadata-time") &&
      (time = siprec_xml_content (node, SIPREC_DOCUMENT_MAX_TIME)) &&
      g_ascii_strtoull (time, NULL, 10) < FIRST_YEAR)
    note (document, "metadata-time", time, " can't be");
}

static void
check_values (SiprecDocument *document, const xmlNode *node)
{
  static const gchar *const ids[] = {"group_id", "session_id", "participant_id", "stream_id"};
  const xmlNode *aor = siprec_xml_attribute (node, "aor");

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++) {
    const xmlNode *id = siprec_xml_attribute (node, ids[i]);

    if (id)
      check_id (document, id);
  }
  if (aor)
    check_aor (document, aor);
  if (siprec_xml_is (node, "group-ref") || siprec_xml_is (node, "send") ||
      siprec_xml_is (node, "recv"))
    check_id (document, node);
  else if (siprec_xml_is (node, "sipSessionID"))
    check_session_id (document, node);
  else if (g_str_has_suffix (siprec_xml_local_name (node), "-time"))
    check_year (document, node);
}

/* The depth is that of the schema, whatever the document has. */
static void
check_node (SiprecDocument *document, const xmlNode *node, const Sequence *sequence)
{
  check_values (document, node);
  if (sequence == NULL)
    return;
  check_order (document, sequence, node);
  SIPREC_DOCUMENT_FOR_EACH (document, node, child)
  {
    if (find_place (sequence, child) >= 0)
      check_node (document, child, find_sequence (child));
  }
}

void
siprec_document_check (SiprecDocument *document, const xmlNode *container)
{
  /* Documents of the drafts have another schema, which is a departure by itself. */
  if (document->deviations && g_str_equal (siprec_xml_namespace (container), SIPREC_DOCUMENT_NS))
    check_node (document, container, &sequences[0]);
}
