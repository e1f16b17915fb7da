/* siprec-core: RFC 7865 documents and their draft-time relatives, into the model
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reader.h"

#include <string.h>

#include "../deviation.h"
#include "../error.h"
#include "check.h"
#include "document.h"
#include "xmltext.h"

static void
read_stream (SiprecDocument *document, const xmlNode *node, const gchar *session_id)
{
  static const gchar *const known[] = {"label", NULL};
  g_autofree gchar *id = siprec_document_required_id (document, node, "stream_id", "id");
  SiprecStreamInfo *stream;

  if (!id)
    return;
  stream = siprec_document_declare (document, "stream", id,
                                    (SiprecMetadataAddFunc)siprec_metadata_add_stream);
  siprec_document_set (&stream->session_id, g_strdup (session_id));
  siprec_document_set (&stream->session_id,
                       siprec_document_id_attribute (document, node, "session_id", "session"));
  SIPREC_DOCUMENT_FOR_EACH (document, node, child)
  {
    if (siprec_xml_is (child, "label"))
      siprec_document_set (&stream->label, siprec_xml_content (child, SIPREC_DOCUMENT_MAX_TEXT));
  }
  siprec_document_extensions (document, node, known, &stream->extensions);
}

/* Quotes around a name belong to its SIP header, not to the name. */
static gchar *
name_content (const xmlNode *node)
{
  gchar *name = siprec_xml_content (node, SIPREC_DOCUMENT_MAX_TEXT);
  gsize length = name ? strlen (name) : 0;

  for (; length > 2 && name[0] == '"' && name[length - 1] == '"'; length -= 2) {
    memmove (name, name + 1, length - 2);
    name[length - 2] = '\0';
  }
  return name;
}

/* A nameID element; or an aor element without one, as an early draft had it. */
static void
read_name_id (SiprecDocument *document, const xmlNode *node, SiprecParticipant *participant)
{
  const xmlNode *aor_node = siprec_xml_attribute (node, "aor"), *name_node = NULL, *lang = NULL;
  g_autofree gchar *aor = NULL;
  g_autofree gchar *name = NULL;
  g_autofree gchar *language = NULL;

  SIPREC_DOCUMENT_FOR_EACH (document, node, child)
  {
    if (siprec_xml_is (child, "name") && !name_node)
      name_node = child;
    else if (siprec_xml_is (child, "aor") && !aor_node)
      aor_node = child;
  }
  if (siprec_xml_is (node, "aor"))
    aor_node = node;
  if (name_node) {
    name = name_content (name_node);
    lang = siprec_xml_attribute (name_node, "lang");
  }
  aor = aor_node ? siprec_xml_content (aor_node, SIPREC_DOCUMENT_MAX_TEXT) : NULL;
  language = lang ? siprec_xml_content (lang, SIPREC_DOCUMENT_MAX_TIME) : NULL;
  if (!aor)
    siprec_deviations_add (document->deviations, "metadata-aor-missing", "a nameID without aor");
  if (aor || name)
    siprec_participant_add_name (participant, aor, name, name ? language : NULL);
}

static void
read_participant (SiprecDocument *document, const xmlNode *node, const gchar *session_id)
{
  static const gchar *const known[] = {
      "nameID", "aor", "send", "recv", "associate-time", "disassociate-time", NULL};
  g_autofree gchar *id = siprec_document_required_id (document, node, "participant_id", "id");
  g_autofree gchar *session =
      siprec_document_id_attribute (document, node, "session_id", "session");
  g_autofree gchar *associate = NULL;
  g_autofree gchar *disassociate = NULL;
  SiprecParticipant *participant;

  if (!id)
    return;
  participant = siprec_document_declare (document, "participant", id,
                                         (SiprecMetadataAddFunc)siprec_metadata_add_participant);
  SIPREC_DOCUMENT_FOR_EACH (document, node, child)
  {
    if (siprec_xml_is (child, "nameID")) {
      read_name_id (document, child, participant);
    } else if (siprec_xml_is (child, "aor")) {
      siprec_document_note_draft (document, node, child);
      read_name_id (document, child, participant);
    } else if (siprec_xml_is (child, "send") || siprec_xml_is (child, "recv")) {
      siprec_document_note_draft (document, node, child);
      siprec_document_direction (document, child, siprec_document_assoc (document, id));
    } else if (siprec_document_association_time (document, child, &associate, &disassociate)) {
      siprec_document_note_draft (document, node, child);
    }
  }
  siprec_document_extensions (document, node, known, &participant->extensions);
  if (participant->names->len == 0)
    siprec_deviations_add (document->deviations, "metadata-aor-missing",
                           "a participant without nameID");
  /* In the draft that ties it to its session so, one without send has ceased to send. */
  if (session) {
    siprec_document_assoc (document, id);
    session_id = session;
  }
  if (session_id) {
    SiprecAttendance *attendance =
        siprec_metadata_add_attendance (document->metadata, id, session_id);

    attendance->associate_time = g_steal_pointer (&associate);
    attendance->disassociate_time = g_steal_pointer (&disassociate);
  }
}

static void
read_reason (const xmlNode *node, SiprecCall *call)
{
  const xmlNode *protocol_node = siprec_xml_attribute (node, "protocol");
  const xmlNode *cause_node = siprec_xml_attribute (node, "cause");
  g_autofree gchar *protocol =
      protocol_node ? siprec_xml_content (protocol_node, SIPREC_DOCUMENT_MAX_TEXT) : NULL;
  g_autofree gchar *cause =
      cause_node ? siprec_xml_content (cause_node, SIPREC_DOCUMENT_MAX_TEXT) : NULL;
  g_autofree gchar *text = siprec_xml_content (node, SIPREC_DOCUMENT_MAX_TEXT);

  siprec_call_add_reason (call, protocol, cause, text);
}

/* TRUE if @node is a value that RFC 7865 has in a session, which is read. */
static gboolean
read_call_value (SiprecDocument *document, const xmlNode *node, SiprecCall *call)
{
  gchar *id;

  if (siprec_xml_is (node, "sipSessionID")) {
    if ((id = siprec_document_id (document, node)))
      g_ptr_array_add (call->sip_session_ids, id);
  } else if (siprec_xml_is (node, "reason")) {
    read_reason (node, call);
  } else if (siprec_xml_is (node, "group-ref")) {
    siprec_document_set (&call->group_ref, siprec_document_id (document, node));
  } else if (siprec_xml_is (node, "start-time")) {
    siprec_document_time (document, node, &call->start_time);
  } else if (siprec_xml_is (node, "stop-time")) {
    siprec_document_time (document, node, &call->stop_time);
  } else {
    return FALSE;
  }
  return TRUE;
}

static void
read_session (SiprecDocument *document, const xmlNode *node)
{
  static const gchar *const known[] = {
      "sipSessionID",      "reason",      "group-ref", "start-time", "stop-time", "associate-time",
      "disassociate-time", "participant", "stream",    NULL};
  g_autofree gchar *id = siprec_document_required_id (document, node, "session_id", "id");
  SiprecCall *call;

  if (!id)
    return;
  call = siprec_document_declare (document, "session", id,
                                  (SiprecMetadataAddFunc)siprec_metadata_add_call);
  siprec_document_set (&call->group_ref,
                       siprec_document_id_attribute (document, node, "group-ref", "group"));
  SIPREC_DOCUMENT_FOR_EACH (document, node, child)
  {
    if (read_call_value (document, child, call))
      continue;
    if (siprec_document_association_time (document, child, &call->associate_time,
                                          &call->disassociate_time)) {
      siprec_document_note_draft (document, node, child);
    } else if (siprec_xml_is (child, "participant")) {
      siprec_document_note_draft (document, node, child);
      read_participant (document, child, id);
    } else if (siprec_xml_is (child, "stream")) {
      siprec_document_note_draft (document, node, child);
      read_stream (document, child, id);
    }
  }
  siprec_document_extensions (document, node, known, &call->extensions);
}

static void
read_group (SiprecDocument *document, const xmlNode *node)
{
  static const gchar *const known[] = {"associate-time", "disassociate-time", NULL};
  g_autofree gchar *id = siprec_document_required_id (document, node, "group_id", "id");
  SiprecGroup *group;

  if (!id)
    return;
  group = siprec_document_declare (document, "group", id,
                                   (SiprecMetadataAddFunc)siprec_metadata_add_group);
  SIPREC_DOCUMENT_FOR_EACH (document, node, child)
  siprec_document_association_time (document, child, &group->associate_time,
                                    &group->disassociate_time);
  siprec_document_extensions (document, node, known, &group->extensions);
}

static void
read_datamode (SiprecDocument *document, const xmlNode *node)
{
  g_autofree gchar *mode = siprec_xml_content (node, SIPREC_DOCUMENT_MAX_TIME);

  document->metadata->partial = mode && g_ascii_strcasecmp (mode, "partial") == 0;
  if (!g_str_equal (siprec_xml_local_name (node), "datamode") ||
      (!document->metadata->partial && g_strcmp0 (mode, "complete") != 0)) {
    g_autofree gchar *shown = siprec_printable (mode ? mode : "", -1);

    siprec_deviations_add (document->deviations, "metadata-datamode", "%s \"%s\"",
                           siprec_xml_local_name (node), shown);
  }
}

/* Those that stand outside of any session. */
static void
read_lone_participant (SiprecDocument *document, const xmlNode *node)
{
  read_participant (document, node, NULL);
}

static void
read_lone_stream (SiprecDocument *document, const xmlNode *node)
{
  read_stream (document, node, NULL);
}

static const struct {
  const gchar *name;
  void (*read) (SiprecDocument *document, const xmlNode *node);
} readers[] = {
    {"datamode", read_datamode},
    {"group", read_group},
    {"session", read_session},
    {"participant", read_lone_participant},
    {"stream", read_lone_stream},
    {"sessionrecordingassoc", siprec_document_session_recording},
    {"participantsessionassoc", siprec_document_attendance},
    {"participantstreamassoc", siprec_document_stream_assoc},
};

static gint
reader_index (const xmlNode *node)
{
  for (guint i = 0; i < G_N_ELEMENTS (readers); i++) {
    if (siprec_xml_is (node, readers[i].name))
      return i;
  }
  return -1;
}

/* Reads all that stands directly in @container. */
static void
read_container (SiprecDocument *document, const xmlNode *container)
{
  const gchar *known[G_N_ELEMENTS (readers) + 1] = {NULL};

  for (guint i = 0; i < G_N_ELEMENTS (readers); i++)
    known[i] = readers[i].name;
  SIPREC_DOCUMENT_FOR_EACH (document, container, child)
  {
    gint i = reader_index (child);

    if (i >= 0)
      readers[i].read (document, child);
  }
  siprec_document_extensions (document, container, known, &document->metadata->extensions);
}

static gboolean
has_metadata (SiprecDocument *document, const xmlNode *container)
{
  SIPREC_DOCUMENT_FOR_EACH (document, container, child)
  {
    if (reader_index (child) >= 0)
      return TRUE;
  }
  return FALSE;
}

/* The element that holds the metadata: the root, whatever its name, or one deeper in a wrapper. */
static const xmlNode *
find_container (SiprecDocument *document, const xmlNode *node)
{
  document->root = node;
  if (siprec_xml_is (node, "recording") || siprec_xml_is (node, "recording_metadata") ||
      has_metadata (document, node))
    return node;
  for (const xmlNode *child = node->children; child; child = child->next) {
    const xmlNode *found =
        child->type == XML_ELEMENT_NODE ? find_container (document, child) : NULL;

    if (found)
      return found;
  }
  return NULL;
}

static gboolean
read_document (SiprecDocument *document, const xmlNode *root, GError **error)
{
  const xmlNode *container = find_container (document, root);
  g_autofree gchar *name = siprec_printable ((const gchar *)root->name, -1);
  g_autofree gchar *ns = siprec_printable (siprec_xml_namespace (root), -1);

  if (!container) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX,
                 "The metadata document is a <%s>. It must be a <recording>.", name);
    return FALSE;
  }
  if (!siprec_xml_is (root, "recording"))
    siprec_deviations_add (document->deviations, "metadata-root", "<%s> in place of <recording>",
                           name);
  if (!g_str_equal (siprec_xml_namespace (root), SIPREC_DOCUMENT_NS))
    siprec_deviations_add (document->deviations, "metadata-namespace", "namespace \"%s\"", ns);
  read_container (document, container);
  siprec_document_check (document, container);
  return TRUE;
}

/* @limits with the defaults in the place of zeros. */
static SiprecMetadataLimits
settle_limits (const SiprecMetadataLimits *limits)
{
  SiprecMetadataLimits settled = limits ? *limits : (SiprecMetadataLimits){0};

  if (settled.size == 0)
    settled.size = SIPREC_METADATA_DEFAULT_SIZE;
  if (settled.elements == 0)
    settled.elements = SIPREC_METADATA_DEFAULT_ELEMENTS;
  if (settled.depth == 0)
    settled.depth = SIPREC_METADATA_DEFAULT_DEPTH;
  if (settled.id_length == 0)
    settled.id_length = SIPREC_METADATA_DEFAULT_ID_LENGTH;
  settled.depth = MIN (settled.depth, SIPREC_METADATA_MAX_DEPTH);
  settled.id_length = MIN (settled.id_length, SIPREC_METADATA_MAX_ID_LENGTH);
  return settled;
}

SiprecMetadata *
siprec_metadata_read (GBytes *data, const SiprecMetadataLimits *limits, GPtrArray *deviations,
                      GError **error)
{
  SiprecDocument document = {.deviations = deviations, .limits = settle_limits (limits)};
  g_autoptr (SiprecMetadata) metadata = siprec_metadata_new ();
  GString *text = siprec_xml_text (data, document.limits.size, deviations);
  gboolean incomplete = FALSE, ok = FALSE;
  xmlDoc *tree = siprec_xml_parse (text, &document.limits, deviations, &incomplete, error);

  g_string_free (text, TRUE);
  if (!tree)
    return NULL;
  document.metadata = metadata;
  document.elements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  document.declared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  ok = read_document (&document, xmlDocGetRootElement (tree), error);
  metadata->partial = metadata->partial || incomplete;

  g_hash_table_unref (document.elements);
  g_hash_table_unref (document.declared);
  xmlFreeDoc (tree);
  return ok ? g_steal_pointer (&metadata) : NULL;
}
