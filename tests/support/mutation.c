/* Changes of a message at random, of the kinds that parsers fall over.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mutation.h"

static gsize
somewhere (GRand *rand, const GString *text)
{
  return (gsize)g_rand_int_range (rand, 0, (gint)text->len);
}

/* At least one byte from @from on, and not more than there are. */
static gsize
some_of (GRand *rand, const GString *text, gsize from, gint max)
{
  gsize size = (gsize)g_rand_int_range (rand, 1, max);

  return MIN (size, text->len - from);
}

static void
repeat_piece (GRand *rand, GString *text)
{
  gsize from = somewhere (rand, text);
  gsize size = some_of (rand, text, from, 200);
  g_autofree gchar *piece = g_memdup2 (text->str + from, size);

  g_string_insert_len (text, (gssize)somewhere (rand, text), piece, (gssize)size);
}

/* Another number where there is one: lengths, ports, sequence numbers, payload types. */
static void
change_number (GRand *rand, GString *text)
{
  static const gchar *const numbers[] = {
      "0", "-1", "65536", "4294967296", "99999999999999999999999999", "", "1e9", "0x41", "127"};
  gsize at = somewhere (rand, text), size = 0;

  while (at < text->len && !g_ascii_isdigit (text->str[at]))
    at++;
  while (at + size < text->len && g_ascii_isdigit (text->str[at + size]))
    size++;
  g_string_erase (text, (gssize)at, (gssize)size);
  g_string_insert (text, (gssize)at, numbers[g_rand_int_range (rand, 0, G_N_ELEMENTS (numbers))]);
}

static void
change_once (GRand *rand, GString *text)
{
  static const gchar odd[] = "\0\xff\r\n\t ,;:<>\"@=/%[]()*-&?0{}";
  gsize at = somewhere (rand, text);

  switch (g_rand_int_range (rand, 0, 6)) {
  case 0:
    text->str[at] = odd[g_rand_int_range (rand, 0, sizeof odd - 1)];
    break;
  case 1:
    g_string_erase (text, (gssize)at, (gssize)some_of (rand, text, at, 60));
    break;
  case 2:
    repeat_piece (rand, text);
    break;
  case 3:
    change_number (rand, text);
    break;
  case 4:
    if (g_rand_int_range (rand, 0, 8) == 0)
      g_string_truncate (text, at);
    break;
  default:
    text->str[at] = (gchar)(text->str[at] ^ (1 << g_rand_int_range (rand, 0, 8)));
  }
}

void
mutation_apply (GRand *rand, GString *text)
{
  for (gint n = g_rand_int_range (rand, 1, 5); n > 0 && text->len > 0; n--)
    change_once (rand, text);
  /* A datagram takes no more. */
  if (text->len > 60000)
    g_string_truncate (text, 60000);
}
