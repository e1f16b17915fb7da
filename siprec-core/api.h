/* siprec-core: SIP recording (RFC 7866) and its media engine
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Marks a function that programs outside the library may call. Everything else stays hidden. */
#define SIPREC_API __attribute__ ((visibility ("default")))
