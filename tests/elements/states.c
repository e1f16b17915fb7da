/* Every element of the plugin through all states, without a call.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

/* Every element factory of the plugin; a port of its own choice for those that listen. */
static GList *
make_elements (void)
{
  GList *elements = NULL;
  GList *features = gst_registry_get_feature_list_by_plugin (gst_registry_get (), "siprec");

  for (GList *l = features; l; l = l->next) {
    GstElement *element;

    if (!GST_IS_ELEMENT_FACTORY (l->data))
      continue;
    element = gst_element_factory_create (l->data, NULL);
    fail_unless (element != NULL);
    if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), "local-uri"))
      g_object_set (element, "local-uri", "sip:127.0.0.1:0", NULL);
    elements = g_list_prepend (elements, gst_object_ref_sink (element));
  }
  gst_plugin_feature_list_free (features);
  fail_unless (elements != NULL);
  return elements;
}

static void
walk (const GstState *states, guint n)
{
  GList *elements = make_elements ();

  for (GList *l = elements; l; l = l->next) {
    GstElement *pipeline = gst_pipeline_new (NULL);

    gst_bin_add (GST_BIN (pipeline), l->data);
    for (guint i = 0; i < n; i++) {
      fail_if (gst_element_set_state (pipeline, states[i]) == GST_STATE_CHANGE_FAILURE);
      fail_if (gst_element_get_state (pipeline, NULL, NULL, 5 * GST_SECOND) ==
               GST_STATE_CHANGE_FAILURE);
    }
    gst_object_unref (pipeline);
  }
  g_list_free_full (elements, gst_object_unref);
}

GST_START_TEST (test_up_and_down)
{
  static const GstState states[] = {
      GST_STATE_READY, GST_STATE_PAUSED,  GST_STATE_PLAYING, GST_STATE_PAUSED,  GST_STATE_READY,
      GST_STATE_NULL,  GST_STATE_PLAYING, GST_STATE_PAUSED,  GST_STATE_PLAYING, GST_STATE_NULL};

  walk (states, G_N_ELEMENTS (states));
}
GST_END_TEST;

/* Leaving again while the sockets are still being bound. */
GST_START_TEST (test_hasty)
{
  GstState states[60];

  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    states[i] = i % 2 ? GST_STATE_NULL : i % 4 ? GST_STATE_PAUSED : GST_STATE_PLAYING;
  walk (states, G_N_ELEMENTS (states));
}
GST_END_TEST;

static Suite *
states_suite (void)
{
  Suite *suite = suite_create ("states");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_up_and_down);
  tcase_add_test (tcase, test_hasty);
  return suite;
}

GST_CHECK_MAIN (states)
