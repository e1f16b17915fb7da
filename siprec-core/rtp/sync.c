/* Compares the sender reports of a session's streams.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sync.h"

/* Streams that are further apart were not sent together: somebody's reports are wrong. */
#define MAX_CORRECTION ((gint64)GST_SECOND)

/* Clocks drift: with 200 ppm an older report is wrong by more than 12 ms. */
#define MAX_AGE (60 * GST_SECOND)

/* The shift moves by 1/200 of the time that passes; the timeline can follow twice as fast. */
#define SLEW 200

/* After a longer pause there is silence, and no need to go slowly. */
#define MAX_ELAPSED (200 * (gint64)GST_MSECOND)

typedef struct {
  gconstpointer stream;
  gchar *cname;
  gint64 offset;
  GstClockTime arrival;
  gboolean pictures;
} Member;

struct _SiprecSync {
  gint serial;
  GMutex lock;     /* guards the members */
  GArray *members; /* Member */
};

static void
clear_member (gpointer member)
{
  g_free (((Member *)member)->cname);
}

static void
clear_sync (gpointer data)
{
  SiprecSync *sync = data;

  g_array_unref (sync->members);
  g_mutex_clear (&sync->lock);
}

SiprecSync *
siprec_sync_new (void)
{
  SiprecSync *sync = g_atomic_rc_box_new0 (SiprecSync);

  sync->members = g_array_new (FALSE, FALSE, sizeof (Member));
  g_array_set_clear_func (sync->members, clear_member);
  g_mutex_init (&sync->lock);
  return sync;
}

SiprecSync *
siprec_sync_ref (SiprecSync *sync)
{
  return g_atomic_rc_box_acquire (sync);
}

void
siprec_sync_unref (SiprecSync *sync)
{
  g_atomic_rc_box_release_full (sync, clear_sync);
}

guint
siprec_sync_get_serial (SiprecSync *sync)
{
  return g_atomic_int_get (&sync->serial);
}

static Member *
find_member (SiprecSync *sync, gconstpointer stream)
{
  for (guint i = 0; i < sync->members->len; i++) {
    Member *member = &g_array_index (sync->members, Member, i);

    if (member->stream == stream)
      return member;
  }
  return NULL;
}

void
siprec_sync_report (SiprecSync *sync, gconstpointer stream, const gchar *cname, gint64 offset,
                    GstClockTime arrival, gboolean pictures)
{
  Member *member;

  g_mutex_lock (&sync->lock);
  member = find_member (sync, stream);
  if (!member) {
    g_array_set_size (sync->members, sync->members->len + 1);
    member = &g_array_index (sync->members, Member, sync->members->len - 1);
    *member = (Member){.stream = stream};
  }
  if (g_strcmp0 (member->cname, cname) != 0) {
    g_free (member->cname);
    member->cname = g_strdup (cname);
  }
  member->offset = offset;
  member->arrival = arrival;
  member->pictures = pictures;
  g_mutex_unlock (&sync->lock);
  g_atomic_int_inc (&sync->serial);
}

void
siprec_sync_forget (SiprecSync *sync, gconstpointer stream)
{
  Member *member;

  g_mutex_lock (&sync->lock);
  member = find_member (sync, stream);
  if (member)
    g_array_remove_index_fast (sync->members, member - &g_array_index (sync->members, Member, 0));
  g_mutex_unlock (&sync->lock);
  g_atomic_int_inc (&sync->serial);
}

/* Whether both are of one sender, and told of it at about the same time. */
static gboolean
belong_together (const Member *own, const Member *other)
{
  return other->arrival + MAX_AGE >= own->arrival && g_str_equal (own->cname, other->cname);
}

/* How long @own has to wait for the slowest of its kind. */
static gint64
get_wait (SiprecSync *sync, const Member *own)
{
  gint64 wait = 0;

  for (guint i = 0; i < sync->members->len; i++) {
    const Member *other = &g_array_index (sync->members, Member, i);
    gint64 difference = own->offset - other->offset;

    if (other->pictures == own->pictures && difference <= MAX_CORRECTION &&
        belong_together (own, other))
      wait = MAX (wait, difference);
  }
  return wait;
}

/* The sound that the pictures of @own belong to, or NULL. */
static const Member *
find_sound (SiprecSync *sync, const Member *own)
{
  for (guint i = 0; i < sync->members->len; i++) {
    const Member *other = &g_array_index (sync->members, Member, i);

    if (!other->pictures && ABS (own->offset - other->offset) <= MAX_CORRECTION &&
        belong_together (own, other))
      return other;
  }
  return NULL;
}

gint64
siprec_sync_get_correction (SiprecSync *sync, gconstpointer stream)
{
  const Member *own, *sound;
  gint64 correction = 0;

  g_mutex_lock (&sync->lock);
  own = find_member (sync, stream);
  sound = own && own->pictures ? find_sound (sync, own) : NULL;
  if (sound)
    correction = own->offset - sound->offset + get_wait (sync, sound);
  else if (own)
    correction = get_wait (sync, own);
  g_mutex_unlock (&sync->lock);
  return correction;
}

gint64
siprec_shift_follow (SiprecShift *shift, gint64 elapsed, const gint64 *room)
{
  gint64 step = CLAMP (elapsed, 0, MAX_ELAPSED) / SLEW;
  gint64 wish = shift->target - shift->applied;

  if (room && (wish > 0 || *room > step))
    shift->applied += wish > 0 ? wish : MAX (wish, -*room);
  else
    shift->applied += CLAMP (wish, -step, step);
  return shift->applied;
}
