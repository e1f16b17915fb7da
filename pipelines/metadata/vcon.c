/* siprec-metadata: draft-ietf-vcon-vcon-core-03, from events and files
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vcon.h"

#include <gio/gio.h>
#include <string.h>

#include "siprec-core/error.h"

#define SET_INDEX 0 /* of the recording-set among the dialogs */

typedef struct {
  const MetadataRecord *record;
  const gchar *folder;
  const gchar *session_id;
  const gchar *start;
  const gchar
      *dialog_id; /* a Session-ID of RFC 7989, 32 hex digits, a remote one after them; or NULL */
  gdouble duration;
  JsonArray *parties;
  JsonArray *history;    /* of the set */
  JsonArray *recordings; /* the dialogs after the set */
  GHashTable *indexes;   /* participant id -> index + 1 */
  GHashTable *held;      /* ids of participants that send nothing now */
  GHashTable *streams;   /* name of a pad -> JsonArray of the indexes of those who sent on it */
} Vcon;

static void
take_text (JsonObject *object, const gchar *name, gchar *text)
{
  json_object_set_string_member (object, name, text);
  g_free (text);
}

static void
set_text (JsonObject *object, const gchar *name, const gchar *text)
{
  if (text)
    json_object_set_string_member (object, name, text);
}

/* UUID version 8 of the session: the same for each vCon of it. */
static gchar *
make_uuid (const gchar *session_id)
{
  g_autofree gchar *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, session_id, -1);

  return g_strdup_printf ("%.8s-%.4s-8%.3s-a%.3s-%.12s", hash, hash + 8, hash + 13, hash + 17,
                          hash + 20);
}

/* The index of a participant among the parties, to which a new one is added. */
static gint
party_index (Vcon *vcon, JsonObject *participant)
{
  const gchar *id = metadata_member_text (participant, "id");
  g_autoptr (GPtrArray) aors = metadata_array_texts (metadata_member_array (participant, "aors"));
  gint index = id ? GPOINTER_TO_INT (g_hash_table_lookup (vcon->indexes, id)) : 0;
  JsonObject *party;

  if (index > 0 || !id)
    return index - 1;
  party = json_object_new ();
  set_text (party, "name", metadata_member_text (participant, "name"));
  for (guint i = 0; i < aors->len; i++) {
    const gchar *aor = g_ptr_array_index (aors, i);

    if (g_ascii_strncasecmp (aor, "tel:", 4) == 0 && !json_object_has_member (party, "tel"))
      set_text (party, "tel", aor + strlen ("tel:"));
    else if (g_ascii_strncasecmp (aor, "sip", 3) == 0 && !json_object_has_member (party, "sip"))
      set_text (party, "sip", aor);
  }
  json_array_add_object_element (vcon->parties, party);
  index = (gint)json_array_get_length (vcon->parties);
  g_hash_table_insert (vcon->indexes, g_strdup (id), GINT_TO_POINTER (index));
  return index - 1;
}

static JsonObject *
add_history (Vcon *vcon, gint party, const gchar *time, const gchar *event)
{
  JsonObject *entry = json_object_new ();

  json_object_set_int_member (entry, "party", party);
  set_text (entry, "time", time);
  set_text (entry, "event", event);
  json_array_add_object_element (vcon->history, entry);
  return entry;
}

/* Who sends no more is on hold; who sends again isn't. */
static void
follow_hold (Vcon *vcon, JsonObject *participant, gint party, const gchar *time)
{
  const gchar *id = metadata_member_text (participant, "id");
  JsonArray *streams = metadata_member_array (participant, "streams");
  gboolean sends = streams && json_array_get_length (streams) > 0;

  if (sends && g_hash_table_remove (vcon->held, id))
    add_history (vcon, party, time, "unhold");
  else if (!sends && g_hash_table_add (vcon->held, g_strdup (id)))
    add_history (vcon, party, time, "hold");
}

static void
take_participant (Vcon *vcon, const gchar *action, JsonObject *data, const gchar *time)
{
  gint party = party_index (vcon, data);

  if (party < 0)
    return;
  if (g_str_equal (action, "left")) {
    add_history (vcon, party, time, "drop");
    g_hash_table_remove (vcon->held, metadata_member_text (data, "id"));
    return;
  }
  if (g_str_equal (action, "joined"))
    add_history (vcon, party, time, "join");
  follow_hold (vcon, data, party, time);
}

static gboolean
has_index (JsonArray *array, gint index)
{
  for (guint i = 0; i < json_array_get_length (array); i++) {
    if (json_array_get_int_element (array, i) == index)
      return TRUE;
  }
  return FALSE;
}

static void
take_stream (Vcon *vcon, JsonObject *data)
{
  const gchar *name = metadata_member_text (data, "stream");
  JsonArray *participants = metadata_member_array (data, "participants");
  JsonArray *senders = name ? g_hash_table_lookup (vcon->streams, name) : NULL;

  if (!name)
    return;
  if (!senders) {
    senders = json_array_new ();
    g_hash_table_insert (vcon->streams, g_strdup (name), senders);
  }
  for (guint i = 0; participants && i < json_array_get_length (participants); i++) {
    JsonNode *node = json_array_get_element (participants, i);
    gint party =
        JSON_NODE_HOLDS_OBJECT (node) ? party_index (vcon, json_node_get_object (node)) : -1;

    if (party >= 0 && !has_index (senders, party))
      json_array_add_int_element (senders, party);
  }
}

static void
take_key (Vcon *vcon, JsonObject *data, const gchar *time)
{
  const gchar *name = metadata_member_text (data, "stream");
  JsonArray *senders = name ? g_hash_table_lookup (vcon->streams, name) : NULL;
  guint n = senders ? json_array_get_length (senders) : 0;

  /* In a mix nobody knows whose key it was. */
  if (n != 1)
    return;
  set_text (add_history (vcon, (gint)json_array_get_int_element (senders, 0), time, "keydown"),
            "button", metadata_member_text (data, "digit"));
}

static gboolean
is_session_uuid (const gchar *text)
{
  return strspn (text, "0123456789abcdef") == 32;
}

/* Of several dialogs the first one stands for the conversation. Many clients send a Call-ID there, which is none. */
static void
take_call (Vcon *vcon, JsonObject *data)
{
  static const gchar between[] = ";remote=";
  g_autoptr (GPtrArray) ids =
      metadata_array_texts (metadata_member_array (data, "sip_session_ids"));
  const gchar *id = ids->len > 0 ? g_ptr_array_index (ids, 0) : NULL;

  if (!vcon->dialog_id && id && is_session_uuid (id) && g_str_has_prefix (id + 32, between) &&
      is_session_uuid (id + 32 + strlen (between)))
    vcon->dialog_id = id;
}

static void
take_event (Vcon *vcon, JsonObject *event)
{
  const gchar *type = metadata_member_text (event, "type");
  const gchar *time = metadata_member_text (event, "time");
  JsonObject *data = metadata_member_object (event, "data");

  if (!type || !time || !data)
    return;
  if (!vcon->start)
    vcon->start = time;
  if (!vcon->session_id)
    vcon->session_id = metadata_member_text (event, "subject");
  if (g_str_has_prefix (type, "siprec.participant."))
    take_participant (vcon, type + strlen ("siprec.participant."), data, time);
  else if (g_str_equal (type, "siprec.call.started"))
    take_call (vcon, data);
  else if (g_str_equal (type, "siprec.stream.added") || g_str_equal (type, "siprec.stream.updated"))
    take_stream (vcon, data);
  else if (g_str_equal (type, "siprec.dtmf"))
    take_key (vcon, data, time);
  else if (g_str_equal (type, "siprec.session.ended"))
    vcon->duration = json_object_get_double_member_with_default (data, "duration", 0);
}

/* base64url without padding (RFC 4648 section 5). */
static gchar *
to_base64url (const guint8 *bytes, gsize size)
{
  gchar *text = g_base64_encode (bytes, size);

  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  text[strcspn (text, "=")] = '\0';
  return text;
}

/* "sha512-" and the hash in base64url. */
static gchar *
hash_file (GFile *file, GError **error)
{
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA512);
  g_autofree guchar *buffer = g_malloc (65536);
  g_autofree gchar *base64 = NULL;
  guint8 digest[64];
  gsize length = sizeof digest;
  gssize n = stream ? 0 : -1;

  while (stream &&
         (n = g_input_stream_read (G_INPUT_STREAM (stream), buffer, 65536, NULL, error)) > 0)
    g_checksum_update (checksum, buffer, n);
  if (n < 0)
    return NULL;
  g_checksum_get_digest (checksum, digest, &length);
  base64 = to_base64url (digest, length);
  return g_strconcat ("sha512-", base64, NULL);
}

/* The dialog of the file of one stream; FALSE if it can't be read. No file, no dialog. */
static gboolean
add_recording (Vcon *vcon, const gchar *stream, JsonArray *senders, GError **error)
{
  static const struct {
    const gchar *extension, *audio, *video;
  } types[] = {
      {"mkv", "audio/x-matroska", "video/x-matroska"},
      {"mka", "audio/x-matroska", "video/x-matroska"},
      {"wav", "audio/x-wav", "audio/x-wav"},
      {"ogg", "audio/ogg", "video/ogg"},
      {"mp4", "audio/x-mp4", "video/x-mp4"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    g_autofree gchar *name = g_strdup_printf ("%s.%s", stream, types[i].extension);
    g_autoptr (GFile) file = g_file_new_build_filename (vcon->folder, name, NULL);
    JsonObject *dialog;
    gchar *hash;

    if (!g_file_query_exists (file, NULL))
      continue;
    hash = hash_file (file, error);
    if (!hash)
      return FALSE;
    dialog = json_object_new ();
    set_text (dialog, "type", "recording");
    set_text (dialog, "start", vcon->start);
    json_object_set_double_member (dialog, "duration", vcon->duration);
    json_object_set_array_member (dialog, "parties", json_array_ref (senders));
    set_text (dialog, "mediatype",
              g_str_has_prefix (stream, "audio") ? types[i].audio : types[i].video);
    set_text (dialog, "filename", name);
    take_text (dialog, "content_hash", hash);
    json_object_set_int_member (dialog, "recording_set", SET_INDEX);
    json_array_add_object_element (vcon->recordings, dialog);
    return TRUE;
  }
  return TRUE;
}

/* Names of pads come from a file: only plain ones are names of files. */
static gboolean
is_pad_name (const gchar *name)
{
  return *name && strspn (name, "abcdefghijklmnopqrstuvwxyz_0123456789") == strlen (name);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (a, b);
}

static gboolean
add_recordings (Vcon *vcon, GError **error)
{
  g_autoptr (GList) names = g_list_sort (g_hash_table_get_keys (vcon->streams), compare_names);

  for (GList *name = names; name; name = name->next) {
    if (is_pad_name (name->data) &&
        !add_recording (vcon, name->data, g_hash_table_lookup (vcon->streams, name->data), error))
      return FALSE;
  }
  return TRUE;
}

static void
set_session_id (JsonObject *dialog, const gchar *id)
{
  JsonObject *session = json_object_new ();

  take_text (session, "local", g_strndup (id, 32));
  take_text (session, "remote", g_strndup (id + 32 + strlen (";remote="), 32));
  json_object_set_object_member (dialog, "session_id", session);
}

static JsonArray *
make_dialogs (Vcon *vcon)
{
  JsonArray *dialogs = json_array_new (), *members = json_array_new (), *all = json_array_new ();
  JsonObject *set = json_object_new ();

  for (guint i = 0; i < json_array_get_length (vcon->parties); i++)
    json_array_add_int_element (all, i);
  set_text (set, "type", "recording-set");
  set_text (set, "start", vcon->start);
  json_object_set_double_member (set, "duration", vcon->duration);
  json_object_set_array_member (set, "parties", all);
  json_object_set_array_member (set, "party_history", json_array_ref (vcon->history));
  if (vcon->dialog_id)
    set_session_id (set, vcon->dialog_id);
  json_array_add_object_element (dialogs, set);
  for (guint i = 0; i < json_array_get_length (vcon->recordings); i++) {
    json_array_add_int_element (members, SET_INDEX + 1 + i);
    json_array_add_element (dialogs, json_array_dup_element (vcon->recordings, i));
  }
  json_object_set_array_member (set, "recordings", members);
  return dialogs;
}

/* The document as it came: as text if it is text. */
static void
set_document (JsonObject *attachment, GBytes *document)
{
  gsize size;
  const gchar *bytes = g_bytes_get_data (document, &size);
  gboolean is_text = g_utf8_validate_len (bytes, size, NULL);

  take_text (attachment, "body",
             is_text ? g_strndup (bytes, size) : to_base64url ((const guint8 *)bytes, size));
  set_text (attachment, "encoding", is_text ? "none" : "base64url");
}

/* The documents as they came. */
static JsonArray *
make_attachments (Vcon *vcon)
{
  JsonArray *attachments = json_array_new ();

  for (guint i = 0; i < vcon->record->documents->len; i++) {
    const MetadataDocument *document = g_ptr_array_index (vcon->record->documents, i);
    JsonObject *attachment = json_object_new ();

    set_text (attachment, "purpose", "recording-metadata");
    set_text (attachment, "start", document->time);
    json_object_set_int_member (attachment, "party", 0);
    json_object_set_int_member (attachment, "dialog", SET_INDEX);
    set_text (attachment, "mediatype", "application/rs-metadata+xml");
    set_document (attachment, document->data);
    json_array_add_object_element (attachments, attachment);
  }
  return attachments;
}

static gchar *
to_text (Vcon *vcon)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree gchar *text = NULL;
  JsonObject *object = json_object_new ();

  set_text (object, "vcon", "0.4.0");
  take_text (object, "uuid", make_uuid (vcon->session_id ? vcon->session_id : ""));
  take_text (object, "created_at", g_date_time_format (now, "%Y-%m-%dT%H:%M:%SZ"));
  /* Attachments name a party, even if nobody is known. */
  if (json_array_get_length (vcon->parties) == 0)
    json_array_add_object_element (vcon->parties, json_object_new ());
  json_object_set_array_member (object, "parties", json_array_ref (vcon->parties));
  json_object_set_array_member (object, "dialog", make_dialogs (vcon));
  json_object_set_array_member (object, "attachments", make_attachments (vcon));
  json_node_take_object (root, object);
  text = json_to_string (root, TRUE);
  return g_strconcat (text, "\n", NULL);
}

gchar *
metadata_vcon_new (const MetadataRecord *record, const gchar *folder, GError **error)
{
  g_autoptr (JsonArray) parties = json_array_new ();
  g_autoptr (JsonArray) history = json_array_new ();
  g_autoptr (JsonArray) recordings = json_array_new ();
  g_autoptr (GHashTable) indexes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) held = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) streams =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_array_unref);
  Vcon vcon = {.record = record,
               .folder = folder,
               .parties = parties,
               .history = history,
               .recordings = recordings,
               .indexes = indexes,
               .held = held,
               .streams = streams};

  for (guint i = 0; i < record->events->len; i++)
    take_event (&vcon, g_ptr_array_index (record->events, i));
  if (!vcon.start) {
    g_set_error_literal (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX,
                         "A vCon is made of a session's events file. This is none.");
    return NULL;
  }
  return add_recordings (&vcon, error) ? to_text (&vcon) : NULL;
}
