/* siprec-core: those who are told what is wrong with an endpoint's security
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "guard.h"

G_BEGIN_DECLS

/* For any thread. */
typedef struct _SiprecWarnings SiprecWarnings;

SiprecWarnings *siprec_warnings_new (void);
void siprec_warnings_free (SiprecWarnings *warnings);

/* As siprec_guard_watch() and siprec_guard_unwatch(). */
void siprec_warnings_add (SiprecWarnings *warnings, SiprecGuardWarning warning, gpointer user_data,
                          GDestroyNotify destroy);
void siprec_warnings_remove (SiprecWarnings *warnings, gpointer user_data);

/* Tells all, without locks. */
void siprec_warnings_say (SiprecWarnings *warnings, const gchar *text);

G_END_DECLS
