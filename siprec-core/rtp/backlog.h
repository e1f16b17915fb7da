/* siprec-core: packets kept for a consumer that has not come yet
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../media/format.h"

G_BEGIN_DECLS

/* A whole packet, as it was accepted. @format is owned. */
typedef struct {
  GstClockTime arrival;
  gint64 seq;
  guint generation;
  SiprecFormat *format;
  gsize size;
  guint8 data[];
} SiprecKept;

SiprecKept *siprec_kept_new (const guint8 *data, gsize size, SiprecFormat *format,
                             GstClockTime arrival);
void siprec_kept_free (SiprecKept *kept);

/* Kept packets, oldest first, bounded in time and in bytes. */
typedef struct {
  GQueue packets;
  gsize bytes;
} SiprecBacklog;

/* Adds @kept (transfer full); the oldest ones go if they are too many. */
void siprec_backlog_add (SiprecBacklog *backlog, SiprecKept *kept);

/* The oldest, or NULL. (transfer full) */
SiprecKept *siprec_backlog_take (SiprecBacklog *backlog);

void siprec_backlog_clear (SiprecBacklog *backlog);

G_END_DECLS
