/* An element in a session that begins without streams, or before the element is ready for them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "pipeline.h"

#define EMPTY "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"

static Caller *
begin_empty (Pipeline *pipeline)
{
  Caller *caller;

  pipeline_set_state (pipeline, GST_STATE_PLAYING);
  caller = pipeline_caller (pipeline);
  fail_unless_equals_int (
      caller_invite_with (caller, "Require: siprec\r\n", "application/sdp", EMPTY), 200);
  return caller;
}

/* Events can be read at once; what waits for pads waits until there are some. */
GST_START_TEST (test_first_stream_comes_late)
{
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  Caller *caller = begin_empty (pipeline);

  pipeline_await_buffers (pipeline_pad (pipeline, "metadata"), 1);
  pipeline_await_order (pipeline, "metadata");
  fail_unless_equals_int (caller_reinvite (caller, 2, "sendonly"), 200);
  pipeline_await_order (pipeline, "metadata audio_0 audio_1 no-more-pads");
  caller_talk (caller, 2, 3);
  pipeline_await_buffers (pipeline_pad (pipeline, "audio_1"), 3);
  pipeline_hang_up (caller, pipeline_pad (pipeline, "metadata"));
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

GST_START_TEST (test_no_stream_ever)
{
  Pipeline *pipeline = pipeline_new ("", "fakesink async=false");
  Caller *caller = begin_empty (pipeline);

  pipeline_pad (pipeline, "metadata");
  fail_unless_equals_int (caller_bye (caller), 200);
  pipeline_await_order (pipeline, "metadata no-more-pads");
  pipeline_await_eos (pipeline_pad (pipeline, "metadata"));
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

/* Pads that are wanted in any case are there in any case. */
GST_START_TEST (test_audio_pads)
{
  Pipeline *pipeline = pipeline_new ("audio-pads=1", "fakesink async=false");
  Caller *caller = begin_empty (pipeline);

  pipeline_await_order (pipeline, "audio_0 metadata no-more-pads");
  pipeline_await_buffers (pipeline_pad (pipeline, "audio_0"), 1);
  pipeline_hang_up (caller, pipeline_pad (pipeline, "audio_0"));
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

GST_START_TEST (test_start_paused)
{
  Pipeline *pipeline = pipeline_listening ("start-paused=true");
  Caller *caller = pipeline_called (pipeline, 1);

  fail_unless (strstr (caller_last (caller), "a=inactive"));
  pipeline_await_order (pipeline, "audio_0 metadata no-more-pads");
  g_signal_emit_by_name (pipeline->src, "resume", -1, NULL);
  fail_unless (caller_await (caller, "INVITE"));
  fail_unless (strstr (caller_last (caller), "a=recvonly"));
  pipeline_expect_message (pipeline, "GstSiprecStreamResumed");
  pipeline_hang_up (caller, pipeline_pad (pipeline, "audio_0"));
  caller_free (caller);
  pipeline_free (pipeline);
}
GST_END_TEST;

static Suite *
siprecsrc_persistent_suite (void)
{
  Suite *suite = suite_create ("siprecsrc-persistent");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_first_stream_comes_late);
  tcase_add_test (tcase, test_no_stream_ever);
  tcase_add_test (tcase, test_audio_pads);
  tcase_add_test (tcase, test_start_paused);
  return suite;
}

GST_CHECK_MAIN (siprecsrc_persistent);
