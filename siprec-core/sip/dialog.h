/* siprec-core: one INVITE dialog (RFC 3261 section 12)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "agent.h"

G_BEGIN_DECLS

/**
 * SiprecDialog:
 *
 * Made from an INVITE, the peer's or ours; matched by Call-ID and both tags. Keeps route set, remote target and CSeq, and
 * answers by itself what needs no decision: retransmissions, out-of-order CSeq (500), overlapping
 * INVITEs (500 with Retry-After), glare with a request of ours (491), and in-dialog OPTIONS. It keeps
 * the session timer.
 */
typedef struct _SiprecDialog SiprecDialog;

typedef enum {
  SIPREC_DIALOG_BYE,       /* the peer sent BYE */
  SIPREC_DIALOG_CANCELLED, /* CANCEL came before the final response; 487 has been sent */
  SIPREC_DIALOG_NO_ACK,    /* no ACK for our 2xx; BYE has been sent */
  SIPREC_DIALOG_FAILED,    /* a request of ours got 481 or 408: the peer has forgotten us */
  SIPREC_DIALOG_EXPIRED,   /* nobody refreshed the session in time (RFC 4028); BYE has been sent */
} SiprecDialogEnd;

/**
 * SiprecDialogHandler:
 * @request: INVITE, UPDATE or INFO inside the dialog; answer @transaction now or later
 * @acknowledged: ACK for a 2xx of ours; @ack may bear a body
 * @ended: the dialog is over and will say nothing more. @request is the BYE or CANCEL, else NULL; a BYE
 *   has been answered 200 when this is called, and what @request had brought and is still without answer
 *   487: those transactions are gone. Free the dialog now or later
 * @refresh: (nullable): the session is to be refreshed with a re-INVITE, as the peer doesn't know UPDATE:
 *   send one with the SDP agreed last. FALSE if that isn't possible now
 * @answered: (nullable): the final response to the INVITE of siprec_dialog_call(), or a made-up 408. After a
 *   2xx call siprec_dialog_acknowledge() soon, or siprec_dialog_bye(): the peer repeats it until then. After anything
 *   else the dialog is over: free it now or later
 */
typedef struct {
  void (*request) (SiprecDialog *dialog, SiprecTransaction *transaction, SiprecRequest *request,
                   gpointer user_data);
  void (*acknowledged) (SiprecDialog *dialog, SiprecRequest *ack, gpointer user_data);
  void (*ended) (SiprecDialog *dialog, SiprecDialogEnd end, SiprecRequest *request,
                 gpointer user_data);
  gboolean (*refresh) (SiprecDialog *dialog, gpointer user_data);
  void (*answered) (SiprecDialog *dialog, SiprecRequest *response, gpointer user_data);
} SiprecDialogHandler;

/**
 * siprec_dialog_new:
 * @invite: the transaction of an INVITE outside any dialog
 *
 * Makes the dialog, with a to-tag of ours. The INVITE is still to be answered with
 * siprec_transaction_reply(): a 2xx confirms the dialog, anything else ends it without a call of
 * @ended. A CANCEL before that answers 487 and calls @ended.
 *
 * Returns: the dialog, or NULL if the INVITE has been cancelled meanwhile (@invite is gone then).
 */
SIPREC_API SiprecDialog *siprec_dialog_new (SiprecTransaction *invite,
                                            const SiprecDialogHandler *handler, gpointer user_data);

/**
 * SiprecCallee:
 * @uri: what is called
 * @from: our From header, with a tag
 * @call_id: of the dialog
 * @transport: "udp" or "tcp"
 * @address, @port: where @uri is found
 * @local_address: (nullable): address of ours to call from, if the agent listens on several
 *
 * Whom to call.
 */
typedef struct {
  const gchar *uri;
  const gchar *from;
  const gchar *call_id;
  const gchar *transport;
  const gchar *address;
  guint16 port;
  const gchar *local_address;
} SiprecCallee;

/**
 * siprec_dialog_call:
 * @headers: (nullable): "Name: value" lines, NULL-terminated
 * @handler: copied; with @answered
 * @error: ADDRESS if the agent has no socket of that transport, or nothing can be sent
 *
 * Makes the dialog with an INVITE of ours that has no body: the peer's 2xx is to bear an offer.
 * siprec_dialog_bye() before that sends CANCEL.
 */
SIPREC_API SiprecDialog *siprec_dialog_call (SiprecAgent *agent, const SiprecCallee *callee,
                                             const gchar *const *headers,
                                             const SiprecDialogHandler *handler, gpointer user_data,
                                             GError **error);

/* ACK for the 2xx to our INVITE, with the answer to its offer, or without. */
SIPREC_API void siprec_dialog_acknowledge (SiprecDialog *dialog, const gchar *content_type,
                                           const gchar *body);

/* TRUE if the Call-ID is ours: who has made it waits longer after a glare (RFC 3261 section 14.1). */
SIPREC_API gboolean siprec_dialog_is_ours (SiprecDialog *dialog);

/* Called with the final response to a request of ours, or with a made-up 408 after a timeout. */
typedef void (*SiprecDialogResponse) (SiprecDialog *dialog, SiprecRequest *response,
                                      gpointer user_data);

/**
 * siprec_dialog_request:
 * @method: "UPDATE", "INFO" or "INVITE"; the ACK for an INVITE's 2xx is sent by the dialog
 * @headers: (nullable): "Name: value" lines, NULL-terminated
 * @content_type: (nullable): of @body
 * @body: (nullable): text
 * @response: (nullable): called once unless the dialog ends before
 *
 * Sends a request inside the dialog to where the peer is reachable: the connection or source address
 * that its last request came from, along the route set.
 *
 * Returns: FALSE if it can't be sent: the dialog is not confirmed by ACK, or over; or it bears an offer
 * while another INVITE or offer, of either side, is under way.
 */
SIPREC_API gboolean siprec_dialog_request (SiprecDialog *dialog, const gchar *method,
                                           const gchar *const *headers, const gchar *content_type,
                                           const gchar *body, SiprecDialogResponse response,
                                           gpointer user_data);

/* TRUE if an INVITE or offer of ours could be sent now. */
SIPREC_API gboolean siprec_dialog_may_offer (SiprecDialog *dialog);

/* TRUE if the peer has listed UPDATE in an Allow header. */
SIPREC_API gboolean siprec_dialog_knows_update (SiprecDialog *dialog);

/**
 * siprec_dialog_bye:
 * @reason: (nullable): value of a Reason header (RFC 3326), "SIP;cause=200;text=\"...\""
 *
 * Ends the dialog from our side; @ended isn't called. Any answer (also 405, 481 or none) is the end.
 * Before the INVITE has been answered it answers 480 instead; before ACK it waits for that or its timeout.
 * The dialog frees itself: don't touch it after this.
 */
SIPREC_API void siprec_dialog_bye (SiprecDialog *dialog, const gchar *reason);

/* Frees a dialog that has ended, or forgets one without telling the peer. */
SIPREC_API void siprec_dialog_free (SiprecDialog *dialog);

G_END_DECLS
