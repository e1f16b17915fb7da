/* H.264 (ITU-T H.264 section 7.3) as far as a recorder needs it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "h264.h"

#include <string.h>

#include "sei.h"

#define SLICE       1
#define PARTITION_A 2
#define IDR         5
#define SEI         6
#define SPS         7
#define PPS         8
#define DELIMITER   9
#define STAP_A      24
#define FU_A        28

static SiprecNalType
get_type (const guint8 *data, gsize size)
{
  switch (size > 0 ? data[0] & 0x1f : 0) {
  case SLICE:
  case PARTITION_A:
    return SIPREC_NAL_SLICE;
  case IDR:
    return SIPREC_NAL_KEY_SLICE;
  case SPS:
    return SIPREC_NAL_SPS;
  case PPS:
    return SIPREC_NAL_PPS;
  case SEI:
    return siprec_sei_has_recovery_point (data + 1, size - 1) ? SIPREC_NAL_RECOVERY_POINT
                                                              : SIPREC_NAL_OTHER;
  default:
    return SIPREC_NAL_OTHER;
  }
}

/* The profiles whose sets say more about colour (section 7.3.2.1.1). */
static gboolean
is_high (guint profile)
{
  static const guint8 profiles[] = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};

  return memchr (profiles, profile, sizeof profiles) != NULL;
}

static void
skip_scaling_list (SiprecBits *bits, guint size)
{
  guint last = 8, next = 8;

  for (guint i = 0; i < size && !bits->overrun; i++) {
    if (next != 0)
      next = (last + (guint)siprec_bits_read_se (bits)) & 0xff;
    last = next == 0 ? last : next;
  }
}

static void
read_colour (SiprecBits *bits, SiprecSps *sps)
{
  guint lists;

  sps->chroma_format = siprec_bits_read_ue (bits);
  lists = sps->chroma_format == 3 ? 12 : 8;
  if (sps->chroma_format == 3)
    siprec_bits_skip (bits, 1);
  sps->luma_depth = 8 + siprec_bits_read_ue (bits);
  sps->chroma_depth = 8 + siprec_bits_read_ue (bits);
  siprec_bits_skip (bits, 1);
  if (siprec_bits_read (bits, 1) == 0)
    return;
  for (guint i = 0; i < lists && !bits->overrun; i++) {
    if (siprec_bits_read (bits, 1))
      skip_scaling_list (bits, i < 6 ? 16 : 64);
  }
}

static void
skip_picture_order (SiprecBits *bits)
{
  guint type = siprec_bits_read_ue (bits), n;

  if (type == 0) {
    siprec_bits_read_ue (bits);
  } else if (type == 1) {
    siprec_bits_skip (bits, 1);
    siprec_bits_read_se (bits);
    siprec_bits_read_se (bits);
    n = siprec_bits_read_ue (bits);
    for (guint i = 0; i < n && !bits->overrun; i++)
      siprec_bits_read_se (bits);
  }
}

static gboolean
read_size (SiprecBits *bits, SiprecSps *sps)
{
  guint64 width = siprec_bits_read_ue (bits), height = siprec_bits_read_ue (bits);
  guint rows = 2 - siprec_bits_read (bits, 1);

  if (rows == 2)
    siprec_bits_skip (bits, 1);
  siprec_bits_skip (bits, 1);
  return siprec_sps_read_window (sps, bits, (width + 1) * 16, (height + 1) * 16 * rows, rows);
}

static gboolean
read_sps (const guint8 *data, gsize size, SiprecSps *sps)
{
  SiprecBits bits = siprec_bits (data, size, TRUE);

  *sps = (SiprecSps){.chroma_format = 1, .luma_depth = 8, .chroma_depth = 8};
  siprec_bits_skip (&bits, 8);
  for (guint i = 0; i < 3; i++)
    sps->profile[i] = siprec_bits_read (&bits, 8);
  sps->id = siprec_bits_read_ue (&bits);
  if (is_high (sps->profile[0]))
    read_colour (&bits, sps);
  siprec_bits_read_ue (&bits);
  skip_picture_order (&bits);
  siprec_bits_read_ue (&bits);
  siprec_bits_skip (&bits, 1);
  return sps->id < 32 && sps->chroma_format < 4 && sps->luma_depth < 16 && sps->chroma_depth < 16 &&
         read_size (&bits, sps);
}

static gboolean
read_set (const guint8 *data, gsize size, SiprecParameterSet *set)
{
  SiprecBits bits = siprec_bits (data, size, TRUE);
  SiprecSps sps;

  if (set->type == SIPREC_NAL_SPS) {
    if (!read_sps (data, size, &sps))
      return FALSE;
    set->id = sps.id;
    return TRUE;
  }
  siprec_bits_skip (&bits, 8);
  set->id = siprec_bits_read_ue (&bits);
  set->parent = siprec_bits_read_ue (&bits);
  return set->type == SIPREC_NAL_PPS && !bits.overrun && set->id < 256 && set->parent < 32;
}

static gboolean
read_pps_id (const guint8 *slice, gsize size, guint *id)
{
  SiprecBits bits = siprec_bits (slice, size, TRUE);

  siprec_bits_skip (&bits, 8);
  siprec_bits_read_ue (&bits);
  siprec_bits_read_ue (&bits);
  *id = siprec_bits_read_ue (&bits);
  return !bits.overrun;
}

static void
append_sets (GByteArray *out, const GPtrArray *sets, SiprecNalType type, guint8 mark)
{
  guint place = out->len;

  g_byte_array_append (out, &mark, 1);
  for (guint i = 0; i < sets->len; i++) {
    const SiprecParameterSet *set = g_ptr_array_index (sets, i);
    gsize size;
    const guint8 *data = g_bytes_get_data (set->data, &size);
    guint8 length[2] = {size >> 8, size};

    /* The number of sequence sets has five bits. */
    if (set->type != type || (out->data[place] & 0x1f) == 31)
      continue;
    out->data[place]++;
    g_byte_array_append (out, length, 2);
    g_byte_array_append (out, data, size);
  }
}

/* The avcC box of ISO/IEC 14496-15 section 5.3.3.1, with lengths of four bytes. */
static GBytes *
make_codec_data (const SiprecSps *sps, const GPtrArray *sets)
{
  GByteArray *out = g_byte_array_new ();
  guint8 head[] = {1, sps->profile[0], sps->profile[1], sps->profile[2], 0xff};
  guint8 colour[] = {0xfc | sps->chroma_format, 0xf8 | (sps->luma_depth - 8),
                     0xf8 | (sps->chroma_depth - 8), 0};

  g_byte_array_append (out, head, sizeof head);
  append_sets (out, sets, SIPREC_NAL_SPS, 0xe0);
  append_sets (out, sets, SIPREC_NAL_PPS, 0);
  if (is_high (sps->profile[0]))
    g_byte_array_append (out, colour, sizeof colour);
  return g_byte_array_free_to_bytes (out);
}

const SiprecNalCodec siprec_h264 = {get_type, read_sps, read_set, read_pps_id, make_codec_data};

/* A slice whose first macroblock is 0, or what stands before the slices of a picture. */
static gboolean
begins (guint type, const guint8 *body, gsize size)
{
  if (type == SLICE || type == PARTITION_A || type == IDR)
    return size > 0 && (body[0] & 0x80);
  return type >= SEI && type <= DELIMITER;
}

gboolean
siprec_h264_begins_picture (const guint8 *payload, gsize size)
{
  guint type = size > 0 ? payload[0] & 0x1f : 0;

  if (type == FU_A)
    return size > 2 && (payload[1] & 0x80) && begins (payload[1] & 0x1f, payload + 2, size - 2);
  if (type == STAP_A)
    return size > 4 && begins (payload[3] & 0x1f, payload + 4, size - 4);
  return size > 1 && begins (type, payload + 1, size - 1);
}
