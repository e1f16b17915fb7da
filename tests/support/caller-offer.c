/* What a recording client offers: SDP, and metadata that says who speaks.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caller-private.h"

#include <string.h>

gchar *
caller_make_sdp (Caller *caller, guint n_streams, const gchar *direction)
{
  const gchar *where = strchr (caller->host, '[') ? "IP6 ::1" : "IP4 127.0.0.1";
  GString *sdp = g_string_new (NULL);

  g_string_append_printf (sdp, "v=0\r\no=caller 4711 %u IN %s\r\ns=-\r\nc=IN %s\r\nt=0 0\r\n",
                          ++caller->sdp_version, where, where);
  for (guint i = 0; i < n_streams; i++)
    g_string_append_printf (sdp,
                            "m=audio %u %s 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
                            "a=rtpmap:101 telephone-event/8000\r\na=label:%u\r\na=%s\r\n%s",
                            caller->rtp_port[i], caller->proto[i] ? caller->proto[i] : "RTP/AVP",
                            i + 1, direction, caller->attributes[i] ? caller->attributes[i] : "");
  return g_string_free (sdp, FALSE);
}

#define CALL_ID   "YSBjYWxsIG9mIGNhbGxlcg=="
#define PERSON_ID "cGVyc29uIG51bWJlciBvZ%u=="
#define STREAM_ID "c3RyZWFtIG51bWJlciBvZ%u=="

/* In the order of the schema (RFC 7865 section 9). */
gchar *
caller_make_metadata (guint n_streams, const gchar *second)
{
  static const gchar *const names[] = {"Ada", "Ben", "Cleo", "Dan", "Eve", "Fay", "Gus", "Hal"};
  GString *xml =
      g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
                    "<recording xmlns=\"urn:ietf:params:xml:ns:recording:1\">"
                    "<datamode>complete</datamode><session session_id=\"" CALL_ID "\"/>");

  for (guint i = 0; i < n_streams; i++)
    g_string_append_printf (xml,
                            "<participant participant_id=\"" PERSON_ID
                            "\"><nameID aor=\"sip:p%u@example.com\">"
                            "<name xml:lang=\"en\">%s</name></nameID></participant>",
                            i, i, i == 1 && second ? second : names[i]);
  for (guint i = 0; i < n_streams; i++)
    g_string_append_printf (xml,
                            "<stream stream_id=\"" STREAM_ID "\" session_id=\"" CALL_ID
                            "\"><label>%u</label></stream>",
                            i, i + 1);
  for (guint i = 0; i < n_streams; i++)
    g_string_append_printf (xml,
                            "<participantsessionassoc participant_id=\"" PERSON_ID
                            "\" session_id=\"" CALL_ID "\"/>",
                            i);
  for (guint i = 0; i < n_streams; i++)
    g_string_append_printf (xml,
                            "<participantstreamassoc participant_id=\"" PERSON_ID
                            "\"><send>" STREAM_ID "</send></participantstreamassoc>",
                            i, i);
  g_string_append (xml, "</recording>\r\n");
  return g_string_free (xml, FALSE);
}

gchar *
caller_make_body (Caller *caller, guint n_streams, const gchar *direction)
{
  g_autofree gchar *sdp = caller_make_sdp (caller, n_streams, direction);
  g_autofree gchar *xml = caller_make_metadata (n_streams, NULL);

  return g_strdup_printf ("--caller\r\nContent-Type: application/sdp\r\n\r\n%s"
                          "\r\n--caller\r\nContent-Type: application/rs-metadata+xml\r\n"
                          "Content-Disposition: recording-session\r\n\r\n%s\r\n--caller--\r\n",
                          sdp, xml);
}

gchar *
caller_make_lines (Caller *caller, const gchar *const *lines)
{
  const gchar *where = strchr (caller->host, '[') ? "IP6 ::1" : "IP4 127.0.0.1";
  GString *sdp = g_string_new (NULL);

  g_string_append_printf (sdp, "v=0\r\no=caller 4711 %u IN %s\r\ns=-\r\nc=IN %s\r\nt=0 0\r\n",
                          ++caller->sdp_version, where, where);
  for (guint i = 0; lines[i]; i++) {
    g_autofree gchar *port = g_strdup_printf ("%u", caller->rtp_port[i]);
    g_autoptr (GString) line = g_string_new (lines[i]);

    g_string_replace (line, "PORT", port, 0);
    g_string_append (sdp, line->str);
  }
  return g_string_free (sdp, FALSE);
}
