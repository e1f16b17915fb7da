/* gst-siprec: the sticky events that introduce what the pads of siprecsrc give
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc.h"

#include "structure.h"

/* A name for people: a name, else an address without its scheme, else the id. */
static const gchar *
participant_name (JsonObject *participant)
{
  const gchar *name = json_object_get_string_member_with_default (participant, "name", NULL);
  JsonArray *aors;

  if (name && name[0])
    return name;
  aors = json_object_has_member (participant, "aors")
             ? json_object_get_array_member (participant, "aors")
             : NULL;
  if (aors && json_array_get_length (aors) > 0) {
    const gchar *aor = json_array_get_string_element (aors, 0);
    const gchar *colon = strchr (aor, ':');

    return colon ? colon + 1 : aor;
  }
  return json_object_get_string_member_with_default (participant, "id", "");
}

static JsonArray *
get_participants (JsonObject *data)
{
  JsonNode *node = json_object_get_member (data, "participants");

  return node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

GstEvent *
gst_siprec_src_new_tags (JsonObject *data)
{
  JsonArray *participants = get_participants (data);
  const gchar *language = json_object_get_string_member_with_default (data, "language", NULL);
  g_autoptr (GString) title = g_string_new (NULL);
  GstTagList *tags = gst_tag_list_new_empty ();

  for (guint i = 0; participants && i < json_array_get_length (participants); i++) {
    if (title->len > 0)
      g_string_append (title, " + ");
    g_string_append (title, participant_name (json_array_get_object_element (participants, i)));
  }
  if (title->len > 0)
    gst_tag_list_add (tags, GST_TAG_MERGE_REPLACE, GST_TAG_TITLE, title->str, NULL);
  if (language && language[0]) {
    /* The tag takes ISO 639, a=lang RFC 5646: "en-GB". */
    g_autofree gchar *code = g_ascii_strdown (language, strcspn (language, "-"));

    gst_tag_list_add (tags, GST_TAG_MERGE_REPLACE, GST_TAG_LANGUAGE_CODE, code, NULL);
  }
  if (gst_tag_list_is_empty (tags)) {
    gst_tag_list_unref (tags);
    return NULL;
  }
  return gst_event_new_tag (tags);
}

gchar *
gst_siprec_src_new_stream_id (GstSiprecSrc *self, const gchar *pad_name)
{
  return g_strdup_printf ("%s/%s", self->session_id, pad_name);
}

GstEvent *
gst_siprec_src_new_stream_info (GstSiprecSrc *self, const gchar *pad_name, JsonObject *data)
{
  g_autofree gchar *stream_id = gst_siprec_src_new_stream_id (self, pad_name);
  JsonArray *participants = get_participants (data);
  GstStructure *info =
      gst_structure_new ("GstSiprecStreamInfo", "session-id", G_TYPE_STRING, self->session_id,
                         "stream-id", G_TYPE_STRING, stream_id, "label", G_TYPE_STRING,
                         json_object_get_string_member_with_default (data, "label", NULL), NULL);

  if (participants) {
    GValue value = G_VALUE_INIT;

    gst_siprec_value_from_json_array (&value, "participant", participants);
    gst_structure_take_value (info, "participants", &value);
  }
  return gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, info);
}

static GstEvent *
new_stream_start (GstSiprecSrc *self, const gchar *pad_name)
{
  g_autofree gchar *stream_id = gst_siprec_src_new_stream_id (self, pad_name);
  GstEvent *event = gst_event_new_stream_start (stream_id);

  gst_event_set_group_id (event, self->group_id);
  return event;
}

GstEvent *
gst_siprec_src_new_segment (void)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  return gst_event_new_segment (&segment);
}

void
gst_siprec_src_introduce_feed (GstSiprecSrc *self, GstSiprecSrcPad *pad, GstSiprecFeed *feed,
                               GstCaps *caps, JsonObject *data)
{
  const gchar *name = GST_OBJECT_NAME (pad);
  GstEvent *tags = gst_siprec_src_new_tags (data);

  g_queue_push_tail (&feed->events, new_stream_start (self, name));
  if (caps)
    g_queue_push_tail (&feed->events, gst_event_new_caps (caps));
  g_queue_push_tail (&feed->events, gst_siprec_src_new_segment ());
  if (tags)
    g_queue_push_tail (&feed->events, tags);
  g_queue_push_tail (&feed->events, gst_siprec_src_new_stream_info (self, name, data));
}

void
gst_siprec_src_introduce_metadata (GstSiprecSrc *self, GstPad *pad)
{
  GstEvent *stream_start = new_stream_start (self, GST_OBJECT_NAME (pad));
  static const gchar *const formats[] = {
      [GST_SIPREC_METADATA_FORMAT_JSON] = "application/x-siprec-metadata, format=json",
      [GST_SIPREC_METADATA_FORMAT_XML] = "application/x-siprec-metadata, format=xml",
      [GST_SIPREC_METADATA_FORMAT_TEXT] = "text/x-raw, format=utf8",
  };
  g_autoptr (GstCaps) caps = gst_caps_from_string (formats[self->settings.metadata_format]);

  gst_event_set_stream_flags (stream_start, GST_STREAM_FLAG_SPARSE);
  gst_pad_push_event (pad, stream_start);
  gst_pad_push_event (pad, gst_event_new_caps (caps));
  gst_pad_push_event (pad, gst_siprec_src_new_segment ());
}
