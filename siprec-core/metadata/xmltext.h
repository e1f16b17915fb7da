/* siprec-core: the bytes of a metadata document, made fit for the XML parser
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * siprec_xml_text:
 * @data: an XML document, untrusted
 * @max: bytes of it that are read
 * @deviations: (nullable): where repairs are noted
 *
 * Returns: the document as UTF-8 without byte order mark or control characters. Bytes that aren't
 *   UTF-8 are taken as the encoding that it declares or else as Latin-1. Every "&" that begins none
 *   of the five entities or a character reference is escaped, so no other entity exists for the
 *   parser; comments are gone. It ends before a tag of more than 4 KiB, whose attributes would cost time without bound.
 */
GString *siprec_xml_text (GBytes *data, gsize max, GPtrArray *deviations);

G_END_DECLS
