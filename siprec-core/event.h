/* siprec-core: what happened in a recording session, as one CloudEvents record each
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <json-glib/json-glib.h>

#include "api.h"

G_BEGIN_DECLS

typedef enum {
  SIPREC_EVENT_SESSION_STARTED,
  SIPREC_EVENT_SESSION_ENDED,
  SIPREC_EVENT_STREAM_ADDED,
  SIPREC_EVENT_STREAM_REMOVED,
  SIPREC_EVENT_STREAM_HELD,
  SIPREC_EVENT_STREAM_RESUMED,
  SIPREC_EVENT_STREAM_UPDATED,
  SIPREC_EVENT_METADATA,
  SIPREC_EVENT_PARTICIPANT_JOINED,
  SIPREC_EVENT_PARTICIPANT_LEFT,
  SIPREC_EVENT_PARTICIPANT_UPDATED,
  SIPREC_EVENT_CALL_STARTED,
  SIPREC_EVENT_CALL_ENDED,
  SIPREC_EVENT_CALL_UPDATED,
  SIPREC_EVENT_MEDIA_STARTED,
  SIPREC_EVENT_MEDIA_TIMEOUT,
  SIPREC_EVENT_MEDIA_LOSS,
  SIPREC_EVENT_MEDIA_REJECTED,
  SIPREC_EVENT_MEDIA_FAILED,
  SIPREC_EVENT_MEDIA_CONTRIBUTORS,
  SIPREC_EVENT_DTMF,
  SIPREC_EVENT_DEVIATION,
} SiprecEventType;

/**
 * SiprecEvent:
 * @type: what happened
 * @sequence: place in the session, from 1, without holes
 * @time: wall clock in microseconds since 1970 (g_get_real_time())
 * @monotonic: the same moment in ns of CLOCK_MONOTONIC; the element turns it into running time
 * @session_id: UUID of the recording session
 * @data: the facts; names and shapes are in docs/events.schema.json
 * @stream: (nullable): the stream it is about, for the element; a SiprecStream, owned
 *
 * @original: (nullable): the event that this one is another version of
 *
 * Immutable once emitted; reference counted.
 */
typedef struct _SiprecEvent SiprecEvent;
struct _SiprecEvent {
  gint ref_count;
  SiprecEventType type;
  guint64 sequence;
  gint64 time;
  GstClockTime monotonic;
  gchar *session_id;
  JsonObject *data;
  gsize size;
  gpointer stream;
  GDestroyNotify stream_unref;
  SiprecEvent *original;
};

/* A new event of @type about now. Takes @data (an empty object if NULL), and makes every text in it
 * fit for JSON as siprec_event_text() does. */
SIPREC_API SiprecEvent *siprec_event_new (SiprecEventType type, JsonObject *data);

/* The same event with other @data, which is taken. It keeps @event alive, whose stream it bears. */
SIPREC_API SiprecEvent *siprec_event_with_data (SiprecEvent *event, JsonObject *data);
SIPREC_API SiprecEvent *siprec_event_ref (SiprecEvent *event);
SIPREC_API void siprec_event_unref (SiprecEvent *event);

/* The CloudEvents type, "siprec.session.started". Static. */
SIPREC_API const gchar *siprec_event_type_name (SiprecEventType type);

/**
 * siprec_event_text:
 * @text: @size bytes from the network, or a string if @size is negative
 *
 * Returns: the same as valid UTF-8 (U+FFFD for what isn't) without control characters; only tabs and
 *   line breaks stay, the latter as "\n". Free with g_free().
 */
SIPREC_API gchar *siprec_event_text (const gchar *text, gssize size);

/**
 * siprec_event_to_json:
 * @node: name of this recorder, for `source` "/siprec/<node>"
 * @mediatime: running time of the event in ns; with GST_CLOCK_TIME_NONE the line has no `mediatime`
 *
 * Returns: one CloudEvents 1.0 object on one line, with a newline at its end. Free with g_free().
 */
SIPREC_API gchar *siprec_event_to_json (const SiprecEvent *event, const gchar *node,
                                        GstClockTime mediatime);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecEvent, siprec_event_unref)

G_END_DECLS
