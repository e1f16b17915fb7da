/* How often each source may do something
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rate.h"

/* More sources than that at a time are an attack; then all begin anew. */
#define MAX_SOURCES 10000

typedef struct {
  gdouble tokens;
  gint64 when;
} Bucket;

struct _SiprecRate {
  guint burst;
  gdouble per_second;
  GHashTable *buckets; /* address -> Bucket; full ones are left out in time */
};

SiprecRate *
siprec_rate_new (guint burst, gdouble per_second)
{
  SiprecRate *rate = g_new0 (SiprecRate, 1);

  rate->burst = burst;
  rate->per_second = per_second;
  rate->buckets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return rate;
}

void
siprec_rate_free (SiprecRate *rate)
{
  g_hash_table_unref (rate->buckets);
  g_free (rate);
}

static gdouble
count_tokens (const SiprecRate *rate, const Bucket *bucket, gint64 now)
{
  gdouble more = (now - bucket->when) * rate->per_second / G_TIME_SPAN_SECOND;

  return MIN (bucket->tokens + more, rate->burst);
}

typedef struct {
  const SiprecRate *rate;
  gint64 now;
} Moment;

static gboolean
is_full (gpointer address, gpointer data, gpointer user_data)
{
  const Moment *moment = user_data;

  return count_tokens (moment->rate, data, moment->now) >= moment->rate->burst;
}

static Bucket *
find_bucket (SiprecRate *rate, const gchar *address, gint64 now)
{
  Bucket *bucket = g_hash_table_lookup (rate->buckets, address);
  Moment moment = {rate, now};

  if (bucket)
    return bucket;
  if (g_hash_table_size (rate->buckets) >= MAX_SOURCES) {
    g_hash_table_foreach_remove (rate->buckets, is_full, &moment);
    /* Else the next ones might come this way again. */
    if (g_hash_table_size (rate->buckets) > MAX_SOURCES / 2)
      g_hash_table_remove_all (rate->buckets);
  }
  bucket = g_new (Bucket, 1);
  *bucket = (Bucket){rate->burst, now};
  g_hash_table_insert (rate->buckets, g_strdup (address), bucket);
  return bucket;
}

gboolean
siprec_rate_may (SiprecRate *rate, const gchar *address, gint64 now)
{
  const Bucket *bucket = g_hash_table_lookup (rate->buckets, address);

  return !bucket || count_tokens (rate, bucket, now) >= 1;
}

gboolean
siprec_rate_take (SiprecRate *rate, const gchar *address, gint64 now)
{
  Bucket *bucket = find_bucket (rate, address, now);

  bucket->tokens = count_tokens (rate, bucket, now);
  bucket->when = now;
  if (bucket->tokens < 1)
    return FALSE;
  bucket->tokens -= 1;
  return TRUE;
}
