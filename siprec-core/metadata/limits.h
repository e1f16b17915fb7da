/* siprec-core: how much of a metadata document is read
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SiprecMetadataLimits:
 * @size: bytes of a document; what is beyond them isn't read
 * @elements: their number; what comes after the last one isn't read
 * @depth: how deep they are nested; what comes after a deeper one isn't read
 * @id_length: characters of an id; what bears a longer one is left out
 *
 * 0 stands for the default. The time and the memory that a document takes grow with @size and @elements and
 * with nothing else.
 */
typedef struct {
  guint size;
  guint elements;
  guint depth;
  guint id_length;
} SiprecMetadataLimits;

#define SIPREC_METADATA_DEFAULT_SIZE      (1024 * 1024)
#define SIPREC_METADATA_DEFAULT_ELEMENTS  10000
#define SIPREC_METADATA_DEFAULT_DEPTH     32
#define SIPREC_METADATA_DEFAULT_ID_LENGTH 256

/* libxml2 goes no deeper, and ids are in tags, which are bounded too. */
#define SIPREC_METADATA_MAX_DEPTH     200
#define SIPREC_METADATA_MAX_ID_LENGTH 1024

G_END_DECLS
