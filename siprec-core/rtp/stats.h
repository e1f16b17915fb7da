/* siprec-core: statistics of one stream
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../media/format.h"
#include "../transport/address.h"

G_BEGIN_DECLS

/**
 * SiprecStats:
 * @format: (nullable): borrowed from whoever fills this
 * @cname: (nullable): borrowed as well
 * @suite: (nullable): of SRTP; static
 *
 * A snapshot; times in ns.
 */
typedef struct {
  guint64 packets_received, octets_received, bytes_received;
  SiprecAddress source;
  guint64 num_reordered, num_invalid, num_unknown_pt, num_kernel_drops;
  guint64 num_pushed, num_filled, num_lost, num_late, num_duplicates, num_overruns;
  guint64 num_wrong_source, num_foreign_ssrc, num_auth_failed, num_replayed;
  guint64 num_retransmitted, num_repaired;
  guint64 jitter;
  guint32 ssrc;
  gboolean have_sr;
  guint64 sr_ntp;
  guint32 sr_rtp;
  SiprecFormat *format;
  const gchar *cname;
  const gchar *suite;
} SiprecStats;

/* As siprec_stream_get_stats() documents. (transfer full) */
GstStructure *siprec_stats_to_structure (const SiprecStats *stats);

G_END_DECLS
