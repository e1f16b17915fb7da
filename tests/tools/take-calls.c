/* An application that takes every call of one endpoint: each gets a pipeline of its own.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   take-calls --local-uri sip:127.0.0.1:0 --launch 'siprecsrc name=s ...' --calls 50
 *
 * With --call URI it places the first call itself, and prints "called STATUS" when that is answered. "%s" in the launch line becomes the session's id. Prints "listening URI" when it is bound, a line a call
 * when it ends, and exits after --calls of them. */
#include <gst/gst.h>
#include <stdio.h>
#include <string.h>

#include "siprec-core/endpoint/endpoint.h"

static gchar *local_uri = NULL;
static gchar *launch = NULL;
static gchar *call_uri = NULL;
static gint max_calls = 1;
static gint claim_delay = 0;
static gboolean undecided = FALSE;

static const GOptionEntry options[] = {
    {"local-uri", 0, 0, G_OPTION_ARG_STRING, &local_uri, "SIP URIs to listen on", "URI"},
    {"launch", 0, 0, G_OPTION_ARG_STRING, &launch, "Pipeline of a call; its siprecsrc is called s",
     "LINE"},
    {"call", 0, 0, G_OPTION_ARG_STRING, &call_uri, "Call this recording client", "URI"},
    {"calls", 0, 0, G_OPTION_ARG_INT, &max_calls, "End after this many calls", "N"},
    {"undecided", 0, 0, G_OPTION_ARG_NONE, &undecided,
     "Leave the first call without an answer; end when it is cancelled and the input has ended",
     NULL},
    {"claim-delay", 0, 0, G_OPTION_ARG_INT, &claim_delay, "Milliseconds until a call is claimed",
     "MS"},
    {NULL}};

static GMainLoop *loop;
static gint n_ended;

static void
end_call (GstElement *pipeline, const gchar *how)
{
  printf ("ended %s %s\n", GST_OBJECT_NAME (pipeline), how);
  fflush (stdout);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  if (++n_ended == max_calls)
    g_main_loop_quit (loop);
}

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer pipeline)
{
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    end_call (pipeline, "eos");
    return G_SOURCE_REMOVE;
  }
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    end_call (pipeline, error->message);
    return G_SOURCE_REMOVE;
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
start_call (gpointer user_data)
{
  g_autoptr (SiprecSession) session = user_data;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) pieces = g_strsplit (launch, "%s", -1);
  g_autofree gchar *line = g_strjoinv (siprec_session_get_id (session), pieces);
  GstElement *pipeline = gst_parse_launch (line, &error);

  if (error) {
    fprintf (stderr, "%s\n", error->message);
    g_main_loop_quit (loop);
    return G_SOURCE_REMOVE;
  }
  g_autoptr (GstElement) src = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  gst_object_set_name (GST_OBJECT (pipeline), siprec_session_get_id (session));
  g_object_set (src, "session", session, NULL);
  gst_bus_add_watch (bus, on_message, pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return G_SOURCE_REMOVE;
}

static void
on_session (SiprecEndpoint *endpoint, SiprecSession *session, gpointer user_data)
{
  g_timeout_add ((guint)claim_delay, start_call, g_object_ref (session));
}

static gboolean
on_question (SiprecAcceptor *acceptor, SiprecSession *session, gpointer user_data)
{
  return TRUE;
}

static void
on_cancelled (SiprecAcceptor *acceptor, SiprecSession *session, gpointer user_data)
{
  printf ("cancelled\n");
  fflush (stdout);
  n_ended = max_calls;
  g_main_loop_quit (loop);
}

static void
on_given (SiprecAcceptor *acceptor, SiprecSession *session, gpointer user_data)
{
}

static void
on_called (SiprecSession *session, guint status, const GError *error, gpointer user_data)
{
  printf ("called %u %s\n", status, error ? error->message : "");
  fflush (stdout);
  if (error)
    g_main_loop_quit (loop);
}

static gboolean
place_call (gpointer endpoint)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SiprecSession) session =
      siprec_endpoint_call (endpoint, NULL, call_uri, 10 * GST_SECOND, on_called, NULL, &error);

  if (error) {
    fprintf (stderr, "%s\n", error->message);
    g_main_loop_quit (loop);
  }
  return G_SOURCE_REMOVE;
}

static void
on_ready (SiprecEndpoint *endpoint, const gchar *actual_uri, const GError *error,
          gpointer user_data)
{
  printf ("%s %s\n", error ? "error" : "listening", error ? error->message : actual_uri);
  fflush (stdout);
  if (error)
    g_main_loop_quit (loop);
  else if (call_uri)
    g_idle_add (place_call, endpoint);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("- take every call of an endpoint");
  g_autoptr (GError) error = NULL;
  g_autoptr (SiprecEndpoint) endpoint = NULL;
  SiprecSettings settings = {.first_port = 10000, .last_port = 20000};
  SiprecPolicy policy = {.accept = SIPREC_ACCEPT_SIPREC};

  g_option_context_add_main_entries (context, options, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error) || launch == NULL) {
    fprintf (stderr, "%s\n", error ? error->message : "--launch is missing");
    return 2;
  }
  loop = g_main_loop_new (NULL, FALSE);
  settings.local_uri = local_uri ? local_uri : "sip:127.0.0.1:0";
  endpoint = siprec_endpoint_get (NULL, &settings, &error);
  if (endpoint == NULL) {
    fprintf (stderr, "%s\n", error->message);
    return 2;
  }
  if (undecided) {
    SiprecAcceptorHandler handler = {on_question, on_cancelled, on_given};

    siprec_endpoint_add_acceptor (endpoint, &policy, 60 * GST_SECOND, &handler, NULL);
  }
  siprec_endpoint_set_application (endpoint, &policy, 10 * GST_SECOND, on_session, NULL, NULL);
  siprec_endpoint_start (endpoint, on_ready, NULL);
  g_main_loop_run (loop);
  g_main_loop_unref (loop);
  /* Who cancelled may still have something to say, and takes it ill if nobody listens. */
  while (undecided && getchar () != EOF)
    continue;
  return n_ended == max_calls ? 0 : 1;
}
