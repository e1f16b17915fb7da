/* Keeps parameter sets, and finds those that a picture needs.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parameters.h"

/* More than any encoder uses; a hostile one makes no more. */
#define MAX_SETS     64
#define MAX_SET_SIZE 4096

/* Pixels on a side. */
#define MAX_LENGTH 16384

gboolean
siprec_sps_read_window (SiprecSps *sps, SiprecBits *bits, guint64 width, guint64 height, guint rows)
{
  guint64 step_x = sps->chroma_format == 1 || sps->chroma_format == 2 ? 2 : 1;
  guint64 step_y = (sps->chroma_format == 1 ? 2 : 1) * rows;
  guint64 left, right, top, bottom;

  if (siprec_bits_read (bits, 1)) {
    left = siprec_bits_read_ue (bits);
    right = siprec_bits_read_ue (bits);
    top = siprec_bits_read_ue (bits);
    bottom = siprec_bits_read_ue (bits);
    if ((left + right) * step_x >= width || (top + bottom) * step_y >= height)
      return FALSE;
    width -= (left + right) * step_x;
    height -= (top + bottom) * step_y;
  }
  if (bits->overrun || width == 0 || height == 0 || width > MAX_LENGTH || height > MAX_LENGTH)
    return FALSE;
  sps->width = width;
  sps->height = height;
  return TRUE;
}

static void
free_set (gpointer data)
{
  SiprecParameterSet *set = data;

  g_bytes_unref (set->data);
  g_free (set);
}

void
siprec_parameters_init (SiprecParameters *parameters, const SiprecNalCodec *codec)
{
  parameters->codec = codec;
  parameters->sets = g_ptr_array_new_with_free_func (free_set);
}

void
siprec_parameters_clear (SiprecParameters *parameters)
{
  g_clear_pointer (&parameters->sets, g_ptr_array_unref);
}

static SiprecParameterSet *
find_set (const SiprecParameters *parameters, SiprecNalType type, guint id)
{
  for (guint i = 0; i < parameters->sets->len; i++) {
    SiprecParameterSet *set = g_ptr_array_index (parameters->sets, i);

    if (set->type == type && set->id == id)
      return set;
  }
  return NULL;
}

gboolean
siprec_parameters_add (SiprecParameters *parameters, const guint8 *data, gsize size)
{
  SiprecParameterSet read = {.type = parameters->codec->get_type (data, size)}, *known;

  if (size > MAX_SET_SIZE || !parameters->codec->read_set (data, size, &read))
    return FALSE;
  known = find_set (parameters, read.type, read.id);
  if (!known) {
    if (parameters->sets->len == MAX_SETS)
      g_ptr_array_remove_index (parameters->sets, 0);
    known = g_new0 (SiprecParameterSet, 1);
    known->type = read.type;
    known->id = read.id;
    g_ptr_array_add (parameters->sets, known);
  }
  known->parent = read.parent;
  g_clear_pointer (&known->data, g_bytes_unref);
  known->data = g_bytes_new (data, size);
  return TRUE;
}

void
siprec_parameters_add_sprop (SiprecParameters *parameters, const gchar *sprop)
{
  g_auto (GStrv) words = g_strsplit (sprop ? sprop : "", ",", MAX_SETS);

  for (guint i = 0; words[i]; i++) {
    gsize size = 0;
    g_autofree guint8 *data = *words[i] ? g_base64_decode (words[i], &size) : NULL;

    if (size > 0)
      siprec_parameters_add (parameters, data, size);
  }
}

/* Those of @type, all or the one numbered @id, that belong to @parent. */
static void
collect (const SiprecParameters *parameters, SiprecNalType type, gint id, gint parent,
         GPtrArray *found)
{
  for (guint i = 0; i < parameters->sets->len; i++) {
    SiprecParameterSet *set = g_ptr_array_index (parameters->sets, i);

    if (set->type == type && (id < 0 || set->id == (guint)id) &&
        (parent < 0 || set->parent == (guint)parent))
      g_ptr_array_add (found, set);
  }
}

GPtrArray *
siprec_parameters_find (const SiprecParameters *parameters, const guint8 *slice, gsize size,
                        SiprecSps *sps)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  SiprecParameterSet *pps, *set;
  gconstpointer data;
  guint id;

  if (!parameters->codec->read_pps_id (slice, size, &id))
    return NULL;
  pps = find_set (parameters, SIPREC_NAL_PPS, id);
  set = pps ? find_set (parameters, SIPREC_NAL_SPS, pps->parent) : NULL;
  if (!set)
    return NULL;
  data = g_bytes_get_data (set->data, &size);
  if (!parameters->codec->read_sps (data, size, sps))
    return NULL;
  collect (parameters, SIPREC_NAL_VPS, sps->vps_id, -1, found);
  collect (parameters, SIPREC_NAL_SPS, sps->id, -1, found);
  collect (parameters, SIPREC_NAL_PPS, -1, sps->id, found);
  return g_steal_pointer (&found);
}
