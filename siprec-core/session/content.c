/* What the body of a message holds, and what the RFCs say of one that can't be taken. SIP thread only.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-private.h"

#include <string.h>

#include "../deviation.h"
#include "../error.h"
#include "../sdp/check.h"
#include "../sdp/content.h"

#define GST_CAT_DEFAULT siprec_session_debug

/* RFC 9806: without the name that metadata had before, which is taken all the same. */
#define ACCEPT "Accept: application/sdp, application/rs-metadata+xml, multipart/mixed"

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

static void
take_metadata (SiprecSession *session, const SiprecBodyPart *part, SiprecContent *content)
{
  content->metadata = g_bytes_ref (part->data);
  if (!g_str_has_suffix (part->content_type, "+xml"))
    siprec_deviations_add (session->deviations, "body-metadata-type", "%s", part->content_type);
}

static gboolean
read_sdp (SiprecSession *session, const SiprecBodyPart *part, SiprecContent *content,
          GError **error)
{
  content->offer = siprec_offer_parse (part->data, session->deviations, error);
  if (content->offer && session->offer)
    siprec_offer_check_origin (content->offer, session->offer, session->deviations);
  if (content->offer)
    siprec_content_apply (content->offer, session->policy.content_map);
  return content->offer != NULL;
}

gboolean
siprec_session_read_content (SiprecSession *session, SiprecRequest *request, SiprecContent *content,
                             GError **error)
{
  g_autoptr (GPtrArray) parts =
      siprec_body_split (request->content_type, request->content_disposition, request->body,
                         session->deviations, error);
  const SiprecBodyPart *sdp;

  if (request->bare_lf)
    siprec_deviations_add (session->deviations, "sip-line-ends", "a %s", request->method);
  if (parts == NULL)
    return FALSE;
  sdp = siprec_body_find (parts, SIPREC_SDP);
  for (guint i = 0; i < parts->len; i++) {
    const SiprecBodyPart *part = g_ptr_array_index (parts, i);

    if (siprec_body_is_metadata (part) && content->metadata == NULL)
      take_metadata (session, part, content);
  }
  for (guint i = 0; i < parts->len; i++) {
    const SiprecBodyPart *part = g_ptr_array_index (parts, i);

    if (part != sdp && !siprec_body_is_metadata (part) &&
        !check_unknown_part (session, part, sdp || content->metadata, error))
      return FALSE;
  }
  return sdp == NULL || read_sdp (session, sdp, content, error);
}

/* The errors of SIP that have one of ours. */
static const struct {
  SiprecError code;
  guint status;
} statuses[] = {
    {SIPREC_ERROR_SYNTAX, 400},
    {SIPREC_ERROR_FORBIDDEN, 403},
    {SIPREC_ERROR_MEDIA_TYPE, 415},
    {SIPREC_ERROR_NOT_ACCEPTABLE, 488},
};

static guint
error_status (const GError *error)
{
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++) {
    if (g_error_matches (error, SIPREC_ERROR, (gint)statuses[i].code))
      return statuses[i].status;
  }
  return 503;
}

static SiprecError
status_error (guint status)
{
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++) {
    if (statuses[i].status == status)
      return statuses[i].code;
  }
  return SIPREC_ERROR_SYNTAX;
}

/* Answers @transaction with what RFC 3261 wants for @error. */
void
siprec_session_answer_error (SiprecTransaction *transaction, const GError *error)
{
  g_autofree gchar *message = g_strdelimit (g_strdup (error->message), "\"\\\r\n", '\'');
  g_autofree gchar *warning = g_strdup_printf ("Warning: 399 gst-siprec \"%s\"", message);
  const gchar *headers[] = {warning, NULL, NULL};
  SiprecReply reply = {.status = error_status (error), .headers = headers};

  if (reply.status == 415)
    headers[1] = ACCEPT;
  if (reply.status == 503) {
    /* A limit of ours: it has to be told to whoever runs this, too. */
    headers[1] = SIPREC_RETRY_AFTER;
    GST_WARNING ("refused with 503: %s", error->message);
  } else {
    GST_INFO ("refused with %u: %s", reply.status, error->message);
  }
  siprec_transaction_reply (transaction, &reply);
}

/* In strict mode a departure from the RFCs that was not told yet is an error, but for those that RFC 3261 and RFC 7866 have
 * no error for. */
gboolean
siprec_session_check_strictness (SiprecSession *session, GError **error)
{
  if (session->policy.strictness == SIPREC_STRICTNESS_LENIENT)
    return TRUE;
  for (guint i = session->n_deviations_told; i < session->deviations->len; i++) {
    const SiprecDeviation *deviation = g_ptr_array_index (session->deviations, i);
    guint status = siprec_deviation_status (deviation->id);

    if (status == 0)
      continue;
    g_set_error (error, SIPREC_ERROR, (gint)status_error (status), "%s: %s", deviation->id,
                 deviation->detail);
    return FALSE;
  }
  return TRUE;
}
