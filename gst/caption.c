/* gst-siprec: captions for events
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caption.h"

static const gchar *
text_member (const SiprecEvent *event, const gchar *name)
{
  return json_object_get_string_member_with_default (event->data, name, "");
}

/* Who sends nothing, though still there, is on hold. */
static gboolean
is_on_hold (const SiprecEvent *event)
{
  JsonNode *streams = json_object_get_member (event->data, "streams");

  return streams && JSON_NODE_HOLDS_ARRAY (streams) &&
         json_array_get_length (json_node_get_array (streams)) == 0;
}

gchar *
gst_siprec_caption (const SiprecEvent *event)
{
  switch (event->type) {
  case SIPREC_EVENT_PARTICIPANT_JOINED:
    return g_strdup_printf ("%s joined", text_member (event, "name"));
  case SIPREC_EVENT_PARTICIPANT_LEFT:
    return g_strdup_printf ("%s left", text_member (event, "name"));
  case SIPREC_EVENT_PARTICIPANT_UPDATED:
    return is_on_hold (event) ? g_strdup_printf ("%s on hold", text_member (event, "name")) : NULL;
  case SIPREC_EVENT_STREAM_HELD:
    return g_strdup_printf ("%s on hold", text_member (event, "stream"));
  case SIPREC_EVENT_STREAM_RESUMED:
    return g_strdup_printf ("%s resumed", text_member (event, "stream"));
  case SIPREC_EVENT_CALL_ENDED:
    return g_strdup ("call ended");
  case SIPREC_EVENT_DTMF:
    return g_strdup_printf ("key %s", text_member (event, "digit"));
  default:
    return NULL;
  }
}
