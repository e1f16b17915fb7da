/* SDP offers: what is read, what is tolerated, what is refused, hostile bytes
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "siprec-core/deviation.h"
#include "siprec-core/error.h"
#include "siprec-core/sdp/offer.h"
#include "tests/support/effort.h"
#include "tests/support/rounds.h"

#define SESSION "v=0\r\no=src 7 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
#define CALLER                                                                                     \
  "m=audio 30028 RTP/AVP 0 101\r\na=label:1\r\na=rtpmap:0 PCMU/8000\r\n"                           \
  "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendonly\r\na=ptime:20\r\n"
#define CALLEE "m=audio 30038 RTP/AVP 8\r\na=label:2\r\na=sendonly\r\n"

static GPtrArray *deviations;

static void
setup (void)
{
  deviations = siprec_deviations_new ();
}

static void
teardown (void)
{
  g_clear_pointer (&deviations, g_ptr_array_unref);
}

static SiprecOffer *
parse_bytes (const gchar *data, gsize size, GPtrArray *noted, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);

  return siprec_offer_parse (bytes, noted, error);
}

static SiprecOffer *
parse (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  SiprecOffer *offer = parse_bytes (text, strlen (text), deviations, &error);

  fail_unless (offer != NULL, "%s", error ? error->message : "neither offer nor error");
  return offer;
}

/* The only line of an SDP of the usual session lines and @lines. */
static const SiprecMline *
parse_line (SiprecOffer **offer, const gchar *lines)
{
  g_autofree gchar *text = g_strconcat (SESSION, lines, NULL);

  g_clear_pointer (offer, siprec_offer_free);
  *offer = parse (text);
  fail_unless_equals_int ((*offer)->mlines->len, 1);
  return siprec_offer_mline (*offer, 0);
}

/* Parses @text, which has @id as its only deviation (NULL: none), and returns the offer. */
static SiprecOffer *
parse_noting (const gchar *text, const gchar *id)
{
  SiprecOffer *offer = parse (text);

  if (deviations->len > 0 && id == NULL) {
    const SiprecDeviation *deviation = g_ptr_array_index (deviations, 0);
    fail ("unexpected deviation %s: %s", deviation->id, deviation->detail);
  }
  fail_unless_equals_int (deviations->len, id != NULL ? 1 : 0);
  fail_unless (id == NULL || siprec_deviations_has (deviations, id), "%s is missing", id);
  return offer;
}

static void
check_refused (const gchar *text)
{
  g_autoptr (GError) error = NULL;
  SiprecOffer *offer = parse_bytes (text, strlen (text), deviations, &error);

  fail_unless (offer == NULL, "accepted: %s", text);
  fail_unless (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX));
}

static void
check_format (const SiprecMline *mline, guint index, guint pt, const gchar *name, guint clock)
{
  fail_unless (index < mline->formats->len, "format %u of %u", index, mline->formats->len);
  const SiprecFormat *format = g_ptr_array_index (mline->formats, index);

  fail_unless_equals_int (format->pt, pt);
  fail_unless_equals_string (format->encoding_name, name);
  fail_unless_equals_int (format->clock_rate, clock);
}

/* ---- what is read ---- */

GST_START_TEST (test_usual)
{
  g_autoptr (SiprecOffer) offer = parse_noting (SESSION CALLER CALLEE, NULL);
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
    const SiprecMline *mline = parse_line (&offer, rows[i].lines);

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
    g_autoptr (SiprecOffer) offer = parse (text);
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
    g_autoptr (SiprecOffer) offer = parse (text);
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
    const SiprecMline *mline = parse_line (&offer, rows[i].lines);

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
    fail_unless_equals_string (parse_line (&offer, lines)->label, labels[i]);
  }
  fail_unless_equals_int (deviations->len, 0);

  const SiprecMline *mline = parse_line (
      &offer, "a=lang:de\r\nm=audio 4 RTP/AVP 0\r\na=mid:x1\r\na=label:9\r\na=label:8\r\n");
  fail_unless_equals_string (mline->mid, "x1");
  fail_unless_equals_string (mline->label, "9");
  fail_unless_equals_string (mline->lang, "de");
  mline = parse_line (&offer, "a=lang:de\r\nm=audio 4 RTP/AVP 0\r\na=lang:fr-CA\r\n");
  fail_unless_equals_string (mline->lang, "fr-CA");
}
GST_END_TEST;

GST_START_TEST (test_times)
{
  g_autoptr (SiprecOffer) offer = parse ("v=0\r\nt=3034423619 3042462419 x\r\n" CALLEE);
  g_autoptr (SiprecOffer) bad = parse ("v=0\r\nt=now later\r\n" CALLEE);

  fail_unless_equals_int (gst_sdp_message_times_len (offer->sdp), 1);
  fail_unless_equals_string (gst_sdp_message_get_time (offer->sdp, 0)->start, "3034423619");
  fail_unless_equals_int (gst_sdp_message_times_len (bad->sdp), 0);
}
GST_END_TEST;

/* ---- what is tolerated ---- */

GST_START_TEST (test_no_connection)
{
  g_autoptr (SiprecOffer) offer = parse_noting (
      "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" CALLER, "sdp-no-connection");
  const SiprecMline *mline = siprec_offer_mline (offer, 0);

  fail_unless (mline->address == NULL);
  fail_if (mline->held);
}
GST_END_TEST;

GST_START_TEST (test_no_origin)
{
  g_autoptr (SiprecOffer) offer =
      parse_noting ("v=0\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n" CALLER, "sdp-no-origin");
  fail_unless_equals_int (offer->mlines->len, 1);
}
GST_END_TEST;

GST_START_TEST (test_no_time)
{
  g_autoptr (SiprecOffer) offer = parse_noting (
      "v=0\r\no=a b 1 1 IN IP4 x\r\ns=-\r\nc=IN IP4 192.0.2.7\r\n" CALLER, "sdp-no-time");
  fail_unless_equals_int (offer->mlines->len, 1);
}
GST_END_TEST;

GST_START_TEST (test_no_session_name)
{
  g_autoptr (SiprecOffer) offer = parse_noting (
      "v=0\r\no=- 1 1 IN IP4 x\r\nt=0 0\r\nc=IN IP4 192.0.2.7\r\n" CALLER, "sdp-no-session-name");
  fail_unless_equals_int (offer->mlines->len, 1);
}
GST_END_TEST;

GST_START_TEST (test_no_direction)
{
  g_autoptr (SiprecOffer) offer =
      parse_noting (SESSION "m=audio 4 RTP/AVP 0\r\na=label:1\r\n", "sdp-no-direction");
  fail_unless_equals_int (siprec_offer_mline (offer, 0)->direction, SIPREC_DIRECTION_SENDRECV);
}
GST_END_TEST;

GST_START_TEST (test_sendrecv)
{
  g_autoptr (SiprecOffer) offer =
      parse_noting (SESSION "m=audio 4 RTP/AVP 0\r\na=label:1\r\na=sendrecv\r\n", "sdp-sendrecv");
  fail_if (siprec_offer_mline (offer, 0)->held);
}
GST_END_TEST;

GST_START_TEST (test_recvonly)
{
  g_autoptr (SiprecOffer) offer =
      parse_noting (SESSION "m=audio 4 RTP/AVP 0\r\na=label:1\r\na=recvonly\r\n", "sdp-recvonly");
  fail_unless (siprec_offer_mline (offer, 0)->held);
}
GST_END_TEST;

GST_START_TEST (test_hold_address)
{
  g_autoptr (SiprecOffer) offer =
      parse_noting (SESSION CALLER "c=IN IP4 0.0.0.0\r\n" CALLEE, "sdp-hold-address");
  fail_unless (siprec_offer_mline (offer, 0)->held);
  fail_if (siprec_offer_mline (offer, 1)->held);
}
GST_END_TEST;

GST_START_TEST (test_hold_address_and_inactive)
{
  g_autoptr (SiprecOffer) offer = parse_noting (
      SESSION "m=audio 4 RTP/AVP 0\r\na=label:1\r\na=inactive\r\nc=IN IP4 0.0.0.0\r\n", NULL);
  fail_unless (siprec_offer_mline (offer, 0)->held);
}
GST_END_TEST;

GST_START_TEST (test_no_label)
{
  g_autoptr (SiprecOffer) offer =
      parse_noting (SESSION "m=audio 4 RTP/AVP 0\r\na=sendonly\r\na=label:\r\n", "sdp-no-label");
  fail_unless (siprec_offer_mline (offer, 0)->label == NULL);
}
GST_END_TEST;

GST_START_TEST (test_label_too_long)
{
  g_autofree gchar *label = g_strnfill (300, 'x');
  g_autofree gchar *text =
      g_strconcat (SESSION "m=audio 4 RTP/AVP 0\r\na=sendonly\r\na=label:", label, "\r\n", NULL);
  g_autoptr (SiprecOffer) offer = parse_noting (text, "sdp-no-label");
  fail_unless (siprec_offer_mline (offer, 0)->label == NULL);
}
GST_END_TEST;

GST_START_TEST (test_label_no_token)
{
  g_autoptr (SiprecOffer) offer = parse_noting (
      SESSION "m=audio 4 RTP/AVP 0\r\na=sendonly\r\na=label:a leg:1\r\n", "sdp-label");
  fail_unless_equals_string (siprec_offer_mline (offer, 0)->label, "a leg:1");
}
GST_END_TEST;

GST_START_TEST (test_duplicate_label)
{
  g_autoptr (SiprecOffer) offer =
      parse_noting (SESSION CALLEE "m=audio 30040 RTP/AVP 8\r\na=label:2\r\na=sendonly\r\n",
                    "sdp-duplicate-label");
  fail_unless_equals_string (siprec_offer_mline (offer, 1)->label, "2");
}
GST_END_TEST;

GST_START_TEST (test_port_count)
{
  g_autoptr (SiprecOffer) offer = parse_noting (
      SESSION "m=audio 50000/2 RTP/AVP 8\r\na=sendonly\r\na=label:1\r\n", "sdp-port-count");
  fail_unless_equals_int (siprec_offer_mline (offer, 0)->port, 50000);
}
GST_END_TEST;

GST_START_TEST (test_rtcp_garbage)
{
  static const gchar *const values[] = {"", "x", "0", "65536", "-1", "5001x"};

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autofree gchar *text = g_strconcat (SESSION CALLEE "a=rtcp:", values[i], "\r\n", NULL);
    g_autoptr (SiprecOffer) offer = parse_noting (text, "sdp-rtcp");

    fail_unless_equals_int (siprec_offer_mline (offer, 0)->rtcp_port, 30039);
    g_ptr_array_set_size (deviations, 0);
  }
}
GST_END_TEST;

GST_START_TEST (test_unknown_attributes_and_lines)
{
  g_autoptr (SiprecOffer) offer = parse_noting (
      SESSION "y=1\r\nb=AS:64\r\nk=clear:x\r\na=\r\na=:\r\na=group:BUNDLE 1\r\n" CALLER
              "a=3gOoBTC\r\na=direction:both\r\nb=\r\ni=x\r\na=ptime:x\r\na=candidate:1 2\r\n",
      NULL);
  fail_unless_equals_int (siprec_offer_mline (offer, 0)->formats->len, 2);
}
GST_END_TEST;

GST_START_TEST (test_garbage_line)
{
  g_autoptr (SiprecOffer) offer =
      parse_noting (SESSION "hello world\r\n" CALLER "=x\r\nM=audio 4 RTP/AVP 0\r\n\r\n \r\n",
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
    g_autoptr (SiprecOffer) offer = parse_noting (text, NULL);

    fail_unless_equals_int (offer->mlines->len, 2);
    fail_unless_equals_string (siprec_offer_mline (offer, 1)->label, "2");
  }
}
GST_END_TEST;

GST_START_TEST (test_control_character)
{
  g_autoptr (SiprecOffer) offer = parse_noting (
      SESSION "i=a\001\033\177b\r\nm=audio 4 RTP/AVP 8\r\na=label:x\001\r\na=sendonly\r\n",
      "sdp-control-character");

  fail_unless_equals_string (siprec_offer_mline (offer, 0)->label, "x");
  fail_unless_equals_string (gst_sdp_message_get_information (offer->sdp), "a   b");
}
GST_END_TEST;

GST_START_TEST (test_encoding)
{
  g_autoptr (SiprecOffer) offer = parse_noting (
      "v=0\r\no=- 1 1 IN IP4 x\r\ns=B\374ro\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n" CALLER,
      "sdp-encoding");
  fail_unless (g_utf8_validate (gst_sdp_message_get_session_name (offer->sdp), -1, NULL));
  fail_unless_equals_int (offer->mlines->len, 1);
}
GST_END_TEST;

GST_START_TEST (test_nul)
{
  static const gchar text[] = SESSION CALLER "\0" CALLEE;
  g_autoptr (SiprecOffer) offer = parse_bytes (text, sizeof text, deviations, NULL);

  fail_unless (offer != NULL);
  fail_unless_equals_int (offer->mlines->len, 1);
  fail_unless_equals_int (deviations->len, 1);
  fail_unless (siprec_deviations_has (deviations, "sdp-nul"));
}
GST_END_TEST;

GST_START_TEST (test_disabled_line)
{
  g_autoptr (SiprecOffer) offer = parse_noting (SESSION CALLER "m=audio 0 RTP/AVP 0\r\n", NULL);
  fail_unless_equals_int (siprec_offer_mline (offer, 1)->port, 0);
}
GST_END_TEST;

/* RFC 3264 section 5: streams may come later. */
GST_START_TEST (test_no_lines)
{
  g_autoptr (SiprecOffer) offer = parse (SESSION);

  fail_unless_equals_int (offer->mlines->len, 0);
}
GST_END_TEST;

/* ---- what is refused ---- */

GST_START_TEST (test_refused)
{
  static const gchar *const texts[] = {
      "hello world",
      "\r\n\r\n",
      "v=0\r\n",
      "v=1\r\n" CALLER,
      "v=\r\n" CALLER,
      "v=0x\r\n" CALLER,
      CALLER,
      "s=-\r\nv=0\r\n" CALLER,
      "v=0\r\ns=-\r\nt=0 0\r\n",
      SESSION "m=\r\n",
      SESSION "m=audio\r\n",
      SESSION "m=audio 4\r\n",
      SESSION "m=audio 4 RTP/AVP\r\nm=audio\r\n",
      SESSION "m=audio x RTP/AVP 0\r\n",
      SESSION "m=audio -1 RTP/AVP 0\r\n",
      SESSION "m=audio +4 RTP/AVP 0\r\n",
      SESSION "m=audio 4x RTP/AVP 0\r\n",
      SESSION "m=audio 65536 RTP/AVP 0\r\n",
      SESSION "m=audio 4294967300 RTP/AVP 0\r\n",
      SESSION "m=audio 4/ RTP/AVP 0\r\n",
      SESSION "m=audio 4/2/2 RTP/AVP 0\r\n",
      SESSION "m= 4 RTP/AVP 0\r\n",
      SESSION CALLER "m=audio, RTP/AVP 0\r\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    check_refused (texts[i]);
}
GST_END_TEST;

GST_START_TEST (test_sizes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new (SESSION CALLER);

  fail_unless (siprec_offer_parse (NULL, deviations, &error) == NULL);
  fail_unless (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX));
  check_refused ("");

  while (text->len < 64 * 1024 - 8)
    g_string_append (text, "a=x\r\n");
  while (text->len < 64 * 1024)
    g_string_append_c (text, '\n');
  g_autoptr (SiprecOffer) offer = parse (text->str);
  fail_unless_equals_int (offer->mlines->len, 1);
  g_string_append_c (text, '\n');
  check_refused (text->str);
}
GST_END_TEST;

GST_START_TEST (test_line_counts)
{
  g_autoptr (GString) text = g_string_new (SESSION);

  for (guint i = 0; i < 64; i++)
    g_string_append (text, CALLEE);
  g_autoptr (SiprecOffer) offer = parse (text->str);
  fail_unless_equals_int (offer->mlines->len, 64);
  g_string_append (text, CALLEE);
  check_refused (text->str);
}
GST_END_TEST;

/* What an error quotes ends in logs and answers. */
GST_START_TEST (test_first_line_keeps_its_secret)
{
  static const gchar text[] = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0\r\n";
  g_autoptr (GError) error = NULL;

  fail_unless (parse_bytes (text, strlen (text), deviations, &error) == NULL);
  fail_unless (strstr (error->message, "\"a=crypto:1 ") != NULL, "%s", error->message);
  fail_unless (strstr (error->message, "c2VjcmV0") == NULL, "%s", error->message);
}
GST_END_TEST;

static void
check_survives (const gchar *data, gsize size)
{
  g_autoptr (GPtrArray) noted = siprec_deviations_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (SiprecOffer) offer = parse_bytes (data, size, noted, &error);

  fail_unless ((offer != NULL) == (error == NULL));
  if (error != NULL)
    fail_unless (g_utf8_validate (error->message, -1, NULL));
  for (guint i = 0; i < noted->len; i++) {
    const SiprecDeviation *deviation = g_ptr_array_index (noted, i);
    fail_unless (g_utf8_validate (deviation->detail, -1, NULL));
  }
}

static const gchar hostile_seed[] = SESSION
    "b=AS:64\r\na=group:BUNDLE 1\r\n" CALLER "c=IN IP6 2001:db8::1/3\r\na=rtcp:30029 IN IP4 "
    "192.0.2.1\r\na=mid:1\r\n" CALLEE "a=rtpmap:8 PCMA/8000/1\r\na=content:main,slides\r\n";

GST_START_TEST (test_truncations)
{
  for (gsize size = 0; size < sizeof hostile_seed; size++)
    check_survives (hostile_seed, size);
}
GST_END_TEST;

GST_START_TEST (test_mutations)
{
  static const gchar pieces[][12] = {"m=", "a=rtpmap:", "a=fmtp:8 ", "c=",       "/",  "99999999",
                                     ":",  "\r\n",      " ",         "a=label:", "t=", "a=rtcp:"};
  g_autoptr (GRand) rand = g_rand_new_with_seed (21);

  for (guint i = 0; i < rounds (10000); i++) {
    g_autofree gchar *data = g_memdup2 (hostile_seed, sizeof hostile_seed);

    for (guint n = g_rand_int_range (rand, 1, 8); n > 0; n--) {
      gsize at = g_rand_int_range (rand, 0, sizeof hostile_seed - 12);
      const gchar *piece = pieces[g_rand_int_range (rand, 0, G_N_ELEMENTS (pieces))];

      if (g_rand_boolean (rand))
        data[at] = g_rand_int (rand);
      else
        memcpy (data + at, piece, strlen (piece));
    }
    check_survives (data, sizeof hostile_seed);
  }
}
GST_END_TEST;

/* What @size bytes of the worst shapes cost. */
static gint64
weigh_offers (gsize size)
{
  static const gchar *const units[] = {"a=rtpmap:127 x/1\n", "a\n", "a=\n", " 96", "c=/", "\001"};
  gint64 start = effort ();

  for (gsize u = 0; u < G_N_ELEMENTS (units); u++) {
    g_autoptr (GString) text = g_string_new (SESSION "m=audio 4 RTP/AVP");
    for (guint pt = 0; pt < 128; pt++)
      g_string_append_printf (text, " %u", pt);
    g_string_append (text, *units[u] == ' ' ? "" : "\n");
    while (text->len + 20 < size)
      g_string_append (text, units[u]);
    check_survives (text->str, text->len);
  }
  return effort () - start;
}

/* 64 KiB of them cost no more than their share. */
GST_START_TEST (test_large_offers)
{
  gint64 brief = weigh_offers (16 * 1024), lengthy = weigh_offers (64 * 1024);

  fail_unless (effort_is_linear (brief, lengthy),
               "%" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " us", brief, lengthy);
}
GST_END_TEST;

static Suite *
sdp_offer_suite (void)
{
  Suite *suite = suite_create ("sdp-offer");
  TCase *read = tcase_create ("read");
  TCase *tolerated = tcase_create ("tolerated");
  TCase *refused = tcase_create ("refused");
  TCase *cases[] = {read, tolerated, refused};

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    suite_add_tcase (suite, cases[i]);
    tcase_add_checked_fixture (cases[i], setup, teardown);
  }
  tcase_add_test (read, test_usual);
  tcase_add_test (read, test_kinds);
  tcase_add_test (read, test_directions);
  tcase_add_test (read, test_addresses);
  tcase_add_test (read, test_rtcp);
  tcase_add_test (read, test_names);
  tcase_add_test (read, test_times);
  tcase_add_test (read, test_disabled_line);
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
  tcase_add_test (refused, test_no_lines);
  tcase_add_test (refused, test_refused);
  tcase_add_test (refused, test_sizes);
  tcase_add_test (refused, test_line_counts);
  tcase_add_test (refused, test_first_line_keeps_its_secret);
  tcase_add_test (refused, test_truncations);
  tcase_add_test (refused, test_mutations);
  tcase_add_test (refused, test_large_offers);
  return suite;
}

GST_CHECK_MAIN (sdp_offer);
