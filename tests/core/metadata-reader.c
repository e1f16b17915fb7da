/* Metadata documents as real clients lay them out.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "parsed.h"

/* Who sends the stream with this label: display names, comma between them. */
static gchar *
senders_of (const SiprecMetadata *metadata, const gchar *label)
{
  const SiprecStreamInfo *stream = siprec_metadata_stream_by_label (metadata, label);
  g_autoptr (GPtrArray) senders = siprec_metadata_senders (metadata, stream ? stream->id : NULL);
  GString *names = g_string_new (NULL);

  for (guint i = 0; i < senders->len; i++)
    g_string_append_printf (names, "%s%s", i ? "," : "",
                            siprec_participant_display_name (g_ptr_array_index (senders, i)));
  return g_string_free (names, FALSE);
}

static void
assert_senders (const SiprecMetadata *metadata, const gchar *label, const gchar *expected)
{
  g_autofree gchar *senders = senders_of (metadata, label);

  fail_unless_equals_string (senders, expected);
}

GST_START_TEST (test_rfc7865)
{
  g_autoptr (SiprecMetadata) m = read_file ("rfc7865.xml");
  const SiprecCall *call = siprec_metadata_call (m, "Yq0cGQpJTn2k3s9x6v1b7w==");
  const SiprecGroup *group = g_ptr_array_index (m->groups, 0);
  const SiprecAttendance *attendance;
  const SiprecParticipant *miriam = g_ptr_array_index (m->participants, 0);
  const SiprecNameId *name = g_ptr_array_index (miriam->names, 0);
  const SiprecStreamAssoc *assoc;

  expect_metadata_deviations ("");
  fail_if (m->partial);
  fail_unless_equals_int (m->groups->len, 1);
  fail_unless_equals_string (group->id, "2nTqkXcURvWk8c0b4t1x3A==");
  fail_unless_equals_string (group->associate_time, "2026-04-11T07:30:00Z");
  fail_unless (call != NULL);
  fail_unless_equals_string (call->group_ref, group->id);
  fail_unless_equals_string (call->start_time, "2026-04-11T07:30:00.125Z");
  fail_unless (call->stop_time == NULL);
  fail_unless_equals_string (call->associate_time, "2026-04-11T07:30:01Z");
  fail_unless_equals_int (call->sip_session_ids->len, 1);
  fail_unless_equals_int (m->participants->len, 2);
  fail_unless_equals_int (miriam->names->len, 2);
  fail_unless_equals_string (name->name, "Miriam F\xc3\xb6rster");
  fail_unless_equals_string (name->lang, "de");
  fail_unless_equals_string (aor_of (m, 0, 1), "tel:+4915500001234");
  fail_unless_equals_string (name_of (m, "v7w1Ld0yTfO2s6g8k4c9xQ=="), "+4915500009876");
  fail_unless_equals_int (m->streams->len, 2);
  fail_unless_equals_int (m->attendances->len, 2);
  attendance = g_ptr_array_index (m->attendances, 1);
  fail_unless_equals_string (attendance->participant_id, "v7w1Ld0yTfO2s6g8k4c9xQ==");
  fail_unless_equals_string (attendance->call_id, call->id);
  fail_unless_equals_string (attendance->associate_time, "2026-04-11T07:30:00.125+02:00");
  assoc = siprec_metadata_assoc (m, miriam->id);
  fail_unless_equals_string (g_ptr_array_index (assoc->recv, 0), "z3x5f7h9Tk2m4p6r8u0wyQ==");
  assert_senders (m, "96", "Miriam F\xc3\xb6rster");
  assert_senders (m, "97", "+4915500009876");
}
GST_END_TEST;

GST_START_TEST (test_draft_attributes)
{
  g_autoptr (SiprecMetadata) m = read_file ("draft-attributes.xml");
  const SiprecCall *call = g_ptr_array_index (m->calls, 0);
  const SiprecAttendance *attendance = g_ptr_array_index (m->attendances, 1);

  expect_metadata_deviations ("namespace draft-attribute time draft-layout");
  fail_unless_equals_string (call->associate_time, "2026-02-03T10:11:12");
  fail_unless_equals_string (attendance->participant_id, "P3dT8n5pWq9e1g4i6k0m2g==");
  fail_unless_equals_string (attendance->call_id, call->id);
  fail_unless_equals_string (attendance->associate_time, "2026-02-03T10:11:12");
  fail_unless_equals_int (m->streams->len, 2);
  assert_senders (m, "33554433", "4100");
  assert_senders (m, "33554434", "5200");
}
GST_END_TEST;

GST_START_TEST (test_recording_metadata_root)
{
  g_autoptr (SiprecMetadata) m = read_file ("recording-metadata-root.xml");
  const SiprecCall *call = g_ptr_array_index (m->calls, 0);

  expect_metadata_deviations ("root namespace datamode draft-attribute draft-layout");
  fail_if (m->partial);
  fail_unless_equals_string (call->group_ref, "urn:uuid:11111111-2222-4333-8444-555555555502");
  fail_unless_equals_string (call->start_time, "2026-05-06T12:00:01+01:00");
  fail_unless_equals_int (m->attendances->len, 2);
  fail_unless_equals_string (aor_of (m, 1, 0), "sip:+15550100200@192.0.2.9;user=phone");
  assert_senders (m, "1", "0445550101,+15550100200@192.0.2.9;user=phone");
}
GST_END_TEST;

GST_START_TEST (test_prefixed)
{
  g_autoptr (SiprecMetadata) m = read_file ("prefixed.xml");
  const SiprecParticipant *callee = g_ptr_array_index (m->participants, 1);
  const SiprecNameId *name = g_ptr_array_index (callee->names, 0);

  expect_metadata_deviations ("namespace");
  fail_unless_equals_int (m->calls->len, 1);
  fail_unless_equals_int (m->groups->len, 1);
  fail_unless (name->name == NULL);
  fail_unless_equals_string (name->aor, "6200@198.51.100.8");
  /* Label 1 is not the caller: what the document says counts, not the order. */
  assert_senders (m, "1", "6200@198.51.100.8");
  assert_senders (m, "2", "FRONT DESK");
}
GST_END_TEST;

GST_START_TEST (test_undeclared_prefix)
{
  g_autoptr (SiprecMetadata) m = read_text (
      "<a:recording><a:participant a:participant_id='p'><a:nameID aor='sip:x@y'/></a:participant>"
      "</a:recording>");

  expect_metadata_deviations ("namespace");
  fail_unless_equals_string (name_of (m, "p"), "x@y");
}
GST_END_TEST;

GST_START_TEST (test_mixed_attributes)
{
  g_autoptr (SiprecMetadata) m = read_file ("mixed-attributes.xml");

  expect_metadata_deviations ("namespace draft-attribute");
  fail_unless_equals_int (m->attendances->len, 2);
  assert_senders (m, "0", "2025550111,2025550122");
}
GST_END_TEST;

GST_START_TEST (test_camel_case_hex_ids)
{
  g_autoptr (SiprecMetadata) m = read_file ("camel-case-hex-ids.xml");

  expect_metadata_deviations ("datamode time id-missing order id-format");
  fail_if (m->partial);
  fail_unless_equals_int (m->streams->len, 1);
  assert_senders (m, "10", "7005550133@203.0.113.45");
  fail_unless (siprec_metadata_stream_by_label (m, "20") == NULL);
}
GST_END_TEST;

GST_START_TEST (test_unescaped_ampersand)
{
  g_autoptr (SiprecMetadata) m = read_file ("unescaped-ampersand.xml");

  expect_metadata_deviations ("ampersand time session-id");
  fail_if (m->partial);
  fail_unless_equals_string (aor_of (m, 0, 0), "sip:sales&orders@shop.example");
  assert_senders (m, "1", "Baker & Sons & R&D");
  assert_senders (m, "0", "Ops & Support");
}
GST_END_TEST;

GST_START_TEST (test_missing_parts)
{
  g_autoptr (SiprecMetadata) none = read_file ("no-associations.xml");
  g_autoptr (SiprecMetadata) no_streams = read_file ("no-streams.xml");
  g_autoptr (SiprecMetadata) empty = read_file ("empty-associations.xml");
  const SiprecStreamAssoc *assoc;

  expect_metadata_deviations ("session-id id-format order");
  fail_unless_equals_int (none->assocs->len, 0);
  fail_unless_equals_int (none->streams->len, 2);
  fail_unless_equals_string (name_of (none, "XfXUa91dT2Drezfqnv4TUR=="),
                             "lab_user;lang=sv-SE;id=31");
  fail_unless_equals_int (no_streams->streams->len, 0);
  fail_unless_equals_int (no_streams->participants->len, 2);
  fail_unless_equals_int (empty->assocs->len, 2);
  assoc = siprec_metadata_assoc (empty, "fG6hJ8kL0zX2cV4bN6mQ8w==");
  fail_unless_equals_int (assoc->send->len + assoc->recv->len, 0);
}
GST_END_TEST;

GST_START_TEST (test_call_id_as_ids)
{
  g_autoptr (SiprecMetadata) m = read_file ("call-id-as-ids.xml");
  const SiprecCall *call = g_ptr_array_index (m->calls, 0);

  expect_metadata_deviations ("id-format session-id");
  fail_unless_equals_string (call->id, "20260909101112.000042@core.example");
  fail_unless_equals_string (call->group_ref, "20260909101112@core.example");
  assert_senders (m, "a_leg", "A, B & C");
}
GST_END_TEST;

GST_START_TEST (test_latin1)
{
  g_autoptr (SiprecMetadata) m = read_file ("latin1.xml");

  expect_metadata_deviations ("encoding id-format");
  fail_unless_equals_string (name_of (m, "p1"), "Bj\xc3\xb8rn \xc3\x85s");
}
GST_END_TEST;

GST_START_TEST (test_encodings)
{
  static const gchar text[] = "<?xml version='1.0' encoding='%s'?><recording xmlns='" NS "'>"
                              "<participant participant_id='p'><nameID aor='sip:a@b'>"
                              "<name>\xc3\xa9 z</name></nameID></participant></recording>";
  static const gchar *const charsets[] = {"UTF-16LE", "UTF-16BE", "ISO-8859-1", "windows-1252",
                                          "UTF-8"};

  for (guint i = 0; i < G_N_ELEMENTS (charsets); i++) {
    g_autofree gchar *declared = g_strdup_printf (text, i < 2 ? "UTF-16" : charsets[i]);
    gsize size;
    gchar *bytes = g_convert (declared, -1, charsets[i], "UTF-8", NULL, &size, NULL);
    g_autoptr (GBytes) document = g_bytes_new_take (bytes, size);
    g_autoptr (SiprecMetadata) m = read_bytes (document);

    fail_unless_equals_string (name_of (m, "p"), "\xc3\xa9 z");
  }
  expect_metadata_deviations ("id-format");

  {
    static const gchar bom[] =
        "\xef\xbb\xbf\r\n" HEAD "<participant participant_id='q'/></recording>";
    g_autoptr (SiprecMetadata) m = read_text (bom);

    fail_unless_equals_string (name_of (m, "q"), "q");
  }
}
GST_END_TEST;

GST_START_TEST (test_datamode)
{
  static const struct {
    const gchar *xml;
    gboolean partial;
  } cases[] = {
      {HEAD "<datamode>partial</datamode></recording>", TRUE},
      {HEAD "<datamode> Partial\n</datamode></recording>", TRUE},
      {HEAD "<datamode>complete</datamode></recording>", FALSE},
      {HEAD "<datamode/></recording>", FALSE},
      {HEAD "</recording>", FALSE},
      {HEAD "<datamode>everything</datamode></recording>", FALSE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (SiprecMetadata) m = read_text (cases[i].xml);

    fail_unless_equals_int (m->partial, cases[i].partial);
  }
}
GST_END_TEST;

GST_START_TEST (test_ids)
{
  g_autofree gchar *long_id = g_strnfill (257, 'x');
  g_autofree gchar *xml = g_strdup_printf (
      HEAD "<participant participant_id=' a b\n '/><participant/>"
           "<participant participant_id='%s'/><stream stream_id='a&#9;b'/></recording>",
      long_id);
  g_autoptr (SiprecMetadata) m = read_text (xml);

  fail_unless_equals_int (m->participants->len, 1);
  fail_unless_equals_string (name_of (m, "ab"), "ab");
  expect_metadata_deviations ("aor-missing id-missing id-too-long id-duplicate id-format");
}
GST_END_TEST;

GST_START_TEST (test_duplicates_add_up)
{
  g_autoptr (SiprecMetadata) m = read_text (
      HEAD "<participant participant_id='p'><nameID aor='sip:a@b'/></participant>"
           "<participant participant_id='p'><nameID aor='tel:1'/></participant>"
           "<participantstreamassoc participant_id='p'><send>s1</send></participantstreamassoc>"
           "<participantstreamassoc participant_id='p'><send>s2</send></participantstreamassoc>"
           "<participantstreamassoc participant_id='p'><send>s3</send>"
           "<disassociate-time>2026-01-01T00:00:00Z</disassociate-time></participantstreamassoc>"
           "</recording>");
  const SiprecParticipant *p = siprec_metadata_participant (m, "p");
  const SiprecStreamAssoc *assoc = siprec_metadata_assoc (m, "p");

  expect_metadata_deviations ("id-duplicate id-format");
  fail_unless_equals_int (m->participants->len, 1);
  fail_unless_equals_int (p->names->len, 2);
  fail_unless_equals_int (m->assocs->len, 1);
  fail_unless_equals_int (assoc->send->len, 2);
  fail_unless (assoc->disassociate_time == NULL);
}
GST_END_TEST;

GST_START_TEST (test_wrapped)
{
  g_autoptr (SiprecMetadata) m = read_text ("<envelope xmlns='urn:x'><body><recording xmlns='" NS
                                            "'><participant participant_id='p'/>"
                                            "</recording></body></envelope>");

  fail_unless_equals_int (m->participants->len, 1);
  fail_unless (siprec_deviations_has (deviations, "metadata-root"));
}
GST_END_TEST;

static Suite *
metadata_reader_suite (void)
{
  Suite *suite = suite_create ("metadata-reader");
  TCase *layouts = tcase_create ("layouts");

  suite_add_tcase (suite, layouts);
  tcase_add_checked_fixture (layouts, parsed_set_up, parsed_tear_down);
  tcase_add_test (layouts, test_rfc7865);
  tcase_add_test (layouts, test_draft_attributes);
  tcase_add_test (layouts, test_recording_metadata_root);
  tcase_add_test (layouts, test_prefixed);
  tcase_add_test (layouts, test_undeclared_prefix);
  tcase_add_test (layouts, test_mixed_attributes);
  tcase_add_test (layouts, test_camel_case_hex_ids);
  tcase_add_test (layouts, test_unescaped_ampersand);
  tcase_add_test (layouts, test_missing_parts);
  tcase_add_test (layouts, test_call_id_as_ids);
  tcase_add_test (layouts, test_latin1);
  tcase_add_test (layouts, test_encodings);
  tcase_add_test (layouts, test_datamode);
  tcase_add_test (layouts, test_ids);
  tcase_add_test (layouts, test_duplicates_add_up);
  tcase_add_test (layouts, test_wrapped);

  return suite;
}

GST_CHECK_MAIN (metadata_reader)
