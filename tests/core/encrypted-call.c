/* Places encrypted calls and listens to what is recorded of them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "encrypted-call.h"

#include <gst/check/gstcheck.h>

#include "siprec-core/sdp/crypto.h"

void
call_init (Call *call, SiprecSrtpPolicy policy, SiprecLatchMode latch)
{
  SiprecPolicy answer = {.srtp_policy = policy, .latch = latch};

  *call = (Call){.recorder = recorder_new (&answer), .media = g_byte_array_new ()};
  call->caller = caller_new (recorder_uri (call->recorder), FALSE);
  recorder_accept (call->recorder);
}

void
call_clear (Call *call)
{
  g_clear_pointer (&call->stream, siprec_stream_unref);
  g_clear_pointer (&call->sealer, sealer_free);
  caller_free (call->caller);
  recorder_free (call->recorder);
  g_byte_array_unref (call->media);
}

/* A new key of the client, as its SDP has it. */
gchar *
call_make_key (Call *call, const gchar *suite)
{
  g_autofree gchar *crypto = NULL;

  fail_unless (siprec_keying_generate (&call->keying, siprec_suite_find (suite), FALSE));
  crypto = siprec_crypto_write (3, suite, &call->keying);
  return g_strdup_printf ("a=crypto:%s\r\n", crypto);
}

/* Seals with the new key from now on. */
void
call_use_key (Call *call)
{
  g_clear_pointer (&call->sealer, sealer_free);
  call->sealer = sealer_new (&call->keying, FALSE);
  caller_set_sealer (call->caller, 0, call->sealer);
}

guint
call_invite (Call *call, const gchar *proto, const gchar *attributes)
{
  caller_set_media (call->caller, 0, proto, attributes);
  return caller_invite (call->caller, 1, "sendonly");
}

void
call_claim (Call *call)
{
  SiprecStreamWishes wishes = {.latency = 100 * GST_MSECOND};
  g_autoptr (SiprecEvent) added = NULL;

  call->session = recorder_session (call->recorder, 0);
  fail_unless (call->session && recorder_claim (call->recorder, call->session));
  added = recorder_event (call->recorder, call->session, SIPREC_EVENT_STREAM_ADDED);
  call->stream = siprec_stream_ref (added->stream);
  siprec_stream_claim (call->stream, &wishes, NULL);
}

/* An encrypted call that is answered. */
void
call_begin (Call *call, const gchar *suite)
{
  g_autofree gchar *attributes = call_make_key (call, suite);

  call_use_key (call);
  fail_unless_equals_int (call_invite (call, "RTP/SAVP", attributes), 200);
  call_claim (call);
}

guint64
call_get_stat (Call *call, const gchar *name)
{
  g_autoptr (GstStructure) stats = siprec_stream_get_stats (call->stream);
  guint64 value = 0;

  fail_unless (gst_structure_get_uint64 (stats, name, &value), "no %s", name);
  return value;
}

void
call_await_stat (Call *call, const gchar *name, guint64 least)
{
  for (guint i = 0; i < 500 && call_get_stat (call, name) < least; i++)
    g_usleep (10000);
  if (call_get_stat (call, name) < least) {
    g_autoptr (GstStructure) stats = siprec_stream_get_stats (call->stream);
    g_autofree gchar *text = gst_structure_to_string (stats);

    fail ("%s of %" G_GUINT64_FORMAT ": %s", name, least, text);
  }
}

static void
take_units (Call *call)
{
  SiprecUnit unit;

  while (!call->ended && siprec_stream_wait (call->stream)) {
    GstMapInfo map;

    if (siprec_stream_pop (call->stream, &unit, 1) == 0)
      continue;
    call->ended = unit.type == SIPREC_UNIT_END;
    if (unit.type == SIPREC_UNIT_DATA && gst_buffer_map (unit.buffer, &map, GST_MAP_READ)) {
      g_byte_array_append (call->media, map.data, (guint)map.size);
      gst_buffer_unmap (unit.buffer, &map);
    }
    siprec_unit_clear (&unit);
  }
}

/* At once, as no client does: nothing of their media is looked at. */
void
call_burst (Call *call, guint from, guint n)
{
  for (guint i = from; i < from + n; i++)
    caller_send (call->caller, 0, (guint8)i);
}

/* At the pace of speech. */
void
call_speak (Call *call, guint from, guint n)
{
  for (guint i = from; i < from + n; i++) {
    call_burst (call, i, 1);
    g_usleep (20000);
  }
}

/* Hangs up; @n frames have come, in order and whole. */
void
call_end_with_frames (Call *call, guint n)
{
  call_await_stat (call, "packets-received", n);
  fail_unless_equals_int (caller_bye (call->caller), 200);
  take_units (call);
  fail_unless_equals_int (call->media->len, n * FRAME);
  for (guint i = 0; i < n * FRAME; i++)
    fail_unless_equals_int (call->media->data[i], (guint8)(i / FRAME));
}
