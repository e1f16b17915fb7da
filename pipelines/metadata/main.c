/* siprec-metadata: shows what recording metadata says
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gio/gio.h>
#include <gst/gst.h>
#include <locale.h>
#include <stdio.h>

#include "record.h"
#include "siprec-core/deviation.h"
#include "siprec-core/metadata/json.h"
#include "timeline.h"
#include "tree.h"
#include "vcon.h"

/* Longer inputs are refused; an hour of a busy call has a few megabytes of events. */
#define MAX_BYTES (64 * 1024 * 1024)

static gboolean as_json, as_timeline, as_vcon;
static gchar **files;

static const GOptionEntry options[] = {
    {"json", 'j', 0, G_OPTION_ARG_NONE, &as_json, "Print the model and the deviations as JSON",
     NULL},
    {"timeline", 't', 0, G_OPTION_ARG_NONE, &as_timeline, "Print a timeline as SVG", NULL},
    {"vcon", 0, 0, G_OPTION_ARG_NONE, &as_vcon,
     "Print a vCon of an events file and the media files beside it (experimental)", NULL},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, "[FILE]"},
    {NULL}};

static GBytes *
read_stream (GInputStream *stream, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 buffer[65536];
  gssize n;

  while ((n = g_input_stream_read (stream, buffer, sizeof buffer, NULL, error)) > 0) {
    if (bytes->len + n > MAX_BYTES) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "It is longer than %d MiB.",
                   MAX_BYTES / 1024 / 1024);
      return NULL;
    }
    g_byte_array_append (bytes, buffer, n);
  }
  return n == 0 ? g_byte_array_free_to_bytes (g_steal_pointer (&bytes)) : NULL;
}

/* The bytes of @path, or those of the standard input for NULL and "-". */
static GBytes *
read_input (const gchar *path, GError **error)
{
  g_autoptr (GFile) file = NULL;
  g_autoptr (GInputStream) stream = NULL;

  if (!path || g_str_equal (path, "-")) {
    g_autoptr (GFile) standard = g_file_new_for_path ("/dev/stdin");

    stream = G_INPUT_STREAM (g_file_read (standard, NULL, error));
  } else {
    file = g_file_new_for_path (path);
    stream = G_INPUT_STREAM (g_file_read (file, NULL, error));
  }
  return stream ? read_stream (stream, error) : NULL;
}

static gchar *
to_json (const MetadataRecord *record)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autofree gchar *text = NULL;
  JsonObject *object = json_object_new ();
  JsonArray *deviations = json_array_new ();

  json_object_set_object_member (object, "model", siprec_metadata_to_json (record->state));
  for (guint i = 0; i < record->deviations->len; i++) {
    const SiprecDeviation *deviation = g_ptr_array_index (record->deviations, i);
    JsonObject *member = json_object_new ();

    json_object_set_string_member (member, "id", deviation->id);
    json_object_set_string_member (member, "meaning", siprec_deviation_description (deviation->id));
    json_object_set_string_member (member, "detail", deviation->detail);
    json_array_add_object_element (deviations, member);
  }
  json_object_set_array_member (object, "deviations", deviations);
  json_node_take_object (root, object);
  text = json_to_string (root, TRUE);
  return g_strconcat (text, "\n", NULL);
}

static gchar *
show (const MetadataRecord *record, GError **error)
{
  if (as_vcon) {
    g_autofree gchar *folder = g_path_get_dirname (files ? files[0] : "-");

    return metadata_vcon_new (record, folder, error);
  }
  if (as_json)
    return to_json (record);
  if (as_timeline)
    return metadata_timeline_new (record);
  return metadata_tree_new (record);
}

static gboolean
parse_options (int *argc, char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (
      context, "Shows what recording metadata (RFC 7865) says, and where it departs from the RFC.\n"
               "FILE is an XML document, SIP messages, or an events file of siprecsrc; without "
               "one\nthe standard input is read.");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if ((!files || g_strv_length (files) <= 1) && as_json + as_timeline + as_vcon <= 1)
    return TRUE;
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                       "Give one file and one way to show it.");
  return FALSE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) input = NULL;
  g_autoptr (MetadataRecord) record = NULL;
  g_autofree gchar *text = NULL;

  setlocale (LC_ALL, "");
  if (!parse_options (&argc, &argv, &error)) {
    g_printerr ("siprec-metadata: %s\n", error->message);
    return 2;
  }
  gst_init (NULL, NULL);
  input = read_input (files ? files[0] : NULL, &error);
  record = input ? metadata_record_read (input, &error) : NULL;
  if (record)
    text = show (record, &error);
  if (text)
    fputs (text, stdout);
  else
    g_printerr ("siprec-metadata: %s\n", error->message);
  g_strfreev (files);
  return text ? 0 : 1;
}
