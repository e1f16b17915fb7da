/* siprec-core: puts packets back in sequence
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../api.h"
#include "../media/frame.h"

G_BEGIN_DECLS

/**
 * SiprecReorder:
 *
 * Frames in order pass by; those behind a hole are held until the hole is filled or given up. While
 * @waiting all are held, and one from before the first may still come. Memory is taken with the first frame held, and grows by powers of two to a fixed bound. No clock
 * in here: the caller decides when to give up.
 */
typedef struct {
  gint64 next;     /* the sequence number awaited */
  guint64 history; /* bit n: the packet n + 1 before it was received */
  gboolean known, waiting;
  gint64 newest;      /* of those held, while waiting */
  SiprecFrame *slots; /* frame seq is at seq & (size - 1); owns what it holds */
  guint size;
  guint held;
} SiprecReorder;

typedef enum {
  SIPREC_REORDER_IN_ORDER, /* the one awaited: the frame stays with the caller */
  SIPREC_REORDER_AHEAD,    /* behind a hole, or waiting */
  SIPREC_REORDER_LATE,     /* its place was given up */
  SIPREC_REORDER_DUPLICATE,
} SiprecReorderPlace;

/* Frees all held frames; the next frame begins a new sequence. */
SIPREC_API void siprec_reorder_reset (SiprecReorder *reorder);

/* Frees the memory if nothing is held. */
SIPREC_API void siprec_reorder_trim (SiprecReorder *reorder);

/* Frees all. */
SIPREC_API void siprec_reorder_clear (SiprecReorder *reorder);

/* Where a frame numbered @seq belongs. Moves on if it is the one awaited. */
SIPREC_API SiprecReorderPlace siprec_reorder_place (SiprecReorder *reorder, gint64 seq);

/* Keeps an AHEAD frame (transfer full). FALSE, with nothing done, if it is too far ahead for the
 * ring: give up a hole, or the waiting, first. */
SIPREC_API gboolean siprec_reorder_hold (SiprecReorder *reorder, SiprecFrame *frame);

/* Keeps a frame (transfer full) that was IN_ORDER a moment ago, or is AHEAD, and holds all that come from now on.
 * Nothing may be held yet. FALSE, with nothing done, if it is too far ahead for that. */
SIPREC_API gboolean siprec_reorder_wait (SiprecReorder *reorder, SiprecFrame *frame);

/* Ends that: frames in order may be taken, @delay later than they were. */
SIPREC_API void siprec_reorder_go (SiprecReorder *reorder, gint64 delay);

/* Takes the awaited frame out of the ring, if it is there. */
SIPREC_API gboolean siprec_reorder_take (SiprecReorder *reorder, SiprecFrame *frame);

/* The first frame held, NULL if there is none. */
SIPREC_API const SiprecFrame *siprec_reorder_peek (SiprecReorder *reorder);

/* While waiting: the last of the frames held. */
SIPREC_API const SiprecFrame *siprec_reorder_peek_newest (SiprecReorder *reorder);

/* The first number that is missing after *@seq and before a frame that is held; -1 begins. FALSE if there is none. */
SIPREC_API gboolean siprec_reorder_find_hole (const SiprecReorder *reorder, gint64 *seq);

/* Gives up the hole before the first frame held; returns how many packets it had. */
SIPREC_API guint siprec_reorder_skip (SiprecReorder *reorder);

/* With nothing held: gives up all before @seq; returns how many packets. */
SIPREC_API guint siprec_reorder_jump (SiprecReorder *reorder, gint64 seq);

G_END_DECLS
