/* Addresses of record in the forms that clients write.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/metadata/aor.h"

static const gchar *const forms[][2] = {
    {"sip:alice@example.org", "sip:alice@example.org"},
    {"2249888500@Host.Example", "sip:2249888500@host.example"},
    {"7602922411", "tel:7602922411"},
    {"+1 (555) 010-0123", "tel:+15550100123"},
    {"tel:+1-555-010-0123;phone-context=x", "tel:+15550100123"},
    {"TEL:911", "tel:911"},
    {"SIP:Alice@EXAMPLE.org:5070;user=phone?subject=x", "sip:Alice@example.org:5070"},
    {"sips:alice@example.org", "sips:alice@example.org"},
    {"sip:+1-555-0100@gw.example;user=phone", "sip:+15550100@gw.example"},
    {"+14155550100;noa=international;srvattri=national@host", "sip:+14155550100@host"},
    {"sip:alice:secret@host", "sip:alice@host"},
    {"\"WIRELESS CALLER\" <sip:+15550100@host>;tag=1", "sip:+15550100@host"},
    {" sip:alice@host ", "sip:alice@host"},
    {"sip:a@b@[2001:DB8::1]:5060", "sip:a@b@[2001:db8::1]:5060"},
    {"sip:gateway.example", "sip:gateway.example"},
    /* What can't be told stays. */
    {"", ""},
    {" ", " "},
    {"anonymous", "anonymous"},
    {"urn:uuid:1", "urn:uuid:1"},
    {"mailto:a@b", "mailto:a@b"},
    {"sip:", "sip:"},
    {"@host", "@host"},
    {"a@", "a@"},
    {"<>", "<>"},
    {"sip:;;;@;;;", "sip:;;;@;;;"},
};

GST_START_TEST (test_forms)
{
  for (guint i = 0; i < G_N_ELEMENTS (forms); i++) {
    g_autofree gchar *one = siprec_aor_normalise (forms[i][0]);
    g_autofree gchar *again = siprec_aor_normalise (one);

    fail_unless_equals_string (one, forms[i][1]);
    fail_unless_equals_string (again, one);
  }
}
GST_END_TEST

static Suite *
metadata_aor_suite (void)
{
  Suite *suite = suite_create ("metadata-aor");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_forms);
  return suite;
}

GST_CHECK_MAIN (metadata_aor)
