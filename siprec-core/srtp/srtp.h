/* siprec-core: the SRTP of one stream, over changes of keys
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transform.h"

G_BEGIN_DECLS

/* What packets of the client are opened with: the keys agreed last, and those before them for as long as packets
 * on their way may bear them; and what our reports are sealed with. For one thread. */
typedef struct _SiprecSrtp SiprecSrtp;

/* One without keys: nothing can be opened yet. */
SIPREC_API SiprecSrtp *siprec_srtp_new (void);
SIPREC_API void siprec_srtp_free (SiprecSrtp *srtp);

/* New keys of ours and of the client; those that are the same as before go on as they are. FALSE if a transform
 * can't be had. */
SIPREC_API gboolean siprec_srtp_set_keys (SiprecSrtp *srtp, const SiprecKeying *local,
                                          const SiprecKeying *remote);

/* The suite that the client uses, or NULL while there are no keys. */
SIPREC_API const SiprecSuite *siprec_srtp_get_suite (const SiprecSrtp *srtp);

/* As siprec_transform_open_rtp() and its kin. */
SIPREC_API SiprecTransformResult siprec_srtp_open (SiprecSrtp *srtp, gboolean rtcp,
                                                   const guint8 *data, gsize size,
                                                   GstClockTime arrival, guint8 *out,
                                                   gsize *out_size);
SIPREC_API gboolean siprec_srtp_seal_rtcp (SiprecSrtp *srtp, const guint8 *data, gsize size,
                                           guint8 *out, gsize *out_size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecSrtp, siprec_srtp_free)

G_END_DECLS
