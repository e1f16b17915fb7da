/* Puts lost packets together again from those around them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fec.h"

#include <string.h>

/* What a mask reaches over. */
#define REACH 48

/* Packets that are kept, a power of two. */
#define SLOTS 256

/* Repairs that wait for packets; each is of use while no more than one of its packets is missing. */
#define REPAIRS 32

/* More than any network carries in one piece. */
#define MAX_SIZE 9216

#define RTP_HEADER 12

/* RFC 5109 section 7.3, and 7.4 with a short and with a long mask. */
#define FEC_HEADER  10
#define SHORT_LEVEL 4
#define LONG_LEVEL  8

/* What is known of one sequence number. */
typedef struct {
  gint64 seq;
  guint8 *data; /* (nullable): of media */
  gsize size;
  guint32 timestamp;
  gboolean repairs;   /* it came, and is no media */
  gboolean begins;    /* media: a picture */
  gboolean is_inside; /* between the first and the last packet of a mask */
  gboolean is_protected;
} Slot;

/* One packet that repairs. */
typedef struct {
  gint64 base;
  guint64 mask; /* bit n: it protects base + n */
  guint length; /* octets of each, behind the header */
  const guint8 *level;
  gsize size;
  guint8 *data; /* NULL if there is none */
} Repair;

struct _SiprecFec {
  Slot slots[SLOTS]; /* number seq is at seq & (SLOTS - 1) */
  Repair repairs[REPAIRS];
  guint next;    /* the oldest of them */
  gint64 newest; /* number that the source has reached */
};

SiprecFec *
siprec_fec_new (void)
{
  return g_new0 (SiprecFec, 1);
}

void
siprec_fec_reset (SiprecFec *fec)
{
  for (guint i = 0; i < SLOTS; i++)
    g_free (fec->slots[i].data);
  for (guint i = 0; i < REPAIRS; i++)
    g_free (fec->repairs[i].data);
  memset (fec, 0, sizeof *fec);
}

void
siprec_fec_free (SiprecFec *fec)
{
  siprec_fec_reset (fec);
  g_free (fec);
}

static void
drop_repair (Repair *repair)
{
  g_free (repair->data);
  *repair = (Repair){0};
}

/* The place of @seq, empty if it is newer than what was there; NULL if it is too old. */
static Slot *
claim_slot (SiprecFec *fec, gint64 seq)
{
  Slot *slot = &fec->slots[seq & (SLOTS - 1)];

  if (slot->seq > seq)
    return NULL;
  if (slot->seq < seq) {
    g_free (slot->data);
    *slot = (Slot){.seq = seq};
  }
  return slot;
}

/* What is known of @seq, NULL for nothing. */
static const Slot *
find_slot (const SiprecFec *fec, gint64 seq)
{
  const Slot *slot = &fec->slots[seq & (SLOTS - 1)];

  return slot->seq == seq ? slot : NULL;
}

static gboolean
has_come (const Slot *slot)
{
  return slot && (slot->data || slot->repairs);
}

static gboolean
protects (const Repair *repair, guint n)
{
  return repair->mask >> n & 1;
}

/* Reads level 0, which is all that is in use: further ones protect the heads of packets better. */
static gboolean
read_repair (const SiprecPacket *packet, gint64 near, Repair *repair)
{
  const guint8 *data = packet->payload;
  gsize head = FEC_HEADER;
  gboolean is_long;

  if (packet->payload_size < FEC_HEADER + SHORT_LEVEL)
    return FALSE;
  is_long = data[0] >> 6 & 1;
  head += is_long ? LONG_LEVEL : SHORT_LEVEL;
  if (packet->payload_size < head)
    return FALSE;
  repair->base = near + (gint16)(GST_READ_UINT16_BE (data + 2) - (guint16)near);
  repair->length = GST_READ_UINT16_BE (data + FEC_HEADER);
  for (guint n = 0; n < (is_long ? REACH : 16); n++) {
    if (data[FEC_HEADER + 2 + n / 8] >> (7 - n % 8) & 1)
      repair->mask |= G_GUINT64_CONSTANT (1) << n;
  }
  return repair->mask != 0 && repair->length <= packet->payload_size - head &&
         repair->base > near - (SLOTS - REACH) && repair->base <= near + REACH;
}

/* What no mask protects, and lies outside of all, is perhaps no media. */
static void
mark_protected (SiprecFec *fec, const Repair *repair)
{
  gint last = g_bit_nth_msf (repair->mask, -1);

  for (gint n = g_bit_nth_lsf (repair->mask, -1); n <= last; n++) {
    Slot *slot = claim_slot (fec, repair->base + n);

    if (!slot)
      continue;
    slot->is_inside = TRUE;
    slot->is_protected |= protects (repair, n);
  }
}

static void
keep_repair (SiprecFec *fec, gint64 near, const SiprecPacket *packet)
{
  Repair read = {0}, *repair = &fec->repairs[fec->next];

  if (packet->payload_size > MAX_SIZE || !read_repair (packet, near, &read))
    return;
  drop_repair (repair);
  fec->next = (fec->next + 1) % REPAIRS;
  *repair = read;
  repair->size = packet->payload_size;
  repair->data = g_memdup2 (packet->payload, packet->payload_size);
  repair->level = repair->data + FEC_HEADER + (repair->data[0] >> 6 & 1 ? LONG_LEVEL : SHORT_LEVEL);
  mark_protected (fec, repair);
}

void
siprec_fec_note (SiprecFec *fec, gint64 seq, const SiprecPacket *packet, const guint8 *data,
                 gsize size, const SiprecFormat *format)
{
  const SiprecVideoCodec *codec = format->video;
  Slot *slot = claim_slot (fec, seq);

  if (!slot || has_come (slot) || size > MAX_SIZE)
    return;
  fec->newest = MAX (fec->newest, seq);
  slot->timestamp = packet->timestamp;
  slot->repairs = format->payload == SIPREC_PAYLOAD_FEC;
  if (slot->repairs) {
    keep_repair (fec, seq, packet);
    return;
  }
  slot->data = g_memdup2 (data, size);
  slot->size = size;
  slot->begins = codec && (!codec->begins_picture ||
                           codec->begins_picture (packet->payload, packet->payload_size));
}

void
siprec_fec_note_aside (SiprecFec *fec, gint64 newest, const SiprecPacket *packet)
{
  keep_repair (fec, newest, packet);
}

/* How many of its packets are missing; @missing is one of them. */
static guint
count_missing (const SiprecFec *fec, const Repair *repair, gint64 *missing)
{
  guint n_missing = 0;

  for (guint n = 0; n < REACH; n++) {
    const Slot *slot = find_slot (fec, repair->base + n);

    if (!protects (repair, n) || (slot && slot->data))
      continue;
    *missing = repair->base + n;
    n_missing++;
  }
  return n_missing;
}

static void
add (guint8 *sum, const guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    sum[i] ^= data[i];
}

/* RFC 5109 section 9.2: what the packets that came leave of the sum is the one that didn't. NULL if it was longer than
 * what is protected of it. */
static guint8 *
rebuild (const SiprecFec *fec, const Repair *repair, gint64 missing, guint32 ssrc, gsize *size)
{
  guint8 *packet = g_malloc0 (RTP_HEADER + repair->length);
  guint length = GST_READ_UINT16_BE (repair->data + 8);

  memcpy (packet, repair->data, 8);
  memcpy (packet + RTP_HEADER, repair->level, repair->length);
  for (guint n = 0; n < REACH; n++) {
    const Slot *slot = find_slot (fec, repair->base + n);

    if (!protects (repair, n) || slot->seq == missing)
      continue;
    add (packet, slot->data, 8);
    add (packet + RTP_HEADER, slot->data + RTP_HEADER,
         MIN (slot->size - RTP_HEADER, repair->length));
    length ^= slot->size - RTP_HEADER;
  }
  if (length > repair->length) {
    g_free (packet);
    return NULL;
  }
  packet[0] = 0x80 | (packet[0] & 0x3f);
  GST_WRITE_UINT16_BE (packet + 2, (guint16)missing);
  GST_WRITE_UINT32_BE (packet + 8, ssrc);
  *size = RTP_HEADER + length;
  return packet;
}

guint8 *
siprec_fec_repair (SiprecFec *fec, guint32 ssrc, gint64 *seq, gsize *size)
{
  for (guint i = 0; i < REPAIRS; i++) {
    Repair *repair = &fec->repairs[i];
    guint8 *packet = NULL;
    guint n_missing;

    if (!repair->data)
      continue;
    n_missing = count_missing (fec, repair, seq);
    /* What the source hasn't reached isn't lost, and a forged repair would take its place. */
    if (n_missing > 1 || (n_missing == 1 && *seq > fec->newest))
      continue;
    if (n_missing == 1 && claim_slot (fec, *seq))
      packet = rebuild (fec, repair, *seq, ssrc, size);
    drop_repair (repair);
    if (packet)
      return packet;
  }
  return NULL;
}

/* The nearest packet of media before or behind @seq; NULL if another one is missing on the way. */
static const Slot *
find_neighbour (const SiprecFec *fec, gint64 seq, gint step)
{
  for (guint n = 0; n < SLOTS; n++) {
    const Slot *slot = find_slot (fec, seq += step);

    if (!has_come (slot))
      return NULL;
    if (slot->data)
      return slot;
  }
  return NULL;
}

/* Whether @before, the end of a picture, is the last packet that something behind it protects: what repairs it is of
 * its time, and may be missing if there is more of the kind. */
static gboolean
ends_group (const SiprecFec *fec, const Slot *before, const Slot *behind)
{
  gboolean is_followed = before->is_protected;

  if (!(before->data[1] & 0x80))
    return FALSE;
  for (gint64 seq = before->seq + 1; seq < behind->seq; seq++) {
    const Slot *slot = find_slot (fec, seq);

    if (!has_come (slot))
      continue;
    if (slot->timestamp != before->timestamp)
      return FALSE;
    is_followed = TRUE;
  }
  return is_followed;
}

gboolean
siprec_fec_is_spare (const SiprecFec *fec, gint64 seq)
{
  const Slot *slot = find_slot (fec, seq), *before, *behind;

  if (slot && (slot->data || slot->is_inside))
    return FALSE;
  before = find_neighbour (fec, seq, -1);
  behind = find_neighbour (fec, seq, 1);
  return before && behind && behind->begins && behind->is_protected &&
         behind->timestamp != before->timestamp && ends_group (fec, before, behind);
}
