/* siprec-core: RFC 7865 documents from the model (section 9)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "writer.h"

#include "../event.h"
#include "document.h"

/* Text that no parser refuses: without control characters, escaped. */
static gchar *
escape (const gchar *text)
{
  g_autofree gchar *clean = siprec_event_text (text, -1);

  return g_markup_escape_text (clean, -1);
}

static void
open_tag (GString *xml, const gchar *name)
{
  g_string_append_printf (xml, "<%s", name);
}

static void
attribute (GString *xml, const gchar *name, const gchar *value)
{
  g_autofree gchar *escaped = value ? escape (value) : NULL;

  if (escaped)
    g_string_append_printf (xml, " %s=\"%s\"", name, escaped);
}

static void
element (GString *xml, const gchar *name, const gchar *text)
{
  g_autofree gchar *escaped = text ? escape (text) : NULL;

  if (escaped)
    g_string_append_printf (xml, "<%s>%s</%s>", name, escaped, name);
}

static void
close_tag (GString *xml, const gchar *name)
{
  g_string_append_printf (xml, "</%s>\n", name);
}

static gboolean
has_bare_element (const xmlNode *node)
{
  for (; node; node = node->next) {
    if (node->type == XML_ELEMENT_NODE &&
        (!*siprec_xml_namespace (node) || has_bare_element (node->children)))
      return TRUE;
  }
  return FALSE;
}

/* TRUE if one of the elements that @tree wraps may not stand where RFC 7865 wants other namespaces, or
 * has elements of no namespace, which would get that of the document. */
static gboolean
needs_wrapper (const xmlDoc *tree)
{
  const xmlNode *child = xmlDocGetRootElement ((xmlDoc *)tree)->children;

  if (has_bare_element (child))
    return TRUE;
  for (; child; child = child->next) {
    if (child->type == XML_ELEMENT_NODE &&
        g_str_equal (siprec_xml_namespace (child), SIPREC_DOCUMENT_NS))
      return TRUE;
  }
  return FALSE;
}

/* Extension data goes last. What vendors put into the wrong namespace stands in a wrapper of ours. */
static void
write_extensions (GString *xml, const gchar *extensions)
{
  static const SiprecMetadataLimits enough = {.elements = G_MAXUINT, .depth = 255};
  gboolean incomplete = FALSE;
  GString *text;
  xmlDoc *tree;

  if (!extensions)
    return;
  text = g_string_new ("<o:other xmlns:o=\"" SIPREC_DOCUMENT_NS_OTHER "\" xmlns=\"\">");
  g_string_append_printf (text, "%s</o:other>", extensions);
  tree = siprec_xml_parse (text, &enough, NULL, &incomplete, NULL);
  if (tree && !incomplete)
    g_string_append (xml, needs_wrapper (tree) ? text->str : extensions);
  xmlFreeDoc (tree);
  g_string_free (text, TRUE);
}

static void
write_times (GString *xml, const gchar *associate, const gchar *disassociate)
{
  element (xml, "associate-time", associate);
  element (xml, "disassociate-time", disassociate);
}

static void
write_group (GString *xml, const SiprecGroup *group)
{
  open_tag (xml, "group");
  attribute (xml, "group_id", group->id);
  g_string_append_c (xml, '>');
  write_times (xml, group->associate_time, group->disassociate_time);
  write_extensions (xml, group->extensions);
  close_tag (xml, "group");
}

static void
write_reason (GString *xml, const SiprecReason *reason)
{
  g_autofree gchar *text = reason->text ? escape (reason->text) : NULL;

  open_tag (xml, "reason");
  attribute (xml, "cause", reason->cause);
  attribute (xml, "protocol", reason->protocol);
  g_string_append_printf (xml, ">%s</reason>", text ? text : "");
}

static void
write_call (GString *xml, const SiprecCall *call)
{
  open_tag (xml, "session");
  attribute (xml, "session_id", call->id);
  g_string_append_c (xml, '>');
  for (guint i = 0; i < call->sip_session_ids->len; i++)
    element (xml, "sipSessionID", g_ptr_array_index (call->sip_session_ids, i));
  for (guint i = 0; i < call->reasons->len; i++)
    write_reason (xml, g_ptr_array_index (call->reasons, i));
  element (xml, "group-ref", call->group_ref);
  element (xml, "start-time", call->start_time);
  element (xml, "stop-time", call->stop_time);
  write_extensions (xml, call->extensions);
  close_tag (xml, "session");
}

static void
write_name (GString *xml, const SiprecNameId *name_id)
{
  g_autofree gchar *name = name_id->name ? escape (name_id->name) : NULL;

  open_tag (xml, "nameID");
  attribute (xml, "aor", name_id->aor);
  if (!name) {
    g_string_append (xml, "/>");
    return;
  }
  g_string_append (xml, "><name");
  attribute (xml, "xml:lang", name_id->lang);
  g_string_append_printf (xml, ">%s</name></nameID>", name);
}

static void
write_participant (GString *xml, const SiprecParticipant *participant)
{
  static const SiprecNameId nameless = {(gchar *)"", NULL, NULL};

  open_tag (xml, "participant");
  attribute (xml, "participant_id", participant->id);
  g_string_append_c (xml, '>');
  for (guint i = 0; i < participant->names->len; i++)
    write_name (xml, g_ptr_array_index (participant->names, i));
  /* The schema wants one at least. */
  if (participant->names->len == 0)
    write_name (xml, &nameless);
  write_extensions (xml, participant->extensions);
  close_tag (xml, "participant");
}

static void
write_stream (GString *xml, const SiprecStreamInfo *stream)
{
  if (stream->guessed)
    return;
  open_tag (xml, "stream");
  attribute (xml, "stream_id", stream->id);
  attribute (xml, "session_id", stream->session_id);
  g_string_append_c (xml, '>');
  element (xml, "label", stream->label);
  write_extensions (xml, stream->extensions);
  close_tag (xml, "stream");
}

static void
write_recording_assoc (GString *xml, const SiprecCall *call)
{
  for (guint i = 0; i <= call->history->len; i++) {
    const SiprecInterval *past =
        i < call->history->len ? g_ptr_array_index (call->history, i) : NULL;

    if (!past && !call->associate_time && !call->disassociate_time && !call->recording_extensions)
      return;
    open_tag (xml, "sessionrecordingassoc");
    attribute (xml, "session_id", call->id);
    g_string_append_c (xml, '>');
    write_times (xml, past ? past->begin : call->associate_time,
                 past ? past->end : call->disassociate_time);
    if (!past)
      write_extensions (xml, call->recording_extensions);
    close_tag (xml, "sessionrecordingassoc");
  }
}

static void
write_param (GString *xml, const SiprecParam *param)
{
  open_tag (xml, "param");
  attribute (xml, "pname", param->name);
  attribute (xml, "pval", param->value);
  g_string_append (xml, "/>");
}

static void
write_attendance (GString *xml, const SiprecAttendance *attendance)
{
  for (guint i = 0; i <= attendance->history->len; i++) {
    const SiprecInterval *past =
        i < attendance->history->len ? g_ptr_array_index (attendance->history, i) : NULL;

    open_tag (xml, "participantsessionassoc");
    attribute (xml, "participant_id", attendance->participant_id);
    attribute (xml, "session_id", attendance->call_id);
    g_string_append_c (xml, '>');
    write_times (xml, past ? past->begin : attendance->associate_time,
                 past ? past->end : attendance->disassociate_time);
    for (guint n = 0; !past && n < attendance->params->len; n++)
      write_param (xml, g_ptr_array_index (attendance->params, n));
    if (!past)
      write_extensions (xml, attendance->extensions);
    close_tag (xml, "participantsessionassoc");
  }
}

/* TRUE if nothing of @assoc is left without its guess. */
static gboolean
is_made_up (const SiprecStreamAssoc *assoc)
{
  return assoc->guessed && assoc->recv->len == 0 && assoc->history->len == 0 &&
         !assoc->associate_time && !assoc->disassociate_time && !assoc->extensions;
}

static void
write_assoc (GString *xml, const SiprecStreamAssoc *assoc)
{
  for (guint i = 0; i <= assoc->history->len && !is_made_up (assoc); i++) {
    const SiprecInterval *past =
        i < assoc->history->len ? g_ptr_array_index (assoc->history, i) : NULL;

    open_tag (xml, "participantstreamassoc");
    attribute (xml, "participant_id", assoc->participant_id);
    g_string_append_c (xml, '>');
    for (guint n = 0; !past && !assoc->guessed && n < assoc->send->len; n++)
      element (xml, "send", g_ptr_array_index (assoc->send, n));
    for (guint n = 0; !past && n < assoc->recv->len; n++)
      element (xml, "recv", g_ptr_array_index (assoc->recv, n));
    write_times (xml, past ? past->begin : assoc->associate_time,
                 past ? past->end : assoc->disassociate_time);
    if (!past)
      write_extensions (xml, assoc->extensions);
    close_tag (xml, "participantstreamassoc");
  }
}

gchar *
siprec_metadata_write (const SiprecMetadata *metadata)
{
  GString *xml = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                               "<recording xmlns=\"" SIPREC_DOCUMENT_NS "\">\n");

  element (xml, "datamode", metadata->partial ? "partial" : "complete");
  g_string_append_c (xml, '\n');
  for (guint i = 0; i < metadata->groups->len; i++)
    write_group (xml, g_ptr_array_index (metadata->groups, i));
  for (guint i = 0; i < metadata->calls->len; i++)
    write_call (xml, g_ptr_array_index (metadata->calls, i));
  for (guint i = 0; i < metadata->participants->len; i++)
    write_participant (xml, g_ptr_array_index (metadata->participants, i));
  for (guint i = 0; i < metadata->streams->len; i++)
    write_stream (xml, g_ptr_array_index (metadata->streams, i));
  for (guint i = 0; i < metadata->calls->len; i++)
    write_recording_assoc (xml, g_ptr_array_index (metadata->calls, i));
  for (guint i = 0; i < metadata->attendances->len; i++)
    write_attendance (xml, g_ptr_array_index (metadata->attendances, i));
  for (guint i = 0; i < metadata->assocs->len; i++)
    write_assoc (xml, g_ptr_array_index (metadata->assocs, i));
  write_extensions (xml, metadata->extensions);
  g_string_append (xml, "</recording>\n");
  return g_string_free (xml, FALSE);
}
