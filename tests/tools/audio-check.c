/* audio-check: listens to a recording with numbers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "recording.h"
#include "spectrum.h"

/* Rate of the correlation: enough for speech, an eighth of a millisecond fine. */
#define CORRELATION_RATE 8000

/* Silence is judged over as long as a usual packet. */
#define WINDOW 0.02

#define USAGE                                                                                      \
  "Prints one line of JSON for each channel of each audio track: duration, start, gaps, rms, "     \
  "peak,\n"                                                                                        \
  "frequency (the strongest), silence (share of 20 ms windows below --threshold), first_sound "    \
  "and\n"                                                                                          \
  "last_sound in seconds (-1 if there is none); with --against also lag_ms (by how much it is "    \
  "later\n"                                                                                        \
  "than the first channel of that file) and coefficient. The exit status is 1 if the file could "  \
  "not\n"                                                                                          \
  "be read to its end."

static gchar *against;
static gdouble from, to;
static gdouble threshold = 0.003;

static const GOptionEntry entries[] = {
    {"against", 'a', 0, G_OPTION_ARG_FILENAME, &against, "Compare with this", "FILE"},
    {"from", 0, 0, G_OPTION_ARG_DOUBLE, &from, "Look at it only from here", "S"},
    {"to", 0, 0, G_OPTION_ARG_DOUBLE, &to, "and up to here", "S"},
    {"threshold", 0, 0, G_OPTION_ARG_DOUBLE, &threshold, "RMS of silence, of full scale (0.003)",
     "X"},
    {NULL},
};

typedef struct {
  gdouble rms, peak, silence, first_sound, last_sound;
} Level;

static Level
measure_level (GArray *samples, guint rate)
{
  gsize window = MAX ((gsize)(rate * WINDOW), 1);
  gsize windows = 0, silent = 0;
  gdouble total = 0;
  Level level = {.first_sound = -1, .last_sound = -1};

  for (gsize begin = 0; begin < samples->len; begin += window, windows++) {
    gsize end = MIN (begin + window, samples->len);
    gdouble energy = 0;

    for (gsize i = begin; i < end; i++) {
      gdouble value = g_array_index (samples, gfloat, i);

      energy += value * value;
      level.peak = MAX (level.peak, fabs (value));
    }
    total += energy;
    if (sqrt (energy / (end - begin)) < threshold) {
      silent++;
      continue;
    }
    if (level.first_sound < 0)
      level.first_sound = MAX (from, 0) + (gdouble)begin / rate;
    level.last_sound = MAX (from, 0) + (gdouble)end / rate;
  }
  if (samples->len > 0) {
    level.rms = sqrt (total / samples->len);
    level.silence = (gdouble)silent / windows;
  }
  return level;
}

static void
print_number (const gchar *name, gdouble value)
{
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];

  g_print (",\"%s\":%s", name, g_ascii_formatd (text, sizeof text, "%.6f", value));
}

static void
print_channel (const Track *track, guint index, guint channel)
{
  g_autoptr (GArray) samples = track_get_channel (track, channel, from, to);
  Level level = measure_level (samples, track->rate);

  g_print ("{\"track\":%u,\"channel\":%u,\"rate\":%u,\"gaps\":%u,\"overlaps\":%u", index, channel,
           track->rate, track->gaps, track->overlaps);
  print_number ("duration", (gdouble)track->frames / track->rate);
  print_number ("start", track->start);
  print_number ("gap_time", track->gap_time);
  print_number ("rms", level.rms);
  print_number ("peak", level.peak);
  print_number ("frequency", spectrum_get_frequency (samples, track->rate));
  print_number ("silence", level.silence);
  print_number ("first_sound", level.first_sound);
  print_number ("last_sound", level.last_sound);
}

static void
print_likeness (const Track *track, guint channel, GArray *reference)
{
  g_autoptr (GArray) samples = track_get_channel (track, channel, from, to);
  gdouble coefficient;
  gssize lag = spectrum_correlate (samples, reference, &coefficient);

  print_number ("lag_ms", MAX (from, 0) * 1000 + lag * 1000.0 / CORRELATION_RATE);
  print_number ("coefficient", coefficient);
}

/* The first channel of @against, at the rate of the correlation. */
static GArray *
load_reference (GError **error)
{
  g_autoptr (GPtrArray) tracks = recording_load (against, CORRELATION_RATE, error);
  const Track *track = tracks->len > 0 ? g_ptr_array_index (tracks, 0) : NULL;

  if (!track || track->channels == 0) {
    if (error && !*error)
      g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, "%s has no audio.", against);
    return NULL;
  }
  return track_get_channel (track, 0, 0, 0);
}

static gboolean
check (const gchar *path, GError **error)
{
  g_autoptr (GPtrArray) tracks = recording_load (path, 0, error);
  g_autoptr (GPtrArray) resampled = NULL;
  g_autoptr (GArray) reference = NULL;

  if (against && !(error && *error)) {
    reference = load_reference (error);
    resampled = recording_load (path, CORRELATION_RATE, NULL);
  }
  for (guint i = 0; i < tracks->len; i++) {
    const Track *track = g_ptr_array_index (tracks, i);

    for (guint channel = 0; channel < track->channels; channel++) {
      print_channel (track, i, channel);
      if (reference && i < resampled->len)
        print_likeness (g_ptr_array_index (resampled, i), channel, reference);
      g_print ("}\n");
    }
  }
  if (tracks->len == 0 && !*error)
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED, "%s has no audio.", path);
  return *error == NULL;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("FILE - measure the sound in a file");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  g_option_context_set_description (context, USAGE);
  if (g_option_context_parse (context, &argc, &argv, &error) && argc != 2)
    g_set_error (&error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "Name one file.");
  if (error) {
    g_printerr ("audio-check: %s\n", error->message);
    return 2;
  }
  if (!check (argv[1], &error)) {
    g_printerr ("audio-check: %s\n", error->message);
    return 1;
  }
  return 0;
}
