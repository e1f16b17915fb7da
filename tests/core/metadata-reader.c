/* tests: metadata documents as real clients lay them out, and as an attacker would
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/deviation.h"
#include "siprec-core/error.h"
#include "siprec-core/metadata/reader.h"
#include "tests/support/rounds.h"

#define NS   "urn:ietf:params:xml:ns:recording:1"
#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?><recording xmlns=\"" NS "\">"

static GPtrArray *deviations;

static void
setup (void)
{
  deviations = siprec_deviations_new ();
}

static void
teardown (void)
{
  g_clear_pointer (&deviations, g_ptr_array_unref);
}

static GBytes *
load (const gchar *name)
{
  g_autofree gchar *path = g_build_filename (TEST_DATA_DIR, "metadata", name, NULL);
  g_autoptr (GError) error = NULL;
  gchar *data = NULL;
  gsize size;

  fail_unless (g_file_get_contents (path, &data, &size, &error), "%s", error ? error->message : "");
  return g_bytes_new_take (data, size);
}

static SiprecMetadata *
read_bytes (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  SiprecMetadata *metadata = siprec_metadata_read (bytes, NULL, deviations, &error);

  fail_unless (metadata != NULL, "%s", error ? error->message : "no error");
  return metadata;
}

static SiprecMetadata *
read_file (const gchar *name)
{
  g_autoptr (GBytes) bytes = load (name);

  return read_bytes (bytes);
}

static SiprecMetadata *
read_text (const gchar *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return read_bytes (bytes);
}

static void
fail_to_read (const void *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;

  fail_unless (siprec_metadata_read (bytes, NULL, deviations, &error) == NULL);
  fail_unless (g_error_matches (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX));
}

/* The ids of the deviations, in the order they were noted, must be these. */
static void
assert_deviations (const gchar *expected)
{
  g_autoptr (GString) ids = g_string_new (NULL);

  for (guint i = 0; i < deviations->len; i++) {
    const SiprecDeviation *deviation = g_ptr_array_index (deviations, i);

    fail_unless (g_str_has_prefix (deviation->id, "metadata-"));
    fail_unless (g_utf8_validate (deviation->detail, -1, NULL));
    g_string_append_printf (ids, "%s%s", i ? " " : "", deviation->id + strlen ("metadata-"));
  }
  fail_unless_equals_string (ids->str, expected);
}

static const gchar *
name_of (const SiprecMetadata *metadata, const gchar *id)
{
  const SiprecParticipant *participant = siprec_metadata_participant (metadata, id);

  fail_unless (participant != NULL, "no participant %s", id);
  return siprec_participant_display_name (participant);
}

static const gchar *
aor_of (const SiprecMetadata *metadata, guint participant, guint n)
{
  const SiprecParticipant *p = g_ptr_array_index (metadata->participants, participant);
  const SiprecNameId *name_id = g_ptr_array_index (p->names, n);

  return name_id->aor;
}

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

  assert_deviations ("");
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

  assert_deviations ("namespace draft-attribute time draft-layout");
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

  assert_deviations ("root namespace datamode draft-attribute draft-layout");
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

  assert_deviations ("namespace");
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

  assert_deviations ("namespace");
  fail_unless_equals_string (name_of (m, "p"), "x@y");
}
GST_END_TEST;

GST_START_TEST (test_mixed_attributes)
{
  g_autoptr (SiprecMetadata) m = read_file ("mixed-attributes.xml");

  assert_deviations ("namespace draft-attribute");
  fail_unless_equals_int (m->attendances->len, 2);
  assert_senders (m, "0", "2025550111,2025550122");
}
GST_END_TEST;

GST_START_TEST (test_camel_case_hex_ids)
{
  g_autoptr (SiprecMetadata) m = read_file ("camel-case-hex-ids.xml");

  assert_deviations ("datamode time id-missing order id-format");
  fail_if (m->partial);
  fail_unless_equals_int (m->streams->len, 1);
  assert_senders (m, "10", "7005550133@203.0.113.45");
  fail_unless (siprec_metadata_stream_by_label (m, "20") == NULL);
}
GST_END_TEST;

GST_START_TEST (test_unescaped_ampersand)
{
  g_autoptr (SiprecMetadata) m = read_file ("unescaped-ampersand.xml");

  assert_deviations ("ampersand time session-id");
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

  assert_deviations ("session-id id-format order");
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

  assert_deviations ("id-format session-id");
  fail_unless_equals_string (call->id, "20260909101112.000042@core.example");
  fail_unless_equals_string (call->group_ref, "20260909101112@core.example");
  assert_senders (m, "a_leg", "A, B & C");
}
GST_END_TEST;

GST_START_TEST (test_latin1)
{
  g_autoptr (SiprecMetadata) m = read_file ("latin1.xml");

  assert_deviations ("encoding id-format");
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
  assert_deviations ("id-format");

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
  assert_deviations ("aor-missing id-missing id-too-long id-duplicate id-format");
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

  assert_deviations ("id-duplicate id-format");
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

GST_START_TEST (test_nothing_to_read)
{
  static const gchar *const texts[] = {
      "",
      " ",
      "\n<",
      "not xml",
      "<",
      "&",
      "<?xml version='1.0'?>",
      "<!-- only a comment -->",
      "<html><body>no</body></html>",
      "<requestsnapshot xmlns='" NS "'/>",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    fail_to_read (texts[i], strlen (texts[i]));
  fail_to_read (NULL, 0);
  fail_to_read ("\0\0\0\0", 4);
  fail_to_read ("\xff\xfe", 2);
  fail_to_read ("\xff\xfe<\0", 4);
}
GST_END_TEST;

/* Broken somewhere in the middle: what came before counts, but nobody is taken as gone. */
GST_START_TEST (test_broken_is_partial)
{
  g_autoptr (SiprecMetadata) m =
      read_text (HEAD "<datamode>complete</datamode><participant participant_id='p'>"
                      "<nameID aor='sip:a@b'><name>A</wrong></nameID></participant>");

  fail_unless (siprec_deviations_has (deviations, "metadata-malformed"));
  fail_unless_equals_string (name_of (m, "p"), "A");
  fail_unless (m->partial);
}
GST_END_TEST;

GST_START_TEST (test_trailing_garbage)
{
  g_autoptr (SiprecMetadata) m =
      read_text (HEAD "<participant participant_id='p'/></recording>\r\n--boundary--\r\n");

  fail_unless (siprec_deviations_has (deviations, "metadata-malformed"));
  fail_unless_equals_int (m->participants->len, 1);
  fail_if (m->partial);
}
GST_END_TEST;

GST_START_TEST (test_doctype)
{
  static const gchar bomb[] =
      "<?xml version='1.0'?><!DOCTYPE recording [<!ENTITY a 'aaaaaaaaaa'>"
      "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>"
      "]><recording><participant participant_id='&c;'/></recording>";
  static const gchar defaults[] =
      "<!DOCTYPE recording [<!ATTLIST participant participant_id CDATA 'default'>]>"
      "<recording><participant/></recording>";
  static const gchar external[] = "<!DOCTYPE recording SYSTEM 'file:///etc/passwd' [<!ENTITY % x "
                                  "SYSTEM 'http://192.0.2.1/'>%x;]>"
                                  "<recording/>";
  g_autoptr (SiprecMetadata) m = NULL;

  fail_to_read (bomb, strlen (bomb));
  fail_to_read (defaults, strlen (defaults));
  fail_to_read (external, strlen (external));
  m = read_text (
      "<!DOCTYPE recording SYSTEM 'file:///etc/passwd'><recording xmlns='" NS "'>"
      "<participant participant_id='p'><nameID aor='&nope;'/></participant></recording>");
  fail_unless_equals_string (aor_of (m, 0, 0), "&nope;");
  assert_deviations ("ampersand doctype id-format aor");
}
GST_END_TEST;

GST_START_TEST (test_deep)
{
  GString *xml = g_string_new (HEAD "<participant participant_id='p'/>");
  g_autoptr (SiprecMetadata) m = NULL;

  for (guint i = 0; i < 100000; i++)
    g_string_append (xml, "<a>");
  m = read_text (xml->str);
  fail_unless_equals_int (m->participants->len, 1);
  fail_unless (m->partial);
  assert_deviations ("limit aor-missing element id-format");
  g_string_free (xml, TRUE);
}
GST_END_TEST;

GST_START_TEST (test_many_elements)
{
  GString *xml = g_string_new (HEAD);
  g_autoptr (SiprecMetadata) m = NULL;

  for (guint i = 0; i < 20000; i++)
    g_string_append_printf (xml, "<participant participant_id='%u'/>", i);
  g_string_append (xml, "</recording>");
  m = read_text (xml->str);
  fail_unless_equals_int (m->participants->len, 9999);
  fail_unless (m->partial);
  fail_unless (siprec_deviations_has (deviations, "metadata-limit"));
  g_string_free (xml, TRUE);
}
GST_END_TEST;

GST_START_TEST (test_large)
{
  GString *xml = g_string_new (HEAD "<participant participant_id='p'><nameID aor='sip:a@b'/>"
                                    "</participant><participant participant_id='q'><nameID aor='");
  g_autoptr (SiprecMetadata) m = NULL;

  for (guint i = 0; i < 2 * 1024 * 1024; i++)
    g_string_append_c (xml, 'x');
  g_string_append (xml, "'/></participant></recording>");
  m = read_text (xml->str);
  fail_unless_equals_string (name_of (m, "p"), "a@b");
  fail_unless (m->partial);
  fail_unless (siprec_deviations_has (deviations, "metadata-limit"));
  g_string_free (xml, TRUE);
}
GST_END_TEST;

/* A text and an address are cut, an element with text of any length is read. */
GST_START_TEST (test_long_name)
{
  g_autofree gchar *name = g_strnfill (100000, 'n');
  g_autofree gchar *xml = g_strdup_printf (
      HEAD "<participant participant_id='p'><nameID aor='sip:a@b'><name>%s</name></nameID>"
           "</participant></recording>",
      name);
  g_autoptr (SiprecMetadata) m = read_text (xml);

  fail_unless_equals_int (strlen (name_of (m, "p")), 1024);
}
GST_END_TEST;

/* What makes parsers slow must not make us slow: each of these takes far less than a second. */
GST_START_TEST (test_expensive)
{
  static const struct {
    const gchar *head, *repeated;
  } cases[] = {
      {"<recording ", "a%u='' "},
      {"<recording ", "xmlns:a%u='u' "},
      {"<recording>", "<![CDATA[&"},
      {"<recording>", "<![CDATA[]]>"},
      {"<recording>", "<!-- & "},
      {"<recording>", "&"},
      {"<recording>", "&amp;&#65;"},
      {"<recording>", "<![CDATA[x]]>"},
      {"<recording>", "<a:b>x</c>"},
      {"<recording>", "<?a b?>"},
      {"<recording>", "<a b='"},
      {"<recording>", "]]>"},
      {"<recording><participant participant_id='p'><nameID aor='", "\xff"},
      {"<recording><participantstreamassoc participant_id='p'>", "<send>s%u</send>"},
      {"<recording>", "<participantsessionassoc participant_id='p%u' session_id='s'/>"},
      {"<recording>", "<participant participant_id='p'><nameID aor='a%u'/></participant>"},
      {"", "<recording><?a "},
      {"<recording>", "<x%u xmlns='urn:x'/>"},
      {"<recording>", "<x:y xmlns:x='urn:x'><x:z/></x:y>"},
      {"<?xml version='1.0'?>", "<!DOCTYPE a"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GString *xml = g_string_new (cases[i].head);
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (SiprecMetadata) m = NULL;

    for (guint n = 0; xml->len < rounds (1024 * 1024); n++) {
      const gchar *number = strstr (cases[i].repeated, "%u");

      if (number) {
        g_string_append_len (xml, cases[i].repeated, number - cases[i].repeated);
        g_string_append_printf (xml, "%u%s", n, number + 2);
      } else {
        g_string_append (xml, cases[i].repeated);
      }
    }
    bytes = g_string_free_to_bytes (xml);
    m = siprec_metadata_read (bytes, NULL, deviations, NULL);
  }
}
GST_END_TEST;

static SiprecMetadata *
read_within (const gchar *xml, const SiprecMetadataLimits *limits)
{
  g_autoptr (GBytes) bytes = g_bytes_new (xml, strlen (xml));

  g_ptr_array_set_size (deviations, 0);
  return siprec_metadata_read (bytes, limits, deviations, NULL);
}

/* Each bound is a setting; what is within it is read, what is beyond it is told and left out. */
GST_START_TEST (test_limits)
{
  static const gchar xml[] =
      HEAD "<participant participant_id='four'><nameID aor='sip:a@b'/>"
           "</participant><participant participant_id='p'><nameID aor='sip:c@d'>"
           "<name>C</name></nameID></participant></recording>";
  const SiprecMetadataLimits none = {0}, enough = {sizeof xml - 1, 6, 4, 4};
  static const struct {
    SiprecMetadataLimits limits;
    guint n_participants;
    gboolean partial;
    const gchar *deviation;
  } cases[] = {
      {{.size = sizeof xml - 2}, 2, TRUE, "metadata-limit"},
      {{.elements = 3}, 1, TRUE, "metadata-limit"},
      {{.depth = 3}, 2, TRUE, "metadata-limit"},
      {{.depth = 2}, 1, TRUE, "metadata-limit"},
      {{.id_length = 3}, 1, FALSE, "metadata-id-too-long"},
  };
  g_autoptr (SiprecMetadata) by_default = read_within (xml, &none);
  g_autoptr (SiprecMetadata) whole = NULL;

  fail_if (siprec_deviations_has (deviations, "metadata-limit"));
  whole = read_within (xml, &enough);
  fail_if (siprec_deviations_has (deviations, "metadata-limit"));
  fail_unless (by_default->participants->len == 2 && whole->participants->len == 2);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (SiprecMetadata) m = read_within (xml, &cases[i].limits);

    fail_unless_equals_int (m->participants->len, cases[i].n_participants);
    fail_unless_equals_int (m->partial, cases[i].partial);
    fail_unless (siprec_deviations_has (deviations, cases[i].deviation), "%u", i);
  }
}
GST_END_TEST;

/* Raised bounds: 2 MB and 100,000 elements are read. */
GST_START_TEST (test_raised_limits)
{
  const SiprecMetadataLimits limits = {.size = 16 * 1024 * 1024, .elements = 200000, .depth = 1000};
  GString *xml = g_string_new (HEAD);
  g_autoptr (SiprecMetadata) m = NULL;
  guint n = rounds (100000);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (xml, "<stream stream_id='%u'/>", i);
  g_string_append (xml, "</recording>");
  m = read_within (xml->str, &limits);
  fail_unless_equals_int (m->streams->len, n);
  fail_if (siprec_deviations_has (deviations, "metadata-limit"));
  fail_if (m->partial);
  g_string_free (xml, TRUE);
}
GST_END_TEST;

GST_START_TEST (test_truncated_anywhere)
{
  static const gchar *const names[] = {"rfc7865.xml", "recording-metadata-root.xml",
                                       "unescaped-ampersand.xml"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GBytes) whole = load (names[i]);

    for (gsize size = 0; size < g_bytes_get_size (whole); size++) {
      g_autoptr (GBytes) cut = g_bytes_new (g_bytes_get_data (whole, NULL), size);
      g_autoptr (GError) error = NULL;
      g_autoptr (SiprecMetadata) m = siprec_metadata_read (cut, NULL, NULL, &error);

      fail_unless ((m != NULL) != (error != NULL));
      fail_unless (!m || m->participants->len <= 2);
    }
  }
}
GST_END_TEST;

GST_START_TEST (test_mutated)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7865);
  g_autoptr (GBytes) whole = load ("rfc7865.xml");
  gsize size = g_bytes_get_size (whole);

  for (guint i = 0; i < rounds (3000); i++) {
    guchar *data = g_memdup2 (g_bytes_get_data (whole, NULL), size);
    g_autoptr (GBytes) bytes = g_bytes_new_take (data, size);
    g_autoptr (GError) error = NULL;
    g_autoptr (SiprecMetadata) m = NULL;

    for (gint n = g_rand_int_range (rand, 1, 12); n > 0; n--)
      data[g_rand_int_range (rand, 0, size)] = g_rand_boolean (rand)
                                                   ? "<>&\"'/=!?[] "[g_rand_int_range (rand, 0, 12)]
                                                   : g_rand_int_range (rand, 0, 256);
    m = siprec_metadata_read (bytes, NULL, deviations, &error);
    fail_unless ((m != NULL) != (error != NULL));
  }
}
GST_END_TEST;

static gpointer
read_often (gpointer data)
{
  for (guint i = 0; i < 100; i++) {
    g_autoptr (SiprecMetadata) m = siprec_metadata_read (data, NULL, NULL, NULL);

    fail_unless (m && m->participants->len == 2);
  }
  return NULL;
}

GST_START_TEST (test_threads)
{
  g_autoptr (GBytes) bytes = load ("rfc7865.xml");
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("read", read_often, bytes);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}
GST_END_TEST;

static Suite *
metadata_reader_suite (void)
{
  Suite *s = suite_create ("metadata-reader");
  TCase *layouts = tcase_create ("layouts");
  TCase *hostile = tcase_create ("hostile");

  suite_add_tcase (s, layouts);
  tcase_add_checked_fixture (layouts, setup, teardown);
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

  suite_add_tcase (s, hostile);
  tcase_add_checked_fixture (hostile, setup, teardown);
  tcase_add_test (hostile, test_nothing_to_read);
  tcase_add_test (hostile, test_broken_is_partial);
  tcase_add_test (hostile, test_trailing_garbage);
  tcase_add_test (hostile, test_doctype);
  tcase_add_test (hostile, test_deep);
  tcase_add_test (hostile, test_many_elements);
  tcase_add_test (hostile, test_large);
  tcase_add_test (hostile, test_long_name);
  tcase_add_test (hostile, test_expensive);
  tcase_add_test (hostile, test_limits);
  tcase_add_test (hostile, test_raised_limits);
  tcase_add_test (hostile, test_truncated_anywhere);
  tcase_add_test (hostile, test_mutated);
  tcase_add_test (hostile, test_threads);
  return s;
}

GST_CHECK_MAIN (metadata_reader);
