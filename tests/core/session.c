/* What a session makes of INVITE, re-INVITE, UPDATE and BYE: answers and events.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "session-ends.h"

#define AUDIO                                                                                      \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                      \
  "m=audio 40000 RTP/AVP 0\r\na=label:x\r\na=sendonly\r\n"

GST_START_TEST (a_call_is_told_in_order)
{
  g_autofree gchar *names = NULL;

  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  ends_claim ();
  caller_send (caller, 0, 1);
  g_autoptr (SiprecEvent) started =
      recorder_event (recorder, session, SIPREC_EVENT_SESSION_STARTED);
  fail_unless_equals_int (started->sequence, 1);
  fail_unless_equals_string (json_object_get_string_member (started->data, "transport"), "udp");
  fail_unless (json_array_get_length (json_object_get_array_member (started->data, "headers")) > 8);

  names = recorder_events_until (recorder, session, SIPREC_EVENT_MEDIA_STARTED);
  fail_unless_equals_string (names, "metadata call.started participant.joined participant.joined "
                                    "stream.added stream.added media.started");
  fail_unless_equals_int (caller_bye (caller), 200);
  g_autoptr (SiprecEvent) ended = recorder_event (recorder, session, SIPREC_EVENT_SESSION_ENDED);
  fail_unless_equals_string (json_object_get_string_member (ended->data, "cause"), "bye");
  fail_unless_equals_int (
      json_array_get_length (json_object_get_array_member (ended->data, "streams")), 2);
  fail_unless_equals_int (siprec_session_get_state (session), SIPREC_SESSION_ENDED);
  fail_unless (siprec_session_pop_event (session) == NULL);
}
GST_END_TEST

/* RFC 3261 section 17.2: the same message again gets the same answer, and is nothing new. */
GST_START_TEST (what_is_sent_again_counts_once)
{
  Play *play = play_new (TEST_DATA_DIR "/conformance/avpf.play");
  g_autoptr (GBytes) invite = NULL;
  g_autofree gchar *names = NULL;
  gconstpointer data;
  gsize size;

  caller_begin (caller);
  invite = play_message (play, 0, caller);
  data = g_bytes_get_data (invite, &size);
  recorder_accept (recorder);
  caller_send_whole (caller, data, size, FALSE);
  caller_send_whole (caller, data, size, FALSE);
  fail_unless_equals_int (caller_send_whole (caller, data, size, TRUE), 200);
  /* After it has been answered, too. */
  caller_send_whole (caller, data, size, FALSE);
  ends_claim ();
  fail_unless_equals_int (caller_reinvite (caller, 1, "inactive"), 200);
  fail_unless_equals_int (siprec_endpoint_n_sessions (recorder_endpoint (recorder)), 1);
  names = ends_hang_up (FALSE);
  fail_unless_equals_string (names, "session.started stream.added stream.held session.ended");
  play_free (play);
}
GST_END_TEST

/* RFC 7866 section 8.1.4. */
GST_START_TEST (a_mixer_tells_who_is_heard)
{
  guint8 packet[12 + 8 + 160] = {0x82, 0, 0, 1};
  JsonArray *ssrcs;

  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  ends_claim ();
  GST_WRITE_UINT32_BE (packet + 8, 0x1000);
  GST_WRITE_UINT32_BE (packet + 12, 7);
  GST_WRITE_UINT32_BE (packet + 16, 0xfedcba98);
  caller_send_raw (caller, 0, packet, sizeof packet);
  g_autoptr (SiprecEvent) event =
      recorder_event (recorder, session, SIPREC_EVENT_MEDIA_CONTRIBUTORS);
  fail_unless (event != NULL);
  fail_unless_equals_string (json_object_get_string_member (event->data, "stream"), "audio_0");
  ssrcs = json_object_get_array_member (event->data, "ssrcs");
  fail_unless_equals_int (json_array_get_length (ssrcs), 2);
  fail_unless_equals_int64 (json_array_get_int_element (ssrcs, 1), 0xfedcba98);
}
GST_END_TEST

GST_START_TEST (streams_bear_the_names_of_who_speaks)
{
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  ends_claim ();
  for (guint i = 0; i < 2; i++) {
    g_autoptr (SiprecEvent) added = recorder_event (recorder, session, SIPREC_EVENT_STREAM_ADDED);
    JsonArray *participants = json_object_get_array_member (added->data, "participants");

    fail_unless_equals_int (json_array_get_length (participants), 1);
    fail_unless_equals_string (
        json_object_get_string_member (json_array_get_object_element (participants, 0), "name"),
        i == 0 ? "Ada" : "Ben");
    fail_unless_equals_string (json_object_get_string_member (added->data, "stream"),
                               i == 0 ? "audio_0" : "audio_1");
  }
  fail_unless_equals_int (caller_update (caller, "Benedict"), 200);
  g_autoptr (SiprecEvent) joined =
      recorder_event (recorder, session, SIPREC_EVENT_PARTICIPANT_UPDATED);
  fail_unless (joined != NULL);
  g_autoptr (SiprecEvent) updated = recorder_event (recorder, session, SIPREC_EVENT_STREAM_UPDATED);
  fail_unless_equals_string (json_object_get_string_member (updated->data, "stream"), "audio_1");
}
GST_END_TEST

GST_START_TEST (the_answer_echoes_labels_and_lines)
{
  g_autofree gchar *contact = NULL;

  fail_unless_equals_int (
      caller_invite_with (caller, "Require: siprec\r\n", "application/sdp",
                          AUDIO "m=video 40002 RTP/AVP 31\r\na=label:v\r\n"
                                "m=audio 40004 RTP/AVP 8\r\na=label:y\r\na=inactive\r\n"),
      200);
  contact = caller_header (caller, "Contact");
  fail_unless (strstr (contact, "+sip.srs"));
  fail_unless (caller_port (caller, 0) % 2 == 0 && caller_port (caller, 0) != 0);
  fail_unless_equals_int (caller_port (caller, 1), 0);
  fail_unless (caller_port (caller, 2) != 0);
  /* The answer as text is what caller_last() had before the ACK. */
  fail_unless (strstr (caller_last (caller), "a=label:x\r\n"));
  fail_unless (strstr (caller_last (caller), "a=label:v\r\n"));
  fail_unless (strstr (caller_last (caller), "a=recvonly\r\n"));
  fail_unless (strstr (caller_last (caller), "a=inactive\r\n"));
}
GST_END_TEST

GST_START_TEST (hold_and_resume)
{
  guint16 port;

  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  port = caller_port (caller, 0);
  ends_claim ();
  fail_unless_equals_int (caller_reinvite (caller, 1, "inactive"), 200);
  fail_unless (strstr (caller_last (caller), "a=inactive"));
  fail_unless_equals_int (caller_port (caller, 0), port);
  g_autoptr (SiprecEvent) held = recorder_event (recorder, session, SIPREC_EVENT_STREAM_HELD);
  fail_unless_equals_string (json_object_get_string_member (held->data, "stream"), "audio_0");
  fail_unless_equals_int (caller_reinvite (caller, 1, "sendonly"), 200);
  g_autoptr (SiprecEvent) resumed = recorder_event (recorder, session, SIPREC_EVENT_STREAM_RESUMED);
  fail_unless (resumed != NULL);
}
GST_END_TEST

/* The version of the o= line in the last answer. */
static guint
sdp_version (void)
{
  const gchar *line = strstr (caller_last (caller), "o=- ");

  return (guint)g_ascii_strtoull (strchr (line + strlen ("o=- "), ' '), NULL, 10);
}

GST_START_TEST (a_refresh_changes_nothing)
{
  g_autofree gchar *names = NULL;
  guint version;

  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  version = sdp_version ();
  ends_claim ();
  fail_unless_equals_int (caller_reinvite (caller, 1, "sendonly"), 200);
  fail_unless_equals_int (sdp_version (), version);
  fail_unless_equals_int (caller_reinvite (caller, 1, "inactive"), 200);
  fail_unless_equals_int (sdp_version (), version + 1);
  names = ends_hang_up (TRUE);
  fail_unless_equals_string (names, "session.started metadata call.started participant.joined "
                                    "stream.added stream.held session.ended");
}
GST_END_TEST

/* Lets the tests see the end of a session interval. */
static void
allow_brief_intervals (void)
{
  recorder_set_session_minimum (recorder, 3);
}

GST_START_TEST (a_session_that_is_not_refreshed_expires)
{
  allow_brief_intervals ();
  fail_unless_equals_int (
      caller_invite_with (caller, "Require: siprec\r\nSupported: timer\r\nSession-Expires: 3\r\n",
                          "application/sdp", AUDIO),
      200);
  ends_claim ();
  fail_unless (caller_await (caller, "BYE"));
  g_autoptr (SiprecEvent) ended = recorder_event (recorder, session, SIPREC_EVENT_SESSION_ENDED);
  fail_unless_equals_string (json_object_get_string_member (ended->data, "cause"), "expired");
}
GST_END_TEST

GST_START_TEST (our_refresh_disturbs_nothing)
{
  g_autofree gchar *names = NULL;
  g_autofree gchar *require = NULL;
  guint version;

  allow_brief_intervals ();
  fail_unless_equals_int (
      caller_invite_with (caller, "Require: siprec\r\nSession-Expires: 3;refresher=uas\r\n",
                          "application/sdp", AUDIO),
      200);
  version = sdp_version ();
  ends_claim ();
  /* The caller allows UPDATE, but means it not. */
  caller_set_status (caller, "405 Method Not Allowed");
  fail_unless (caller_await (caller, "UPDATE"));
  caller_set_status (caller, NULL);
  for (guint i = 0; i < 2; i++) {
    fail_unless (caller_await (caller, "INVITE"));
    fail_unless_equals_int (sdp_version (), version);
  }
  require = caller_header (caller, "Require");
  fail_unless_equals_string (require, "siprec");
  names = ends_hang_up (TRUE);
  fail_unless_equals_string (names, "session.started stream.added session.ended");
}
GST_END_TEST

GST_START_TEST (streams_come_and_go)
{
  g_autofree gchar *names = NULL;

  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  ends_claim ();
  fail_unless_equals_int (caller_reinvite (caller, 2, "sendonly"), 200);
  fail_unless (caller_port (caller, 1) != 0);
  fail_unless_equals_int (
      caller_request (caller, "INVITE", "application/sdp", AUDIO "m=audio 0 RTP/AVP 0\r\n"), 200);
  fail_unless_equals_int (caller_port (caller, 1), 0);
  names = recorder_events_until (recorder, session, SIPREC_EVENT_STREAM_REMOVED);
  fail_unless (g_str_has_suffix (names, "stream.removed"), "%s", names);
  fail_unless (strstr (names, "stream.added stream.added") != NULL, "%s", names);
}
GST_END_TEST

GST_START_TEST (a_refused_reinvite_changes_nothing)
{
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  fail_unless_equals_int (caller_request (caller, "INVITE", "application/sdp", "garbage"), 400);
  fail_unless_equals_int (caller_request (caller, "INVITE", "text/html", "<p>"), 415);
  fail_unless_equals_int (caller_reinvite (caller, 1, "sendonly"), 200);
  fail_unless_equals_int (caller_bye (caller), 200);
}
GST_END_TEST

GST_START_TEST (an_offerless_reinvite_gets_the_streams_as_they_are)
{
  guint version;

  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  version = sdp_version ();
  fail_unless_equals_int (caller_request (caller, "INVITE", NULL, NULL), 200);
  fail_unless_equals_int (sdp_version (), version);
  fail_unless_equals_int (caller_request (caller, "INFO", NULL, NULL), 200);
  fail_unless_equals_int (caller_request (caller, "OPTIONS", NULL, NULL), 200);
  fail_unless_equals_int (caller_bye (caller), 200);
}
GST_END_TEST

typedef struct {
  const gchar *headers;
  const gchar *type;
  const gchar *body;
  guint status;
  const gchar *header; /* that the response must bear */
} Refusal;

static const Refusal refusals[] = {
    {"Require: siprec\r\n", "application/sdp", "hello world", 400, "Warning"},
    {"Require: siprec\r\n", "multipart/mixed;boundary=x", "no parts in here", 400, "Warning"},
    {"Require: siprec\r\n", "text/plain", "hello", 415, "Accept"},
    {"Require: siprec, frobnicate\r\n", "application/sdp", AUDIO, 420, "Unsupported"},
    {"Require: siprec\r\n", "application/sdp",
     "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
     "m=image 40000 udptl t38\r\n",
     488, "Warning"},
};

GST_START_TEST (what_can_not_be_recorded_is_refused)
{
  const Refusal *refusal = &refusals[__i__];
  g_autofree gchar *header = NULL;

  fail_unless_equals_int (
      caller_invite_with (caller, refusal->headers, refusal->type, refusal->body), refusal->status);
  header = caller_header (caller, refusal->header);
  fail_unless (header != NULL);
  /* Nothing is left of it: the acceptor takes a good call. */
  fail_unless (recorder_await_idle (recorder));
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
}
GST_END_TEST

GST_START_TEST (an_ordinary_call_is_refused_unless_any_is_accepted)
{
  SiprecPolicy any = {.accept = SIPREC_ACCEPT_ANY};
  Recorder *open = recorder_new (&any);
  Caller *ordinary = caller_new (recorder_uri (open), FALSE);

  recorder_accept (open);
  /* The caller's Contact has +sip.src, so this is one; without any mark see the sipp scenarios. */
  fail_unless_equals_int (caller_invite_with (ordinary, NULL, "application/sdp", AUDIO), 200);
  caller_free (ordinary);
  recorder_free (open);
}
GST_END_TEST

GST_START_TEST (broken_metadata_never_costs_the_recording)
{
  g_autofree gchar *names = NULL;

  fail_unless_equals_int (
      caller_invite_with (caller, "Require: siprec\r\n", "multipart/mixed;boundary=b",
                          "--b\r\nContent-Type: application/sdp\r\n\r\n" AUDIO
                          "\r\n--b\r\nContent-Type: application/rs-metadata+xml\r\n\r\n"
                          "this is <no XML\r\n--b--\r\n"),
      200);
  ends_claim ();
  names = ends_hang_up (TRUE);
  fail_unless (strstr (names, "session.started metadata stream.added deviation"), "%s", names);
}
GST_END_TEST

GST_START_TEST (lines_without_labels_get_their_speakers_by_order)
{
  static const gchar body[] =
      "--b\r\nContent-Type: application/sdp\r\n\r\n"
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
      "m=audio 40000 RTP/AVP 0\r\na=sendonly\r\nm=audio 40002 RTP/AVP 0\r\na=sendonly\r\n"
      "\r\n--b\r\nContent-Type: application/rs-metadata+xml\r\n\r\n"
      "<recording xmlns='urn:ietf:params:xml:ns:recording:1'>"
      "<participant participant_id='1'><nameID "
      "aor='sip:a@b'><name>Ann</name></nameID></participant>"
      "<participant participant_id='2'><nameID "
      "aor='sip:c@d'><name>Bea</name></nameID></participant>"
      "</recording>\r\n--b--\r\n";
  static const gchar *const names[] = {"Ann", "Bea"};

  fail_unless_equals_int (
      caller_invite_with (caller, "Require: siprec\r\n", "multipart/mixed;boundary=b", body), 200);
  ends_claim ();
  for (guint i = 0; i < 2; i++) {
    g_autoptr (SiprecEvent) added = recorder_event (recorder, session, SIPREC_EVENT_STREAM_ADDED);
    JsonArray *participants = json_object_get_array_member (added->data, "participants");
    JsonObject *speaker;

    fail_unless_equals_int (json_array_get_length (participants), 1);
    speaker = json_array_get_object_element (participants, 0);
    fail_unless_equals_string (json_object_get_string_member (speaker, "name"), names[i]);
    fail_unless (json_object_get_boolean_member (speaker, "guessed"));
  }
}
GST_END_TEST

GST_START_TEST (strict_refuses_what_lenient_reports)
{
  SiprecPolicy strict = {.strictness = SIPREC_STRICTNESS_STRICT};
  Recorder *stern = recorder_new (&strict);
  Caller *sloppy = caller_new (recorder_uri (stern), FALSE);

  recorder_accept (stern);
  fail_unless_equals_int (caller_invite_with (sloppy, NULL, "application/sdp", AUDIO), 403);
  fail_unless_equals_int (caller_invite_with (sloppy, "Require: siprec\r\n", NULL, NULL), 488);
  fail_unless_equals_int (caller_invite (sloppy, 1, "sendonly"), 200);
  caller_free (sloppy);
  recorder_free (stern);
}
GST_END_TEST

#define ANSWER                                                                                     \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                      \
  "m=audio 40000 RTP/AVP 8\r\na=sendonly\r\n"

GST_START_TEST (an_invite_without_offer_gets_one)
{
  g_autofree gchar *names = NULL;

  caller_set_answer (caller, ANSWER);
  fail_unless_equals_int (caller_invite_with (caller, "Require: siprec\r\n", NULL, NULL), 200);
  fail_unless (strstr (caller_last (caller), " RTP/AVP 0 8 107 9 18 3 97 98 99 101 13\r\n"));
  fail_unless (strstr (caller_last (caller), "a=recvonly\r\n"));
  fail_unless (caller_port (caller, 0) != 0);
  ends_claim ();
  g_autoptr (SiprecEvent) added = recorder_event (recorder, session, SIPREC_EVENT_STREAM_ADDED);
  fail_unless_equals_string (json_object_get_string_member (added->data, "codec"), "PCMA");
  fail_unless_equals_int (json_object_get_int_member (added->data, "port"),
                          caller_port (caller, 0));

  /* The call goes on as any other. */
  caller_set_answer (caller, NULL);
  fail_unless_equals_int (
      caller_request (caller, "INVITE", "application/sdp", AUDIO "m=audio 40002 RTP/AVP 0\r\n"),
      200);
  g_autoptr (SiprecEvent) more = recorder_event (recorder, session, SIPREC_EVENT_STREAM_ADDED);
  fail_unless_equals_string (json_object_get_string_member (more->data, "stream"), "audio_1");
  names = ends_hang_up (TRUE);
  fail_unless (g_str_has_suffix (names, "session.ended"));
}
GST_END_TEST

GST_START_TEST (several_streams_are_offered_if_wanted)
{
  static const gchar *const codecs[] = {"opus", "none", "G722", NULL};
  SiprecPolicy policy = {.delayed_offer_streams = 3, .codecs = codecs};
  Recorder *wide = recorder_new (&policy);
  Caller *phone = caller_new (recorder_uri (wide), FALSE);
  SiprecSession *session;
  g_autofree gchar *names = NULL;

  recorder_accept (wide);
  /* The second is refused, the third left out. */
  caller_set_answer (phone, ANSWER "m=audio 0 RTP/AVP 0\r\n");
  fail_unless_equals_int (caller_invite_with (phone, "Require: siprec\r\n", NULL, NULL), 200);
  fail_unless (caller_port (phone, 2) != 0);
  fail_unless (strstr (caller_last (phone), " RTP/AVP 107 9 0 8 "));
  session = recorder_session (wide, 0);
  fail_unless (recorder_claim (wide, session));
  fail_unless_equals_int (caller_bye (phone), 200);
  names = recorder_events_until (wide, session, SIPREC_EVENT_SESSION_ENDED);
  fail_unless (g_str_has_prefix (names, "session.started stream.added deviation "), "%s", names);
  caller_free (phone);
  recorder_free (wide);
}
GST_END_TEST

static const gchar *const bad_answers[] = {
    NULL, "garbage",
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 0 RTP/AVP 8\r\n"};

GST_START_TEST (without_an_answer_in_ack_the_session_fails)
{
  caller_set_answer (caller, bad_answers[__i__]);
  fail_unless_equals_int (caller_invite_with (caller, "Require: siprec\r\n", NULL, NULL), 200);
  ends_claim ();
  fail_unless (caller_await (caller, "BYE"));
  g_autoptr (SiprecEvent) started =
      recorder_event (recorder, session, SIPREC_EVENT_SESSION_STARTED);
  g_autoptr (SiprecEvent) ended = recorder_event (recorder, session, SIPREC_EVENT_SESSION_ENDED);
  fail_unless (started && ended);
  fail_unless_equals_string (json_object_get_string_member (ended->data, "cause"), "failed");
}
GST_END_TEST

/* The answer in the ACK of an offerless re-INVITE moves the media and holds it, but ends nothing. */
GST_START_TEST (an_offerless_reinvite_is_answered_in_ack)
{
  g_autofree gchar *names = NULL;
  guint16 port;

  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  port = caller_port (caller, 0);
  ends_claim ();
  caller_set_answer (caller, "garbage");
  fail_unless_equals_int (caller_request (caller, "INVITE", NULL, NULL), 200);
  caller_set_answer (caller, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
                             "t=0 0\r\nm=audio 40000 RTP/AVP 0\r\na=inactive\r\n");
  fail_unless_equals_int (caller_request (caller, "INVITE", NULL, NULL), 200);
  fail_unless_equals_int (caller_port (caller, 0), port);
  names = ends_hang_up (TRUE);
  fail_unless_equals_string (
      names, "session.started metadata call.started participant.joined "
             "stream.added deviation stream.held deviation deviation session.ended");
}
GST_END_TEST

/* TRUE if the diagram of docs/sessions.md has an arrow from @from to @to. */
static gboolean
is_drawn (const gchar *page, const gchar *from, const gchar *to)
{
  g_autofree gchar *arrow = g_strdup_printf ("\n  %s --> %s:", from, to);

  return strstr (page, arrow) != NULL;
}

GST_START_TEST (the_states_are_those_that_are_drawn)
{
  g_autofree gchar *page = NULL;
  guint n_arrows = 0, n_drawn = 0;

  fail_unless (g_file_get_contents (SESSIONS_PAGE, &page, NULL, NULL));
  for (const gchar *place = page; (place = strstr (place, " --> ")); place++)
    n_drawn++;
  for (SiprecSessionState from = 0; siprec_session_state_name (from); from++) {
    const gchar *name = siprec_session_state_name (from);
    g_autofree gchar *row = g_strdup_printf ("\n| `%s` |", name);
    gboolean leads = FALSE, led_to = FALSE;

    fail_unless (strstr (page, row), "%s isn't explained", name);
    for (SiprecSessionState to = 0; siprec_session_state_name (to); to++) {
      gboolean may = siprec_session_state_may_follow (from, to);

      fail_unless (is_drawn (page, name, siprec_session_state_name (to)) == may, "%s to %s", name,
                   siprec_session_state_name (to));
      leads |= may && to != from;
      led_to |= siprec_session_state_may_follow (to, from) && to != from;
      n_arrows += may;
    }
    fail_unless (is_drawn (page, "[*]", name) == !led_to, "%s", name);
    fail_unless (is_drawn (page, name, "[*]") == !leads, "%s", name);
    n_arrows += !led_to + !leads;
  }
  fail_unless_equals_int (n_arrows, n_drawn);
}
GST_END_TEST

static Suite *
session_suite (void)
{
  Suite *suite = suite_create ("session");
  TCase *tcase = tcase_create ("session");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, ends_open, ends_close);
  tcase_add_test (tcase, a_call_is_told_in_order);
  tcase_add_test (tcase, streams_bear_the_names_of_who_speaks);
  tcase_add_test (tcase, the_answer_echoes_labels_and_lines);
  tcase_add_test (tcase, hold_and_resume);
  tcase_add_test (tcase, a_refresh_changes_nothing);
  tcase_add_test (tcase, a_session_that_is_not_refreshed_expires);
  tcase_add_test (tcase, our_refresh_disturbs_nothing);
  tcase_add_test (tcase, streams_come_and_go);
  tcase_add_test (tcase, a_refused_reinvite_changes_nothing);
  tcase_add_test (tcase, an_offerless_reinvite_gets_the_streams_as_they_are);
  tcase_add_loop_test (tcase, what_can_not_be_recorded_is_refused, 0, G_N_ELEMENTS (refusals));
  tcase_add_test (tcase, an_ordinary_call_is_refused_unless_any_is_accepted);
  tcase_add_test (tcase, broken_metadata_never_costs_the_recording);
  tcase_add_test (tcase, lines_without_labels_get_their_speakers_by_order);
  tcase_add_test (tcase, strict_refuses_what_lenient_reports);
  tcase_add_test (tcase, an_invite_without_offer_gets_one);
  tcase_add_test (tcase, several_streams_are_offered_if_wanted);
  tcase_add_loop_test (tcase, without_an_answer_in_ack_the_session_fails, 0,
                       G_N_ELEMENTS (bad_answers));
  tcase_add_test (tcase, an_offerless_reinvite_is_answered_in_ack);
  tcase_add_test (tcase, the_states_are_those_that_are_drawn);
  tcase_add_test (tcase, a_mixer_tells_who_is_heard);
  tcase_add_test (tcase, what_is_sent_again_counts_once);
  return suite;
}

GST_CHECK_MAIN (session)
