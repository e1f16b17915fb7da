/* siprec-core: messages beside the pictures of H.264 and H.265 (SEI)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* TRUE if one of the messages in a SEI unit (without its header) says that decoding may begin here: without key frames,
 * parts of the picture are renewed one after the other (ITU-T H.264 section D.2.8, H.265 section D.3.8). */
gboolean siprec_sei_has_recovery_point (const guint8 *messages, gsize size);

G_END_DECLS
