/* Fifty calls at once, taken by an application with one recording pipeline each.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <glib/gstdio.h>

#include "tests/support/caller.h"
#include "tests/support/recorder.h"

#define N_CALLS 50

/* What one frame of silence is filled with in PCMU; the callers use other values. */
#define SILENCE 0xff

static GstElement *
start_recording (SiprecSession *session, const gchar *path)
{
  g_autofree gchar *line = g_strdup_printf (
      "siprecsrc name=s s.audio_0 ! filesink location=%s buffer-mode=unbuffered async=false", path);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstElement) src = NULL;

  fail_unless (error == NULL, "%s", error ? error->message : "");
  src = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  g_object_set (src, "session", session, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return pipeline;
}

static void
await_eos (GstElement *pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message =
      gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);

  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
}

/* The value of the sound in the file at @path, of which there is one frame. */
static guint
read_value (const gchar *path)
{
  g_autofree gchar *data = NULL;
  gsize size, n = 0;
  guint8 value = SILENCE;

  fail_unless (g_file_get_contents (path, &data, &size, NULL));
  for (gsize i = 0; i < size; i++) {
    if ((guint8)data[i] == SILENCE)
      continue;
    fail_unless (value == SILENCE || value == (guint8)data[i]);
    value = (guint8)data[i];
    n++;
  }
  fail_unless_equals_int (n, 160);
  return value;
}

GST_START_TEST (no_call_is_refused_and_no_first_packet_is_lost)
{
  Recorder *recorder = recorder_new (NULL);
  g_autofree gchar *dir = g_dir_make_tmp ("burst-XXXXXX", NULL);
  Caller *callers[N_CALLS];
  GstElement *pipelines[N_CALLS];
  gchar *paths[N_CALLS];
  gboolean seen[N_CALLS + 1] = {FALSE};

  recorder_apply (recorder, 20 * GST_SECOND);
  for (guint i = 0; i < N_CALLS; i++)
    callers[i] = caller_new (recorder_uri (recorder), FALSE);
  for (guint i = 0; i < N_CALLS; i++)
    caller_invite_only (callers[i], 1);
  for (guint i = 0; i < N_CALLS; i++) {
    fail_unless_equals_int (caller_finish (callers[i]), 200);
    caller_send (callers[i], 0, (guint8)(i + 1));
  }

  for (guint i = 0; i < N_CALLS; i++) {
    paths[i] = g_strdup_printf ("%s/%u", dir, i);
    pipelines[i] = start_recording (recorder_session (recorder, i), paths[i]);
  }
  /* A recording ends with its call, even within a frame. */
  g_usleep (20000);
  for (guint i = 0; i < N_CALLS; i++)
    fail_unless_equals_int (caller_bye (callers[i]), 200);
  for (guint i = 0; i < N_CALLS; i++) {
    guint value;

    await_eos (pipelines[i]);
    value = read_value (paths[i]);
    fail_unless (value >= 1 && value <= N_CALLS, "file %u holds %u", i, value);
    fail_if (seen[value], "two files hold the same call");
    seen[value] = TRUE;
    gst_element_set_state (pipelines[i], GST_STATE_NULL);
    gst_object_unref (pipelines[i]);
    g_remove (paths[i]);
    g_free (paths[i]);
    caller_free (callers[i]);
  }
  g_rmdir (dir);
  fail_unless (recorder_await_idle (recorder));
  recorder_free (recorder);
}
GST_END_TEST

static Suite *
burst_suite (void)
{
  Suite *suite = suite_create ("burst");
  TCase *tcase = tcase_create ("burst");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 120);
  tcase_add_test (tcase, no_call_is_refused_and_no_first_packet_is_lost);
  return suite;
}

GST_CHECK_MAIN (burst)
