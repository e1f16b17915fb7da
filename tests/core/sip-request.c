/* SiprecRequest: a message as plain data
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <gst/check/gstcheck.h>

#include "siprec-core/sip/request.h"

GST_START_TEST (test_headers)
{
  g_autoptr (SiprecRequest) request = siprec_request_new ();
  g_autoptr (SiprecRequest) other = siprec_request_ref (request);

  fail_unless (siprec_request_header (request, "X-One") == NULL);
  siprec_request_add_header (request, "X-One", "1", -1);
  siprec_request_add_header (request, "x-one", "22", 1);
  fail_unless_equals_string (siprec_request_header (other, "X-ONE"), "1");
  fail_unless_equals_int (request->headers->len, 2);
}
GST_END_TEST;

GST_START_TEST (test_requires)
{
  static const gchar *const tags[] = {"timer", "SIPREC", NULL};
  g_autoptr (SiprecRequest) request = siprec_request_new ();

  fail_if (siprec_request_requires (request, "siprec"));
  request->required = siprec_request_list (request, tags);
  fail_unless (siprec_request_requires (request, "siprec"));
  fail_if (siprec_request_requires (request, "100rel"));
}
GST_END_TEST;

/* Whatever a peer sends, and wherever in a text it stands. */
GST_START_TEST (test_text_is_utf8)
{
  for (guint byte = 0; byte < 256; byte++) {
    for (guint at = 0; at < 20; at++) {
      g_autoptr (SiprecRequest) request = siprec_request_new ();
      gchar text[] = "abcdefghijklmnopqrst";
      const gchar *copy;

      text[at] = (gchar)byte;
      copy = siprec_request_text (request, text, 20);
      fail_unless (g_utf8_validate (copy, -1, NULL));
      if (byte > 0 && byte < 0x80) {
        fail_unless_equals_string (copy, text);
      } else {
        fail_unless (g_str_has_prefix (copy + at, "\357\277\275"));
      }
    }
  }
}
GST_END_TEST;

/* Far more than a message has. */
GST_START_TEST (test_texts_stay)
{
  g_autoptr (SiprecRequest) request = siprec_request_new_sized (10);
  g_autofree gchar *large = g_strnfill (100000, 'x');
  const gchar *texts[200];

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    texts[i] = siprec_request_text (request, large, i == 100 ? 100000 : (gssize)i);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    fail_unless_equals_int (strlen (texts[i]), i == 100 ? 100000 : i);
    fail_unless_equals_int (strspn (texts[i], "x"), strlen (texts[i]));
  }
  fail_unless (siprec_request_text (request, NULL, -1) == NULL);
}
GST_END_TEST;

static Suite *
sip_request_suite (void)
{
  Suite *suite = suite_create ("sip-request");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_headers);
  tcase_add_test (tcase, test_requires);
  tcase_add_test (tcase, test_text_is_utf8);
  tcase_add_test (tcase, test_texts_stay);
  return suite;
}

GST_CHECK_MAIN (sip_request);
