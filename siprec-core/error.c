/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"

/* clang-format off: the dashes are part of the name */
G_DEFINE_QUARK (siprec-error-quark, siprec_error)
/* clang-format on */
