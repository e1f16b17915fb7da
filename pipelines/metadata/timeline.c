/* siprec-metadata: the timeline as SVG
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "timeline.h"

#include "lanes.h"

#define WIDTH       1080
#define LEFT        280 /* where time begins */
#define RIGHT       40
#define TOP         96
#define LANE_HEIGHT 52
#define BAR_HEIGHT  26
#define TITLE_CHARS 28
#define MAX_TICKS   9

static const gchar *const colors[] = {"#2f6fde", "#d9622b", "#2a9d7c",
                                      "#a04fc4", "#b08900", "#5b6472"};

typedef struct {
  GString *svg;
  gint64 begin, end; /* of the picture */
  gboolean timed;    /* FALSE if no time is known at all */
} Picture;

static gdouble
x_of (const Picture *picture, gint64 time)
{
  gdouble part = (gdouble)(time - picture->begin) / (gdouble)MAX (picture->end - picture->begin, 1);

  return LEFT + CLAMP (part, 0, 1) * (WIDTH - LEFT - RIGHT);
}

/* @text at most @max characters long, escaped. */
static gchar *
shorten (const gchar *text, glong max)
{
  g_autofree gchar *valid = g_utf8_make_valid (text, -1);
  g_autofree gchar *cut = NULL;

  if (g_utf8_strlen (valid, -1) > max) {
    g_autofree gchar *head = g_utf8_substring (valid, 0, max - 1);

    cut = g_strconcat (head, "…", NULL);
  }
  return g_markup_escape_text (cut ? cut : valid, -1);
}

G_GNUC_PRINTF (2, 3)
static void
draw (Picture *picture, const gchar *format, ...)
{
  va_list args;

  va_start (args, format);
  g_string_append_vprintf (picture->svg, format, args);
  va_end (args);
  g_string_append_c (picture->svg, '\n');
}

/* SVG has points in numbers in every locale. */
static const gchar *
number (gdouble value, gchar *buffer)
{
  return g_ascii_formatd (buffer, G_ASCII_DTOSTR_BUF_SIZE, "%.1f", value);
}

static void
draw_bar (Picture *picture, gdouble x, gdouble width, gint y, gint height, const gchar *fill,
          const gchar *opacity)
{
  gchar left[G_ASCII_DTOSTR_BUF_SIZE], wide[G_ASCII_DTOSTR_BUF_SIZE];

  draw (picture,
        "<rect x=\"%s\" y=\"%d\" width=\"%s\" height=\"%d\" rx=\"6\" fill=\"%s\" opacity=\"%s\"/>",
        number (x, left), y, number (MAX (width, 2), wide), height, fill, opacity);
}

static void
draw_text (Picture *picture, gdouble x, gint y, gint size, const gchar *fill, const gchar *more,
           const gchar *text)
{
  gchar left[G_ASCII_DTOSTR_BUF_SIZE];

  draw (picture, "<text x=\"%s\" y=\"%d\" font-size=\"%d\" fill=\"%s\" %s>%s</text>",
        number (x, left), y, size, fill, more, text);
}

/* A label in a bar, if it fits. */
static void
draw_label (Picture *picture, gdouble x, gdouble width, gint y, const gchar *fill,
            const gchar *text)
{
  g_autofree gchar *label = text && *text ? shorten (text, MAX ((glong)(width / 8) - 1, 1)) : NULL;

  if (label && width >= 20)
    draw_text (picture, x + 8, y + 18, 12, fill, "font-weight=\"600\"", label);
}

static void
draw_span (Picture *picture, const Lane *lane, const Span *span, gint y, const gchar *color)
{
  gdouble x = x_of (picture, span->begin ? span->begin : picture->begin);
  gdouble width = x_of (picture, span->end ? span->end : picture->end) - x;

  switch (span->kind) {
  case SPAN_THERE:
    draw_bar (picture, x, width, y, BAR_HEIGHT, color, lane->kind == LANE_CALL ? "1" : "0.18");
    draw_label (picture, x, width, y, color, lane->kind == LANE_STREAM ? span->text : NULL);
    break;
  case SPAN_SENDS:
    draw_bar (picture, x, width, y, BAR_HEIGHT, color, "1");
    draw_label (picture, x, width, y, "#ffffff", span->text);
    break;
  case SPAN_HELD:
    draw_bar (picture, x, width, y, BAR_HEIGHT, "url(#held)", "1");
    draw_label (picture, x, width, y, "#4a5361", span->text);
    break;
  default: {
    g_autofree gchar *text = shorten (span->text ? span->text : "", 6);
    gchar left[G_ASCII_DTOSTR_BUF_SIZE];

    draw (picture, "<rect x=\"%s\" y=\"%d\" width=\"1.5\" height=\"%d\" fill=\"#1d2430\"/>",
          number (x, left), y - 2, BAR_HEIGHT + 4);
    draw_text (picture, x, y - 5, 11, "#1d2430", "text-anchor=\"middle\"", text);
  }
  }
}

static void
draw_lane (Picture *picture, const Lane *lane, guint index)
{
  gint y = TOP + (gint)index * LANE_HEIGHT;
  const gchar *color = lane->kind == LANE_CALL     ? "#3d4654"
                       : lane->kind == LANE_STREAM ? "#5b6472"
                                                   : colors[index % G_N_ELEMENTS (colors)];
  g_autofree gchar *title = shorten (lane->title, TITLE_CHARS);
  g_autofree gchar *detail = shorten (lane->detail ? lane->detail : "", TITLE_CHARS + 8);

  draw_text (picture, 28, y + 11, 15, color, "font-weight=\"600\"", title);
  draw_text (picture, 28, y + 27, 11, "#7b8594", "", detail);
  for (SpanKind kind = SPAN_THERE; kind <= SPAN_MARK; kind++) {
    for (guint i = 0; i < lane->spans->len; i++) {
      const Span *span = g_ptr_array_index (lane->spans, i);

      if (span->kind == kind)
        draw_span (picture, lane, span, y, color);
    }
  }
}

/* The distance of ticks, in seconds. */
static gint64
tick_step (gint64 seconds)
{
  static const gint64 steps[] = {1,   2,   5,    10,   15,   30,    60,    120,  300,
                                 600, 900, 1800, 3600, 7200, 14400, 43200, 86400};

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    if (seconds / steps[i] < MAX_TICKS)
      return steps[i];
  }
  return seconds / (MAX_TICKS - 1);
}

static gchar *
format_offset (gint64 seconds)
{
  if (seconds >= 3600)
    return g_strdup_printf ("%d:%02d:%02d", (gint)(seconds / 3600), (gint)(seconds / 60 % 60),
                            (gint)(seconds % 60));
  return g_strdup_printf ("%d:%02d", (gint)(seconds / 60), (gint)(seconds % 60));
}

static void
draw_axis (Picture *picture, guint n_lanes)
{
  gint64 seconds = (picture->end - picture->begin) / G_USEC_PER_SEC;
  gint64 step = tick_step (seconds);
  gint bottom = TOP + (gint)n_lanes * LANE_HEIGHT - 14;

  for (gint64 at = 0; picture->timed && at <= seconds; at += step) {
    gdouble x = x_of (picture, picture->begin + at * G_USEC_PER_SEC);
    g_autofree gchar *text = format_offset (at);
    gchar left[G_ASCII_DTOSTR_BUF_SIZE];

    number (x, left);
    draw (picture, "<line x1=\"%s\" y1=\"%d\" x2=\"%s\" y2=\"%d\" stroke=\"#e3e7ed\"/>", left,
          TOP - 16, left, bottom);
    draw_text (picture, x, bottom + 18, 11, "#7b8594", "text-anchor=\"middle\"", text);
  }
}

/* The first and last moment that any lane knows. */
static void
find_bounds (Picture *picture, const GPtrArray *lanes)
{
  gboolean open = FALSE;

  for (guint i = 0; i < lanes->len; i++) {
    const Lane *lane = g_ptr_array_index (lanes, i);

    for (guint n = 0; n < lane->spans->len; n++) {
      const Span *span = g_ptr_array_index (lane->spans, n);
      gint64 first = span->begin ? span->begin : span->end;
      gint64 last = MAX (span->begin, span->end);

      if (first && (!picture->begin || first < picture->begin))
        picture->begin = first;
      picture->end = MAX (picture->end, last);
      open = open || span->end == 0;
    }
  }
  /* What goes on beyond the last moment that is known needs a little room to be seen. */
  if (open && picture->end > picture->begin)
    picture->end += (picture->end - picture->begin) / 12;
  picture->timed = picture->end > picture->begin;
}

static void
draw_head (Picture *picture, const GPtrArray *lanes)
{
  g_autoptr (GDateTime) start = g_date_time_new_from_unix_utc (picture->begin / G_USEC_PER_SEC);
  g_autofree gchar *when =
      picture->begin && start ? g_date_time_format (start, "%-d %B %Y, %H:%M:%S UTC") : NULL;
  g_autofree gchar *length = format_offset ((picture->end - picture->begin) / G_USEC_PER_SEC);
  g_autofree gchar *line = picture->timed ? g_strdup_printf ("%s, %s long", when, length)
                                          : g_strdup (when ? when : "No times are known.");
  gint height = TOP + (gint)lanes->len * LANE_HEIGHT + 32;

  draw (picture,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d "
        "%d\" font-family=\"Inter, Helvetica, Arial, sans-serif\">",
        WIDTH, height, WIDTH, height);
  draw (picture, "<defs><pattern id=\"held\" width=\"8\" height=\"8\" "
                 "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
                 "<rect width=\"8\" height=\"8\" fill=\"#ffffff\"/>"
                 "<rect width=\"4\" height=\"8\" fill=\"#d5dae2\"/></pattern></defs>");
  draw (picture, "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>");
  draw_text (picture, 28, 40, 20, "#1d2430", "font-weight=\"700\"", "Recording session");
  draw_text (picture, 28, 62, 13, "#7b8594", "", line);
}

gchar *
metadata_timeline_new (const MetadataRecord *record)
{
  g_autoptr (GPtrArray) lanes = metadata_lanes_new (record);
  Picture picture = {g_string_new (NULL), 0, 0, FALSE};

  find_bounds (&picture, lanes);
  draw_head (&picture, lanes);
  draw_axis (&picture, lanes->len);
  for (guint i = 0; i < lanes->len; i++)
    draw_lane (&picture, g_ptr_array_index (lanes, i), i);
  draw (&picture, "</svg>");
  return g_string_free (picture.svg, FALSE);
}
