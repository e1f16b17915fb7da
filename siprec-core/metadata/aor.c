/* Addresses of record in one form, whatever form they came in.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "aor.h"

#include <string.h>

#define SEPARATORS "-.() "

static gboolean
is_number (const gchar *text)
{
  gsize digits = *text == '+' ? 1 : 0;

  return g_ascii_isdigit (text[digits]) &&
         strspn (text + digits, "0123456789*#" SEPARATORS) == strlen (text + digits);
}

static void
drop_separators (gchar *text)
{
  gchar *to = text;

  for (const gchar *from = text; *from; from++)
    if (!strchr (SEPARATORS, *from))
      *to++ = *from;
  *to = '\0';
}

/* The URI in what may have a display name and angle brackets around it. */
static gchar *
find_address (const gchar *aor)
{
  const gchar *open = strchr (aor, '<');
  const gchar *close = open ? strchr (open, '>') : NULL;
  gchar *found = close ? g_strndup (open + 1, (gsize)(close - open - 1)) : g_strdup (aor);

  return g_strstrip (found);
}

/* Cuts the scheme off @address. Returns: "sip", "sips" or "tel"; NULL if there is none, "" if it is another one */
static const gchar *
take_scheme (gchar **address)
{
  static const gchar *const schemes[] = {"sip", "sips", "tel"};
  g_autofree gchar *scheme = g_uri_parse_scheme (*address);

  for (guint i = 0; scheme && i < G_N_ELEMENTS (schemes); i++) {
    if (g_ascii_strcasecmp (scheme, schemes[i]) != 0)
      continue;
    *address += strlen (schemes[i]) + 1;
    return schemes[i];
  }
  /* "host:5060" has a port and no scheme. */
  return scheme && !g_ascii_isdigit ((*address)[strlen (scheme) + 1]) ? "" : NULL;
}

gchar *
siprec_aor_normalise (const gchar *aor)
{
  g_autofree gchar *text = find_address (aor);
  gchar *address = text, *at;
  const gchar *scheme = take_scheme (&address);

  if (g_strcmp0 (scheme, "") == 0)
    return g_strdup (aor);
  at = strrchr (address, '@');
  if (at)
    *at++ = '\0';
  /* Parameters of the user part are none of the user; neither is a password (RFC 3261 section 19.1.1). */
  address[strcspn (address, at ? ";:" : ";?")] = '\0';
  if (is_number (address))
    drop_separators (address);
  if (*address == '\0' || (at && *at == '\0'))
    return g_strdup (aor);
  if (!at)
    return scheme || is_number (address) ? g_strconcat (scheme ? scheme : "tel", ":", address, NULL)
                                         : g_strdup (aor);
  at[strcspn (at, ";?")] = '\0';
  for (gchar *p = at; *p; p++)
    *p = g_ascii_tolower (*p);
  return g_strconcat (scheme ? scheme : "sip", ":", address, "@", at, NULL);
}
