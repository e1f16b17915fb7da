/* siprec_depay(): against the stock payloaders and depayloaders, by hand, and with hostile bytes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/rtp/gstrtpbuffer.h>

#include "siprec-core/media/depay.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstHarness, gst_harness_teardown)

static SiprecFormat *
make_format (const gchar *name, guint clock, guint channels, const gchar *fmtp)
{
  return siprec_format_new ("audio", 96, name, clock, channels, fmtp);
}

static gboolean
have_elements (const gchar *names)
{
  g_auto (GStrv) list = g_strsplit (names, " ", -1);

  for (guint i = 0; list[i]; i++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (list[i]);

    if (!factory) {
      g_printerr ("skipped: %s is not installed\n", list[i]);
      return FALSE;
    }
  }
  return TRUE;
}

/* Everything that @description gives until EOS. */
static GPtrArray *
run_source (const gchar *description)
{
  g_autoptr (GstHarness) source = gst_harness_new_parse (description);
  GPtrArray *buffers = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_buffer_unref);
  GstBuffer *buffer = NULL;

  gst_harness_use_systemclock (source);
  gst_harness_play (source);
  while (gst_harness_pull_until_eos (source, &buffer) && buffer)
    g_ptr_array_add (buffers, buffer);
  return buffers;
}

static GstBuffer *
depay_packet (const SiprecFormat *format, GstBuffer *packet, guint32 *duration)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  GstBuffer *media;

  fail_unless (gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp));
  media = siprec_depay (format, gst_rtp_buffer_get_payload (&rtp),
                        gst_rtp_buffer_get_payload_len (&rtp), duration);
  gst_rtp_buffer_unmap (&rtp);
  return media;
}

static void
assert_same_bytes (GstBuffer *a, GstBuffer *b)
{
  GstMapInfo map;

  gst_buffer_map (b, &map, GST_MAP_READ);
  fail_unless_equals_int (gst_buffer_get_size (a), map.size);
  fail_unless (gst_buffer_memcmp (a, 0, map.data, map.size) == 0);
  gst_buffer_unmap (b, &map);
}

typedef struct {
  const gchar *name;
  guint clock;
  guint channels;
  const gchar *fmtp;
  const gchar *elements;
  const gchar *source;
  const gchar *depay;
} Stock;

#define TONE                                                                                       \
  "audiotestsrc num-buffers=25 samplesperbuffer=960 wave=saw ! "                                   \
  "audio/x-raw,rate=48000,channels=1 ! "
#define TO(rate) TONE "audioresample ! audio/x-raw,rate=" rate " ! audioconvert ! "
#define G726(br)                                                                                   \
  TO ("8000")                                                                                      \
  "avenc_g726 bitrate=" br " ! audio/x-adpcm,bitrate=" br " ! rtpg726pay force-aal2=false"

static const Stock stock[] = {
    {"PCMU", 8000, 1, NULL, "mulawenc rtppcmupay rtppcmudepay", TO ("8000") "mulawenc ! rtppcmupay",
     "rtppcmudepay"},
    {"PCMA", 8000, 1, NULL, "alawenc rtppcmapay rtppcmadepay", TO ("8000") "alawenc ! rtppcmapay",
     "rtppcmadepay"},
    {"G722", 8000, 1, NULL, "avenc_g722 rtpg722pay rtpg722depay",
     TO ("16000") "avenc_g722 ! rtpg722pay", "rtpg722depay"},
    {"OPUS", 48000, 2, NULL, "opusenc rtpopuspay rtpopusdepay",
     TONE "opusenc frame-size=20 ! rtpopuspay", "rtpopusdepay"},
    {"OPUS", 48000, 2, NULL, "opusenc rtpopuspay rtpopusdepay",
     TONE "opusenc frame-size=60 audio-type=voice bitrate=12000 ! rtpopuspay", "rtpopusdepay"},
    {"OPUS", 48000, 2, NULL, "opusenc rtpopuspay rtpopusdepay",
     TONE "opusenc frame-size=2 ! rtpopuspay", "rtpopusdepay"},
    {"L16", 16000, 1, NULL, "rtpL16pay rtpL16depay",
     TO ("16000") "audio/x-raw,format=S16BE ! rtpL16pay", "rtpL16depay"},
    {"L16", 48000, 2, NULL, "rtpL16pay rtpL16depay",
     TONE "audioconvert ! audio/x-raw,channels=2,format=S16BE ! rtpL16pay", "rtpL16depay"},
    {"GSM", 8000, 1, NULL, "gsmenc rtpgsmpay rtpgsmdepay", TO ("8000") "gsmenc ! rtpgsmpay",
     "rtpgsmdepay"},
    {"AMR", 8000, 1, "octet-align=1", "amrnbenc rtpamrpay rtpamrdepay",
     TO ("8000") "amrnbenc ! rtpamrpay", "rtpamrdepay"},
    {"AMR-WB", 16000, 1, "octet-align=1", "voamrwbenc rtpamrpay rtpamrdepay",
     TO ("16000") "voamrwbenc ! rtpamrpay", "rtpamrdepay"},
    {"G726-16", 8000, 1, NULL, "avenc_g726 rtpg726pay rtpg726depay", G726 ("16000"),
     "rtpg726depay force-aal2=false"},
    {"G726-32", 8000, 1, NULL, "avenc_g726 rtpg726pay rtpg726depay", G726 ("32000"),
     "rtpg726depay force-aal2=false"},
};

/* The sum of durations is what the source made: half a second, or what an encoder rounds it to. */
static void
compare_with_stock (const Stock *row)
{
  g_autoptr (SiprecFormat) format = make_format (row->name, row->clock, row->channels, row->fmtp);
  g_autoptr (GPtrArray) packets = run_source (row->source);
  g_autoptr (GstHarness) depay = gst_harness_new_parse (row->depay);
  gboolean swapped = strcmp (row->name, "L16") == 0 && G_BYTE_ORDER == G_LITTLE_ENDIAN;
  guint64 total = 0;

  gst_harness_set_src_caps (depay, gst_caps_ref (format->rtp_caps));
  fail_unless (packets->len > 0);
  for (guint i = 0; i < packets->len; i++) {
    GstBuffer *packet = g_ptr_array_index (packets, i);
    guint32 duration = 0;
    g_autoptr (GstBuffer) ours = depay_packet (format, packet, &duration);
    g_autoptr (GstBuffer) theirs = NULL;

    fail_unless (ours != NULL, "%s", row->name);
    total += duration;
    packet = gst_buffer_make_writable (gst_buffer_ref (packet));
    gst_harness_push (depay, packet);
    theirs = gst_harness_pull (depay);
    if (swapped) {
      GstMapInfo map;

      gst_buffer_map (ours, &map, GST_MAP_READWRITE);
      for (gsize j = 0; j < map.size; j += 2)
        *(guint16 *)(map.data + j) = GUINT16_SWAP_LE_BE (*(guint16 *)(map.data + j));
      gst_buffer_unmap (ours, &map);
    }
    assert_same_bytes (ours, theirs);
  }
  fail_unless (ABS ((gint64)total - row->clock / 2) <= row->clock / 16,
               "%s lasts %" G_GUINT64_FORMAT, row->name, total);
}

GST_START_TEST (test_as_stock)
{
  if (have_elements (stock[__i__].elements))
    compare_with_stock (&stock[__i__]);
}
GST_END_TEST;

/* The stock (de)payloader mixes up the bits of 24 and 40 kbit/s, so the measure is RFC 3551 section
 * 4.5.4 itself: code words fill octets from the least significant bit. */
GST_START_TEST (test_g726_packings)
{
  const guint bits = __i__ + 2;
  g_autofree gchar *name = g_strdup_printf ("G726-%u", bits * 8);
  g_autoptr (SiprecFormat) format = make_format (name, 8000, 1, NULL);
  guint8 payload[100] = {0}, expected[100] = {0};
  gsize size = 160 * bits / 8;
  guint32 duration;
  g_autoptr (GstBuffer) media = NULL;

  for (guint position = 0; position < 160 * bits; position += bits) {
    guint word = g_random_int_range (0, 1 << bits);

    for (guint i = 0; i < bits; i++) {
      guint low = position + i, high = position + bits - 1 - i;

      payload[low / 8] |= (word >> i & 1) << low % 8;
      expected[high / 8] |= (word >> i & 1) << (7 - high % 8);
    }
  }
  media = siprec_depay (format, payload, size, &duration);
  fail_unless_equals_int (duration, 160);
  fail_unless_equals_int (gst_buffer_get_size (media), size);
  fail_unless (gst_buffer_memcmp (media, 0, expected, size) == 0);
}
GST_END_TEST;

typedef struct {
  const gchar *name;
  guint clock;
  const gchar *fmtp;
  gsize size;
  guint8 first;
  guint32 duration; /* 0: refused */
} Sized;

static const Sized sized[] = {
    {"PCMU", 8000, NULL, 160, 0, 160},      {"PCMU", 8000, NULL, 0, 0, 0},
    {"G722", 8000, NULL, 160, 0, 160},      {"G722", 16000, NULL, 160, 0, 320},
    {"G729", 8000, NULL, 20, 0, 160},       {"G729", 8000, NULL, 22, 0, 240},
    {"G729", 8000, NULL, 2, 0, 80},         {"G729", 8000, NULL, 1, 0, 0},
    {"G729", 8000, NULL, 15, 0, 0},         {"L16", 16000, NULL, 640, 0, 320},
    {"L16", 16000, NULL, 641, 0, 0},        {"GSM", 8000, NULL, 66, 0xd0, 320},
    {"GSM", 8000, NULL, 33, 0xc0, 0},       {"GSM", 8000, NULL, 34, 0xd0, 0},
    {"ILBC", 8000, "mode=20", 38, 0, 160},  {"ILBC", 8000, "mode=20", 76, 0, 320},
    {"ILBC", 8000, "mode=20", 50, 0, 0},    {"ILBC", 8000, "mode=30", 50, 0, 240},
    {"ILBC", 8000, NULL, 100, 0, 480},      {"G726-16", 8000, NULL, 40, 0, 160},
    {"G726-24", 8000, NULL, 60, 0, 160},    {"G726-24", 8000, NULL, 61, 0, 0},
    {"G726-32", 8000, NULL, 80, 0, 160},    {"AAL2-G726-40", 8000, NULL, 100, 0, 160},
    {"AAL2-G726-40", 8000, NULL, 99, 0, 0},
};

GST_START_TEST (test_sizes)
{
  const Sized *row = &sized[__i__];
  g_autoptr (SiprecFormat) format = make_format (row->name, row->clock, 1, row->fmtp);
  g_autofree guint8 *payload = g_malloc0 (row->size + 1);
  g_autoptr (GstBuffer) buffer = NULL;
  guint32 duration = 7;

  for (gsize i = 0; i < row->size; i += 33)
    payload[i] = row->first;
  buffer = siprec_depay (format, payload, row->size, &duration);
  fail_unless_equals_int (duration, row->duration);
  fail_unless ((buffer != NULL) == (row->duration != 0));
  if (buffer)
    fail_unless_equals_int (gst_buffer_get_size (buffer), row->size);
}
GST_END_TEST;

GST_START_TEST (test_odd_stereo)
{
  g_autoptr (SiprecFormat) ulaw = make_format ("PCMU", 8000, 2, NULL);
  g_autoptr (SiprecFormat) linear = make_format ("L16", 8000, 2, NULL);
  static const guint8 payload[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  guint32 duration;

  fail_unless (siprec_depay (ulaw, payload, 7, &duration) == NULL);
  fail_unless (siprec_depay (linear, payload, 6, &duration) == NULL);
  gst_clear_buffer (&(GstBuffer *){siprec_depay (ulaw, payload, 8, &duration)});
  fail_unless_equals_int (duration, 4);
  gst_clear_buffer (&(GstBuffer *){siprec_depay (linear, payload, 8, &duration)});
  fail_unless_equals_int (duration, 2);
}
GST_END_TEST;

static guint32
opus_duration (const guint8 *packet, gsize size)
{
  g_autoptr (SiprecFormat) format = make_format ("opus", 48000, 2, NULL);
  /* A copy of the exact size, so that a sanitizer sees any read past it. */
  g_autofree guint8 *exact = g_memdup2 (packet, size);
  guint32 duration;
  g_autoptr (GstBuffer) buffer = siprec_depay (format, exact, size, &duration);

  fail_unless ((buffer != NULL) == (duration > 0));
  return duration;
}

GST_START_TEST (test_opus_configs)
{
  /* RFC 6716 table 2, in samples of 48 kHz. */
  static const guint durations[32] = {480,  960, 1920, 2880, 480, 960, 1920, 2880, 480, 960, 1920,
                                      2880, 480, 960,  480,  960, 120, 240,  480,  960, 120, 240,
                                      480,  960, 120,  240,  480, 960, 120,  240,  480, 960};

  for (guint config = 0; config < 32; config++) {
    guint8 one[] = {config << 3, 1, 2};
    guint8 two_equal[] = {config << 3 | 4 | 1, 1, 2};
    guint8 two[] = {config << 3 | 2, 1, 1, 2, 3};
    guint8 many[2 + 49] = {config << 3 | 3};
    guint most = 5760 / durations[config];

    fail_unless_equals_int (opus_duration (one, sizeof one), durations[config]);
    fail_unless_equals_int (opus_duration (two_equal, sizeof two_equal), 2 * durations[config]);
    fail_unless_equals_int (opus_duration (two, sizeof two), 2 * durations[config]);
    many[1] = most;
    fail_unless_equals_int (opus_duration (many, 2 + most), 5760);
    many[1] = most + 1;
    fail_unless_equals_int (opus_duration (many, 2 + most + 1), 0);
  }
}
GST_END_TEST;

GST_START_TEST (test_opus_framing)
{
  static const struct {
    guint8 packet[12];
    gsize size;
    guint duration;
  } rows[] = {
      {{0xf8}, 1, 960},                          /* DTX: an empty frame */
      {{0xf9, 1}, 2, 0},                         /* R3: two equal frames of half an octet */
      {{0xfa}, 1, 0},                            /* R4: no length */
      {{0xfa, 2, 1}, 3, 0},                      /* R4: frame is cut off */
      {{0xfa, 252}, 2, 0},                       /* R4: half a length */
      {{0xfa, 0}, 2, 1920},                      /* two empty frames */
      {{0xfb}, 1, 0},                            /* R6: no count */
      {{0xfb, 0}, 2, 0},                         /* R5: no frame */
      {{0xfb, 2, 1, 2}, 4, 1920},                /* CBR */
      {{0xfb, 2, 1, 2, 3}, 5, 0},                /* R6: not divisible */
      {{0xfb, 0x83, 1, 2, 9, 9, 9, 9}, 8, 2880}, /* VBR, last frame of one octet */
      {{0xfb, 0x83, 1, 9, 9, 9, 9}, 7, 0},       /* R7: frames are cut off */
      {{0xfb, 0x41, 2, 7, 0, 0}, 6, 960},        /* two octets of padding */
      {{0xfb, 0x41, 4, 7, 0, 0}, 6, 0},          /* more padding than octets */
      {{0xfb, 0x41, 255, 255}, 4, 0},            /* padding without an end */
      {{0xfb, 0x41, 0}, 3, 960},                 /* padding of nothing */
      {{0xfb, 0xc2, 1, 1, 5, 6, 0}, 7, 1920},    /* VBR and padding */
  };
  guint8 large[1 + 2 * 1276] = {0xf8};

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    fail_unless_equals_int (opus_duration (rows[i].packet, rows[i].size), rows[i].duration);
  /* a padding count of 255 is 254 octets and one more count */
  memcpy (large, "\xfb\x42\xff\x00", 4);
  fail_unless_equals_int (opus_duration (large, 4 + 254 + 2), 1920);
  large[0] = 0xf8;
  /* R2: no frame over 1275 octets */
  fail_unless_equals_int (opus_duration (large, 1 + 1275), 960);
  fail_unless_equals_int (opus_duration (large, 1 + 1276), 0);
  large[0] = 0xf9;
  fail_unless_equals_int (opus_duration (large, 1 + 2 * 1275), 1920);
  fail_unless_equals_int (opus_duration (large, 1 + 2 * 1276), 0);
}
GST_END_TEST;

/* A payload made of bits, for the bandwidth-efficient form. */
typedef struct {
  guint8 data[512];
  gsize bits;
} BitWriter;

static void
put_bits (BitWriter *writer, guint value, guint count)
{
  while (count-- > 0) {
    if (value >> count & 1)
      writer->data[writer->bits / 8] |= 0x80 >> writer->bits % 8;
    writer->bits++;
  }
}

static const guint narrow_bits[16] = {95, 103, 118, 134, 148, 159, 204, 244, 39};
static const guint wide_bits[16] = {132, 177, 253, 285, 317, 365, 397, 461, 477, 40};

/* Three frames of @type: good, bad (Q=0), and NO_DATA between them; random speech. Checks both
 * forms of the payload against the storage frames. */
static void
check_amr (gboolean wide, guint type, guint bits)
{
  const guint types[] = {type, 15, type};
  BitWriter efficient = {{0}, 0}, aligned = {{0}, 0};
  guint8 storage[512] = {0};
  gsize length = 0;

  put_bits (&efficient, 15, 4);
  put_bits (&aligned, 0xf0, 8);
  for (guint i = 0; i < 3; i++) {
    guint entry = (i < 2) << 5 | types[i] << 1 | (i == 0);

    put_bits (&efficient, entry, 6);
    put_bits (&aligned, entry << 2, 8);
  }
  for (guint i = 0; i < 3; i++) {
    guint frame_bits = i == 1 ? 0 : bits;

    storage[length++] = types[i] << 3 | (i == 0) << 2;
    for (guint bit = 0; bit < frame_bits; bit++) {
      guint value = g_random_int_range (0, 2);

      put_bits (&efficient, value, 1);
      put_bits (&aligned, value, 1);
      storage[length + bit / 8] |= value << (7 - bit % 8);
    }
    aligned.bits = (aligned.bits + 7) / 8 * 8;
    length += (frame_bits + 7) / 8;
  }
  for (guint form = 0; form < 2; form++) {
    g_autoptr (SiprecFormat) format = make_format (wide ? "AMR-WB" : "AMR", wide ? 16000 : 8000, 1,
                                                   form ? "octet-align=1" : NULL);
    const BitWriter *payload = form ? &aligned : &efficient;
    guint32 duration;
    g_autoptr (GstBuffer) buffer =
        siprec_depay (format, payload->data, (payload->bits + 7) / 8, &duration);

    fail_unless (buffer != NULL, "type %u form %u", type, form);
    fail_unless_equals_int (duration, 3 * format->clock_rate / 50);
    fail_unless_equals_int (gst_buffer_get_size (buffer), length);
    fail_unless (gst_buffer_memcmp (buffer, 0, storage, length) == 0);
    fail_unless (siprec_depay (format, payload->data, payload->bits / 8 - 1, &duration) == NULL);
    fail_unless (siprec_depay (format, payload->data, payload->bits / 8 + 2, &duration) == NULL);
  }
}

GST_START_TEST (test_amr_forms)
{
  for (guint type = 0; type <= 8; type++)
    check_amr (FALSE, type, narrow_bits[type]);
  for (guint type = 0; type <= 9; type++)
    check_amr (TRUE, type, wide_bits[type]);
  check_amr (TRUE, 14, 0);
}
GST_END_TEST;

/* By hand: CMR 6, one good frame of 7.4 kbit/s (type 4, 148 bits), all speech bits 1. */
GST_START_TEST (test_amr_by_hand)
{
  g_autoptr (SiprecFormat) format = make_format ("AMR", 8000, 1, NULL);
  /* 0110 | 0 0100 1 | 111111 ... 1111 | 00 */
  guint8 payload[20] = {0x62, 0x7f};
  guint8 storage[20] = {0x24};
  guint32 duration;
  g_autoptr (GstBuffer) buffer = NULL;

  memset (payload + 2, 0xff, 17);
  payload[19] = 0xfc;
  memset (storage + 1, 0xff, 18);
  storage[19] = 0xf0;
  buffer = siprec_depay (format, payload, sizeof payload, &duration);
  fail_unless_equals_int (gst_buffer_get_size (buffer), sizeof storage);
  fail_unless (gst_buffer_memcmp (buffer, 0, storage, sizeof storage) == 0);
  fail_unless_equals_int (duration, 160);
}
GST_END_TEST;

GST_START_TEST (test_amr_malformed)
{
  g_autoptr (SiprecFormat) aligned = make_format ("AMR", 8000, 1, "octet-align=1");
  g_autoptr (SiprecFormat) efficient = make_format ("AMR", 8000, 1, NULL);
  guint8 payload[201] = {0xf0};
  guint32 duration;

  /* no table of contents; a reserved type; no end of it; more frames than a second holds */
  fail_unless (siprec_depay (aligned, payload, 1, &duration) == NULL);
  payload[1] = 9 << 3;
  fail_unless (siprec_depay (aligned, payload, 7, &duration) == NULL);
  payload[1] = 0x80 | 15 << 3;
  fail_unless (siprec_depay (aligned, payload, 2, &duration) == NULL);
  memset (payload + 1, 0x80 | 15 << 3, 199);
  payload[200] = 15 << 3;
  fail_unless (siprec_depay (aligned, payload, 201, &duration) == NULL);
  /* one form sent under the other's name: 12.2 kbit/s */
  memset (payload, 0, sizeof payload);
  payload[0] = 0xf0;
  payload[1] = 0x3c;
  fail_unless (siprec_depay (efficient, payload, 33, &duration) == NULL);
  payload[0] = 0xf3;
  payload[1] = 0xc0;
  fail_unless (siprec_depay (aligned, payload, 32, &duration) == NULL);
  gst_clear_buffer (&(GstBuffer *){siprec_depay (efficient, payload, 32, &duration)});
  fail_unless_equals_int (duration, 160);
}
GST_END_TEST;

/* Noise of every length up to two frames, and real payloads cut and bent. */
static void
fuzz (const SiprecFormat *format, GRand *random)
{
  for (guint round = 0; round < 4000; round++) {
    gsize size = g_rand_int_range (random, 0, round % 100 == 0 ? 3000 : 130);
    g_autofree guint8 *payload = g_malloc (size);
    guint32 duration = G_MAXUINT32;
    GstBuffer *buffer;

    for (gsize i = 0; i < size; i++)
      payload[i] = (guint8)g_rand_int (random);
    if (size > 0 && round % 3 == 0)
      payload[0] = 0xd0 | (payload[0] & 3);
    if (size > 1 && round % 5 == 0)
      payload[1] &= 0x7f;
    buffer = siprec_depay (format, payload, size, &duration);
    fail_unless ((buffer != NULL) == (duration > 0));
    fail_unless (duration <= 65536 * 4);
    if (buffer) {
      fail_unless (gst_buffer_get_size (buffer) > 0);
      fail_unless (gst_buffer_get_size (buffer) <= size + 50);
      gst_buffer_unref (buffer);
    }
  }
}

GST_START_TEST (test_hostile_payloads)
{
  static const struct {
    const gchar *name;
    guint clock;
    const gchar *fmtp;
  } rows[] = {
      {"PCMU", 8000, NULL},      {"L16", 8000, NULL},
      {"G722", 8000, NULL},      {"G729", 8000, NULL},
      {"OPUS", 48000, NULL},     {"GSM", 8000, NULL},
      {"AMR", 8000, NULL},       {"AMR", 8000, "octet-align=1"},
      {"AMR-WB", 16000, NULL},   {"AMR-WB", 16000, "octet-align=1"},
      {"ILBC", 8000, "mode=20"}, {"G726-16", 8000, NULL},
      {"G726-24", 8000, NULL},   {"G726-32", 8000, NULL},
      {"G726-40", 8000, NULL},   {"AAL2-G726-24", 8000, NULL},
  };
  g_autoptr (GRand) random = g_rand_new_with_seed (4867);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (SiprecFormat) format = make_format (rows[i].name, rows[i].clock, 1, rows[i].fmtp);

    fuzz (format, random);
  }
}
GST_END_TEST;

static Suite *
depay_suite (void)
{
  Suite *suite = suite_create ("depay");
  TCase *cases = tcase_create ("general");

  suite_add_tcase (suite, cases);
  tcase_add_loop_test (cases, test_as_stock, 0, G_N_ELEMENTS (stock));
  tcase_add_loop_test (cases, test_g726_packings, 0, 4);
  tcase_add_loop_test (cases, test_sizes, 0, G_N_ELEMENTS (sized));
  tcase_add_test (cases, test_odd_stereo);
  tcase_add_test (cases, test_opus_configs);
  tcase_add_test (cases, test_opus_framing);
  tcase_add_test (cases, test_amr_forms);
  tcase_add_test (cases, test_amr_by_hand);
  tcase_add_test (cases, test_amr_malformed);
  tcase_add_test (cases, test_hostile_payloads);
  return suite;
}

GST_CHECK_MAIN (depay);
