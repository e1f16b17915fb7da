/* siprec-metadata: a SIP message in a file
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* TRUE if @text begins as a SIP message does: a request line or a status line. */
gboolean metadata_is_message (const gchar *text, gsize size);

/**
 * metadata_message_next:
 * @text: (inout): the rest of the input
 * @size: (inout): its bytes
 * @content_type: (out): as sent, or NULL
 * @content_disposition: (out): as sent, or NULL
 *
 * Takes one message off the input. A message without Content-Length takes all that is left. Free what
 * is set with g_free().
 *
 * Returns: (nullable) (transfer full): its body; NULL at the end of the input.
 */
GBytes *metadata_message_next (const gchar **text, gsize *size, gchar **content_type,
                               gchar **content_disposition);

G_END_DECLS
