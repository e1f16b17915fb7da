/* siprec-core: one metadata document while it is read
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "index.h"
#include "limits.h"
#include "model.h"
#include "xmltree.h"

G_BEGIN_DECLS

#define SIPREC_DOCUMENT_NS "urn:ietf:params:xml:ns:recording:1"

/* Of the element <other> that holds, in documents that we write, what may not stand there bare. */
#define SIPREC_DOCUMENT_NS_OTHER "urn:gst-siprec:metadata:1"

#define SIPREC_DOCUMENT_MAX_TEXT 1024 /* bytes of a name, an address, a label */
#define SIPREC_DOCUMENT_MAX_TIME 64

/* @elements finds what the document has named so far, by kind and id. */
typedef struct {
  SiprecMetadata *metadata;
  GPtrArray *deviations;
  SiprecMetadataLimits limits; /* without zeros */
  const xmlNode *root;         /* what holds the metadata */
  GHashTable *elements;        /* "participant:<id>" -> element of @metadata */
  GHashTable *declared;        /* id -> the kind of element that bears it */
} SiprecDocument;

/* The first element from @node on, among its siblings, that isn't extension data; NULL if none is. */
const xmlNode *siprec_document_next (const SiprecDocument *document, const xmlNode *node);

#define SIPREC_DOCUMENT_FOR_EACH(document, node, child)                                            \
  for (const xmlNode *child = siprec_document_next (document, (node)->children); child;            \
       child = siprec_document_next (document, child->next))

/* An opaque id, without white space: RFC 8068 has line breaks in the middle of them. Free with
 * g_free(). NULL if it is empty or too long. */
gchar *siprec_document_id (SiprecDocument *document, const xmlNode *node);

/* The id in attribute @name, or in @draft_name as drafts of the RFC called it. */
gchar *siprec_document_id_attribute (SiprecDocument *document, const xmlNode *node,
                                     const gchar *name, const gchar *draft_name);

/* The same; that there is none is noted. */
gchar *siprec_document_required_id (SiprecDocument *document, const xmlNode *node,
                                    const gchar *name, const gchar *draft_name);

/* The element of this @kind and @id, made with @add if the document hasn't named it before. */
gpointer siprec_document_find_or_add (SiprecDocument *document, const gchar *kind, const gchar *id,
                                      SiprecMetadataAddFunc add);

/* The same for the element's own place. RFC 7865 section 6.10: one id names one element; a second one
 * is noted and adds to the first. */
gpointer siprec_document_declare (SiprecDocument *document, const gchar *kind, const gchar *id,
                                  SiprecMetadataAddFunc add);

/* Notes that @child stands in @parent, as in drafts. */
void siprec_document_note_draft (SiprecDocument *document, const xmlNode *parent,
                                 const xmlNode *child);

/* Reads a time as it was sent; another form than that of RFC 7865 section 6.9 is noted. */
void siprec_document_time (SiprecDocument *document, const xmlNode *node, gchar **time);

/* TRUE if @node is one of the times that associations have, which is read. */
gboolean siprec_document_association_time (SiprecDocument *document, const xmlNode *node,
                                           gchar **associate, gchar **disassociate);

/* Adds what @node has beside the elements named in @known to @extensions. */
void siprec_document_extensions (SiprecDocument *document, const xmlNode *node,
                                 const gchar *const *known, gchar **extensions);

/* Sets @to to @value, which it takes; NULL leaves it. */
void siprec_document_set (gchar **to, gchar *value);

/* The association of a participant with streams. */
SiprecStreamAssoc *siprec_document_assoc (SiprecDocument *document, const gchar *participant_id);

/* TRUE if @node is a send or recv, wherever it stands, which is read. */
gboolean siprec_document_direction (SiprecDocument *document, const xmlNode *node,
                                    SiprecStreamAssoc *assoc);

/* The readers of the three association elements. */
void siprec_document_session_recording (SiprecDocument *document, const xmlNode *node);
void siprec_document_attendance (SiprecDocument *document, const xmlNode *node);
void siprec_document_stream_assoc (SiprecDocument *document, const xmlNode *node);

G_END_DECLS
