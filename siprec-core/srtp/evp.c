/* SRTP with our own contexts and OpenSSL's ciphers: quick, and as quick with thousands of streams.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "../media/packet.h"
#include "cipher.h"
#include "replay.h"
#include "transform.h"

#define RTCP_HEADER 8
#define INDEX_WORD  4
#define MAX_INDEX   0x7fffffffu

/* After so long without a packet more than half a cycle of sequence numbers may have gone by. */
#define SILENCE GST_SECOND

/* Cycles that are tried then. At 50 packets a second one takes 22 minutes. */
#define MAX_CYCLES 4

typedef struct {
  SiprecCipher *rtp, *rtcp;
  guint8 mki[SIPREC_MAX_MKI];
} Key;

typedef struct {
  SiprecTransform base;
  const SiprecSuite *suite;
  guint mki_size;
  guint n_keys;
  Key keys[SIPREC_MAX_MASTER_KEYS];
  SiprecReplayTable rtcp;
  guint32 next_index; /* of SRTCP that we send */
  gboolean plain_rtcp;
} Evp;

static void
evp_free (SiprecTransform *transform)
{
  Evp *evp = (Evp *)transform;

  for (guint i = 0; i < evp->n_keys; i++) {
    siprec_cipher_free (evp->keys[i].rtp);
    siprec_cipher_free (evp->keys[i].rtcp);
  }
  g_free (evp);
}

static gboolean
make_key (Evp *evp, Key *key, const SiprecMasterKey *master)
{
  SiprecSessionKeys keys;

  memcpy (key->mki, master->mki, master->mki_size);
  if (siprec_session_keys_derive (&keys, evp->suite, master, FALSE))
    key->rtp = siprec_cipher_new (evp->suite, &keys, evp->suite->tag_size);
  if (siprec_session_keys_derive (&keys, evp->suite, master, TRUE))
    key->rtcp = siprec_cipher_new (evp->suite, &keys, evp->suite->rtcp_tag_size);
  siprec_session_keys_clear (&keys);
  return key->rtp && key->rtcp;
}

static SiprecTransform *
evp_make (const SiprecKeying *keying, SiprecTransformDirection direction)
{
  g_autoptr (SiprecTransform) transform = NULL;
  Evp *evp = g_new0 (Evp, 1);

  transform = &evp->base;
  evp->base.klass = &siprec_evp_class;
  evp->suite = keying->suite;
  evp->plain_rtcp = keying->plain_rtcp;
  evp->mki_size = keying->keys[0].mki_size;
  evp->next_index = 1;
  for (; evp->n_keys < keying->n_keys; evp->n_keys++) {
    if (!make_key (evp, &evp->keys[evp->n_keys], &keying->keys[evp->n_keys])) {
      evp->n_keys++;
      return NULL;
    }
  }
  return g_steal_pointer (&transform);
}

static const Key *
find_key (const Evp *evp, const guint8 *mki)
{
  for (guint i = 0; i < evp->n_keys; i++) {
    if (memcmp (evp->keys[i].mki, mki, evp->mki_size) == 0)
      return &evp->keys[i];
  }
  return NULL;
}

/* Opens @packet if @index may be its own. */
static SiprecTransformResult
try_index (SiprecReplayTable *table, SiprecCipher *cipher, SiprecSealed *packet, guint64 index,
           GstClockTime arrival, guint8 *out)
{
  if (siprec_replay_is_old (siprec_replay_find (table, packet->ssrc), index))
    return SIPREC_TRANSFORM_REPLAYED;
  packet->index = index;
  if (!siprec_cipher_open (cipher, packet, out))
    return SIPREC_TRANSFORM_FORGED;
  siprec_replay_mark (table, packet->ssrc, index, arrival);
  return SIPREC_TRANSFORM_OK;
}

/* A source that isn't known begins at zero; unless the keys have changed under it, or it began just before its
 * numbers wrapped. */
static SiprecTransformResult
open_first (Evp *evp, SiprecCipher *cipher, SiprecSealed *packet, guint16 seq, GstClockTime arrival,
            guint8 *out)
{
  const SiprecReplay *before = siprec_replay_find (&evp->base.before, packet->ssrc);
  guint64 guess = before ? siprec_replay_guess (before, seq) : seq + 0x10000u;
  SiprecTransformResult result = try_index (&evp->base.rtp, cipher, packet, seq, arrival, out);

  if (result == SIPREC_TRANSFORM_FORGED && guess != seq)
    result = try_index (&evp->base.rtp, cipher, packet, guess, arrival, out);
  return result;
}

static SiprecTransformResult
open_next (Evp *evp, SiprecCipher *cipher, SiprecSealed *packet, const SiprecReplay *known,
           guint16 seq, GstClockTime arrival, guint8 *out)
{
  gboolean silent = arrival > known->heard + SILENCE;
  guint64 guess = siprec_replay_guess (known, seq);
  SiprecTransformResult result = try_index (&evp->base.rtp, cipher, packet, guess, arrival, out);

  for (guint i = 1; silent && i <= MAX_CYCLES && result != SIPREC_TRANSFORM_OK; i++) {
    if (try_index (&evp->base.rtp, cipher, packet, guess + i * 0x10000u, arrival, out) ==
        SIPREC_TRANSFORM_OK)
      result = SIPREC_TRANSFORM_OK;
  }
  return result;
}

static SiprecTransformResult
evp_open_rtp (SiprecTransform *transform, const guint8 *data, gsize size, GstClockTime arrival,
              guint8 *out, gsize *out_size)
{
  Evp *evp = (Evp *)transform;
  gsize header = siprec_packet_get_header_size (data, size);
  SiprecSealed packet = {.data = data, .header_size = header};
  const SiprecReplay *known;
  const Key *key;

  if (header == 0 || size < header + evp->suite->tag_size + evp->mki_size)
    return SIPREC_TRANSFORM_MALFORMED;
  packet.size = size - evp->suite->tag_size - evp->mki_size;
  packet.ssrc = GST_READ_UINT32_BE (data + 8);
  /* GCM's tag belongs to the ciphertext, so the identifier comes behind it. */
  packet.tag = data + packet.size + (evp->suite->aead ? 0 : evp->mki_size);
  key = find_key (evp, data + packet.size + (evp->suite->aead ? evp->suite->tag_size : 0));
  if (!key)
    return SIPREC_TRANSFORM_FORGED;
  *out_size = packet.size;
  known = siprec_replay_find (&evp->base.rtp, packet.ssrc);
  if (!known)
    return open_first (evp, key->rtp, &packet, GST_READ_UINT16_BE (data + 2), arrival, out);
  return open_next (evp, key->rtp, &packet, known, GST_READ_UINT16_BE (data + 2), arrival, out);
}

/* Where the parts of an SRTCP packet behind its body are (RFC 3711 section 3.4, RFC 7714 section 9.2). */
typedef struct {
  gsize body, tag, index, mki, end;
} RtcpLayout;

static void
lay_out_rtcp (const Evp *evp, gsize body, RtcpLayout *layout)
{
  guint tag_size = evp->suite->rtcp_tag_size;

  layout->body = body;
  if (evp->suite->aead) {
    layout->tag = body;
    layout->index = body + tag_size;
    layout->mki = layout->index + INDEX_WORD;
  } else {
    layout->index = body;
    layout->mki = body + INDEX_WORD;
    layout->tag = layout->mki + evp->mki_size;
  }
  layout->end = body + tag_size + INDEX_WORD + evp->mki_size;
}

static SiprecTransformResult
evp_open_rtcp (SiprecTransform *transform, const guint8 *data, gsize size, GstClockTime arrival,
               guint8 *out, gsize *out_size)
{
  Evp *evp = (Evp *)transform;
  gsize added = evp->suite->rtcp_tag_size + INDEX_WORD + evp->mki_size;
  SiprecSealed packet = {.data = data, .header_size = RTCP_HEADER, .rtcp = TRUE};
  RtcpLayout layout;
  const Key *key;
  guint32 word;

  if (size < RTCP_HEADER + added || data[0] >> 6 != 2)
    return SIPREC_TRANSFORM_MALFORMED;
  lay_out_rtcp (evp, size - added, &layout);
  key = find_key (evp, data + layout.mki);
  if (!key)
    return SIPREC_TRANSFORM_FORGED;
  /* At any place: tags of ten octets are before it. */
  memcpy (&word, data + layout.index, sizeof (word));
  word = GUINT32_FROM_BE (word);
  packet.size = layout.body;
  packet.tag = data + layout.tag;
  packet.ssrc = GST_READ_UINT32_BE (data + 4);
  packet.clear = word <= MAX_INDEX;
  *out_size = packet.size;
  return try_index (&evp->rtcp, key->rtcp, &packet, word & MAX_INDEX, arrival, out);
}

static gboolean
evp_seal_rtcp (SiprecTransform *transform, const guint8 *data, gsize size, guint8 *out,
               gsize *out_size)
{
  Evp *evp = (Evp *)transform;
  SiprecSealed packet = {.data = data,
                         .header_size = RTCP_HEADER,
                         .size = size,
                         .rtcp = TRUE,
                         .clear = evp->plain_rtcp,
                         .index = evp->next_index};
  RtcpLayout layout;
  guint32 word = GUINT32_TO_BE (evp->next_index | (packet.clear ? 0 : MAX_INDEX + 1));

  /* After 2^31 packets the key is used up (RFC 3711 section 9.2). */
  if (size < RTCP_HEADER || evp->next_index > MAX_INDEX)
    return FALSE;
  packet.ssrc = GST_READ_UINT32_BE (data + 4);
  lay_out_rtcp (evp, size, &layout);
  memcpy (out + layout.index, &word, sizeof (word));
  memcpy (out + layout.mki, evp->keys[0].mki, evp->mki_size);
  if (!siprec_cipher_seal (evp->keys[0].rtcp, &packet, out, out + layout.tag))
    return FALSE;
  evp->next_index++;
  *out_size = layout.end;
  return TRUE;
}

const SiprecTransformClass siprec_evp_class = {evp_make, evp_free, evp_open_rtp, evp_open_rtcp,
                                               evp_seal_rtcp};
