/* a=rtcp-fb, read and written.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "feedback.h"

#include <string.h>

typedef struct {
  const gchar *text;
  guint flag;
} Kind;

static const Kind kinds[] = {
    {"nack", SIPREC_FEEDBACK_NACK},
    {"nack pli", SIPREC_FEEDBACK_PLI},
    {"ccm fir", SIPREC_FEEDBACK_FIR},
};

/* @value behind the payload type, if it is about @pt; else NULL. */
static const gchar *
skip_type (const gchar *value, guint8 pt)
{
  gchar *end = NULL;
  guint64 number;

  value += strspn (value, " ");
  if (*value == '*') {
    value++;
  } else {
    number = g_ascii_strtoull (value, &end, 10);
    if (end == value || number != pt)
      return NULL;
    value = end;
  }
  return *value == ' ' ? value + strspn (value, " ") : NULL;
}

static guint
read_kind (const gchar *text)
{
  g_autofree gchar *copy = g_strchomp (g_strdup (text));

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (g_ascii_strcasecmp (copy, kinds[i].text) == 0)
      return kinds[i].flag;
  }
  return 0;
}

guint
siprec_feedback_read (const GstSDPMedia *media, guint8 pt)
{
  guint feedback = 0, n = gst_sdp_media_attributes_len (media);

  for (guint i = 0; i < n; i++) {
    const GstSDPAttribute *attribute = gst_sdp_media_get_attribute (media, i);
    const gchar *text;

    if (g_ascii_strcasecmp (attribute->key, "rtcp-fb") != 0 || !attribute->value)
      continue;
    text = skip_type (attribute->value, pt);
    if (text)
      feedback |= read_kind (text);
  }
  return feedback;
}

gboolean
siprec_feedback_is_offered (const GstSDPMedia *media)
{
  return gst_sdp_media_get_attribute_val (media, "rtcp-fb") != NULL;
}

void
siprec_feedback_append (GString *out, guint8 pt, guint feedback)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (feedback & kinds[i].flag)
      g_string_append_printf (out, "a=rtcp-fb:%u %s\r\n", pt, kinds[i].text);
  }
}
