/* A recording session as its claimant sees it: state, claim, queue of events.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-private.h"

#include "../deviation.h"
#include "../error.h"

GST_DEBUG_CATEGORY (siprec_session_debug);
#define GST_CAT_DEFAULT siprec_session_debug

/* An unclaimed or lagging session keeps this many events, of this size in all. */
#define MAX_EVENTS 4096
/* With this many that can't be left out, the peer floods or the claimant is dead: the session ends. */
#define HOPELESS_EVENTS (2 * MAX_EVENTS)
#define MAX_EVENT_BYTES (16 * 1024 * 1024)

/* Names in a GstStructure live as long as the process, so a peer may add this many of its own. */
#define MAX_HEADER_NAMES 512

G_DEFINE_FINAL_TYPE_WITH_CODE (SiprecSession, siprec_session, G_TYPE_OBJECT,
                               GST_DEBUG_CATEGORY_INIT (siprec_session_debug, "siprec-session", 0,
                                                        "SIPREC sessions"))

static void
siprec_session_init (SiprecSession *session)
{
  g_mutex_init (&session->lock);
  g_queue_init (&session->events);
  g_queue_init (&session->wishes);
  session->id = g_uuid_string_random ();
  session->start = GST_CLOCK_TIME_NONE;
  session->added = g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_event_unref);
  session->deviations = siprec_deviations_new ();
  session->metadata = siprec_metadata_new ();
}

static void
siprec_session_finalize (GObject *object)
{
  SiprecSession *session = SIPREC_SESSION (object);

  g_clear_pointer (&session->negotiation, siprec_negotiation_free);
  g_clear_pointer (&session->offer, siprec_offer_free);
  g_clear_pointer (&session->senders, g_hash_table_unref);
  g_free (session->guess_labels);
  siprec_metadata_free (session->metadata);
  g_clear_pointer (&session->document, g_bytes_unref);
  g_clear_pointer (&session->initial_metadata, g_bytes_unref);
  g_ptr_array_unref (session->deviations);
  g_ptr_array_unref (session->added);
  g_clear_pointer (&session->started, siprec_event_unref);
  g_queue_clear_full (&session->events, (GDestroyNotify)siprec_event_unref);
  siprec_request_unref (session->invite);
  g_clear_pointer (&session->answer, siprec_request_unref);
  g_strfreev (session->codecs);
  g_free ((gchar *)session->policy.context);
  g_free ((gchar *)session->policy.content_map);
  g_free (session->end_reason);
  g_free (session->id);
  g_mutex_clear (&session->lock);
  G_OBJECT_CLASS (siprec_session_parent_class)->finalize (object);
}

static void
siprec_session_class_init (SiprecSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = siprec_session_finalize;
}

SiprecSession *
siprec_session_new (const SiprecSessionConfig *config, SiprecRequest *invite)
{
  SiprecSession *session = g_object_new (SIPREC_TYPE_SESSION, NULL);

  session->agent = config->agent;
  session->settings = config->settings;
  session->policy = *config->policy;
  session->codecs = g_strdupv ((gchar **)config->policy->codecs);
  session->policy.codecs = (const gchar *const *)session->codecs;
  session->policy.context = g_strdup (config->policy->context);
  session->policy.content_map = g_strdup (config->policy->content_map);
  session->owner = config->owner;
  session->owner_data = config->owner_data;
  session->invite = siprec_request_ref (invite);
  session->state = config->calls ? SIPREC_SESSION_CALLING : SIPREC_SESSION_OFFERED;
  return session;
}

const gchar *
siprec_session_get_id (SiprecSession *session)
{
  return session->id;
}

SiprecSessionState
siprec_session_get_state (SiprecSession *session)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&session->lock);

  return session->state;
}

const gchar *
siprec_session_state_name (SiprecSessionState state)
{
  static const gchar *const names[] = {
      [SIPREC_SESSION_OFFERED] = "OFFERED",   [SIPREC_SESSION_CALLING] = "CALLING",
      [SIPREC_SESSION_ANSWERED] = "ANSWERED", [SIPREC_SESSION_CONFIRMED] = "CONFIRMED",
      [SIPREC_SESSION_ENDED] = "ENDED",
  };

  return state < G_N_ELEMENTS (names) ? names[state] : NULL;
}

gboolean
siprec_session_state_may_follow (SiprecSessionState from, SiprecSessionState to)
{
  switch (from) {
  case SIPREC_SESSION_OFFERED:
    return to == SIPREC_SESSION_ANSWERED || to == SIPREC_SESSION_ENDED;
  case SIPREC_SESSION_CALLING:
  case SIPREC_SESSION_ANSWERED:
  case SIPREC_SESSION_CONFIRMED:
    return to == SIPREC_SESSION_CONFIRMED || to == SIPREC_SESSION_ENDED;
  case SIPREC_SESSION_ENDED:
    break;
  }
  return FALSE;
}

void
siprec_session_set_state (SiprecSession *session, SiprecSessionState state)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&session->lock);

  if (!siprec_session_state_may_follow (session->state, state))
    g_critical ("session %s: %s doesn't follow on %s", session->id,
                siprec_session_state_name (state), siprec_session_state_name (session->state));
  session->state = state;
}

GstClockTime
siprec_session_get_start (SiprecSession *session)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&session->lock);

  return session->start;
}

gboolean
siprec_session_is_claimed (SiprecSession *session)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&session->lock);

  return session->claimed;
}

/* With the lock held: TRUE if a claimant that lags can do without @event. */
static gboolean
is_expendable (const SiprecEvent *event)
{
  return event->type >= SIPREC_EVENT_STREAM_UPDATED;
}

/* With the lock held. Takes @event. */
static void
queue_event (SiprecSession *session, SiprecEvent *event)
{
  if (is_expendable (event) && (g_queue_get_length (&session->events) >= MAX_EVENTS ||
                                session->event_bytes + event->size > MAX_EVENT_BYTES)) {
    GST_WARNING ("session %s: nobody takes its events, %s is dropped", session->id,
                 siprec_event_type_name (event->type));
    siprec_event_unref (event);
    return;
  }
  session->event_bytes += event->size;
  g_queue_push_tail (&session->events, event);
}

/* With the lock held for the call, so that the claimant's data can't go away under it. */
static void
notify_claimant (SiprecSession *session)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&session->lock);

  if (session->notify)
    session->notify (session, session->notify_data);
}

void
siprec_session_withhold (SiprecSession *session, gboolean withheld)
{
  g_mutex_lock (&session->lock);
  session->withheld = withheld;
  g_mutex_unlock (&session->lock);
  if (!withheld)
    notify_claimant (session);
}

static void
stamp_event (SiprecSession *session, SiprecEvent *event)
{
  event->sequence = ++session->sequence;
  event->session_id = g_strdup (session->id);
}

void
siprec_session_emit (SiprecSession *session, SiprecEvent *event)
{
  gboolean hopeless;

  g_mutex_lock (&session->lock);
  stamp_event (session, event);
  GST_DEBUG ("session %s: event %" G_GUINT64_FORMAT " %s", session->id, event->sequence,
             siprec_event_type_name (event->type));
  if (event->type == SIPREC_EVENT_SESSION_STARTED)
    session->started = siprec_event_ref (event);
  queue_event (session, event);
  hopeless = g_queue_get_length (&session->events) == HOPELESS_EVENTS;
  g_mutex_unlock (&session->lock);
  notify_claimant (session);
  if (hopeless)
    siprec_session_hangup (session, "the recorder does not keep up");
}

void
siprec_session_drop_added (SiprecSession *session, SiprecStream *stream)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&session->lock);

  for (guint i = 0; i < session->added->len; i++) {
    if (((SiprecEvent *)g_ptr_array_index (session->added, i))->stream == stream) {
      g_ptr_array_remove_index (session->added, i);
      return;
    }
  }
}

void
siprec_session_set_added (SiprecSession *session, SiprecEvent *event, gboolean emit)
{
  g_mutex_lock (&session->lock);
  if (emit) {
    stamp_event (session, event);
    g_ptr_array_add (session->added, event);
    queue_event (session, siprec_event_ref (event));
  } else {
    for (guint i = 0; i < session->added->len; i++) {
      SiprecEvent *old = g_ptr_array_index (session->added, i);

      if (old->stream != event->stream)
        continue;
      event->sequence = old->sequence;
      event->session_id = g_strdup (session->id);
      session->added->pdata[i] = g_steal_pointer (&event);
      siprec_event_unref (old);
      break;
    }
    g_clear_pointer (&event, siprec_event_unref);
  }
  g_mutex_unlock (&session->lock);
  if (emit)
    notify_claimant (session);
}

/* With the lock held: what a second claimant must know to go on, before what is still queued. */
static void
replay_events (SiprecSession *session)
{
  for (guint i = session->added->len; i-- > 0;) {
    SiprecEvent *event = g_ptr_array_index (session->added, i);

    if (!g_queue_find (&session->events, event)) {
      session->event_bytes += event->size;
      g_queue_push_head (&session->events, siprec_event_ref (event));
    }
  }
  if (session->started && !g_queue_find (&session->events, session->started)) {
    session->event_bytes += session->started->size;
    g_queue_push_head (&session->events, siprec_event_ref (session->started));
  }
}

gboolean
siprec_session_claim (SiprecSession *session, SiprecSessionNotify notify, gpointer user_data,
                      GDestroyNotify destroy, GError **error)
{
  gboolean waiting;

  g_mutex_lock (&session->lock);
  if (session->claimed ||
      (session->state == SIPREC_SESSION_ENDED && g_queue_is_empty (&session->events))) {
    g_mutex_unlock (&session->lock);
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_STATE,
                 "Recording session %s is %s; a session has one consumer at a time.", session->id,
                 session->claimed ? "claimed already" : "over");
    return FALSE;
  }
  session->claimed = TRUE;
  session->notify = notify;
  session->notify_data = user_data;
  session->notify_destroy = destroy;
  if (session->was_claimed && session->state != SIPREC_SESSION_ENDED)
    replay_events (session);
  session->was_claimed = TRUE;
  waiting = !g_queue_is_empty (&session->events);
  g_mutex_unlock (&session->lock);

  if (waiting)
    notify_claimant (session);
  return TRUE;
}

static void
on_released (SiprecAgent *agent, gpointer user_data)
{
  SiprecSession *session = user_data;
  gboolean claimed;

  g_mutex_lock (&session->lock);
  session->releasing = FALSE;
  claimed = session->claimed;
  g_mutex_unlock (&session->lock);
  if (!claimed && !session->ending)
    session->owner->released (session, session->owner_data);
}

void
siprec_session_release (SiprecSession *session)
{
  GDestroyNotify destroy;
  gpointer data;
  SiprecAgent *agent;

  g_mutex_lock (&session->lock);
  destroy = session->notify_destroy;
  data = session->notify_data;
  session->claimed = FALSE;
  session->notify = NULL;
  session->notify_data = NULL;
  session->notify_destroy = NULL;
  agent = session->agent;
  /* Taken and given back again before that was heard of, it is still to be given on once. */
  if (agent && !session->releasing) {
    session->releasing = TRUE;
    siprec_agent_invoke (agent, on_released, g_object_ref (session), g_object_unref);
  }
  g_mutex_unlock (&session->lock);

  if (destroy)
    destroy (data);
}

SiprecEvent *
siprec_session_pop_event (SiprecSession *session)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&session->lock);
  SiprecEvent *event = session->withheld ? NULL : g_queue_pop_head (&session->events);

  if (event)
    session->event_bytes -= event->size;
  return event;
}

typedef struct {
  SiprecSession *session;
  gchar *reason;
} Hangup;

static void
hangup_free (gpointer data)
{
  Hangup *hangup = data;

  g_object_unref (hangup->session);
  g_free (hangup->reason);
  g_free (hangup);
}

static void
on_hangup (SiprecAgent *agent, gpointer user_data)
{
  Hangup *hangup = user_data;

  siprec_session_finish (hangup->session, SIPREC_END_HANGUP, hangup->reason);
}

void
siprec_session_hangup (SiprecSession *session, const gchar *reason)
{
  Hangup *hangup = g_new0 (Hangup, 1);

  hangup->session = g_object_ref (session);
  hangup->reason = g_strdup (reason);
  g_mutex_lock (&session->lock);
  if (session->agent)
    siprec_agent_invoke (session->agent, on_hangup, g_steal_pointer (&hangup), hangup_free);
  g_mutex_unlock (&session->lock);
  g_clear_pointer (&hangup, hangup_free);
}

static gboolean
may_be_field (const gchar *name)
{
  static gint left = MAX_HEADER_NAMES;

  if (g_quark_try_string (name) != 0)
    return TRUE;
  return g_atomic_int_get (&left) > 0 && g_atomic_int_add (&left, -1) > 0;
}

GstStructure *
siprec_session_get_request (SiprecSession *session)
{
  SiprecRequest *invite = session->invite;
  GstStructure *headers = gst_structure_new_empty ("headers");

  for (guint i = 0; i < invite->headers->len; i++) {
    SiprecHeader *header = g_ptr_array_index (invite->headers, i);

    if (may_be_field (header->name) && !gst_structure_has_field (headers, header->name))
      gst_structure_set (headers, header->name, G_TYPE_STRING, header->value, NULL);
  }
  GstStructure *request = gst_structure_new (
      "application/x-siprec-request", "session-id", G_TYPE_STRING, session->id, "call-id",
      G_TYPE_STRING, invite->call_id, "from", G_TYPE_STRING, invite->from, "to", G_TYPE_STRING,
      invite->to, "uri", G_TYPE_STRING, invite->uri, "contact", G_TYPE_STRING, invite->contact,
      "transport", G_TYPE_STRING, invite->transport, "remote-address", G_TYPE_STRING,
      invite->remote_address, "remote-port", G_TYPE_UINT, (guint)invite->remote_port, "headers",
      GST_TYPE_STRUCTURE, headers, NULL);

  gst_structure_free (headers);
  if (invite->identities) {
    GValue list = G_VALUE_INIT;

    gst_value_array_init (&list, 2);
    for (const gchar *const *name = invite->identities; *name; name++) {
      GValue value = G_VALUE_INIT;

      g_value_init (&value, G_TYPE_STRING);
      g_value_set_string (&value, *name);
      gst_value_array_append_and_take_value (&list, &value);
    }
    gst_structure_take_value (request, "peer-identities", &list);
  }
  return request;
}

GstSDPMessage *
siprec_session_get_offer (SiprecSession *session)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&session->lock);
  GstSDPMessage *copy = NULL;

  if (session->offer)
    gst_sdp_message_copy (session->offer->sdp, &copy);
  return copy;
}

guint
siprec_session_get_n_mlines (SiprecSession *session)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&session->lock);

  return session->offer ? session->offer->mlines->len : 0;
}

GstCaps *
siprec_session_get_mline_caps (SiprecSession *session, guint mline)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&session->lock);
  const SiprecMline *line = session->offer ? siprec_offer_mline (session->offer, mline) : NULL;
  SiprecFormat *format;

  if (line == NULL || line->formats->len == 0)
    return gst_caps_new_empty ();
  format = g_ptr_array_index (line->formats, 0);
  return gst_caps_ref (format->rtp_caps);
}

void
siprec_session_set_offer (SiprecSession *session, SiprecOffer *offer)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&session->lock);

  g_clear_pointer (&session->offer, siprec_offer_free);
  session->offer = offer;
}

void
siprec_session_close (SiprecSession *session)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&session->lock);

  session->agent = NULL;
}
