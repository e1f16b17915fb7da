/* Estimates of SRTP packet indices, and the windows against replay (RFC 3711 section 3.3).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "replay.h"

#include <string.h>

#define HALF 0x8000u

SiprecReplay *
siprec_replay_find (SiprecReplayTable *table, guint32 ssrc)
{
  for (guint i = 0; i < SIPREC_REPLAY_SOURCES; i++) {
    if (table->sources[i].known && table->sources[i].ssrc == ssrc)
      return &table->sources[i];
  }
  return NULL;
}

guint64
siprec_replay_guess (const SiprecReplay *replay, guint16 seq)
{
  guint16 newest = (guint16)replay->newest;
  guint64 roc = replay->newest >> 16;

  if (newest < HALF && seq > newest + HALF && roc > 0)
    roc--;
  else if (newest >= HALF && seq < newest - HALF)
    roc++;
  return roc << 16 | seq;
}

static guint64
get_bit (guint64 index)
{
  return G_GUINT64_CONSTANT (1) << index % 64;
}

static guint
get_word (guint64 index)
{
  return index % SIPREC_REPLAY_WINDOW / 64;
}

gboolean
siprec_replay_is_old (const SiprecReplay *replay, guint64 index)
{
  if (!replay || index > replay->newest)
    return FALSE;
  if (index + SIPREC_REPLAY_WINDOW <= replay->newest)
    return TRUE;
  return (replay->seen[get_word (index)] & get_bit (index)) != 0;
}

/* Forgets the indices that the window slides over. */
static void
slide (SiprecReplay *replay, guint64 index)
{
  if (index - replay->newest >= SIPREC_REPLAY_WINDOW) {
    memset (replay->seen, 0, sizeof (replay->seen));
  } else {
    for (guint64 i = replay->newest + 1; i <= index; i++)
      replay->seen[get_word (i)] &= ~get_bit (i);
  }
  replay->newest = index;
}

static SiprecReplay *
add_source (SiprecReplayTable *table, guint32 ssrc, guint64 index)
{
  SiprecReplay *replay = &table->sources[0];

  for (guint i = 1; i < SIPREC_REPLAY_SOURCES && replay->known; i++) {
    if (!table->sources[i].known || table->sources[i].heard < replay->heard)
      replay = &table->sources[i];
  }
  *replay = (SiprecReplay){.known = TRUE, .ssrc = ssrc, .newest = index};
  return replay;
}

void
siprec_replay_mark (SiprecReplayTable *table, guint32 ssrc, guint64 index, GstClockTime arrival)
{
  SiprecReplay *replay = siprec_replay_find (table, ssrc);

  if (!replay)
    replay = add_source (table, ssrc, index);
  if (index > replay->newest)
    slide (replay, index);
  replay->seen[get_word (index)] |= get_bit (index);
  replay->heard = MAX (replay->heard, arrival);
}

void
siprec_replay_inherit (SiprecReplayTable *table, const SiprecReplayTable *older)
{
  for (guint i = 0, place = 0; i < SIPREC_REPLAY_SOURCES; i++) {
    const SiprecReplay *replay = &older->sources[i];

    if (!replay->known || siprec_replay_find (table, replay->ssrc))
      continue;
    while (place < SIPREC_REPLAY_SOURCES && table->sources[place].known)
      place++;
    if (place == SIPREC_REPLAY_SOURCES)
      return;
    table->sources[place] = *replay;
  }
}
