/* Elements that are stopped, detached and given other calls at odd moments.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "pipeline.h"
#include "siprec-core/endpoint/endpoint.h"

static const gchar *wanted;

static void
stop_at (GstElement *src, GParamSpec *pspec, Pipeline *pipeline)
{
  gint state;
  GEnumValue *value;
  GEnumClass *klass = g_type_class_ref (G_PARAM_SPEC_VALUE_TYPE (pspec));

  g_object_get (src, "session-state", &state, NULL);
  value = g_enum_get_value (klass, state);
  if (g_str_equal (value->value_nick, wanted) &&
      g_atomic_int_compare_and_exchange (&pipeline->stopped, 0, 1))
    gst_element_set_state (pipeline->bin, GST_STATE_NULL);
  g_type_class_unref (klass);
}

static void
stop_at_state (const gchar *properties, const gchar *state)
{
  Pipeline *pipeline = pipeline_new (properties, "fakesink async=false");
  Caller *caller;

  wanted = state;
  g_signal_connect (pipeline->src, "notify::session-state", G_CALLBACK (stop_at), pipeline);
  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  if (g_str_equal (state, "ended"))
    fail_unless_equals_int (caller_bye (caller), 200);
  for (guint t = 0; t < 500 && !g_atomic_int_get (&pipeline->stopped); t++)
    g_usleep (10000);
  fail_unless (g_atomic_int_get (&pipeline->stopped));
  g_usleep (200000);
  caller_free (caller);
  pipeline_free (pipeline);
}

GST_START_TEST (test_stop_when_active)
{
  stop_at_state ("", "active");
}
GST_END_TEST;

GST_START_TEST (test_stop_when_ended)
{
  stop_at_state ("eos-on-session-end=false", "ended");
}
GST_END_TEST;

static void
stop_when_added (GstElement *src, GstPad *pad, Pipeline *pipeline)
{
  if (g_atomic_int_compare_and_exchange (&pipeline->stopped, 0, 1))
    gst_element_set_state (pipeline->bin, GST_STATE_NULL);
}

GST_START_TEST (test_stop_when_pad_added)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_caller (pipeline);

  g_signal_connect (pipeline->src, "pad-added", G_CALLBACK (stop_when_added), pipeline);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  caller_bye (caller);
  for (guint t = 0; t < 500 && !g_atomic_int_get (&pipeline->stopped); t++)
    g_usleep (10000);
  g_usleep (200000);
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

GST_START_TEST (test_query_orphan_pad)
{
  Pipeline *pipeline = pipeline_listening ("");
  Caller *caller = pipeline_called (pipeline, 1);
  GstPad *pad;
  GstQuery *query = gst_query_new_latency ();

  pad = gst_object_ref (pipeline_pad (pipeline, "audio_0")->pad);
  caller_free (caller);
  pipeline_free (pipeline);
  gst_pad_query (pad, query);
  gst_query_unref (query);
  gst_object_unref (pad);
}
GST_END_TEST;

static gint release_block;
static GstPadProbeReturn
block_hard (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  switch (g_atomic_int_add (&release_block, 1)) {
  case 0:
    g_usleep (250000);
    break;
  case 1:
    g_usleep (1500000);
    break;
  }
  return GST_PAD_PROBE_OK;
}

/* push-mode shared: a pad that is taken away while the pusher is on it */
GST_START_TEST (test_shared_pad_is_replaced)
{
  Pipeline *pipeline =
      pipeline_new ("push-mode=shared eos-on-session-end=false latency=20", "fakesink async=false");
  Caller *caller, *other;
  PadLog *log;
  GstPad *peer;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  other = pipeline_caller (pipeline);
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  log = pipeline_pad (pipeline, "audio_1");
  pipeline_await_buffers (log, 5);
  peer = gst_pad_get_peer (log->pad);
  gst_pad_add_probe (peer, GST_PAD_PROBE_TYPE_BUFFER, block_hard, NULL, NULL);
  gst_object_unref (peer);
  while (!g_atomic_int_get (&release_block))
    g_usleep (1000);
  fail_unless_equals_int (caller_reinvite (caller, 1, "sendonly"), 200);
  fail_unless_equals_int (caller_bye (caller), 200);
  g_usleep (400000);
  for (guint i = 0, status = 0; i < 50 && status != 200; i++) {
    status = caller_invite (other, 2, "sendonly");
    if (status != 200)
      g_usleep (20000);
  }
  g_usleep (3000000);
  caller_free (caller);
  caller_free (other);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* an element with pads takes over a session that another one detached */
GST_START_TEST (test_detach_to_element_with_pads)
{
  Pipeline *two =
      pipeline_new ("endpoint=d eos-on-session-end=false fill=none", "fakesink async=false");
  Pipeline *one = pipeline_new ("endpoint=d session-detach=true", "fakesink async=false");
  Caller *caller_a, *caller_b;
  PadLog *log;
  guint before;
  g_autofree gchar *uri = NULL;

  pipeline_set_state (two, GST_STATE_PLAYING);
  uri = pipeline_uri (two);
  caller_a = caller_new (uri, FALSE);
  caller_b = caller_new (uri, FALSE);
  fail_unless_equals_int (caller_invite (caller_a, 1, "sendonly"), 200);
  caller_talk (caller_a, 1, 20);
  log = pipeline_pad (two, "audio_0");
  pipeline_set_state (one, GST_STATE_PLAYING);
  fail_unless_equals_int (caller_invite (caller_b, 1, "sendonly"), 200);
  pipeline_pad (one, "audio_0");
  caller_talk (caller_b, 1, 10);
  fail_unless_equals_int (caller_bye (caller_a), 200);
  g_usleep (500000);
  pipeline_set_state (one, GST_STATE_NULL);
  g_usleep (300000);
  before = pipeline_n_buffers (log);
  caller_talk (caller_b, 1, 50);
  g_usleep (500000);
  fail_unless (pipeline_n_buffers (log) >= before + 40);
  caller_free (caller_a);
  caller_free (caller_b);
  pipeline_free (one);
  pipeline_free (two);
}
GST_END_TEST;

static Suite *
siprecsrc_hostile_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-hostile");
  TCase *tcase = tcase_create ("hostile");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_stop_when_active);
  tcase_add_test (tcase, test_stop_when_ended);
  tcase_add_test (tcase, test_stop_when_pad_added);
  tcase_add_test (tcase, test_query_orphan_pad);
  tcase_add_test (tcase, test_shared_pad_is_replaced);
  tcase_add_test (tcase, test_detach_to_element_with_pads);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_hostile)
