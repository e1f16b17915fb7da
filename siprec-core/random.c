/* Secrets and names that nobody can guess.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "random.h"

#include <openssl/rand.h>

gchar *
siprec_random_hex (gsize n_bytes)
{
  g_autofree guchar *bytes = g_malloc (n_bytes);
  GString *text = g_string_sized_new (2 * n_bytes);

  /* Without randomness nothing here is safe. */
  if (RAND_bytes (bytes, n_bytes) != 1)
    g_error ("OpenSSL has no random numbers");
  for (gsize i = 0; i < n_bytes; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (text, FALSE);
}
