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

/* Gives out what is held and in order now. */
void siprec_receiver_drain (SiprecReceiver *receiver);

/* Tells of losses that were not told, unless there were many just now. */
void siprec_receiver_tell_loss (SiprecReceiver *receiver, GstClockTime now);

/* receiver-repair.c */

/* What the formats agreed on call for. */
void siprec_receiver_follow_repair (SiprecReceiver *receiver);

/* Deals with a packet that wraps, repeats or repairs others. FALSE if it is to be taken like any other one. */
gboolean siprec_receiver_take_repair (SiprecReceiver *receiver, const SiprecPacket *packet,
                                      const guint8 *data, gsize size, const SiprecFormat *format,
                                      GstClockTime arrival);

/* Puts what can be repaired in its place; after each packet. */
void siprec_receiver_repair (SiprecReceiver *receiver, GstClockTime arrival);

/* receiver.c */

/* The format agreed on for @pt, or NULL. */
SiprecFormat *siprec_receiver_find_format (SiprecReceiver *receiver, guint8 pt);

/* The format that filler has until media comes, or NULL. */
SiprecFormat *siprec_receiver_get_codec (SiprecReceiver *receiver);

G_END_DECLS
