/* siprec-core: RFC 7865 documents and their draft-time relatives, into the model
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reader.h"

#include <string.h>

#include "../deviation.h"
#include "../error.h"
#include "xmltext.h"
#include "xmltree.h"

#define NS_RECORDING "urn:ietf:params:xml:ns:recording:1"
#define MAX_ID_CHARS 256
#define MAX_TEXT     1024 /* bytes of a name, an address, a label */
#define MAX_TIME     64

/* One document being read. @elements finds what it has named so far, by kind and id. */
typedef struct {
  SiprecMetadata *metadata;
  GPtrArray *deviations;
  const xmlNode *root;  /* what holds the metadata */
  GHashTable *elements; /* "participant:<id>" -> element of @metadata */
  GHashTable *declared; /* id -> the kind of element that bears it */
} Reader;

/* FALSE for extension data, whose elements may have the same names. */
static gboolean
is_ours (const Reader *reader, const xmlNode *node)
{
  const gchar *ns = siprec_xml_namespace (node);

  return node->type == XML_ELEMENT_NODE &&
         (!*ns || g_str_equal (ns, siprec_xml_namespace (reader->root)) ||
          g_str_has_prefix (ns, "urn:ietf:params:xml:ns:recording") ||
          g_str_has_prefix (ns, "urn:ietf:params:xml:ns:siprec"));
}

static const xmlNode *
next_element (const Reader *reader, const xmlNode *node)
{
  while (node && !is_ours (reader, node))
    node = node->next;
  return node;
}

#define FOR_EACH_CHILD(reader, node, child)                                                        \
  for (const xmlNode *child = next_element (reader, (node)->children); child;                      \
       child = next_element (reader, child->next))

/* An opaque id, without white space: RFC 8068 has line breaks in the middle of them. */
static gchar *
id_text (Reader *reader, const xmlNode *node)
{
  gchar *text = siprec_xml_content (node, 4 * MAX_ID_CHARS + 4);
  gchar *to = text;

  for (const gchar *from = text; from && *from; from++) {
    if (*from != ' ')
      *to++ = *from;
  }
  if (!text)
    return NULL;
  *to = '\0';
  if (g_utf8_strlen (text, -1) > MAX_ID_CHARS) {
    siprec_deviations_add (reader->deviations, "metadata-id-too-long",
                           "an id of over %d characters", MAX_ID_CHARS);
    g_clear_pointer (&text, g_free);
  }
  return text;
}

/* The id in attribute @name, or in @draft_name as drafts of the RFC called it. */
static gchar *
id_attribute (Reader *reader, const xmlNode *node, const gchar *name, const gchar *draft_name)
{
  const xmlNode *attribute = siprec_xml_attribute (node, name);

  if (!attribute) {
    attribute = siprec_xml_attribute (node, draft_name);
    if (attribute)
      siprec_deviations_add (reader->deviations, "metadata-draft-attribute", "%s in place of %s",
                             draft_name, name);
  }
  return attribute ? id_text (reader, attribute) : NULL;
}

static gchar *
required_id (Reader *reader, const xmlNode *node, const gchar *name, const gchar *draft_name)
{
  gchar *id = id_attribute (reader, node, name, draft_name);

  if (!id) {
    g_autofree gchar *element = siprec_printable (siprec_xml_local_name (node), -1);

    siprec_deviations_add (reader->deviations, "metadata-id-missing", "a %s without %s is left out",
                           element, name);
  }
  return id;
}

static void
note_draft_layout (Reader *reader, const xmlNode *parent, const xmlNode *child)
{
  siprec_deviations_add (reader->deviations, "metadata-draft-layout", "%s inside %s",
                         siprec_xml_local_name (child), siprec_xml_local_name (parent));
}

typedef gpointer (*AddFunc) (SiprecMetadata *metadata, const gchar *id);

static gpointer
find_or_add (Reader *reader, const gchar *kind, const gchar *id, AddFunc add)
{
  g_autofree gchar *key = g_strconcat (kind, ":", id, NULL);
  gpointer element = g_hash_table_lookup (reader->elements, key);

  if (!element) {
    element = add (reader->metadata, id);
    g_hash_table_insert (reader->elements, g_steal_pointer (&key), element);
  }
  return element;
}

/* RFC 7865 section 6.10: one id names one element. A second one adds to the first. */
static gpointer
declare (Reader *reader, const gchar *kind, const gchar *id, AddFunc add)
{
  const gchar *before = g_hash_table_lookup (reader->declared, id);

  if (before) {
    g_autofree gchar *shown = siprec_printable (id, -1);

    siprec_deviations_add (reader->deviations, "metadata-id-duplicate",
                           "%s is the id of a %s and of a %s", shown, before, kind);
  }
  g_hash_table_insert (reader->declared, g_strdup (id), (gpointer)kind);
  return find_or_add (reader, kind, id, add);
}

static SiprecStreamAssoc *
assoc_of (Reader *reader, const gchar *participant_id)
{
  return find_or_add (reader, "association", participant_id, (AddFunc)siprec_metadata_add_assoc);
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

static void
read_time (Reader *reader, const xmlNode *node, gchar **time)
{
  gchar *text = siprec_xml_content (node, MAX_TIME);

  if (!text)
    return;
  if (!is_rfc3339 (text)) {
    g_autofree gchar *shown = siprec_printable (text, -1);

    siprec_deviations_add (reader->deviations, "metadata-time", "\"%s\" is not an RFC 3339 time",
                           shown);
  }
  g_free (*time);
  *time = text;
}

/* TRUE if @node is one of the times that associations have. */
static gboolean
read_association_time (Reader *reader, const xmlNode *node, gchar **associate, gchar **disassociate)
{
  if (siprec_xml_is (node, "associate-time"))
    read_time (reader, node, associate);
  else if (siprec_xml_is (node, "disassociate-time"))
    read_time (reader, node, disassociate);
  else
    return FALSE;
  return TRUE;
}

static void
set_string (gchar **to, gchar *value)
{
  if (!value)
    return;
  g_free (*to);
  *to = value;
}

static void
add_string (GPtrArray *strings, gchar *value)
{
  if (value)
    g_ptr_array_add (strings, value);
}

/* The id of a stream: as text, or in <id> children as an early draft had it. */
static void
read_stream_ids (Reader *reader, const xmlNode *node, GPtrArray *ids)
{
  gboolean has_children = FALSE;

  FOR_EACH_CHILD (reader, node, child)
  {
    if (siprec_xml_is (child, "id")) {
      has_children = TRUE;
      add_string (ids, id_text (reader, child));
    }
  }
  if (!has_children)
    add_string (ids, id_text (reader, node));
}

/* TRUE if @node is a send or recv, wherever it stands. */
static gboolean
read_direction (Reader *reader, const xmlNode *node, SiprecStreamAssoc *assoc)
{
  if (siprec_xml_is (node, "send"))
    read_stream_ids (reader, node, assoc->send);
  else if (siprec_xml_is (node, "recv"))
    read_stream_ids (reader, node, assoc->recv);
  else
    return FALSE;
  return TRUE;
}

static void
read_stream (Reader *reader, const xmlNode *node, const gchar *session_id)
{
  g_autofree gchar *id = required_id (reader, node, "stream_id", "id");
  SiprecStreamInfo *stream;

  if (!id)
    return;
  stream = declare (reader, "stream", id, (AddFunc)siprec_metadata_add_stream);
  set_string (&stream->session_id, g_strdup (session_id));
  set_string (&stream->session_id, id_attribute (reader, node, "session_id", "session"));
  FOR_EACH_CHILD (reader, node, child)
  {
    if (siprec_xml_is (child, "label"))
      set_string (&stream->label, siprec_xml_content (child, MAX_TEXT));
  }
}

/* Quotes around a name belong to its SIP header, not to the name. */
static gchar *
name_content (const xmlNode *node)
{
  gchar *name = siprec_xml_content (node, MAX_TEXT);
  gsize length = name ? strlen (name) : 0;

  if (length > 2 && name[0] == '"' && name[length - 1] == '"') {
    memmove (name, name + 1, length - 2);
    name[length - 2] = '\0';
  }
  return name;
}

/* A nameID element; or an aor element without one, as an early draft had it. */
static void
read_name_id (Reader *reader, const xmlNode *node, SiprecParticipant *participant)
{
  const xmlNode *aor_node = siprec_xml_attribute (node, "aor"), *name_node = NULL, *lang = NULL;
  g_autofree gchar *aor = NULL;
  g_autofree gchar *name = NULL;
  g_autofree gchar *language = NULL;

  FOR_EACH_CHILD (reader, node, child)
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
  aor = aor_node ? siprec_xml_content (aor_node, MAX_TEXT) : NULL;
  language = lang ? siprec_xml_content (lang, MAX_TIME) : NULL;
  if (!aor)
    siprec_deviations_add (reader->deviations, "metadata-aor-missing", "a nameID without aor");
  if (aor || name)
    siprec_participant_add_name (participant, aor, name, name ? language : NULL);
}

static void
read_participant (Reader *reader, const xmlNode *node, const gchar *session_id)
{
  g_autofree gchar *id = required_id (reader, node, "participant_id", "id");
  g_autofree gchar *session = id_attribute (reader, node, "session_id", "session");
  g_autofree gchar *associate = NULL;
  g_autofree gchar *disassociate = NULL;
  SiprecParticipant *participant;

  if (!id)
    return;
  participant = declare (reader, "participant", id, (AddFunc)siprec_metadata_add_participant);
  FOR_EACH_CHILD (reader, node, child)
  {
    if (siprec_xml_is (child, "nameID")) {
      read_name_id (reader, child, participant);
    } else if (siprec_xml_is (child, "aor")) {
      note_draft_layout (reader, node, child);
      read_name_id (reader, child, participant);
    } else if (siprec_xml_is (child, "send") || siprec_xml_is (child, "recv")) {
      note_draft_layout (reader, node, child);
      read_direction (reader, child, assoc_of (reader, id));
    } else if (read_association_time (reader, child, &associate, &disassociate)) {
      note_draft_layout (reader, node, child);
    }
  }
  if (participant->names->len == 0)
    siprec_deviations_add (reader->deviations, "metadata-aor-missing",
                           "a participant without nameID");
  /* In the draft that ties it to its session so, one without send has ceased to send. */
  if (session) {
    assoc_of (reader, id);
    session_id = session;
  }
  if (session_id) {
    SiprecAttendance *attendance =
        siprec_metadata_add_attendance (reader->metadata, id, session_id);

    attendance->associate_time = g_steal_pointer (&associate);
    attendance->disassociate_time = g_steal_pointer (&disassociate);
  }
}

static void
read_session (Reader *reader, const xmlNode *node, const gchar *unused)
{
  g_autofree gchar *id = required_id (reader, node, "session_id", "id");
  SiprecCall *call;

  if (!id)
    return;
  call = declare (reader, "session", id, (AddFunc)siprec_metadata_add_call);
  set_string (&call->group_ref, id_attribute (reader, node, "group-ref", "group"));
  FOR_EACH_CHILD (reader, node, child)
  {
    if (siprec_xml_is (child, "sipSessionID")) {
      add_string (call->sip_session_ids, id_text (reader, child));
    } else if (siprec_xml_is (child, "group-ref")) {
      set_string (&call->group_ref, id_text (reader, child));
    } else if (siprec_xml_is (child, "start-time")) {
      read_time (reader, child, &call->start_time);
    } else if (siprec_xml_is (child, "stop-time")) {
      read_time (reader, child, &call->stop_time);
    } else if (read_association_time (reader, child, &call->associate_time,
                                      &call->disassociate_time)) {
      note_draft_layout (reader, node, child);
    } else if (siprec_xml_is (child, "participant")) {
      note_draft_layout (reader, node, child);
      read_participant (reader, child, id);
    } else if (siprec_xml_is (child, "stream")) {
      note_draft_layout (reader, node, child);
      read_stream (reader, child, id);
    }
  }
}

static void
read_group (Reader *reader, const xmlNode *node, const gchar *unused)
{
  g_autofree gchar *id = required_id (reader, node, "group_id", "id");
  SiprecGroup *group;

  if (!id)
    return;
  group = declare (reader, "group", id, (AddFunc)siprec_metadata_add_group);
  FOR_EACH_CHILD (reader, node, child)
  read_association_time (reader, child, &group->associate_time, &group->disassociate_time);
}

static void
read_session_recording (Reader *reader, const xmlNode *node, const gchar *unused)
{
  g_autofree gchar *id = required_id (reader, node, "session_id", "session");
  SiprecCall *call;

  if (!id)
    return;
  call = find_or_add (reader, "session", id, (AddFunc)siprec_metadata_add_call);
  FOR_EACH_CHILD (reader, node, child)
  read_association_time (reader, child, &call->associate_time, &call->disassociate_time);
}

static void
read_attendance (Reader *reader, const xmlNode *node, const gchar *unused)
{
  g_autofree gchar *participant = required_id (reader, node, "participant_id", "participant");
  g_autofree gchar *session = required_id (reader, node, "session_id", "session");
  SiprecAttendance *attendance;

  if (!participant || !session)
    return;
  attendance = siprec_metadata_add_attendance (reader->metadata, participant, session);
  FOR_EACH_CHILD (reader, node, child)
  read_association_time (reader, child, &attendance->associate_time,
                         &attendance->disassociate_time);
}

/* Several of one participant add up, but one that has ended doesn't count beside one that hasn't. */
static void
read_assoc (Reader *reader, const xmlNode *node, const gchar *unused)
{
  g_autofree gchar *participant = required_id (reader, node, "participant_id", "participant");
  SiprecStreamAssoc *assoc;
  gboolean ended = FALSE;

  if (!participant)
    return;
  FOR_EACH_CHILD (reader, node, child)
  ended = ended || siprec_xml_is (child, "disassociate-time");

  assoc = assoc_of (reader, participant);
  if (ended && assoc->send->len + assoc->recv->len > 0 && !assoc->disassociate_time)
    return;
  if (!ended && assoc->disassociate_time) {
    g_ptr_array_set_size (assoc->send, 0);
    g_ptr_array_set_size (assoc->recv, 0);
    g_clear_pointer (&assoc->disassociate_time, g_free);
  }
  FOR_EACH_CHILD (reader, node, child)
  {
    if (!read_association_time (reader, child, &assoc->associate_time, &assoc->disassociate_time))
      read_direction (reader, child, assoc);
  }
}

static void
read_datamode (Reader *reader, const xmlNode *node, const gchar *unused)
{
  g_autofree gchar *mode = siprec_xml_content (node, MAX_TIME);

  reader->metadata->partial = mode && g_ascii_strcasecmp (mode, "partial") == 0;
  if (!g_str_equal (siprec_xml_local_name (node), "datamode") ||
      (!reader->metadata->partial && g_strcmp0 (mode, "complete") != 0)) {
    g_autofree gchar *shown = siprec_printable (mode ? mode : "", -1);

    siprec_deviations_add (reader->deviations, "metadata-datamode", "%s \"%s\"",
                           siprec_xml_local_name (node), shown);
  }
}

static const struct {
  const gchar *name;
  void (*read) (Reader *reader, const xmlNode *node, const gchar *session_id);
} readers[] = {
    {"datamode", read_datamode},
    {"group", read_group},
    {"session", read_session},
    {"participant", read_participant},
    {"stream", read_stream},
    {"sessionrecordingassoc", read_session_recording},
    {"participantsessionassoc", read_attendance},
    {"participantstreamassoc", read_assoc},
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
read_container (Reader *reader, const xmlNode *container)
{
  FOR_EACH_CHILD (reader, container, child)
  {
    gint i = reader_index (child);

    if (i >= 0)
      readers[i].read (reader, child, NULL);
  }
}

static gboolean
has_metadata (Reader *reader, const xmlNode *container)
{
  FOR_EACH_CHILD (reader, container, child)
  {
    if (reader_index (child) >= 0)
      return TRUE;
  }
  return FALSE;
}

/* The element that holds the metadata: the root, whatever its name, or one deeper in a wrapper. */
static const xmlNode *
find_container (Reader *reader, const xmlNode *node)
{
  reader->root = node;
  if (siprec_xml_is (node, "recording") || siprec_xml_is (node, "recording_metadata") ||
      has_metadata (reader, node))
    return node;
  for (const xmlNode *child = node->children; child; child = child->next) {
    const xmlNode *found = child->type == XML_ELEMENT_NODE ? find_container (reader, child) : NULL;

    if (found)
      return found;
  }
  return NULL;
}

static gboolean
read_document (Reader *reader, const xmlNode *root, GError **error)
{
  const xmlNode *container = find_container (reader, root);
  g_autofree gchar *name = siprec_printable ((const gchar *)root->name, -1);
  g_autofree gchar *ns = siprec_printable (siprec_xml_namespace (root), -1);

  if (!container) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX,
                 "The metadata document is a <%s>. It must be a <recording>.", name);
    return FALSE;
  }
  if (!siprec_xml_is (root, "recording"))
    siprec_deviations_add (reader->deviations, "metadata-root", "<%s> in place of <recording>",
                           name);
  if (!g_str_equal (siprec_xml_namespace (root), NS_RECORDING))
    siprec_deviations_add (reader->deviations, "metadata-namespace", "namespace \"%s\"", ns);
  read_container (reader, container);
  return TRUE;
}

SiprecMetadata *
siprec_metadata_read (GBytes *data, GPtrArray *deviations, GError **error)
{
  Reader reader = {.deviations = deviations};
  g_autoptr (SiprecMetadata) metadata = siprec_metadata_new ();
  GString *text = siprec_xml_text (data, deviations);
  gboolean incomplete = FALSE, ok = FALSE;
  xmlDoc *document = siprec_xml_parse (text, deviations, &incomplete, error);

  g_string_free (text, TRUE);
  if (!document)
    return NULL;
  reader.metadata = metadata;
  reader.elements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  reader.declared = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  ok = read_document (&reader, xmlDocGetRootElement (document), error);
  metadata->partial = metadata->partial || incomplete;

  g_hash_table_unref (reader.elements);
  g_hash_table_unref (reader.declared);
  xmlFreeDoc (document);
  return ok ? g_steal_pointer (&metadata) : NULL;
}
