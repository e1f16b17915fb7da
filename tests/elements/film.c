/* siprecwave and siprectitle: what a film shows beside its pictures.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/audio/audio.h>
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#define WIDTH  64
#define HEIGHT 32
#define RATE   8000
/* Samples of a picture. */
#define SAMPLES (RATE / 10)

static GstHarness *
new_wave (const gchar *line)
{
  GstHarness *harness = gst_harness_new_parse (line);
  g_autofree gchar *caps = g_strdup_printf (
      "audio/x-raw,format=" GST_AUDIO_NE (S16) ",layout=interleaved,rate=%d,channels=1", RATE);

  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

/* A tenth of a second, each sample @value or its opposite. */
static void
push_sound (GstHarness *harness, guint n, gint16 value)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, SAMPLES * sizeof (gint16), NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (guint i = 0; i < SAMPLES; i++)
    ((gint16 *)map.data)[i] = i % 2 ? value : -value;
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = n * 100 * GST_MSECOND;
  GST_BUFFER_DURATION (buffer) = 100 * GST_MSECOND;
  fail_unless_equals_int (gst_harness_push (harness, buffer), GST_FLOW_OK);
}

static guint32
pixel (GstBuffer *buffer, guint x, guint y)
{
  guint32 value;

  fail_unless_equals_int (gst_buffer_extract (buffer, 4 * (y * WIDTH + x), &value, 4), 4);
  return GUINT32_FROM_LE (value) & 0xffffff;
}

/* How many rows are lit in column @x. */
static guint
height (GstBuffer *buffer, guint x)
{
  guint n = 0;

  for (guint y = 0; y < HEIGHT; y++)
    n += pixel (buffer, x, y) != 0;
  return n;
}

#define WAVE                                                                                       \
  "siprecwave name=wave color=0xff102030 ! capsfilter "                                            \
  "caps=video/x-raw,width=64,height=32,framerate=10/1"

/* Silence is a line in the middle; what is loud comes in at the right and wanders to the left. */
GST_START_TEST (test_wave)
{
  static const gint16 values[] = {0, 20000, 1000, 0};
  GstHarness *harness = new_wave (WAVE);
  guint seen[4];

  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    g_autoptr (GstBuffer) picture = NULL;

    push_sound (harness, i, values[i]);
    picture = gst_harness_pull (harness);
    fail_unless_equals_int (gst_buffer_get_size (picture), 4 * WIDTH * HEIGHT);
    seen[i] = height (picture, WIDTH - 3);
    fail_unless_equals_int (pixel (picture, WIDTH - 3, HEIGHT / 2), 0x102030);
    /* A gap between the bars; the one before, and silence where nothing has been. */
    fail_unless_equals_int (height (picture, WIDTH - 1), 0);
    fail_unless_equals_int (height (picture, WIDTH - 7), i > 0 ? seen[i - 1] : 1);
    fail_unless_equals_int (height (picture, 0), 1);
  }
  fail_unless_equals_int (seen[0], 1);
  fail_unless (seen[1] > HEIGHT * 3 / 4 && seen[1] < HEIGHT, "%u", seen[1]);
  fail_unless (seen[2] > 1 && seen[2] < seen[1], "%u", seen[2]);
  fail_unless_equals_int (seen[3], 1);
  gst_harness_teardown (harness);
}
GST_END_TEST;

GST_START_TEST (test_color)
{
  GstHarness *harness = new_wave (WAVE);
  g_autoptr (GstElement) wave = gst_harness_find_element (harness, "siprecwave");
  g_autoptr (GstBuffer) picture = NULL;
  guint color;

  g_object_set (wave, "color", 0xffaabbcc, NULL);
  g_object_get (wave, "color", &color, NULL);
  fail_unless_equals_int (color, 0xffaabbcc);
  push_sound (harness, 0, 0);
  picture = gst_harness_pull (harness);
  fail_unless_equals_int (pixel (picture, WIDTH / 2, HEIGHT / 2), 0xaabbcc);
  gst_harness_teardown (harness);
}
GST_END_TEST;

static GstHarness *
new_title (void)
{
  GstHarness *harness = gst_harness_new ("siprectitle");

  gst_harness_set_src_caps_str (harness,
                                "video/x-raw,format=GRAY8,width=160,height=60,framerate=10/1");
  return harness;
}

static void
push_title (GstHarness *harness, const gchar *title, GstTagScope scope)
{
  GstTagList *tags = gst_tag_list_new (GST_TAG_TITLE, title, NULL);

  gst_tag_list_set_scope (tags, scope);
  fail_unless (gst_harness_push_event (harness, gst_event_new_tag (tags)));
}

/* Octets that are bright in what becomes of a black picture. */
static guint
count_bright (GstHarness *harness)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 160 * 60, NULL);
  g_autoptr (GstBuffer) picture = NULL;
  GstMapInfo map;
  guint n = 0;

  gst_buffer_memset (buffer, 0, 0, 160 * 60);
  GST_BUFFER_PTS (buffer) = 0;
  picture = gst_harness_push_and_pull (harness, buffer);
  fail_unless (picture != NULL);
  gst_buffer_map (picture, &map, GST_MAP_READ);
  for (gsize i = 0; i < map.size; i++)
    n += map.data[i] > 128;
  gst_buffer_unmap (picture, &map);
  return n;
}

static void
assert_text (GstHarness *harness, const gchar *expected)
{
  g_autoptr (GstElement) text = gst_bin_get_by_name (GST_BIN (harness->element), "text");
  g_autofree gchar *written = NULL;

  g_object_get (text, "text", &written, NULL);
  fail_unless_equals_string (written, expected);
}

/* A name is written as it is, whatever is in it; a title of the whole call is nobody's name. */
GST_START_TEST (test_title)
{
  GstHarness *harness = new_title ();
  guint short_name;

  fail_unless_equals_int (count_bright (harness), 0);
  push_title (harness, "The call", GST_TAG_SCOPE_GLOBAL);
  fail_unless_equals_int (count_bright (harness), 0);
  push_title (harness, "Al", GST_TAG_SCOPE_STREAM);
  short_name = count_bright (harness);
  fail_unless (short_name > 10);
  push_title (harness, "<b>Alice & Bob", GST_TAG_SCOPE_STREAM);
  assert_text (harness, "&lt;b&gt;Alice &amp; Bob");
  fail_unless (count_bright (harness) > 2 * short_name);
  gst_harness_teardown (harness);
}
GST_END_TEST;

/* Without textoverlay there is a warning, and pictures pass. */
GST_START_TEST (test_no_textoverlay)
{
  GstRegistry *registry = gst_registry_get ();
  GstPluginFeature *feature = gst_registry_lookup_feature (registry, "textoverlay");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstElement) title = NULL;
  g_autoptr (GstMessage) warning = NULL;
  GstHarness *harness;

  gst_registry_remove_feature (registry, feature);
  title = gst_object_ref_sink (gst_element_factory_make ("siprectitle", NULL));
  gst_registry_add_feature (registry, feature);
  gst_element_set_bus (title, bus);
  harness = gst_harness_new_with_element (title, "sink", "src");
  gst_harness_set_src_caps_str (harness,
                                "video/x-raw,format=GRAY8,width=160,height=60,framerate=10/1");
  push_title (harness, "Alice", GST_TAG_SCOPE_STREAM);
  fail_unless_equals_int (count_bright (harness), 0);
  warning = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  fail_unless (warning != NULL);
  gst_bus_set_flushing (bus, TRUE);
  gst_harness_teardown (harness);
  gst_object_unref (feature);
}
GST_END_TEST;

static Suite *
film_suite (void)
{
  Suite *suite = suite_create ("film");
  TCase *tcase = tcase_create ("general");

  tcase_set_timeout (tcase, 60);
  tcase_add_test (tcase, test_wave);
  tcase_add_test (tcase, test_color);
  tcase_add_test (tcase, test_title);
  tcase_add_test (tcase, test_no_textoverlay);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (film);
