/* gst-siprec: calls, connections and packets that siprecsrc has refused, told to whoever runs it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc.h"

#define GST_CAT_DEFAULT gst_siprec_src_debug

/* Refusals that wait to be told, and how often one of a kind is a WARNING (us): who floods us with calls must not
 * flood the console. */
#define MAX_REFUSALS     16
#define WARNING_INTERVAL (10 * G_USEC_PER_SEC)

/* None is lost: those that have no room count as unsaid of the last one. */
void
gst_siprec_src_take_refusal (SiprecEndpoint *endpoint, const GstStructure *refusal,
                             gpointer user_data)
{
  GstSiprecSrc *self = user_data;

  guint unsaid = 0, more = 0;

  gst_structure_get_uint (refusal, "unsaid", &more);
  g_mutex_lock (&self->lock);
  if (self->refusals.length < MAX_REFUSALS) {
    g_queue_push_tail (&self->refusals, gst_structure_copy (refusal));
  } else {
    GstStructure *last = g_queue_peek_tail (&self->refusals);

    gst_structure_get_uint (last, "unsaid", &unsaid);
    gst_structure_set (last, "unsaid", G_TYPE_UINT, unsaid + more + 1, NULL);
  }
  g_mutex_unlock (&self->lock);
  siprec_strand_wake (self->control);
}

/* The fields are called as the members of events, but for the dashes. */
static gboolean
filter_field (GQuark field, GValue *value, gpointer filter)
{
  g_autofree gchar *name = g_strdelimit (g_strdup (g_quark_to_string (field)), "-", '_');

  if (G_VALUE_HOLDS_STRING (value))
    g_value_take_string (value, siprec_filter_text (filter, name, g_value_get_string (value)));
  return TRUE;
}

/* " from 192.0.2.1", or nothing if that is nobody's business. (transfer full) */
static gchar *
describe_origin (const GstStructure *refusal)
{
  const gchar *address = gst_structure_get_string (refusal, "remote-address");

  return *address ? g_strconcat (" from ", address, NULL) : g_strdup ("");
}

static void
warn_of_call (GstSiprecSrc *self, const GstStructure *refusal)
{
  g_autofree gchar *origin = describe_origin (refusal);
  const gchar *reason = gst_structure_get_string (refusal, "reason");
  guint status = 0;

  gst_structure_get_uint (refusal, "status", &status);
  GST_ELEMENT_WARNING (
      self, RESOURCE, FAILED,
      ("A call%s was refused with %u%s%s", origin, status, *reason ? ": " : ".", reason), (NULL));
}

static void
warn_of_connection (GstSiprecSrc *self, const GstStructure *refusal)
{
  g_autofree gchar *origin = describe_origin (refusal);
  const gchar *names = gst_structure_get_string (refusal, "peer-identities");
  const gchar *transport = gst_structure_get_string (refusal, "transport");
  const gchar *reason = gst_structure_get_string (refusal, "reason");
  g_autofree gchar *owner =
      *names ? g_strconcat (" Its certificate is for ", names, ".", NULL) : g_strdup ("");

  GST_ELEMENT_WARNING (self, RESOURCE, FAILED,
                       ("A %s connection%s was refused%s%s%s",
                        g_strcmp0 (transport, "tls") == 0 ? "TLS" : "TCP", origin,
                        *reason ? ": " : ".", reason, owner),
                       (NULL));
}

/* Every refusal is a message, and one of a kind now and then a WARNING, which gst-launch shows. */
static void
report (GstSiprecSrc *self, GstStructure *refusal)
{
  gboolean is_call = gst_structure_has_name (refusal, "GstSiprecSessionRefused");
  gint64 *told = is_call ? &self->call_told : &self->connection_told;
  gint64 now = g_get_monotonic_time ();

  if (self->filter)
    gst_structure_map_in_place (refusal, filter_field, self->filter);
  if (*told == 0 || now - *told > WARNING_INTERVAL) {
    *told = now;
    if (is_call)
      warn_of_call (self, refusal);
    else
      warn_of_connection (self, refusal);
  }
  gst_element_post_message (GST_ELEMENT (self),
                            gst_message_new_element (GST_OBJECT (self), refusal));
}

void
gst_siprec_src_report_refusals (GstSiprecSrc *self)
{
  GstStructure *refusal;

  do {
    if (gst_siprec_src_is_stopped (self))
      return;
    g_mutex_lock (&self->lock);
    refusal = g_queue_pop_head (&self->refusals);
    g_mutex_unlock (&self->lock);
    if (refusal)
      report (self, refusal);
  } while (refusal);
}

/* What can be done about media that aren't taken; NULL if that is what a network may do. */
static const gchar *
media_trouble (const SiprecEvent *event)
{
  static const struct {
    SiprecEventType type;
    const gchar *reason, *words;
  } troubles[] = {
      {SIPREC_EVENT_MEDIA_REJECTED, "authentication",
       "packets are dropped, since they are not protected with the keys of the SDP: is the "
       "client's SRTP set "
       "to the keys, and the suite, that it offers?"},
      {SIPREC_EVENT_MEDIA_REJECTED, "address",
       "packets from another address than the stream's are dropped; latch says which counts."},
      {SIPREC_EVENT_MEDIA_FAILED, "fingerprint",
       "nothing can be received: by DTLS the client shows another certificate than its SDP names."},
      {SIPREC_EVENT_MEDIA_FAILED, "handshake",
       "nothing can be received: the DTLS handshake came to no agreement."},
      {SIPREC_EVENT_MEDIA_FAILED, "no-handshake",
       "nothing can be received: the client doesn't answer the DTLS handshake."},
  };
  const gchar *reason = json_object_get_string_member_with_default (event->data, "reason", "");

  for (guint i = 0; i < G_N_ELEMENTS (troubles); i++)
    if (event->type == troubles[i].type && g_str_equal (reason, troubles[i].reason))
      return troubles[i].words;
  return NULL;
}

void
gst_siprec_src_warn_of_media (GstSiprecSrc *self, const SiprecEvent *event)
{
  const gchar *words = media_trouble (event);
  gint64 now = g_get_monotonic_time ();

  if (!words || (self->media_told != 0 && now - self->media_told <= WARNING_INTERVAL))
    return;
  self->media_told = now;
  GST_ELEMENT_WARNING (
      self, STREAM, FAILED,
      ("%s: %s", json_object_get_string_member_with_default (event->data, "stream", ""), words),
      (NULL));
}
