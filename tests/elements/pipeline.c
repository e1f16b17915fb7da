/* A pipeline of siprecsrc for tests: pad logs by probes, and waiting for what should happen.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pipeline.h"

#include <gst/check/gstcheck.h>

#define TIMEOUT_US (5 * G_USEC_PER_SEC)

/* Sticky events pass again when the pad is linked. */
static gboolean
is_repeated (PadLog *log, GstEvent *event)
{
  if (!GST_EVENT_IS_STICKY (event))
    return FALSE;
  if (g_ptr_array_find (log->sticky, event, NULL))
    return TRUE;
  g_ptr_array_add (log->sticky, gst_event_ref (event));
  return FALSE;
}

static void
note_event (PadLog *log, GstEvent *event)
{
  GstCaps *caps;
  GstTagList *tags;
  const gchar *id;
  GstClockTime time, duration;

  if (is_repeated (log, event))
    return;
  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_STREAM_START:
    gst_event_parse_stream_start (event, &id);
    gst_event_parse_group_id (event, &log->group_id);
    g_free (log->stream_id);
    log->stream_id = g_strdup (id);
    log->n_stream_starts++;
    break;
  case GST_EVENT_CAPS:
    gst_event_parse_caps (event, &caps);
    g_ptr_array_add (log->caps, gst_caps_ref (caps));
    break;
  case GST_EVENT_TAG:
    gst_event_parse_tag (event, &tags);
    gst_clear_tag_list (&log->tags);
    log->tags = gst_tag_list_copy (tags);
    log->n_tags++;
    break;
  case GST_EVENT_CUSTOM_DOWNSTREAM_STICKY:
    gst_clear_structure (&log->info);
    log->info = gst_structure_copy (gst_event_get_structure (event));
    break;
  case GST_EVENT_GAP:
    gst_event_parse_gap (event, &time, &duration);
    log->n_gaps++;
    log->gap_end = time + duration;
    break;
  case GST_EVENT_EOS:
    log->eos = TRUE;
    break;
  default:
    break;
  }
}

static GstPadProbeReturn
note (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  PadLog *log = user_data;

  g_mutex_lock (&log->pipeline->lock);
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    g_ptr_array_add (log->buffers, gst_buffer_ref (GST_PAD_PROBE_INFO_BUFFER (info)));
  else
    note_event (log, GST_PAD_PROBE_INFO_EVENT (info));
  g_cond_broadcast (&log->pipeline->changed);
  g_mutex_unlock (&log->pipeline->lock);
  return GST_PAD_PROBE_OK;
}

static gboolean
note_sticky (GstPad *pad, GstEvent **event, gpointer log)
{
  note_event (log, *event);
  return TRUE;
}

static void
link_sink (PadLog *log)
{
  Pipeline *pipeline = log->pipeline;
  GstPad *sink_pad;

  log->sink = gst_parse_bin_from_description (pipeline->sink, TRUE, NULL);
  fail_unless (log->sink != NULL);
  gst_bin_add (GST_BIN (pipeline->bin), log->sink);
  gst_element_sync_state_with_parent (log->sink);
  sink_pad = gst_element_get_static_pad (log->sink, "sink");
  fail_unless_equals_int (gst_pad_link (log->pad, sink_pad), GST_PAD_LINK_OK);
  gst_object_unref (sink_pad);
}

static void
pad_added (GstElement *src, GstPad *pad, Pipeline *pipeline)
{
  PadLog *log = g_new0 (PadLog, 1);

  log->pipeline = pipeline;
  log->name = gst_pad_get_name (pad);
  log->pad = gst_object_ref (pad);
  log->buffers = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_buffer_unref);
  log->sticky = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_event_unref);
  log->caps = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_caps_unref);

  /* What was pushed before the probe is there. */
  gst_pad_sticky_events_foreach (pad, note_sticky, log);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, note,
                     log, NULL);
  if (pipeline->sink && (!pipeline->only || g_str_equal (log->name, pipeline->only)))
    link_sink (log);

  g_mutex_lock (&pipeline->lock);
  g_ptr_array_add (pipeline->pads, log);
  g_string_append_printf (pipeline->order, "%s%s", pipeline->order->len ? " " : "", log->name);
  g_cond_broadcast (&pipeline->changed);
  g_mutex_unlock (&pipeline->lock);
}

static void
pad_removed (GstElement *src, GstPad *pad, Pipeline *pipeline)
{
  g_mutex_lock (&pipeline->lock);
  for (guint i = 0; i < pipeline->pads->len; i++) {
    PadLog *log = g_ptr_array_index (pipeline->pads, i);

    if (log->pad == pad)
      log->removed = TRUE;
  }
  g_cond_broadcast (&pipeline->changed);
  g_mutex_unlock (&pipeline->lock);
}

static void
no_more_pads (GstElement *src, Pipeline *pipeline)
{
  g_mutex_lock (&pipeline->lock);
  g_string_append_printf (pipeline->order, "%sno-more-pads", pipeline->order->len ? " " : "");
  g_cond_broadcast (&pipeline->changed);
  g_mutex_unlock (&pipeline->lock);
}

static void
state_changed (GObject *src, GParamSpec *pspec, Pipeline *pipeline)
{
  g_mutex_lock (&pipeline->lock);
  g_cond_broadcast (&pipeline->changed);
  g_mutex_unlock (&pipeline->lock);
}

static void
pad_log_free (gpointer data)
{
  PadLog *log = data;

  g_free (log->name);
  gst_object_unref (log->pad);
  g_ptr_array_unref (log->buffers);
  g_ptr_array_unref (log->caps);
  g_ptr_array_unref (log->sticky);
  gst_clear_tag_list (&log->tags);
  gst_clear_structure (&log->info);
  g_free (log->stream_id);
  g_free (log);
}

Pipeline *
pipeline_new (const gchar *properties, const gchar *sink)
{
  Pipeline *pipeline = g_new0 (Pipeline, 1);
  gboolean has_uri = strstr (properties, "local-uri") != NULL;
  g_autofree gchar *line = g_strdup_printf ("siprecsrc name=src %s %s",
                                            has_uri ? "" : "local-uri=sip:127.0.0.1:0", properties);
  g_autoptr (GError) error = NULL;

  g_mutex_init (&pipeline->lock);
  g_cond_init (&pipeline->changed);
  pipeline->pads = g_ptr_array_new_with_free_func (pad_log_free);
  pipeline->order = g_string_new (NULL);
  pipeline->sink = g_strdup (sink);
  pipeline->bin = gst_pipeline_new (NULL);
  pipeline->src = gst_parse_launch (line, &error);
  fail_unless (error == NULL, "%s", error ? error->message : "");
  gst_bin_add (GST_BIN (pipeline->bin), pipeline->src);
  pipeline->bus = gst_element_get_bus (pipeline->bin);
  g_signal_connect (pipeline->src, "pad-added", G_CALLBACK (pad_added), pipeline);
  g_signal_connect (pipeline->src, "pad-removed", G_CALLBACK (pad_removed), pipeline);
  g_signal_connect (pipeline->src, "no-more-pads", G_CALLBACK (no_more_pads), pipeline);
  g_signal_connect (pipeline->src, "notify::session-state", G_CALLBACK (state_changed), pipeline);
  g_signal_connect (pipeline->src, "notify::actual-uri", G_CALLBACK (state_changed), pipeline);
  return pipeline;
}

Pipeline *
pipeline_listening (const gchar *properties)
{
  Pipeline *pipeline = pipeline_new (properties, "fakesink async=false");

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  return pipeline;
}

void
pipeline_free (Pipeline *pipeline)
{
  gst_element_set_state (pipeline->bin, GST_STATE_NULL);
  gst_bus_set_flushing (pipeline->bus, TRUE);
  gst_object_unref (pipeline->bus);
  gst_object_unref (pipeline->bin);
  g_ptr_array_unref (pipeline->pads);
  g_string_free (pipeline->order, TRUE);
  g_mutex_clear (&pipeline->lock);
  g_cond_clear (&pipeline->changed);
  g_free (pipeline->sink);
  g_free (pipeline);
}

void
pipeline_set_state (Pipeline *pipeline, GstState state)
{
  fail_unless (gst_element_set_state (pipeline->bin, state) != GST_STATE_CHANGE_FAILURE);
  if (state == GST_STATE_PLAYING)
    g_free (pipeline_uri (pipeline));
}

/* Waits until @condition, which the locked pipeline can change. */
#define AWAIT(pipeline, condition, ...)                                                            \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 until = g_get_monotonic_time () + TIMEOUT_US;                                           \
    g_mutex_lock (&(pipeline)->lock);                                                              \
    while (!(condition) && g_cond_wait_until (&(pipeline)->changed, &(pipeline)->lock, until))     \
      ;                                                                                            \
    fail_unless (condition, __VA_ARGS__);                                                          \
    g_mutex_unlock (&(pipeline)->lock);                                                            \
  }                                                                                                \
  G_STMT_END

static gboolean
get_uri (Pipeline *pipeline, gchar **uri)
{
  g_free (*uri);
  g_object_get (pipeline->src, "actual-uri", uri, NULL);
  return *uri != NULL;
}

gchar *
pipeline_uri (Pipeline *pipeline)
{
  g_autoptr (GObject) session = NULL;
  gchar *uri = NULL;

  g_object_get (pipeline->src, "session", &session, NULL);
  if (session)
    return NULL;
  AWAIT (pipeline, get_uri (pipeline, &uri), "the element doesn't listen");
  return uri;
}

Caller *
pipeline_caller (Pipeline *pipeline)
{
  g_autofree gchar *uri = pipeline_uri (pipeline);

  return caller_new (uri, FALSE);
}

Caller *
pipeline_again (Pipeline *pipeline, Caller *caller)
{
  pipeline_set_state (pipeline, GST_STATE_READY);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller_free (caller);
  return pipeline_caller (pipeline);
}

Caller *
pipeline_called (Pipeline *pipeline, guint n_streams)
{
  Caller *caller = pipeline_caller (pipeline);

  fail_unless_equals_int (caller_invite (caller, n_streams, "sendonly"), 200);
  return caller;
}

void
pipeline_hang_up (Caller *caller, PadLog *log)
{
  fail_unless_equals_int (caller_bye (caller), 200);
  pipeline_await_eos (log);
}

void
pipeline_whole_call (Pipeline *pipeline, Caller *caller, guint n)
{
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  caller_talk (caller, 2, n);
  pipeline_hang_up (caller, pipeline_pad (pipeline, "audio_0"));
  pipeline_await_eos (pipeline_pad (pipeline, "audio_1"));
  pipeline_await_eos (pipeline_pad (pipeline, "metadata"));
}

static PadLog *
find_log (Pipeline *pipeline, const gchar *name)
{
  /* The newest of that name. */
  for (guint i = pipeline->pads->len; i > 0; i--) {
    PadLog *log = g_ptr_array_index (pipeline->pads, i - 1);

    if (g_str_equal (log->name, name) && !log->removed)
      return log;
  }
  return NULL;
}

PadLog *
pipeline_pad (Pipeline *pipeline, const gchar *name)
{
  PadLog *log = NULL;

  AWAIT (pipeline, (log = find_log (pipeline, name)) != NULL, "no pad %s", name);
  return log;
}

void
pipeline_await_order (Pipeline *pipeline, const gchar *order)
{
  AWAIT (pipeline, g_str_equal (pipeline->order->str, order), "pads are \"%s\", not \"%s\"",
         pipeline->order->str, order);
}

void
pipeline_await_buffers (PadLog *log, guint n)
{
  AWAIT (log->pipeline, log->buffers->len >= n, "%s gave %u buffers, not %u", log->name,
         log->buffers->len, n);
}

static guint
count_heard (PadLog *log)
{
  guint n = 0;

  for (guint i = 0; i < log->buffers->len; i++)
    n += !GST_BUFFER_FLAG_IS_SET (g_ptr_array_index (log->buffers, i), GST_BUFFER_FLAG_GAP);
  return n;
}

void
pipeline_await_heard (PadLog *log, guint n)
{
  AWAIT (log->pipeline, count_heard (log) >= n, "%s gave %u buffers that are no filler, not %u",
         log->name, count_heard (log), n);
}

guint
pipeline_n_buffers (PadLog *log)
{
  guint n;

  g_mutex_lock (&log->pipeline->lock);
  n = log->buffers->len;
  g_mutex_unlock (&log->pipeline->lock);
  return n;
}

void
pipeline_await_eos (PadLog *log)
{
  AWAIT (log->pipeline, log->eos, "%s gave no EOS", log->name);
}

void
pipeline_await_removed (PadLog *log)
{
  AWAIT (log->pipeline, log->removed, "%s is still there", log->name);
}

static gboolean
has_state (Pipeline *pipeline, const gchar *nick)
{
  GValue value = G_VALUE_INIT;
  gboolean has;
  g_autofree gchar *text = NULL;

  g_object_get_property (G_OBJECT (pipeline->src), "session-state", &value);
  text = gst_value_serialize (&value);
  has = g_str_equal (text, nick);
  g_value_unset (&value);
  return has;
}

void
pipeline_await_state (Pipeline *pipeline, const gchar *session_state)
{
  AWAIT (pipeline, has_state (pipeline, session_state), "session-state is not %s", session_state);
}

GstMessage *
pipeline_message (Pipeline *pipeline, GstMessageType types, const gchar *name)
{
  gint64 until = g_get_monotonic_time () + TIMEOUT_US;

  for (;;) {
    gint64 left = until - g_get_monotonic_time ();
    GstMessage *message =
        left > 0 ? gst_bus_timed_pop_filtered (pipeline->bus, left * GST_USECOND, types) : NULL;

    if (!message || !name || gst_message_has_name (message, name))
      return message;
    gst_message_unref (message);
  }
}

void
pipeline_expect_message (Pipeline *pipeline, const gchar *name)
{
  GstMessage *message = pipeline_message (pipeline, GST_MESSAGE_ELEMENT, name);

  fail_unless (message != NULL, "no %s", name);
  gst_message_unref (message);
}

void
pipeline_expect_reply (GstPromise *promise, guint status, const gchar *error)
{
  const GstStructure *reply;
  const gchar *said;
  guint value = 0;

  fail_unless_equals_int (gst_promise_wait (promise), GST_PROMISE_RESULT_REPLIED);
  reply = gst_promise_get_reply (promise);
  fail_unless (gst_structure_get_uint (reply, "status", &value));
  fail_unless_equals_int (value, status);
  said = gst_structure_get_string (reply, "error");
  if (error)
    fail_unless (said && strstr (said, error), "%s", said);
  else
    fail_if (gst_structure_has_field (reply, "error"));
  gst_promise_unref (promise);
}

const gchar *
pad_log_caps_name (PadLog *log)
{
  GstCaps *caps = g_ptr_array_index (log->caps, 0);

  return gst_structure_get_name (gst_caps_get_structure (caps, 0));
}

GstClockTime
pad_log_start (PadLog *log)
{
  fail_unless (log->buffers->len > 0, "%s gave nothing", log->name);
  return GST_BUFFER_PTS (g_ptr_array_index (log->buffers, 0));
}

GstClockTime
pad_log_end (PadLog *log)
{
  GstBuffer *last = g_ptr_array_index (log->buffers, log->buffers->len - 1);

  return GST_BUFFER_PTS (last) + GST_BUFFER_DURATION (last);
}

GstClockTime
pad_log_unevenness (PadLog *log)
{
  GstClockTime sum = 0, end = pad_log_start (log);

  for (guint i = 0; i < log->buffers->len; i++) {
    GstBuffer *buffer = g_ptr_array_index (log->buffers, i);
    GstClockTimeDiff off = GST_CLOCK_DIFF (end, GST_BUFFER_PTS (buffer));

    sum += ABS (off);
    end = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
  }
  return sum;
}

GByteArray *
pad_log_bytes (PadLog *log)
{
  GByteArray *bytes = g_byte_array_new ();

  for (guint i = 0; i < log->buffers->len; i++) {
    GstMapInfo map;

    gst_buffer_map (g_ptr_array_index (log->buffers, i), &map, GST_MAP_READ);
    g_byte_array_append (bytes, map.data, map.size);
    gst_buffer_unmap (g_ptr_array_index (log->buffers, i), &map);
  }
  return bytes;
}

gsize
pad_log_size (PadLog *log)
{
  g_autoptr (GByteArray) bytes = pad_log_bytes (log);

  return bytes->len;
}

gsize
pad_log_count (PadLog *log, guint8 value)
{
  g_autoptr (GByteArray) bytes = pad_log_bytes (log);
  gsize n = 0;

  for (guint i = 0; i < bytes->len; i++)
    n += bytes->data[i] == value;
  return n;
}
