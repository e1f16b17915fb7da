/* H.265 (ITU-T H.265 section 7.3) as far as a recorder needs it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "h265.h"

#include "sei.h"

#define LAST_SLICE 9
#define FIRST_IRAP 16
#define LAST_IRAP  21
#define VPS        32
#define SPS        33
#define PPS        34
#define DELIMITER  35
#define PREFIX_SEI 39
#define AGGREGATE  48
#define FRAGMENT   49

#define HEADER_SIZE 2

static guint
get_number (const guint8 *data, gsize size)
{
  return size >= HEADER_SIZE ? data[0] >> 1 & 0x3f : 63;
}

static SiprecNalType
get_type (const guint8 *data, gsize size)
{
  guint number = get_number (data, size);

  if (number <= LAST_SLICE)
    return SIPREC_NAL_SLICE;
  if (number >= FIRST_IRAP && number <= LAST_IRAP)
    return SIPREC_NAL_KEY_SLICE;
  switch (number) {
  case VPS:
    return SIPREC_NAL_VPS;
  case SPS:
    return SIPREC_NAL_SPS;
  case PPS:
    return SIPREC_NAL_PPS;
  case PREFIX_SEI:
    return siprec_sei_has_recovery_point (data + HEADER_SIZE, size - HEADER_SIZE)
               ? SIPREC_NAL_RECOVERY_POINT
               : SIPREC_NAL_OTHER;
  default:
    return SIPREC_NAL_OTHER;
  }
}

/* Section 7.3.3, behind the general part. */
static void
skip_sub_layers (SiprecBits *bits, guint layers)
{
  guint profiles[8], levels[8];

  for (guint i = 1; i < layers; i++) {
    profiles[i] = siprec_bits_read (bits, 1);
    levels[i] = siprec_bits_read (bits, 1);
  }
  for (guint i = layers; layers > 1 && i < 9; i++)
    siprec_bits_skip (bits, 2);
  for (guint i = 1; i < layers; i++)
    siprec_bits_skip (bits, (profiles[i] ? 88 : 0) + (levels[i] ? 8 : 0));
}

static gboolean
read_size (SiprecBits *bits, SiprecSps *sps)
{
  guint64 width = siprec_bits_read_ue (bits), height = siprec_bits_read_ue (bits);

  return siprec_sps_read_window (sps, bits, width, height, 1);
}

static gboolean
read_sps (const guint8 *data, gsize size, SiprecSps *sps)
{
  SiprecBits bits = siprec_bits (data, size, TRUE);

  *sps = (SiprecSps){0};
  siprec_bits_skip (&bits, 8 * HEADER_SIZE);
  sps->vps_id = siprec_bits_read (&bits, 4);
  sps->temporal_layers = siprec_bits_read (&bits, 3) + 1;
  sps->temporal_nesting = siprec_bits_read (&bits, 1);
  for (guint i = 0; i < sizeof sps->profile; i++)
    sps->profile[i] = siprec_bits_read (&bits, 8);
  if (sps->temporal_layers > 7)
    return FALSE;
  skip_sub_layers (&bits, sps->temporal_layers);
  sps->id = siprec_bits_read_ue (&bits);
  sps->chroma_format = siprec_bits_read_ue (&bits);
  if (sps->chroma_format == 3)
    siprec_bits_skip (&bits, 1);
  if (sps->id > 15 || sps->chroma_format > 3 || !read_size (&bits, sps))
    return FALSE;
  sps->luma_depth = 8 + siprec_bits_read_ue (&bits);
  sps->chroma_depth = 8 + siprec_bits_read_ue (&bits);
  return !bits.overrun && sps->luma_depth < 16 && sps->chroma_depth < 16;
}

static gboolean
read_set (const guint8 *data, gsize size, SiprecParameterSet *set)
{
  SiprecBits bits = siprec_bits (data, size, TRUE);
  SiprecSps sps;

  siprec_bits_skip (&bits, 8 * HEADER_SIZE);
  switch (set->type) {
  case SIPREC_NAL_VPS:
    set->id = siprec_bits_read (&bits, 4);
    return !bits.overrun;
  case SIPREC_NAL_SPS:
    if (!read_sps (data, size, &sps))
      return FALSE;
    set->id = sps.id;
    set->parent = sps.vps_id;
    return TRUE;
  case SIPREC_NAL_PPS:
    set->id = siprec_bits_read_ue (&bits);
    set->parent = siprec_bits_read_ue (&bits);
    return !bits.overrun && set->id < 64 && set->parent < 16;
  default:
    return FALSE;
  }
}

static gboolean
read_pps_id (const guint8 *slice, gsize size, guint *id)
{
  SiprecBits bits = siprec_bits (slice, size, TRUE);
  guint number = get_number (slice, size);

  siprec_bits_skip (&bits, 8 * HEADER_SIZE);
  /* Only the first part of a picture has it at this place; all parts have the same. */
  if (siprec_bits_read (&bits, 1) == 0)
    return FALSE;
  if (number >= FIRST_IRAP && number <= 23)
    siprec_bits_skip (&bits, 1);
  *id = siprec_bits_read_ue (&bits);
  return !bits.overrun;
}

static guint
append_array (GByteArray *out, const GPtrArray *sets, SiprecNalType type, guint8 number)
{
  guint8 head[] = {0x80 | number, 0, 0};
  guint place = out->len, n = 0;

  for (guint i = 0; i < sets->len; i++) {
    const SiprecParameterSet *set = g_ptr_array_index (sets, i);
    gsize size;
    const guint8 *data = g_bytes_get_data (set->data, &size);
    guint8 length[2] = {size >> 8, size};

    if (set->type != type)
      continue;
    if (n++ == 0)
      g_byte_array_append (out, head, sizeof head);
    g_byte_array_append (out, length, 2);
    g_byte_array_append (out, data, size);
  }
  if (n > 0)
    out->data[place + 2] = n;
  return n > 0;
}

/* The hvcC box of ISO/IEC 14496-15 section 8.3.3.1, with lengths of four bytes. */
static GBytes *
make_codec_data (const SiprecSps *sps, const GPtrArray *sets)
{
  GByteArray *out = g_byte_array_new ();
  guint8 version = 1;
  guint8 rest[] = {0xf0,
                   0,
                   0xfc,
                   0xfc | sps->chroma_format,
                   0xf8 | (sps->luma_depth - 8),
                   0xf8 | (sps->chroma_depth - 8),
                   0,
                   0,
                   sps->temporal_layers << 3 | (sps->temporal_nesting ? 4 : 0) | 3,
                   0};
  guint place;

  g_byte_array_append (out, &version, 1);
  g_byte_array_append (out, sps->profile, sizeof sps->profile);
  g_byte_array_append (out, rest, sizeof rest);
  place = out->len - 1;
  out->data[place] += append_array (out, sets, SIPREC_NAL_VPS, VPS);
  out->data[place] += append_array (out, sets, SIPREC_NAL_SPS, SPS);
  out->data[place] += append_array (out, sets, SIPREC_NAL_PPS, PPS);
  return g_byte_array_free_to_bytes (out);
}

const SiprecNalCodec siprec_h265 = {get_type, read_sps, read_set, read_pps_id, make_codec_data};

/* The first slice of a picture, or what stands before the slices. */
static gboolean
begins (guint number, const guint8 *body, gsize size)
{
  if (number < VPS)
    return size > 0 && (body[0] & 0x80);
  return number <= DELIMITER || number == PREFIX_SEI;
}

gboolean
siprec_h265_begins_picture (const guint8 *payload, gsize size)
{
  guint number = get_number (payload, size);

  if (number == FRAGMENT)
    return size > 3 && (payload[2] & 0x80) && begins (payload[2] & 0x3f, payload + 3, size - 3);
  if (number == AGGREGATE)
    return size > 6 && begins (payload[4] >> 1 & 0x3f, payload + 6, size - 6);
  return size > HEADER_SIZE && begins (number, payload + HEADER_SIZE, size - HEADER_SIZE);
}
