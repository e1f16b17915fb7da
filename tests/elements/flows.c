/* The call flows of RFC 8068 and RFC 7866, played to an element: its pads, its events, its end.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "pipeline.h"
#include "tests/support/play.h"

#define FLOWS TEST_DATA_DIR "/flows"

#define PATIENCE (5 * G_USEC_PER_SEC)

typedef struct {
  Pipeline *pipeline;
  guint n_read;   /* events of the metadata pad */
  gboolean waits; /* for another call after the first */
} Listener;

static JsonObject *
parse_event (GstBuffer *buffer)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  GstMapInfo map;

  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  fail_unless (
      json_parser_load_from_data (parser, (const gchar *)map.data, (gssize)map.size, NULL));
  gst_buffer_unmap (buffer, &map);
  return json_object_ref (json_node_get_object (json_parser_get_root (parser)));
}

static JsonObject *
next_event (gpointer user_data, guint n)
{
  Listener *listener = user_data;
  PadLog *log = pipeline_pad (listener->pipeline, "metadata");
  gint64 until = g_get_monotonic_time () + PATIENCE;
  GstBuffer *buffer = NULL;
  JsonObject *event = NULL;

  g_mutex_lock (&listener->pipeline->lock);
  while (log->buffers->len <= listener->n_read &&
         g_cond_wait_until (&listener->pipeline->changed, &listener->pipeline->lock, until))
    ;
  if (log->buffers->len > listener->n_read)
    buffer = g_ptr_array_index (log->buffers, listener->n_read++);
  g_mutex_unlock (&listener->pipeline->lock);
  if (buffer)
    event = parse_event (buffer);
  /* The next call would be refused before the element is through with this one. */
  if (event && listener->waits &&
      g_str_equal (json_object_get_string_member (event, "type"), "siprec.session.ended"))
    pipeline_await_state (listener->pipeline, "waiting");
  return event;
}

/* With the lock held. */
static gboolean
has_streams (Pipeline *pipeline, const gchar *const *names)
{
  g_autoptr (GPtrArray) present = g_ptr_array_new ();

  for (guint i = 0; i < pipeline->pads->len; i++) {
    PadLog *log = g_ptr_array_index (pipeline->pads, i);

    if (!log->removed && !g_str_equal (log->name, "metadata"))
      g_ptr_array_add (present, log->name);
  }
  g_ptr_array_add (present, NULL);
  return play_streams_match (names, (gchar **)present->pdata);
}

static gboolean
await_streams (gpointer user_data, const gchar *const *names)
{
  Pipeline *pipeline = ((Listener *)user_data)->pipeline;
  gint64 until = g_get_monotonic_time () + PATIENCE;
  gboolean found;

  g_mutex_lock (&pipeline->lock);
  while (!(found = has_streams (pipeline, names)) &&
         g_cond_wait_until (&pipeline->changed, &pipeline->lock, until))
    ;
  g_mutex_unlock (&pipeline->lock);
  return found;
}

static void
act (gpointer user_data, guint n, const gchar *action)
{
  GstElement *src = ((Listener *)user_data)->pipeline->src;

  if (g_str_equal (action, "snapshot"))
    g_signal_emit_by_name (src, "request-snapshot", NULL, NULL);
  else if (g_str_equal (action, "hangup"))
    g_signal_emit_by_name (src, "hangup", NULL, NULL);
  else
    g_signal_emit_by_name (src, action, -1, NULL);
}

/* All that the call had is over: the pads, or, where the element waits for the next one, the session. */
static void
check_end (Pipeline *pipeline, gboolean eos)
{
  if (!eos) {
    pipeline_await_state (pipeline, "waiting");
    return;
  }
  for (guint i = 0; i < pipeline->pads->len; i++) {
    PadLog *log = g_ptr_array_index (pipeline->pads, i);

    if (!log->removed)
      pipeline_await_eos (log);
  }
}

static void
play (const gchar *name)
{
  static const PlayRecorder handler = {next_event, await_streams, act};
  g_autofree gchar *path = g_strdup_printf (FLOWS "/%s.play", name);
  g_autoptr (Play) flow = play_new (path);
  gboolean eos = g_strcmp0 (play_setting (flow, "eos"), "false") != 0;
  Listener listener = {
      .pipeline = pipeline_new (eos ? "" : "eos-on-session-end=false", "fakesink async=false"),
      .waits = !eos};
  g_autofree gchar *uri = NULL;
  g_autofree gchar *problem = NULL;

  pipeline_set_state (listener.pipeline, GST_STATE_PLAYING);
  uri = pipeline_uri (listener.pipeline);
  problem = play_run (flow, &handler, &listener, uri, FALSE);
  if (problem == NULL)
    check_end (listener.pipeline, eos);
  /* Before anything fails: a process whose pipeline runs doesn't end. */
  pipeline_free (listener.pipeline);
  fail_unless (problem == NULL, "%s", problem);
}

/* One a test, so that docs/conformance.md can name them. */
#define FLOW(name)                                                                                 \
  GST_START_TEST (name)                                                                            \
  {                                                                                                \
    play (#name);                                                                                  \
  }                                                                                                \
  GST_END_TEST

FLOW (t01)
FLOW (t02)
FLOW (t03)
FLOW (t04)
FLOW (t05)
FLOW (t06)
FLOW (t07)
FLOW (t07_alone)
FLOW (t08)
FLOW (t09)
FLOW (t10)
FLOW (t11)
FLOW (t12)
FLOW (t13)
FLOW (t14)
FLOW (t15)
FLOW (t16)
FLOW (t17)
FLOW (t20)
FLOW (t21)
FLOW (t22)
FLOW (t24)
FLOW (t27)

static Suite *
flows_suite (void)
{
  Suite *suite = suite_create ("flows");
  TCase *tcase = tcase_create ("flows");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, t01);
  tcase_add_test (tcase, t02);
  tcase_add_test (tcase, t03);
  tcase_add_test (tcase, t04);
  tcase_add_test (tcase, t05);
  tcase_add_test (tcase, t06);
  tcase_add_test (tcase, t07);
  tcase_add_test (tcase, t07_alone);
  tcase_add_test (tcase, t08);
  tcase_add_test (tcase, t09);
  tcase_add_test (tcase, t10);
  tcase_add_test (tcase, t11);
  tcase_add_test (tcase, t12);
  tcase_add_test (tcase, t13);
  tcase_add_test (tcase, t14);
  tcase_add_test (tcase, t15);
  tcase_add_test (tcase, t16);
  tcase_add_test (tcase, t17);
  tcase_add_test (tcase, t20);
  tcase_add_test (tcase, t21);
  tcase_add_test (tcase, t22);
  tcase_add_test (tcase, t24);
  tcase_add_test (tcase, t27);
  return suite;
}

GST_CHECK_MAIN (flows)
