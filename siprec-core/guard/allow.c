/* A list of peers that may record
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "allow.h"

#include <string.h>

#include <gio/gio.h>

#include "../error.h"
#include "../sip/front/peer-identity.h"

struct _SiprecAllow {
  GPtrArray *networks; /* of GInetAddressMask */
  GPtrArray *names;
};

void
siprec_allow_free (SiprecAllow *allow)
{
  g_ptr_array_unref (allow->networks);
  g_ptr_array_unref (allow->names);
  g_free (allow);
}

/* What can't be an address with a typo in it. */
static gboolean
is_identity (const gchar *item)
{
  const gchar *name = g_ascii_strncasecmp (item, "sip:", 4) == 0 ? item + 4 : item;
  gsize length = strlen (name);

  if (strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_@+") !=
      length)
    return FALSE;
  return length > 0 && strspn (name, "0123456789.") != length;
}

static gboolean
add_item (SiprecAllow *allow, const gchar *item, GError **error)
{
  GInetAddressMask *mask = g_inet_address_mask_new_from_string (item, NULL);

  if (mask) {
    g_ptr_array_add (allow->networks, mask);
  } else if (is_identity (item)) {
    g_ptr_array_add (allow->names, g_strdup (item));
  } else {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                 "allow: \"%s\" is no address, network or TLS identity; write for example "
                 "192.0.2.1, 10.0.0.0/8 or sbc.example.com.",
                 item);
    return FALSE;
  }
  return TRUE;
}

SiprecAllow *
siprec_allow_new (const gchar *text, GError **error)
{
  g_autoptr (SiprecAllow) allow = g_new0 (SiprecAllow, 1);
  g_auto (GStrv) items = g_strsplit (text, ",", -1);

  allow->networks = g_ptr_array_new_with_free_func (g_object_unref);
  allow->names = g_ptr_array_new_with_free_func (g_free);
  for (gchar **item = items; *item; item++)
    if (!add_item (allow, g_strstrip (*item), error))
      return NULL;
  return g_steal_pointer (&allow);
}

/* An IPv4 address that an IPv6 socket tells in its own way is that address (RFC 4291 section 2.5.5.2). */
static GInetAddress *
parse_address (const gchar *text)
{
  static const gchar mapped[] = "::ffff:";

  if (text && g_ascii_strncasecmp (text, mapped, strlen (mapped)) == 0 && strchr (text, '.'))
    text += strlen (mapped);
  return text ? g_inet_address_new_from_string (text) : NULL;
}

gboolean
siprec_allow_has (const SiprecAllow *allow, const gchar *address, const gchar *const *identities)
{
  g_autoptr (GInetAddress) parsed = parse_address (address);

  for (guint i = 0; parsed && i < allow->networks->len; i++)
    if (g_inet_address_mask_matches (g_ptr_array_index (allow->networks, i), parsed))
      return TRUE;
  for (guint i = 0; i < allow->names->len; i++)
    if (siprec_peer_is (identities, g_ptr_array_index (allow->names, i)))
      return TRUE;
  return FALSE;
}

gboolean
siprec_allow_has_names (const SiprecAllow *allow)
{
  return allow->names->len > 0;
}
