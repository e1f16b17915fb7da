/* gst-siprec: what the application wants of the recording client, and how it is told what came of it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc.h"

#include "siprec-core/error.h"

/* At most so many applications can take their time over replies. */
#define REPLY_THREADS 8

/* The session that the element has or is about to have. (transfer full) (nullable) */
static SiprecSession *
get_session (GstSiprecSrc *self)
{
  SiprecSession *session;

  g_mutex_lock (&self->lock);
  session = self->session   ? self->session
            : self->given   ? self->given
            : self->calling ? self->calling
                            : self->asked;
  if (session)
    g_object_ref (session);
  g_mutex_unlock (&self->lock);
  return session;
}

void
gst_siprec_src_hangup (GstSiprecSrc *self, const gchar *reason)
{
  g_autoptr (SiprecSession) session = get_session (self);

  if (session)
    siprec_session_hangup (session, reason);
}

/* Somebody who is to be told what came of a wish. */
struct _GstSiprecWish {
  GstPromise *promise;
  GstStructure *reply;
};

GstSiprecWish *
gst_siprec_wish_new (GstPromise *promise)
{
  GstSiprecWish *wish = promise ? g_new0 (GstSiprecWish, 1) : NULL;

  if (wish)
    wish->promise = gst_promise_ref (promise);
  return wish;
}

static SiprecPool *
get_reply_pool (void)
{
  static gsize pool = 0;

  if (g_once_init_enter (&pool))
    g_once_init_leave (&pool, (gsize)siprec_pool_new ("siprec-reply", REPLY_THREADS));
  return (SiprecPool *)pool;
}

static void
reply (gpointer data)
{
  GstSiprecWish *wish = data;

  gst_promise_reply (wish->promise, wish->reply);
  gst_promise_unref (wish->promise);
  g_free (wish);
}

/* A promise may call the application, which may take its time or stop the pipeline: that is nothing for the SIP
 * thread, nor for the control strand, which may be gone by then. */
void
gst_siprec_src_reply (SiprecSession *session, guint status, const GError *error, gpointer user_data)
{
  GstSiprecWish *wish = user_data;
  SiprecStrand *strand;

  if (!wish)
    return;
  wish->reply =
      gst_structure_new ("application/x-siprec-reply", "status", G_TYPE_UINT, status, NULL);
  if (error)
    gst_structure_set (wish->reply, "error", G_TYPE_STRING, error->message, NULL);
  strand = siprec_strand_new (get_reply_pool (), reply, wish);
  siprec_strand_wake (strand);
  siprec_strand_unref (strand);
}

/* The session for @wish, or NULL if who wishes has been told that there is none. */
static SiprecSession *
session_for_wish (GstSiprecSrc *self, GstSiprecWish *wish)
{
  SiprecSession *session = get_session (self);

  if (!session) {
    g_autoptr (GError) error =
        g_error_new_literal (SIPREC_ERROR, SIPREC_ERROR_STATE, "There is no recording session.");

    gst_siprec_src_reply (NULL, 0, error, wish);
  }
  return session;
}

void
gst_siprec_src_pause (GstSiprecSrc *self, gint mline, GstPromise *promise)
{
  GstSiprecWish *wish = gst_siprec_wish_new (promise);
  g_autoptr (SiprecSession) session = session_for_wish (self, wish);

  if (session)
    siprec_session_pause (session, mline, gst_siprec_src_reply, wish);
}

void
gst_siprec_src_resume (GstSiprecSrc *self, gint mline, GstPromise *promise)
{
  GstSiprecWish *wish = gst_siprec_wish_new (promise);
  g_autoptr (SiprecSession) session = session_for_wish (self, wish);

  if (session)
    siprec_session_resume (session, mline, gst_siprec_src_reply, wish);
}

void
gst_siprec_src_request_snapshot (GstSiprecSrc *self, const gchar *reason, GstPromise *promise)
{
  GstSiprecWish *wish = gst_siprec_wish_new (promise);
  g_autoptr (SiprecSession) session = session_for_wish (self, wish);

  if (session)
    siprec_session_request_snapshot (session, reason, gst_siprec_src_reply, wish);
}
