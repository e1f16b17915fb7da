/* siprec-core: the parameter sets of an H.264 or H.265 stream
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "bits.h"

G_BEGIN_DECLS

/* What a NAL unit is, for both codecs. */
typedef enum {
  SIPREC_NAL_OTHER,
  SIPREC_NAL_SLICE,
  SIPREC_NAL_KEY_SLICE, /* of a picture that needs no other one */
  SIPREC_NAL_VPS,
  SIPREC_NAL_SPS,
  SIPREC_NAL_PPS,
  SIPREC_NAL_RECOVERY_POINT, /* a message: decoding may begin with its picture */
} SiprecNalType;

/**
 * SiprecSps:
 *
 * What a sequence parameter set says that caps and codec_data need.
 */
typedef struct {
  guint id;
  guint vps_id; /* H.265 */
  guint width, height;
  guint chroma_format, luma_depth, chroma_depth;
  guint8 profile[12]; /* H.264: profile, constraints, level. H.265: profile_tier_level's 12 bytes */
  guint temporal_layers;
  gboolean temporal_nesting;
} SiprecSps;

/**
 * SiprecParameterSet:
 * @id, @parent: its own number, and that of the set it refers to
 */
typedef struct {
  SiprecNalType type;
  guint id, parent;
  GBytes *data; /* without start code */
} SiprecParameterSet;

/* How one codec reads its NAL units. @data is one without start code. */
typedef struct {
  SiprecNalType (*get_type) (const guint8 *data, gsize size);
  gboolean (*read_sps) (const guint8 *data, gsize size, SiprecSps *sps);
  gboolean (*read_set) (const guint8 *data, gsize size, SiprecParameterSet *set);
  gboolean (*read_pps_id) (const guint8 *slice, gsize size, guint *id);
  GBytes *(*make_codec_data) (const SiprecSps *sps, const GPtrArray *sets);
} SiprecNalCodec;

/**
 * SiprecParameters:
 *
 * The parameter sets that came so far, in the SDP or in band; a newer one takes the place of one with
 * the same number.
 */
typedef struct {
  const SiprecNalCodec *codec;
  GPtrArray *sets; /* SiprecParameterSet */
} SiprecParameters;

void siprec_parameters_init (SiprecParameters *parameters, const SiprecNalCodec *codec);
void siprec_parameters_clear (SiprecParameters *parameters);

/* Reads what a sequence parameter set leaves of @width and @height (ITU-T H.264 section 7.4.2.1.1, H.265 section
 * 7.4.3.2.1), which are as coded; @rows of it make one. FALSE if that makes no sense. */
gboolean siprec_sps_read_window (SiprecSps *sps, SiprecBits *bits, guint64 width, guint64 height,
                                 guint rows);

/* Keeps a parameter set; FALSE if it can't be read. */
gboolean siprec_parameters_add (SiprecParameters *parameters, const guint8 *data, gsize size);

/* Adds those of an sprop parameter: base64, separated by commas. */
void siprec_parameters_add_sprop (SiprecParameters *parameters, const gchar *sprop);

/**
 * siprec_parameters_find:
 * @slice: of the picture
 * @sps: (out): what its sequence parameter set says
 *
 * Returns: (transfer full) (nullable) (element-type SiprecParameterSet): the sets that the picture's sequence
 *   needs, NULL if they haven't come.
 */
GPtrArray *siprec_parameters_find (const SiprecParameters *parameters, const guint8 *slice,
                                   gsize size, SiprecSps *sps);

G_END_DECLS
