/* gst-siprec: the endpoint of siprecsrc, as its properties describe it, and what that tells
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc.h"

#include "siprec-core/sdp/content.h"

#define GST_CAT_DEFAULT gst_siprec_src_debug

/* The endpoint's answer to siprec_endpoint_start(), in its thread. */
static void
endpoint_ready (SiprecEndpoint *endpoint, const gchar *actual_uri, const GError *error,
                gpointer user_data)
{
  GstSiprecSrc *self = user_data;

  g_mutex_lock (&self->lock);
  self->bound_uri = g_strdup (actual_uri);
  self->bound_error = error ? g_error_copy (error) : NULL;
  g_mutex_unlock (&self->lock);
  siprec_strand_wake (self->control);
}

static gboolean
parse_port_range (const gchar *text, SiprecSettings *settings)
{
  guint64 first, last;
  g_auto (GStrv) parts = g_strsplit (text ? text : "", "-", 2);

  if (g_strv_length (parts) != 2 ||
      !g_ascii_string_to_unsigned (g_strstrip (parts[0]), 10, 1, G_MAXUINT16, &first, NULL) ||
      !g_ascii_string_to_unsigned (g_strstrip (parts[1]), 10, 1, G_MAXUINT16, &last, NULL) ||
      /* An even port and the next one. */
      first + (first & 1) + 1 > last)
    return FALSE;
  settings->first_port = first;
  settings->last_port = last;
  return TRUE;
}

static gboolean
codecs_are_names (const gchar *codecs)
{
  g_auto (GStrv) names = g_strsplit (codecs, ",", -1);

  for (guint i = 0; names[i]; i++) {
    g_strstrip (names[i]);
    if (!siprec_format_is_codec (names[i]))
      return FALSE;
  }
  return TRUE;
}

/* The endpoint that the properties describe, or NULL after an ERROR message. */
static SiprecEndpoint *
get_endpoint (GstSiprecSrc *self, const GstSiprecSrcSettings *set)
{
  g_autoptr (GError) error = NULL;
  SiprecEndpoint *endpoint;
  SiprecSettings settings = {
      .local_uri = set->local_uri ? set->local_uri : "",
      .media_address = set->media_address,
      .external_address = set->external_address,
      .udp_buffer_size = set->udp_buffer_size,
      .security = {.tls = {set->tls_certificate, set->tls_ca, set->tls_require_client_cert},
                   .allow = set->allow,
                   .auth_file = set->auth_file,
                   .auth_realm = set->auth_realm},
  };

  if (!parse_port_range (set->port_range, &settings)) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
                       ("port-range \"%s\" is no range of ports with room for a pair; write "
                        "first-last, such as 10000-20000.",
                        set->port_range ? set->port_range : ""),
                       (NULL));
    return NULL;
  }
  if (set->codecs && set->codecs[0] && !codecs_are_names (set->codecs)) {
    GST_ELEMENT_ERROR (
        self, RESOURCE, SETTINGS,
        ("codecs \"%s\" is no list of codecs that can be received; write their names with "
         "commas, such as OPUS,PCMA,PCMU.",
         set->codecs),
        (NULL));
    return NULL;
  }
  if (set->content_map && set->content_map[0] && !siprec_content_map_is_valid (set->content_map)) {
    GST_ELEMENT_ERROR (
        self, RESOURCE, SETTINGS,
        ("content-map \"%s\" doesn't say which line is what; write a label or # and the number of "
         "an m-line, such as slides=screen,#2=video.",
         set->content_map),
        (NULL));
    return NULL;
  }
  endpoint = siprec_endpoint_get (set->endpoint, &settings, &error);
  if (!endpoint)
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
  return endpoint;
}

/* Who sets a property may look at it in another thread. */
static void
set_endpoint (GstSiprecSrc *self, SiprecEndpoint *endpoint)
{
  GST_OBJECT_LOCK (self);
  self->endpoint = endpoint;
  GST_OBJECT_UNLOCK (self);
}

/* In any thread. */
static void
on_warning (const gchar *text, gpointer user_data)
{
  GST_ELEMENT_WARNING (user_data, RESOURCE, SETTINGS, ("%s", text), (NULL));
}

void
gst_siprec_src_renew_certificate (GstSiprecSrc *self, const gchar *certificate)
{
  g_autoptr (GError) error = NULL;
  SiprecEndpoint *endpoint;

  GST_OBJECT_LOCK (self);
  endpoint = self->endpoint ? siprec_endpoint_ref (self->endpoint) : NULL;
  GST_OBJECT_UNLOCK (self);
  if (!endpoint)
    return;
  if (!siprec_endpoint_set_certificate (endpoint, certificate, &error))
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
                         ("%s The old certificate stays in use.", error->message), (NULL));
  siprec_endpoint_unref (endpoint);
}

static gboolean
open_filter (GstSiprecSrc *self, const gchar *text)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->filter, siprec_filter_free);
  if (!text || !*text)
    return TRUE;
  self->filter = siprec_filter_new (text, &error);
  if (!self->filter)
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS, ("%s", error->message), (NULL));
  return self->filter != NULL;
}

gboolean
gst_siprec_src_open (GstSiprecSrc *self)
{
  /* Properties are MUTABLE_READY: nobody changes them during a state change. */
  const GstSiprecSrcSettings *settings = &self->settings;
  SiprecEndpoint *endpoint;

  if (!open_filter (self, settings->metadata_filter))
    return FALSE;
  if (settings->session)
    return TRUE;
  endpoint = get_endpoint (self, settings);
  if (!endpoint)
    return FALSE;
  siprec_endpoint_watch (endpoint, on_warning, gst_object_ref (self), gst_object_unref);
  set_endpoint (self, endpoint);
  self->start_handle = siprec_endpoint_start (self->endpoint, endpoint_ready, self);
  self->watch_handle =
      siprec_endpoint_watch_refusals (self->endpoint, gst_siprec_src_take_refusal, self);
  return TRUE;
}

void
gst_siprec_src_close (GstSiprecSrc *self)
{
  SiprecEndpoint *endpoint = self->endpoint;

  if (endpoint) {
    siprec_endpoint_cancel_start (endpoint, self->start_handle);
    siprec_endpoint_unwatch (endpoint, self);
    siprec_endpoint_unwatch_refusals (endpoint, self->watch_handle);
    set_endpoint (self, NULL);
    siprec_endpoint_unref (endpoint);
  }
  g_clear_pointer (&self->filter, siprec_filter_free);
  g_clear_pointer (&self->bound_uri, g_free);
  g_clear_error (&self->bound_error);
  g_queue_clear_full (&self->refusals, (GDestroyNotify)gst_structure_free);
  g_clear_object (&self->asked);
  g_clear_object (&self->calling);
  g_clear_object (&self->introduced);
  gst_siprec_src_set_actual_uri (self, NULL);
  gst_siprec_src_set_state (self, GST_SIPREC_SESSION_STATE_IDLE);
}

static void
report_bound (GstSiprecSrc *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *uri = NULL;

  g_mutex_lock (&self->lock);
  uri = g_steal_pointer (&self->bound_uri);
  error = g_steal_pointer (&self->bound_error);
  g_mutex_unlock (&self->lock);

  if (error)
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_READ, ("%s", error->message), (NULL));
  else if (uri)
    gst_siprec_src_set_actual_uri (self, uri);
}

void
gst_siprec_src_report_endpoint (GstSiprecSrc *self)
{
  report_bound (self);
  gst_siprec_src_report_refusals (self);
}
