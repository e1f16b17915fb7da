/* siprec-metadata: the tree that is printed
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tree.h"

#include <string.h>

#include "siprec-core/deviation.h"
#include "siprec-core/event.h"

/* A line and those below it. */
typedef struct {
  gchar *text;
  GPtrArray *children;
} Node;

static void
node_free (gpointer data)
{
  Node *node = data;

  g_free (node->text);
  g_ptr_array_unref (node->children);
  g_free (node);
}

/* Takes @text, of which one line is made that does a terminal no harm. */
static Node *
node_new (gchar *text)
{
  Node *node = g_new0 (Node, 1);

  node->text = g_strdelimit (siprec_event_text (text, -1), "\n\t", ' ');
  node->children = g_ptr_array_new_with_free_func (node_free);
  g_free (text);
  return node;
}

static Node *
add (Node *parent, gchar *text)
{
  Node *node = node_new (text);

  g_ptr_array_add (parent->children, node);
  return node;
}

static void
add_value (Node *parent, const gchar *name, const gchar *value)
{
  if (value)
    add (parent, g_strdup_printf ("%s %s", name, value));
}

static void
print (const Node *node, GString *prefix, GString *out)
{
  for (guint i = 0; i < node->children->len; i++) {
    const Node *child = g_ptr_array_index (node->children, i);
    gboolean last = i + 1 == node->children->len;
    gsize length = prefix->len;

    g_string_append_printf (out, "%s%s%s\n", prefix->str, last ? "└─ " : "├─ ", child->text);
    g_string_append (prefix, last ? "   " : "│  ");
    print (child, prefix, out);
    g_string_truncate (prefix, length);
  }
}

/* "12:00:00 to 12:01:00", or less if less is known; NULL if nothing is. */
static gchar *
describe_times (const gchar *begin, const gchar *end)
{
  if (begin && end)
    return g_strdup_printf ("%s to %s", begin, end);
  if (begin)
    return g_strdup_printf ("since %s", begin);
  return end ? g_strdup_printf ("until %s", end) : NULL;
}

static void
add_times (Node *parent, const gchar *name, const gchar *begin, const gchar *end,
           const GPtrArray *history)
{
  g_autofree gchar *times = describe_times (begin, end);

  for (guint i = 0; history && i < history->len; i++) {
    const SiprecInterval *interval = g_ptr_array_index (history, i);

    add_times (parent, name, interval->begin, interval->end, NULL);
  }
  add_value (parent, name, times);
}

static gchar *
participant_title (const MetadataRecord *record, const gchar *id)
{
  const SiprecParticipant *participant = siprec_metadata_participant (record->state, id);
  const gchar *name = participant ? siprec_participant_display_name (participant) : id;
  GString *title = g_string_new (name);

  for (guint i = 0; participant && i < participant->names->len; i++) {
    const SiprecNameId *name_id = g_ptr_array_index (participant->names, i);

    if (*name_id->aor && !g_str_equal (name_id->aor, name))
      g_string_append_printf (title, " <%s>", name_id->aor);
  }
  return g_string_free (title, FALSE);
}

/* The labels of @streams, or their ids in brackets where no label is known. */
static gchar *
stream_names (const MetadataRecord *record, const GPtrArray *streams)
{
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < streams->len; i++) {
    const gchar *id = g_ptr_array_index (streams, i);
    const SiprecStreamInfo *stream = siprec_metadata_stream (record->state, id);

    g_string_append (names, i ? ", " : "");
    if (stream && stream->label)
      g_string_append (names, stream->label);
    else
      g_string_append_printf (names, "(%s)", id);
  }
  return g_string_free (names, FALSE);
}

static void
add_participant (const MetadataRecord *record, Node *parent, const gchar *id,
                 const SiprecAttendance *attendance)
{
  const SiprecParticipant *participant = siprec_metadata_participant (record->state, id);
  const SiprecStreamAssoc *assoc = siprec_metadata_assoc (record->state, id);
  Node *node = add (parent, participant_title (record, id));

  if (assoc) {
    g_autofree gchar *send = stream_names (record, assoc->send);
    g_autofree gchar *receive = stream_names (record, assoc->recv);

    add_value (node, assoc->guessed ? "sends (guessed)" : "sends", *send ? send : NULL);
    add_value (node, "receives", *receive ? receive : NULL);
    if (!*send && !*receive)
      add (node, g_strdup ("neither sends nor receives"));
  }
  if (attendance)
    add_times (node, "there", attendance->associate_time, attendance->disassociate_time,
               attendance->history);
  for (guint i = 0; attendance && i < attendance->params->len; i++) {
    const SiprecParam *param = g_ptr_array_index (attendance->params, i);

    add (node, g_strdup_printf ("%s=%s", param->name, param->value ? param->value : ""));
  }
  add_value (node, "also", participant ? participant->extensions : NULL);
}

static void
add_call (const MetadataRecord *record, Node *root, const SiprecCall *call)
{
  Node *node = add (root, g_strdup_printf ("call %s", call->id));

  add_times (node, "takes place", call->start_time, call->stop_time, NULL);
  add_times (node, "recorded", call->associate_time, call->disassociate_time, call->history);
  add_value (node, "in group", call->group_ref);
  for (guint i = 0; i < call->sip_session_ids->len; i++)
    add_value (node, "Session-ID", g_ptr_array_index (call->sip_session_ids, i));
  for (guint i = 0; i < call->reasons->len; i++) {
    const SiprecReason *reason = g_ptr_array_index (call->reasons, i);

    add (node,
         g_strdup_printf ("ended by %s %s %s", reason->protocol, reason->cause ? reason->cause : "",
                          reason->text ? reason->text : ""));
  }
  add_value (node, "also", call->extensions);
  for (guint i = 0; i < record->state->attendances->len; i++) {
    const SiprecAttendance *attendance = g_ptr_array_index (record->state->attendances, i);

    if (g_str_equal (attendance->call_id, call->id))
      add_participant (record, node, attendance->participant_id, attendance);
  }
}

/* Those whom no attendance ties to a call that the record knows. */
static void
add_others (const MetadataRecord *record, Node *root)
{
  const SiprecMetadata *state = record->state;
  g_autoptr (GHashTable) tied = g_hash_table_new (g_str_hash, g_str_equal);
  Node *node = node_new (g_strdup ("in no call"));

  for (guint i = 0; i < state->attendances->len; i++) {
    const SiprecAttendance *attendance = g_ptr_array_index (state->attendances, i);

    if (siprec_metadata_call (state, attendance->call_id))
      g_hash_table_add (tied, attendance->participant_id);
  }
  for (guint i = 0; i < state->participants->len; i++) {
    const SiprecParticipant *participant = g_ptr_array_index (state->participants, i);

    if (!g_hash_table_contains (tied, participant->id))
      add_participant (record, node, participant->id, NULL);
  }
  if (node->children->len > 0)
    g_ptr_array_add (root->children, node);
  else
    node_free (node);
}

static void
add_streams (const MetadataRecord *record, Node *root)
{
  const GPtrArray *streams = record->state->streams;
  Node *node = streams->len > 0 ? add (root, g_strdup ("streams")) : NULL;

  for (guint i = 0; i < streams->len; i++) {
    const SiprecStreamInfo *stream = g_ptr_array_index (streams, i);
    g_autoptr (GPtrArray) senders = siprec_metadata_senders (record->state, stream->id);
    GString *text = g_string_new (stream->label ? stream->label : stream->id);

    if (stream->guessed)
      g_string_append (text, " (guessed)");
    g_string_append (text, senders->len > 0 ? " from " : ", nobody sends it");
    for (guint n = 0; n < senders->len; n++)
      g_string_append_printf (text, "%s%s", n ? " and " : "",
                              siprec_participant_display_name (g_ptr_array_index (senders, n)));
    add_value (add (node, g_string_free (text, FALSE)), "also", stream->extensions);
  }
}

static gboolean
is_event (JsonObject *event, const gchar *type)
{
  return g_strcmp0 (metadata_member_text (event, "type"), type) == 0;
}

/* What the m-line of @stream.added promised. */
static void
add_line (Node *parent, JsonObject *data)
{
  static const gchar *const members[] = {"label", "stream", "kind", "codec", "direction"};
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (members); i++) {
    const gchar *value = metadata_member_text (data, members[i]);

    if (value)
      g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", value);
  }
  add (parent, g_string_free (text, FALSE));
}

/* A client that sends SDP alone still says who calls, and which lines there are. */
static void
add_sessions (const MetadataRecord *record, Node *root)
{
  Node *session = root, *streams = NULL;
  const gchar *id;

  for (guint i = 0; i < record->events->len; i++) {
    JsonObject *event = g_ptr_array_index (record->events, i);
    JsonObject *data = metadata_member_object (event, "data");

    if (is_event (event, "siprec.session.started")) {
      id = metadata_member_text (event, "subject");
      session = add (root, g_strdup_printf ("session %s", id ? id : ""));
      streams = NULL;
      add_value (session, "from", metadata_member_text (data, "from"));
      add_value (session, "to", metadata_member_text (data, "to"));
      add_value (session, "since", metadata_member_text (data, "start"));
    } else if (is_event (event, "siprec.stream.added")) {
      if (!streams)
        streams = add (session, g_strdup ("streams"));
      add_line (streams, data);
    } else if (is_event (event, "siprec.session.ended")) {
      add_value (session, "until", metadata_member_text (event, "time"));
      add_value (session, "ended by", metadata_member_text (data, "cause"));
    }
  }
}

static void
add_deviations (const MetadataRecord *record, Node *root)
{
  Node *node = record->deviations->len > 0 ? add (root, g_strdup ("deviations")) : NULL;

  for (guint i = 0; i < record->documents->len; i++) {
    const MetadataDocument *document = g_ptr_array_index (record->documents, i);

    if (document->error)
      add (root, g_strdup_printf ("document %u could not be read: %s", i + 1, document->error));
  }
  for (guint i = 0; i < record->deviations->len; i++) {
    const SiprecDeviation *deviation = g_ptr_array_index (record->deviations, i);
    const gchar *meaning = siprec_deviation_description (deviation->id);

    add (add (node, g_strdup_printf ("%s: %s", deviation->id, meaning)),
         g_strdup (deviation->detail));
  }
}

gchar *
metadata_tree_new (const MetadataRecord *record)
{
  g_autoptr (GString) prefix = g_string_new (NULL);
  GString *out = g_string_new (NULL);
  guint n = record->documents->len;
  Node *root = node_new (n > 0 ? g_strdup_printf ("%u document%s", n, n == 1 ? "" : "s")
                               : g_strdup ("no metadata documents"));

  for (guint i = 0; i < record->state->groups->len; i++) {
    const SiprecGroup *group = g_ptr_array_index (record->state->groups, i);
    Node *node = add (root, g_strdup_printf ("group %s", group->id));

    add_times (node, "associated", group->associate_time, group->disassociate_time, NULL);
    add_value (node, "also", group->extensions);
  }
  for (guint i = 0; i < record->state->calls->len; i++)
    add_call (record, root, g_ptr_array_index (record->state->calls, i));
  add_others (record, root);
  if (n > 0)
    add_streams (record, root);
  else
    add_sessions (record, root);
  add_value (root, "also", record->state->extensions);
  add_deviations (record, root);
  g_string_append_printf (out, "%s\n", root->text);
  print (root, prefix, out);
  node_free (root);
  return g_string_free (out, FALSE);
}
