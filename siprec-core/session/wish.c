/* What the recorder wants of the client: a pause, its end, a snapshot of the metadata.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session-private.h"

#include "../error.h"

#define GST_CAT_DEFAULT siprec_session_debug

/* RFC 3261 section 14.1: after a glare who has made the Call-ID tries again after 2.1 to 4 seconds, the other one
 * within two, in steps of 10 ms. */
#define OWNER_RETRY_MIN_MS 2100
#define OWNER_RETRY_MAX_MS 4000
#define RETRY_MAX_MS       2000
#define MAX_ATTEMPTS       20

/* RFC 7866 section 9.2 wants requests to be rare. The same time is given to the client. */
#define SNAPSHOT_INTERVAL (5 * GST_SECOND)

#define METADATA "application/rs-metadata+xml"

typedef enum { WISH_PAUSE, WISH_RESUME, WISH_SNAPSHOT } WishType;

/* One wish. The session owns it while it is in the queue, and has a reference from it until then. */
typedef struct {
  SiprecSession *session; /* a reference while it is on its way to the SIP thread, else borrowed */
  WishType type;
  gint mline;
  gchar *reason;
  guint attempts;
  gboolean sent;
  SiprecWishReply reply;
  gpointer user_data;
} SiprecWish;

static void
conclude (SiprecWish *wish, guint status, const GError *error)
{
  if (error)
    GST_INFO ("session %s: %s", wish->session->id, error->message);
  if (wish->reply)
    wish->reply (wish->session, status, error, wish->user_data);
  g_free (wish->reason);
  g_free (wish);
}

static void
refuse (SiprecWish *wish, guint status, const gchar *message)
{
  g_autoptr (GError) error = g_error_new_literal (SIPREC_ERROR, SIPREC_ERROR_STATE, message);

  conclude (wish, status, error);
}

void
siprec_session_drop_wishes (SiprecSession *session)
{
  SiprecWish *wish;

  if (session->wish_timer)
    siprec_agent_cancel_timer (session->agent, g_steal_pointer (&session->wish_timer));
  while ((wish = g_queue_pop_head (&session->wishes)))
    refuse (wish, 0, "The recording session is over.");
}

static void pump (SiprecSession *session);

/* The first wish has got its final response, or never will. */
static void
finish_first (SiprecSession *session, guint status, const gchar *problem)
{
  SiprecWish *wish = g_queue_pop_head (&session->wishes);

  if (problem)
    refuse (wish, status, problem);
  else
    conclude (wish, status, NULL);
  pump (session);
}

static void
on_retry (SiprecAgent *agent, gpointer user_data)
{
  SiprecSession *session = user_data;

  session->wish_timer = NULL;
  pump (session);
}

static gboolean
retry_later (SiprecSession *session, SiprecWish *wish)
{
  gboolean owner = session->dialog && siprec_dialog_is_ours (session->dialog);
  gint first = owner ? OWNER_RETRY_MIN_MS : 0;
  gint last = owner ? OWNER_RETRY_MAX_MS : RETRY_MAX_MS;

  wish->sent = FALSE;
  if (++wish->attempts >= MAX_ATTEMPTS)
    return FALSE;
  session->wish_timer = siprec_agent_add_timer (
      session->agent, (guint)g_random_int_range (first / 10, last / 10 + 1) * 10, on_retry,
      session);
  return TRUE;
}

static void
on_offer_answered (SiprecDialog *dialog, SiprecRequest *response, gpointer user_data)
{
  SiprecSession *session = user_data;
  SiprecWish *wish = g_queue_peek_head (&session->wishes);
  gboolean agreed = response->status < 300;

  if (wish == NULL || session->ending)
    return;
  if (agreed)
    siprec_session_take_answer (session, response);
  else
    siprec_negotiation_discard (session->negotiation);
  if (response->status == 491 && retry_later (session, wish))
    return;
  siprec_negotiation_resume (session->negotiation, agreed, siprec_session_change_line, session);
  finish_first (session, response->status,
                agreed || wish->type == WISH_PAUSE ? NULL : "The client refuses to send again.");
}

/* FALSE if it can't be sent now. */
static gboolean
send_pause (SiprecSession *session, SiprecWish *wish)
{
  gboolean found = wish->type == WISH_PAUSE
                       ? siprec_negotiation_pause (session->negotiation, wish->mline,
                                                   siprec_session_change_line, session)
                       : siprec_negotiation_plan_resume (session->negotiation, wish->mline);

  if (!found) {
    finish_first (session, 0, "There is no such stream.");
    return TRUE;
  }
  wish->sent = siprec_session_send_offer (session, on_offer_answered);
  return wish->sent;
}

static void
on_snapshot_answered (SiprecDialog *dialog, SiprecRequest *response, gpointer user_data)
{
  SiprecSession *session = user_data;

  if (g_queue_is_empty (&session->wishes) || session->ending)
    return;
  if (response->status >= 300)
    session->snapshot_deadline = 0;
  finish_first (session, response->status,
                response->status < 300 ? NULL : "The client refuses to send a snapshot.");
}

static gchar *
make_snapshot_request (const gchar *reason)
{
  g_autofree gchar *text = siprec_event_text (reason ? reason : "", -1);
  g_autofree gchar *escaped = g_markup_escape_text (text, -1);

  return g_strdup_printf ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
                          "<requestsnapshot xmlns=\"urn:ietf:params:xml:ns:recording:1\">"
                          "<requestreason>%s</requestreason></requestsnapshot>\r\n",
                          escaped);
}

/* RFC 7866 section 9.2: always an UPDATE, and never with SDP. */
static gboolean
send_snapshot_request (SiprecSession *session, SiprecWish *wish)
{
  static const gchar *const headers[] = {
      "Require: siprec", "Content-Disposition: recording-session", "Accept: " METADATA, NULL};
  g_autofree gchar *body = make_snapshot_request (wish->reason);
  GstClockTime now = siprec_context_now ();

  if (!siprec_dialog_knows_update (session->dialog)) {
    finish_first (session, 0, "The client doesn't allow UPDATE.");
    return TRUE;
  }
  if (session->snapshot_asked > 0 && now < session->snapshot_asked + SNAPSHOT_INTERVAL) {
    finish_first (session, 0, "A snapshot was requested less than five seconds ago.");
    return TRUE;
  }
  wish->sent = siprec_dialog_request (session->dialog, "UPDATE", headers, METADATA, body,
                                      on_snapshot_answered, session);
  if (!wish->sent)
    return FALSE;
  session->snapshot_asked = now;
  session->snapshot_deadline = now + SNAPSHOT_INTERVAL;
  /* It is news even if nothing has changed. */
  g_clear_pointer (&session->document, g_bytes_unref);
  return TRUE;
}

/* Sees to the first wish, unless that is being done. */
static void
pump (SiprecSession *session)
{
  SiprecWish *wish = g_queue_peek_head (&session->wishes);
  gboolean done;

  if (wish == NULL || wish->sent || session->wish_timer)
    return;
  if (session->started == NULL)
    done = FALSE;
  else if (wish->type == WISH_SNAPSHOT)
    done = send_snapshot_request (session, wish);
  else
    done = send_pause (session, wish);
  if (!done && !retry_later (session, wish)) {
    /* There is none before the session has begun, and who decides on it may take long. */
    if (session->negotiation)
      siprec_negotiation_resume (session->negotiation, FALSE, siprec_session_change_line, session);
    finish_first (session, 0, "The client is busy with changes of its own.");
  }
}

static void
on_wish (SiprecAgent *agent, gpointer user_data)
{
  SiprecWish **place = user_data;
  SiprecWish *wish = *place;
  SiprecSession *session = wish->session;

  if (session->ending)
    return;
  *place = NULL;
  g_queue_push_tail (&session->wishes, wish);
  pump (session);
  g_object_unref (session);
}

/* The SIP thread has taken the wish over, or there is none any more. */
static void
place_free (gpointer user_data)
{
  SiprecWish **place = user_data;

  if (*place) {
    g_autoptr (SiprecSession) session = (*place)->session;

    refuse (*place, 0, "The recording session is over.");
  }
  g_free (place);
}

static void
add_wish (SiprecSession *session, const SiprecWish *wish)
{
  SiprecWish **place = g_new (SiprecWish *, 1);

  *place = g_new (SiprecWish, 1);
  **place = *wish;
  (*place)->session = g_object_ref (session);
  g_mutex_lock (&session->lock);
  if (session->agent)
    siprec_agent_invoke (session->agent, on_wish, g_steal_pointer (&place), place_free);
  g_mutex_unlock (&session->lock);
  g_clear_pointer (&place, place_free);
}

void
siprec_session_pause (SiprecSession *session, gint mline, SiprecWishReply reply, gpointer user_data)
{
  SiprecWish wish = {.type = WISH_PAUSE, .mline = mline, .reply = reply, .user_data = user_data};

  add_wish (session, &wish);
}

void
siprec_session_resume (SiprecSession *session, gint mline, SiprecWishReply reply,
                       gpointer user_data)
{
  SiprecWish wish = {.type = WISH_RESUME, .mline = mline, .reply = reply, .user_data = user_data};

  add_wish (session, &wish);
}

void
siprec_session_request_snapshot (SiprecSession *session, const gchar *reason, SiprecWishReply reply,
                                 gpointer user_data)
{
  SiprecWish wish = {
      .type = WISH_SNAPSHOT, .reason = g_strdup (reason), .reply = reply, .user_data = user_data};

  add_wish (session, &wish);
}
