/* tests: which messages of a session bring metadata, and what becomes of it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "session-ends.h"

#define TYPE    "application/rs-metadata+xml\r\nContent-Disposition: recording-session"
#define HEAD    "<recording xmlns='urn:ietf:params:xml:ns:recording:1'>"
#define PARTIAL HEAD "<datamode>partial</datamode>"
#define END     "</recording>"
#define SDP     "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
#define AUDIO   "m=audio 40000 RTP/AVP 0\r\na=sendonly\r\n"

/* The ids that the caller gives its parties and streams. */
#define ADA    "cGVyc29uIG51bWJlciBvZ0=="
#define BEN    "cGVyc29uIG51bWJlciBvZ1=="
#define STREAM "c3RyZWFtIG51bWJlciBvZ0=="

/* The caller's second party with a new name. */
#define NAMED(name)                                                                                \
  PARTIAL "<participant participant_id='" BEN "'><nameID aor='sip:p1@example.com'><name "          \
          "xml:lang='en'>" name "</name></nameID></participant>" END

static void
set_up (void)
{
  ends_open_with (NULL, TRUE);
}

/* A call of Ada and Ben, whose first events have been read. */
static void
call (void)
{
  fail_unless_equals_int (caller_invite (caller, 2, "sendonly"), 200);
  ends_claim ();
  for (guint i = 0; i < 2; i++) {
    g_autoptr (SiprecEvent) added = recorder_event (recorder, session, SIPREC_EVENT_STREAM_ADDED);

    fail_unless (added != NULL);
  }
}

static gchar *
with_sdp (const gchar *sdp, const gchar *xml)
{
  return g_strdup_printf ("--b\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--b\r\n"
                          "Content-Type: " TYPE "\r\n\r\n"
                          "%s\r\n--b--\r\n",
                          sdp, xml);
}

/* Hangs up and checks which events there were since the last that was read. */
static void
expect_events (const gchar *expected)
{
  g_autofree gchar *names = ends_hang_up (FALSE);

  fail_unless_equals_string (names, expected);
}

/* Reads events until there is a deviation called @id. */
static void
await_deviation (const gchar *id)
{
  gboolean found = FALSE;

  while (!found) {
    g_autoptr (SiprecEvent) event = recorder_event (recorder, session, SIPREC_EVENT_DEVIATION);

    fail_unless (event != NULL, "no %s", id);
    found = g_str_equal (json_object_get_string_member (event->data, "id"), id);
  }
}

/* The next metadata event, and what it says of itself. (transfer full) */
static SiprecEvent *
next_document (void)
{
  SiprecEvent *event = recorder_event (recorder, session, SIPREC_EVENT_METADATA);

  fail_unless (event != NULL);
  return event;
}

static const gchar *const methods[] = {"INVITE", "UPDATE"};

/* RFC 7866 section 9.2: metadata counts only if the request that brought it succeeds. */
GST_START_TEST (a_refused_offer_takes_its_metadata_along)
{
  GString *lines = g_string_new (SDP);
  g_autofree gchar *garbage = with_sdp ("nothing of the kind", NAMED ("Benedict"));
  g_autofree gchar *endless = NULL;
  const gchar *method = methods[__i__];

  for (guint i = 0; i < 100; i++)
    g_string_append (lines, AUDIO);
  endless = with_sdp (lines->str, NAMED ("Benedict"));
  g_string_free (lines, TRUE);
  call ();
  fail_unless_equals_int (caller_request (caller, method, "multipart/mixed;boundary=b", garbage),
                          400);
  fail_unless_equals_int (caller_request (caller, method, "multipart/mixed;boundary=b", endless),
                          400);
  /* What was refused has not been learnt in silence either: now it is news. */
  fail_unless_equals_int (caller_request (caller, "UPDATE", TYPE, NAMED ("Benedict")), 200);
  expect_events ("metadata participant.updated stream.updated session.ended");
}
GST_END_TEST

/* RFC 3261 section 12.2.2: order is that of CSeq, and what comes too late is refused. */
GST_START_TEST (a_late_request_changes_nothing)
{
  guint last;

  call ();
  last = caller_set_cseq (caller, 100);
  fail_unless_equals_int (caller_request (caller, "UPDATE", TYPE, NAMED ("Second")), 200);
  caller_set_cseq (caller, last);
  fail_unless_equals_int (caller_request (caller, "UPDATE", TYPE, NAMED ("First")), 500);
  caller_set_cseq (caller, 200);
  expect_events ("metadata participant.updated stream.updated session.ended");
}
GST_END_TEST

/* RFC 7866 section 9.1 names the requests that carry metadata; RFC 8068 adds BYE. INFO is none of them. */
GST_START_TEST (requests_that_carry_metadata)
{
  g_autofree gchar *names = NULL;

  call ();
  fail_unless_equals_int (caller_request (caller, "UPDATE", TYPE, NAMED ("Update")), 200);
  fail_unless_equals_int (caller_request (caller, "INFO", TYPE, NAMED ("Info")), 200);
  /* A re-INVITE without an offer, RFC 8068 section 3.4.1. */
  fail_unless_equals_int (caller_request (caller, "INVITE", TYPE, NAMED ("Invite")), 200);
  fail_unless_equals_int (caller_request (caller, "BYE", TYPE, NAMED ("Bye")), 200);
  for (guint i = 0; i < 3; i++) {
    static const gchar *const expected[] = {"Update", "Invite", "Bye"};
    g_autoptr (SiprecEvent) event =
        recorder_event (recorder, session, SIPREC_EVENT_PARTICIPANT_UPDATED);

    fail_unless (event != NULL);
    fail_unless_equals_string (json_object_get_string_member (event->data, "name"), expected[i]);
  }
  names = ends_await_end (FALSE);
  fail_unless_equals_string (names, "stream.updated session.ended");
}
GST_END_TEST

/* The client says the same in other words: that is a document, and nothing else. */
GST_START_TEST (a_document_that_changes_nothing)
{
  call ();
  fail_unless_equals_int (caller_request (caller, "UPDATE", TYPE, NAMED ("Ben ")), 200);
  fail_unless_equals_int (caller_request (caller, "UPDATE", TYPE, PARTIAL END), 200);
  /* Not even a document if it is the same, as refreshes repeat it. */
  fail_unless_equals_int (caller_request (caller, "UPDATE", TYPE, PARTIAL END), 200);
  expect_events ("metadata metadata session.ended");
}
GST_END_TEST

/* A participant more than there are lines: who sends isn't known, until the second line comes. */
GST_START_TEST (a_new_line_is_what_a_guess_waited_for)
{
  g_autofree gchar *body = with_sdp (
      SDP AUDIO, HEAD "<participant participant_id='a'><nameID aor='sip:a@x'/></participant>"
                      "<participant participant_id='b'><nameID aor='sip:b@x'/></participant>" END);

  fail_unless_equals_int (
      caller_invite_with (caller, "Require: siprec\r\n", "multipart/mixed;boundary=b", body), 200);
  ends_claim ();
  fail_unless_equals_int (caller_request (caller, "INVITE", "application/sdp", SDP AUDIO AUDIO),
                          200);
  for (guint i = 0; i < 3; i++) {
    g_autoptr (SiprecEvent) event = recorder_event (
        recorder, session, i == 1 ? SIPREC_EVENT_STREAM_UPDATED : SIPREC_EVENT_STREAM_ADDED);
    JsonArray *who;

    fail_unless (event != NULL);
    who = json_object_get_array_member (event->data, "participants");
    fail_unless_equals_int (json_array_get_length (who), i == 0 ? 0 : 1);
    if (i > 0)
      fail_unless (
          json_object_get_boolean_member (json_array_get_object_element (who, 0), "guessed"));
  }
  expect_events ("session.ended");
}
GST_END_TEST

/* One id for two kinds of element is told as a deviation; ids that nothing explains are the client's right. */
GST_START_TEST (ids_that_fit_nothing)
{
  call ();
  fail_unless_equals_int (
      caller_request (caller, "UPDATE", TYPE,
                      PARTIAL "<participantsessionassoc participant_id='nobody' session_id='none'/>"
                              "<participantstreamassoc participant_id='nobody'><send>nothing</send>"
                              "</participantstreamassoc>" END),
      200);
  fail_unless_equals_int (caller_request (caller, "UPDATE", TYPE,
                                          PARTIAL "<group group_id='" ADA
                                                  "'/><participant participant_id='" STREAM "'>"
                                                  "<nameID aor='sip:x@y'/></participant>" END),
                          200);
  await_deviation ("metadata-id-duplicate");
  expect_events ("session.ended");
}
GST_END_TEST

/* The event keeps what came, byte by byte: as text if that can be, else in base64 too. */
GST_START_TEST (documents_are_kept_as_they_came)
{
  static const gchar *const documents[] = {
      PARTIAL "\r\n<participant participant_id='q'/>\r\n" END "\r\n",
      PARTIAL "<participant participant_id='q'><nameID aor='sip:\xe9@x'/></participant>" END,
      PARTIAL "<participant participant_id='\x01'/>" END,
      "\xff\xfe\x01 no XML",
  };

  call ();
  for (guint i = 0; i < G_N_ELEMENTS (documents); i++) {
    g_autoptr (SiprecEvent) event = NULL;
    const gchar *bytes;

    fail_unless_equals_int (caller_request (caller, "UPDATE", TYPE, documents[i]), 200);
    event = next_document ();
    bytes = json_object_get_string_member_with_default (event->data, "raw_base64", NULL);
    fail_unless_equals_int (bytes != NULL, i > 0);
    if (bytes) {
      gsize size;
      g_autofree guchar *kept = g_base64_decode (bytes, &size);

      fail_unless (size == strlen (documents[i]) && memcmp (kept, documents[i], size) == 0);
    } else {
      fail_unless_equals_string (json_object_get_string_member (event->data, "raw"), documents[i]);
    }
  }
  expect_events ("session.ended");
}
GST_END_TEST

/* As large a document as a message can be, with more elements than are read. */
GST_START_TEST (a_huge_document_costs_nothing_but_itself)
{
  GString *xml = g_string_new (PARTIAL);
  SiprecEvent *event;

  while (xml->len < 400 * 1024)
    g_string_append (xml, "<group group_id='g'/>");
  g_string_append (xml, END);
  call ();
  fail_unless_equals_int (caller_request (caller, "UPDATE", TYPE, xml->str), 200);
  event = next_document ();
  fail_unless_equals_int (strlen (json_object_get_string_member (event->data, "raw")), xml->len);
  siprec_event_unref (event);
  await_deviation ("metadata-limit");
  expect_events ("session.ended");
  g_string_free (xml, TRUE);
}
GST_END_TEST

/* One partial document after another adds new people: the sum is bounded, too. */
GST_START_TEST (many_documents_have_the_bounds_of_one)
{

  call ();
  for (guint i = 0; i < 4; i++) {
    GString *xml = g_string_new (PARTIAL);

    for (guint n = 0; n < 3000; n++)
      g_string_append_printf (xml, "<group group_id='g%u-%u'/>", i, n);
    g_string_append (xml, END);
    fail_unless_equals_int (caller_request (caller, "UPDATE", TYPE, xml->str), 200);
    g_string_free (xml, TRUE);
  }
  fail_unless_equals_int (caller_request (caller, "UPDATE", TYPE, NAMED ("Benedict")), 200);
  await_deviation ("metadata-limit");
  expect_events ("metadata participant.updated stream.updated session.ended");
}
GST_END_TEST;

static Suite *
session_metadata_suite (void)
{
  Suite *suite = suite_create ("session-metadata");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, set_up, ends_close);
  tcase_add_loop_test (tcase, a_refused_offer_takes_its_metadata_along, 0, 2);
  tcase_add_test (tcase, a_late_request_changes_nothing);
  tcase_add_test (tcase, requests_that_carry_metadata);
  tcase_add_test (tcase, a_document_that_changes_nothing);
  tcase_add_test (tcase, a_new_line_is_what_a_guess_waited_for);
  tcase_add_test (tcase, ids_that_fit_nothing);
  tcase_add_test (tcase, documents_are_kept_as_they_came);
  tcase_add_test (tcase, a_huge_document_costs_nothing_but_itself);
  tcase_add_test (tcase, many_documents_have_the_bounds_of_one);
  return suite;
}

GST_CHECK_MAIN (session_metadata);
