/* A recording client for tests, on plain sockets: it knows nothing of the code under test.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "sealer.h"

/**
 * Caller:
 *
 * Places one call at a time. Every function that sends a request waits for its final response, for five
 * seconds at most, and returns the status, 0 if none came. Requests of the recorder (BYE, UPDATE) are
 * answered 200 while it waits, or by caller_await().
 */
typedef struct _Caller Caller;

#define CALLER_MAX_STREAMS 8

/* A client for a recorder that listens on @uri ("sip:127.0.0.1:5060;transport=udp", the first of a comma
 * list), over TCP if @tcp. Its RTP sockets are on free ports. */
Caller *caller_new (const gchar *uri, gboolean tcp);

/* Waits for responses @milliseconds in place of five seconds. */
void caller_set_patience (Caller *caller, guint milliseconds);

/* Closes its sockets; a call still up is forgotten. */
void caller_free (Caller *caller);

/* INVITE with an offer of @n_streams PCMU lines labelled "1", "2"... of @direction, and metadata of as many
 * parties; then ACK. */
guint caller_invite (Caller *caller, guint n_streams, const gchar *direction);

/* INVITE with a body of one's own, then ACK. @headers are whole lines with CRLF, or NULL. */
guint caller_invite_with (Caller *caller, const gchar *headers, const gchar *content_type,
                          const gchar *body);

/* INVITE with an SDP of these m-lines, NULL-terminated; then ACK. In each, PORT stands for the line's RTP port. */
guint caller_invite_lines (Caller *caller, const gchar *const *lines);

/* The same as a re-INVITE. */
guint caller_reinvite_lines (Caller *caller, const gchar *const *lines);

/* Begins a call of one's own messages: a new Call-ID and tag. */
void caller_begin (Caller *caller);

/* A word for the next message: "target", "tag", "to-tag" (";tag=..." or nothing), "call-id", "cseq", "branch", "own"
 * (host:port), "host" (the recorder's), "transport", "version" (of the SDP) or "rtp0" (port of line 0). Free with
 * g_free(); NULL if there is none of that name. */
gchar *caller_word (Caller *caller, const gchar *name);

/* Sets "tag" or "call-id" of the call begun. */
void caller_set_word (Caller *caller, const gchar *name, const gchar *value);

/* Sends a whole message. With @wait the final response is awaited, and acknowledged if it is for an INVITE. */
guint caller_send_whole (Caller *caller, const gchar *message, gsize size, gboolean wait);

/* The ACK of the next INVITE bears @sdp; NULL for none. Answers requests of the recorder with it too. */
void caller_set_answer (Caller *caller, const gchar *sdp);

/* Sends the INVITE of caller_invite() and returns at once. */
void caller_invite_only (Caller *caller, guint n_streams);

/* Waits for the final response to what was sent last, and acknowledges it if it is for an INVITE. */
guint caller_finish (Caller *caller);

/* re-INVITE with a new direction for all lines and @n_streams of them; no metadata. */
guint caller_reinvite (Caller *caller, guint n_streams, const gchar *direction);

/* UPDATE with metadata only, @second being the new name of the second party. */
guint caller_update (Caller *caller, const gchar *second);

/* Any other request inside the dialog. */
guint caller_request (Caller *caller, const gchar *method, const gchar *content_type,
                      const gchar *body);

/* The next request has the CSeq after @cseq. Returns the one that was used last. */
guint caller_set_cseq (Caller *caller, guint cseq);

/* BYE; the caller can place another call then. */
guint caller_bye (Caller *caller);

/* CANCEL of an INVITE under way. Returns the status of the CANCEL. */
guint caller_cancel (Caller *caller);

/* OPTIONS outside of any dialog. */
guint caller_options (Caller *caller);

/* Requests of the recorder get @status ("491 Pending"); NULL for 200 again. Allow is sent with every request. */
void caller_set_status (Caller *caller, const gchar *status);

/* Waits up to five seconds for a request of @method from the recorder and answers it. */
gboolean caller_await (Caller *caller, const gchar *method);

/* Where the recorder can call: a SIP URI to be freed with g_free(). */
gchar *caller_uri (Caller *caller);

/* Waits for the INVITE of a recorder that calls, and answers 180. */
gboolean caller_ring (Caller *caller);

/* Answers it: @status ("486 Busy Here", "200 OK"), and for 200 an offer of @n_streams lines with their metadata, or
 * nothing for 0. FALSE if no ACK comes. */
gboolean caller_answer (Caller *caller, const gchar *status, guint n_streams);

/* TRUE if nothing comes within @milliseconds. */
gboolean caller_is_left_alone (Caller *caller, guint milliseconds);

/* The last message received, whole; owned by the caller. */
const gchar *caller_last (Caller *caller);

/* The value of header @name in the last message, free with g_free(), or NULL. */
gchar *caller_header (Caller *caller, const gchar *name);

/* The recorder's RTP port of line @stream (from 0) in the last answer; 0 if refused. */
guint16 caller_port (Caller *caller, guint stream);

/* Sends one RTP packet of line @stream: 20 ms of PCMU, all bytes @value, with the next sequence number and
 * timestamp. */
void caller_send (Caller *caller, guint stream, guint8 value);

/* The same with a payload of one's own, of 160 octets. */
void caller_send_frame (Caller *caller, guint stream, const guint8 *payload);

/* Leaves out @n packets: sequence number and timestamp go on. */
void caller_skip (Caller *caller, guint stream, guint n);

/* Makes line @stream another source: SSRC, sequence number and timestamp are new. */
void caller_restart (Caller *caller, guint stream);

/* Sends @n packets on each of @n_streams lines, 20 ms apart. */
void caller_talk (Caller *caller, guint n_streams, guint n);

/* By how much caller_talk() fell behind at most, in nanoseconds: on a loaded machine what it sends is off by as much. */
guint64 caller_get_lateness (Caller *caller);

/* Waits up to @timeout_us for a datagram on the RTP socket of line @stream, which with a=rtcp-mux is RTCP. Returns
 * its size, 0 if none came. */
gsize caller_receive (Caller *caller, guint stream, guint8 *data, gsize size, gint64 timeout_us);

/* Sends one RTP packet as it is. */
void caller_send_raw (Caller *caller, guint stream, const guint8 *packet, gsize size);

/* Offers of line @stream have the transport @proto and these attributes (whole lines) from now on; NULL for RTP/AVP
 * and none. */
void caller_set_media (Caller *caller, guint stream, const gchar *proto, const gchar *attributes);

/* caller_send() protects the packets of line @stream with @sealer, which stays with whoever gave it; NULL for plain
 * ones again. */
void caller_set_sealer (Caller *caller, guint stream, Sealer *sealer);

/* The next sequence number of line @stream. */
void caller_set_seq (Caller *caller, guint stream, guint16 seq);

/* The value of attribute @name of line @stream in the last answer, free with g_free(), or NULL. */
gchar *caller_attribute (Caller *caller, guint stream, const gchar *name);

/* The socket that line @stream sends from. */
GSocket *caller_socket (Caller *caller, guint stream);
