/* siprec-core: the video codecs that can be depayloaded
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "../api.h"
#include "parameters.h"

G_BEGIN_DECLS

/* What the header of a frame says; all but @key is known of key frames only. @chroma_format and @colorimetry are
 * static, and NULL where it says nothing of them. */
typedef struct {
  gboolean key;
  guint width, height;
  guint profile;
  guint depth;
  const gchar *chroma_format, *colorimetry;
} SiprecVideoHeader;

/**
 * SiprecVideoCodec:
 * @encoding_name: as in rtpmap, upper case
 * @depayloader: the element that makes pictures of its packets
 * @depayloaded: what the depayloader is to give; as caps
 * @media_type: of the pictures; further fields as caps would have them
 * @begins_picture: (nullable): tells of an RTP payload whether a picture begins with it
 * @nal: (nullable): for codecs that consist of NAL units
 * @read: (nullable): for those with a header in each frame. With neither of them all is as the depayloader says
 */
typedef struct {
  const gchar *encoding_name;
  const gchar *depayloader;
  const gchar *depayloaded;
  const gchar *media_type;
  gboolean (*begins_picture) (const guint8 *payload, gsize size);
  const SiprecNalCodec *nal;
  gboolean (*read) (const guint8 *frame, gsize size, SiprecVideoHeader *header);
} SiprecVideoCodec;

/* The codec called @encoding_name (upper case), or NULL; also if this system lacks its depayloader. */
SIPREC_API const SiprecVideoCodec *siprec_video_codec_find (const gchar *encoding_name);

/* TRUE for the name (any case) of a video codec in the table, whatever the system has. */
SIPREC_API gboolean siprec_video_codec_is_known (const gchar *encoding_name);

G_END_DECLS
