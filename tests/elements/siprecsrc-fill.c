/* siprecsrc: what its pads give while nothing comes, and where what comes is in their files.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "pipeline.h"

#define PCMU_SILENCE 0xff
#define FRAME        (20 * GST_MSECOND)

/* Absent pads exist, are silent, and end with the others. */
GST_START_TEST (test_audio_pads)
{
  Pipeline *pipeline = pipeline_listening ("audio-pads=3");
  Caller *caller = pipeline_caller (pipeline);
  PadLog *present, *absent;

  pipeline_whole_call (pipeline, caller, 20);
  pipeline_await_order (pipeline, "audio_0 audio_1 audio_2 metadata no-more-pads");
  present = pipeline_pad (pipeline, "audio_0");
  absent = pipeline_pad (pipeline, "audio_2");
  pipeline_await_eos (absent);
  fail_unless_equals_string (pad_log_caps_name (absent), "audio/x-mulaw");
  fail_unless_equals_uint64 (pad_log_start (absent), pad_log_start (present));
  fail_unless (ABS (GST_CLOCK_DIFF (pad_log_end (absent), pad_log_end (present))) <
               2 * FRAME + (gint64)caller_get_lateness (caller));
  fail_unless_equals_int (pad_log_count (absent, PCMU_SILENCE), pad_log_size (absent));
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* A stream that comes later takes the place of the silent one. */
GST_START_TEST (test_absent_pad_comes_to_life)
{
  Pipeline *pipeline = pipeline_listening ("audio-pads=2");
  Caller *caller = pipeline_called (pipeline, 1);
  PadLog *log;

  log = pipeline_pad (pipeline, "audio_1");
  caller_talk (caller, 1, 20);
  fail_unless_equals_int (caller_reinvite (caller, 2, "sendonly"), 200);
  caller_talk (caller, 2, 20);
  pipeline_hang_up (caller, log);
  fail_unless_equals_int (log->n_stream_starts, 2);
  fail_unless_equals_int (pad_log_count (log, 0x11), 20 * 160);
  fail_unless (pad_log_unevenness (log) < GST_MSECOND);
  pipeline_await_order (pipeline, "audio_0 audio_1 metadata no-more-pads");
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* A stream that comes later is heard at the right place of its file: its pad begins with the session. */
static void
check_late_stream (const gchar *properties, gboolean silent)
{
  Pipeline *pipeline = pipeline_listening (properties);
  Caller *caller = pipeline_called (pipeline, 1);
  PadLog *early, *late;

  early = pipeline_pad (pipeline, "audio_0");
  caller_talk (caller, 1, 80);
  fail_unless_equals_int (caller_reinvite (caller, 2, "sendonly"), 200);
  late = pipeline_pad (pipeline, "audio_1");
  caller_talk (caller, 2, 20);
  pipeline_hang_up (caller, early);
  pipeline_await_eos (late);

  fail_unless_equals_int (pad_log_count (late, 0x11), 20 * 160);
  fail_unless (ABS (GST_CLOCK_DIFF (pad_log_end (late), pad_log_end (early))) <
               2 * FRAME + (gint64)caller_get_lateness (caller));
  if (silent) {
    fail_unless_equals_uint64 (pad_log_start (late), pad_log_start (early));
    fail_unless (pad_log_unevenness (late) < GST_MSECOND);
  } else {
    fail_unless (pad_log_start (late) > pad_log_start (early) + 75 * FRAME);
  }
  caller_free (caller);
  pipeline_free (pipeline);
}

GST_START_TEST (test_late_stream)
{
  check_late_stream ("", TRUE);
  check_late_stream ("push-mode=shared buffer-duration=100000000", TRUE);
  check_late_stream ("fill=none", FALSE);
}
GST_END_TEST;

/* fill=gap gives GAP events instead of silence, fill=none nothing. */
GST_START_TEST (test_fill)
{
  static const gchar *const fills[] = {"fill=gap", "fill=none"};

  for (guint i = 0; i < G_N_ELEMENTS (fills); i++) {
    Pipeline *pipeline = pipeline_new (fills[i], "fakesink async=false");
    Caller *caller;
    PadLog *log;

    pipeline_set_state (pipeline, GST_STATE_PLAYING);
    caller = pipeline_caller (pipeline);
    fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
    log = pipeline_pad (pipeline, "audio_0");
    fail_unless_equals_string (pad_log_caps_name (log), "audio/x-mulaw");
    g_usleep (500000);
    caller_talk (caller, 1, 10);
    fail_unless_equals_int (caller_bye (caller), 200);
    pipeline_await_eos (log);
    fail_unless_equals_int (log->buffers->len, 10);
    fail_unless (i == 0 ? log->n_gaps > 0 : log->n_gaps == 0);
    caller_free (caller);
    pipeline_free (pipeline);
  }
}
GST_END_TEST;

/* A frame of the first line whose octets all are @n, spoken @n frames after RTP time 0. */
static void
send_numbered (Caller *caller, guint8 n)
{
  guint8 packet[12 + 160] = {0x80, 0, 0, n};

  GST_WRITE_UINT32_BE (packet + 4, n * 160);
  GST_WRITE_UINT32_BE (packet + 8, 0x1234);
  memset (packet + 12, n, 160);
  caller_send_raw (caller, 0, packet, sizeof packet);
}

/* Some second of 2026. */
#define NTP_SECOND  G_GUINT64_CONSTANT (3990000000)
#define UNIX_SECOND (NTP_SECOND - G_GUINT64_CONSTANT (2208988800))

/* Says that RTP time 0 was half a second after that on the NTP clock. */
static void
send_report (Caller *caller)
{
  guint8 packet[28] = {0x80, 200, 0, 6};

  GST_WRITE_UINT32_BE (packet + 4, 0x1234);
  GST_WRITE_UINT32_BE (packet + 8, NTP_SECOND);
  GST_WRITE_UINT32_BE (packet + 12, 0x80000000);
  caller_send_raw (caller, 0, packet, sizeof packet);
}

/* A report after the first frame; every later one has the time as @type, in which that report's second is @epoch; filler has
 * none. */
static void
check_reference (const gchar *properties, const gchar *type, guint64 epoch)
{
  Pipeline *pipeline = pipeline_listening (properties);
  Caller *caller = pipeline_called (pipeline, 1);
  PadLog *log;
  g_autoptr (GstCaps) caps = type ? gst_caps_new_empty_simple (type) : NULL;
  guint n_metas = 0;

  send_numbered (caller, 1);
  send_report (caller);
  for (guint8 n = 2; n < 20; n++) {
    send_numbered (caller, n);
    g_usleep (20000);
  }
  fail_unless_equals_int (caller_bye (caller), 200);
  log = pipeline_pad (pipeline, "audio_0");
  pipeline_await_eos (log);
  for (guint i = 0; i < log->buffers->len; i++) {
    GstBuffer *buffer = g_ptr_array_index (log->buffers, i);
    GstReferenceTimestampMeta *meta = gst_buffer_get_reference_timestamp_meta (buffer, caps);
    guint8 n = 0;

    if (!meta)
      continue;
    gst_buffer_extract (buffer, 0, &n, 1);
    fail_unless_equals_uint64 (meta->timestamp, epoch * GST_SECOND + GST_SECOND / 2 + n * FRAME);
    fail_unless_equals_uint64 (meta->duration, GST_CLOCK_TIME_NONE);
    n_metas++;
  }
  /* The first frame may still have been waiting when the report came. */
  fail_unless (type ? n_metas >= 18 : n_metas == 0, "%u", n_metas);
  caller_free (caller);
  pipeline_free (pipeline);
}

/* The sender's wall clock, as rtpjitterbuffer tells it, only when asked for. */
GST_START_TEST (test_reference_timestamps)
{
  check_reference ("add-reference-timestamp-meta=true", "timestamp/x-ntp", NTP_SECOND);
  check_reference ("add-reference-timestamp-meta=true ntp-time-source=unix", "timestamp/x-unix",
                   UNIX_SECOND);
  check_reference ("", NULL, 0);
}
GST_END_TEST;

static Suite *
siprecsrc_fill_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-fill");
  TCase *tcase = tcase_create ("call");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_audio_pads);
  tcase_add_test (tcase, test_absent_pad_comes_to_life);
  tcase_add_test (tcase, test_late_stream);
  tcase_add_test (tcase, test_fill);
  tcase_add_test (tcase, test_reference_timestamps);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_fill)
