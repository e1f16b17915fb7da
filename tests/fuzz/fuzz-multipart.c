/* Fuzz target: message bodies. The first line of the input is the Content-Type
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <string.h>

#include "siprec-core/body/multipart.h"
#include "siprec-core/deviation.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const uint8_t *end = size > 0 ? memchr (data, '\n', size) : NULL;
  if (end == NULL)
    return 0;

  g_autofree gchar *type = g_strndup ((const gchar *)data, end - data);
  g_autoptr (GBytes) body = g_bytes_new (end + 1, size - (end + 1 - data));
  g_autoptr (GPtrArray) deviations = siprec_deviations_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) parts = siprec_body_split (type, type, body, deviations, &error);

  g_assert ((parts == NULL) == (error != NULL));
  g_assert (parts == NULL || parts->len <= 32);
  return 0;
}
