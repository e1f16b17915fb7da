/* The inside of a recording client: its calls, its messages, its offers, its media.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "caller.h"

/* How long it waits for what must come. */
#define CALLER_TIMEOUT_US (5 * G_USEC_PER_SEC)

struct _Caller {
  GSocket *sip;
  gboolean tcp;
  GSocket *listener; /* (nullable): for a call of the recorder over TCP */
  GString *stream;   /* received over TCP, not yet cut into messages */
  gchar *host;
  guint16 port;
  guint16 own_port;
  gint64 patience; /* microseconds */

  gchar *call_id;
  gchar *tag;
  gchar *to_tag; /* ";tag=..." or "" */
  gchar *target;
  guint cseq;
  guint invite_cseq;
  guint branch;
  guint sdp_version;
  gchar *sent; /* the last request, resent over UDP */
  gsize sent_size;
  gchar *sent_method;
  gchar *last;
  gchar *answer;       /* the last SDP answer */
  const gchar *status; /* (nullable): what requests of the recorder get */
  gchar *own_answer;   /* (nullable): to offers of the recorder */

  GSocket *rtp[CALLER_MAX_STREAMS];
  guint16 rtp_port[CALLER_MAX_STREAMS];
  guint16 seq[CALLER_MAX_STREAMS];
  guint32 timestamp[CALLER_MAX_STREAMS];
  guint n_restarts[CALLER_MAX_STREAMS];
  gint64 lateness;                       /* microseconds */
  gchar *proto[CALLER_MAX_STREAMS];      /* (nullable) */
  gchar *attributes[CALLER_MAX_STREAMS]; /* (nullable) */
  Sealer *sealer[CALLER_MAX_STREAMS];    /* (nullable) */
};

void caller_send_text (Caller *caller, const gchar *text);

/* The next message within @timeout_us, or NULL. (transfer full) */
gchar *caller_receive_message (Caller *caller, gint64 timeout_us);

/* The value of header @name of @message, or NULL. (transfer full) */
gchar *caller_find_header (const gchar *message, const gchar *name);

const gchar *caller_body_of (const gchar *message);

/* @message (transfer full) is the last one from now on. */
void caller_keep (Caller *caller, gchar *message);

/* Answers a request of the recorder as caller_set_status() and caller_set_answer() say. */
void caller_answer_request (Caller *caller, const gchar *request);

/* Sends @message (transfer full), a request of @method, and again while no response comes. */
void caller_send_message (Caller *caller, const gchar *method, gchar *message, gsize size);

/* host:port of the SIP socket. (transfer full) */
gchar *caller_own_address (Caller *caller);

/* Sends a request with this CSeq, or with the next one and a branch of its own. */
void caller_send_numbered (Caller *caller, const gchar *method, guint cseq, const gchar *headers,
                           const gchar *content_type, const gchar *body);
void caller_send_request (Caller *caller, const gchar *method, const gchar *headers,
                          const gchar *content_type, const gchar *body);

/* The status of the final response, 0 if none comes in time. */
guint caller_await_response (Caller *caller, const gchar *method, guint cseq);

/* An offer of @n_streams lines, or of @lines; a new version each. (transfer full) */
gchar *caller_make_sdp (Caller *caller, guint n_streams, const gchar *direction);
gchar *caller_make_lines (Caller *caller, const gchar *const *lines);

/* A document of @n_streams parties, the second called @second unless NULL. (transfer full) */
gchar *caller_make_metadata (guint n_streams, const gchar *second);

/* Both, as multipart/mixed;boundary=caller. (transfer full) */
gchar *caller_make_body (Caller *caller, guint n_streams, const gchar *direction);
