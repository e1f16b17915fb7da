/* siprec-metadata: rows of a timeline, from events or from the times in documents
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lanes.h"

#include <string.h>

#include "siprec-core/event.h"

/* More rows make no picture any more. */
#define MAX_LANES 200

typedef struct {
  GPtrArray *lanes;
  GHashTable *by_key; /* "<kind>:<id>" -> Lane */
  gint64 time;        /* of the event */
} Builder;

static void
span_free (gpointer data)
{
  Span *span = data;

  g_free (span->text);
  g_free (span);
}

static void
lane_free (gpointer data)
{
  Lane *lane = data;

  g_free (lane->title);
  g_free (lane->detail);
  g_ptr_array_unref (lane->spans);
  g_free (lane);
}

static gint64
parse_time (const gchar *text)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) time = text ? g_date_time_new_from_iso8601 (text, utc) : NULL;

  return time ? g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time)
              : 0;
}

/* The lane of this kind and id; a new one if there is none and room for it. */
static Lane *
find_lane (Builder *builder, LaneKind kind, const gchar *id)
{
  g_autofree gchar *key = g_strdup_printf ("%d:%s", kind, id ? id : "");
  Lane *lane = g_hash_table_lookup (builder->by_key, key);

  if (!lane && builder->lanes->len < MAX_LANES) {
    lane = g_new0 (Lane, 1);
    lane->kind = kind;
    lane->title = g_strdup (id ? id : "");
    lane->spans = g_ptr_array_new_with_free_func (span_free);
    g_ptr_array_add (builder->lanes, lane);
    g_hash_table_insert (builder->by_key, g_steal_pointer (&key), lane);
  }
  return lane;
}

static void
set (gchar **to, const gchar *text)
{
  if (!text)
    return;
  g_free (*to);
  *to = siprec_event_text (text, -1);
}

static void
add_span (Lane *lane, SpanKind kind, gint64 begin, gint64 end, gchar *text)
{
  Span *span = g_new0 (Span, 1);

  span->kind = kind;
  span->begin = begin;
  span->end = end;
  span->text = text;
  g_ptr_array_add (lane->spans, span);
}

/* Ends what of @kind goes on in @lane. */
static void
close_span (Builder *builder, Lane *lane, SpanKind kind)
{
  for (guint i = 0; i < lane->spans->len; i++) {
    Span *span = g_ptr_array_index (lane->spans, i);

    if (span->kind == kind && span->end == 0)
      span->end = builder->time;
  }
}

static void
close_lane (Builder *builder, Lane *lane)
{
  close_span (builder, lane, SPAN_THERE);
  close_span (builder, lane, SPAN_SENDS);
  close_span (builder, lane, SPAN_HELD);
}

static void
take_call (Builder *builder, const gchar *action, JsonObject *data)
{
  Lane *lane = find_lane (builder, LANE_CALL, metadata_member_text (data, "id"));

  if (!lane)
    return;
  set (&lane->title, "Call");
  set (&lane->detail, metadata_member_text (data, "id"));
  if (g_str_equal (action, "started"))
    add_span (lane, SPAN_THERE, builder->time, 0, NULL);
  else if (g_str_equal (action, "ended"))
    close_lane (builder, lane);
}

static void
take_participant (Builder *builder, const gchar *action, JsonObject *data)
{
  Lane *lane = find_lane (builder, LANE_PARTICIPANT, metadata_member_text (data, "id"));
  g_autoptr (GPtrArray) labels = metadata_array_texts (metadata_member_array (data, "streams"));
  g_autoptr (GPtrArray) aors = metadata_array_texts (metadata_member_array (data, "aors"));

  if (!lane)
    return;
  set (&lane->title, metadata_member_text (data, "name"));
  if (aors->len > 0)
    set (&lane->detail, g_ptr_array_index (aors, 0));
  if (g_str_equal (action, "left")) {
    close_lane (builder, lane);
    return;
  }
  if (g_str_equal (action, "joined"))
    add_span (lane, SPAN_THERE, builder->time, 0, NULL);
  close_span (builder, lane, SPAN_SENDS);
  if (labels->len > 0) {
    g_ptr_array_add (labels, NULL);
    add_span (lane, SPAN_SENDS, builder->time, 0, g_strjoinv (", ", (gchar **)labels->pdata));
  }
}

static void
take_stream (Builder *builder, const gchar *type, JsonObject *data)
{
  const gchar *action = strrchr (type, '.') + 1;
  Lane *lane = find_lane (builder, LANE_STREAM, metadata_member_text (data, "stream"));

  if (!lane)
    return;
  set (&lane->detail, metadata_member_text (data, "codec"));
  if (g_str_equal (action, "added"))
    add_span (lane, SPAN_THERE, builder->time, 0,
              siprec_event_text (metadata_member_text (data, "label"), -1));
  else if (g_str_equal (action, "held"))
    add_span (lane, SPAN_HELD, builder->time, 0, g_strdup ("on hold"));
  else if (g_str_equal (action, "resumed"))
    close_span (builder, lane, SPAN_HELD);
  else if (g_str_equal (action, "removed"))
    close_lane (builder, lane);
  else if (g_str_equal (action, "dtmf"))
    add_span (lane, SPAN_MARK, builder->time, builder->time,
              siprec_event_text (metadata_member_text (data, "digit"), -1));
  else if (g_str_equal (action, "loss"))
    add_span (lane, SPAN_MARK, builder->time, builder->time, g_strdup ("loss"));
}

static void
take_event (Builder *builder, JsonObject *event)
{
  const gchar *type = metadata_member_text (event, "type");
  JsonObject *data = metadata_member_object (event, "data");
  const gchar *action = type ? strrchr (type, '.') : NULL;

  builder->time = parse_time (metadata_member_text (event, "time"));
  if (!action || builder->time == 0)
    return;
  if (g_str_has_prefix (type, "siprec.call."))
    take_call (builder, action + 1, data);
  else if (g_str_has_prefix (type, "siprec.participant."))
    take_participant (builder, action + 1, data);
  else if (g_str_has_prefix (type, "siprec.stream.") || g_str_has_prefix (type, "siprec.media.") ||
           g_str_equal (type, "siprec.dtmf"))
    take_stream (builder, type, data);
  else if (g_str_equal (type, "siprec.session.ended"))
    for (guint i = 0; i < builder->lanes->len; i++)
      close_lane (builder, g_ptr_array_index (builder->lanes, i));
}

/* The intervals of an association; what is not known is bounded by the timeline. */
static void
add_intervals (Lane *lane, SpanKind kind, const gchar *begin, const gchar *end,
               const GPtrArray *history, const gchar *text)
{
  for (guint i = 0; i < history->len; i++) {
    const SiprecInterval *interval = g_ptr_array_index (history, i);

    add_span (lane, kind, parse_time (interval->begin), parse_time (interval->end), NULL);
  }
  add_span (lane, kind, parse_time (begin), parse_time (end), g_strdup (text));
}

static void
take_model_participant (Builder *builder, const SiprecMetadata *state,
                        const SiprecParticipant *participant)
{
  Lane *lane = find_lane (builder, LANE_PARTICIPANT, participant->id);
  const SiprecStreamAssoc *assoc = siprec_metadata_assoc (state, participant->id);
  const gchar *begin = NULL, *end = NULL;

  if (!lane)
    return;
  set (&lane->title, siprec_participant_display_name (participant));
  if (participant->names->len > 0)
    set (&lane->detail, ((SiprecNameId *)g_ptr_array_index (participant->names, 0))->aor);
  for (guint i = 0; i < state->attendances->len; i++) {
    const SiprecAttendance *attendance = g_ptr_array_index (state->attendances, i);
    const SiprecCall *call = siprec_metadata_call (state, attendance->call_id);

    if (!g_str_equal (attendance->participant_id, participant->id))
      continue;
    begin =
        attendance->associate_time ? attendance->associate_time : (call ? call->start_time : NULL);
    end = attendance->disassociate_time ? attendance->disassociate_time
                                        : (call ? call->stop_time : NULL);
    add_intervals (lane, SPAN_THERE, begin, end, attendance->history, NULL);
  }
  if (assoc && assoc->send->len > 0) {
    const SiprecStreamInfo *stream =
        siprec_metadata_stream (state, g_ptr_array_index (assoc->send, 0));

    add_intervals (lane, SPAN_SENDS, assoc->associate_time ? assoc->associate_time : begin,
                   assoc->disassociate_time ? assoc->disassociate_time : end, assoc->history,
                   stream ? stream->label : NULL);
  }
}

static void
take_model (Builder *builder, const SiprecMetadata *state)
{
  for (guint i = 0; i < state->calls->len; i++) {
    const SiprecCall *call = g_ptr_array_index (state->calls, i);
    Lane *lane = find_lane (builder, LANE_CALL, call->id);

    if (!lane)
      return;
    set (&lane->title, "Call");
    set (&lane->detail, call->id);
    add_span (lane, SPAN_THERE, parse_time (call->start_time), parse_time (call->stop_time), NULL);
  }
  for (guint i = 0; i < state->participants->len; i++)
    take_model_participant (builder, state, g_ptr_array_index (state->participants, i));
}

static gint
compare_kinds (gconstpointer a, gconstpointer b)
{
  return (gint)(*(Lane *const *)a)->kind - (gint)(*(Lane *const *)b)->kind;
}

GPtrArray *
metadata_lanes_new (const MetadataRecord *record)
{
  Builder builder = {g_ptr_array_new_with_free_func (lane_free),
                     g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL), 0};

  for (guint i = 0; i < record->events->len; i++)
    take_event (&builder, g_ptr_array_index (record->events, i));
  if (record->events->len == 0)
    take_model (&builder, record->state);
  g_ptr_array_sort (builder.lanes, compare_kinds);
  g_hash_table_unref (builder.by_key);
  return builder.lanes;
}
