/* Makes the RTP packets of a stream, with the faults that were asked for.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "schedule.h"

#include <math.h>
#include <string.h>

#define DTMF_LENGTH  0.16
#define DTMF_PAUSE   0.08
#define DTMF_REPEATS 3

/* How each key is read: into which field, and of which type. */
typedef enum { TEXT, NUMBER, PERCENT, INTEGER, LONG, SHORT, FLAG } KeyType;

typedef struct {
  const gchar *key;
  KeyType type;
  gsize field;
} Key;

#define FIELD(name) G_STRUCT_OFFSET (StreamOptions, name)

static const Key keys[] = {
    {"wav", TEXT, FIELD (wav)},
    {"tone", NUMBER, FIELD (tone)},
    {"codec", TEXT, FIELD (codec)},
    {"dest", TEXT, FIELD (dest)},
    {"from", TEXT, FIELD (from)},
    {"offset", NUMBER, FIELD (offset)},
    {"duration", NUMBER, FIELD (duration)},
    {"ptime", INTEGER, FIELD (ptime)},
    {"pt", INTEGER, FIELD (pt)},
    {"dtmf-pt", INTEGER, FIELD (dtmf_pt)},
    {"ssrc", LONG, FIELD (ssrc)},
    {"timestamp", LONG, FIELD (timestamp)},
    {"seq", SHORT, FIELD (seq)},
    {"loss", PERCENT, FIELD (loss)},
    {"duplicate", PERCENT, FIELD (duplicate)},
    {"reorder", PERCENT, FIELD (reorder)},
    {"jitter", NUMBER, FIELD (jitter)},
    {"drift", NUMBER, FIELD (drift)},
    {"rtcp", FLAG, FIELD (rtcp)},
    {"rtcp-mux", FLAG, FIELD (rtcp_mux)},
    {"cname", TEXT, FIELD (cname)},
};

static gboolean
fail (GError **error, const gchar *pair)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "\"%s\" is not understood.", pair);
  return FALSE;
}

static gboolean
read_number (const gchar *text, gdouble *number)
{
  gchar *end;

  *number = g_ascii_strtod (text, &end);
  return end != text && *end == '\0' && isfinite (*number);
}

/* "from-to" */
static gboolean
read_pause (StreamOptions *options, const gchar *value)
{
  g_auto (GStrv) parts = g_strsplit (value, "-", 2);

  return g_strv_length (parts) == 2 && read_number (parts[0], &options->pause_from) &&
         read_number (parts[1], &options->pause_to);
}

/* "digits@time" */
static gboolean
read_dtmf (StreamOptions *options, const gchar *value)
{
  g_auto (GStrv) parts = g_strsplit (value, "@", 2);

  if (g_strv_length (parts) != 2 || strspn (parts[0], "0123456789*#ABCD") != strlen (parts[0]))
    return FALSE;
  g_free (options->dtmf);
  options->dtmf = g_strdup (parts[0]);
  return read_number (parts[1], &options->dtmf_time);
}

static gboolean
set_key (StreamOptions *options, const Key *key, const gchar *value)
{
  gpointer field = G_STRUCT_MEMBER_P (options, key->field);
  gdouble number = 0;

  if (key->type == TEXT) {
    g_free (*(gchar **)field);
    *(gchar **)field = g_strdup (value);
    return TRUE;
  }
  if (!read_number (value, &number))
    return FALSE;
  switch (key->type) {
  case NUMBER:
    *(gdouble *)field = number;
    break;
  case PERCENT:
    *(gdouble *)field = number / 100;
    break;
  case INTEGER:
  case FLAG:
    *(gint *)field = (gint)CLAMP (number, 0, G_MAXINT);
    break;
  case LONG:
    *(guint32 *)field = (guint32)CLAMP (number, 0, G_MAXUINT32);
    break;
  case SHORT:
    *(guint16 *)field = (guint16)CLAMP (number, 0, G_MAXUINT16);
    break;
  default:
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_pair (StreamOptions *options, const gchar *pair)
{
  g_auto (GStrv) parts = g_strsplit (pair, "=", 2);
  const gchar *value = parts[0] && parts[1] ? parts[1] : "1";

  if (!parts[0])
    return FALSE;
  if (strcmp (parts[0], "pause") == 0)
    return read_pause (options, value);
  if (strcmp (parts[0], "dtmf") == 0)
    return read_dtmf (options, value);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    if (strcmp (keys[i].key, parts[0]) == 0)
      return set_key (options, &keys[i], value);
  }
  return FALSE;
}

gboolean
stream_options_parse (StreamOptions *options, const gchar *text, GError **error)
{
  g_auto (GStrv) pairs = g_strsplit (text, ",", -1);

  for (guint i = 0; pairs[i]; i++) {
    if (!read_pair (options, pairs[i]))
      return fail (error, pairs[i]);
  }
  if (!options->dest || options->ptime < 1 || options->ptime > 200)
    return fail (error, text);
  if (!options->codec)
    options->codec = g_strdup ("PCMU");
  return TRUE;
}

void
stream_options_clear (StreamOptions *options)
{
  g_free (options->wav);
  g_free (options->codec);
  g_free (options->dest);
  g_free (options->from);
  g_free (options->dtmf);
  g_free (options->cname);
}

static void
clear_shot (gpointer shot)
{
  g_clear_pointer (&((Shot *)shot)->datagram, g_bytes_unref);
}

GArray *
schedule_new (void)
{
  GArray *shots = g_array_new (FALSE, FALSE, sizeof (Shot));

  g_array_set_clear_func (shots, clear_shot);
  return shots;
}

/* State while one stream is laid out. */
typedef struct {
  GArray *shots;
  guint stream;
  const StreamOptions *options;
  guint8 pt;
  guint clock_rate;
  guint16 seq;
  gboolean marker;
  GRand *random;
  StreamCounts *counts;
} Layout;

static gboolean
happens (Layout *layout, gdouble probability)
{
  /* Drawn always, so that one fault's share doesn't change where the others fall. */
  return g_rand_double (layout->random) < probability;
}

static void
add_shot (Layout *layout, gdouble time, GBytes *datagram)
{
  Shot shot = {(gint64)llround (time * 1e9), layout->stream, g_bytes_ref (datagram)};

  g_array_append_val (layout->shots, shot);
}

static void
add_packet (Layout *layout, gdouble time, guint8 pt, gboolean marker, guint32 timestamp,
            GBytes *payload)
{
  const StreamOptions *options = layout->options;
  gsize size = g_bytes_get_size (payload);
  guint8 *data = g_malloc (12 + size);
  g_autoptr (GBytes) datagram = NULL;
  gboolean lost = happens (layout, options->loss);
  gboolean twice = happens (layout, options->duplicate);
  gboolean late = happens (layout, options->reorder);

  data[0] = 0x80;
  data[1] = (marker ? 0x80 : 0) | pt;
  GST_WRITE_UINT16_BE (data + 2, layout->seq++);
  GST_WRITE_UINT32_BE (data + 4, options->timestamp + timestamp);
  GST_WRITE_UINT32_BE (data + 8, options->ssrc);
  memcpy (data + 12, g_bytes_get_data (payload, NULL), size);
  datagram = g_bytes_new_take (data, 12 + size);

  time += g_rand_double (layout->random) * options->jitter / 1000;
  if (lost) {
    layout->counts->dropped++;
    return;
  }
  if (late) {
    /* Behind the packet after it. */
    layout->counts->reordered++;
    time += options->ptime * 1.5 / 1000;
  }
  add_shot (layout, time, datagram);
  if (twice) {
    layout->counts->duplicated++;
    add_shot (layout, time, datagram);
  }
}

/* The key that is pressed at @time into the track, or NULL; @begin is when it went down. */
static const gchar *
find_pressed_key (const StreamOptions *options, gdouble time, gdouble *begin)
{
  gdouble since = time - options->dtmf_time;
  gsize index;

  if (!options->dtmf || since < 0)
    return NULL;
  index = (gsize)(since / (DTMF_LENGTH + DTMF_PAUSE) + 1e-6);
  if (index >= strlen (options->dtmf))
    return NULL;
  *begin = options->dtmf_time + index * (DTMF_LENGTH + DTMF_PAUSE);
  return time - *begin < DTMF_LENGTH - 1e-6 ? options->dtmf + index : NULL;
}

/* RFC 4733: the packet of a pressed key in place of the audio at @time; thrice when it ends. */
static void
add_event (Layout *layout, gdouble time, gdouble begin, gchar key, gdouble send_time)
{
  static const gchar events[] = "0123456789*#ABCD";
  gdouble ptime = layout->options->ptime / 1000.0;
  gdouble length = time - begin + ptime;
  gboolean end = length > DTMF_LENGTH - 1e-6;
  guint8 data[4] = {(guint8)(strchr (events, key) - events), end ? 0x80 | 10 : 10};
  guint32 timestamp = (guint32)llround (begin * layout->clock_rate);
  g_autoptr (GBytes) payload = NULL;

  GST_WRITE_UINT16_BE (data + 2, (guint16)llround (length * layout->clock_rate));
  payload = g_bytes_new (data, sizeof data);
  for (guint i = 0; i < (end ? DTMF_REPEATS : 1); i++)
    add_packet (layout, send_time, (guint8)layout->options->dtmf_pt, time - begin < ptime / 2,
                timestamp, payload);
  layout->marker = end;
}

static void
add_reports (Layout *layout, gdouble begin, gdouble end)
{
  if (!layout->options->rtcp)
    return;
  /* The first soon, so that short tests have one, then as RFC 3550 wants it by default. */
  for (gdouble time = begin + 0.1; time < end; time += 5) {
    Shot shot = {(gint64)llround (time * 1e9), layout->stream, NULL};

    g_array_append_val (layout->shots, shot);
  }
}

void
schedule_add (GArray *shots, guint stream, const StreamOptions *options, const Track *track,
              GRand *random, StreamCounts *counts)
{
  Layout layout = {shots,
                   stream,
                   options,
                   options->pt >= 0 ? options->pt : track->pt,
                   track->clock_rate,
                   options->seq,
                   TRUE,
                   random,
                   counts};
  gdouble time = 0, begin = 0;

  for (guint i = 0; i < track->frames->len; i++) {
    const Frame *frame = &g_array_index (track->frames, Frame, i);
    gdouble send_time;
    const gchar *key;

    time = (gdouble)frame->timestamp / track->clock_rate;
    send_time = options->offset + time * (1 + options->drift * 1e-6);
    if (time >= options->pause_from && time < options->pause_to) {
      layout.marker = TRUE;
      continue;
    }
    key = find_pressed_key (options, time, &begin);
    if (key) {
      add_event (&layout, time, begin, *key, send_time);
      continue;
    }
    add_packet (&layout, send_time, layout.pt, layout.marker || frame->marker, frame->timestamp,
                frame->payload);
    layout.marker = FALSE;
  }
  add_reports (&layout, options->offset, options->offset + time);
}

static gint
compare_shots (gconstpointer a, gconstpointer b, gpointer unused)
{
  gint64 first = ((const Shot *)a)->time, second = ((const Shot *)b)->time;

  return first < second ? -1 : first > second;
}

void
schedule_sort (GArray *shots)
{
  /* g_qsort_with_data() is stable, g_array_sort() is not said to be. */
  g_qsort_with_data (shots->data, (gint)shots->len, sizeof (Shot), compare_shots, NULL);
}
