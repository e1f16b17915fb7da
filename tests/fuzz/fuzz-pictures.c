/* Reads anything as pictures of each codec: key frames, parameter sets, messages.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>

#include <gst/gst.h>

#include "siprec-core/media/format.h"
#include "siprec-core/video/pictures.h"

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  gst_init (argc, argv);
  return 0;
}

static void
take (SiprecPictures *pictures, const uint8_t *data, size_t size)
{
  GstBuffer *picture;

  if (size == 0)
    return;
  picture = siprec_pictures_take (pictures, gst_buffer_new_memdup (data, size), NULL);
  gst_clear_buffer (&picture);
}

/* The first octet says of which codec; then two pictures, the first one as long as the second octet says. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const gchar *const names[] = {"H264", "H265", "VP8", "VP9"};
  g_autoptr (SiprecFormat) format = NULL;
  SiprecPictures *pictures;
  gsize first;

  if (size < 2)
    return 0;
  format = siprec_format_new ("video", 96, names[data[0] % G_N_ELEMENTS (names)], 90000, 0, NULL);
  pictures = siprec_pictures_new (format->video, format->rtp_caps);
  if (data[0] & 0x80)
    siprec_pictures_take_recovery_points (pictures);
  first = MIN (data[1], size - 2);
  if (format->video->begins_picture)
    format->video->begins_picture (data + 2, size - 2);
  take (pictures, data + 2, first);
  take (pictures, data + 2 + first, size - 2 - first);
  siprec_pictures_free (pictures);
  return 0;
}
