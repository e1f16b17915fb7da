/* siprec-core: how far the stack has got with the messages of a connection
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../../api.h"

G_BEGIN_DECLS

/**
 * SiprecWindow:
 *
 * The stack copies all that waits in a connection for every message it takes from there, so that a flood costs
 * it the square of its length. Hence the front lets only so much wait; but the kernel doesn't tell it how
 * much has been read. The stack's parser does, in the same process.
 */
typedef struct _SiprecWindow SiprecWindow;

/* @wake: called in any thread, with a lock held, when what siprec_window_await() waits for has come. */
SiprecWindow *siprec_window_new (const gchar *id, void (*wake) (gpointer user_data),
                                 gpointer user_data);
void siprec_window_free (SiprecWindow *window);

/* Number of the last message that the stack has seen. */
guint64 siprec_window_passed (SiprecWindow *window);

/* FALSE if the stack has seen message @number already, else it will be told once. */
gboolean siprec_window_await (SiprecWindow *window, guint64 number);

/* The stack has seen message @number of connection @id, if there still is one. */
void siprec_window_pass (const gchar *id, guint64 number);

G_END_DECLS
