/* Debian's rtpengine as a process of ours, asked in its ng protocol.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

typedef struct {
  GPid pid;
  gint control; /* socket of the ng protocol */
  guint cookie;
} Rtpengine;

/* In userspace, at 127.0.0.1, with these options more (nullable). It ends with this process at the latest. FALSE if it
 * isn't installed, or doesn't answer. */
gboolean rtpengine_start (Rtpengine *engine, const gchar *const *options);
void rtpengine_stop (Rtpengine *engine);

/* Adds to a command. */
void rtpengine_add (GString *command, const gchar *key, const gchar *value);

/* Sends a command, a dictionary in bencoding without its "d" and "e", till it is answered; NULL if it never is. Free
 * with g_free(). */
gchar *rtpengine_ask (Rtpengine *engine, const gchar *command);
