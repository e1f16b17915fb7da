/* siprec-core: events and their CloudEvents 1.0 form
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "event.h"

#include <math.h>
#include <string.h>

static const gchar *const type_names[] = {
    [SIPREC_EVENT_SESSION_STARTED] = "siprec.session.started",
    [SIPREC_EVENT_SESSION_ENDED] = "siprec.session.ended",
    [SIPREC_EVENT_STREAM_ADDED] = "siprec.stream.added",
    [SIPREC_EVENT_STREAM_REMOVED] = "siprec.stream.removed",
    [SIPREC_EVENT_STREAM_HELD] = "siprec.stream.held",
    [SIPREC_EVENT_STREAM_RESUMED] = "siprec.stream.resumed",
    [SIPREC_EVENT_STREAM_UPDATED] = "siprec.stream.updated",
    [SIPREC_EVENT_METADATA] = "siprec.metadata",
    [SIPREC_EVENT_PARTICIPANT_JOINED] = "siprec.participant.joined",
    [SIPREC_EVENT_PARTICIPANT_LEFT] = "siprec.participant.left",
    [SIPREC_EVENT_PARTICIPANT_UPDATED] = "siprec.participant.updated",
    [SIPREC_EVENT_CALL_STARTED] = "siprec.call.started",
    [SIPREC_EVENT_CALL_ENDED] = "siprec.call.ended",
    [SIPREC_EVENT_CALL_UPDATED] = "siprec.call.updated",
    [SIPREC_EVENT_MEDIA_STARTED] = "siprec.media.started",
    [SIPREC_EVENT_MEDIA_TIMEOUT] = "siprec.media.timeout",
    [SIPREC_EVENT_MEDIA_LOSS] = "siprec.media.loss",
    [SIPREC_EVENT_MEDIA_REJECTED] = "siprec.media.rejected",
    [SIPREC_EVENT_MEDIA_FAILED] = "siprec.media.failed",
    [SIPREC_EVENT_MEDIA_CONTRIBUTORS] = "siprec.media.contributors",
    [SIPREC_EVENT_DTMF] = "siprec.dtmf",
    [SIPREC_EVENT_DEVIATION] = "siprec.deviation",
};

const gchar *
siprec_event_type_name (SiprecEventType type)
{
  return type_names[type];
}

/* Line and paragraph separator end a line for some readers of NDJSON; nobody else misses them. */
static gboolean
is_line_separator (gunichar c)
{
  return c == 0x2028 || c == 0x2029;
}

static gboolean
is_control (gunichar c)
{
  return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0);
}

static gboolean
text_is_clean (const gchar *text)
{
  /* Nearly all is ASCII. */
  while (*text >= ' ' && *text < 0x7f)
    text++;
  if (!g_utf8_validate (text, -1, NULL))
    return FALSE;
  for (const gchar *p = text; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (is_control (c) || is_line_separator (c))
      return FALSE;
  }
  return TRUE;
}

gchar *
siprec_event_text (const gchar *text, gssize size)
{
  g_autofree gchar *valid = g_utf8_make_valid (text ? text : "", text ? size : 0);
  GString *clean;

  if (text_is_clean (valid))
    return g_steal_pointer (&valid);
  clean = g_string_sized_new (strlen (valid));

  for (const gchar *p = valid; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (is_line_separator (c) || (c == '\r' && p[1] != '\n'))
      g_string_append_c (clean, '\n');
    else if (!is_control (c))
      g_string_append_len (clean, p, g_utf8_next_char (p) - p);
  }
  return g_string_free (clean, FALSE);
}

/* A document is kept as it came if it can be: with the line ends of the network. */
static gboolean
document_is_clean (const gchar *text)
{
  g_autofree gchar *without = NULL;

  if (!strchr (text, '\r'))
    return text_is_clean (text);
  without = g_strdelimit (g_strdup (text), "\r", '\n');
  return text_is_clean (without);
}

static gsize object_clean (JsonObject *object);

/* What a node takes besides its text. */
#define NODE_SIZE 64

/* Returns roughly what it takes. json-glib writes a bad string as it is and reads past its end, and writes "nan" for what JSON has
 * no number for. */
static gsize
node_clean (const gchar *name, JsonNode *node)
{
  gsize size = NODE_SIZE;

  if (JSON_NODE_HOLDS_OBJECT (node)) {
    size += object_clean (json_node_get_object (node));
  } else if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *array = json_node_get_array (node);

    for (guint i = 0; i < json_array_get_length (array); i++)
      size += node_clean (name, json_array_get_element (array, i));
  } else if (json_node_get_value_type (node) == G_TYPE_STRING) {
    const gchar *text = json_node_get_string (node);

    size += text ? strlen (text) : 0;
    if (text && !text_is_clean (text) && !(g_str_equal (name, "raw") && document_is_clean (text))) {
      g_autofree gchar *clean = siprec_event_text (text, -1);

      json_node_set_string (node, clean);
    }
  } else if (json_node_get_value_type (node) == G_TYPE_DOUBLE) {
    if (!isfinite (json_node_get_double (node)))
      json_node_init_null (node);
  }
  return size;
}

static gsize
object_clean (JsonObject *object)
{
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *node;
  gsize size = 0;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &node))
    size += node_clean (name, node);
  return size;
}

SiprecEvent *
siprec_event_new (SiprecEventType type, JsonObject *data)
{
  SiprecEvent *event = g_new0 (SiprecEvent, 1);

  event->ref_count = 1;
  event->type = type;
  event->time = g_get_real_time ();
  event->monotonic = g_get_monotonic_time () * GST_USECOND;
  event->data = data ? data : json_object_new ();
  event->size = object_clean (event->data);
  return event;
}

SiprecEvent *
siprec_event_with_data (SiprecEvent *event, JsonObject *data)
{
  SiprecEvent *copy = g_new (SiprecEvent, 1);

  *copy = *event;
  copy->ref_count = 1;
  copy->session_id = g_strdup (event->session_id);
  copy->data = data;
  copy->original = siprec_event_ref (event);
  copy->stream_unref = NULL;
  return copy;
}

SiprecEvent *
siprec_event_ref (SiprecEvent *event)
{
  g_atomic_int_inc (&event->ref_count);
  return event;
}

void
siprec_event_unref (SiprecEvent *event)
{
  if (!g_atomic_int_dec_and_test (&event->ref_count))
    return;
  if (event->stream && event->stream_unref)
    event->stream_unref (event->stream);
  if (event->original)
    siprec_event_unref (event->original);
  json_object_unref (event->data);
  g_free (event->session_id);
  g_free (event);
}

/* RFC 3339, UTC, with all six digits so that lines sort as text. */
static gchar *
format_time (gint64 time)
{
  g_autoptr (GDateTime) seconds = g_date_time_new_from_unix_utc (time / G_USEC_PER_SEC);
  g_autofree gchar *text = seconds ? g_date_time_format (seconds, "%Y-%m-%dT%H:%M:%S") : NULL;

  return g_strdup_printf ("%s.%06dZ", text ? text : "1970-01-01T00:00:00",
                          (gint)(time % G_USEC_PER_SEC));
}

static void
take_string_member (JsonObject *object, const gchar *name, gchar *value)
{
  json_object_set_string_member (object, name, value);
  g_free (value);
}

gchar *
siprec_event_to_json (const SiprecEvent *event, const gchar *node, GstClockTime mediatime)
{
  const gchar *session_id = event->session_id ? event->session_id : "";
  g_autofree gchar *escaped_node = g_uri_escape_string (node ? node : "", NULL, FALSE);
  g_autofree gchar *json = NULL;
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_node_take_object (root, object);
  json_object_set_string_member (object, "specversion", "1.0");
  take_string_member (object, "id",
                      g_strdup_printf ("%s-%" G_GUINT64_FORMAT, session_id, event->sequence));
  take_string_member (object, "source", g_strdup_printf ("/siprec/%s", escaped_node));
  json_object_set_string_member (object, "type", siprec_event_type_name (event->type));
  /* CloudEvents allows no empty subject. */
  if (*session_id)
    json_object_set_string_member (object, "subject", session_id);
  take_string_member (object, "time", format_time (event->time));
  json_object_set_string_member (object, "datacontenttype", "application/json");
  take_string_member (object, "sequence", g_strdup_printf ("%" G_GUINT64_FORMAT, event->sequence));
  if (GST_CLOCK_TIME_IS_VALID (mediatime))
    take_string_member (object, "mediatime", g_strdup_printf ("%" G_GUINT64_FORMAT, mediatime));
  json_object_set_object_member (object, "data", json_object_ref (event->data));

  json = json_to_string (root, FALSE);
  return g_strconcat (json, "\n", NULL);
}
