/* What the body of a message holds, and what the RFCs say of one that can't be taken. SIP thread only.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-private.h"

#include <string.h>

#include "deviation.h"
#include "error.h"
#include "sdp/content.h"

#define GST_CAT_DEFAULT siprec_session_debug

static const gchar *const accept_headers[] = {"Accept: " SIPREC_ACCEPTED, NULL};

static const gchar *const retry_headers[] = {SIPREC_RETRY_AFTER, NULL};

void
siprec_content_clear (SiprecContent *content)
{
  g_clear_pointer (&content->offer, siprec_offer_free);
  g_clear_pointer (&content->metadata, g_bytes_unref);
}

/* RFC 5621 section 4.2: an unknown part whose handling is required is refused. A lenient recorder refuses
 * only when nothing else is of use, because clients mark required what they do not mean so. */
static gboolean
check_unknown_part (SiprecSession *session, const SiprecBodyPart *part, gboolean useful,
                    GError **error)
{
  g_autofree gchar *type = siprec_printable (part->content_type, -1);

  if (part->optional)
    return TRUE;
  if (useful && session->policy.strictness == SIPREC_STRICTNESS_LENIENT) {
    siprec_deviations_add (session->deviations, "body-unknown-part", "%s was ignored", type);
    return TRUE;
  }
  g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_MEDIA_TYPE, "%s is not understood", type);
  return FALSE;
}

gboolean
siprec_session_read_content (SiprecSession *session, SiprecRequest *request, SiprecContent *content,
                             GError **error)
{
  g_autoptr (GPtrArray) parts =
      siprec_body_split (request->content_type, request->content_disposition, request->body,
                         session->deviations, error);
  const SiprecBodyPart *sdp;

  if (parts == NULL)
    return FALSE;
  sdp = siprec_body_find (parts, SIPREC_SDP);
  for (guint i = 0; i < parts->len; i++) {
    const SiprecBodyPart *part = g_ptr_array_index (parts, i);

    if (siprec_body_is_metadata (part) && content->metadata == NULL)
      content->metadata = g_bytes_ref (part->data);
  }
  for (guint i = 0; i < parts->len; i++) {
    const SiprecBodyPart *part = g_ptr_array_index (parts, i);

    if (part != sdp && !siprec_body_is_metadata (part) &&
        !check_unknown_part (session, part, sdp || content->metadata, error))
      return FALSE;
  }
  if (sdp)
    content->offer = siprec_offer_parse (sdp->data, session->deviations, error);
  if (content->offer)
    siprec_content_apply (content->offer, session->policy.content_map);
  return sdp == NULL || content->offer != NULL;
}

/* Answers @transaction with what RFC 3261 wants for @error. */
void
siprec_session_answer_error (SiprecTransaction *transaction, const GError *error)
{
  g_autofree gchar *message = g_strdelimit (g_strdup (error->message), "\"\\\r\n", '\'');
  g_autofree gchar *warning = g_strdup_printf ("Warning: 399 gst-siprec \"%s\"", message);
  const gchar *warnings[] = {warning, NULL, NULL};
  SiprecReply reply = {.status = 400, .headers = warnings};

  if (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_MEDIA_TYPE))
    reply = (SiprecReply){.status = 415, .headers = accept_headers};
  else if (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_NOT_ACCEPTABLE))
    reply.status = 488;
  else if (!g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX))
    reply.status = 503;
  if (reply.status == 503) {
    /* A limit of ours: it has to be told to whoever runs this, too. */
    warnings[1] = retry_headers[0];
    GST_WARNING ("refused with 503: %s", error->message);
  } else {
    GST_INFO ("refused with %u: %s", reply.status, error->message);
  }
  siprec_transaction_reply (transaction, &reply);
}

/* In strict mode a departure from the RFCs that was not told yet is an error. */
gboolean
siprec_session_check_strictness (SiprecSession *session, GError **error)
{
  const SiprecDeviation *deviation;

  if (session->policy.strictness == SIPREC_STRICTNESS_LENIENT ||
      session->n_deviations_told == session->deviations->len)
    return TRUE;
  deviation = g_ptr_array_index (session->deviations, session->n_deviations_told);
  g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX, "%s: %s", deviation->id,
               deviation->detail);
  return FALSE;
}

gboolean
siprec_session_check_tag (SiprecSession *session, const SiprecRequest *message)
{
  static const gchar *const tags[] = {"+sip.src", "+sip-src", ";src", "isfocus", NULL};
  g_autofree gchar *contact = message->contact ? g_ascii_strdown (message->contact, -1) : NULL;
  gboolean tagged = FALSE;

  for (guint i = 0; contact && tags[i]; i++)
    tagged = tagged || strstr (contact, tags[i]) != NULL;
  if (contact == NULL || strstr (contact, tags[0]) == NULL)
    siprec_deviations_add (session->deviations, "sip-no-src-tag", "Contact lacks +sip.src");
  return tagged;
}

/* The marks of a recording session, of which a real client shows at least one: the option tag, the feature tag
 * in one of its spellings, metadata, or Cisco's header. RFC 7866 section 6.2 wants the first two. */
gboolean
siprec_session_is_recording (SiprecSession *session, const SiprecContent *content)
{
  SiprecRequest *invite = session->invite;
  const gchar *supported = siprec_request_header (invite, "Supported");
  gboolean tagged, required = siprec_request_requires (invite, "siprec");

  if (!required)
    siprec_deviations_add (session->deviations, "sip-no-require", "Require lacks siprec");
  tagged = siprec_session_check_tag (session, invite);
  return required || tagged || content->metadata != NULL ||
         (supported && strstr (supported, "siprec")) ||
         siprec_request_header (invite, "X-Cisco-Recording-Participant");
}
