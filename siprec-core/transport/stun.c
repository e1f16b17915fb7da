/* Reads STUN binding requests and answers them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stun.h"

#include <gst/gst.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define HEADER    20
#define COOKIE    0x2112a442u
#define SHA1_SIZE 20

/* RFC 8489 sections 5 and 14, RFC 8445 section 16. */
enum {
  BINDING_REQUEST = 0x0001,
  BINDING_INDICATION = 0x0011,
  BINDING_SUCCESS = 0x0101,
  BINDING_ERROR = 0x0111,

  USERNAME = 0x0006,
  MESSAGE_INTEGRITY = 0x0008,
  ERROR_CODE = 0x0009,
  UNKNOWN_ATTRIBUTES = 0x000a,
  XOR_MAPPED_ADDRESS = 0x0020,
  PRIORITY = 0x0024,
  USE_CANDIDATE = 0x0025,
  FINGERPRINT = 0x8028,
  ICE_CONTROLLED = 0x8029,
};

#define FINGERPRINT_XOR 0x5354554eu

gboolean
siprec_stun_is_message (const guint8 *data, gsize size)
{
  return size >= HEADER && data[0] < 4 && GST_READ_UINT32_BE (data + 4) == COOKIE;
}

gboolean
siprec_stun_is_request (const guint8 *data, gsize size)
{
  return siprec_stun_is_message (data, size) && GST_READ_UINT16_BE (data) == BINDING_REQUEST;
}

/* CRC-32 of ITU V.42, as in Ethernet. */
static guint32
get_crc (const guint8 *data, gsize size)
{
  guint32 crc = G_MAXUINT32;

  for (gsize i = 0; i < size; i++) {
    crc ^= data[i];
    for (guint bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

/* HMAC-SHA1 of all before the attribute at @offset, with the length that the message has when it ends with that
 * attribute (RFC 8489 section 14.5). */
static void
get_integrity (const guint8 *data, gsize offset, const gchar *password, guint8 *hmac)
{
  g_autofree guint8 *copy = g_memdup2 (data, offset);

  GST_WRITE_UINT16_BE (copy + 2, (guint16)(offset + 4 + SHA1_SIZE - HEADER));
  HMAC (EVP_sha1 (), password, (gint)strlen (password), copy, offset, hmac, NULL);
}

static gboolean
check_integrity (const guint8 *data, gsize offset, gsize length, const gchar *password)
{
  guint8 hmac[SHA1_SIZE];

  if (length != SHA1_SIZE)
    return FALSE;
  get_integrity (data, offset, password, hmac);
  return CRYPTO_memcmp (hmac, data + offset + 4, SHA1_SIZE) == 0;
}

/* FALSE if the message is broken, or not from who has the password. */
static gboolean
read_attribute (SiprecStunRequest *request, const guint8 *data, gsize offset, gsize length)
{
  guint16 type = GST_READ_UINT16_BE (data + offset);

  switch (type) {
  case USERNAME:
    request->username = (const gchar *)data + offset + 4;
    request->username_size = length;
    break;
  case USE_CANDIDATE:
    request->use_candidate = TRUE;
    break;
  case ICE_CONTROLLED:
    request->controlled = TRUE;
    break;
  case FINGERPRINT:
    return length == 4 &&
           (GST_READ_UINT32_BE (data + offset + 4) ^ FINGERPRINT_XOR) == get_crc (data, offset);
  case PRIORITY:
    break;
  default:
    if (type < 0x8000 && request->unknown == 0)
      request->unknown = type;
  }
  return TRUE;
}

gboolean
siprec_stun_read (SiprecStunRequest *request, const guint8 *data, gsize size, const gchar *password)
{
  gboolean authentic = FALSE;
  gsize offset = HEADER;

  *request = (SiprecStunRequest){0};
  if (!siprec_stun_is_request (data, size) || GST_READ_UINT16_BE (data + 2) != size - HEADER ||
      size % 4 != 0)
    return FALSE;
  memcpy (request->id, data + 8, sizeof (request->id));
  while (offset + 4 <= size) {
    guint16 type = GST_READ_UINT16_BE (data + offset);
    gsize length = GST_READ_UINT16_BE (data + offset + 2);

    if (length > size - offset - 4)
      return FALSE;
    if (type == MESSAGE_INTEGRITY) {
      if (authentic || !check_integrity (data, offset, length, password))
        return FALSE;
      authentic = TRUE;
    } else if ((!authentic || type == FINGERPRINT) &&
               !read_attribute (request, data, offset, length)) {
      /* What comes behind the integrity counts for nothing but the fingerprint. */
      return FALSE;
    }
    offset += 4 + (length + 3) / 4 * 4;
  }
  return authentic && request->username;
}

/* ---- responses ---- */

static gsize
put_header (guint8 *out, gsize offset, guint16 type, gsize length)
{
  GST_WRITE_UINT16_BE (out + offset, type);
  GST_WRITE_UINT16_BE (out + offset + 2, (guint16)length);
  return offset + 4;
}

static gsize
put_address (guint8 *out, gsize offset, const SiprecAddress *from)
{
  gboolean v6 = from->any.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED (&from->in6.sin6_addr);
  gsize size = v6 ? 16 : 4;
  const guint8 *octets = (const guint8 *)&from->in.sin_addr;

  if (from->any.sa_family == AF_INET6)
    octets = from->in6.sin6_addr.s6_addr + (v6 ? 0 : 12);
  offset = put_header (out, offset, XOR_MAPPED_ADDRESS, 4 + size);
  out[offset] = 0;
  out[offset + 1] = v6 ? 2 : 1;
  GST_WRITE_UINT16_BE (out + offset + 2, g_ntohs (from->in.sin_port) ^ (COOKIE >> 16));
  /* Cookie and transaction id follow each other in the header. */
  for (gsize i = 0; i < size; i++)
    out[offset + 4 + i] = octets[i] ^ out[4 + i];
  return offset + 4 + size;
}

static gsize
put_error (guint8 *out, gsize offset, const SiprecStunRequest *request, guint error)
{
  offset = put_header (out, offset, ERROR_CODE, 4);
  GST_WRITE_UINT32_BE (out + offset, (error / 100) << 8 | error % 100);
  offset += 4;
  if (request->unknown == 0)
    return offset;
  offset = put_header (out, offset, UNKNOWN_ATTRIBUTES, 2);
  GST_WRITE_UINT32_BE (out + offset, (guint32)request->unknown << 16);
  return offset + 4;
}

/* The last attribute: the message ends with it. */
static gsize
put_fingerprint (guint8 *out, gsize offset)
{
  GST_WRITE_UINT16_BE (out + 2, (guint16)(offset + 8 - HEADER));
  put_header (out, offset, FINGERPRINT, 4);
  GST_WRITE_UINT32_BE (out + offset + 4, get_crc (out, offset) ^ FINGERPRINT_XOR);
  return offset + 8;
}

gsize
siprec_stun_respond (const SiprecStunRequest *request, guint error, const SiprecAddress *from,
                     const gchar *password, guint8 *out)
{
  gsize offset = HEADER;

  GST_WRITE_UINT16_BE (out, error ? BINDING_ERROR : BINDING_SUCCESS);
  GST_WRITE_UINT32_BE (out + 4, COOKIE);
  memcpy (out + 8, request->id, sizeof (request->id));
  offset = error ? put_error (out, offset, request, error) : put_address (out, offset, from);

  get_integrity (out, offset, password, out + offset + 4);
  put_header (out, offset, MESSAGE_INTEGRITY, SHA1_SIZE);
  offset += 4 + SHA1_SIZE;

  return put_fingerprint (out, offset);
}

gsize
siprec_stun_indicate (guint8 out[SIPREC_STUN_INDICATION_SIZE])
{
  GST_WRITE_UINT16_BE (out, BINDING_INDICATION);
  GST_WRITE_UINT32_BE (out + 4, COOKIE);
  for (guint i = 8; i < HEADER; i += 4)
    GST_WRITE_UINT32_BE (out + i, g_random_int ());
  return put_fingerprint (out, HEADER);
}
