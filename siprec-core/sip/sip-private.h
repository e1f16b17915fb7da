/* siprec-core: what the files of this folder share
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "agent-private.h"
#include "dialog.h"
#include "sockets.h"
#include "sofia.h"

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN (siprec_sip_debug);
#define GST_CAT_DEFAULT siprec_sip_debug

#define SIPREC_ALLOW "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK"

/* A reply with no body; @headers may be NULL. */
#define SIPREC_REPLY(code, header_lines)                                                           \
  (&(SiprecReply){.status = (code), .headers = (header_lines)})

/* agent.c */

nta_agent_t *siprec_agent_nta (SiprecAgent *agent);
SiprecSockets *siprec_agent_sockets (SiprecAgent *agent);

void siprec_agent_request (SiprecAgent *agent, SiprecTransaction *transaction,
                           SiprecRequest *request);

/* FALSE if the user has answered it. */
gboolean siprec_agent_admits (SiprecAgent *agent, SiprecTransaction *transaction,
                              SiprecRequest *request, gboolean in_dialog);

/* @transaction, an INVITE outside any dialog, is being refused. */
void siprec_agent_tell_refusal (SiprecAgent *agent, const SiprecRequest *invite,
                                const SiprecReply *reply);

/* The queue frees its members when the agent stops. */
GQueue *siprec_agent_dialogs (SiprecAgent *agent);
GQueue *siprec_agent_transactions (SiprecAgent *agent);

/* Those that requests can be for, by their key. */
GHashTable *siprec_agent_dialog_table (SiprecAgent *agent);

/* The shortest session interval that is accepted, in seconds. */
guint siprec_agent_session_minimum (SiprecAgent *agent);

/* TRUE if the thread doesn't keep up: new calls are to be refused, which costs little. */
gboolean siprec_agent_is_overloaded (SiprecAgent *agent, const SiprecRequest *request);

/* Contact of ours for a peer that reaches us where @request arrived. */
gchar *siprec_agent_contact (SiprecAgent *agent, const SiprecRequest *request);

/* message.c */

/* Copies the message that is being delivered. @tport_out: a new reference to where it came from. */
SiprecRequest *siprec_message_copy (nta_agent_t *nta, msg_t *msg, tport_t **tport_out);

/* TRUE if bytes are missing at its end. */
gboolean siprec_message_is_cut (const sip_t *sip);

/* Adds "Name: value" lines; one that sofia refuses is left out, with a warning. */
void siprec_message_add_lines (msg_t *msg, const gchar *const *lines);

gboolean siprec_lines_have (const gchar *const *lines, const gchar *name);

/* transaction.c */

/* The leg that all requests come to. */
nta_leg_t *siprec_transaction_default_leg (SiprecAgent *agent);

/* For the agent's end. */
void siprec_transaction_free (SiprecTransaction *transaction);

/* Refuses what is cut, or requires something that we can't do. TRUE if it has. */
gboolean siprec_transaction_refuse (SiprecTransaction *transaction);

SiprecDialog *siprec_transaction_dialog (SiprecTransaction *transaction);
SiprecAgent *siprec_transaction_agent (SiprecTransaction *transaction);
SiprecRequest *siprec_transaction_request (SiprecTransaction *transaction);
nta_incoming_t *siprec_transaction_irq (SiprecTransaction *transaction);
tport_t *siprec_transaction_tport (SiprecTransaction *transaction);
void siprec_transaction_set_dialog (SiprecTransaction *transaction, SiprecDialog *dialog);

/* reply.c */

/* Sends @reply, if it can be sent: nta_incoming_status() tells. */
void siprec_reply_send (SiprecTransaction *transaction, const SiprecReply *reply);

/* dialog-table.c */

GHashTable *siprec_dialog_table_new (void);

/* The dialog that a request belongs to, or NULL. */
SiprecDialog *siprec_dialog_find (SiprecAgent *agent, const sip_t *sip);

/* dialog.c */

void siprec_dialog_receive (SiprecDialog *dialog, SiprecTransaction *transaction);

/* A final response to @transaction is about to be forgotten. With a 2xx to INVITE the dialog takes
 * @irq over, to wait for the ACK. */
gboolean siprec_dialog_answered (SiprecDialog *dialog, SiprecTransaction *transaction, guint status,
                                 nta_incoming_t *irq);

/* Lines for the 2xx to an INVITE or UPDATE of the peer, NULL-terminated. (transfer full) */
gchar **siprec_dialog_accept_lines (SiprecDialog *dialog, SiprecTransaction *transaction);

/* CANCEL came for @transaction, which has been answered 487. */
void siprec_dialog_cancelled (SiprecDialog *dialog, SiprecTransaction *transaction,
                              SiprecRequest *cancel);

G_END_DECLS
