/* siprec-core: reads the bits of a header
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SiprecBits:
 * @overrun: more was read than there is; what was read beyond is 0
 *
 * Reads big-endian bits. Of a NAL unit the emulation prevention bytes are left out (ITU-T H.264
 * section 7.3.1), which does no harm to headers of other codecs as long as @escaped is FALSE.
 */
typedef struct {
  const guint8 *data;
  gsize size;
  gsize byte;
  guint bit;
  guint zeros;
  gboolean escaped;
  gboolean overrun;
} SiprecBits;

static inline SiprecBits
siprec_bits (const guint8 *data, gsize size, gboolean escaped)
{
  return (SiprecBits){.data = data, .size = size, .escaped = escaped};
}

/* The next @n bits, 32 at most. */
guint32 siprec_bits_read (SiprecBits *bits, guint n);

void siprec_bits_skip (SiprecBits *bits, guint n);

/* Exponential Golomb codes, unsigned and signed (H.264 section 9.1). */
guint32 siprec_bits_read_ue (SiprecBits *bits);
gint32 siprec_bits_read_se (SiprecBits *bits);

G_END_DECLS
