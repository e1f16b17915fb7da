/* siprec-core: SRTP's transforms of packets, whatever code does them
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "keying.h"
#include "replay.h"

G_BEGIN_DECLS

/* What protection may add to a packet. */
#define SIPREC_TRANSFORM_OVERHEAD (16 + 4 + SIPREC_MAX_MKI)

typedef enum {
  SIPREC_TRANSFORM_OK,
  SIPREC_TRANSFORM_MALFORMED, /* no packet at all */
  SIPREC_TRANSFORM_FORGED,    /* not made with this key */
  SIPREC_TRANSFORM_REPLAYED,  /* came already, or is too old to tell */
} SiprecTransformResult;

/* Which side has the keys. */
typedef enum {
  SIPREC_TRANSFORM_RECEIVE,
  SIPREC_TRANSFORM_SEND,
} SiprecTransformDirection;

/**
 * SiprecTransform:
 *
 * The cryptographic contexts (RFC 3711 section 3.2) of all SSRCs that one side sends with one set of keys.
 * Contexts are made by authentic packets only. For one thread at a time.
 */
typedef struct _SiprecTransform SiprecTransform;

/* What a backend does; see the functions below. */
typedef struct {
  SiprecTransform *(*make) (const SiprecKeying *keying, SiprecTransformDirection direction);
  void (*free) (SiprecTransform *transform);
  SiprecTransformResult (*open_rtp) (SiprecTransform *transform, const guint8 *data, gsize size,
                                     GstClockTime arrival, guint8 *out, gsize *out_size);
  SiprecTransformResult (*open_rtcp) (SiprecTransform *transform, const guint8 *data, gsize size,
                                      GstClockTime arrival, guint8 *out, gsize *out_size);
  gboolean (*seal_rtcp) (SiprecTransform *transform, const guint8 *data, gsize size, guint8 *out,
                         gsize *out_size);
} SiprecTransformClass;

/* The first field of what a backend makes.
 * @rtp: what is known of the SSRCs
 * @before: what was known of them under the keys before these, or under those before them */
struct _SiprecTransform {
  const SiprecTransformClass *klass;
  SiprecReplayTable rtp;
  SiprecReplayTable before;
};

extern const SiprecTransformClass siprec_evp_class;
extern const SiprecTransformClass siprec_srtp2_class;

/* With the backend that is for the suite. NULL if it can't do it. */
SIPREC_API SiprecTransform *siprec_transform_new (const SiprecKeying *keying,
                                                  SiprecTransformDirection direction);

/* With a backend of one's choice. */
SIPREC_API SiprecTransform *siprec_transform_new_with (SiprecBackend backend,
                                                       const SiprecKeying *keying,
                                                       SiprecTransformDirection direction);
SIPREC_API void siprec_transform_free (SiprecTransform *transform);

/* The keys are changed during the session: SSRCs may keep the roll-over counter that they have in
 * @before, as RFC 3711 section 3.3.1 has it, or begin at zero. */
SIPREC_API void siprec_transform_succeed (SiprecTransform *transform,
                                          const SiprecTransform *before);

/**
 * siprec_transform_open_rtp:
 * @data: a packet from the network, of @size octets
 * @arrival: when it came
 * @out: room for @size octets, not overlapping @data
 * @out_size: (out): of the open packet
 */
SIPREC_API SiprecTransformResult siprec_transform_open_rtp (SiprecTransform *transform,
                                                            const guint8 *data, gsize size,
                                                            GstClockTime arrival, guint8 *out,
                                                            gsize *out_size);
SIPREC_API SiprecTransformResult siprec_transform_open_rtcp (SiprecTransform *transform,
                                                             const guint8 *data, gsize size,
                                                             GstClockTime arrival, guint8 *out,
                                                             gsize *out_size);

/* The reverse, for reports of ours; @out has room for SIPREC_TRANSFORM_OVERHEAD more than @size. */
SIPREC_API gboolean siprec_transform_seal_rtcp (SiprecTransform *transform, const guint8 *data,
                                                gsize size, guint8 *out, gsize *out_size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecTransform, siprec_transform_free)

G_END_DECLS
