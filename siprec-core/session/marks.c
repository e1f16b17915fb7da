/* The marks of a recording session in an INVITE, in the spellings of real clients. SIP thread only.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-private.h"

#include <string.h>

#include "../deviation.h"

typedef enum {
  TAG_NONE,
  TAG_ODD, /* another spelling, or another place */
  TAG_PROPER,
} Tag;

/* The value of parameter @name in a list that begins with ";", "" if it has none; NULL if it is absent. */
static gchar *
find_param (const gchar *params, const gchar *name)
{
  g_auto (GStrv) items = g_strsplit (params, ";", -1);

  for (guint i = 0; items[i]; i++) {
    gchar *value = strchr (items[i], '=');

    if (value)
      *value++ = '\0';
    if (g_ascii_strcasecmp (g_strstrip (items[i]), name) == 0)
      return g_strdup (value ? g_strstrip (value) : "");
  }
  return NULL;
}

/* RFC 3840 section 9: a boolean tag, alone or "TRUE"; what is quoted is in quotes. */
static Tag
read_params (const gchar *params)
{
  static const gchar *const odd[] = {"+sip-src", "sip.src", "src", "isfocus"};
  g_autofree gchar *value = find_param (params, "+sip.src");

  if (value && g_ascii_strcasecmp (value, "\"FALSE\"") != 0)
    return TAG_PROPER;
  for (guint i = 0; i < G_N_ELEMENTS (odd); i++) {
    g_autofree gchar *other = find_param (params, odd[i]);

    if (other)
      return TAG_ODD;
  }
  return TAG_NONE;
}

/* RFC 3261 section 20.10: without brackets all parameters are those of the header. */
static Tag
find_tag (const gchar *contact)
{
  const gchar *open = contact ? strchr (contact, '<') : NULL;
  const gchar *close = open ? strchr (open, '>') : NULL;
  const gchar *params = contact ? strchr (close ? close : contact, ';') : NULL;
  Tag tag = params ? read_params (params) : TAG_NONE;

  if (tag == TAG_NONE && close && (params = memchr (open, ';', close - open))) {
    g_autofree gchar *uri_params = g_strndup (params, close - params);

    if (read_params (uri_params) != TAG_NONE)
      tag = TAG_ODD;
  }
  return tag;
}

gboolean
siprec_session_check_tag (SiprecSession *session, const SiprecRequest *message)
{
  const gchar *contact = message->contact;
  g_autofree gchar *shown = siprec_printable (contact, -1);
  Tag tag = find_tag (contact);

  if (tag == TAG_ODD)
    siprec_deviations_add (session->deviations, "sip-src-tag", "%s", shown);
  else if (tag == TAG_NONE)
    siprec_deviations_add (session->deviations, "sip-no-src-tag", "Contact lacks +sip.src");
  if (contact && strchr (contact, '<') && !strchr (contact, '>'))
    siprec_deviations_add (session->deviations, "sip-contact", "%s", shown);
  return tag != TAG_NONE;
}

/* RFC 7866 section 6.2 wants option tag and feature tag; a real client shows at least one of these. */
gboolean
siprec_session_is_recording (SiprecSession *session, const SiprecContent *content)
{
  SiprecRequest *invite = session->invite;
  gboolean required = siprec_request_requires (invite, "siprec");
  gboolean tagged;

  /* Where any call is to be recorded the marks are of no matter. */
  if (session->policy.accept == SIPREC_ACCEPT_ANY)
    return TRUE;
  if (!required)
    siprec_deviations_add (session->deviations, "sip-no-require", "Require lacks siprec");
  tagged = siprec_session_check_tag (session, invite);
  return required || tagged || content->metadata != NULL ||
         siprec_request_lists (invite, "Supported", "siprec") ||
         siprec_request_header (invite, "X-Cisco-Recording-Participant");
}
