/* The media of a recording client: RTP by hand.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caller-private.h"

#include <string.h>

#define FRAME 160

/* The m-line @stream of the last answer. */
static const gchar *
find_mline (Caller *caller, guint stream)
{
  const gchar *line = caller->answer;

  for (guint i = 0; line && i <= stream; i++) {
    line = strstr (line, "\nm=");
    if (line)
      line++;
  }
  return line;
}

guint16
caller_port (Caller *caller, guint stream)
{
  const gchar *line = find_mline (caller, stream);

  line = line ? strchr (line, ' ') : NULL;
  return line ? (guint16)g_ascii_strtoull (line, NULL, 10) : 0;
}

gchar *
caller_attribute (Caller *caller, guint stream, const gchar *name)
{
  g_autofree gchar *prefix = g_strdup_printf ("\na=%s:", name);
  const gchar *line = find_mline (caller, stream);
  const gchar *next = line ? strstr (line, "\nm=") : NULL;
  const gchar *found = line ? strstr (line, prefix) : NULL;

  if (!found || (next && found > next))
    return NULL;
  found += strlen (prefix);
  return g_strndup (found, strcspn (found, "\r\n"));
}

void
caller_set_media (Caller *caller, guint stream, const gchar *proto, const gchar *attributes)
{
  g_free (caller->proto[stream]);
  g_free (caller->attributes[stream]);
  caller->proto[stream] = g_strdup (proto);
  caller->attributes[stream] = g_strdup (attributes);
}

void
caller_set_sealer (Caller *caller, guint stream, Sealer *sealer)
{
  caller->sealer[stream] = sealer;
}

void
caller_set_seq (Caller *caller, guint stream, guint16 seq)
{
  caller->seq[stream] = seq;
}

GSocket *
caller_socket (Caller *caller, guint stream)
{
  return caller->rtp[stream];
}

void
caller_send_raw (Caller *caller, guint stream, const guint8 *packet, gsize size)
{
  g_autofree gchar *host = g_strdup (caller->host);
  g_autoptr (GSocketAddress) address = NULL;

  g_strdelimit (host, "[]", ' ');
  address = g_inet_socket_address_new_from_string (g_strstrip (host), caller_port (caller, stream));
  g_socket_send_to (caller->rtp[stream], address, (const gchar *)packet, size, NULL, NULL);
}

gsize
caller_receive (Caller *caller, guint stream, guint8 *data, gsize size, gint64 timeout_us)
{
  gssize n;

  if (!g_socket_condition_timed_wait (caller->rtp[stream], G_IO_IN, timeout_us, NULL, NULL))
    return 0;
  n = g_socket_receive (caller->rtp[stream], (gchar *)data, size, NULL, NULL);
  return MAX (n, 0);
}

void
caller_send_frame (Caller *caller, guint stream, const guint8 *payload)
{
  guint8 packet[12 + FRAME + SEALER_OVERHEAD] = {0x80, 0};
  gsize size = 12 + FRAME;
  guint16 seq = GUINT16_TO_BE (caller->seq[stream]);
  guint32 timestamp = GUINT32_TO_BE (caller->timestamp[stream]);
  guint32 ssrc = GUINT32_TO_BE (0x1000 + stream + caller->n_restarts[stream] * 0x100);

  memcpy (packet + 2, &seq, sizeof seq);
  memcpy (packet + 4, &timestamp, sizeof timestamp);
  memcpy (packet + 8, &ssrc, sizeof ssrc);
  memcpy (packet + 12, payload, FRAME);
  if (caller->sealer[stream])
    size = sealer_seal (caller->sealer[stream], packet, size);
  caller_send_raw (caller, stream, packet, size);
  caller_skip (caller, stream, 1);
}

void
caller_send (Caller *caller, guint stream, guint8 value)
{
  guint8 payload[FRAME];

  memset (payload, value, FRAME);
  caller_send_frame (caller, stream, payload);
}

void
caller_skip (Caller *caller, guint stream, guint n)
{
  caller->seq[stream] += n;
  caller->timestamp[stream] += n * FRAME;
}

void
caller_restart (Caller *caller, guint stream)
{
  caller->n_restarts[stream]++;
  caller->seq[stream] = (guint16)g_random_int ();
  caller->timestamp[stream] = g_random_int ();
}

void
caller_talk (Caller *caller, guint n_streams, guint n)
{
  gint64 next = g_get_monotonic_time ();

  for (guint i = 0; i < n; i++) {
    gint64 now = g_get_monotonic_time ();

    if (next > now)
      g_usleep (next - now);
    for (guint stream = 0; stream < n_streams; stream++)
      caller_send (caller, stream, (guint8)(0x10 + stream));
    caller->lateness = MAX (caller->lateness, g_get_monotonic_time () - next);
    next += 20000;
  }
}

guint64
caller_get_lateness (Caller *caller)
{
  return caller->lateness * 1000;
}
