/* siprec-core: the state of a recording session's metadata (RFC 7865 section 6)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../api.h"

G_BEGIN_DECLS

/* Ids are opaque strings, compared exactly. Times are the text that was sent, or NULL. `extensions` are
 * the elements that aren't of RFC 7865, as XML with their namespaces declared, one after another; or
 * NULL. */

/* A time of an association that is over. */
typedef struct {
  gchar *begin; /* or NULL */
  gchar *end;
} SiprecInterval;

/* Why a call ended, as its SIP Reason header said (RFC 3326). */
typedef struct {
  gchar *protocol; /* "SIP" where none was sent */
  gchar *cause;    /* a number, as sent; or NULL */
  gchar *text;     /* or NULL */
} SiprecReason;

/* A capability that a participant has in a call (RFC 7865 section 6.6.1): "isfocus" is "true". */
typedef struct {
  gchar *name;
  gchar *value; /* or NULL */
} SiprecParam;

typedef struct {
  gchar *aor;  /* as sent; never NULL, empty if there is only a name */
  gchar *name; /* or NULL */
  gchar *lang; /* xml:lang of the name, or NULL */
} SiprecNameId;

typedef struct {
  gchar *id;
  GPtrArray *names; /* SiprecNameId, at least none */
  gchar *extensions;
} SiprecParticipant;

typedef struct {
  gchar *id;
  gchar *session_id; /* or NULL */
  gchar *label;      /* or NULL */
  gchar *extensions;
  gboolean guessed; /* nothing named it: made up for an m-line */
} SiprecStreamInfo;

/* A communication session: the call that is recorded. */
typedef struct {
  gchar *id;
  gchar *group_ref; /* or NULL */
  gchar *start_time;
  gchar *stop_time;
  gchar *associate_time;      /* when this recording began to cover it (sessionrecordingassoc) */
  gchar *disassociate_time;   /* and when it ceased to, though the call may go on */
  GPtrArray *history;         /* SiprecInterval: when it covered it before */
  GPtrArray *sip_session_ids; /* gchar* */
  GPtrArray *reasons;         /* SiprecReason */
  gchar *extensions;
  gchar *recording_extensions; /* those of the sessionrecordingassoc */
} SiprecCall;

typedef struct {
  gchar *id;
  gchar *associate_time;
  gchar *disassociate_time;
  gchar *extensions;
} SiprecGroup;

/* Who takes part in which call. */
typedef struct {
  gchar *participant_id;
  gchar *call_id;
  gchar *associate_time;
  gchar *disassociate_time;
  GPtrArray *history; /* SiprecInterval */
  GPtrArray *params;  /* SiprecParam */
  gchar *extensions;
} SiprecAttendance;

/* Which streams a participant sends and receives. */
typedef struct {
  gchar *participant_id;
  GPtrArray *send; /* gchar*: stream ids */
  GPtrArray *recv;
  gchar *associate_time;
  gchar *disassociate_time;
  GPtrArray *history; /* SiprecInterval */
  gchar *extensions;
  gboolean guessed; /* nothing said so: derived from labels or order */
} SiprecStreamAssoc;

/**
 * SiprecMetadata:
 *
 * All that is known of who takes part in what; each array owns its elements and keeps the document's
 * order. Owned by its session, used on its thread only.
 */
typedef struct {
  gboolean partial;        /* the document said datamode partial; FALSE in a merged state */
  GPtrArray *groups;       /* SiprecGroup */
  GPtrArray *calls;        /* SiprecCall */
  GPtrArray *participants; /* SiprecParticipant */
  GPtrArray *streams;      /* SiprecStreamInfo */
  GPtrArray *attendances;  /* SiprecAttendance */
  GPtrArray *assocs;       /* SiprecStreamAssoc */
  gchar *extensions;
} SiprecMetadata;

SIPREC_API SiprecMetadata *siprec_metadata_new (void);
SIPREC_API void siprec_metadata_free (SiprecMetadata *metadata);
SIPREC_API SiprecMetadata *siprec_metadata_copy (const SiprecMetadata *metadata);

/* How many groups, calls, participants, streams and associations there are. */
SIPREC_API guint siprec_metadata_n_elements (const SiprecMetadata *metadata);

/* Find by id; NULL if there is none. Owned by @metadata. */
SIPREC_API SiprecParticipant *siprec_metadata_participant (const SiprecMetadata *metadata,
                                                           const gchar *id);
SIPREC_API SiprecStreamInfo *siprec_metadata_stream (const SiprecMetadata *metadata,
                                                     const gchar *id);
SIPREC_API SiprecCall *siprec_metadata_call (const SiprecMetadata *metadata, const gchar *id);

/* TRUE if @call is over, or this recording doesn't cover it any more. */
SIPREC_API gboolean siprec_call_has_ended (const SiprecCall *call);
SIPREC_API SiprecStreamAssoc *siprec_metadata_assoc (const SiprecMetadata *metadata,
                                                     const gchar *participant_id);

/* The stream whose label is @label (an a=label of the SDP), or NULL. */
SIPREC_API SiprecStreamInfo *siprec_metadata_stream_by_label (const SiprecMetadata *metadata,
                                                              const gchar *label);

/* The set of the ids of calls that have ended, which @metadata owns. (transfer full) */
SIPREC_API GHashTable *siprec_metadata_ended (const SiprecMetadata *metadata);

/**
 * siprec_metadata_left:
 *
 * Who has left: those with an attendance, all of which have a disassociate-time or belong to a call
 * that has ended (RFC 8068 section 3.2.3). Who attends no call at all is there.
 *
 * Returns: (transfer full): the set of their ids, which @metadata owns.
 */
SIPREC_API GHashTable *siprec_metadata_left (const SiprecMetadata *metadata);

/* The participants that are there and send @stream_id; an array of unowned SiprecParticipant, free
 * with g_ptr_array_unref(). */
SIPREC_API GPtrArray *siprec_metadata_senders (const SiprecMetadata *metadata,
                                               const gchar *stream_id);

/* A name for people: the first name there is, else the first aor without scheme, else the id. */
SIPREC_API const gchar *siprec_participant_display_name (const SiprecParticipant *participant);

/* Element constructors, used by the reader and by tests. Strings are copied. */
SIPREC_API SiprecParticipant *siprec_metadata_add_participant (SiprecMetadata *metadata,
                                                               const gchar *id);
SIPREC_API SiprecStreamInfo *siprec_metadata_add_stream (SiprecMetadata *metadata, const gchar *id);
SIPREC_API SiprecCall *siprec_metadata_add_call (SiprecMetadata *metadata, const gchar *id);
SIPREC_API SiprecGroup *siprec_metadata_add_group (SiprecMetadata *metadata, const gchar *id);
SIPREC_API SiprecAttendance *siprec_metadata_add_attendance (SiprecMetadata *metadata,
                                                             const gchar *participant_id,
                                                             const gchar *call_id);
SIPREC_API SiprecStreamAssoc *siprec_metadata_add_assoc (SiprecMetadata *metadata,
                                                         const gchar *participant_id);
SIPREC_API SiprecNameId *siprec_participant_add_name (SiprecParticipant *participant,
                                                      const gchar *aor, const gchar *name,
                                                      const gchar *lang);
SIPREC_API SiprecReason *siprec_call_add_reason (SiprecCall *call, const gchar *protocol,
                                                 const gchar *cause, const gchar *text);
SIPREC_API SiprecParam *siprec_attendance_add_param (SiprecAttendance *attendance,
                                                     const gchar *name, const gchar *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecMetadata, siprec_metadata_free)

G_END_DECLS
