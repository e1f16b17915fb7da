/* Chooses the backend of an SRTP transform.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transform.h"

SiprecTransform *
siprec_transform_new_with (SiprecBackend backend, const SiprecKeying *keying,
                           SiprecTransformDirection direction)
{
  static const SiprecTransformClass *const classes[] = {
      [SIPREC_BACKEND_EVP] = &siprec_evp_class,
      [SIPREC_BACKEND_SRTP2] = &siprec_srtp2_class,
  };

  return classes[backend]->make (keying, direction);
}

SiprecTransform *
siprec_transform_new (const SiprecKeying *keying, SiprecTransformDirection direction)
{
  /* libsrtp2 can't read SRTCP that has an identifier and isn't encrypted, not even its own. */
  return siprec_transform_new_with (
      keying->plain_rtcp ? SIPREC_BACKEND_EVP : keying->suite->backend, keying, direction);
}

void
siprec_transform_free (SiprecTransform *transform)
{
  if (transform)
    transform->klass->free (transform);
}

void
siprec_transform_succeed (SiprecTransform *transform, const SiprecTransform *before)
{
  transform->before = before->rtp;
  /* Who said nothing under the last keys is where it was under those before them. */
  siprec_replay_inherit (&transform->before, &before->before);
}

SiprecTransformResult
siprec_transform_open_rtp (SiprecTransform *transform, const guint8 *data, gsize size,
                           GstClockTime arrival, guint8 *out, gsize *out_size)
{
  return transform->klass->open_rtp (transform, data, size, arrival, out, out_size);
}

SiprecTransformResult
siprec_transform_open_rtcp (SiprecTransform *transform, const guint8 *data, gsize size,
                            GstClockTime arrival, guint8 *out, gsize *out_size)
{
  return transform->klass->open_rtcp (transform, data, size, arrival, out, out_size);
}

gboolean
siprec_transform_seal_rtcp (SiprecTransform *transform, const guint8 *data, gsize size, guint8 *out,
                            gsize *out_size)
{
  return transform->klass->seal_rtcp (transform, data, size, out, out_size);
}
