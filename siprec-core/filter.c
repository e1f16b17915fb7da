/* What is left out of events before anybody reads them (RFC 7865 section 10)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filter.h"

#include <string.h>

#include "error.h"
#include "random.h"

#define KEY_BYTES 32
/* Of a hash that stands for a text: enough that no two meet by chance. */
#define SHOWN_DIGITS 16

typedef enum { ACTION_KEEP, ACTION_CLEAR, ACTION_HASH } Action;

struct _SiprecFilter {
  GHashTable *actions; /* name -> Action */
};

static const gchar *const people[] = {
    "addresses",       "aor",  "aors",    "contact", "detail",         "error",
    "extensions",      "from", "headers", "name",    "names",          "phrase",
    "peer_identities", "text", "to",      "uri",     "remote_address", "reason"};

static gpointer
make_key (gpointer data)
{
  return siprec_random_hex (KEY_BYTES);
}

static gchar *
hash_text (const gchar *text)
{
  static GOnce once = G_ONCE_INIT;
  const gchar *key = g_once (&once, make_key, NULL);
  gchar *sum =
      g_compute_hmac_for_string (G_CHECKSUM_SHA256, (const guchar *)key, strlen (key), text, -1);

  sum[SHOWN_DIGITS] = '\0';
  return sum;
}

static void
set_action (SiprecFilter *filter, const gchar *name, Action action)
{
  g_hash_table_insert (filter->actions, g_strdup (name), GINT_TO_POINTER (action));
}

static gboolean
add_item (SiprecFilter *filter, const gchar *item, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (item, ":", 2);
  const gchar *name = parts[0] ? parts[0] : "";
  gboolean hash = *name && g_strcmp0 (parts[1], "hash") == 0;

  if (strspn (name, "abcdefghijklmnopqrstuvwxyz_") != strlen (name) || *name == '\0' ||
      (parts[1] && !hash)) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SETTINGS,
                 "metadata-filter: \"%s\" is no name of a member of events; write for example "
                 "people, or aor:hash.",
                 item);
    return FALSE;
  }
  if (!g_str_equal (name, "people")) {
    set_action (filter, name, hash ? ACTION_HASH : ACTION_CLEAR);
    return TRUE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (people); i++)
    set_action (filter, people[i], hash ? ACTION_HASH : ACTION_CLEAR);
  return TRUE;
}

SiprecFilter *
siprec_filter_new (const gchar *text, GError **error)
{
  g_autoptr (SiprecFilter) filter = g_new0 (SiprecFilter, 1);
  g_auto (GStrv) items = g_strsplit (text, ",", -1);

  filter->actions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (gchar **item = items; *item; item++)
    if (!add_item (filter, g_strstrip (*item), error))
      return NULL;
  set_action (filter, "raw", ACTION_CLEAR);
  set_action (filter, "raw_base64", ACTION_CLEAR);
  return g_steal_pointer (&filter);
}

void
siprec_filter_free (SiprecFilter *filter)
{
  g_hash_table_unref (filter->actions);
  g_free (filter);
}

static Action
find_action (const SiprecFilter *filter, const gchar *name)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (filter->actions, name));
}

/* A header is treated as the member of its name: Call-ID as call_id. */
static Action
header_action (const SiprecFilter *filter, const gchar *header)
{
  static const gchar *const compact[][2] = {
      {"f", "from"}, {"i", "call_id"}, {"m", "contact"}, {"t", "to"}};
  g_autofree gchar *name = g_strdelimit (g_ascii_strdown (header, -1), "-", '_');

  for (guint i = 0; i < G_N_ELEMENTS (compact); i++)
    if (g_str_equal (name, compact[i][0]))
      return find_action (filter, compact[i][1]);
  return find_action (filter, name);
}

/* (transfer full) */
static gchar *
filter_string (const gchar *text, Action action)
{
  if (action == ACTION_KEEP)
    return g_strdup (text);
  return action == ACTION_HASH && *text ? hash_text (text) : g_strdup ("");
}

static JsonNode *filter_node (const SiprecFilter *filter, JsonNode *node, Action action);

typedef struct {
  const SiprecFilter *filter;
  Action action; /* of what the members are in */
  JsonObject *copy;
} Target;

static void
filter_member (JsonObject *object, const gchar *name, JsonNode *node, gpointer user_data)
{
  Target *target = user_data;
  Action action = find_action (target->filter, name);

  json_object_set_member (target->copy, name,
                          filter_node (target->filter, node, MAX (action, target->action)));
}

/* If @object is a header, with name and value: @copy, made of it, is to tell no more than the other members. */
static void
filter_header (const SiprecFilter *filter, JsonObject *object, JsonObject *copy)
{
  const gchar *name = json_object_get_string_member_with_default (object, "name", NULL);
  const gchar *value = json_object_get_string_member_with_default (object, "value", NULL);
  Action action = name && value ? header_action (filter, name) : ACTION_KEEP;
  g_autofree gchar *filtered = NULL;

  if (action == ACTION_KEEP)
    return;
  filtered = filter_string (value, action);
  json_object_set_string_member (copy, "value", filtered);
}

static JsonNode *
filter_object (const SiprecFilter *filter, JsonObject *object, Action action)
{
  Target target = {filter, action, json_object_new ()};
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_object_foreach_member (object, filter_member, &target);
  filter_header (filter, object, target.copy);
  json_node_take_object (node, target.copy);
  return node;
}

static JsonNode *
filter_array (const SiprecFilter *filter, JsonArray *array, Action action)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *copy = json_array_new ();

  for (guint i = 0; action != ACTION_CLEAR && i < json_array_get_length (array); i++)
    json_array_add_element (copy, filter_node (filter, json_array_get_element (array, i), action));
  json_node_take_array (node, copy);
  return node;
}

static JsonNode *
filter_text (const gchar *text, Action action)
{
  JsonNode *node = json_node_new (JSON_NODE_VALUE);
  g_autofree gchar *filtered = filter_string (text, action);

  json_node_set_string (node, filtered);
  return node;
}

/* Numbers and truth values stay as they are. */
static JsonNode *
filter_node (const SiprecFilter *filter, JsonNode *node, Action action)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    return filter_object (filter, json_node_get_object (node), action);
  if (JSON_NODE_HOLDS_ARRAY (node))
    return filter_array (filter, json_node_get_array (node), action);
  if (action != ACTION_KEEP && JSON_NODE_HOLDS_VALUE (node) &&
      json_node_get_value_type (node) == G_TYPE_STRING)
    return filter_text (json_node_get_string (node), action);
  return json_node_copy (node);
}

SiprecEvent *
siprec_filter_apply (const SiprecFilter *filter, SiprecEvent *event)
{
  Target target = {filter, ACTION_KEEP, json_object_new ()};

  json_object_foreach_member (event->data, filter_member, &target);
  return siprec_event_with_data (event, target.copy);
}

gchar *
siprec_filter_text (const SiprecFilter *filter, const gchar *name, const gchar *text)
{
  return filter_string (text, find_action (filter, name));
}
