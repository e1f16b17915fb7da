/* Checks the framing of Opus packets and tells their duration.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "opus.h"

#define MAX_FRAME_SIZE 1275
#define MAX_DURATION   5760

/* RFC 6716 section 3.1, table 2. */
static guint
get_frame_duration (guint8 toc)
{
  guint config = toc >> 3;
  static const guint silk[] = {480, 960, 1920, 2880};

  if (config < 12)
    return silk[config & 3];
  if (config < 16)
    return config & 1 ? 960 : 480;
  return 120u << (config & 3);
}

/* Reads a frame length of one or two octets (section 3.2.1). FALSE if it is cut off. */
static gboolean
read_length (const guint8 **data, gsize *left, gsize *length)
{
  const guint8 *octets = *data;
  gsize used;

  if (*left == 0)
    return FALSE;
  used = octets[0] < 252 ? 1 : 2;
  if (*left < used)
    return FALSE;
  *length = used == 1 ? octets[0] : octets[1] * 4u + octets[0];
  *data += used;
  *left -= used;
  return TRUE;
}

/* Takes the padding of a code 3 packet, its count octets and the octets at the end, off @left
 * (section 3.2.5). */
static gboolean
skip_padding (const guint8 **data, gsize *left)
{
  guint8 count;

  do {
    gsize padding;

    if (*left == 0)
      return FALSE;
    count = **data;
    padding = count == 255 ? 254 : count;
    (*data)++;
    (*left)--;
    if (*left < padding)
      return FALSE;
    *left -= padding;
  } while (count == 255);
  return TRUE;
}

static gboolean
check_lengths (const guint8 *data, gsize left, guint lengths)
{
  for (guint i = 0; i < lengths; i++) {
    gsize length;

    /* Each length is followed by more lengths and then all frames, so they are summed up by taking
     * each frame away from the end. */
    if (!read_length (&data, &left, &length) || length > left)
      return FALSE;
    left -= length;
  }
  return left <= MAX_FRAME_SIZE;
}

/* Code 3: a frame count, flags for padding and for lengths, then the frames. Returns the count, or
 * 0. */
static guint
check_signalled_frames (const guint8 *data, gsize left)
{
  guint8 header;
  guint frames;

  if (left == 0)
    return 0;
  header = *data++;
  left--;
  frames = header & 0x3f;
  if (frames == 0 || ((header & 0x40) && !skip_padding (&data, &left)))
    return 0;
  if (header & 0x80)
    return check_lengths (data, left, frames - 1) ? frames : 0;
  return left % frames == 0 && left / frames <= MAX_FRAME_SIZE ? frames : 0;
}

guint
siprec_opus_get_duration (const guint8 *packet, gsize size)
{
  const guint8 *data;
  gsize left;
  guint frames = 0;
  guint duration;

  if (size == 0)
    return 0;
  data = packet + 1;
  left = size - 1;
  switch (packet[0] & 3) {
  case 0:
    frames = left <= MAX_FRAME_SIZE ? 1 : 0;
    break;
  case 1:
    frames = left % 2 == 0 && left / 2 <= MAX_FRAME_SIZE ? 2 : 0;
    break;
  case 2:
    frames = check_lengths (data, left, 1) ? 2 : 0;
    break;
  case 3:
    frames = check_signalled_frames (data, left);
    break;
  }
  duration = frames * get_frame_duration (packet[0]);
  return duration <= MAX_DURATION ? duration : 0;
}
