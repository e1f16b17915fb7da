/* siprec-core: the table of tolerated departures from the standards, and lists of them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "deviation.h"

#include <string.h>

#define PRINTABLE_MAX 64 /* characters of siprec_printable() */

typedef struct {
  const gchar *id;
  guint status; /* of a strict recorder, 0 if it accepts that too */
  const gchar *description;
} Entry;

/* Sorted by id, one a line. docs/interop.md explains each, and a test compares the two. */
static const Entry entries[] = {
    /* clang-format off */
  { "body-boundary-mismatch", 400, "The boundary parameter is not the boundary that the body uses" },
  { "body-boundary-missing", 400, "A multipart body without a boundary parameter" },
  { "body-boundary-spaces", 400, "White space before a multipart delimiter" },
  { "body-content-length", 400, "A body part's own Content-Length is wrong" },
  { "body-header", 400, "A line among a body part's headers is no header" },
  { "body-line-ends", 400, "Lines of a multipart body end with LF in place of CRLF" },
  { "body-metadata-type", 415, "Metadata as application/rs-metadata, its type before RFC 9806" },
  { "body-nested", 400, "A multipart within the body can't be read and was left out" },
  { "body-no-disposition", 400, "Recording metadata without the disposition recording-session" },
  { "body-no-type", 400, "A body or body part without a usable Content-Type" },
  { "body-too-deep", 400, "Multiparts are nested too deeply; the inner ones were left out" },
  { "body-too-many-headers", 400, "A body part with too many headers was left out" },
  { "body-too-many-parts", 400, "The body has too many parts; the last ones were left out" },
  { "body-transfer-encoding", 400, "A body part with a Content-Transfer-Encoding, which SIP has not" },
  { "body-unknown-part", 415, "A body part of a type that is not understood was ignored" },
  { "body-unterminated", 400, "The multipart body's closing delimiter is missing" },
  { "metadata-ampersand", 0, "An ampersand that is not escaped" },
  { "metadata-aor", 0, "An address of record that is no URI" },
  { "metadata-aor-missing", 0, "A participant or nameID without an address of record" },
  { "metadata-control-character", 0, "A control character that XML forbids" },
  { "metadata-datamode", 0, "The datamode in another spelling or with an unknown value" },
  { "metadata-doctype", 0, "A document type declaration, which was not followed" },
  { "metadata-draft-attribute", 0, "An attribute name of the drafts, such as id in place of stream_id" },
  { "metadata-draft-layout", 0, "An element where the drafts had it" },
  { "metadata-element", 0, "An element that RFC 7865 has not, without a namespace of its own" },
  { "metadata-encoding", 0, "Text that is not in the encoding it claims" },
  { "metadata-guessed", 0, "Nothing says who sends on which stream; order or labels decided" },
  { "metadata-id-duplicate", 0, "One id for two elements" },
  { "metadata-id-format", 0, "An id that is no UUID in base64" },
  { "metadata-id-missing", 0, "An element without the id it needs was left out" },
  { "metadata-id-too-long", 0, "An id that is too long was left out" },
  { "metadata-label", 0, "A label that only the metadata has, or only the SDP" },
  { "metadata-limit", 0, "The document exceeds a bound and was read up to it" },
  { "metadata-malformed", 0, "XML that is not well formed was read as far as it goes" },
  { "metadata-namespace", 0, "Another namespace than that of RFC 7865" },
  { "metadata-order", 0, "Elements in another order than the schema's" },
  { "metadata-root", 0, "Another root element than recording" },
  { "metadata-session-id", 0, "A sipSessionID that is not of the form of RFC 7989" },
  { "metadata-time", 0, "A time that is not in the form of RFC 3339" },
  { "sdp-codec-unknown", 488, "A codec that can't be depayloaded; its packets are passed on as application/x-rtp" },
  { "sdp-control-character", 400, "The SDP contains control characters" },
  { "sdp-crypto", 400, "An a=crypto line that can't be used" },
  { "sdp-duplicate-label", 400, "Two media lines have the same a=label" },
  { "sdp-encoding", 400, "The SDP is not valid UTF-8" },
  { "sdp-feedback-profile", 400, "RTCP feedback is offered in a profile without it" },
  { "sdp-fingerprint", 400, "An a=fingerprint that can't be read, or of a hash that nobody trusts" },
  { "sdp-fingerprint-sha1", 400, "The only a=fingerprint is of SHA-1" },
  { "sdp-fmtp", 400, "An a=fmtp that is too long was left out" },
  { "sdp-format", 400, "A media line lists a payload type that is no number from 0 to 127" },
  { "sdp-garbage-line", 400, "The SDP has a line that is not of the form x=value" },
  { "sdp-hold-address", 400, "A stream is held by the connection address 0.0.0.0" },
  { "sdp-label", 400, "An a=label that is no token" },
  { "sdp-line-refused", 0, "A media line of a kind or transport that is not received; it got port 0" },
  { "sdp-lines-missing", 488, "An offer with fewer media lines than the one before" },
  { "sdp-no-connection", 400, "A media line without any c= line" },
  { "sdp-no-direction", 400, "A media line without a direction, which means sendrecv" },
  { "sdp-no-format", 400, "A media line without any format" },
  { "sdp-no-label", 400, "A media line without a=label" },
  { "sdp-no-origin", 400, "The SDP has no o= line" },
  { "sdp-no-rtpmap", 400, "A dynamic payload type without a=rtpmap" },
  { "sdp-no-session-name", 400, "The SDP has no s= line" },
  { "sdp-no-time", 400, "The SDP has no t= line" },
  { "sdp-nul", 400, "The SDP contains a NUL byte and was read up to there" },
  { "sdp-origin", 400, "An o= line that does not continue the one before" },
  { "sdp-port-count", 400, "A media line with more than one port" },
  { "sdp-recvonly", 400, "A recording client offers to receive only" },
  { "sdp-rtcp", 400, "An a=rtcp without a usable port" },
  { "sdp-rtpmap", 400, "An a=rtpmap that can't be read" },
  { "sdp-same-port", 400, "Two media lines at one port" },
  { "sdp-sendrecv", 400, "A recording client offers to receive as well" },
  { "sdp-video-codec", 0, "A video line without a codec that can be depayloaded was refused" },
  { "sip-contact", 400, "A Contact that can not be read" },
  { "sip-line-ends", 400, "Lines of a SIP message end with LF in place of CRLF" },
  { "sip-no-offer", 488, "The INVITE has no SDP; the streams were offered by us" },
  { "sip-no-require", 403, "An INVITE without Require: siprec" },
  { "sip-no-src-tag", 403, "A Contact without the feature tag +sip.src" },
  { "sip-src-tag", 403, "The feature tag +sip.src in another spelling or place" },
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

guint
siprec_deviation_status (const gchar *id)
{
  const Entry *entry = find_entry (id);

  return entry != NULL ? entry->status : 0;
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
