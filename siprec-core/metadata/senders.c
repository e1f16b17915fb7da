/* siprec-core: the senders of every label, found in one pass
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "senders.h"

#include "index.h"
#include "json.h"

typedef struct {
  const SiprecParticipant *participant;
  gboolean guessed;
} Sender;

/* Stream id -> GPtrArray of the streams with that id and a label: a guess can give it a second one. */
static GHashTable *
index_streams (const SiprecMetadata *metadata)
{
  GHashTable *by_id =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);

  for (guint i = 0; i < metadata->streams->len; i++) {
    SiprecStreamInfo *stream = g_ptr_array_index (metadata->streams, i);
    GPtrArray *streams = g_hash_table_lookup (by_id, stream->id);

    if (!stream->label)
      continue;
    if (!streams) {
      streams = g_ptr_array_new ();
      g_hash_table_insert (by_id, stream->id, streams);
    }
    g_ptr_array_add (streams, stream);
  }
  return by_id;
}

/* Participants come one after another, so who is the last sender of a line is there already. */
static void
add_sender (SiprecSenders *senders, const SiprecStreamInfo *stream,
            const SiprecParticipant *participant, gboolean guessed)
{
  GArray *line = g_hash_table_lookup (senders, stream->label);
  const Sender sender = {participant, guessed || stream->guessed};

  if (!line) {
    line = g_array_new (FALSE, FALSE, sizeof (Sender));
    g_hash_table_insert (senders, g_strdup (stream->label), line);
  }
  if (line->len == 0 || g_array_index (line, Sender, line->len - 1).participant != participant)
    g_array_append_val (line, sender);
}

SiprecSenders *
siprec_senders_new (const SiprecMetadata *metadata)
{
  SiprecSenders *senders =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
  g_autoptr (GHashTable) streams = index_streams (metadata);
  g_autoptr (GHashTable) assocs = siprec_metadata_index (metadata->assocs);
  g_autoptr (GHashTable) left = siprec_metadata_left (metadata);

  for (guint i = 0; i < metadata->participants->len; i++) {
    const SiprecParticipant *participant = g_ptr_array_index (metadata->participants, i);
    const SiprecStreamAssoc *assoc = g_hash_table_lookup (assocs, participant->id);

    if (!assoc || assoc->disassociate_time || g_hash_table_contains (left, participant->id))
      continue;
    for (guint n = 0; n < assoc->send->len; n++) {
      GPtrArray *sent = g_hash_table_lookup (streams, g_ptr_array_index (assoc->send, n));

      for (guint k = 0; sent && k < sent->len; k++)
        add_sender (senders, g_ptr_array_index (sent, k), participant, assoc->guessed);
    }
  }
  return senders;
}

JsonArray *
siprec_senders_to_json (SiprecSenders *senders, const gchar *label)
{
  JsonArray *array = json_array_new ();
  const GArray *line = senders ? g_hash_table_lookup (senders, label) : NULL;

  for (guint i = 0; line && i < line->len; i++) {
    const Sender *sender = &g_array_index (line, Sender, i);
    JsonObject *object = siprec_participant_to_json (sender->participant);

    if (sender->guessed)
      json_object_set_boolean_member (object, "guessed", TRUE);
    json_array_add_object_element (array, object);
  }
  return array;
}
