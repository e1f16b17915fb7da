/* Metadata by chance.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "random-metadata.h"

#include <string.h>

static GRand *source;
static guint n_times;

void
random_seed (guint32 seed)
{
  if (!source)
    source = g_rand_new ();
  g_rand_set_seed (source, seed);
  n_times = 0;
}

gboolean
random_maybe (void)
{
  return g_rand_boolean (source);
}

guint
random_below (guint n)
{
  return (guint)g_rand_int_range (source, 0, (gint)n);
}

/* Ids are base64 as the schema wants it; kinds have ids of their own. */
static gchar *
random_id (const gchar *kind, guint n)
{
  g_autofree gchar *plain = g_strdup_printf ("%s%u", kind, n);

  return g_base64_encode ((const guchar *)plain, strlen (plain));
}

static gchar *
random_text (void)
{
  static const gchar *const words[] = {"Ann", "Zoë",  "<b>", "&amp;", "\"q",
                                       "]]>", "日本", "a'b", "&"};
  GString *text = g_string_new (NULL);

  for (guint n = 1 + random_below (3); n > 0; n--)
    g_string_append_printf (text, "%s%s", text->len ? " " : "",
                            words[random_below (G_N_ELEMENTS (words))]);
  return g_string_free (text, FALSE);
}

/* Later than all before. */
static gchar *
random_time (void)
{
  guint n = n_times++;

  return g_strdup_printf ("2026-06-%02uT%02u:%02u:%02uZ", 1 + n / 86400, n / 3600 % 24, n / 60 % 60,
                          n % 60);
}

static gchar *
random_extensions (void)
{
  GString *xml = g_string_new (NULL);

  for (guint n = 1 + random_below (2); n > 0; n--)
    g_string_append_printf (xml, "<x:a xmlns:x=\"urn:x\"><x:b>%u</x:b></x:a>", random_below (100));
  return g_string_free (xml, FALSE);
}

static gchar *
random_aor (void)
{
  return g_strdup_printf ("sip:%u@example.com", random_below (1000));
}

void
random_names (SiprecParticipant *participant)
{
  g_ptr_array_set_size (participant->names, 0);
  for (guint n = 1 + random_below (3); n > 0; n--) {
    g_autofree gchar *aor = random_aor ();
    g_autofree gchar *name = random_maybe () ? random_text () : NULL;

    siprec_participant_add_name (participant, aor, name, name && random_maybe () ? "de" : NULL);
  }
}

void
random_ids (GPtrArray *ids, const gchar *kind)
{
  g_ptr_array_set_size (ids, 0);
  for (guint n = 1 + random_below (3); n > 0; n--)
    g_ptr_array_add (ids, random_id (kind, random_below (6)));
}

void
random_reasons (SiprecCall *call)
{
  g_ptr_array_set_size (call->reasons, 0);
  for (guint n = 1 + random_below (2); n > 0; n--) {
    g_autofree gchar *text = random_maybe () ? random_text () : NULL;

    siprec_call_add_reason (call, random_maybe () ? "Q.850" : NULL, random_maybe () ? "16" : "200",
                            text);
  }
}

void
random_params (SiprecAttendance *attendance)
{
  g_ptr_array_set_size (attendance->params, 0);
  for (guint n = 1 + random_below (2); n > 0; n--) {
    g_autofree gchar *value = random_text ();

    siprec_attendance_add_param (attendance, random_maybe () ? "isfocus" : "audio", value);
  }
}

/* The times of an association: perhaps some intervals that are over, perhaps a present one. */
static void
fill_times (GPtrArray *history, gchar **begin, gchar **end)
{
  guint n = random_maybe () ? random_below (3) : 0;

  for (guint i = 0; i < n; i++) {
    SiprecInterval *interval = g_new0 (SiprecInterval, 1);

    interval->begin = random_time ();
    interval->end = random_time ();
    g_ptr_array_add (history, interval);
  }
  *begin = n > 0 || random_maybe () ? random_time () : NULL;
  *end = random_maybe () ? random_time () : NULL;
}

static void
add_random_call (SiprecMetadata *m, const gchar *id)
{
  SiprecCall *call = siprec_metadata_add_call (m, id);

  call->group_ref = random_maybe () ? random_id ("group", random_below (3)) : NULL;
  call->start_time = random_maybe () ? random_time () : NULL;
  call->stop_time = random_maybe () ? random_time () : NULL;
  call->extensions = random_maybe () ? random_extensions () : NULL;
  if (random_maybe ())
    random_ids (call->sip_session_ids, "dialog");
  if (random_maybe ())
    random_reasons (call);
  fill_times (call->history, &call->associate_time, &call->disassociate_time);
}

static void
add_random_people (SiprecMetadata *m, const gchar *id, guint n_calls)
{
  SiprecParticipant *participant = siprec_metadata_add_participant (m, id);

  random_names (participant);
  participant->extensions = random_maybe () ? random_extensions () : NULL;
  for (guint i = 0; i < n_calls; i++) {
    g_autofree gchar *call = random_id ("call", i);
    SiprecAttendance *attendance;

    if (random_maybe ())
      continue;
    attendance = siprec_metadata_add_attendance (m, id, call);
    fill_times (attendance->history, &attendance->associate_time, &attendance->disassociate_time);
    if (random_maybe ())
      random_params (attendance);
  }
  if (random_maybe ()) {
    SiprecStreamAssoc *assoc = siprec_metadata_add_assoc (m, id);

    fill_times (assoc->history, &assoc->associate_time, &assoc->disassociate_time);
    if (random_maybe ())
      random_ids (assoc->send, "stream");
    if (random_maybe ())
      random_ids (assoc->recv, "stream");
  }
}

SiprecMetadata *
random_metadata (void)
{
  SiprecMetadata *m = siprec_metadata_new ();
  guint n_calls = random_below (4);

  for (guint i = 0; i < n_calls; i++) {
    g_autofree gchar *id = random_id ("call", i);

    add_random_call (m, id);
  }
  for (guint n = random_below (3); n > 0; n--) {
    g_autofree gchar *id = random_id ("group", n);
    SiprecGroup *group = siprec_metadata_add_group (m, id);

    group->associate_time = random_maybe () ? random_time () : NULL;
    group->disassociate_time = random_maybe () ? random_time () : NULL;
    group->extensions = random_maybe () ? random_extensions () : NULL;
  }
  for (guint n = random_below (6); n > 0; n--) {
    g_autofree gchar *id = random_id ("person", n);

    add_random_people (m, id, n_calls);
  }
  for (guint n = random_below (6); n > 0; n--) {
    g_autofree gchar *id = random_id ("stream", n);
    SiprecStreamInfo *stream = siprec_metadata_add_stream (m, id);

    stream->session_id = random_maybe () ? random_id ("call", random_below (4)) : NULL;
    stream->label = random_maybe () ? g_strdup_printf ("%u", random_below (9)) : NULL;
  }
  m->extensions = random_maybe () ? random_extensions () : NULL;
  return m;
}
