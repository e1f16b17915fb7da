/* siprec-core: the media side of a receiver
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "receiver.h"

G_BEGIN_DECLS

/* Takes an accepted packet of a claimed stream to the timeline, or holds it behind a hole. */
void siprec_receiver_process (SiprecReceiver *receiver, const SiprecPacket *packet,
                              const guint8 *data, gsize size, SiprecFormat *format, gint64 seq,
                              guint generation, GstClockTime arrival);

/* The clock has learnt enough: gives out what waited for that. */
void siprec_receiver_settle (SiprecReceiver *receiver);

/* Gives up the first hole and gives out what was held behind it. There must be one. */
void siprec_receiver_give_up (SiprecReceiver *receiver);

/* Tells of losses that were not told, unless there were many just now. */
void siprec_receiver_tell_loss (SiprecReceiver *receiver, GstClockTime now);

G_END_DECLS
