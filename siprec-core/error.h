/* siprec-core: the errors that functions report
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api.h"

G_BEGIN_DECLS

/* The domain of every GError of this library. */
#define SIPREC_ERROR (siprec_error_quark ())
SIPREC_API GQuark siprec_error_quark (void);

/**
 * SiprecError:
 * @SIPREC_ERROR_SETTINGS: a setting is malformed, or contradicts one already in force
 * @SIPREC_ERROR_ADDRESS: an address or port can't be bound
 * @SIPREC_ERROR_PORTS: no free port pair is left in the range
 * @SIPREC_ERROR_SYNTAX: bytes from the network can't be read as what they claim to be (SIP 400)
 * @SIPREC_ERROR_FORBIDDEN: a call that is no recording session (SIP 403)
 * @SIPREC_ERROR_MEDIA_TYPE: a body is of a type that is not understood (SIP 415)
 * @SIPREC_ERROR_NOT_ACCEPTABLE: an offer has nothing that can be received (SIP 488)
 * @SIPREC_ERROR_STATE: the object is not in a state that allows this (a session already claimed)
 *
 * Messages are whole sentences for the user: they name the value and what would be right.
 */
typedef enum {
  SIPREC_ERROR_SETTINGS,
  SIPREC_ERROR_ADDRESS,
  SIPREC_ERROR_PORTS,
  SIPREC_ERROR_SYNTAX,
  SIPREC_ERROR_FORBIDDEN,
  SIPREC_ERROR_MEDIA_TYPE,
  SIPREC_ERROR_NOT_ACCEPTABLE,
  SIPREC_ERROR_STATE,
} SiprecError;

G_END_DECLS
