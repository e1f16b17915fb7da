/* siprec-core: departures from RFC 7865 that change nothing in what is read
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "document.h"

G_BEGIN_DECLS

/* Notes what the schema of RFC 7865 section 9 has otherwise in @container: the order of elements, unknown ones, the form of
 * ids, addresses, Session-IDs, and times that can't be. */
void siprec_document_check (SiprecDocument *document, const xmlNode *container);

G_END_DECLS
