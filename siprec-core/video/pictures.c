/* Key frames, caps, and the form of H.264 and H.265 that muxers take.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pictures.h"

#include <string.h>

/* In front of each NAL unit: a start code, which becomes its length. */
#define PREFIX 4

/* Nobody sends more than parameter sets and messages without a picture. */
#define MAX_AHEAD (64 * 1024)

/* What one access unit has. */
typedef struct {
  const guint8 *slice; /* the first one */
  gsize slice_size;
  gboolean key;
  gboolean has_sets;
  gboolean recovers; /* a decoder can begin with it, if need be */
} Unit;

struct _SiprecPictures {
  const SiprecVideoCodec *codec;
  SiprecParameters parameters; /* of a NAL codec */
  GstBuffer *ahead;            /* (nullable): NAL units that came without a picture */
  Unit ahead_unit;             /* what they are */
  GstCaps *caps;               /* (nullable) */
  gboolean waiting;
  gboolean takes_recovery_points;
};

SiprecPictures *
siprec_pictures_new (const SiprecVideoCodec *codec, const GstCaps *rtp_caps)
{
  static const gchar *const sprops[] = {"sprop-parameter-sets", "sprop-vps", "sprop-sps",
                                        "sprop-pps"};
  SiprecPictures *pictures = g_new0 (SiprecPictures, 1);
  const GstStructure *fields = gst_caps_get_structure (rtp_caps, 0);

  pictures->codec = codec;
  pictures->waiting = TRUE;
  if (!codec->nal)
    return pictures;
  siprec_parameters_init (&pictures->parameters, codec->nal);
  for (guint i = 0; i < G_N_ELEMENTS (sprops); i++)
    siprec_parameters_add_sprop (&pictures->parameters,
                                 gst_structure_get_string (fields, sprops[i]));
  return pictures;
}

void
siprec_pictures_free (SiprecPictures *pictures)
{
  siprec_parameters_clear (&pictures->parameters);
  gst_clear_buffer (&pictures->ahead);
  gst_clear_caps (&pictures->caps);
  g_free (pictures);
}

void
siprec_pictures_lose (SiprecPictures *pictures)
{
  pictures->waiting = TRUE;
  gst_clear_buffer (&pictures->ahead);
  pictures->ahead_unit = (Unit){0};
}

void
siprec_pictures_take_recovery_points (SiprecPictures *pictures)
{
  pictures->takes_recovery_points = TRUE;
}

gboolean
siprec_pictures_is_waiting (const SiprecPictures *pictures)
{
  return pictures->waiting;
}

GstCaps *
siprec_pictures_get_caps (const SiprecPictures *pictures)
{
  return pictures->caps;
}

/* Takes over @caps (transfer full). */
static void
set_caps (SiprecPictures *pictures, GstCaps *caps)
{
  if (!pictures->caps || !gst_caps_is_equal (pictures->caps, caps))
    gst_caps_replace (&pictures->caps, caps);
  gst_caps_unref (caps);
}

static GstCaps *
new_caps (const SiprecPictures *pictures, guint width, guint height)
{
  GstCaps *caps = gst_caps_from_string (pictures->codec->media_type);

  gst_caps_set_simple (caps, "width", G_TYPE_INT, (gint)width, "height", G_TYPE_INT, (gint)height,
                       NULL);
  return caps;
}

/* Gives @buffer (transfer full) on, unless a key frame is awaited and it is none. */
static GstBuffer *
admit (SiprecPictures *pictures, GstBuffer *buffer, gboolean key)
{
  if (pictures->waiting && !key) {
    gst_buffer_unref (buffer);
    return NULL;
  }
  if (key)
    GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  else
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (pictures->waiting)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  pictures->waiting = FALSE;
  return buffer;
}

/* NAL units */

/* In network byte order, wherever it stands. */
static void
write_length (guint8 *place, guint32 length)
{
  length = GUINT32_TO_BE (length);
  memcpy (place, &length, sizeof length);
}

/* Where the next start code begins, from @from on; @size if there is none. */
static gsize
find_start_code (const guint8 *data, gsize size, gsize from)
{
  while (from + PREFIX <= size) {
    const guint8 *one = memchr (data + from + 3, 1, size - from - 3);

    if (!one)
      break;
    from = one - data - 3;
    if (data[from] == 0 && data[from + 1] == 0 && data[from + 2] == 0)
      return from;
    from++;
  }
  return size;
}

static void
note_nal (SiprecPictures *pictures, const guint8 *nal, gsize size, Unit *unit)
{
  SiprecNalType type = pictures->codec->nal->get_type (nal, size);

  switch (type) {
  case SIPREC_NAL_SLICE:
  case SIPREC_NAL_KEY_SLICE:
    if (unit->slice)
      return;
    unit->slice = nal;
    unit->slice_size = size;
    unit->key = type == SIPREC_NAL_KEY_SLICE;
    break;
  case SIPREC_NAL_SPS:
    unit->has_sets |= siprec_parameters_add (&pictures->parameters, nal, size);
    break;
  case SIPREC_NAL_VPS:
  case SIPREC_NAL_PPS:
    siprec_parameters_add (&pictures->parameters, nal, size);
    break;
  case SIPREC_NAL_RECOVERY_POINT:
    unit->recovers = TRUE;
    break;
  case SIPREC_NAL_OTHER:
    break;
  }
}

/* Replaces start codes by lengths. FALSE if @data doesn't begin with one. */
static gboolean
convert (SiprecPictures *pictures, guint8 *data, gsize size, Unit *unit)
{
  gsize start = 0;

  if (find_start_code (data, size, 0) != 0)
    return FALSE;
  while (start < size) {
    gsize end = find_start_code (data, size, start + PREFIX);

    write_length (data + start, end - start - PREFIX);
    note_nal (pictures, data + start + PREFIX, end - start - PREFIX, unit);
    start = end;
  }
  return TRUE;
}

/* The sets as NAL units with lengths. */
static GstMemory *
join_sets (const GPtrArray *sets)
{
  GByteArray *out = g_byte_array_new ();
  guint8 *joined;
  gsize length;

  for (guint i = 0; i < sets->len; i++) {
    const SiprecParameterSet *set = g_ptr_array_index (sets, i);
    gsize size;
    const guint8 *data = g_bytes_get_data (set->data, &size);
    guint8 prefix[PREFIX];

    write_length (prefix, size);
    g_byte_array_append (out, prefix, sizeof prefix);
    g_byte_array_append (out, data, size);
  }
  length = out->len;
  joined = g_byte_array_free (out, FALSE);
  return gst_memory_new_wrapped (0, joined, length, 0, length, joined, g_free);
}

/* Caps from the sets that the key frame of @unit needs. FALSE if one is missing. @memory (out) are the sets if
 * they are new and not in the frame: they are to be put in front of it, since in a file whose caps can't change it
 * is they that count. */
static gboolean
follow_sets (SiprecPictures *pictures, const Unit *unit, GstMemory **memory)
{
  g_autoptr (GstBuffer) codec_data = NULL;
  g_autoptr (GPtrArray) sets = NULL;
  g_autoptr (GBytes) bytes = NULL;
  GstCaps *before = pictures->caps, *caps;
  SiprecSps sps;

  sets = siprec_parameters_find (&pictures->parameters, unit->slice, unit->slice_size, &sps);
  if (!sets)
    return FALSE;
  bytes = pictures->codec->nal->make_codec_data (&sps, sets);
  codec_data = gst_buffer_new_wrapped_bytes (bytes);
  caps = new_caps (pictures, sps.width, sps.height);
  gst_caps_set_simple (caps, "codec_data", GST_TYPE_BUFFER, codec_data, NULL);
  set_caps (pictures, caps);
  if (before && pictures->caps != before && !unit->has_sets)
    *memory = join_sets (sets);
  return TRUE;
}

/* Units without a picture: decoders want them together with the next one. */
static void
keep_ahead (SiprecPictures *pictures, GstBuffer *buffer, const Unit *unit)
{
  if (pictures->ahead)
    buffer = gst_buffer_append (g_steal_pointer (&pictures->ahead), buffer);
  if (gst_buffer_get_size (buffer) > MAX_AHEAD)
    gst_clear_buffer (&buffer);
  pictures->ahead = buffer;
  pictures->ahead_unit = buffer ? *unit : (Unit){0};
}

/* Whether decoding may begin with @unit. */
static gboolean
begins (SiprecPictures *pictures, const Unit *unit)
{
  if (unit->key)
    pictures->takes_recovery_points = FALSE;
  return unit->key || (unit->slice && unit->recovers && pictures->takes_recovery_points);
}

/* Reads and converts one access unit. FALSE if it isn't to go on. */
static gboolean
read_unit (SiprecPictures *pictures, GstBuffer *buffer, Unit *unit, GstMemory **memory)
{
  gboolean good;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READWRITE))
    return FALSE;
  good = convert (pictures, map.data, map.size, unit);
  unit->key = begins (pictures, unit);
  /* Without it those that follow are of no use either. */
  if (good && unit->key && !follow_sets (pictures, unit, memory)) {
    siprec_pictures_lose (pictures);
    good = FALSE;
  }
  gst_buffer_unmap (buffer, &map);
  return good;
}

static GstBuffer *
take_unit (SiprecPictures *pictures, GstBuffer *taken)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_make_writable (taken);
  GstMemory *memory = NULL;
  Unit unit = pictures->ahead_unit;

  if (!read_unit (pictures, buffer, &unit, &memory))
    return NULL;
  if (!unit.slice) {
    keep_ahead (pictures, g_steal_pointer (&buffer), &unit);
    return NULL;
  }
  if (memory)
    gst_buffer_prepend_memory (buffer, memory);
  if (pictures->ahead) {
    GstClockTime time = GST_BUFFER_PTS (buffer);

    buffer = gst_buffer_append (g_steal_pointer (&pictures->ahead), g_steal_pointer (&buffer));
    GST_BUFFER_PTS (buffer) = time;
  }
  pictures->ahead_unit = (Unit){0};
  return admit (pictures, g_steal_pointer (&buffer), unit.key);
}

/* Frames with a header */

static void
follow_header (SiprecPictures *pictures, const SiprecVideoHeader *header)
{
  GstCaps *caps = new_caps (pictures, header->width, header->height);
  gchar profile[] = {'0' + header->profile, '\0'};

  /* All of it or nothing: mp4mux of 1.22 crashes if colour is not told to the end. The stream itself says nothing of the
   * site, which is where most encoders have it. */
  if (header->colorimetry)
    gst_caps_set_simple (caps, "profile", G_TYPE_STRING, profile, "chroma-format", G_TYPE_STRING,
                         header->chroma_format, "bit-depth-luma", G_TYPE_UINT, header->depth,
                         "bit-depth-chroma", G_TYPE_UINT, header->depth, "colorimetry",
                         G_TYPE_STRING, header->colorimetry, "chroma-site", G_TYPE_STRING, "mpeg2",
                         NULL);
  set_caps (pictures, caps);
}

static GstBuffer *
take_frame (SiprecPictures *pictures, GstBuffer *taken)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_make_writable (taken);
  SiprecVideoHeader header;
  gboolean valid;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return NULL;
  valid = pictures->codec->read (map.data, map.size, &header);
  gst_buffer_unmap (buffer, &map);
  if (!valid)
    return NULL;
  if (header.key)
    follow_header (pictures, &header);
  return admit (pictures, g_steal_pointer (&buffer), header.key);
}

GstBuffer *
siprec_pictures_take (SiprecPictures *pictures, GstBuffer *buffer, GstCaps *depayloaded)
{
  gboolean key = !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);

  if (pictures->codec->nal)
    return take_unit (pictures, buffer);
  if (pictures->codec->read)
    return take_frame (pictures, buffer);
  if (depayloaded)
    set_caps (pictures, gst_caps_ref (depayloaded));
  return admit (pictures, gst_buffer_make_writable (buffer), key);
}
