/* siprec-core: what is left out of events before anybody reads them (RFC 7865 section 10)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "event.h"

G_BEGIN_DECLS

/* Constant. */
typedef struct _SiprecFilter SiprecFilter;

/* Reads a comma list of names of members of events' data: "dtmf" hasn't one, "digit" has. A name clears the
 * member wherever it is, texts and lists alike, and the SIP header of that name; "name:hash" puts a keyed hash in its place, by which
 * the same text is known again within this process, but not what it is. "people" stands for all that can tell who
 * somebody is. Returns: NULL with a SETTINGS error if an item is malformed */
SIPREC_API SiprecFilter *siprec_filter_new (const gchar *text, GError **error);
SIPREC_API void siprec_filter_free (SiprecFilter *filter);

/* @event as it may be seen: metadata documents are cleared as a whole, since nobody can tell what they say
 * in other words. (transfer full) */
SIPREC_API SiprecEvent *siprec_filter_apply (const SiprecFilter *filter, SiprecEvent *event);

/* @text, the value of member @name, as it may be seen. (transfer full) */
SIPREC_API gchar *siprec_filter_text (const SiprecFilter *filter, const gchar *name,
                                      const gchar *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecFilter, siprec_filter_free)

G_END_DECLS
