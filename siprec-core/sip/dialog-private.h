/* siprec-core: the inside of a dialog, for the files that share it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "session-timer.h"
#include "sip-private.h"

G_BEGIN_DECLS

typedef enum {
  DIALOG_INVITED,   /* the INVITE has no final response */
  DIALOG_CALLING,   /* ours has none */
  DIALOG_ACCEPTED,  /* 2xx sent, ACK not seen */
  DIALOG_CONFIRMED, /* ACK seen */
  DIALOG_LEAVING,   /* our BYE is on its way */
  DIALOG_OVER,
} SiprecDialogState;

/* Its text is that of a dialog's headers, or of a request's. */
typedef struct {
  const gchar *call_id;
  const gchar *local_tag;
  const gchar *remote_tag;
} SiprecDialogKey;

/**
 * @key: while the agent finds the dialog by it, else all NULL
 * @home: of the sofia headers below it: what our requests are made of
 * @routes: the Record-Route headers of the INVITE
 * @pending: of SiprecTransaction: requests of the peer that the handler has not answered
 * @unacked: the INVITE transaction whose 2xx waits for ACK, ours until then
 * @ours: the Call-ID is ours
 * @offered: that 2xx bears an offer of ours; the ACK is to bear the answer
 * @call: our INVITE that makes the dialog, until its 2xx is acknowledged
 * @clients: of SiprecClient: requests of ours without final response
 * @last: the last message of the peer: where it can be reached
 * @tport: the connection or socket that @last came by
 * @peer_updates: the peer has listed UPDATE in an Allow header
 * @silent: siprec_dialog_bye() was called: no callbacks any more, and the dialog frees itself
 * @bye_waits: BYE is to be sent as soon as the ACK is here
 *
 * One reference is the user's (or the dialog's own when @silent), others are held by callbacks that
 * run.
 */
struct _SiprecDialog {
  gint ref_count;
  SiprecAgent *agent;
  SiprecDialogHandler handler;
  gpointer user_data;
  GList link;

  SiprecDialogState state;
  SiprecDialogKey key;
  guint32 remote_cseq;

  su_home_t home[1];
  sip_call_id_t *call_id;
  sip_from_t *local;
  sip_to_t *remote;
  sip_record_route_t *routes;
  sip_contact_t *target;
  guint32 local_cseq;

  SiprecTransaction *initial;
  GQueue pending;
  nta_incoming_t *unacked;
  gboolean offered;
  gboolean ours;
  nta_outgoing_t *call;
  GQueue clients;

  SiprecRequest *last;
  tport_t *tport;
  gboolean peer_updates;
  SiprecSessionTimer session_timer;

  gboolean silent;
  gboolean bye_waits;
  gchar *bye_reason;
  nta_outgoing_t *bye;
  SiprecTimer *failure;
};

/* dialog.c */

void siprec_dialog_unref (SiprecDialog *dialog);

/* Everything of the dialog in the stack goes, then @ended is called. */
void siprec_dialog_end (SiprecDialog *dialog, SiprecDialogEnd end, SiprecRequest *request);

/* Learns from the headers of a request or response what the peer can do. */
void siprec_dialog_learn_abilities (SiprecDialog *dialog, const SiprecRequest *message);

/* Makes the Contact of @sip the target of our requests (RFC 3261 section 12.2); @raw (nullable) is
 * its text, which helps if sofia can't read it. If it is of no use the target stays. */
void siprec_dialog_retarget (SiprecDialog *dialog, const sip_t *sip, const gchar *raw);

/* TRUE if an INVITE of the peer has no final response yet or no ACK, or an UPDATE no response. */
gboolean siprec_dialog_peer_busy (SiprecDialog *dialog);

/* The peer has sent @message by @tport, and is reached that way from now on. */
void siprec_dialog_remember_source (SiprecDialog *dialog, SiprecRequest *message, tport_t *tport);

/* dialog-table.c */

/* Requests find the dialog from now on, by the Call-ID and the tags that it has. */
void siprec_dialog_appear (SiprecDialog *dialog);

/* And now no more. */
void siprec_dialog_disappear (SiprecDialog *dialog);

/* dialog-request.c */

/**
 * @lines: (nullable): "Name: value", NULL-terminated
 * @content_type: (nullable): of @body
 * @cseq, @branch: for ACK, those of its INVITE
 *
 * A request of ours.
 */
typedef struct {
  sip_method_t method;
  const gchar *name;
  const gchar *const *lines;
  const gchar *content_type;
  const gchar *body;
  const sip_cseq_t *cseq;
  const gchar *branch;
} SiprecOutgoing;

/* Sends it along the route set, or to where the peer is reached. NULL if that can't be. */
nta_outgoing_t *siprec_dialog_send (SiprecDialog *dialog, const SiprecOutgoing *out,
                                    nta_response_f *callback, gpointer magic);

/* ACK for the 2xx to @invite. */
void siprec_dialog_send_ack (SiprecDialog *dialog, nta_outgoing_t *invite,
                             const gchar *content_type, const gchar *body);

/* A copy of the final response to @orq; a made-up 408 without @sip. @tport: (nullable): where it came
 * from, NULL for nowhere. */
SiprecRequest *siprec_dialog_copy_response (SiprecDialog *dialog, nta_outgoing_t *orq,
                                            const sip_t *sip, tport_t **tport);

/* TRUE if an INVITE of ours, or an UPDATE with an offer, is under way. */
gboolean siprec_dialog_we_offer (SiprecDialog *dialog);

/* TRUE if a body of this type may bear an SDP offer. */
gboolean siprec_body_has_offer (const gchar *content_type, const gchar *body, gsize length);

/* Sends BYE; @ours: the dialog waits for the response and frees itself then, else nobody waits. */
void siprec_dialog_send_bye (SiprecDialog *dialog, const gchar *reason, gboolean ours);

/* Forgets our requests; their callbacks are not called. */
void siprec_dialog_drop_clients (SiprecDialog *dialog);

/* dialog-call.c */

/* CANCEL for our INVITE; the dialog frees itself when that is over. */
void siprec_dialog_cancel (SiprecDialog *dialog);

G_END_DECLS
