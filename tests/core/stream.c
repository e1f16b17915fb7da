/* Streams on real sockets: from datagrams to units.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <gst/rtp/rtp.h>

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "siprec-core/rtp/stream.h"

#define FRAME  160
#define START  (siprec_context_now ())
#define SSRC_A 0xaaaa0001
#define SSRC_B 0xbbbb0002

typedef struct {
  SiprecContext *context;
  SiprecStream *stream;
  gint rtp, rtcp; /* the peer's sockets, connected to the stream's */
  guint16 rtcp_port;

  GMutex lock;
  GCond cond;
  GArray *notices; /* SiprecNotice */
  gint destroyed;
} Fixture;

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
static SiprecNotice
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

static guint
count_notices (Fixture *f, SiprecNoticeType type)
{
  guint n = 0;

  g_mutex_lock (&f->lock);
  for (guint i = 0; i < f->notices->len; i++)
    n += g_array_index (f->notices, SiprecNotice, i).type == type;
  g_mutex_unlock (&f->lock);
  return n;
}

static guint16
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

static void
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

static void
fixture_init (Fixture *f)
{
  guint16 port, local;

  memset (f, 0, sizeof (*f));
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

static void
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
  g_mutex_clear (&f->lock);
  g_cond_clear (&f->cond);
}

static void
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
static void
send_frame (Fixture *f, guint16 seq, guint32 timestamp, guint32 ssrc, guint8 value)
{
  guint8 payload[FRAME];

  memset (payload, value, sizeof (payload));
  send_packet (f, 0, seq, timestamp, ssrc, payload, sizeof (payload));
}

static void
claim (Fixture *f, SiprecFill fill)
{
  SiprecStreamWishes wishes = {.fill = fill, .latency = 60 * GST_MSECOND};

  siprec_stream_claim (f->stream, &wishes, NULL);
}

static guint64
get_stat (Fixture *f, const gchar *name)
{
  g_autoptr (GstStructure) stats = siprec_stream_get_stats (f->stream);
  guint64 value = 0;

  fail_unless (gst_structure_get_uint64 (stats, name, &value), "%s", name);
  return value;
}

/* Waits until @name is @value. */
static void
await_stat (Fixture *f, const gchar *name, guint64 value)
{
  gint64 deadline = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  while (get_stat (f, name) != value) {
    fail_unless (g_get_monotonic_time () < deadline, "%s stays %" G_GUINT64_FORMAT, name,
                 get_stat (f, name));
    g_usleep (2000);
  }
}

/* What a consumer got. */
typedef struct {
  GByteArray *media;   /* without filler */
  GByteArray *samples; /* with filler */
  GstClockTime first, position, end;
  guint units, fillers, gaps, disconts;
} Take;

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

static void
take_init (Take *take)
{
  memset (take, 0, sizeof (*take));
  take->media = g_byte_array_new ();
  take->samples = g_byte_array_new ();
}

static void
take_clear (Take *take)
{
  g_byte_array_unref (take->media);
  g_byte_array_unref (take->samples);
}

/* Reads until END. */
static void
take_all (Fixture *f, Take *take)
{
  while (TRUE) {
    SiprecUnit units[7];
    guint n;

    fail_unless (siprec_stream_wait (f->stream));
    n = siprec_stream_pop (f->stream, units, G_N_ELEMENTS (units));
    for (guint i = 0; i < n; i++) {
      if (units[i].type == SIPREC_UNIT_END) {
        take->end = units[i].time;
        return;
      }
      take_unit (take, &units[i]);
      siprec_unit_clear (&units[i]);
    }
  }
}

/* All octets of frame @i in @bytes are @value. */
static void
check_frame (GByteArray *bytes, guint i, guint8 value)
{
  fail_unless ((i + 1) * FRAME <= bytes->len);
  for (guint j = 0; j < FRAME; j++)
    fail_unless_equals_int (bytes->data[i * FRAME + j], value);
}

/* Every frame comes, the first one too, and filler makes the length exact. */
GST_START_TEST (test_in_order)
{
  Fixture f;
  Take take;
  GstClockTime start;

  fixture_init (&f);
  take_init (&take);
  start = siprec_context_now ();
  siprec_stream_begin (f.stream, start);
  fail_unless_equals_uint64 (siprec_stream_get_position (f.stream), start);
  claim (&f, SIPREC_FILL_SILENCE);
  for (guint i = 0; i < 40; i++)
    send_frame (&f, 65530 + i, 0xffffff00 + i * FRAME, SSRC_A, i);
  await_stat (&f, "num-pushed", 40);
  siprec_stream_end (f.stream, start + 2 * GST_SECOND + 125 * GST_USECOND);
  take_all (&f, &take);

  fail_unless_equals_uint64 (take.first, start);
  fail_unless_equals_uint64 (take.end, start + 2 * GST_SECOND + 125 * GST_USECOND);
  fail_unless_equals_int (take.samples->len, 16001);
  fail_unless_equals_int (take.media->len, 40 * FRAME);
  for (guint i = 0; i < 40; i++)
    check_frame (take.media, i, i);
  fail_unless_equals_int (take.gaps, 0);
  fail_unless_equals_uint64 (get_stat (&f, "packets-received"), 40);
  fail_unless_equals_uint64 (get_stat (&f, "num-lost"), 0);
  fail_unless_equals_int (await_notice (&f, SIPREC_NOTICE_STARTED, 0).ssrc, SSRC_A);
  fail_unless_equals_int (count_notices (&f, SIPREC_NOTICE_STARTED), 1);
  take_clear (&take);
  fixture_clear (&f);
}

GST_END_TEST;

/* Packets in disorder are put right, copies go, and a hole becomes filler and a notice. */
GST_START_TEST (test_disorder_and_loss)
{
  const guint8 order[] = {0, 1, 3, 2, 4, 4, 5, 8, 6, 9, 10, 8};
  Fixture f;
  Take take;
  SiprecNotice loss;
  GstClockTime start;

  fixture_init (&f);
  take_init (&take);
  start = siprec_context_now ();
  siprec_stream_begin (f.stream, start);
  claim (&f, SIPREC_FILL_SILENCE);
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    send_frame (&f, order[i], order[i] * FRAME, SSRC_A, order[i]);
  loss = await_notice (&f, SIPREC_NOTICE_LOSS, 0);
  fail_unless_equals_int (loss.packets, 1);
  fail_unless (ABS (GST_CLOCK_DIFF (loss.from, loss.to) - 20 * (gint64)GST_MSECOND) < 2000000);
  await_stat (&f, "num-pushed", 10);
  siprec_stream_end (f.stream, start + GST_SECOND);
  take_all (&f, &take);

  fail_unless_equals_int (take.samples->len, 8000);
  fail_unless_equals_int (take.media->len, 10 * FRAME);
  for (guint i = 0; i < 10; i++)
    check_frame (take.media, i, i < 7 ? i : i + 1);
  /* The first one, and the one behind the hole. */
  fail_unless_equals_int (take.disconts, 2);
  fail_unless_equals_uint64 (get_stat (&f, "num-lost"), 1);
  fail_unless_equals_uint64 (get_stat (&f, "num-duplicates"), 2);
  fail_unless_equals_uint64 (get_stat (&f, "num-reordered"), 2);
  take_clear (&take);
  fixture_clear (&f);
}

GST_END_TEST;

/* Who comes late misses nothing; who comes after another one neither. */
GST_START_TEST (test_backlog_and_release)
{
  Fixture f;
  Take take;
  GstClockTime start;

  fixture_init (&f);
  take_init (&take);
  start = siprec_context_now ();
  siprec_stream_begin (f.stream, start);
  for (guint i = 0; i < 10; i++)
    send_frame (&f, i, i * FRAME, SSRC_A, i);
  await_stat (&f, "packets-received", 10);
  fail_unless_equals_uint64 (get_stat (&f, "num-pushed"), 0);

  claim (&f, SIPREC_FILL_SILENCE);
  await_stat (&f, "num-pushed", 10);
  siprec_stream_release (f.stream);
  /* Two ticks: it is done then. */
  g_usleep (60000);
  for (guint i = 10; i < 20; i++)
    send_frame (&f, i, i * FRAME, SSRC_A, i);
  await_stat (&f, "packets-received", 20);
  fail_unless_equals_uint64 (get_stat (&f, "num-pushed"), 10);
  claim (&f, SIPREC_FILL_SILENCE);
  siprec_stream_release (f.stream);
  for (guint i = 20; i < 30; i++)
    send_frame (&f, i, i * FRAME, SSRC_A, i);
  await_stat (&f, "packets-received", 30);
  siprec_stream_end (f.stream, start + GST_SECOND);
  claim (&f, SIPREC_FILL_SILENCE);
  take_all (&f, &take);

  fail_unless_equals_uint64 (take.first, start);
  fail_unless_equals_int (take.samples->len, 8000);
  fail_unless_equals_int (take.media->len, 30 * FRAME);
  for (guint i = 0; i < 30; i++)
    check_frame (take.media, i, i);

  /* The end is told to everybody. */
  siprec_stream_release (f.stream);
  claim (&f, SIPREC_FILL_SILENCE);
  take_all (&f, &take);
  take_clear (&take);
  fixture_clear (&f);
}

GST_END_TEST;

/* What came before the end is read, although nobody had the time yet. */
GST_START_TEST (test_last_packet)
{
  Fixture f;
  Take take;
  GstClockTime start;

  fixture_init (&f);
  take_init (&take);
  start = siprec_context_now ();
  siprec_stream_begin (f.stream, start);
  claim (&f, SIPREC_FILL_SILENCE);
  send_frame (&f, 0, 0, SSRC_A, 1);
  await_stat (&f, "num-pushed", 1);
  send_frame (&f, 1, FRAME, SSRC_A, 2);
  send_frame (&f, 3, 3 * FRAME, SSRC_A, 3);
  siprec_stream_end (f.stream, start + GST_SECOND);
  take_all (&f, &take);
  fail_unless_equals_int (take.samples->len, 8000);
  fail_unless_equals_int (take.media->len, 3 * FRAME);
  take_clear (&take);
  fixture_clear (&f);
}

GST_END_TEST;

/* A packet out of order that claims to be from next week isn't given hours of filler. */
GST_START_TEST (test_wild_timestamp)
{
  Fixture f;
  Take take;
  GstClockTime start;

  fixture_init (&f);
  take_init (&take);
  start = siprec_context_now ();
  siprec_stream_begin (f.stream, start);
  claim (&f, SIPREC_FILL_SILENCE);
  send_frame (&f, 0, 0, SSRC_A, 0);
  send_frame (&f, 2, 2 * FRAME, SSRC_A, 2);
  send_frame (&f, 1, 0x70000000, SSRC_A, 1);
  send_frame (&f, 3, 3 * FRAME, SSRC_A, 3);
  await_stat (&f, "num-pushed", 3);
  siprec_stream_end (f.stream, start + GST_SECOND);
  take_all (&f, &take);
  fail_unless_equals_int (take.samples->len, 8000);
  fail_unless_equals_int (take.media->len, 3 * FRAME);
  fail_unless_equals_uint64 (get_stat (&f, "num-invalid"), 1);
  take_clear (&take);
  fixture_clear (&f);
}

GST_END_TEST;

/* One packet lost, and more behind it than the ring holds: either the hole goes, or what was held. */
static void
run_full_ring (gboolean drop_on_latency, guint lost)
{
  SiprecStreamWishes wishes = {.latency = 10 * GST_SECOND, .drop_on_latency = drop_on_latency};
  Fixture f;

  fixture_init (&f);
  siprec_stream_begin (f.stream, siprec_context_now ());
  siprec_stream_claim (f.stream, &wishes, NULL);
  send_frame (&f, 0, 0, SSRC_A, 0);
  await_stat (&f, "packets-received", 1);
  for (guint i = 2; i <= 513; i++) {
    send_frame (&f, i, i * 8, SSRC_A, 0);
    if (i % 64 == 0)
      await_stat (&f, "packets-received", i);
  }
  await_stat (&f, "num-lost", lost);
  fail_unless_equals_int (await_notice (&f, SIPREC_NOTICE_LOSS, 0).packets, lost);
  fixture_clear (&f);
}

GST_START_TEST (test_full_ring)
{
  run_full_ring (FALSE, 1);
  run_full_ring (TRUE, 512);
}

GST_END_TEST;

/* Another wish: what was left of the old kind isn't given to the new consumer. */
GST_START_TEST (test_reclaim_raw)
{
  SiprecStreamWishes wishes = {.raw = TRUE, .fill = SIPREC_FILL_SILENCE, .latency = GST_SECOND};
  Fixture f;
  SiprecUnit unit;

  fixture_init (&f);
  siprec_stream_begin (f.stream, siprec_context_now ());
  claim (&f, SIPREC_FILL_NONE);
  send_frame (&f, 0, 0, SSRC_A, 1);
  await_stat (&f, "num-pushed", 1);
  siprec_stream_release (f.stream);
  siprec_stream_claim (f.stream, &wishes, NULL);
  send_frame (&f, 1, FRAME, SSRC_A, 2);
  while (siprec_stream_wait (f.stream) && siprec_stream_pop (f.stream, &unit, 1) == 1 &&
         unit.type == SIPREC_UNIT_GAP)
    continue;

  fail_unless_equals_int (unit.type, SIPREC_UNIT_DATA);
  fail_unless_equals_int (gst_buffer_get_size (unit.buffer), 12 + FRAME);
  fail_unless (GST_BUFFER_FLAG_IS_SET (unit.buffer, GST_BUFFER_FLAG_DISCONT));
  siprec_unit_clear (&unit);
  fixture_clear (&f);
}

GST_END_TEST;

static void
send_event (Fixture *f, guint16 seq, guint32 timestamp, guint8 event, gboolean end,
            guint16 duration)
{
  guint8 payload[4] = {event, (end ? 0x80 : 0) | 10, duration >> 8, duration & 0xff};

  send_packet (f, 101, seq, timestamp, SSRC_A, payload, 4);
}

/* A key is one notice, however often its end is sent, and also if it isn't. */
GST_START_TEST (test_dtmf)
{
  Fixture f;
  Take take;
  SiprecNotice notice;
  GstClockTime start;
  guint16 seq = 0;

  fixture_init (&f);
  take_init (&take);
  start = siprec_context_now ();
  siprec_stream_begin (f.stream, start);
  claim (&f, SIPREC_FILL_SILENCE);
  send_frame (&f, seq++, 0, SSRC_A, 1);
  for (guint i = 1; i <= 4; i++)
    send_event (&f, seq++, FRAME, 11, FALSE, i * FRAME);
  for (guint i = 0; i < 3; i++)
    send_event (&f, seq++, FRAME, 11, TRUE, 4 * FRAME);
  send_frame (&f, seq++, 5 * FRAME, SSRC_A, 2);
  send_event (&f, seq++, 6 * FRAME, 12, FALSE, FRAME);
  send_event (&f, seq++, 6 * FRAME, 12, FALSE, 2 * FRAME);
  notice = await_notice (&f, SIPREC_NOTICE_DTMF, 1);
  fail_unless_equals_string (notice.digit, "A");
  fail_unless_equals_uint64 (notice.duration, 40 * GST_MSECOND);
  notice = await_notice (&f, SIPREC_NOTICE_DTMF, 0);
  fail_unless_equals_string (notice.digit, "#");
  fail_unless_equals_uint64 (notice.duration, 80 * GST_MSECOND);
  siprec_stream_end (f.stream, start + GST_SECOND);
  take_all (&f, &take);

  fail_unless_equals_int (take.samples->len, 8000);
  fail_unless_equals_int (take.media->len, 2 * FRAME);
  fail_unless_equals_int (count_notices (&f, SIPREC_NOTICE_DTMF), 2);
  fail_unless_equals_int (count_notices (&f, SIPREC_NOTICE_LOSS), 0);
  take_clear (&take);
  fixture_clear (&f);
}

GST_END_TEST;

/* Another source goes on where the first one stopped, strays change nothing, and neither does
   comfort
 * noise, garbage or an unknown payload type. */
GST_START_TEST (test_sources)
{
  guint8 junk[40] = {0x80, 0};
  Fixture f;
  Take take;
  GstClockTime start;

  fixture_init (&f);
  take_init (&take);
  start = siprec_context_now ();
  siprec_stream_begin (f.stream, start);
  claim (&f, SIPREC_FILL_SILENCE);
  for (guint i = 0; i < 5; i++) {
    send_frame (&f, 100 + i, i * FRAME, SSRC_A, i);
    send_frame (&f, 7000 + 5 * i, 12345, SSRC_B, 99);
  }
  send_packet (&f, 13, 105, 5 * FRAME, SSRC_A, junk, 1);
  send_packet (&f, 96, 106, 6 * FRAME, SSRC_A, junk, 40);
  fail_unless (send (f.rtp, junk, 11, 0) == 11);
  junk[0] = 0x90;
  fail_unless (send (f.rtp, junk, 13, 0) == 13);
  junk[0] = 0xa0;
  junk[39] = 60;
  fail_unless (send (f.rtp, junk, 40, 0) == 40);
  /* Real packets don't come faster than the time that they last. */
  g_usleep (150000);
  for (guint i = 0; i < 5; i++)
    send_frame (&f, 40000 + i, 0x70000000 + i * FRAME, SSRC_B, 10 + i);
  /* The same one starts over. */
  g_usleep (150000);
  for (guint i = 0; i < 5; i++)
    send_frame (&f, 3 + i, 77 + i * FRAME, SSRC_B, 20 + i);
  await_stat (&f, "num-pushed", 15);
  siprec_stream_end (f.stream, start + GST_SECOND);
  take_all (&f, &take);

  fail_unless_equals_int (take.samples->len, 8000);
  fail_unless_equals_int (take.media->len, 15 * FRAME);
  for (guint i = 0; i < 15; i++)
    check_frame (take.media, i, i / 5 * 10 + i % 5);
  fail_unless_equals_uint64 (get_stat (&f, "num-unknown-pt"), 1);
  fail_unless_equals_uint64 (get_stat (&f, "num-invalid"), 8);
  take_clear (&take);
  fixture_clear (&f);
}

GST_END_TEST;

/* Joined buffers have the wished length, and media is never joined with filler. */
GST_START_TEST (test_joined)
{
  SiprecStreamWishes wishes = {.fill = SIPREC_FILL_SILENCE,
                               .latency = 60 * GST_MSECOND,
                               .buffer_duration = 100 * GST_MSECOND};
  Fixture f;
  Take take;
  GstClockTime start;

  fixture_init (&f);
  take_init (&take);
  start = siprec_context_now ();
  siprec_stream_begin (f.stream, start);
  siprec_stream_claim (f.stream, &wishes, NULL);
  for (guint i = 0; i < 12; i++)
    send_frame (&f, i, i * FRAME, SSRC_A, i);
  await_stat (&f, "num-pushed", 12);
  siprec_stream_end (f.stream, start + GST_SECOND);
  take_all (&f, &take);

  fail_unless_equals_int (take.samples->len, 8000);
  fail_unless_equals_int (take.media->len, 12 * FRAME);
  for (guint i = 0; i < 12; i++)
    check_frame (take.media, i, i);
  /* 50 frames; three buffers of media, the filler around them in at most 12. */
  fail_unless (take.units <= 15, "%u units", take.units);
  take_clear (&take);
  fixture_clear (&f);
}

GST_END_TEST;

/* GAP filler, and none. */
GST_START_TEST (test_fills)
{
  Fixture f;
  Take take;
  SiprecUnit unit;
  GstClockTime start;

  fixture_init (&f);
  take_init (&take);
  start = siprec_context_now ();
  siprec_stream_begin (f.stream, start);
  claim (&f, SIPREC_FILL_GAP);
  send_frame (&f, 0, 0, SSRC_A, 0);
  await_stat (&f, "num-pushed", 1);
  siprec_stream_end (f.stream, start + GST_SECOND);
  take_all (&f, &take);
  fail_unless (take.gaps >= 1);
  fail_unless_equals_int (take.samples->len, FRAME);
  fail_unless_equals_uint64 (take.first, start);
  fail_unless_equals_uint64 (take.position, start + GST_SECOND);
  take_clear (&take);
  fixture_clear (&f);

  fixture_init (&f);
  siprec_stream_begin (f.stream, start);
  claim (&f, SIPREC_FILL_NONE);
  siprec_stream_end (f.stream, start + GST_SECOND);
  fail_unless (siprec_stream_wait (f.stream));
  fail_unless_equals_int (siprec_stream_pop (f.stream, &unit, 1), 1);
  fail_unless_equals_int (unit.type, SIPREC_UNIT_END);
  fixture_clear (&f);
}

GST_END_TEST;

/* A pad that the session lacks. */
GST_START_TEST (test_silent)
{
  SiprecStreamWishes wishes = {.fill = SIPREC_FILL_SILENCE};
  g_autoptr (SiprecContext) context = siprec_context_get ("test");
  g_autoptr (SiprecFormat) format = siprec_format_new ("audio", 8, "PCMA", 8000, 1, NULL);
  Fixture f = {.stream = siprec_stream_new_silent (context, format)};
  GstClockTime start = siprec_context_now ();
  Take take;

  take_init (&take);
  fail_unless_equals_int (siprec_stream_get_port (f.stream), 0);
  siprec_stream_begin (f.stream, start);
  siprec_stream_claim (f.stream, &wishes, NULL);
  fail_unless (siprec_stream_wait (f.stream));
  siprec_stream_end (f.stream, start + GST_SECOND);
  take_all (&f, &take);
  fail_unless_equals_int (take.samples->len, 8000);
  fail_unless_equals_int (take.samples->data[7999], 0xd5);
  siprec_stream_unref (f.stream);
  take_clear (&take);
}

GST_END_TEST;

/* No packets is a timeout, once; hold isn't. */
GST_START_TEST (test_timeout)
{
  SiprecStreamWishes wishes = {.latency = 60 * GST_MSECOND, .timeout = 100 * GST_MSECOND};
  Fixture f;

  fixture_init (&f);
  siprec_stream_set_held (f.stream, TRUE);
  siprec_stream_begin (f.stream, siprec_context_now () - GST_SECOND);
  siprec_stream_claim (f.stream, &wishes, NULL);
  send_frame (&f, 0, 0, SSRC_A, 0);
  await_notice (&f, SIPREC_NOTICE_STARTED, 0);
  g_usleep (200000);
  fail_unless_equals_int (count_notices (&f, SIPREC_NOTICE_TIMEOUT), 0);
  siprec_stream_set_held (f.stream, FALSE);
  await_notice (&f, SIPREC_NOTICE_TIMEOUT, 0);
  send_frame (&f, 1, FRAME, SSRC_A, 0);
  await_notice (&f, SIPREC_NOTICE_STARTED, 1);
  await_notice (&f, SIPREC_NOTICE_TIMEOUT, 1);
  fixture_clear (&f);
}

GST_END_TEST;

/* A consumer that doesn't read loses the oldest, and is told. */
GST_START_TEST (test_overrun)
{
  Fixture f;
  SiprecNotice notice;
  GstClockTime start = siprec_context_now () - 8 * GST_SECOND;

  fixture_init (&f);
  siprec_stream_begin (f.stream, start);
  claim (&f, SIPREC_FILL_SILENCE);
  notice = await_notice (&f, SIPREC_NOTICE_OVERRUN, 0);
  fail_unless_equals_uint64 (notice.from, start);
  fail_unless (notice.to > start + GST_SECOND);
  fail_unless (notice.packets > 0);
  fail_unless (siprec_stream_get_position (f.stream) >= notice.to);
  fixture_clear (&f);
}

GST_END_TEST;

/* A socket that was quiet for long is not forgotten. */
GST_START_TEST (test_idle)
{
  Fixture f;

  fixture_init (&f);
  siprec_stream_begin (f.stream, siprec_context_now ());
  claim (&f, SIPREC_FILL_NONE);
  for (guint i = 0; i < 3; i++) {
    send_frame (&f, i, i * 8000, SSRC_A, i);
    await_stat (&f, "num-pushed", i + 1);
    g_usleep (1200000);
  }
  fixture_clear (&f);
}

GST_END_TEST;

/* Calls in an order that makes little sense. */
GST_START_TEST (test_odd_orders)
{
  Fixture f;
  Take take;
  GstClockTime start;

  /* Never begun. */
  fixture_init (&f);
  fixture_clear (&f);

  /* Claimed first; ended twice; begun again. */
  fixture_init (&f);
  take_init (&take);
  claim (&f, SIPREC_FILL_SILENCE);
  start = siprec_context_now ();
  siprec_stream_begin (f.stream, start);
  siprec_stream_end (f.stream, start + 100 * GST_MSECOND);
  siprec_stream_end (f.stream, start + 200 * GST_MSECOND);
  siprec_stream_begin (f.stream, start);
  take_all (&f, &take);
  fail_unless_equals_int (take.samples->len, 800);
  take_clear (&take);
  fixture_clear (&f);

  /* Ended before it was begun. */
  fixture_init (&f);
  take_init (&take);
  siprec_stream_end (f.stream, start);
  claim (&f, SIPREC_FILL_SILENCE);
  take_all (&f, &take);
  fail_unless_equals_uint64 (take.end, start);
  fail_unless_equals_int (take.units, 0);
  take_clear (&take);
  fixture_clear (&f);
}

GST_END_TEST;

/* Another codec in the middle, and a new offer that changes nothing. */
GST_START_TEST (test_formats)
{
  Fixture f;
  SiprecUnit units[3];
  guint n = 0;
  guint8 payload[FRAME] = {0};

  fixture_init (&f);
  siprec_stream_begin (f.stream, siprec_context_now ());
  claim (&f, SIPREC_FILL_NONE);
  send_frame (&f, 0, 0, SSRC_A, 1);
  await_stat (&f, "num-pushed", 1);
  set_formats (f.stream, siprec_format_new ("audio", 8, "PCMA", 8000, 1, NULL),
               siprec_format_new ("audio", 0, "PCMU", 8000, 1, NULL), NULL);
  send_frame (&f, 1, FRAME, SSRC_A, 1);
  await_stat (&f, "num-pushed", 2);
  send_packet (&f, 8, 2, 2 * FRAME, SSRC_A, payload, FRAME);
  await_stat (&f, "num-pushed", 3);
  while (n < 3 && siprec_stream_wait (f.stream))
    n += siprec_stream_pop (f.stream, units + n, 3 - n);
  fail_unless (units[0].format == units[1].format);
  fail_unless_equals_int (units[2].format->pt, 8);
  fail_unless_equals_uint64 (units[2].time, units[1].time + units[1].duration);
  for (guint i = 0; i < 3; i++)
    siprec_unit_clear (&units[i]);
  fixture_clear (&f);
}

GST_END_TEST;

static gpointer
flush (gpointer data)
{
  siprec_stream_set_flushing (data, TRUE);
  return NULL;
}

GST_START_TEST (test_flushing)
{
  Fixture f;
  GThread *thread;

  fixture_init (&f);
  thread = g_thread_new ("flush", flush, f.stream);
  fail_unless (!siprec_stream_wait (f.stream));
  g_thread_join (thread);
  siprec_stream_set_flushing (f.stream, FALSE);
  siprec_stream_begin (f.stream, siprec_context_now () - GST_SECOND);
  claim (&f, SIPREC_FILL_GAP);
  fail_unless (siprec_stream_wait (f.stream));
  fixture_clear (&f);
}

GST_END_TEST;

static void
send_sender_report (Fixture *f, gint fd)
{
  GstRTCPBuffer map = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;
  g_autoptr (GstBuffer) buffer = gst_rtcp_buffer_new (200);
  GstMapInfo info;

  gst_rtcp_buffer_map (buffer, GST_MAP_READWRITE, &map);
  gst_rtcp_buffer_add_packet (&map, GST_RTCP_TYPE_SR, &packet);
  gst_rtcp_packet_sr_set_sender_info (&packet, SSRC_A, G_GUINT64_CONSTANT (0x1122334455667788), 160,
                                      1, 160);
  gst_rtcp_buffer_add_packet (&map, GST_RTCP_TYPE_SDES, &packet);
  gst_rtcp_packet_sdes_add_item (&packet, SSRC_A);
  gst_rtcp_packet_sdes_add_entry (&packet, GST_RTCP_SDES_CNAME, 5, (const guint8 *)"alice");
  gst_rtcp_buffer_unmap (&map);
  gst_buffer_map (buffer, &info, GST_MAP_READ);
  fail_unless (send (fd, info.data, info.size, 0) == (gssize)info.size);
  gst_buffer_unmap (buffer, &info);
}

/* Receives a report on @fd and checks its block. */
static void
check_report (gint fd)
{
  GstRTCPBuffer map = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;
  g_autoptr (GstBuffer) buffer = NULL;
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
  guint8 data[500], fraction;
  guint32 ssrc, highest, jitter, lsr, dlsr;
  gint32 lost;
  gssize size;

  fail_unless_equals_int (poll (&poll_fd, 1, 10000), 1);
  size = recv (fd, data, sizeof (data), 0);
  fail_unless (gst_rtcp_buffer_validate_data (data, size));
  buffer = gst_buffer_new_memdup (data, size);
  gst_rtcp_buffer_map (buffer, GST_MAP_READ, &map);
  fail_unless (gst_rtcp_buffer_get_first_packet (&map, &packet));
  fail_unless_equals_int (gst_rtcp_packet_get_type (&packet), GST_RTCP_TYPE_RR);
  fail_unless_equals_int (gst_rtcp_packet_get_rb_count (&packet), 1);
  gst_rtcp_packet_get_rb (&packet, 0, &ssrc, &fraction, &lost, &highest, &jitter, &lsr, &dlsr);
  fail_unless_equals_int (ssrc, SSRC_A);
  fail_unless_equals_int (lost, 1);
  fail_unless_equals_int (fraction, 64);
  fail_unless_equals_int (highest, 65536 + 1);
  fail_unless_equals_int (lsr, 0x33445566);
  fail_unless (dlsr > 0 && dlsr < 10 * 65536);
  fail_unless (gst_rtcp_packet_move_to_next (&packet));
  fail_unless_equals_int (gst_rtcp_packet_get_type (&packet), GST_RTCP_TYPE_SDES);
  gst_rtcp_buffer_unmap (&map);
}

/* Reports go to where RTCP came from, with what RFC 3550 wants in them. */
static void
run_reports (gboolean mux)
{
  Fixture f;
  g_autoptr (GstStructure) stats = NULL;

  fixture_init (&f);
  siprec_stream_begin (f.stream, siprec_context_now ());
  send_frame (&f, 65534, 0, SSRC_A, 0);
  send_frame (&f, 65535, 160, SSRC_A, 0);
  send_frame (&f, 1, 480, SSRC_A, 0);
  send_sender_report (&f, mux ? f.rtp : f.rtcp);
  check_report (mux ? f.rtp : f.rtcp);
  stats = siprec_stream_get_stats (f.stream);
  fail_unless_equals_string (gst_structure_get_string (stats, "cname"), "alice");
  fail_unless_equals_string (gst_structure_get_string (stats, "encoding-name"), "PCMU");
  fail_unless (g_str_has_prefix (gst_structure_get_string (stats, "source"), "127.0.0.1:"));
  fixture_clear (&f);
}

GST_START_TEST (test_reports)
{
  run_reports (FALSE);
}

GST_END_TEST;

GST_START_TEST (test_reports_mux)
{
  run_reports (TRUE);
}

GST_END_TEST;

/* The type of the last packet of the compound that comes next on @fd. */
static GstRTCPType
receive_last_type (gint fd, gint timeout)
{
  GstRTCPBuffer map = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;
  GstRTCPType type;
  g_autoptr (GstBuffer) buffer = NULL;
  struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
  guint8 data[500];
  gssize size;

  if (poll (&poll_fd, 1, timeout) != 1)
    return GST_RTCP_TYPE_INVALID;
  size = recv (fd, data, sizeof (data), 0);
  fail_unless (gst_rtcp_buffer_validate_data (data, size));
  buffer = gst_buffer_new_memdup (data, size);
  gst_rtcp_buffer_map (buffer, GST_MAP_READ, &map);
  fail_unless (gst_rtcp_buffer_get_first_packet (&map, &packet));
  do
    type = gst_rtcp_packet_get_type (&packet);
  while (gst_rtcp_packet_move_to_next (&packet));
  gst_rtcp_buffer_unmap (&map);
  return type;
}

/* Nothing is received, held or not: reports go to where the SDP says, from the port that fits, and a
 * BYE ends them. */
static void
run_keepalive (gboolean mux, gboolean held)
{
  Fixture f;
  guint16 rtp_port, rtcp_port = 0;

  fixture_init (&f);
  rtp_port = get_local_port (f.rtp);
  if (!mux)
    rtcp_port = f.rtcp_port;
  siprec_stream_set_remote (f.stream, "127.0.0.1", rtp_port, rtcp_port, mux);
  siprec_stream_set_held (f.stream, held);
  siprec_stream_begin (f.stream, siprec_context_now ());
  fail_unless_equals_int (receive_last_type (mux ? f.rtp : f.rtcp, 5000), GST_RTCP_TYPE_SDES);
  siprec_stream_end (f.stream, siprec_context_now ());
  fail_unless_equals_int (receive_last_type (mux ? f.rtp : f.rtcp, 5000), GST_RTCP_TYPE_BYE);
  fixture_clear (&f);
}

GST_START_TEST (test_keepalive)
{
  run_keepalive (FALSE, FALSE);
}

GST_END_TEST;

GST_START_TEST (test_keepalive_mux)
{
  run_keepalive (TRUE, TRUE);
}

GST_END_TEST;

/* RFC 3550 section 6.3.7: no BYE where nothing was sent before. */
GST_START_TEST (test_no_bye)
{
  Fixture f;

  fixture_init (&f);
  siprec_stream_set_remote (f.stream, "127.0.0.1", 9, f.rtcp_port, FALSE);
  siprec_stream_begin (f.stream, siprec_context_now ());
  siprec_stream_end (f.stream, siprec_context_now ());
  await_notice (&f, SIPREC_NOTICE_ENDED, 0);
  fail_unless_equals_int (receive_last_type (f.rtcp, 100), GST_RTCP_TYPE_INVALID);
  fixture_clear (&f);
}

GST_END_TEST;

/* Streams come and go while others run; consumers wake by strands. */
static void
on_strand (gpointer user_data)
{
  SiprecStream *stream = user_data;
  SiprecUnit unit;

  while (siprec_stream_pop (stream, &unit, 1) == 1)
    siprec_unit_clear (&unit);
}

static void
churn_one (Fixture *f, guint i)
{
  SiprecStreamWishes wishes = {.fill = SIPREC_FILL_SILENCE, .latency = 20 * GST_MSECOND};
  SiprecStrand *strand;

  strand = siprec_strand_new (siprec_context_get_pushers (f->context), on_strand, f->stream);
  siprec_stream_begin (f->stream, siprec_context_now ());
  siprec_stream_claim (f->stream, &wishes, strand);
  send_frame (f, i, i * FRAME, SSRC_A, 0);
  if (i % 3 == 0)
    siprec_stream_release (f->stream);
  if (i % 5 != 0)
    siprec_stream_end (f->stream, siprec_context_now ());
  siprec_strand_stop (strand);
  siprec_strand_unref (strand);
  if (i % 2 == 0)
    g_clear_pointer (&f->stream, siprec_stream_unref);
}

GST_START_TEST (test_churn)
{
  Fixture running, f[50];

  fixture_init (&running);
  siprec_stream_begin (running.stream, siprec_context_now ());
  claim (&running, SIPREC_FILL_SILENCE);
  for (guint round = 0; round < 20; round++) {
    for (guint i = 0; i < G_N_ELEMENTS (f); i++) {
      fixture_init (&f[i]);
      churn_one (&f[i], round + i);
    }
    send_frame (&running, round, round * FRAME, SSRC_A, 0);
    for (guint i = 0; i < G_N_ELEMENTS (f); i++)
      fixture_clear (&f[i]);
  }
  await_stat (&running, "packets-received", 20);
  fixture_clear (&running);
}

GST_END_TEST;

static Suite *
stream_suite (void)
{
  Suite *suite = suite_create ("stream");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_set_timeout (tc, 120);
  tcase_add_test (tc, test_in_order);
  tcase_add_test (tc, test_disorder_and_loss);
  tcase_add_test (tc, test_backlog_and_release);
  tcase_add_test (tc, test_last_packet);
  tcase_add_test (tc, test_wild_timestamp);
  tcase_add_test (tc, test_full_ring);
  tcase_add_test (tc, test_reclaim_raw);
  tcase_add_test (tc, test_dtmf);
  tcase_add_test (tc, test_sources);
  tcase_add_test (tc, test_joined);
  tcase_add_test (tc, test_fills);
  tcase_add_test (tc, test_silent);
  tcase_add_test (tc, test_timeout);
  tcase_add_test (tc, test_overrun);
  tcase_add_test (tc, test_idle);
  tcase_add_test (tc, test_odd_orders);
  tcase_add_test (tc, test_formats);
  tcase_add_test (tc, test_flushing);
  tcase_add_test (tc, test_reports);
  tcase_add_test (tc, test_reports_mux);
  tcase_add_test (tc, test_keepalive);
  tcase_add_test (tc, test_keepalive_mux);
  tcase_add_test (tc, test_no_bye);
  tcase_add_test (tc, test_churn);
  return suite;
}

GST_CHECK_MAIN (stream);
