/* What a program takes of the machine.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include <glib.h>

static inline guint
footprint_open_files (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  return n;
}

/* Resident memory, in KiB. */
static inline gsize
footprint_resident (void)
{
  g_autofree gchar *status = NULL;
  const gchar *line;

  g_file_get_contents ("/proc/self/status", &status, NULL, NULL);
  line = status ? strstr (status, "VmRSS:") : NULL;
  return line ? g_ascii_strtoull (line + strlen ("VmRSS:") + strspn (line + 6, " \t"), NULL, 10)
              : 0;
}
