/* The lite side of ICE: it answers checks, and the client decides.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ice.h"

#include <string.h>

/* USERNAME is our fragment, a colon, the client's (RFC 8445 section 7.2.2). */
static gboolean
is_for_us (const SiprecIceCredentials *credentials, const SiprecStunRequest *request)
{
  g_autofree gchar *expected =
      g_strdup_printf ("%s:%s", credentials->ufrag, credentials->remote_ufrag);

  return strlen (expected) == request->username_size &&
         memcmp (expected, request->username, request->username_size) == 0;
}

gsize
siprec_ice_answer (const SiprecIceCredentials *credentials, const SiprecAddress *from,
                   const guint8 *data, gsize size, guint8 *out, gboolean *nominated)
{
  SiprecStunRequest request;
  guint error = 0;

  *nominated = FALSE;
  if (!siprec_stun_read (&request, data, size, credentials->pwd) ||
      !is_for_us (credentials, &request))
    return 0;
  if (request.unknown)
    error = 420;
  else if (request.controlled)
    error = 487; /* we never decide */
  *nominated = error == 0 && request.use_candidate;
  return siprec_stun_respond (&request, error, from, credentials->pwd, out);
}
