/* Video for tests: RTP packets made by stock encoders and payloaders.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* @packets: what the payloader gave (GBytes). @pictures: what the encoder gave (GBytes). @first: of each picture, the
 * number of its first packet (guint). */
typedef struct {
  GPtrArray *packets;
  GPtrArray *pictures;
  GArray *first;
} Film;

/**
 * film_new:
 * @encoder: elements that make @n pictures of raw video; the last one is the encoder
 * @payloader: elements from there to RTP
 *
 * Runs "videotestsrc ! @encoder ! @payloader" with @n pictures of @width x @height, 20 in a second, to its end. Their
 * pattern is a ball, so that all differ.
 */
Film *film_new (const gchar *encoder, const gchar *payloader, guint width, guint height, guint n);
void film_free (Film *film);

/* Puts the packets of @more (taken) behind those of @film, with sequence numbers and timestamps that go on. */
void film_append (Film *film, Film *more);

/* How many packets picture @n has. */
guint film_n_packets (const Film *film, guint n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Film, film_free)
