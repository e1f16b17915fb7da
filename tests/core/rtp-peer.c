/* A stream on real sockets, and a peer that sends to it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rtp-peer.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LATENCY (60 * GST_MSECOND)

static void
on_notice (SiprecStream *stream, const SiprecNotice *notice, gpointer user_data)
{
  Fixture *f = user_data;

  g_mutex_lock (&f->lock);
  g_array_append_val (f->notices, *notice);
  g_cond_broadcast (&f->cond);
  g_mutex_unlock (&f->lock);
}

static void
on_destroy (gpointer user_data)
{
  Fixture *f = user_data;

  g_mutex_lock (&f->lock);
  f->destroyed++;
  g_cond_broadcast (&f->cond);
  g_mutex_unlock (&f->lock);
}

/* Waits for the @nth notice of @type (from 0). */
SiprecNotice
await_notice (Fixture *f, SiprecNoticeType type, guint nth)
{
  gint64 deadline = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  SiprecNotice notice = {0};
  gboolean found = FALSE;

  g_mutex_lock (&f->lock);
  while (!found) {
    guint seen = 0;

    for (guint i = 0; i < f->notices->len && !found; i++) {
      notice = g_array_index (f->notices, SiprecNotice, i);
      found = notice.type == type && seen++ == nth;
    }
    if (!found)
      fail_unless (g_cond_wait_until (&f->cond, &f->lock, deadline), "no notice %d", type);
  }
  g_mutex_unlock (&f->lock);
  return notice;
}

guint
count_notices (Fixture *f, SiprecNoticeType type)
{
  guint n = 0;

  g_mutex_lock (&f->lock);
  for (guint i = 0; i < f->notices->len; i++)
    n += g_array_index (f->notices, SiprecNotice, i).type == type;
  g_mutex_unlock (&f->lock);
  return n;
}

guint16
get_local_port (gint fd)
{
  struct sockaddr_in address;
  socklen_t length = sizeof (address);

  fail_unless (getsockname (fd, (struct sockaddr *)&address, &length) == 0);
  return ntohs (address.sin_port);
}

static gint
connect_socket (guint16 port, guint16 *local)
{
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons (port)};
  gint fd = socket (AF_INET, SOCK_DGRAM, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  fail_unless (connect (fd, (struct sockaddr *)&address, sizeof (address)) == 0);
  *local = get_local_port (fd);
  return fd;
}

static SiprecPorts *
make_ports (void)
{
  GError *error = NULL;
  SiprecPorts *ports = siprec_ports_new ("127.0.0.1", 20000, 60000, 0, &error);

  g_assert_no_error (error);
  return ports;
}

void
set_formats (SiprecStream *stream, ...)
{
  g_autoptr (GPtrArray) formats =
      g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_format_unref);
  SiprecFormat *format;
  va_list args;

  va_start (args, stream);
  while ((format = va_arg (args, SiprecFormat *)))
    g_ptr_array_add (formats, format);
  va_end (args);
  siprec_stream_set_formats (stream, formats);
}

void
fixture_init (Fixture *f)
{
  guint16 port, local;

  memset (f, 0, sizeof (*f));
  take_init (&f->take);
  g_mutex_init (&f->lock);
  g_cond_init (&f->cond);
  f->notices = g_array_new (FALSE, FALSE, sizeof (SiprecNotice));
  f->context = siprec_context_get ("test");
  f->stream = siprec_stream_new (f->context, make_ports (), on_notice, f, on_destroy);
  port = siprec_stream_get_port (f->stream);
  f->rtp = connect_socket (port, &local);
  f->rtcp = connect_socket (port + 1, &f->rtcp_port);
  set_formats (f->stream, siprec_format_new ("audio", 0, "PCMU", 8000, 1, NULL),
               siprec_format_new ("audio", 101, "telephone-event", 8000, 1, "0-16"),
               siprec_format_new ("audio", 13, "CN", 8000, 1, NULL), NULL);
}

void
fixture_begin_with (Fixture *f, const SiprecStreamWishes *wishes)
{
  fixture_init (f);
  f->start = siprec_context_now ();
  siprec_stream_begin (f->stream, f->start);
  siprec_stream_claim (f->stream, wishes, NULL);
}

void
fixture_begin (Fixture *f, SiprecFill fill)
{
  SiprecStreamWishes wishes = {.fill = fill, .latency = LATENCY};

  fixture_begin_with (f, &wishes);
}

void
fixture_end (Fixture *f, GstClockTime duration)
{
  siprec_stream_end (f->stream, f->start + duration);
  take_all (f);
}

void
fixture_clear (Fixture *f)
{
  gint64 deadline = g_get_monotonic_time () + 5 * G_TIME_SPAN_SECOND;

  g_clear_pointer (&f->stream, siprec_stream_unref);
  g_mutex_lock (&f->lock);
  while (f->destroyed == 0)
    fail_unless (g_cond_wait_until (&f->cond, &f->lock, deadline));
  g_mutex_unlock (&f->lock);
  fail_unless_equals_int (f->destroyed, 1);
  siprec_context_unref (f->context);
  close (f->rtp);
  close (f->rtcp);
  g_array_unref (f->notices);
  take_clear (&f->take);
  g_mutex_clear (&f->lock);
  g_cond_clear (&f->cond);
}

void
send_packet (Fixture *f, guint8 pt, guint16 seq, guint32 timestamp, guint32 ssrc,
             const guint8 *payload, gsize size)
{
  guint8 packet[1500] = {0x80, pt};

  GST_WRITE_UINT16_BE (packet + 2, seq);
  GST_WRITE_UINT32_BE (packet + 4, timestamp);
  GST_WRITE_UINT32_BE (packet + 8, ssrc);
  memcpy (packet + 12, payload, size);
  fail_unless (send (f->rtp, packet, 12 + size, 0) == (gssize)(12 + size));
}

/* A frame of PCMU whose octets all are @value. */
void
send_frame (Fixture *f, guint16 seq, guint32 timestamp, guint32 ssrc, guint8 value)
{
  guint8 payload[FRAME];

  memset (payload, value, sizeof (payload));
  send_packet (f, 0, seq, timestamp, ssrc, payload, sizeof (payload));
}

void
claim (Fixture *f, SiprecFill fill)
{
  SiprecStreamWishes wishes = {.fill = fill, .latency = LATENCY};

  siprec_stream_claim (f->stream, &wishes, NULL);
}

guint64
get_stat (Fixture *f, const gchar *name)
{
  g_autoptr (GstStructure) stats = siprec_stream_get_stats (f->stream);
  guint64 value = 0;

  fail_unless (gst_structure_get_uint64 (stats, name, &value), "%s", name);
  return value;
}

/* Waits until @name is @value. */
void
await_stat (Fixture *f, const gchar *name, guint64 value)
{
  gint64 deadline = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  while (get_stat (f, name) != value) {
    fail_unless (g_get_monotonic_time () < deadline, "%s stays %" G_GUINT64_FORMAT, name,
                 get_stat (f, name));
    g_usleep (2000);
  }
}

static void
take_unit (Take *take, SiprecUnit *unit)
{
  GstMapInfo map;

  if (take->units++ == 0)
    take->first = unit->time;
  else
    fail_unless_equals_uint64 (unit->time, take->position);
  take->position = unit->time + unit->duration;
  if (unit->type == SIPREC_UNIT_GAP) {
    take->gaps++;
    return;
  }
  fail_unless_equals_uint64 (GST_BUFFER_PTS (unit->buffer), unit->time);
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (unit->buffer), unit->duration);
  gst_buffer_map (unit->buffer, &map, GST_MAP_READ);
  g_byte_array_append (take->samples, map.data, map.size);
  if (GST_BUFFER_FLAG_IS_SET (unit->buffer, GST_BUFFER_FLAG_GAP))
    take->fillers++;
  else
    g_byte_array_append (take->media, map.data, map.size);
  take->disconts += GST_BUFFER_FLAG_IS_SET (unit->buffer, GST_BUFFER_FLAG_DISCONT);
  gst_buffer_unmap (unit->buffer, &map);
}

void
take_init (Take *take)
{
  memset (take, 0, sizeof (*take));
  take->media = g_byte_array_new ();
  take->samples = g_byte_array_new ();
}

void
take_clear (Take *take)
{
  g_byte_array_unref (take->media);
  g_byte_array_unref (take->samples);
}

/* Reads until END. */
void
take_all (Fixture *f)
{
  while (TRUE) {
    SiprecUnit units[7];
    guint n;

    fail_unless (siprec_stream_wait (f->stream));
    n = siprec_stream_pop (f->stream, units, G_N_ELEMENTS (units));
    for (guint i = 0; i < n; i++) {
      if (units[i].type == SIPREC_UNIT_END) {
        f->take.end = units[i].time;
        return;
      }
      take_unit (&f->take, &units[i]);
      siprec_unit_clear (&units[i]);
    }
  }
}

void
check_take (Fixture *f, guint samples, guint frames)
{
  fail_unless_equals_int (f->take.samples->len, samples);
  fail_unless_equals_int (f->take.media->len, frames * FRAME);
}

/* All octets of frame @i in @bytes are @value. */
void
check_frame (GByteArray *bytes, guint i, guint8 value)
{
  fail_unless ((i + 1) * FRAME <= bytes->len);
  for (guint j = 0; j < FRAME; j++)
    fail_unless_equals_int (bytes->data[i * FRAME + j], value);
}
