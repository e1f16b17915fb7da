/* gst-siprec: what the properties of siprecsrc are set to, and what they tell
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc-properties.h"

#include "siprecsrc.h"

void
gst_siprec_src_settings_init (GstSiprecSrcSettings *settings)
{
  *settings = (GstSiprecSrcSettings){
      .local_uri = g_strdup (DEFAULT_LOCAL_URI),
      .port_range = g_strdup (DEFAULT_PORT_RANGE),
      .accept = SIPREC_ACCEPT_SIPREC,
      .strictness = SIPREC_STRICTNESS_LENIENT,
      .delayed_offer_streams = 1,
      .srtp_policy = SIPREC_SRTP_OPTIONAL,
      .latch = SIPREC_LATCH_FIRST,
      .decision_timeout = DEFAULT_DECISION_TIMEOUT,
      .output = GST_SIPREC_OUTPUT_ENCODED,
      .push_mode = GST_SIPREC_PUSH_MODE_PAD,
      .metadata_format = GST_SIPREC_METADATA_FORMAT_JSON,
      .metadata_limits = {SIPREC_METADATA_DEFAULT_SIZE, SIPREC_METADATA_DEFAULT_ELEMENTS,
                          SIPREC_METADATA_DEFAULT_DEPTH, SIPREC_METADATA_DEFAULT_ID_LENGTH},
      .fill = SIPREC_FILL_SILENCE,
      .latency = DEFAULT_LATENCY,
      .timeout = DEFAULT_TIMEOUT,
      .eos_on_session_end = TRUE,
  };
}

void
gst_siprec_src_settings_clear (GstSiprecSrcSettings *settings)
{
  g_clear_pointer (&settings->local_uri, g_free);
  g_clear_pointer (&settings->endpoint, g_free);
  g_clear_object (&settings->session);
  g_clear_pointer (&settings->media_address, g_free);
  g_clear_pointer (&settings->port_range, g_free);
  g_clear_pointer (&settings->external_address, g_free);
  g_clear_pointer (&settings->tls_certificate, g_free);
  g_clear_pointer (&settings->tls_ca, g_free);
  g_clear_pointer (&settings->allow, g_free);
  g_clear_pointer (&settings->auth_file, g_free);
  g_clear_pointer (&settings->auth_realm, g_free);
  g_clear_pointer (&settings->metadata_filter, g_free);
  g_clear_pointer (&settings->codecs, g_free);
  g_clear_pointer (&settings->content_map, g_free);
  g_clear_pointer (&settings->context, g_free);
}

/* Where the writable properties live in the settings. */
#define FIELD(name) G_STRUCT_OFFSET (GstSiprecSrcSettings, name)
static const gsize fields[N_PROPS] = {
    [PROP_LOCAL_URI] = FIELD (local_uri),
    [PROP_ENDPOINT] = FIELD (endpoint),
    [PROP_SESSION] = FIELD (session),
    [PROP_SESSION_DETACH] = FIELD (session_detach),
    [PROP_MEDIA_ADDRESS] = FIELD (media_address),
    [PROP_PORT_RANGE] = FIELD (port_range),
    [PROP_EXTERNAL_ADDRESS] = FIELD (external_address),
    [PROP_UDP_BUFFER_SIZE] = FIELD (udp_buffer_size),
    [PROP_TLS_CERTIFICATE] = FIELD (tls_certificate),
    [PROP_TLS_CA] = FIELD (tls_ca),
    [PROP_TLS_REQUIRE_CLIENT_CERT] = FIELD (tls_require_client_cert),
    [PROP_ALLOW] = FIELD (allow),
    [PROP_AUTH_FILE] = FIELD (auth_file),
    [PROP_AUTH_REALM] = FIELD (auth_realm),
    [PROP_ACCEPT] = FIELD (accept),
    [PROP_STRICTNESS] = FIELD (strictness),
    [PROP_CODECS] = FIELD (codecs),
    [PROP_CONTENT_MAP] = FIELD (content_map),
    [PROP_DELAYED_OFFER_STREAMS] = FIELD (delayed_offer_streams),
    [PROP_START_PAUSED] = FIELD (start_paused),
    [PROP_SRTP_POLICY] = FIELD (srtp_policy),
    [PROP_LATCH] = FIELD (latch),
    [PROP_DECISION_TIMEOUT] = FIELD (decision_timeout),
    [PROP_CONTEXT] = FIELD (context),
    [PROP_OUTPUT] = FIELD (output),
    [PROP_PUSH_MODE] = FIELD (push_mode),
    [PROP_METADATA_FORMAT] = FIELD (metadata_format),
    [PROP_METADATA_FILTER] = FIELD (metadata_filter),
    [PROP_METADATA_MAX_SIZE] = FIELD (metadata_limits.size),
    [PROP_METADATA_MAX_ELEMENTS] = FIELD (metadata_limits.elements),
    [PROP_METADATA_MAX_DEPTH] = FIELD (metadata_limits.depth),
    [PROP_METADATA_MAX_ID_LENGTH] = FIELD (metadata_limits.id_length),
    [PROP_FILL] = FIELD (fill),
    [PROP_AUDIO_PADS] = FIELD (audio_pads),
    [PROP_VIDEO_PADS] = FIELD (video_pads),
    [PROP_SCREEN_PADS] = FIELD (screen_pads),
    [PROP_PIN_CAPS] = FIELD (pin_caps),
    [PROP_BUFFER_DURATION] = FIELD (buffer_duration),
    [PROP_LATENCY] = FIELD (latency),
    [PROP_DROP_ON_LATENCY] = FIELD (drop_on_latency),
    [PROP_TIMEOUT] = FIELD (timeout),
    [PROP_ADD_REFERENCE_TIMESTAMP_META] = FIELD (add_reference_timestamps),
    [PROP_NTP_TIME_SOURCE] = FIELD (ntp_time_source),
    [PROP_EOS_ON_SESSION_END] = FIELD (eos_on_session_end),
};

/* Threads of all kinds read the settings while the element listens. */
static gboolean
may_change (GstSiprecSrc *self, GParamSpec *pspec)
{
  gboolean stopped;

  if (pspec->flags & GST_PARAM_MUTABLE_PLAYING)
    return TRUE;
  g_mutex_lock (&self->lock);
  stopped = self->stopped;
  g_mutex_unlock (&self->lock);
  return stopped;
}

void
gst_siprec_src_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  gpointer field = G_STRUCT_MEMBER_P (&GST_SIPREC_SRC (object)->settings, fields[id]);
  gchar *old_string = NULL;
  GObject *old_object = NULL;

  if (!may_change (GST_SIPREC_SRC (object), pspec)) {
    g_warning ("%s: %s can be changed in NULL and READY only; it stays as it is.",
               GST_OBJECT_NAME (object), pspec->name);
    return;
  }
  GST_OBJECT_LOCK (object);
  switch (G_TYPE_FUNDAMENTAL (pspec->value_type)) {
  case G_TYPE_STRING:
    old_string = *(gchar **)field;
    *(gchar **)field = g_value_dup_string (value);
    break;
  case G_TYPE_OBJECT:
    old_object = *(GObject **)field;
    *(GObject **)field = g_value_dup_object (value);
    break;
  case G_TYPE_BOOLEAN:
    *(gboolean *)field = g_value_get_boolean (value);
    break;
  case G_TYPE_UINT:
    *(guint *)field = g_value_get_uint (value);
    break;
  case G_TYPE_UINT64:
    *(guint64 *)field = g_value_get_uint64 (value);
    break;
  case G_TYPE_ENUM:
    *(gint *)field = g_value_get_enum (value);
    break;
  default:
    g_assert_not_reached ();
  }
  GST_OBJECT_UNLOCK (object);

  g_free (old_string);
  g_clear_object (&old_object);
  if (id == PROP_TLS_CERTIFICATE)
    gst_siprec_src_renew_certificate (GST_SIPREC_SRC (object), g_value_get_string (value));
}

static void
get_setting (gconstpointer field, GValue *value)
{
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value))) {
  case G_TYPE_STRING:
    g_value_set_string (value, *(gchar *const *)field);
    break;
  case G_TYPE_OBJECT:
    g_value_set_object (value, *(GObject *const *)field);
    break;
  case G_TYPE_BOOLEAN:
    g_value_set_boolean (value, *(const gboolean *)field);
    break;
  case G_TYPE_UINT:
    g_value_set_uint (value, *(const guint *)field);
    break;
  case G_TYPE_UINT64:
    g_value_set_uint64 (value, *(const guint64 *)field);
    break;
  case G_TYPE_ENUM:
    g_value_set_enum (value, *(const gint *)field);
    break;
  default:
    g_assert_not_reached ();
  }
}

void
gst_siprec_src_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstSiprecSrc *self = GST_SIPREC_SRC (object);

  if (id == PROP_STATS) {
    g_value_take_boxed (value, gst_siprec_src_get_stats (self));
    return;
  }

  GST_OBJECT_LOCK (self);
  if (id == PROP_ACTUAL_URI)
    g_value_set_string (value, self->actual_uri);
  else if (id == PROP_SESSION_STATE)
    g_value_set_enum (value, self->state);
  else
    get_setting (G_STRUCT_MEMBER_P (&self->settings, fields[id]), value);
  GST_OBJECT_UNLOCK (self);
}

void
gst_siprec_src_set_state (GstSiprecSrc *self, GstSiprecSessionState state)
{
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = self->state != state;
  self->state = state;
  GST_OBJECT_UNLOCK (self);
  if (changed)
    g_object_notify (G_OBJECT (self), "session-state");
}

void
gst_siprec_src_set_actual_uri (GstSiprecSrc *self, const gchar *uri)
{
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = g_strcmp0 (self->actual_uri, uri) != 0;
  g_free (self->actual_uri);
  self->actual_uri = g_strdup (uri);
  GST_OBJECT_UNLOCK (self);
  if (changed)
    g_object_notify (G_OBJECT (self), "actual-uri");
}

GstStructure *
gst_siprec_src_get_stats (GstSiprecSrc *self)
{
  g_autoptr (GPtrArray) pads = gst_siprec_src_get_pads (self);
  g_autoptr (SiprecSession) session = NULL;
  GstStructure *stats;
  GValue streams = G_VALUE_INIT;

  g_mutex_lock (&self->lock);
  g_set_object (&session, self->session);
  g_mutex_unlock (&self->lock);

  stats = gst_structure_new ("application/x-siprec-stats", "session-id", G_TYPE_STRING,
                             session ? siprec_session_get_id (session) : NULL, NULL);
  GST_OBJECT_LOCK (self);
  gst_structure_set (stats, "session-state", GST_TYPE_SIPREC_SESSION_STATE, self->state, NULL);
  GST_OBJECT_UNLOCK (self);

  g_value_init (&streams, GST_TYPE_ARRAY);
  for (guint i = 0; i < pads->len; i++) {
    GValue stream = G_VALUE_INIT;

    g_value_init (&stream, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&stream, gst_siprec_src_pad_get_stats (g_ptr_array_index (pads, i)));
    gst_value_array_append_and_take_value (&streams, &stream);
  }
  gst_structure_take_value (stats, "streams", &streams);
  return stats;
}
