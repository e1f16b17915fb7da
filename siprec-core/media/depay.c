/* Depayloads audio: checks each payload, unpacks it where its RTP form differs, tells its duration.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "depay.h"

#include <string.h>

#include "amr.h"
#include "opus.h"

#define G729_FRAME_SIZE 10
#define G729_SID_SIZE   2
#define G729_FRAME_TIME 80
#define GSM_FRAME_SIZE  33
#define GSM_FRAME_TIME  160

/* RFC 3551 section 4.5.6: frames of 10 ms, the last one may be a comfort noise frame of Annex B. */
static guint32
get_g729_duration (gsize size)
{
  gsize frames = size / G729_FRAME_SIZE;
  gsize rest = size % G729_FRAME_SIZE;

  if (rest == G729_SID_SIZE) {
    frames++;
  } else if (rest != 0) {
    return 0;
  }
  return frames * G729_FRAME_TIME;
}

/* RFC 3551 section 4.5.8.1: every frame begins with the signature 0xd. Decoders stop at frames
 * without it. */
static guint32
get_gsm_duration (const guint8 *payload, gsize size)
{
  if (size % GSM_FRAME_SIZE != 0)
    return 0;
  for (gsize i = 0; i < size; i += GSM_FRAME_SIZE) {
    if (payload[i] >> 4 != 0xd)
      return 0;
  }
  return size / GSM_FRAME_SIZE * GSM_FRAME_TIME;
}

/* RFC 3952 section 3: frames of 38 octets in mode 20, of 50 in mode 30. */
static guint32
get_ilbc_duration (guint mode, gsize size)
{
  gsize frame_size = mode == 20 ? 38 : 50;

  return size % frame_size == 0 ? size / frame_size * mode * 8 : 0;
}

/* Eight code words fill as many octets as a code word has bits; 2 and 4 bits also come out even in
 * one octet. */
static guint32
get_g726_duration (guint bits, gsize size)
{
  if (8 % bits != 0 && size % bits != 0)
    return 0;
  return size * 8 / bits;
}

/* Duration of a payload that is passed on as it is, or 0 if it is malformed. */
static guint32
get_plain_duration (const SiprecFormat *format, const guint8 *payload, gsize size)
{
  switch (format->payload) {
  case SIPREC_PAYLOAD_PCMU:
  case SIPREC_PAYLOAD_PCMA:
    return size % format->channels == 0 ? size / format->channels : 0;
  case SIPREC_PAYLOAD_G722:
    /* 64 kbit/s: one octet is 1/8000 s. */
    return size * (format->clock_rate / 8000);
  case SIPREC_PAYLOAD_G729:
    return get_g729_duration (size);
  case SIPREC_PAYLOAD_OPUS:
    return siprec_opus_get_duration (payload, size);
  case SIPREC_PAYLOAD_GSM:
    return get_gsm_duration (payload, size);
  case SIPREC_PAYLOAD_ILBC:
    return get_ilbc_duration (format->mode, size);
  case SIPREC_PAYLOAD_G726_AAL2:
    return get_g726_duration (format->mode, size);
  default:
    return 0;
  }
}

/* RFC 3551 section 4.5.11: samples in network byte order. */
static GstBuffer *
depay_l16 (const SiprecFormat *format, const guint8 *payload, gsize size, guint32 *duration)
{
  guint8 *out;

  if (size % (2 * format->channels) != 0)
    return NULL;
  out = g_memdup2 (payload, size);
  for (gsize i = 0; i < size && G_BYTE_ORDER == G_LITTLE_ENDIAN; i += 2) {
    out[i] = payload[i + 1];
    out[i + 1] = payload[i];
  }
  *duration = size / (2 * format->channels);
  return gst_buffer_new_wrapped (out, size);
}

/* RFC 3551 section 4.5.4 fills octets from the least significant bit, I.366.2 from the most. */
static GstBuffer *
depay_g726 (guint bits, const guint8 *payload, gsize size, guint32 *duration)
{
  guint32 samples = get_g726_duration (bits, size);
  guint32 in = 0, out_word = 0;
  guint in_bits = 0, out_bits = 0;
  guint8 *out;
  gsize length = 0;

  if (samples == 0)
    return NULL;
  out = g_malloc (size);
  for (gsize i = 0; i < size; i++) {
    in |= (guint32)payload[i] << in_bits;
    in_bits += 8;
    while (in_bits >= bits) {
      out_word = out_word << bits | (in & ((1u << bits) - 1));
      in >>= bits;
      in_bits -= bits;
      out_bits += bits;
      if (out_bits >= 8) {
        out_bits -= 8;
        out[length++] = (guint8)(out_word >> out_bits);
      }
    }
  }
  *duration = samples;
  return gst_buffer_new_wrapped (out, length);
}

static GstBuffer *
depay_amr (const SiprecFormat *format, const guint8 *payload, gsize size, guint32 *duration)
{
  guint frames = 0;
  GstBuffer *buffer = siprec_amr_unpack (payload, size, format->payload == SIPREC_PAYLOAD_AMR_WB,
                                         format->octet_aligned, &frames);

  *duration = frames * (format->clock_rate / 50);
  return buffer;
}

/* One block of memory holds the octets and what GStreamer says of them. */
static GstBuffer *
new_copy (const guint8 *payload, gsize size)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

  gst_buffer_fill (buffer, 0, payload, size);
  return buffer;
}

GstBuffer *
siprec_depay (const SiprecFormat *format, const guint8 *payload, gsize size, guint32 *duration)
{
  *duration = 0;
  /* No datagram is longer, and no sum below can overflow then. */
  if (size == 0 || size > G_MAXUINT16)
    return NULL;
  switch (format->payload) {
  case SIPREC_PAYLOAD_L16:
    return depay_l16 (format, payload, size, duration);
  case SIPREC_PAYLOAD_G726:
    return depay_g726 (format->mode, payload, size, duration);
  case SIPREC_PAYLOAD_AMR:
  case SIPREC_PAYLOAD_AMR_WB:
    return depay_amr (format, payload, size, duration);
  default:
    *duration = get_plain_duration (format, payload, size);
    return *duration > 0 ? new_copy (payload, size) : NULL;
  }
}
