/* A ring of frames that wait for the ones before them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reorder.h"

#define MIN_SLOTS 32
#define MAX_SLOTS 512

static SiprecFrame *
get_slot (SiprecReorder *reorder, gint64 seq)
{
  return &reorder->slots[seq & (reorder->size - 1)];
}

void
siprec_reorder_reset (SiprecReorder *reorder)
{
  for (guint i = 0; i < reorder->size && reorder->held > 0; i++) {
    if (reorder->slots[i].format) {
      siprec_frame_clear (&reorder->slots[i]);
      reorder->held--;
    }
  }
  reorder->known = reorder->waiting = FALSE;
  reorder->history = 0;
}

void
siprec_reorder_trim (SiprecReorder *reorder)
{
  if (reorder->held > 0)
    return;
  g_clear_pointer (&reorder->slots, g_free);
  reorder->size = 0;
}

void
siprec_reorder_clear (SiprecReorder *reorder)
{
  siprec_reorder_reset (reorder);
  siprec_reorder_trim (reorder);
}

static void
advance (SiprecReorder *reorder)
{
  reorder->next++;
  reorder->history = reorder->history << 1 | 1;
}

/* A packet from before the awaited one: is it the first of its number? */
static SiprecReorderPlace
place_old (SiprecReorder *reorder, gint64 seq)
{
  gint64 age = reorder->next - 1 - seq;

  if (age >= 64)
    return SIPREC_REORDER_LATE;
  if (reorder->history >> age & 1)
    return SIPREC_REORDER_DUPLICATE;
  reorder->history |= G_GUINT64_CONSTANT (1) << age;
  return SIPREC_REORDER_LATE;
}

/* Of the first packets of a sequence one may have overtaken another. */
static gboolean
may_begin_earlier (const SiprecReorder *reorder, gint64 seq)
{
  return reorder->history == 0 && seq < reorder->next && reorder->newest - seq < MIN_SLOTS;
}

SiprecReorderPlace
siprec_reorder_place (SiprecReorder *reorder, gint64 seq)
{
  if (!reorder->known) {
    reorder->known = TRUE;
    reorder->next = seq;
  }
  if (reorder->waiting && may_begin_earlier (reorder, seq))
    reorder->next = seq;
  if (seq == reorder->next && !reorder->waiting) {
    advance (reorder);
    return SIPREC_REORDER_IN_ORDER;
  }
  if (seq < reorder->next)
    return place_old (reorder, seq);
  if (reorder->held > 0 && seq - reorder->next < reorder->size && get_slot (reorder, seq)->format)
    return SIPREC_REORDER_DUPLICATE;
  return SIPREC_REORDER_AHEAD;
}

static void
grow (SiprecReorder *reorder, guint size)
{
  SiprecFrame *slots = g_new0 (SiprecFrame, size);

  for (guint i = 0; i < reorder->size; i++) {
    if (reorder->slots[i].format)
      slots[reorder->slots[i].seq & (size - 1)] = reorder->slots[i];
  }
  g_free (reorder->slots);
  reorder->slots = slots;
  reorder->size = size;
}

gboolean
siprec_reorder_hold (SiprecReorder *reorder, SiprecFrame *frame)
{
  gint64 distance = frame->seq - reorder->next;
  guint size = MAX (reorder->size, MIN_SLOTS);

  if (distance >= (reorder->waiting ? MIN_SLOTS : MAX_SLOTS))
    return FALSE;
  while (distance >= size)
    size *= 2;
  if (size != reorder->size)
    grow (reorder, size);
  *get_slot (reorder, frame->seq) = *frame;
  reorder->held++;
  reorder->newest = MAX (reorder->newest, frame->seq);
  return TRUE;
}

gboolean
siprec_reorder_wait (SiprecReorder *reorder, SiprecFrame *frame)
{
  if (frame->seq < reorder->next) {
    reorder->next = frame->seq;
    reorder->history >>= 1;
  }
  reorder->newest = frame->seq;
  reorder->waiting = TRUE;
  reorder->waiting = siprec_reorder_hold (reorder, frame);
  return reorder->waiting;
}

void
siprec_reorder_go (SiprecReorder *reorder, gint64 delay)
{
  reorder->waiting = FALSE;
  for (guint i = 0; i < reorder->size; i++)
    reorder->slots[i].time += delay;
}

gboolean
siprec_reorder_take (SiprecReorder *reorder, SiprecFrame *frame)
{
  SiprecFrame *slot;

  if (reorder->held == 0 || reorder->waiting)
    return FALSE;
  slot = get_slot (reorder, reorder->next);
  if (!slot->format)
    return FALSE;
  *frame = *slot;
  *slot = (SiprecFrame){0};
  reorder->held--;
  advance (reorder);
  return TRUE;
}

const SiprecFrame *
siprec_reorder_peek (SiprecReorder *reorder)
{
  if (reorder->held == 0)
    return NULL;
  for (gint64 seq = reorder->next;; seq++) {
    SiprecFrame *slot = get_slot (reorder, seq);

    if (slot->format)
      return slot;
  }
}

const SiprecFrame *
siprec_reorder_peek_newest (SiprecReorder *reorder)
{
  return get_slot (reorder, reorder->newest);
}

gboolean
siprec_reorder_find_hole (const SiprecReorder *reorder, gint64 *seq)
{
  gint64 i = MAX (*seq + 1, reorder->next);
  guint held = 0;

  if (reorder->held == 0)
    return FALSE;
  /* How many are behind tells where the last one is. */
  for (gint64 j = reorder->next; j < i; j++)
    held += reorder->slots[j & (reorder->size - 1)].format != NULL;
  for (; held < reorder->held; i++) {
    if (!reorder->slots[i & (reorder->size - 1)].format) {
      *seq = i;
      return TRUE;
    }
    held++;
  }
  return FALSE;
}

guint
siprec_reorder_jump (SiprecReorder *reorder, gint64 seq)
{
  gint64 lost = seq - reorder->next;

  reorder->history = lost < 64 ? reorder->history << lost : 0;
  reorder->next = seq;
  return lost;
}

guint
siprec_reorder_skip (SiprecReorder *reorder)
{
  const SiprecFrame *first = siprec_reorder_peek (reorder);

  return first ? siprec_reorder_jump (reorder, first->seq) : 0;
}
