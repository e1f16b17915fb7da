/* The dialogs of an agent that requests can be for
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dialog-private.h"

#include <string.h>

/* Our tag is random: peers can't choose dialogs that collide. */
static guint
key_hash (gconstpointer data)
{
  const SiprecDialogKey *key = data;
  guint hash = 0;

  for (const gchar *c = key->local_tag; *c; c++)
    hash = hash * 33 + g_ascii_tolower (*c);
  return hash;
}

/* RFC 3261 section 12: a dialog is known by its Call-ID and both tags; tags are tokens, whose case doesn't
 * count. */
static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  const SiprecDialogKey *one = a, *other = b;

  return g_ascii_strcasecmp (one->local_tag, other->local_tag) == 0 &&
         strcmp (one->call_id, other->call_id) == 0 &&
         g_ascii_strcasecmp (one->remote_tag, other->remote_tag) == 0;
}

static SiprecDialogKey
make_key (const sip_call_id_t *call_id, const sip_addr_t *local, const sip_addr_t *remote)
{
  return (SiprecDialogKey){call_id->i_id, local->a_tag, remote->a_tag ? remote->a_tag : ""};
}

GHashTable *
siprec_dialog_table_new (void)
{
  return g_hash_table_new (key_hash, key_equal);
}

void
siprec_dialog_appear (SiprecDialog *dialog)
{
  dialog->key = make_key (dialog->call_id, dialog->local, dialog->remote);
  g_hash_table_insert (siprec_agent_dialog_table (dialog->agent), &dialog->key, dialog);
}

void
siprec_dialog_disappear (SiprecDialog *dialog)
{
  if (dialog->key.call_id)
    g_hash_table_remove (siprec_agent_dialog_table (dialog->agent), &dialog->key);
  dialog->key = (SiprecDialogKey){0};
}

SiprecDialog *
siprec_dialog_find (SiprecAgent *agent, const sip_t *sip)
{
  SiprecDialogKey key;

  if (!sip->sip_to->a_tag)
    return NULL;
  key = make_key (sip->sip_call_id, sip->sip_to, sip->sip_from);
  return g_hash_table_lookup (siprec_agent_dialog_table (agent), &key);
}
