/* Takes anything for packets of a source, among them such that wrap or repair others.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>

#include <gst/gst.h>

#include "siprec-core/media/red.h"
#include "siprec-core/rtp/fec.h"

#define SSRC 0x12345678

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static SiprecFormat *media, *repair;

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  gst_init (argc, argv);
  media = siprec_format_new ("video", 96, "H264", 90000, 0, NULL);
  repair = siprec_format_new ("video", 97, "ulpfec", 90000, 0, NULL);
  return 0;
}

static void
note (SiprecFec *fec, gint64 number, const guint8 *data, gsize size)
{
  SiprecPacket packet;

  if (siprec_packet_parse (&packet, data, size))
    siprec_fec_note (fec, number, &packet, data, size, packet.pt == 97 ? repair : media);
}

static void
repair_all (SiprecFec *fec, guint *n_repaired)
{
  guint8 *packet;
  gint64 number;
  gsize size;

  while ((packet = siprec_fec_repair (fec, SSRC, &number, &size))) {
    note (fec, number, packet, size);
    g_free (packet);
    /* Each repair gives one, and what it gives is smaller. */
    g_assert (++*n_repaired < 100000);
  }
}

static void
take (SiprecFec *fec, const guint8 *data, gsize size)
{
  /* Of its own size, so that a look beyond is seen. */
  g_autofree guint8 *whole = g_memdup2 (data, size), *inner = g_malloc (size + 1);
  gsize inner_size = 0;
  SiprecPacket packet;
  guint n_repaired = 0;

  if (!siprec_packet_parse (&packet, whole, size))
    return;
  if (packet.pt == 98) {
    inner_size = siprec_red_unwrap (&packet, whole, size, inner);
    note (fec, G_MAXUINT16 + packet.seq, inner, inner_size);
  } else if (packet.ssrc != SSRC && packet.pt == 97) {
    siprec_fec_note_aside (fec, G_MAXUINT16 + packet.seq, &packet);
  } else {
    note (fec, G_MAXUINT16 + packet.seq, whole, size);
  }
  siprec_fec_is_spare (fec, G_MAXUINT16 + packet.seq - 1);
  repair_all (fec, &n_repaired);
}

/* Packets, each behind its length in an octet. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (SiprecFec) fec = siprec_fec_new ();

  while (size > 0) {
    gsize length = MIN (data[0], size - 1);

    take (fec, data + 1, length);
    data += 1 + length;
    size -= 1 + length;
  }
  return 0;
}
