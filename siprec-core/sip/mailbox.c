/* What other threads want to be done in the SIP thread
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mailbox.h"

typedef struct {
  SiprecAgentFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} Invocation;

struct _SiprecMailbox {
  SiprecAgent *agent;
  su_root_t *loop; /* for the thread only */

  /* Guards what follows. A leaf. */
  GMutex lock;
  GCond woken;     /* for a thread without a loop */
  su_root_t *root; /* NULL unless the loop can be woken */
  GQueue invocations;
  gboolean stopping;
};

SiprecMailbox *
siprec_mailbox_new (SiprecAgent *agent)
{
  SiprecMailbox *mailbox = g_new0 (SiprecMailbox, 1);

  mailbox->agent = agent;
  g_mutex_init (&mailbox->lock);
  g_cond_init (&mailbox->woken);
  g_queue_init (&mailbox->invocations);
  return mailbox;
}

static void
drop_all (SiprecMailbox *mailbox)
{
  Invocation *invocation;

  for (;;) {
    g_mutex_lock (&mailbox->lock);
    invocation = g_queue_pop_head (&mailbox->invocations);
    g_mutex_unlock (&mailbox->lock);
    if (!invocation)
      break;
    if (invocation->destroy)
      invocation->destroy (invocation->user_data);
    g_free (invocation);
  }
}

void
siprec_mailbox_free (SiprecMailbox *mailbox)
{
  drop_all (mailbox);
  g_mutex_clear (&mailbox->lock);
  g_cond_clear (&mailbox->woken);
  g_free (mailbox);
}

static void run_invocations (su_root_magic_t *magic, su_msg_r message, su_msg_arg_t *arg);

/* With the lock held. */
static void
wake (SiprecMailbox *mailbox)
{
  su_msg_r message = SU_MSG_R_INIT;

  g_cond_signal (&mailbox->woken);
  if (!mailbox->root || su_msg_create (message, su_root_task (mailbox->root), su_task_null,
                                       run_invocations, sizeof (su_msg_arg_t)) < 0)
    return;
  *su_msg_data (message) = mailbox;
  su_msg_send (message);
}

/* Runs what waits; TRUE if the thread is to end after it. */
static gboolean
run_batch (SiprecMailbox *mailbox)
{
  GQueue batch;
  Invocation *invocation;
  gboolean stopping;

  g_mutex_lock (&mailbox->lock);
  batch = mailbox->invocations;
  g_queue_init (&mailbox->invocations);
  stopping = mailbox->stopping;
  g_mutex_unlock (&mailbox->lock);

  while ((invocation = g_queue_pop_head (&batch))) {
    invocation->func (mailbox->agent, invocation->user_data);
    if (invocation->destroy)
      invocation->destroy (invocation->user_data);
    g_free (invocation);
  }
  return stopping;
}

static void
run_invocations (su_root_magic_t *magic, su_msg_r message, su_msg_arg_t *arg)
{
  SiprecMailbox *mailbox = *arg;

  if (run_batch (mailbox))
    su_root_break (mailbox->loop);
}

void
siprec_mailbox_invoke (SiprecMailbox *mailbox, SiprecAgentFunc func, gpointer user_data,
                       GDestroyNotify destroy)
{
  Invocation *invocation = NULL;

  g_mutex_lock (&mailbox->lock);
  if (!mailbox->stopping) {
    invocation = g_new (Invocation, 1);
    *invocation = (Invocation){func, user_data, destroy};
    g_queue_push_tail (&mailbox->invocations, invocation);
    if (mailbox->invocations.length == 1)
      wake (mailbox);
  }
  g_mutex_unlock (&mailbox->lock);

  if (!invocation && destroy)
    destroy (user_data);
}

void
siprec_mailbox_stop (SiprecMailbox *mailbox)
{
  g_mutex_lock (&mailbox->lock);
  if (!mailbox->stopping) {
    mailbox->stopping = TRUE;
    wake (mailbox);
  }
  g_mutex_unlock (&mailbox->lock);
}

void
siprec_mailbox_run (SiprecMailbox *mailbox, su_root_t *loop)
{
  mailbox->loop = loop;
  g_mutex_lock (&mailbox->lock);
  mailbox->root = loop;
  if (mailbox->invocations.length > 0 || mailbox->stopping)
    wake (mailbox);
  /* Without a loop there are still invocations: those that tell of the error, and of the end. */
  while (!loop && !mailbox->stopping) {
    if (mailbox->invocations.length == 0) {
      g_cond_wait (&mailbox->woken, &mailbox->lock);
      continue;
    }
    g_mutex_unlock (&mailbox->lock);
    run_batch (mailbox);
    g_mutex_lock (&mailbox->lock);
  }
  g_mutex_unlock (&mailbox->lock);

  if (loop)
    su_root_run (loop);

  g_mutex_lock (&mailbox->lock);
  mailbox->root = NULL;
  g_mutex_unlock (&mailbox->lock);
  drop_all (mailbox);
}
