/* Answers calls for the measurement of set-up, and says what that has cost.
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   setup-server stack|sip|body|ports|session CALLS
 *
 * "stack" is sofia-sip alone, which answers all that comes. "sip" has dialogs that give a fixed answer, as sipp does; with "body"
 * they read what the INVITE bears, SDP and metadata, and with "ports" they open the sockets of two streams too. "session" has
 * recording sessions with all there is to them, and a consumer that reads their events. Prints "listening PORT", and when CALLS
 * have ended "cpu MICROSECONDS front MICROSECONDS": what the process has spent since, and how much of that the front's thread. */
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "siprec-core/body/multipart.h"
#include "siprec-core/endpoint/endpoint.h"
#include "siprec-core/metadata/reader.h"
#include "siprec-core/sdp/offer.h"
#include "siprec-core/sip/dialog.h"
#include "siprec-core/sip/sofia.h"
#include "siprec-core/transport/ports.h"

#define ANSWER                                                                                     \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                      \
  "m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=label:1\r\na=recvonly\r\n"                 \
  "m=audio 40002 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=label:2\r\na=recvonly\r\n"

static GMutex lock;
static GCond changed;
static gint n_left;          /* atomic */
static GAsyncQueue *waiting; /* SiprecSession: has events */
static gboolean reads_body, opens_ports;

/* What a call holds, if it holds any. */
typedef struct {
  SiprecPorts *ports[2];
} Call;

static guint64
cpu_time (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_GUINT64_CONSTANT (1000000) +
         usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

/* Microseconds of the thread called @name, or 0. */
static guint64
thread_time (const gchar *name)
{
  g_autoptr (GDir) threads = g_dir_open ("/proc/self/task", 0, NULL);
  const gchar *id;

  while ((id = g_dir_read_name (threads))) {
    g_autofree gchar *called = NULL, *spent = NULL;
    g_autofree gchar *comm = g_build_filename ("/proc/self/task", id, "comm", NULL);
    g_autofree gchar *stat = g_build_filename ("/proc/self/task", id, "schedstat", NULL);

    if (g_file_get_contents (comm, &called, NULL, NULL) &&
        g_str_equal (g_strchomp (called), name) && g_file_get_contents (stat, &spent, NULL, NULL))
      return g_ascii_strtoull (spent, NULL, 10) / 1000;
  }
  return 0;
}

static void
call_ended (void)
{
  /* Waking who waits costs as much as answering, so that is done for the last one only. */
  if (!g_atomic_int_dec_and_test (&n_left))
    return;
  g_mutex_lock (&lock);
  g_cond_signal (&changed);
  g_mutex_unlock (&lock);
}

/* Waits for the last call, and tells. */
static void
measure (const gchar *uri)
{
  guint64 before = cpu_time ();

  printf ("listening %s\n", strrchr (uri, ':') + 1);
  fflush (stdout);
  g_mutex_lock (&lock);
  while (g_atomic_int_get (&n_left) > 0)
    g_cond_wait (&changed, &lock);
  g_mutex_unlock (&lock);
  printf ("cpu %" G_GUINT64_FORMAT " front %" G_GUINT64_FORMAT "\n", cpu_time () - before,
          thread_time ("siprec-front"));
  fflush (stdout);
}

static void
on_dialog_request (SiprecDialog *dialog, SiprecTransaction *transaction, SiprecRequest *request,
                   gpointer user_data)
{
  siprec_transaction_reply_status (transaction, 200);
}

static void
on_acknowledged (SiprecDialog *dialog, SiprecRequest *ack, gpointer user_data)
{
}

static void
on_ended (SiprecDialog *dialog, SiprecDialogEnd end, SiprecRequest *request, gpointer user_data)
{
  Call *call = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (call->ports); i++)
    g_clear_pointer (&call->ports[i], siprec_ports_free);
  g_free (call);
  siprec_dialog_free (dialog);
  call_ended ();
}

static void
read_body (SiprecRequest *request)
{
  g_autoptr (GPtrArray) parts = siprec_body_split (
      request->content_type, request->content_disposition, request->body, NULL, NULL);
  g_autoptr (SiprecOffer) offer =
      siprec_offer_parse (siprec_body_find (parts, "application/sdp")->data, NULL, NULL);
  SiprecMetadata *metadata = siprec_metadata_read (
      siprec_body_find (parts, "application/rs-metadata+xml")->data, NULL, NULL, NULL);

  siprec_metadata_free (metadata);
}

static void
on_request (SiprecAgent *agent, SiprecTransaction *transaction, SiprecRequest *request,
            gpointer user_data)
{
  static const SiprecDialogHandler handler = {on_dialog_request, on_acknowledged, on_ended};
  SiprecReply reply = {.status = 200, .content_type = "application/sdp", .body = ANSWER};
  Call *call = g_new0 (Call, 1);

  if (reads_body)
    read_body (request);
  for (guint i = 0; opens_ports && i < G_N_ELEMENTS (call->ports); i++)
    call->ports[i] = siprec_ports_new ("127.0.0.1", 10000, 65000, 0, NULL);
  if (siprec_dialog_new (transaction, &handler, call))
    siprec_transaction_reply (transaction, &reply);
}

static void
on_started (SiprecAgent *agent, gchar **uris, const GError *error, gpointer user_data)
{
  g_mutex_lock (&lock);
  *(gchar **)user_data = g_strdup (uris[0]);
  g_cond_signal (&changed);
  g_mutex_unlock (&lock);
}

static void
on_stopped (SiprecAgent *agent, gpointer user_data)
{
}

static gchar *
await_uri (gchar **uri)
{
  g_mutex_lock (&lock);
  while (*uri == NULL)
    g_cond_wait (&changed, &lock);
  g_mutex_unlock (&lock);
  return *uri;
}

static void
run_sip (void)
{
  static const gchar *const uris[] = {"sip:127.0.0.1:0", NULL};
  static const SiprecAgentHandler handler = {on_started, on_request, on_stopped};
  g_autofree gchar *uri = NULL;
  SiprecAgent *agent = siprec_agent_new (uris, NULL, &handler, &uri, NULL);

  siprec_agent_start (agent);
  measure (await_uri (&uri));
  siprec_agent_stop (agent);
  siprec_agent_free (agent);
}

/* No copies, no dialogs, no checks: what nta costs. */
static int
on_message (nta_leg_magic_t *magic, nta_leg_t *leg, nta_incoming_t *irq, const sip_t *sip)
{
  sip_method_t method = sip->sip_request->rq_method;

  if (method == sip_method_invite)
    nta_incoming_treply (irq, SIP_200_OK, SIPTAG_CONTACT_STR ("<sip:127.0.0.1>;+sip.srs"),
                         SIPTAG_CONTENT_TYPE_STR ("application/sdp"), SIPTAG_PAYLOAD_STR (ANSWER),
                         TAG_END ());
  else if (method != sip_method_ack)
    nta_incoming_treply (irq, SIP_200_OK, TAG_END ());
  nta_incoming_destroy (irq);
  if (method == sip_method_bye)
    call_ended ();
  return 0;
}

static gpointer
run_loop (gpointer data)
{
  su_root_t *root = su_root_create (NULL);
  nta_agent_t *nta;
  tport_t *tport;
  gchar *uri;

  su_root_threading (root, FALSE);
  /* The port must be free for both. */
  do
    nta = nta_agent_create (root, URL_STRING_MAKE ("sip:127.0.0.1:*"), NULL, NULL, NTATAG_UA (1),
                            NTATAG_UDP_MTU (65535), TAG_END ());
  while (!nta);
  nta_leg_tcreate (nta, on_message, NULL, NTATAG_NO_DIALOG (1), TAG_END ());
  tport = tport_primaries (nta_agent_tports (nta));
  uri = g_strconcat ("sip:", tport_name (tport)->tpn_port, NULL);
  g_mutex_lock (&lock);
  *(gchar **)data = uri;
  g_cond_signal (&changed);
  g_mutex_unlock (&lock);
  su_root_run (root);
  return NULL;
}

static void
run_stack (void)
{
  static gchar *uri;

  su_init ();
  g_thread_unref (g_thread_new ("stack", run_loop, &uri));
  measure (await_uri (&uri));
}

static void
on_events (SiprecSession *session, gpointer user_data)
{
  g_async_queue_push (waiting, g_object_ref (session));
}

static void
on_session (SiprecEndpoint *endpoint, SiprecSession *session, gpointer user_data)
{
  siprec_session_claim (session, on_events, NULL, NULL, NULL);
}

static gpointer
consume (gpointer data)
{
  for (;;) {
    g_autoptr (SiprecSession) session = g_async_queue_pop (waiting);
    SiprecEvent *event;

    while ((event = siprec_session_pop_event (session))) {
      gboolean last = event->type == SIPREC_EVENT_SESSION_ENDED;

      siprec_event_unref (event);
      if (last) {
        siprec_session_release (session);
        call_ended ();
      }
    }
  }
  return NULL;
}

static void
on_ready (SiprecEndpoint *endpoint, const gchar *actual_uri, const GError *error,
          gpointer user_data)
{
  g_mutex_lock (&lock);
  *(gchar **)user_data = g_strndup (actual_uri, strcspn (actual_uri, ",;"));
  g_cond_signal (&changed);
  g_mutex_unlock (&lock);
}

static void
run_session (void)
{
  SiprecSettings settings = {
      .local_uri = "sip:127.0.0.1:0", .first_port = 10000, .last_port = 65000};
  SiprecPolicy policy = {0};
  g_autofree gchar *uri = NULL;
  g_autoptr (SiprecEndpoint) endpoint = siprec_endpoint_get (NULL, &settings, NULL);

  waiting = g_async_queue_new ();
  g_thread_unref (g_thread_new ("consumer", consume, NULL));
  siprec_endpoint_set_application (endpoint, &policy, 10 * GST_SECOND, on_session, NULL, NULL);
  siprec_endpoint_start (endpoint, on_ready, &uri);
  measure (await_uri (&uri));
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  if (argc != 3)
    return 2;
  n_left = atoi (argv[2]);
  opens_ports = g_str_equal (argv[1], "ports");
  reads_body = opens_ports || g_str_equal (argv[1], "body");
  if (g_str_equal (argv[1], "stack"))
    run_stack ();
  else if (g_str_equal (argv[1], "session"))
    run_session ();
  else
    run_sip ();
  return 0;
}
