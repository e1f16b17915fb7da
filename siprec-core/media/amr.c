/* Unpacks AMR and AMR-WB: octet-aligned and bandwidth-efficient payloads to storage format.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "amr.h"

/* A second of speech. A few octets can claim very many empty frames, so there has to be a bound. */
#define MAX_FRAMES 50

#define INVALID 0xffff

/* Speech bits of a frame type: 3GPP TS 26.101 table 1 and 26.201 table 1. Types 9 to 14 (AMR) and
 * 10 to 13 (AMR-WB) make a packet void by RFC 4867 section 4.3.2; AMR-WB 14 is a lost frame, 15 is
 * NO_DATA in both. */
static const guint16 narrow_bits[16] = {95,      103,     118,     134,     148,     159,
                                        204,     244,     39,      INVALID, INVALID, INVALID,
                                        INVALID, INVALID, INVALID, 0};
static const guint16 wide_bits[16] = {132, 177, 253,     285,     317,     365,     397, 461,
                                      477, 40,  INVALID, INVALID, INVALID, INVALID, 0,   0};

typedef struct {
  const guint8 *data;
  gsize bits;
  gsize position;
} BitReader;

/* Up to 8 bits; the caller has checked that they are there. */
static guint8
read_bits (BitReader *reader, guint count)
{
  guint16 window = (guint16)(reader->data[reader->position / 8] << 8);
  guint shift = reader->position % 8;

  if (shift + count > 8)
    window |= reader->data[reader->position / 8 + 1];
  reader->position += count;
  return (guint16)(window << shift) >> (16 - count);
}

static gboolean
has_bits (const BitReader *reader, gsize count)
{
  return reader->bits - reader->position >= count;
}

/* Reads the table of contents (RFC 4867 section 4.3.2) into @headers, as the header octets of the
 * storage format: type and quality bit, without the "more" bit. Returns 0 if it is malformed. */
static guint
read_contents (BitReader *reader, const guint16 *speech_bits, gboolean octet_aligned,
               guint8 headers[MAX_FRAMES])
{
  guint entry_bits = octet_aligned ? 8 : 6;

  for (guint frames = 0; frames < MAX_FRAMES; frames++) {
    guint8 entry;

    if (!has_bits (reader, entry_bits))
      return 0;
    entry = (guint8)(read_bits (reader, entry_bits) << (8 - entry_bits));
    headers[frames] = entry & 0x7c;
    if (speech_bits[(entry >> 3) & 0xf] == INVALID)
      return 0;
    if (!(entry & 0x80))
      return frames + 1;
  }
  return 0;
}

/* Copies the @bits of one frame, its last octet filled up with zero bits. Returns the octets. */
static gsize
copy_frame (BitReader *reader, guint bits, gboolean octet_aligned, guint8 *out)
{
  gsize octets = (bits + 7) / 8;

  for (gsize i = 0; i < octets; i++) {
    guint take = MIN (8, bits - 8 * (guint)i);

    out[i] = (guint8)(read_bits (reader, take) << (8 - take));
  }
  if (octet_aligned)
    reader->position = (reader->position + 7) / 8 * 8;
  return octets;
}

GstBuffer *
siprec_amr_unpack (const guint8 *payload, gsize size, gboolean wideband, gboolean octet_aligned,
                   guint *frames)
{
  const guint16 *speech_bits = wideband ? wide_bits : narrow_bits;
  BitReader reader = {payload, size * 8, 0};
  guint8 headers[MAX_FRAMES];
  guint8 *out;
  gsize length = 0, bits = 0;
  guint count;

  /* The codec mode request: for the encoder at the sender's side, so of no matter here. */
  if (size == 0)
    return NULL;
  reader.position = octet_aligned ? 8 : 4;

  count = read_contents (&reader, speech_bits, octet_aligned, headers);
  if (count == 0)
    return NULL;
  for (guint i = 0; i < count; i++) {
    guint frame_bits = speech_bits[headers[i] >> 3];
    gsize octets = (frame_bits + 7) / 8;

    bits += octet_aligned ? octets * 8 : frame_bits;
    length += 1 + octets;
  }
  /* The length has to match to the octet: so one form sent under the other's name shows. */
  if ((reader.position + bits + 7) / 8 != size)
    return NULL;

  out = g_malloc (length);
  length = 0;
  for (guint i = 0; i < count; i++) {
    out[length++] = headers[i];
    length += copy_frame (&reader, speech_bits[headers[i] >> 3], octet_aligned, out + length);
  }
  *frames = count;
  return gst_buffer_new_wrapped (out, length);
}
