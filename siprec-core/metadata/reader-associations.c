/* siprec-core: the associations in a metadata document, into the model
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document.h"
#include "history.h"

static const gchar *const times[] = {"associate-time", "disassociate-time", NULL};

SiprecStreamAssoc *
siprec_document_assoc (SiprecDocument *document, const gchar *participant_id)
{
  return siprec_document_find_or_add (document, "association", participant_id,
                                      (SiprecMetadataAddFunc)siprec_metadata_add_assoc);
}

static void
add_string (GPtrArray *strings, gchar *value)
{
  if (value)
    g_ptr_array_add (strings, value);
}

/* The id of a stream: as text, or in <id> children as an early draft had it. */
static void
read_stream_ids (SiprecDocument *document, const xmlNode *node, GPtrArray *ids)
{
  gboolean has_children = FALSE;

  SIPREC_DOCUMENT_FOR_EACH (document, node, child)
  {
    if (siprec_xml_is (child, "id")) {
      has_children = TRUE;
      add_string (ids, siprec_document_id (document, child));
    }
  }
  if (!has_children)
    add_string (ids, siprec_document_id (document, node));
}

gboolean
siprec_document_direction (SiprecDocument *document, const xmlNode *node, SiprecStreamAssoc *assoc)
{
  if (siprec_xml_is (node, "send"))
    read_stream_ids (document, node, assoc->send);
  else if (siprec_xml_is (node, "recv"))
    read_stream_ids (document, node, assoc->recv);
  else
    return FALSE;
  return TRUE;
}

void
siprec_document_session_recording (SiprecDocument *document, const xmlNode *node)
{
  g_autofree gchar *id = siprec_document_required_id (document, node, "session_id", "session");
  g_autofree gchar *associate = NULL;
  g_autofree gchar *disassociate = NULL;
  SiprecCall *call;

  if (!id)
    return;
  call = siprec_document_find_or_add (document, "session", id,
                                      (SiprecMetadataAddFunc)siprec_metadata_add_call);
  SIPREC_DOCUMENT_FOR_EACH (document, node, child)
  siprec_document_association_time (document, child, &associate, &disassociate);
  /* A call may come and go, each time with an element of its own. */
  siprec_history_update (call->history, &call->associate_time, &call->disassociate_time, associate,
                         disassociate);
  siprec_document_extensions (document, node, times, &call->recording_extensions);
}

static void
read_param (const xmlNode *node, SiprecAttendance *attendance)
{
  const xmlNode *name_node = siprec_xml_attribute (node, "pname");
  const xmlNode *value_node = siprec_xml_attribute (node, "pval");
  g_autofree gchar *name =
      name_node ? siprec_xml_content (name_node, SIPREC_DOCUMENT_MAX_TEXT) : NULL;
  g_autofree gchar *value =
      value_node ? siprec_xml_content (value_node, SIPREC_DOCUMENT_MAX_TEXT) : NULL;

  if (name)
    siprec_attendance_add_param (attendance, name, value);
}

/* Several of one pair stay apart here; the merge makes intervals of them. */
void
siprec_document_attendance (SiprecDocument *document, const xmlNode *node)
{
  static const gchar *const known[] = {"associate-time", "disassociate-time", "param", NULL};
  g_autofree gchar *participant =
      siprec_document_required_id (document, node, "participant_id", "participant");
  g_autofree gchar *session = siprec_document_required_id (document, node, "session_id", "session");
  SiprecAttendance *attendance;

  if (!participant || !session)
    return;
  attendance = siprec_metadata_add_attendance (document->metadata, participant, session);
  SIPREC_DOCUMENT_FOR_EACH (document, node, child)
  {
    if (siprec_xml_is (child, "param"))
      read_param (child, attendance);
    else
      siprec_document_association_time (document, child, &attendance->associate_time,
                                        &attendance->disassociate_time);
  }
  siprec_document_extensions (document, node, known, &attendance->extensions);
}

/* Makes room in @assoc for a new interval: what it had is over. */
static void
close_interval (SiprecStreamAssoc *assoc)
{
  siprec_history_add (assoc->history, assoc->associate_time, assoc->disassociate_time);
  g_clear_pointer (&assoc->associate_time, g_free);
  g_clear_pointer (&assoc->disassociate_time, g_free);
  g_ptr_array_set_size (assoc->send, 0);
  g_ptr_array_set_size (assoc->recv, 0);
}

/* Several of one participant add up, but those that ended only count as history. */
void
siprec_document_stream_assoc (SiprecDocument *document, const xmlNode *node)
{
  static const gchar *const known[] = {"send", "recv", "associate-time", "disassociate-time", NULL};
  g_autofree gchar *participant =
      siprec_document_required_id (document, node, "participant_id", "participant");
  g_autofree gchar *associate = NULL;
  g_autofree gchar *disassociate = NULL;
  SiprecStreamAssoc *assoc;

  if (!participant)
    return;
  SIPREC_DOCUMENT_FOR_EACH (document, node, child)
  siprec_document_association_time (document, child, &associate, &disassociate);

  assoc = siprec_document_assoc (document, participant);
  siprec_document_extensions (document, node, known, &assoc->extensions);
  if (disassociate && assoc->send->len + assoc->recv->len > 0 && !assoc->disassociate_time) {
    siprec_history_add (assoc->history, associate, disassociate);
    return;
  }
  if (assoc->disassociate_time)
    close_interval (assoc);
  SIPREC_DOCUMENT_FOR_EACH (document, node, child)
  siprec_document_direction (document, child, assoc);
  siprec_document_set (&assoc->associate_time, g_steal_pointer (&associate));
  siprec_document_set (&assoc->disassociate_time, g_steal_pointer (&disassociate));
}
