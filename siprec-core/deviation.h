/* siprec-core: where a recording client departs from the standards, and what was made of it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "api.h"

G_BEGIN_DECLS

/**
 * SiprecDeviation:
 * @id: a stable name, one of those listed in docs/interop.md ("body-unterminated")
 * @detail: what was seen, for a person
 *
 * One departure from the standards that was tolerated. Parsers note them in a list; the session
 * reports each as a `siprec.deviation` event.
 */
typedef struct {
  const gchar *id;
  gchar *detail;
} SiprecDeviation;

/* A list of SiprecDeviation that owns its elements: g_ptr_array_unref() frees them. */
SIPREC_API GPtrArray *siprec_deviations_new (void);

/**
 * siprec_deviations_add:
 * @deviations: (nullable): the list; with NULL nothing happens, so that parsers need not ask
 * @id: a string constant, one of those that siprec_deviation_ids() lists
 * @format: printf-like detail; quote network bytes with siprec_printable() first
 *
 * The same @id is noted once a list.
 */
SIPREC_API void siprec_deviations_add (GPtrArray *deviations, const gchar *id, const gchar *format,
                                       ...) G_GNUC_PRINTF (3, 4);

/* TRUE if @id has been noted in @deviations. */
SIPREC_API gboolean siprec_deviations_has (GPtrArray *deviations, const gchar *id);

/* Every id that the library can report, NULL-terminated; static. The documentation is tested
 * against it. */
SIPREC_API const gchar *const *siprec_deviation_ids (void);

/* What @id means, in one line for people, or NULL if there is no such id. Static. */
SIPREC_API const gchar *siprec_deviation_description (const gchar *id);

/* The SIP status that a strict recorder refuses a request with @id with, 0 if it takes it. */
SIPREC_API guint siprec_deviation_status (const gchar *id);

/* A short copy of @size bytes of @text (-1: up to its NUL; NULL: none) for messages: at most 64 characters, valid UTF-8, control
 * characters shown as dots. Free with g_free(). */
SIPREC_API gchar *siprec_printable (const gchar *text, gssize size);

G_END_DECLS
