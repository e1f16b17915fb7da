/* siprec-core: what an offer must not be, seen as a whole and beside the one before
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <string.h>

#include "../deviation.h"

static gboolean
is_bundled (const SiprecOffer *offer)
{
  for (guint i = 0; i < gst_sdp_message_attributes_len (offer->sdp); i++) {
    const GstSDPAttribute *attribute = gst_sdp_message_get_attribute (offer->sdp, i);

    if (g_ascii_strcasecmp (attribute->key, "group") == 0 && attribute->value &&
        g_ascii_strncasecmp (attribute->value, "BUNDLE", strlen ("BUNDLE")) == 0)
      return TRUE;
  }
  return FALSE;
}

void
siprec_offer_check_ports (const SiprecOffer *offer, GPtrArray *deviations)
{
  for (guint i = 0; i < offer->mlines->len && !is_bundled (offer); i++) {
    const SiprecMline *mline = siprec_offer_mline (offer, i);

    for (guint k = 0; k < i && mline->port != 0; k++) {
      const SiprecMline *other = siprec_offer_mline (offer, k);

      if (other->port == mline->port && g_strcmp0 (other->address, mline->address) == 0)
        siprec_deviations_add (deviations, "sdp-same-port", "media lines %u and %u have port %u", k,
                               i, mline->port);
    }
  }
}

/* RFC 3264 section 8 adds one a time, but an offer that we refused has taken a number too. A version may have more
 * digits than any number type. */
static gboolean
goes_on (const gchar *version, const gchar *before)
{
  guint64 now, then;

  if (!g_ascii_string_to_unsigned (version, 10, 0, G_MAXUINT64, &now, NULL) ||
      !g_ascii_string_to_unsigned (before, 10, 0, G_MAXUINT64, &then, NULL))
    return g_str_equal (version, before);
  return now >= then;
}

void
siprec_offer_check_origin (const SiprecOffer *offer, const SiprecOffer *before,
                           GPtrArray *deviations)
{
  const GstSDPOrigin *now = gst_sdp_message_get_origin (offer->sdp);
  const GstSDPOrigin *then = gst_sdp_message_get_origin (before->sdp);

  if (now->sess_version == NULL || then->sess_version == NULL)
    return;
  if (g_strcmp0 (now->username, then->username) == 0 &&
      g_strcmp0 (now->sess_id, then->sess_id) == 0 && g_strcmp0 (now->addr, then->addr) == 0 &&
      goes_on (now->sess_version, then->sess_version))
    return;
  g_autofree gchar *shown =
      g_strdup_printf ("%s %s %s, %s %s %s before", now->username, now->sess_id, now->sess_version,
                       then->username, then->sess_id, then->sess_version);
  g_autofree gchar *text = siprec_printable (shown, -1);
  siprec_deviations_add (deviations, "sdp-origin", "%s", text);
}
