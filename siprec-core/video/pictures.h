/* siprec-core: which pictures of a stream are given on, and with which caps
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec.h"

G_BEGIN_DECLS

/**
 * SiprecPictures:
 *
 * Between a depayloader and the pad: nothing goes on before a key frame, and nothing after a loss before the next
 * one, so that what goes on can be decoded. H.264 and H.265 get lengths in place of start codes
 * (stream-format avc and hvc1), with their parameter sets both in the caps and in their place. No locks.
 */
typedef struct _SiprecPictures SiprecPictures;

/* @rtp_caps: of the packets, with the fmtp parameters. */
SIPREC_API SiprecPictures *siprec_pictures_new (const SiprecVideoCodec *codec,
                                                const GstCaps *rtp_caps);
SIPREC_API void siprec_pictures_free (SiprecPictures *pictures);

/* A part of the stream is missing here. */
SIPREC_API void siprec_pictures_lose (SiprecPictures *pictures);

/* No key frame comes however often it is asked for: until one does, decoding may begin at recovery points as well, where
 * decoders do that. */
SIPREC_API void siprec_pictures_take_recovery_points (SiprecPictures *pictures);

/* TRUE until the first key frame, and after a loss. */
SIPREC_API gboolean siprec_pictures_is_waiting (const SiprecPictures *pictures);

/**
 * siprec_pictures_take:
 * @buffer: (transfer full): what the depayloader gave
 * @depayloaded: (nullable): its caps
 *
 * Returns: (transfer full) (nullable): the picture, its flags set; NULL if it isn't to go on. Its caps are
 *   siprec_pictures_get_caps().
 */
SIPREC_API GstBuffer *siprec_pictures_take (SiprecPictures *pictures, GstBuffer *buffer,
                                            GstCaps *depayloaded);

/* Those of the last picture; owned by @pictures. */
SIPREC_API GstCaps *siprec_pictures_get_caps (const SiprecPictures *pictures);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecPictures, siprec_pictures_free)

G_END_DECLS
