/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

/* The dashes are part of the name. */
/* clang-format off */
G_DEFINE_QUARK (siprec-error-quark, siprec_error)
/* clang-format on */
