/* siprec-core: a session as its endpoint sees it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../body/multipart.h"
#include "../endpoint/endpoint.h"
#include "../metadata/senders.h"
#include "negotiation.h"
#include "../sip/dialog.h"

G_BEGIN_DECLS

/* The addresses in media_address, NULL-terminated, perhaps none. Free with g_strfreev(). */
gchar **siprec_settings_split_addresses (const SiprecSettings *settings);

GST_DEBUG_CATEGORY_EXTERN (siprec_session_debug);

/* How a session ended, as the session.ended event says it. */
typedef enum {
  SIPREC_END_BYE,
  SIPREC_END_HANGUP,
  SIPREC_END_NO_ACK,
  SIPREC_END_FAILED,
  SIPREC_END_EXPIRED,
  SIPREC_END_CANCELLED,
  SIPREC_END_UNCLAIMED,
  SIPREC_END_SHUTDOWN,
} SiprecSessionEnd;

/**
 * SiprecSessionOwner:
 * @released: the claimant gave the session back
 * @ended: the session has ended; the owner drops it
 * @answered: the client has answered our INVITE with an offer; the owner has siprec_session_answer_call() called
 *
 * What the endpoint is told, in the SIP thread, without locks.
 */
typedef struct {
  void (*released) (SiprecSession *session, gpointer user_data);
  void (*ended) (SiprecSession *session, gpointer user_data);
  void (*answered) (SiprecSession *session, gpointer user_data);
} SiprecSessionOwner;

/**
 * SiprecSessionConfig:
 *
 * What a session is made with; borrowed for the life of the session, except @policy, which is copied.
 */
typedef struct {
  SiprecAgent *agent;
  const SiprecSettings *settings;
  const SiprecPolicy *policy;
  const SiprecSessionOwner *owner;
  gpointer owner_data;
  gboolean calls; /* the INVITE is to be ours */
} SiprecSessionConfig;

/*
 * Layout: fields without a remark belong to the SIP thread. Those of the last part are read by claimants and
 * guarded by the lock, which is a leaf.
 */
struct _SiprecSession {
  GObject parent;

  /* Fixed at creation. */
  gchar *id;
  SiprecRequest *invite;
  const SiprecSettings *settings;
  SiprecPolicy policy;
  gchar **codecs;
  const SiprecSessionOwner *owner;
  gpointer owner_data;

  SiprecDialog *dialog;
  SiprecTransaction *transaction; /* the INVITE, until it is answered */
  SiprecNegotiation *negotiation;
  SiprecMetadata *metadata;
  gchar *guess_labels;      /* of the lines that guesses in @metadata were made for */
  SiprecSenders *senders;   /* of @metadata; NULL before the first document */
  GBytes *document;         /* the last metadata document */
  GBytes *initial_metadata; /* of the INVITE, until it is accepted and there are streams */
  gboolean answer_due;      /* the ACK is to bear the answer to an offer of ours */
  GPtrArray *deviations;    /* SiprecDeviation, all that have been seen */
  guint n_deviations_told;
  SiprecRequest *answer;      /* (nullable): the client's 200 to an INVITE of ours */
  SiprecWishReply call_reply; /* (nullable): who is to be told of it */
  gpointer call_data;
  SiprecTimer *claim_timer;
  SiprecTimer *decision_timer;
  GQueue wishes; /* SiprecWish, oldest first; the first is being seen to */
  SiprecTimer *wish_timer;
  GstClockTime snapshot_asked;    /* CLOCK_MONOTONIC, 0 for never */
  GstClockTime snapshot_deadline; /* until then a snapshot is awaited */
  guint n_open_streams;           /* whose NOTICE_ENDED is still to come */
  SiprecSessionEnd end;
  GstClockTime stop; /* the moment of the end, CLOCK_MONOTONIC */
  gchar *end_reason;
  gboolean ending;
  gboolean refresh_refused; /* the client takes no request for a key frame */

  GMutex lock;
  SiprecAgent *agent; /* NULL once closed; the SIP thread reads it without the lock */
  SiprecOffer *offer; /* the one agreed last; likewise */
  SiprecSessionState state;
  GstClockTime start;
  guint64 sequence;
  GQueue events;        /* SiprecEvent, not yet popped */
  gsize event_bytes;    /* what they take, roughly */
  gboolean withheld;    /* events wait until all streams of an answer are among them */
  SiprecEvent *started; /* for a claimant that takes over */
  GPtrArray *added;     /* SiprecEvent: STREAM_ADDED of each present stream */
  gboolean claimed;
  gboolean was_claimed;
  gboolean releasing; /* the SIP thread is going to hear of a release */
  SiprecSessionNotify notify;
  gpointer notify_data;
  GDestroyNotify notify_destroy;
};

/* session.c */

/* A session for @invite. From the SIP thread. */
SiprecSession *siprec_session_new (const SiprecSessionConfig *config, SiprecRequest *invite);

/* While @withheld the claimant gets no events: it takes the streams that are told together for all that an answer has
 * agreed. */
void siprec_session_withhold (SiprecSession *session, gboolean withheld);

/* Gives the next sequence number to @event (taken) and queues it for the claimant. */
void siprec_session_emit (SiprecSession *session, SiprecEvent *event);

/* Emits @event as the session's STREAM_ADDED of the stream it names, or its newer form, with @emit. Takes it. */
void siprec_session_set_added (SiprecSession *session, SiprecEvent *event, gboolean emit);

/* Forgets the STREAM_ADDED of @stream. */
void siprec_session_drop_added (SiprecSession *session, SiprecStream *stream);

/* Makes @offer (taken) the one that claimants see. */
void siprec_session_set_offer (SiprecSession *session, SiprecOffer *offer);

/* The endpoint has let go of the session: nothing is posted to the SIP thread from now on. */
void siprec_session_close (SiprecSession *session);

/* Goes on to @state, which must be one that may follow. */
void siprec_session_set_state (SiprecSession *session, SiprecSessionState state);

/* session-content.c: what messages hold */

#define SIPREC_SDP "application/sdp"

/* For 503 (RFC 3261 section 21.5.4): when to try again. */
#define SIPREC_RETRY_AFTER "Retry-After: 5"

/**
 * SiprecContent:
 * @offer: (nullable)
 * @metadata: (nullable): the first metadata document
 *
 * What a message's body holds for us.
 */
typedef struct {
  SiprecOffer *offer;
  GBytes *metadata;
} SiprecContent;

void siprec_content_clear (SiprecContent *content);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SiprecContent, siprec_content_clear)

/* Fills @content with what @request holds. FALSE with @error if it has to be refused. */
gboolean siprec_session_read_content (SiprecSession *session, SiprecRequest *request,
                                      SiprecContent *content, GError **error);

/* In strict mode a departure from the RFCs that was not told yet is an error. */
gboolean siprec_session_check_strictness (SiprecSession *session, GError **error);

/* TRUE if the INVITE, which holds @content, shows a mark of a recording session. */
gboolean siprec_session_is_recording (SiprecSession *session, const SiprecContent *content);

/* RFC 7866 section 6.1.1: the Contact of a recording client has a feature tag. TRUE if it has one of the
 * spellings that are seen. */
gboolean siprec_session_check_tag (SiprecSession *session, const SiprecRequest *message);

/* Answers @transaction with what RFC 3261 wants for @error. */
void siprec_session_answer_error (SiprecTransaction *transaction, const GError *error);

/* session-media.c: its streams */

/* Which of our addresses reaches @remote, or NULL. */
gchar *siprec_address_towards (const gchar *remote, guint16 port);

/* Makes the negotiation, once it is known that the session is accepted. */
void siprec_session_open_negotiation (SiprecSession *session);

/* Makes @offer (taken, nullable) the one that counts, and notes the video lines that it has in vain. */
void siprec_session_adopt_offer (SiprecSession *session, SiprecOffer *offer);

/* A SiprecLineFunc that also counts the streams. */
void siprec_session_change_line (SiprecLine *line, SiprecLineChange change, gpointer session);

/* session-dialog.c: the SIP side */

/**
 * siprec_session_examine:
 *
 * Reads the INVITE: body, offer, marks of a recording session. Answers the INVITE itself when it is refused.
 *
 * Returns: TRUE if it may be accepted.
 */
gboolean siprec_session_examine (SiprecSession *session, SiprecTransaction *transaction);

/* Makes the dialog, so that CANCEL and decisions can wait. FALSE: refused and answered. */
gboolean siprec_session_open (SiprecSession *session);

/* Answers 200 OK and begins the streams; or answers an error and returns FALSE. */
gboolean siprec_session_accept (SiprecSession *session, guint64 refused_mlines);

/* Answers the INVITE with @status >= 300. */
void siprec_session_refuse (SiprecSession *session, guint status);

/* Ends the session: BYE where the dialog still lives, streams, SESSION_ENDED. @reason as text, or NULL. */
void siprec_session_finish (SiprecSession *session, SiprecSessionEnd end, const gchar *reason);

/* Calls @func with the session after @timeout unless the INVITE is answered or cancelled before. */
void siprec_session_expect_decision (SiprecSession *session, GstClockTime timeout,
                                     SiprecAgentFunc func);

/* (Re)starts the time within which the session must be claimed. */
void siprec_session_expect_claim (SiprecSession *session, GstClockTime timeout);

gboolean siprec_session_send_offer (SiprecSession *session, SiprecDialogResponse response);

/* The SRC's answer to an offer of ours in @message counts, if it is one. */
void siprec_session_take_answer (SiprecSession *session, SiprecRequest *message);

/* The last event is told, once every stream has given its final statistics. */
void siprec_session_complete_end (SiprecSession *session);

/* The first streams are agreed on: their timelines begin where that of the session does. */
void siprec_session_begin (SiprecSession *session);

/* A SiprecAgentFunc's timer of the session's is not to run any more. */
void siprec_session_cancel_timer (SiprecSession *session, SiprecTimer **timer);

extern const SiprecDialogHandler siprec_session_dialog_handler;

/* session-call.c: sessions that we begin */

/* Sends our INVITE, which must be answered within @timeout. */
void siprec_session_call (SiprecSession *session, const SiprecCallee *callee,
                          const gchar *const *headers, GstClockTime timeout);

/* The final response to it. */
void siprec_session_answered (SiprecDialog *dialog, SiprecRequest *response, gpointer session);

/* Answers the offer in the client's 200: ACK, and the session begins. FALSE: it is no use, and has been ended. */
gboolean siprec_session_answer_call (SiprecSession *session, guint64 refused_mlines);

/* Whoever wanted the call is told that it is there. */
void siprec_session_conclude_call (SiprecSession *session);

/* It is given up; told if it wasn't answered yet. */
void siprec_session_drop_call (SiprecSession *session);

/* Ends the session, as @problem has come up. */
void siprec_session_fail_call (SiprecSession *session, guint status, const gchar *problem);

/* What the client said first: its INVITE, or its 200 to ours. */
const SiprecRequest *siprec_session_introduction (SiprecSession *session);

/* session-wish.c: what we want of the client */

/* Nothing more can be wished for: all are refused. */
void siprec_session_drop_wishes (SiprecSession *session);

/* session-refresh.c */

/* Asks for a key frame on @line, unless the client has refused that before. */
void siprec_session_request_refresh (SiprecSession *session, SiprecLine *line);

/* session-metadata.c: who speaks */

/* The lines of the session may be others than before: what was guessed from them is guessed anew. */
void siprec_session_report_offer (SiprecSession *session);

/* Reads @document and reports what it changes; never fails the session. */
void siprec_session_report_metadata (SiprecSession *session, GBytes *document);

/* Those who send on @line, as events have them. (transfer full) */
JsonArray *siprec_session_find_senders (SiprecSession *session, const SiprecLine *line);

/* session-report.c: what happens in the session, as events */

/* SESSION_STARTED from the INVITE. */
void siprec_session_report_start (SiprecSession *session);

/* STREAM_* for a change of a line; a SiprecLineFunc. */
void siprec_session_report_line (SiprecLine *line, SiprecLineChange change, gpointer session);

/* STREAM_UPDATED if those who send on @line are others than were told last. */
void siprec_session_report_senders (SiprecSession *session, SiprecLine *line);

/* DEVIATION for each one seen since the last call. */
void siprec_session_report_deviations (SiprecSession *session);

/* The events for a notice of a stream. */
void siprec_session_report_notice (SiprecSession *session, SiprecLine *line,
                                   const SiprecNotice *notice);

/* SESSION_ENDED with the statistics of all streams. */
void siprec_session_report_end (SiprecSession *session);

G_END_DECLS
