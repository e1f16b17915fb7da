/* SiprecRequest: a message as plain data
 * SPDX-License-Identifier: LGPL-2.1-or-later */
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

static Suite *
sip_request_suite (void)
{
  Suite *suite = suite_create ("sip-request");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_headers);
  tcase_add_test (tcase, test_requires);
  return suite;
}

GST_CHECK_MAIN (sip_request);
