/* The inside of plays: their steps and their texts.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "play.h"

typedef struct {
  guint line; /* in the file */
  gchar *name;
  gchar **words; /* NULL-terminated */
  gchar *rest;   /* the words as they stand there */
  GString *text; /* below it */
} PlayStep;

struct _Play {
  gchar *path;
  GPtrArray *steps; /* PlayStep */
};

/* The message of @step, whole. */
GString *play_expand (Play *play, const PlayStep *step, Caller *caller);
