/* What a program takes of the machine.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

guint footprint_open_files (void);
guint footprint_threads (void);

/* Tells what they are, for whoever has to find out why they are still there. */
void footprint_print_files (void);

/* Resident memory, in KiB. */
gsize footprint_resident (void);
