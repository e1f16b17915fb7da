/* siprec-core: what repairs a loss without asking (ULPFEC, RFC 5109)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../media/format.h"
#include "../media/packet.h"

G_BEGIN_DECLS

/**
 * SiprecFec:
 *
 * The newest packets of a source, and what was sent to make up for one of them. It lies where packets come in,
 * before they are put in order: what is repaired fills its hole while that is still waited for. Belongs to a receiver;
 * no locks, no clock. About 300 KB once packets come.
 */
typedef struct _SiprecFec SiprecFec;

SIPREC_API SiprecFec *siprec_fec_new (void);
SIPREC_API void siprec_fec_free (SiprecFec *fec);

/* Forgets all: another source's numbers begin. */
SIPREC_API void siprec_fec_reset (SiprecFec *fec);

/* A packet of the source, numbered @seq: media, or in @format one that repairs. */
SIPREC_API void siprec_fec_note (SiprecFec *fec, gint64 seq, const SiprecPacket *packet,
                                 const guint8 *data, gsize size, const SiprecFormat *format);

/* The same for a packet that repairs but has numbers of its own; @newest is that of the source's last one. */
SIPREC_API void siprec_fec_note_aside (SiprecFec *fec, gint64 newest, const SiprecPacket *packet);

/**
 * siprec_fec_repair:
 * @ssrc: of the source
 * @seq, @size: (out): of the packet
 *
 * Returns: (transfer full) (nullable): one packet that is missing, as it was. Note it before the next one is asked
 *   for.
 */
SIPREC_API guint8 *siprec_fec_repair (SiprecFec *fec, guint32 ssrc, gint64 *seq, gsize *size);

/**
 * siprec_fec_is_spare:
 *
 * Packets that repair have numbers among those of the media, and the loss of one is no loss. TRUE if the missing packet
 * @seq was one as far as can be told: it stands between two pictures that are protected, and nothing protects it.
 */
SIPREC_API gboolean siprec_fec_is_spare (const SiprecFec *fec, gint64 seq);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecFec, siprec_fec_free)

G_END_DECLS
