/* tests: what the parsers make of texts and files, and the deviations that they note meanwhile
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "siprec-core/body/multipart.h"
#include "siprec-core/deviation.h"
#include "siprec-core/metadata/reader.h"
#include "siprec-core/sdp/offer.h"

/* The lines before the m-lines, and two of these. */
#define SESSION "v=0\r\no=src 7 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
#define CALLER                                                                                     \
  "m=audio 30028 RTP/AVP 0 101\r\na=label:1\r\na=rtpmap:0 PCMU/8000\r\n"                           \
  "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendonly\r\na=ptime:20\r\n"
#define CALLEE "m=audio 30038 RTP/AVP 8\r\na=label:2\r\na=sendonly\r\n"

/* A body of SDP and metadata. */
#define MIXED    "multipart/mixed;boundary=b1"
#define SDP      "v=0\r\ns=-\r\n"
#define XML      "<recording xmlns='urn:ietf:params:xml:ns:recording:1'/>"
#define SDP_PART "Content-Type: application/sdp\r\n\r\n" SDP
#define XML_PART                                                                                   \
  "Content-Type: application/rs-metadata+xml\r\nContent-Disposition: "                             \
  "recording-session\r\n\r\n" XML
#define GOOD "--b1\r\n" SDP_PART "\r\n--b1\r\n" XML_PART "\r\n--b1--\r\n"

/* The beginning of a document. */
#define NS   "urn:ietf:params:xml:ns:recording:1"
#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?><recording xmlns=\"" NS "\">"

/* What the functions here note. */
extern GPtrArray *deviations;

/* A checked fixture: none are noted yet. */
void parsed_set_up (void);
void parsed_tear_down (void);

/* @id is the only one (NULL: none). */
void expect_only_deviation (const gchar *id);

/* What they quote can be printed. */
void expect_readable (GPtrArray *noted);

SiprecOffer *parse_offer_bytes (const gchar *data, gsize size, GPtrArray *noted, GError **error);
SiprecOffer *parse_offer (const gchar *text);

/* Parses @text, which has @id as its only deviation (NULL: none). */
SiprecOffer *parse_offer_noting (const gchar *text, const gchar *id);

/* The only line of an SDP of the usual session lines and @lines; @offer owns it. */
const SiprecMline *parse_offer_line (SiprecOffer **offer, const gchar *lines);

/* Format @index of a line. */
void check_format (const SiprecMline *mline, guint index, guint pt, const gchar *name, guint clock);

GPtrArray *split_bytes (const gchar *type, const gchar *data, gsize size);
GPtrArray *split_text (const gchar *type, const gchar *text);
void expect_unsplit (const gchar *type, const gchar *text);

/* Part @index of @parts has this type and content. */
void check_part (GPtrArray *parts, guint index, const gchar *type, const gchar *content);

/* A file of tests/data. */
GBytes *load_data (const gchar *path);

SiprecMetadata *read_bytes (GBytes *bytes);
SiprecMetadata *read_text (const gchar *text);

/* A file of tests/data/metadata. */
SiprecMetadata *read_file (const gchar *name);

/* The ids of what metadata noted, in their order and without "metadata-". */
void expect_metadata_deviations (const gchar *expected);

/* The first address of participant @n, and the name of the one with this id. */
const gchar *aor_of (const SiprecMetadata *metadata, guint participant, guint n);
const gchar *name_of (const SiprecMetadata *metadata, const gchar *id);

/* Up to seven places of @data, but not its last ones, become random octets or one of @pieces. */
void mutate (GRand *rand, gchar *data, gsize size, const gchar *const *pieces, guint n_pieces);
