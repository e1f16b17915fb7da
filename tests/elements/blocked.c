/* A sink that blocks next to 99 that don't: only its own call loses, and it is told.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/support/caller.h"
#include "tests/support/recorder.h"

#define N_CALLS 100

/* 7 s: longer than a consumer may lag behind. */
#define N_FRAMES 350

typedef struct {
  Caller *caller;
  GstElement *pipeline;
  GstPad *pad; /* audio_0 */
  gint bytes;  /* that reached the sink and aren't silence */
  gint lines;  /* events that tell of a loss in the pipeline */
} Call;

static Call calls[N_CALLS];

static void
on_media (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer user_data)
{
  Call *call = user_data;
  GstMapInfo map;

  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP))
    return;
  gst_buffer_map (buffer, &map, GST_MAP_READ);
  g_atomic_int_add (&call->bytes, (gint)map.size);
  gst_buffer_unmap (buffer, &map);
}

static void
on_event (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer user_data)
{
  Call *call = user_data;
  GstMapInfo map;
  g_autofree gchar *text = NULL;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  text = g_strndup ((const gchar *)map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  if (strstr (text, "siprec.media.loss") && strstr (text, "\"where\":\"pipeline\""))
    g_atomic_int_inc (&call->lines);
}

static void
watch_sink (Call *call, const gchar *name, GCallback callback)
{
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (call->pipeline), name);

  g_signal_connect (sink, "handoff", callback, call);
}

static void
start_recording (Call *call, SiprecSession *session, const gchar *push_mode)
{
  g_autofree gchar *line =
      g_strdup_printf ("siprecsrc name=s push-mode=%s "
                       "s.audio_0 ! fakesink name=media async=false signal-handoffs=true "
                       "s.metadata ! fakesink name=events async=false signal-handoffs=true",
                       push_mode);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) src = NULL;

  call->pipeline = gst_parse_launch (line, &error);
  fail_unless (error == NULL, "%s", error ? error->message : "");
  watch_sink (call, "media", G_CALLBACK (on_media));
  watch_sink (call, "events", G_CALLBACK (on_event));
  src = gst_bin_get_by_name (GST_BIN (call->pipeline), "s");
  g_object_set (src, "session", session, NULL);
  gst_element_set_state (call->pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < 1000 && !call->pad; i++) {
    g_usleep (5000);
    call->pad = gst_element_get_static_pad (src, "audio_0");
  }
  fail_unless (call->pad != NULL);
}

static GstPadProbeReturn
block (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return GST_PAD_PROBE_OK;
}

static void
talk (void)
{
  gint64 next = g_get_monotonic_time ();

  for (guint n = 0; n < N_FRAMES; n++) {
    for (guint i = 0; i < N_CALLS; i++)
      caller_send (calls[i].caller, 0, 0x20);
    next += 20000;
    g_usleep (MAX (next - g_get_monotonic_time (), 0));
  }
}

static guint64
get_stat (Call *call, const gchar *name)
{
  GstStructure *stats = NULL;
  guint64 value = 0;

  g_object_get (call->pad, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, name, &value), "%s", name);
  gst_structure_free (stats);
  return value;
}

static void
await_all_received (Call *call)
{
  for (guint i = 0; i < 500 && get_stat (call, "packets-received") < N_FRAMES; i++)
    g_usleep (10000);
  fail_unless_equals_uint64 (get_stat (call, "packets-received"), N_FRAMES);
}

/* The watchdog's message: which pad, and for how long. */
static void
check_warning (Call *call)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (call->pipeline);
  g_autoptr (GstMessage) message =
      gst_bus_timed_pop_filtered (bus, 5 * GST_SECOND, GST_MESSAGE_WARNING);
  g_autoptr (GError) warning = NULL;
  const gchar *text;

  fail_unless (message != NULL);
  gst_message_parse_warning (message, &warning, NULL);
  text = strstr (warning->message, "audio_0 has been blocking for ");
  fail_unless (text != NULL, "%s", warning->message);
  fail_unless (atoi (text + strlen ("audio_0 has been blocking for ")) >= 100, "%s",
               warning->message);
}

static void
await_eos (Call *call)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (call->pipeline);
  g_autoptr (GstMessage) message =
      gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
}

static void
place_calls (Recorder *recorder, const gchar *push_mode)
{
  memset (calls, 0, sizeof (calls));
  for (guint i = 0; i < N_CALLS; i++) {
    calls[i].caller = caller_new (recorder_uri (recorder), FALSE);
    fail_unless_equals_int (caller_invite (calls[i].caller, 1, "sendonly"), 200);
    start_recording (&calls[i], recorder_session (recorder, i), push_mode);
  }
}

static void
clear_calls (void)
{
  for (guint i = 0; i < N_CALLS; i++) {
    gst_element_set_state (calls[i].pipeline, GST_STATE_NULL);
    gst_object_unref (calls[i].pad);
    gst_object_unref (calls[i].pipeline);
    caller_free (calls[i].caller);
  }
}

static void
run (const gchar *push_mode)
{
  Recorder *recorder = recorder_new (NULL);
  Call *bad = &calls[N_CALLS / 2];
  g_autoptr (GstPad) peer = NULL;
  gulong probe;

  recorder_apply (recorder, 20 * GST_SECOND);
  place_calls (recorder, push_mode);
  peer = gst_pad_get_peer (bad->pad);
  probe = gst_pad_add_probe (peer, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, block, NULL, NULL);
  talk ();
  for (guint i = 0; i < N_CALLS; i++) {
    await_all_received (&calls[i]);
    if (&calls[i] != bad)
      fail_unless_equals_uint64 (get_stat (&calls[i], "num-overruns"), 0);
  }
  check_warning (bad);
  fail_unless (get_stat (bad, "num-overruns") > 0);

  gst_pad_remove_probe (peer, probe);
  for (guint i = 0; i < N_CALLS; i++)
    fail_unless_equals_int (caller_bye (calls[i].caller), 200);
  for (guint i = 0; i < N_CALLS; i++) {
    await_eos (&calls[i]);
    if (&calls[i] == bad)
      continue;
    fail_unless_equals_int (g_atomic_int_get (&calls[i].bytes), N_FRAMES * 160);
    fail_unless_equals_int (g_atomic_int_get (&calls[i].lines), 0);
  }
  fail_unless (g_atomic_int_get (&bad->lines) > 0);
  fail_unless (g_atomic_int_get (&bad->bytes) >= 160 * 150);
  clear_calls ();
  fail_unless (recorder_await_idle (recorder));
  recorder_free (recorder);
}

GST_START_TEST (test_pad_mode)
{
  run ("pad");
}
GST_END_TEST;

GST_START_TEST (test_shared_mode)
{
  run ("shared");
}
GST_END_TEST;

static Suite *
blocked_suite (void)
{
  Suite *suite = suite_create ("blocked");
  TCase *tcase = tcase_create ("blocked");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 120);
  tcase_add_test (tcase, test_pad_mode);
  tcase_add_test (tcase, test_shared_mode);
  return suite;
}

GST_CHECK_MAIN (blocked);
