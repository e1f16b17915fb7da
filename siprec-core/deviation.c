/* siprec-core: the table of tolerated departures from the standards, and lists of them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "deviation.h"

#include <string.h>

#define PRINTABLE_MAX 64 /* characters of siprec_printable() */

typedef struct {
  const gchar *id;
  const gchar *description;
} Entry;

/* Sorted by id, one a line. docs/interop.md explains each, and a test compares the two. */
static const Entry entries[] = {
    /* clang-format off */
  { "body-boundary-mismatch", "The boundary parameter is not the boundary that the body uses" },
  { "body-boundary-missing", "A multipart body without a boundary parameter" },
  { "body-boundary-spaces", "White space before a multipart delimiter" },
  { "body-content-length", "A body part's own Content-Length is wrong" },
  { "body-header", "A line among a body part's headers is no header" },
  { "body-line-ends", "Lines of a multipart body end with LF in place of CRLF" },
  { "body-nested", "A multipart within the body can't be read and was left out" },
  { "body-no-disposition", "Recording metadata without the disposition recording-session" },
  { "body-no-type", "A body or body part without a usable Content-Type" },
  { "body-too-deep", "Multiparts are nested too deeply; the inner ones were left out" },
  { "body-too-many-headers", "A body part with too many headers was left out" },
  { "body-too-many-parts", "The body has too many parts; the last ones were left out" },
  { "body-transfer-encoding", "A body part with a Content-Transfer-Encoding, which SIP has not" },
  { "body-unknown-part", "A body part of a type that is not understood was ignored" },
  { "body-unterminated", "The multipart body's closing delimiter is missing" },
  { "metadata-ampersand", "An ampersand that is not escaped" },
  { "metadata-aor-missing", "A participant or nameID without an address of record" },
  { "metadata-control-character", "A control character that XML forbids" },
  { "metadata-datamode", "The datamode in another spelling or with an unknown value" },
  { "metadata-doctype", "A document type declaration, which was not followed" },
  { "metadata-draft-attribute", "An attribute name of the drafts, such as id in place of stream_id" },
  { "metadata-draft-layout", "An element where the drafts had it" },
  { "metadata-encoding", "Text that is not in the encoding it claims" },
  { "metadata-id-duplicate", "One id for two elements" },
  { "metadata-id-missing", "An element without the id it needs was left out" },
  { "metadata-id-too-long", "An id that is too long was left out" },
  { "metadata-limit", "The document exceeds a bound and was read up to it" },
  { "metadata-malformed", "XML that is not well formed was read as far as it goes" },
  { "metadata-namespace", "Another namespace than that of RFC 7865" },
  { "metadata-root", "Another root element than recording" },
  { "metadata-time", "A time that is not in the form of RFC 3339" },
  { "sdp-codec-unknown", "A codec that can't be depayloaded; its packets are passed on as application/x-rtp" },
  { "sdp-control-character", "The SDP contains control characters" },
  { "sdp-crypto", "An a=crypto line that can't be used" },
  { "sdp-duplicate-label", "Two media lines have the same a=label" },
  { "sdp-encoding", "The SDP is not valid UTF-8" },
  { "sdp-feedback-profile", "RTCP feedback is offered in a profile without it" },
  { "sdp-fingerprint", "An a=fingerprint that can't be read, or of a hash that nobody trusts" },
  { "sdp-fingerprint-sha1", "The only a=fingerprint is of SHA-1" },
  { "sdp-fmtp", "An a=fmtp that is too long was left out" },
  { "sdp-format", "A media line lists a payload type that is no number from 0 to 127" },
  { "sdp-garbage-line", "The SDP has a line that is not of the form x=value" },
  { "sdp-hold-address", "A stream is held by the connection address 0.0.0.0" },
  { "sdp-label", "An a=label that is no token" },
  { "sdp-no-connection", "A media line without any c= line" },
  { "sdp-no-direction", "A media line without a direction, which means sendrecv" },
  { "sdp-no-format", "A media line without any format" },
  { "sdp-no-label", "A media line without a=label" },
  { "sdp-no-origin", "The SDP has no o= line" },
  { "sdp-no-rtpmap", "A dynamic payload type without a=rtpmap" },
  { "sdp-no-session-name", "The SDP has no s= line" },
  { "sdp-no-time", "The SDP has no t= line" },
  { "sdp-nul", "The SDP contains a NUL byte and was read up to there" },
  { "sdp-port-count", "A media line with more than one port" },
  { "sdp-recvonly", "A recording client offers to receive only" },
  { "sdp-rtcp", "An a=rtcp without a usable port" },
  { "sdp-rtpmap", "An a=rtpmap that can't be read" },
  { "sdp-sendrecv", "A recording client offers to receive as well" },
  { "sdp-video-codec", "A video line without a codec that can be depayloaded was refused" },
  { "sip-no-offer", "The INVITE has no SDP; the streams were offered by us" },
  { "sip-no-require", "An INVITE without Require: siprec" },
  { "sip-no-src-tag", "A Contact without the feature tag +sip.src" },
    /* clang-format on */
};

static void
deviation_free (gpointer data)
{
  SiprecDeviation *deviation = data;

  g_free (deviation->detail);
  g_free (deviation);
}

GPtrArray *
siprec_deviations_new (void)
{
  return g_ptr_array_new_with_free_func (deviation_free);
}

static const Entry *
find_entry (const gchar *id)
{
  for (gsize i = 0; i < G_N_ELEMENTS (entries); i++) {
    if (strcmp (entries[i].id, id) == 0)
      return &entries[i];
  }
  return NULL;
}

void
siprec_deviations_add (GPtrArray *deviations, const gchar *id, const gchar *format, ...)
{
  if (deviations == NULL)
    return;

  /* An id that is missing in the table would be missing in the documentation too. */
  const Entry *entry = find_entry (id);
  g_return_if_fail (entry != NULL);

  if (siprec_deviations_has (deviations, id))
    return;

  SiprecDeviation *deviation = g_new0 (SiprecDeviation, 1);
  va_list args;
  va_start (args, format);
  deviation->id = entry->id;
  deviation->detail = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (deviations, deviation);
}

gboolean
siprec_deviations_has (GPtrArray *deviations, const gchar *id)
{
  for (guint i = 0; deviations != NULL && i < deviations->len; i++) {
    const SiprecDeviation *deviation = g_ptr_array_index (deviations, i);

    if (strcmp (deviation->id, id) == 0)
      return TRUE;
  }
  return FALSE;
}

const gchar *const *
siprec_deviation_ids (void)
{
  static const gchar *ids[G_N_ELEMENTS (entries) + 1];
  static gsize filled = 0;

  if (g_once_init_enter (&filled)) {
    for (gsize i = 0; i < G_N_ELEMENTS (entries); i++)
      ids[i] = entries[i].id;
    g_once_init_leave (&filled, 1);
  }
  return ids;
}

const gchar *
siprec_deviation_description (const gchar *id)
{
  const Entry *entry = find_entry (id);

  return entry != NULL ? entry->description : NULL;
}

gchar *
siprec_printable (const gchar *text, gssize size)
{
  gsize left = text == NULL ? 0 : size < 0 ? strlen (text) : (gsize)size;
  GString *out = g_string_new (NULL);

  for (guint n = 0; left > 0; n++) {
    if (n == PRINTABLE_MAX - 1 && left > 1) {
      g_string_append (out, "…");
      break;
    }
    gunichar c = *text == '\0' ? 0 : g_utf8_get_char_validated (text, left);
    gboolean valid = c != 0 && c != (gunichar)-1 && c != (gunichar)-2;
    gsize length = valid ? g_utf8_skip[*(const guchar *)text] : 1;

    /* Format characters count as not printable too: no message is turned round by a bidi mark. */
    g_string_append_unichar (out, valid && g_unichar_isprint (c) ? c : '.');
    text += length;
    left -= length;
  }
  return g_string_free (out, FALSE);
}
