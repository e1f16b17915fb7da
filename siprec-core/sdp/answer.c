/* siprec-core: chooses formats and writes the SDP answer (RFC 7866 section 7.2, RFC 3264 section 6)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "answer.h"

#include <string.h>

#include "codec.h"
#include "feedback.h"

/* ---- which formats ---- */

/* TRUE for formats that only protect or repeat another one of the line: never the codec if there is
 * a choice. */
static gboolean
is_repair (const SiprecFormat *format)
{
  static const gchar *const names[] = {"RED",       "RTX",        "ULPFEC",
                                       "PARITYFEC", "FLEXFEC-03", "FLEXFEC"};

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    if (g_ascii_strcasecmp (format->encoding_name, names[i]) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_depayloadable (const SiprecFormat *format)
{
  return format->payload != SIPREC_PAYLOAD_OPAQUE && !siprec_format_is_auxiliary (format);
}

/* The first format named @codec; with @codec NULL, the first that can be depayloaded. */
static SiprecFormat *
find_codec (const SiprecMline *mline, const gchar *codec)
{
  for (guint i = 0; i < mline->formats->len; i++) {
    SiprecFormat *format = g_ptr_array_index (mline->formats, i);

    if (codec != NULL ? g_ascii_strcasecmp (format->encoding_name, codec) == 0 &&
                            !siprec_format_is_auxiliary (format)
                      : is_depayloadable (format))
      return format;
  }
  return NULL;
}

/* The first media format whatever it is; one for repair only if there is nothing else. */
static SiprecFormat *
find_any (const SiprecMline *mline)
{
  SiprecFormat *repair = NULL;

  for (guint i = 0; i < mline->formats->len; i++) {
    SiprecFormat *format = g_ptr_array_index (mline->formats, i);

    if (siprec_format_is_auxiliary (format))
      continue;
    if (!is_repair (format))
      return format;
    if (repair == NULL)
      repair = format;
  }
  return repair;
}

static gboolean
is_sound (const SiprecFormat *format)
{
  return format->payload == SIPREC_PAYLOAD_TELEPHONE_EVENT ||
         format->payload == SIPREC_PAYLOAD_COMFORT_NOISE;
}

/* Adds the events and comfort noise with @clock_rate, or all with 0. Returns how many. */
static guint
add_auxiliary (GPtrArray *chosen, const SiprecMline *mline, guint32 clock_rate)
{
  guint added = 0;

  for (guint i = 0; i < mline->formats->len; i++) {
    SiprecFormat *format = g_ptr_array_index (mline->formats, i);

    if (!is_sound (format) || (clock_rate != 0 && format->clock_rate != clock_rate))
      continue;
    g_ptr_array_add (chosen, siprec_format_ref (format));
    added++;
  }
  return added;
}

/* Adds the format in which lost packets of @format are sent again, if those of the line's @codec can be asked for. */
static void
add_retransmission (GPtrArray *chosen, const SiprecMline *mline, const SiprecFormat *codec,
                    const SiprecFormat *format)
{
  for (guint i = 0; i < mline->formats->len; i++) {
    SiprecFormat *offered = g_ptr_array_index (mline->formats, i);

    if (offered->payload == SIPREC_PAYLOAD_RETRANSMISSION && offered->mode == format->pt &&
        (mline->feedback[codec->pt] & SIPREC_FEEDBACK_NACK)) {
      g_ptr_array_add (chosen, siprec_format_ref (offered));
      return;
    }
  }
}

/* Adds what packets of @codec may be wrapped in, and what repairs them. */
static void
add_repair (GPtrArray *chosen, const SiprecMline *mline, const SiprecFormat *codec)
{
  add_retransmission (chosen, mline, codec, codec);
  for (guint i = 0; i < mline->formats->len; i++) {
    SiprecFormat *format = g_ptr_array_index (mline->formats, i);

    if ((format->payload != SIPREC_PAYLOAD_RED && format->payload != SIPREC_PAYLOAD_FEC) ||
        format->clock_rate != codec->clock_rate)
      continue;
    g_ptr_array_add (chosen, siprec_format_ref (format));
    if (format->payload == SIPREC_PAYLOAD_RED)
      add_retransmission (chosen, mline, codec, format);
  }
}

GPtrArray *
siprec_answer_choose (const SiprecMline *mline, const gchar *const *codecs)
{
  GPtrArray *chosen = g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_format_unref);
  SiprecFormat *codec = NULL;

  for (guint i = 0; codec == NULL && codecs != NULL && codecs[i] != NULL; i++)
    codec = find_codec (mline, codecs[i]);
  if (codec == NULL)
    codec = find_codec (mline, NULL);
  if (codec == NULL)
    codec = find_any (mline);
  if (codec == NULL)
    return chosen;

  g_ptr_array_add (chosen, siprec_format_ref (codec));
  add_repair (chosen, mline, codec);
  if (add_auxiliary (chosen, mline, codec->clock_rate) == 0)
    add_auxiliary (chosen, mline, 0);
  return chosen;
}

/* ---- the text ---- */

/* Appends text of the offer. The reader left no control characters in it, but a line of ours must not
 * depend on that. */
static void
append_echo (GString *out, const gchar *text)
{
  for (const gchar *p = text; *p != '\0'; p++)
    g_string_append_c (out, g_ascii_iscntrl (*p) ? '_' : *p);
}

static void
append_attribute (GString *out, const gchar *name, const gchar *value)
{
  if (value == NULL)
    return;
  g_string_append_printf (out, "a=%s:", name);
  append_echo (out, value);
  g_string_append (out, "\r\n");
}

static void
append_session (GString *out, const SiprecOffer *offer, const gchar *address, guint64 session_id,
                guint64 version)
{
  const gchar *family = strchr (address, ':') != NULL ? "IP6" : "IP4";
  const gchar *start = "0", *stop = "0";

  /* RFC 3264 section 6: the t= line is that of the offer. */
  if (gst_sdp_message_times_len (offer->sdp) > 0) {
    start = gst_sdp_message_get_time (offer->sdp, 0)->start;
    stop = gst_sdp_message_get_time (offer->sdp, 0)->stop;
  }
  g_string_append_printf (out,
                          "v=0\r\no=- %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
                          " IN %s %s\r\ns=-\r\n"
                          "c=IN %s %s\r\n",
                          session_id, version, family, address, family, address);
  g_string_append (out, "t=");
  append_echo (out, start);
  g_string_append_c (out, ' ');
  append_echo (out, stop);
  g_string_append (out, "\r\n");
}

/* "m=audio 0 RTP/AVP", without formats. */
static void
append_mline (GString *out, const SiprecMline *mline, guint16 port)
{
  g_string_append (out, "m=");
  append_echo (out, mline->media);
  g_string_append_printf (out, " %u ", port);
  append_echo (out, mline->proto);
}

/* The formats as offered; a line needs at least one. */
static void
append_offered_formats (GString *out, const GstSDPMedia *media)
{
  guint n = gst_sdp_media_formats_len (media);
  gsize before = out->len;

  for (guint i = 0; i < n; i++) {
    const gchar *format = gst_sdp_media_get_format (media, i);

    if (*format == '\0')
      continue;
    g_string_append_c (out, ' ');
    append_echo (out, format);
  }
  g_string_append (out, out->len == before ? " 0\r\n" : "\r\n");
}

/* What a receiver says about a format: the offered parameters, most of which must be alike on both
 * sides (octet-align, mode, annexb, packetization-mode), but not what only a sender can say. */
static void
append_fmtp (GString *out, const GstSDPMedia *media, const SiprecFormat *format)
{
  const gchar *offered = siprec_codec_fmtp (media, format->pt);

  if (offered == NULL && format->payload == SIPREC_PAYLOAD_TELEPHONE_EVENT)
    offered = "0-15"; /* RFC 4733 section 2.5.1.1: what is meant without fmtp */
  /* Those of RED are payload types, of which not all may be in the answer. */
  if (offered == NULL || format->payload == SIPREC_PAYLOAD_RED)
    return;

  g_auto (GStrv) parameters = g_strsplit (offered, ";", -1);
  g_autoptr (GString) kept = g_string_new (NULL);
  for (guint i = 0; parameters[i] != NULL; i++) {
    const gchar *parameter = g_strstrip (parameters[i]);

    if (*parameter != '\0' && g_ascii_strncasecmp (parameter, "sprop", 5) != 0)
      g_string_append_printf (kept, "%s%s", kept->len > 0 ? ";" : "", parameter);
  }
  if (kept->len == 0)
    return;
  g_string_append_printf (out, "a=fmtp:%u ", format->pt);
  append_echo (out, kept->str);
  g_string_append (out, "\r\n");
}

static void
append_formats (GString *out, const GstSDPMedia *media, const SiprecMline *mline,
                const GPtrArray *formats)
{
  for (guint i = 0; i < formats->len; i++) {
    const SiprecFormat *format = g_ptr_array_index (formats, i);
    g_string_append_printf (out, " %u", format->pt);
  }
  g_string_append (out, "\r\n");

  for (guint i = 0; i < formats->len; i++) {
    const SiprecFormat *format = g_ptr_array_index (formats, i);
    g_autofree gchar *rtpmap = siprec_codec_rtpmap (media, format);

    g_string_append_printf (out, "a=rtpmap:%u ", format->pt);
    append_echo (out, rtpmap);
    g_string_append (out, "\r\n");
    append_fmtp (out, media, format);
    if (format->payload == SIPREC_PAYLOAD_VIDEO)
      siprec_feedback_append (out, format->pt, mline->feedback[format->pt]);
  }
}

static void
append_media (GString *out, const SiprecOffer *offer, const SiprecMline *mline,
              const SiprecAnswerLine *line, const gchar *address)
{
  const GstSDPMedia *media = gst_sdp_message_get_media (offer->sdp, mline->index);
  gboolean formats = line->formats != NULL && line->formats->len > 0;
  gboolean accepted = line->port != 0 && mline->port != 0 && (formats || !mline->rtp);

  append_mline (out, mline, accepted ? line->port : 0);
  if (accepted && formats)
    append_formats (out, media, mline, line->formats);
  else
    append_offered_formats (out, media);

  /* Some clients send no media when the label does not come back (OpenSIPS, NetSapiens). */
  append_attribute (out, "label", mline->label);
  append_attribute (out, "mid", mline->mid);
  if (!accepted)
    return;
  if (mline->rtcp_mux)
    g_string_append (out, "a=rtcp-mux\r\n");
  siprec_security_write (out, line->protection, address, line->port, mline->rtcp_mux);
  g_string_append (out, line->inactive || (mline->held && !line->willing) ? "a=inactive\r\n"
                                                                          : "a=recvonly\r\n");
}

static gboolean
has_ice (const SiprecOffer *offer, const SiprecAnswerLine *lines)
{
  for (guint i = 0; i < offer->mlines->len; i++) {
    if (lines[i].protection && lines[i].protection->ice.ufrag)
      return TRUE;
  }
  return FALSE;
}

gchar *
siprec_answer_make (const SiprecOffer *offer, const SiprecAnswerLine *lines, const gchar *address,
                    guint64 session_id, guint64 version)
{
  GString *out = g_string_new (NULL);

  append_session (out, offer, address, session_id, version);
  if (has_ice (offer, lines))
    g_string_append (out, "a=ice-lite\r\n");
  for (guint i = 0; i < offer->mlines->len; i++)
    append_media (out, offer, g_ptr_array_index (offer->mlines, i), &lines[i], address);
  return g_string_free (out, FALSE);
}
