/* siprec-core: encrypts and opens single SRTP and SRTCP packets with session keys
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keying.h"

G_BEGIN_DECLS

/* The session keys of SRTP or SRTCP, ready for use. For one thread at a time. */
typedef struct _SiprecCipher SiprecCipher;

/**
 * SiprecSealed:
 * @data: header and body
 * @header_size: what stays in the clear
 * @size: of header and body, without what protection adds
 * @tag: the authentication tag
 * @rtcp: SRTCP
 * @clear: the body isn't encrypted
 * @ssrc, @index: of the packet: 48 bits for SRTP, 31 for SRTCP
 */
typedef struct {
  const guint8 *data;
  gsize header_size, size;
  const guint8 *tag;
  gboolean rtcp;
  gboolean clear;
  guint32 ssrc;
  guint64 index;
} SiprecSealed;

/* @tag_size: how much of the tag is sent. NULL if OpenSSL fails. */
SIPREC_API SiprecCipher *siprec_cipher_new (const SiprecSuite *suite, const SiprecSessionKeys *keys,
                                            guint tag_size);
SIPREC_API void siprec_cipher_free (SiprecCipher *cipher);

/* Checks the tag and writes the open packet to @out, @packet->size octets. FALSE if the tag is wrong; @out
 * is worth nothing then. */
SIPREC_API gboolean siprec_cipher_open (SiprecCipher *cipher, const SiprecSealed *packet,
                                        guint8 *out);

/* The reverse; @packet->tag isn't read. Writes the tag to @tag. */
SIPREC_API gboolean siprec_cipher_seal (SiprecCipher *cipher, const SiprecSealed *packet,
                                        guint8 *out, guint8 *tag);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SiprecCipher, siprec_cipher_free)

G_END_DECLS
