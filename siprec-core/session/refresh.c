/* Asks the client for a key frame by signalling, where RTCP can't (RFC 5168). SIP thread only.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-private.h"

#define GST_CAT_DEFAULT siprec_session_debug

#define MEDIA_CONTROL "application/media_control+xml"

static gchar *
make_body (const SiprecLine *line)
{
  g_autofree gchar *escaped = line->label ? g_markup_escape_text (line->label, -1) : NULL;
  g_autofree gchar *stream =
      escaped ? g_strdup_printf ("<stream_id>%s</stream_id>", escaped) : g_strdup ("");

  return g_strdup_printf ("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"
                          "<media_control><vc_primitive><to_encoder><picture_fast_update/>"
                          "</to_encoder>%s</vc_primitive></media_control>\r\n",
                          stream);
}

static void
on_answered (SiprecDialog *dialog, SiprecRequest *response, gpointer user_data)
{
  SiprecSession *session = user_data;

  if (response->status < 300)
    return;
  GST_INFO ("session %s: the client refuses to be asked for key frames: %u", session->id,
            response->status);
  session->refresh_refused = TRUE;
}

void
siprec_session_request_refresh (SiprecSession *session, SiprecLine *line)
{
  g_autofree gchar *body = make_body (line);

  if (session->refresh_refused || session->ending || session->dialog == NULL)
    return;
  /* Not before the ACK. */
  if (!siprec_dialog_request (session->dialog, "INFO", NULL, MEDIA_CONTROL, body, on_answered,
                              session))
    siprec_stream_request_key_frame (line->stream);
}
