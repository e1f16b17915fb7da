/* gst-siprec: captions for events
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caption.h"

/* Who is there. */
typedef struct {
  gchar *name;
  gboolean held; /* sent something, and sends nothing now */
  gboolean sends;
} Person;

struct _GstSiprecCaptioner {
  GHashTable *people;  /* participant id -> Person */
  GHashTable *streams; /* name of a pad -> names of those heard on it last */
  GHashTable *held;    /* names of the pads on hold */
};

static void
person_free (gpointer data)
{
  Person *person = data;

  g_free (person->name);
  g_free (person);
}

GstSiprecCaptioner *
gst_siprec_captioner_new (void)
{
  GstSiprecCaptioner *captioner = g_new0 (GstSiprecCaptioner, 1);

  captioner->people = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, person_free);
  captioner->streams = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  captioner->held = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return captioner;
}

void
gst_siprec_captioner_free (GstSiprecCaptioner *captioner)
{
  g_hash_table_unref (captioner->people);
  g_hash_table_unref (captioner->streams);
  g_hash_table_unref (captioner->held);
  g_free (captioner);
}

static const gchar *
text_member (JsonObject *object, const gchar *name)
{
  return json_object_get_string_member_with_default (object, name, "");
}

static JsonArray *
array_member (JsonObject *object, const gchar *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

/* Remembers who is heard on a stream; on hold nobody may be, which doesn't make it anybody else's. */
static void
take_stream (GstSiprecCaptioner *captioner, JsonObject *data)
{
  JsonArray *participants = array_member (data, "participants");
  GString *names;

  if (!participants || json_array_get_length (participants) == 0)
    return;
  names = g_string_new (NULL);
  for (guint i = 0; i < json_array_get_length (participants); i++)
    g_string_append_printf (names, "%s%s", i > 0 ? " + " : "",
                            text_member (json_array_get_object_element (participants, i), "name"));
  g_hash_table_replace (captioner->streams, g_strdup (text_member (data, "stream")),
                        g_string_free (names, FALSE));
}

/* A person's name for a stream, where it is known. */
static gchar *
caption_stream (GstSiprecCaptioner *captioner, JsonObject *data, const gchar *what)
{
  const gchar *stream = text_member (data, "stream");
  const gchar *names = g_hash_table_lookup (captioner->streams, stream);

  return g_strdup_printf ("%s %s", names ? names : stream, what);
}

/* TRUE if somebody of that name is on hold by what the metadata says: that has been told. */
static gboolean
is_told (GstSiprecCaptioner *captioner, JsonObject *data)
{
  const gchar *names = g_hash_table_lookup (captioner->streams, text_member (data, "stream"));
  GHashTableIter iter;
  gpointer person;

  g_hash_table_iter_init (&iter, captioner->people);
  while (names && g_hash_table_iter_next (&iter, NULL, &person)) {
    if (((Person *)person)->held && g_strcmp0 (((Person *)person)->name, names) == 0)
      return TRUE;
  }
  return FALSE;
}

static gchar *
take_hold (GstSiprecCaptioner *captioner, JsonObject *data)
{
  if (is_told (captioner, data))
    return NULL;
  g_hash_table_add (captioner->held, g_strdup (text_member (data, "stream")));
  return caption_stream (captioner, data, "on hold");
}

static gchar *
take_resumption (GstSiprecCaptioner *captioner, JsonObject *data)
{
  if (!g_hash_table_remove (captioner->held, text_member (data, "stream")))
    return NULL;
  return caption_stream (captioner, data, "resumed");
}

static gchar *
take_join (GstSiprecCaptioner *captioner, JsonObject *data)
{
  JsonArray *streams = array_member (data, "streams");
  Person *person = g_new0 (Person, 1);

  person->name = g_strdup (text_member (data, "name"));
  person->sends = streams && json_array_get_length (streams) > 0;
  g_hash_table_replace (captioner->people, g_strdup (text_member (data, "id")), person);
  return g_strdup_printf ("%s joined", person->name);
}

/* Who has ceased to send, though still there, is on hold. A client may learn only later who it is. */
static gchar *
take_update (GstSiprecCaptioner *captioner, JsonObject *data)
{
  JsonArray *streams = array_member (data, "streams");
  gboolean sends = streams && json_array_get_length (streams) > 0;
  const gchar *name = text_member (data, "name");
  Person *person = g_hash_table_lookup (captioner->people, text_member (data, "id"));
  gboolean was_held, did_send;
  gchar *caption = NULL;

  if (!person)
    return take_join (captioner, data);
  was_held = person->held;
  did_send = person->sends;
  person->sends = sends;
  person->held = !sends && (was_held || did_send);
  if (g_strcmp0 (person->name, name) != 0)
    caption = g_strdup_printf ("%s is %s", person->name, name);
  else if (person->held && !was_held)
    caption = g_strdup_printf ("%s on hold", name);
  else if (was_held && !person->held)
    caption = g_strdup_printf ("%s resumed", name);
  g_free (person->name);
  person->name = g_strdup (name);
  return caption;
}

static gchar *
take_leave (GstSiprecCaptioner *captioner, JsonObject *data)
{
  g_hash_table_remove (captioner->people, text_member (data, "id"));
  return g_strdup_printf ("%s left", text_member (data, "name"));
}

gchar *
gst_siprec_captioner_take (GstSiprecCaptioner *captioner, const SiprecEvent *event)
{
  switch (event->type) {
  case SIPREC_EVENT_SESSION_STARTED:
    g_hash_table_remove_all (captioner->people);
    g_hash_table_remove_all (captioner->streams);
    g_hash_table_remove_all (captioner->held);
    return NULL;
  case SIPREC_EVENT_STREAM_ADDED:
  case SIPREC_EVENT_STREAM_UPDATED:
    take_stream (captioner, event->data);
    return NULL;
  case SIPREC_EVENT_PARTICIPANT_JOINED:
    return take_join (captioner, event->data);
  case SIPREC_EVENT_PARTICIPANT_UPDATED:
    return take_update (captioner, event->data);
  case SIPREC_EVENT_PARTICIPANT_LEFT:
    return take_leave (captioner, event->data);
  case SIPREC_EVENT_STREAM_HELD:
    return take_hold (captioner, event->data);
  case SIPREC_EVENT_STREAM_RESUMED:
    return take_resumption (captioner, event->data);
  case SIPREC_EVENT_CALL_ENDED:
    return g_strdup ("call ended");
  case SIPREC_EVENT_DTMF:
    return g_strdup_printf ("key %s", text_member (event->data, "digit"));
  default:
    return NULL;
  }
}
