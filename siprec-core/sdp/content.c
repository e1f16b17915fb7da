/* Tells cameras from screens.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "content.h"

#include <string.h>

SiprecMediaKind
siprec_content_read (const GstSDPMedia *media)
{
  g_auto (GStrv) tokens = NULL;
  const gchar *value = NULL;

  for (guint i = 0; i < gst_sdp_media_attributes_len (media) && !value; i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);

    if (g_ascii_strcasecmp (attribute->key, "content") == 0)
      value = attribute->value;
  }
  tokens = g_strsplit (value ? value : "", ",", -1);
  for (guint i = 0; tokens[i]; i++) {
    if (g_ascii_strcasecmp (g_strstrip (tokens[i]), "slides") == 0)
      return SIPREC_MEDIA_SCREEN;
  }
  return SIPREC_MEDIA_VIDEO;
}

/* Cuts "label=screen" up; a label may have a = itself. */
static gboolean
read_entry (gchar *entry, gchar **key, SiprecMediaKind *kind)
{
  gchar *equals = strrchr (entry, '=');

  if (!equals)
    return FALSE;
  *equals = '\0';
  *key = g_strstrip (entry);
  g_strstrip (equals + 1);
  for (*kind = SIPREC_MEDIA_VIDEO; *kind <= SIPREC_MEDIA_SCREEN; (*kind)++) {
    if (g_ascii_strcasecmp (equals + 1, siprec_media_kind_name (*kind)) == 0)
      return **key != '\0';
  }
  return FALSE;
}

gboolean
siprec_content_map_is_valid (const gchar *map)
{
  g_auto (GStrv) entries = g_strsplit (map, ",", -1);
  SiprecMediaKind kind;
  gchar *key;

  for (guint i = 0; entries[i]; i++) {
    if (!read_entry (entries[i], &key, &kind))
      return FALSE;
    if (*key == '#' && !g_ascii_string_to_unsigned (key + 1, 10, 0, G_MAXUINT16, NULL, NULL))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_meant (const SiprecMline *mline, const gchar *key)
{
  guint64 index;

  if (*key == '#' &&
      g_ascii_string_to_unsigned (key + 1, 10, mline->index, mline->index, &index, NULL))
    return TRUE;
  return g_strcmp0 (mline->label, key) == 0;
}

void
siprec_content_apply (SiprecOffer *offer, const gchar *map)
{
  g_auto (GStrv) entries = g_strsplit (map ? map : "", ",", -1);
  SiprecMediaKind kind;
  gchar *key;

  for (guint i = 0; entries[i]; i++) {
    if (!read_entry (entries[i], &key, &kind))
      continue;
    for (guint j = 0; j < offer->mlines->len; j++) {
      SiprecMline *mline = g_ptr_array_index (offer->mlines, j);

      if ((mline->kind == SIPREC_MEDIA_VIDEO || mline->kind == SIPREC_MEDIA_SCREEN) &&
          is_meant (mline, key))
        mline->kind = kind;
    }
  }
}
