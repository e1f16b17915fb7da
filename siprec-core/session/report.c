/* What happens in a session, told as events. SIP thread only.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-private.h"

#include "../deviation.h"

#define GST_CAT_DEFAULT siprec_session_debug

/* Sets a member from network text, which need not be valid UTF-8; NULL sets none. */
static void
set_text (JsonObject *object, const gchar *name, const gchar *text)
{
  g_autofree gchar *valid = text ? g_utf8_make_valid (text, -1) : NULL;

  if (valid)
    json_object_set_string_member (object, name, valid);
}

static JsonArray *
headers_to_json (const SiprecRequest *request)
{
  JsonArray *headers = json_array_new ();

  for (guint i = 0; i < request->headers->len; i++) {
    const SiprecHeader *header = g_ptr_array_index (request->headers, i);
    JsonObject *object = json_object_new ();

    set_text (object, "name", header->name);
    set_text (object, "value", header->value);
    json_array_add_object_element (headers, object);
  }
  return headers;
}

static JsonArray *
names_to_json (const gchar *const *names)
{
  JsonArray *array = json_array_new ();

  for (; *names; names++)
    json_array_add_string_element (array, *names);
  return array;
}

/* An event about @when, a moment that has passed: the media of the session begins and ends exactly at its
 * first and last events. */
static SiprecEvent *
event_at (SiprecEventType type, JsonObject *data, GstClockTime when)
{
  SiprecEvent *event = siprec_event_new (type, data);

  event->time -= GST_CLOCK_DIFF (when, event->monotonic) / GST_USECOND;
  event->monotonic = when;
  return event;
}

void
siprec_session_report_start (SiprecSession *session)
{
  const SiprecRequest *invite = session->invite;
  const SiprecRequest *client = siprec_session_introduction (session);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree gchar *start = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S.%fZ");
  JsonObject *data = json_object_new ();

  set_text (data, "call_id", invite->call_id);
  set_text (data, "from", invite->from);
  set_text (data, "to", invite->to);
  set_text (data, "uri", invite->uri);
  set_text (data, "contact", client->contact);
  set_text (data, "transport", client->transport);
  set_text (data, "remote_address", client->remote_address);
  json_object_set_int_member (data, "remote_port", client->remote_port);
  json_object_set_string_member (data, "initiator", session->answer ? "recorder" : "client");
  if (client->identities)
    json_object_set_array_member (data, "peer_identities", names_to_json (client->identities));
  json_object_set_string_member (data, "start", start);
  json_object_set_array_member (data, "headers", headers_to_json (client));
  siprec_session_emit (session, event_at (SIPREC_EVENT_SESSION_STARTED, data, session->start));
}

/* The members that every event about a line has. */
static JsonObject *
line_to_json (const SiprecLine *line)
{
  JsonObject *data = json_object_new ();

  json_object_set_string_member (data, "stream", line->name);
  json_object_set_int_member (data, "mline", line->mline);
  set_text (data, "label", line->label);
  return data;
}

static void
add_codec (JsonObject *data, const SiprecLine *line)
{
  const SiprecFormat *format = g_ptr_array_index (line->formats, 0);

  set_text (data, "codec", format->encoding_name);
  json_object_set_int_member (data, "clock_rate", format->clock_rate);
  json_object_set_int_member (data, "channels", format->channels);
  json_object_set_int_member (data, "payload_type", format->pt);
}

/* A codec that can't be depayloaded is recorded as its packets; that is worth a word. */
static void
note_opaque (SiprecSession *session, const SiprecLine *line)
{
  const SiprecFormat *format = g_ptr_array_index (line->formats, 0);

  if (siprec_formats_are_opaque (line->formats))
    siprec_deviations_add (session->deviations, "sdp-codec-unknown", "%s on line %u",
                           format->encoding_name, line->mline);
}

static gchar *
senders_to_text (JsonArray *senders)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);

  json_node_set_array (node, senders);
  return json_to_string (node, FALSE);
}

/* Adds who sends on @line, and remembers it in the line's data to see changes by. */
static void
add_senders (SiprecSession *session, JsonObject *data, SiprecLine *line)
{
  JsonArray *senders = siprec_session_find_senders (session, line);

  g_free (line->data);
  line->data = senders_to_text (senders);
  line->data_destroy = g_free;
  json_object_set_array_member (data, "participants", senders);
}

static SiprecEvent *
make_added (SiprecSession *session, SiprecLine *line)
{
  JsonObject *data = line_to_json (line);
  SiprecEvent *event;

  json_object_set_string_member (data, "kind", siprec_media_kind_name (line->kind));
  json_object_set_string_member (data, "direction", siprec_direction_name (line->direction));
  json_object_set_boolean_member (data, "held", siprec_line_is_held (line));
  add_codec (data, line);
  json_object_set_int_member (data, "port", siprec_stream_get_port (line->stream));
  set_text (data, "language", line->lang);
  set_text (data, "encryption", siprec_line_get_encryption (line));
  add_senders (session, data, line);
  event = siprec_event_new (SIPREC_EVENT_STREAM_ADDED, data);
  event->stream = siprec_stream_ref (line->stream);
  event->stream_unref = (GDestroyNotify)siprec_stream_unref;
  return event;
}

/* STREAM_ADDED, kept for later claimants. */
static void
report_added (SiprecSession *session, SiprecLine *line)
{
  note_opaque (session, line);
  siprec_session_set_added (session, make_added (session, line), TRUE);
}

static void
report_updated (SiprecSession *session, SiprecLine *line)
{
  JsonObject *data = line_to_json (line);

  note_opaque (session, line);
  add_codec (data, line);
  add_senders (session, data, line);
  siprec_session_set_added (session, make_added (session, line), FALSE);
  siprec_session_emit (session, siprec_event_new (SIPREC_EVENT_STREAM_UPDATED, data));
}

void
siprec_session_report_senders (SiprecSession *session, SiprecLine *line)
{
  g_autoptr (JsonArray) senders = siprec_session_find_senders (session, line);
  g_autofree gchar *text = senders_to_text (senders);

  if (g_strcmp0 (text, line->data) != 0)
    report_updated (session, line);
}

void
siprec_session_report_line (SiprecLine *line, SiprecLineChange change, gpointer user_data)
{
  SiprecSession *session = user_data;
  SiprecEventType type = SIPREC_EVENT_STREAM_REMOVED;
  JsonObject *data;

  if (change == SIPREC_LINE_ADDED) {
    report_added (session, line);
    return;
  }
  if (change == SIPREC_LINE_UPDATED) {
    report_updated (session, line);
    return;
  }
  data = line_to_json (line);
  if (change == SIPREC_LINE_REMOVED)
    siprec_session_drop_added (session, line->stream);
  else
    type = change == SIPREC_LINE_HELD ? SIPREC_EVENT_STREAM_HELD : SIPREC_EVENT_STREAM_RESUMED;
  if (change != SIPREC_LINE_REMOVED)
    json_object_set_string_member (data, "direction", siprec_direction_name (line->direction));
  siprec_session_emit (session, siprec_event_new (type, data));
}

void
siprec_session_report_deviations (SiprecSession *session)
{
  while (session->n_deviations_told < session->deviations->len) {
    const SiprecDeviation *deviation =
        g_ptr_array_index (session->deviations, session->n_deviations_told++);
    JsonObject *data = json_object_new ();

    json_object_set_string_member (data, "id", deviation->id);
    set_text (data, "detail", deviation->detail);
    siprec_session_emit (session, siprec_event_new (SIPREC_EVENT_DEVIATION, data));
  }
}

/* Seconds since the start of the session. */
static gdouble
since_start (SiprecSession *session, GstClockTime time)
{
  return (gdouble)GST_CLOCK_DIFF (session->start, time) / GST_SECOND;
}

static void
describe_rejected (const SiprecNotice *notice, JsonObject *data)
{
  g_autofree gchar *source = siprec_address_to_text (&notice->source);

  json_object_set_string_member (data, "reason", notice->reason);
  if (notice->type == SIPREC_NOTICE_REJECTED)
    json_object_set_int_member (data, "packets", notice->packets);
  set_text (data, "source", source);
}

static void
describe_contributors (const SiprecNotice *notice, JsonObject *data)
{
  JsonArray *ssrcs = json_array_sized_new (notice->n_contributors);

  for (guint i = 0; i < notice->n_contributors; i++)
    json_array_add_int_element (ssrcs, notice->contributors[i]);
  json_object_set_array_member (data, "ssrcs", ssrcs);
}

/* The event type and the further members of @notice. */
static SiprecEventType
describe_notice (SiprecSession *session, const SiprecNotice *notice, JsonObject *data)
{
  switch (notice->type) {
  case SIPREC_NOTICE_STARTED:
    json_object_set_int_member (data, "ssrc", notice->ssrc);
    return SIPREC_EVENT_MEDIA_STARTED;
  case SIPREC_NOTICE_TIMEOUT:
    json_object_set_double_member (data, "seconds", since_start (session, notice->time));
    return SIPREC_EVENT_MEDIA_TIMEOUT;
  case SIPREC_NOTICE_DTMF:
    json_object_set_string_member (data, "digit", notice->digit);
    json_object_set_double_member (data, "duration", (gdouble)notice->duration / GST_MSECOND);
    return SIPREC_EVENT_DTMF;
  case SIPREC_NOTICE_CONTRIBUTORS:
    describe_contributors (notice, data);
    return SIPREC_EVENT_MEDIA_CONTRIBUTORS;
  case SIPREC_NOTICE_REJECTED:
    describe_rejected (notice, data);
    return SIPREC_EVENT_MEDIA_REJECTED;
  case SIPREC_NOTICE_FAILED:
    describe_rejected (notice, data);
    return SIPREC_EVENT_MEDIA_FAILED;
  default:
    json_object_set_double_member (data, "from", since_start (session, notice->from));
    json_object_set_double_member (data, "to", since_start (session, notice->to));
    json_object_set_int_member (data, "packets", notice->packets);
    json_object_set_string_member (data, "where",
                                   notice->type == SIPREC_NOTICE_LOSS ? "network" : "pipeline");
    return SIPREC_EVENT_MEDIA_LOSS;
  }
}

void
siprec_session_report_notice (SiprecSession *session, SiprecLine *line, const SiprecNotice *notice)
{
  JsonObject *data = line_to_json (line);
  SiprecEventType type = describe_notice (session, notice, data);

  siprec_session_emit (session, siprec_event_new (type, data));
}

static void
add_stat (GQuark field, const GValue *value, JsonObject *stats)
{
  const gchar *name = g_quark_to_string (field);

  if (G_VALUE_HOLDS_STRING (value))
    set_text (stats, name, g_value_get_string (value));
  else if (G_VALUE_HOLDS_BOOLEAN (value))
    json_object_set_boolean_member (stats, name, g_value_get_boolean (value));
  else if (G_VALUE_HOLDS_UINT64 (value))
    json_object_set_int_member (stats, name, (gint64)g_value_get_uint64 (value));
  else if (G_VALUE_HOLDS_UINT (value))
    json_object_set_int_member (stats, name, g_value_get_uint (value));
  else if (G_VALUE_HOLDS_INT (value))
    json_object_set_int_member (stats, name, g_value_get_int (value));
}

static gboolean
add_stat_field (GQuark field, const GValue *value, gpointer stats)
{
  add_stat (field, value, stats);
  return TRUE;
}

static JsonArray *
stats_to_json (SiprecSession *session)
{
  GPtrArray *lines = siprec_negotiation_get_lines (session->negotiation);
  JsonArray *streams = json_array_new ();

  for (guint i = 0; i < lines->len; i++) {
    SiprecLine *line = g_ptr_array_index (lines, i);
    g_autoptr (GstStructure) stats = siprec_stream_get_stats (line->stream);
    JsonObject *object = line_to_json (line), *numbers = json_object_new ();

    json_object_set_string_member (object, "kind", siprec_media_kind_name (line->kind));
    gst_structure_foreach (stats, add_stat_field, numbers);
    json_object_set_object_member (object, "stats", numbers);
    json_array_add_object_element (streams, object);
  }
  return streams;
}

void
siprec_session_report_end (SiprecSession *session)
{
  static const gchar *const causes[] = {
      [SIPREC_END_BYE] = "bye",
      [SIPREC_END_HANGUP] = "hangup",
      [SIPREC_END_NO_ACK] = "no-ack",
      [SIPREC_END_FAILED] = "failed",
      [SIPREC_END_EXPIRED] = "expired",
      [SIPREC_END_CANCELLED] = "cancelled",
      [SIPREC_END_UNCLAIMED] = "unclaimed",
      [SIPREC_END_SHUTDOWN] = "shutdown",
  };
  JsonObject *data = json_object_new ();

  json_object_set_string_member (data, "cause", causes[session->end]);
  set_text (data, "reason", session->end_reason);
  json_object_set_double_member (data, "duration", since_start (session, session->stop));
  json_object_set_array_member (data, "streams", stats_to_json (session));
  siprec_session_emit (session, event_at (SIPREC_EVENT_SESSION_ENDED, data, session->stop));
}
