/* Statistics as a GstStructure.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stats.h"

#include "../transport/latch.h"

static void
add_sender (GstStructure *structure, const SiprecStats *stats)
{
  g_autofree gchar *source = siprec_address_to_text (&stats->source);

  if (stats->format)
    gst_structure_set (structure, "clock-rate", G_TYPE_INT, (gint)stats->format->clock_rate,
                       "encoding-name", G_TYPE_STRING, stats->format->encoding_name, NULL);
  if (source)
    gst_structure_set (structure, "source", G_TYPE_STRING, source, NULL);
  gst_structure_set (structure, "have-sr", G_TYPE_BOOLEAN, stats->have_sr, NULL);
  if (stats->have_sr)
    gst_structure_set (structure, "sr-ntptime", G_TYPE_UINT64, stats->sr_ntp, "sr-rtptime",
                       G_TYPE_UINT, stats->sr_rtp, NULL);
  if (stats->suite)
    gst_structure_set (structure, "srtp", G_TYPE_STRING, stats->suite, NULL);
  if (stats->cname)
    gst_structure_set (structure, "cname", G_TYPE_STRING, stats->cname, NULL);
}

GstStructure *
siprec_stats_to_structure (const SiprecStats *stats)
{
  GstStructure *structure =
      gst_structure_new ("application/x-siprec-stats",                                 //
                         "num-pushed", G_TYPE_UINT64, stats->num_pushed,               //
                         "num-lost", G_TYPE_UINT64, stats->num_lost,                   //
                         "num-late", G_TYPE_UINT64, stats->num_late,                   //
                         "num-duplicates", G_TYPE_UINT64, stats->num_duplicates,       //
                         "avg-jitter", G_TYPE_UINT64, stats->jitter,                   //
                         "packets-received", G_TYPE_UINT64, stats->packets_received,   //
                         "octets-received", G_TYPE_UINT64, stats->octets_received,     //
                         "bytes-received", G_TYPE_UINT64, stats->bytes_received,       //
                         "num-reordered", G_TYPE_UINT64, stats->num_reordered,         //
                         "num-invalid", G_TYPE_UINT64, stats->num_invalid,             //
                         "num-unknown-pt", G_TYPE_UINT64, stats->num_unknown_pt,       //
                         "num-kernel-drops", G_TYPE_UINT64, stats->num_kernel_drops,   //
                         "num-overruns", G_TYPE_UINT64, stats->num_overruns,           //
                         "num-filled", G_TYPE_UINT64, stats->num_filled,               //
                         "num-wrong-source", G_TYPE_UINT64, stats->num_wrong_source,   //
                         "num-foreign-ssrc", G_TYPE_UINT64, stats->num_foreign_ssrc,   //
                         "num-auth-failed", G_TYPE_UINT64, stats->num_auth_failed,     //
                         "num-replayed", G_TYPE_UINT64, stats->num_replayed,           //
                         "rtx-success-count", G_TYPE_UINT64, stats->num_retransmitted, //
                         "fec-recovered", G_TYPE_UINT64, stats->num_repaired,          //
                         "ssrc", G_TYPE_UINT, stats->ssrc, NULL);

  add_sender (structure, stats);
  return structure;
}
