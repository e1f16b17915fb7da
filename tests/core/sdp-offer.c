/* SDP offers: what is read, and what is tolerated.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "parsed.h"

/* ---- what is read ---- */

GST_START_TEST (test_usual)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (SESSION CALLER CALLEE, NULL);
  const SiprecMline *caller = siprec_offer_mline (offer, 0);
  const SiprecMline *callee = siprec_offer_mline (offer, 1);

  fail_unless_equals_int (offer->mlines->len, 2);
  fail_unless (siprec_offer_mline (offer, 2) == NULL);
  fail_unless_equals_int (caller->index, 0);
  fail_unless_equals_int (caller->kind, SIPREC_MEDIA_AUDIO);
  fail_unless_equals_string (caller->media, "audio");
  fail_unless_equals_string (caller->proto, "RTP/AVP");
  fail_unless_equals_string (caller->label, "1");
  fail_unless_equals_string (caller->address, "192.0.2.7");
  fail_unless (caller->mid == NULL && caller->lang == NULL);
  fail_unless_equals_int (caller->port, 30028);
  fail_unless_equals_int (caller->rtcp_port, 30029);
  fail_unless_equals_int (caller->direction, SIPREC_DIRECTION_SENDONLY);
  fail_unless (caller->rtp && !caller->held && !caller->rtcp_mux);
  fail_unless_equals_int (caller->ptime, 20);
  fail_unless_equals_int (caller->formats->len, 2);
  check_format (caller, 0, 0, "PCMU", 8000);
  check_format (caller, 1, 101, "TELEPHONE-EVENT", 8000);
  fail_unless_equals_int (callee->index, 1);
  fail_unless_equals_string (callee->label, "2");
  check_format (callee, 0, 8, "PCMA", 8000);
  fail_unless_equals_int (gst_sdp_message_medias_len (offer->sdp), 2);
}
GST_END_TEST;

GST_START_TEST (test_kinds)
{
  static const struct {
    const gchar *lines;
    SiprecMediaKind kind;
    gboolean rtp;
  } rows[] = {
      {"m=audio 4 RTP/AVP 0\r\n", SIPREC_MEDIA_AUDIO, TRUE},
      {"m=Audio 4 rtp/avp 0\r\n", SIPREC_MEDIA_AUDIO, TRUE},
      {"m=video 4 RTP/AVPF 31\r\n", SIPREC_MEDIA_VIDEO, TRUE},
      {"m=video 4 RTP/AVP 31\r\na=content:main\r\n", SIPREC_MEDIA_VIDEO, TRUE},
      {"m=video 4 RTP/AVP 31\r\na=content:slides\r\n", SIPREC_MEDIA_SCREEN, TRUE},
      {"m=video 4 RTP/AVP 31\r\na=Content: main, SLIDES\r\n", SIPREC_MEDIA_SCREEN, TRUE},
      {"m=video 4 RTP/AVP 31\r\na=content:slideshow\r\n", SIPREC_MEDIA_VIDEO, TRUE},
      {"m=audio 4 RTP/AVP 0\r\na=content:slides\r\n", SIPREC_MEDIA_AUDIO, TRUE},
      {"m=text 4 RTP/AVP 98\r\na=rtpmap:98 t140/1000\r\n", SIPREC_MEDIA_TEXT, TRUE},
      {"m=message 4 TCP/MSRP *\r\n", SIPREC_MEDIA_MESSAGE, FALSE},
      {"m=application 4 UDP/BFCP *\r\n", SIPREC_MEDIA_OTHER, FALSE},
      {"m=image 4 udptl t38\r\n", SIPREC_MEDIA_OTHER, FALSE},
      {"m=audio 4 RTP/SAVP 0\r\n", SIPREC_MEDIA_AUDIO, TRUE},
      {"m=audio 4 UDP/TLS/RTP/SAVPF 0\r\n", SIPREC_MEDIA_AUDIO, TRUE},
      {"m=audio 4 RT,/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n", SIPREC_MEDIA_AUDIO, FALSE},
      {"m=au,dio 4 RTP/AVP 8\r\n", SIPREC_MEDIA_OTHER, TRUE},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (SiprecOffer) offer = NULL;
    const SiprecMline *mline = parse_offer_line (&offer, rows[i].lines);

    fail_unless (mline->kind == rows[i].kind, "%s is %s", rows[i].lines,
                 siprec_media_kind_name (mline->kind));
    fail_unless (mline->rtp == rows[i].rtp, "%s", rows[i].lines);
    fail_unless_equals_int (mline->formats->len, rows[i].rtp ? 1 : 0);
  }
  fail_unless_equals_string (siprec_media_kind_name (SIPREC_MEDIA_SCREEN), "screen");
  fail_unless_equals_string (siprec_media_kind_name (SIPREC_MEDIA_OTHER), "other");
}
GST_END_TEST;

GST_START_TEST (test_directions)
{
  static const struct {
    const gchar *session, *media;
    SiprecDirection direction;
    gboolean held;
  } rows[] = {
      {"", "", SIPREC_DIRECTION_SENDRECV, FALSE},
      {"", "a=sendrecv\r\n", SIPREC_DIRECTION_SENDRECV, FALSE},
      {"", "a=sendonly\r\n", SIPREC_DIRECTION_SENDONLY, FALSE},
      {"", "a=SendOnly \r\n", SIPREC_DIRECTION_SENDONLY, FALSE},
      {"", "a=recvonly\r\n", SIPREC_DIRECTION_RECVONLY, TRUE},
      {"", "a=inactive\r\n", SIPREC_DIRECTION_INACTIVE, TRUE},
      {"a=inactive\r\n", "", SIPREC_DIRECTION_INACTIVE, TRUE},
      {"a=inactive\r\n", "a=sendonly\r\n", SIPREC_DIRECTION_SENDONLY, FALSE},
      {"a=sendonly\r\n", "a=direction:both\r\n", SIPREC_DIRECTION_SENDONLY, FALSE},
      {"", "a=sendonly\r\nc=IN IP4 0.0.0.0\r\n", SIPREC_DIRECTION_SENDONLY, TRUE},
      {"", "a=sendonly\r\nc=IN IP6 ::\r\n", SIPREC_DIRECTION_SENDONLY, TRUE},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *text =
        g_strconcat (SESSION, rows[i].session, "m=audio 4 RTP/AVP 0\r\n", rows[i].media, NULL);
    g_autoptr (SiprecOffer) offer = parse_offer (text);
    const SiprecMline *mline = siprec_offer_mline (offer, 0);

    fail_unless (mline->direction == rows[i].direction, "row %d: %s", (gint)i,
                 siprec_direction_name (mline->direction));
    fail_unless (mline->held == rows[i].held, "row %d", (gint)i);
  }
  fail_unless_equals_string (siprec_direction_name (SIPREC_DIRECTION_SENDRECV), "sendrecv");
  fail_unless_equals_string (siprec_direction_name (SIPREC_DIRECTION_INACTIVE), "inactive");
}
GST_END_TEST;

GST_START_TEST (test_addresses)
{
  static const struct {
    const gchar *session, *media, *address;
  } rows[] = {
      {"c=IN IP4 192.0.2.1\r\n", "", "192.0.2.1"},
      {"c=IN IP4 192.0.2.1\r\n", "c=IN IP4 192.0.2.2\r\n", "192.0.2.2"},
      {"", "c=IN IP4 192.0.2.2/127\r\n", "192.0.2.2"},
      {"", "c=IN IP6 2001:db8::1\r\nc=IN IP4 192.0.2.2\r\n", "2001:db8::1"},
      {"", "c=IN IP4 media.example.org\r\n", "media.example.org"},
      {"", "c=IN IP4\r\n", NULL},
      {"", "c=\r\n", NULL},
      {"", "", NULL},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *text = g_strconcat ("v=0\r\n", rows[i].session, CALLEE, rows[i].media, NULL);
    g_autoptr (SiprecOffer) offer = parse_offer (text);
    fail_unless_equals_string (siprec_offer_mline (offer, 0)->address, rows[i].address);
  }
}
GST_END_TEST;

GST_START_TEST (test_rtcp)
{
  static const struct {
    const gchar *lines;
    guint port;
    gboolean mux;
    const gchar *address;
  } rows[] = {
      {"m=audio 4000 RTP/AVP 0\r\n", 4001, FALSE},
      {"m=audio 4000 RTP/AVP 0\r\na=rtcp:5001\r\n", 5001, FALSE},
      {"m=audio 4000 RTP/AVP 0\r\na=rtcp:5001 IN IP4 192.0.2.9\r\n", 5001, FALSE, "192.0.2.9"},
      {"m=audio 4000 RTP/AVP 0\r\na=rtcp:5001 IN IP6 2001:db8::9\r\n", 5001, FALSE, "2001:db8::9"},
      {"m=audio 4000 RTP/AVP 0\r\na=rtcp:5001 IN IP4 host.example\r\n", 5001, FALSE},
      {"m=audio 4000 RTP/AVP 0\r\na=rtcp:5001 IN IP4\r\n", 5001, FALSE},
      {"m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n", 4001, TRUE},
      {"m=audio 4000 RTP/AVP 0\r\na=rtcp:4000\r\na=rtcp-mux\r\n", 4000, TRUE},
      {"m=audio 65535 RTP/AVP 0\r\n", 0, FALSE},
      {"m=audio 0 RTP/AVP 0\r\na=rtcp:9\r\n", 0, FALSE},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (SiprecOffer) offer = NULL;
    const SiprecMline *mline = parse_offer_line (&offer, rows[i].lines);

    fail_unless_equals_int (mline->rtcp_port, rows[i].port);
    fail_unless_equals_int (mline->rtcp_mux, rows[i].mux);
    fail_unless_equals_string (mline->rtcp_address, rows[i].address);
  }
}
GST_END_TEST;

GST_START_TEST (test_names)
{
  static const gchar *const labels[] = {"0", "10", "16777227", "a_leg"};
  g_autoptr (SiprecOffer) offer = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (labels); i++) {
    g_autofree gchar *lines =
        g_strdup_printf ("m=audio 4 RTP/AVP 0\r\na=sendonly\r\na=label:%s\r\n", labels[i]);
    fail_unless_equals_string (parse_offer_line (&offer, lines)->label, labels[i]);
  }
  fail_unless_equals_int (deviations->len, 0);

  const SiprecMline *mline = parse_offer_line (
      &offer, "a=lang:de\r\nm=audio 4 RTP/AVP 0\r\na=mid:x1\r\na=label:9\r\na=label:8\r\n");
  fail_unless_equals_string (mline->mid, "x1");
  fail_unless_equals_string (mline->label, "9");
  fail_unless_equals_string (mline->lang, "de");
  mline = parse_offer_line (&offer, "a=lang:de\r\nm=audio 4 RTP/AVP 0\r\na=lang:fr-CA\r\n");
  fail_unless_equals_string (mline->lang, "fr-CA");
}
GST_END_TEST;

GST_START_TEST (test_times)
{
  g_autoptr (SiprecOffer) offer = parse_offer ("v=0\r\nt=3034423619 3042462419 x\r\n" CALLEE);
  g_autoptr (SiprecOffer) bad = parse_offer ("v=0\r\nt=now later\r\n" CALLEE);

  fail_unless_equals_int (gst_sdp_message_times_len (offer->sdp), 1);
  fail_unless_equals_string (gst_sdp_message_get_time (offer->sdp, 0)->start, "3034423619");
  fail_unless_equals_int (gst_sdp_message_times_len (bad->sdp), 0);
}
GST_END_TEST;

/* ---- what is tolerated ---- */

GST_START_TEST (test_no_connection)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (
      "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" CALLER, "sdp-no-connection");
  const SiprecMline *mline = siprec_offer_mline (offer, 0);

  fail_unless (mline->address == NULL);
  fail_if (mline->held);
}
GST_END_TEST;

GST_START_TEST (test_no_origin)
{
  g_autoptr (SiprecOffer) offer =
      parse_offer_noting ("v=0\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n" CALLER, "sdp-no-origin");
  fail_unless_equals_int (offer->mlines->len, 1);
}
GST_END_TEST;

GST_START_TEST (test_no_time)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (
      "v=0\r\no=a b 1 1 IN IP4 x\r\ns=-\r\nc=IN IP4 192.0.2.7\r\n" CALLER, "sdp-no-time");
  fail_unless_equals_int (offer->mlines->len, 1);
}
GST_END_TEST;

GST_START_TEST (test_no_session_name)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (
      "v=0\r\no=- 1 1 IN IP4 x\r\nt=0 0\r\nc=IN IP4 192.0.2.7\r\n" CALLER, "sdp-no-session-name");
  fail_unless_equals_int (offer->mlines->len, 1);
}
GST_END_TEST;

GST_START_TEST (test_no_direction)
{
  g_autoptr (SiprecOffer) offer =
      parse_offer_noting (SESSION "m=audio 4 RTP/AVP 0\r\na=label:1\r\n", "sdp-no-direction");
  fail_unless_equals_int (siprec_offer_mline (offer, 0)->direction, SIPREC_DIRECTION_SENDRECV);
}
GST_END_TEST;

GST_START_TEST (test_sendrecv)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (
      SESSION "m=audio 4 RTP/AVP 0\r\na=label:1\r\na=sendrecv\r\n", "sdp-sendrecv");
  fail_if (siprec_offer_mline (offer, 0)->held);
}
GST_END_TEST;

GST_START_TEST (test_recvonly)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (
      SESSION "m=audio 4 RTP/AVP 0\r\na=label:1\r\na=recvonly\r\n", "sdp-recvonly");
  fail_unless (siprec_offer_mline (offer, 0)->held);
}
GST_END_TEST;

GST_START_TEST (test_hold_address)
{
  g_autoptr (SiprecOffer) offer =
      parse_offer_noting (SESSION CALLER "c=IN IP4 0.0.0.0\r\n" CALLEE, "sdp-hold-address");
  fail_unless (siprec_offer_mline (offer, 0)->held);
  fail_if (siprec_offer_mline (offer, 1)->held);
}
GST_END_TEST;

GST_START_TEST (test_hold_address_and_inactive)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (
      SESSION "m=audio 4 RTP/AVP 0\r\na=label:1\r\na=inactive\r\nc=IN IP4 0.0.0.0\r\n", NULL);
  fail_unless (siprec_offer_mline (offer, 0)->held);
}
GST_END_TEST;

GST_START_TEST (test_no_label)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (
      SESSION "m=audio 4 RTP/AVP 0\r\na=sendonly\r\na=label:\r\n", "sdp-no-label");
  fail_unless (siprec_offer_mline (offer, 0)->label == NULL);
}
GST_END_TEST;

GST_START_TEST (test_label_too_long)
{
  g_autofree gchar *label = g_strnfill (300, 'x');
  g_autofree gchar *text =
      g_strconcat (SESSION "m=audio 4 RTP/AVP 0\r\na=sendonly\r\na=label:", label, "\r\n", NULL);
  g_autoptr (SiprecOffer) offer = parse_offer_noting (text, "sdp-no-label");
  fail_unless (siprec_offer_mline (offer, 0)->label == NULL);
}
GST_END_TEST;

GST_START_TEST (test_label_no_token)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (
      SESSION "m=audio 4 RTP/AVP 0\r\na=sendonly\r\na=label:a leg:1\r\n", "sdp-label");
  fail_unless_equals_string (siprec_offer_mline (offer, 0)->label, "a leg:1");
}
GST_END_TEST;

GST_START_TEST (test_duplicate_label)
{
  g_autoptr (SiprecOffer) offer =
      parse_offer_noting (SESSION CALLEE "m=audio 30040 RTP/AVP 8\r\na=label:2\r\na=sendonly\r\n",
                          "sdp-duplicate-label");
  fail_unless_equals_string (siprec_offer_mline (offer, 1)->label, "2");
}
GST_END_TEST;

GST_START_TEST (test_port_count)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (
      SESSION "m=audio 50000/2 RTP/AVP 8\r\na=sendonly\r\na=label:1\r\n", "sdp-port-count");
  fail_unless_equals_int (siprec_offer_mline (offer, 0)->port, 50000);
}
GST_END_TEST;

GST_START_TEST (test_rtcp_garbage)
{
  static const gchar *const values[] = {"", "x", "0", "65536", "-1", "5001x"};

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autofree gchar *text = g_strconcat (SESSION CALLEE "a=rtcp:", values[i], "\r\n", NULL);
    g_autoptr (SiprecOffer) offer = parse_offer_noting (text, "sdp-rtcp");

    fail_unless_equals_int (siprec_offer_mline (offer, 0)->rtcp_port, 30039);
    g_ptr_array_set_size (deviations, 0);
  }
}
GST_END_TEST;

GST_START_TEST (test_unknown_attributes_and_lines)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (
      SESSION "y=1\r\nb=AS:64\r\nk=clear:x\r\na=\r\na=:\r\na=group:BUNDLE 1\r\n" CALLER
              "a=3gOoBTC\r\na=direction:both\r\nb=\r\ni=x\r\na=ptime:x\r\na=candidate:1 2\r\n",
      NULL);
  fail_unless_equals_int (siprec_offer_mline (offer, 0)->formats->len, 2);
}
GST_END_TEST;

GST_START_TEST (test_garbage_line)
{
  g_autoptr (SiprecOffer) offer =
      parse_offer_noting (SESSION "hello world\r\n" CALLER "=x\r\nM=audio 4 RTP/AVP 0\r\n\r\n \r\n",
                          "sdp-garbage-line");
  fail_unless_equals_int (offer->mlines->len, 1);
}
GST_END_TEST;

GST_START_TEST (test_line_ends)
{
  static const gchar *const ends[] = {"\n", "\r", "\n\r", " \t\r\n", "\r\n\r\n"};

  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++) {
    g_auto (GStrv) lines = g_strsplit (SESSION CALLER CALLEE, "\r\n", -1);
    g_autofree gchar *text = g_strjoinv (ends[i], lines);
    g_autoptr (SiprecOffer) offer = parse_offer_noting (text, NULL);

    fail_unless_equals_int (offer->mlines->len, 2);
    fail_unless_equals_string (siprec_offer_mline (offer, 1)->label, "2");
  }
}
GST_END_TEST;

GST_START_TEST (test_control_character)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (
      SESSION "i=a\001\033\177b\r\nm=audio 4 RTP/AVP 8\r\na=label:x\001\r\na=sendonly\r\n",
      "sdp-control-character");

  fail_unless_equals_string (siprec_offer_mline (offer, 0)->label, "x");
  fail_unless_equals_string (gst_sdp_message_get_information (offer->sdp), "a   b");
}
GST_END_TEST;

GST_START_TEST (test_encoding)
{
  g_autoptr (SiprecOffer) offer = parse_offer_noting (
      "v=0\r\no=- 1 1 IN IP4 x\r\ns=B\374ro\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n" CALLER,
      "sdp-encoding");
  fail_unless (g_utf8_validate (gst_sdp_message_get_session_name (offer->sdp), -1, NULL));
  fail_unless_equals_int (offer->mlines->len, 1);
}
GST_END_TEST;

GST_START_TEST (test_nul)
{
  static const gchar text[] = SESSION CALLER "\0" CALLEE;
  g_autoptr (SiprecOffer) offer = parse_offer_bytes (text, sizeof text, deviations, NULL);

  fail_unless (offer != NULL);
  fail_unless_equals_int (offer->mlines->len, 1);
  fail_unless_equals_int (deviations->len, 1);
  fail_unless (siprec_deviations_has (deviations, "sdp-nul"));
}
GST_END_TEST;

GST_START_TEST (test_disabled_line)
{
  g_autoptr (SiprecOffer) offer =
      parse_offer_noting (SESSION CALLER "m=audio 0 RTP/AVP 0\r\n", NULL);
  fail_unless_equals_int (siprec_offer_mline (offer, 1)->port, 0);
}
GST_END_TEST;

/* RFC 3264 section 5: streams may come later. */
GST_START_TEST (test_no_lines)
{
  g_autoptr (SiprecOffer) offer = parse_offer (SESSION);

  fail_unless_equals_int (offer->mlines->len, 0);
}
GST_END_TEST;

static Suite *
sdp_offer_suite (void)
{
  Suite *suite = suite_create ("sdp-offer");
  TCase *read = tcase_create ("read");
  TCase *tolerated = tcase_create ("tolerated");

  suite_add_tcase (suite, read);
  tcase_add_checked_fixture (read, parsed_set_up, parsed_tear_down);
  tcase_add_test (read, test_usual);
  tcase_add_test (read, test_kinds);
  tcase_add_test (read, test_directions);
  tcase_add_test (read, test_addresses);
  tcase_add_test (read, test_rtcp);
  tcase_add_test (read, test_names);
  tcase_add_test (read, test_times);
  tcase_add_test (read, test_disabled_line);

  suite_add_tcase (suite, tolerated);
  tcase_add_checked_fixture (tolerated, parsed_set_up, parsed_tear_down);
  tcase_add_test (tolerated, test_no_connection);
  tcase_add_test (tolerated, test_no_origin);
  tcase_add_test (tolerated, test_no_time);
  tcase_add_test (tolerated, test_no_session_name);
  tcase_add_test (tolerated, test_no_direction);
  tcase_add_test (tolerated, test_sendrecv);
  tcase_add_test (tolerated, test_recvonly);
  tcase_add_test (tolerated, test_hold_address);
  tcase_add_test (tolerated, test_hold_address_and_inactive);
  tcase_add_test (tolerated, test_no_label);
  tcase_add_test (tolerated, test_label_too_long);
  tcase_add_test (tolerated, test_label_no_token);
  tcase_add_test (tolerated, test_duplicate_label);
  tcase_add_test (tolerated, test_port_count);
  tcase_add_test (tolerated, test_rtcp_garbage);
  tcase_add_test (tolerated, test_unknown_attributes_and_lines);
  tcase_add_test (tolerated, test_garbage_line);
  tcase_add_test (tolerated, test_line_ends);
  tcase_add_test (tolerated, test_control_character);
  tcase_add_test (tolerated, test_encoding);
  tcase_add_test (tolerated, test_nul);
  tcase_add_test (tolerated, test_no_lines);

  return suite;
}

GST_CHECK_MAIN (sdp_offer)
