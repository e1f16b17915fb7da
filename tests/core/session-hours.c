/* A session through hours in which nothing is said: refreshed, kept alive, and there when somebody speaks. The clocks
 * of the process are the test's own: it moves them on.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/caller.h"
#include "tests/support/recorder.h"

#define HOURS    3
#define INTERVAL 1800 /* seconds, of the session timer */
#define STEP     10   /* seconds that the clocks jump at a time */
/* Bindings of UDP in a NAT last 30 s at the worst (RFC 6263 section 1). */
#define BINDING 30

/* How far the clocks are ahead, in ns; atomic. */
static gint64 ahead;

/* ---- clocks: what the programme, GLib and the SIP stack ask is answered here ---- */

static gint64
get_ahead (void)
{
  return __atomic_load_n (&ahead, __ATOMIC_SEQ_CST);
}

static gint64
to_ns (const struct timespec *time)
{
  return (gint64)time->tv_sec * (gint64)GST_SECOND + time->tv_nsec;
}

static void
put_ahead (struct timespec *time)
{
  gint64 ns = to_ns (time) + get_ahead ();

  time->tv_sec = ns / (gint64)GST_SECOND;
  time->tv_nsec = ns % (gint64)GST_SECOND;
}

#pragma GCC visibility push(default)

int
clock_gettime (clockid_t id, struct timespec *time)
{
  int result = (int)syscall (SYS_clock_gettime, id, time);

  if (result == 0 && id != CLOCK_THREAD_CPUTIME_ID && id != CLOCK_PROCESS_CPUTIME_ID)
    put_ahead (time);
  return result;
}

int
gettimeofday (struct timeval *time, void *zone)
{
  struct timespec now;

  clock_gettime (CLOCK_REALTIME, &now);
  *time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

/* Until a moment that may come sooner than it seems. */
int
clock_nanosleep (clockid_t id, int flags, const struct timespec *until, struct timespec *left)
{
  struct timespec now;
  gint64 end = to_ns (until);

  clock_gettime (id, &now);
  if (!(flags & TIMER_ABSTIME))
    end += to_ns (&now);
  while (to_ns (&now) < end) {
    g_usleep ((gulong)CLAMP ((end - to_ns (&now)) / 1000, 1, 1000));
    clock_gettime (id, &now);
  }
  return 0;
}

int
epoll_wait (int fd, struct epoll_event *events, int max, int timeout)
{
  return (int)syscall (SYS_epoll_pwait, fd, events, max, timeout < 0 ? 2 : MIN (timeout, 2), NULL,
                       0);
}

/* The kernel stamps with a clock of its own. */
int
recvmmsg (int fd, struct mmsghdr *messages, unsigned int n, int flags, struct timespec *timeout)
{
  int received = (int)syscall (SYS_recvmmsg, fd, messages, n, flags, timeout);

  for (gint i = 0; i < received; i++) {
    struct msghdr *header = &messages[i].msg_hdr;

    for (struct cmsghdr *control = CMSG_FIRSTHDR (header); control;
         control = CMSG_NXTHDR (header, control))
      if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPNS)
        put_ahead ((struct timespec *)CMSG_DATA (control));
  }
  return received;
}

#pragma GCC visibility pop

/* ---- the session ---- */

typedef struct {
  Recorder *recorder;
  Caller *caller;
  Caller *probe; /* another client */
  SiprecSession *session;
  SiprecStream *stream;
} Fixture;

static void
begin (Fixture *f, const gchar *headers)
{
  SiprecStreamWishes wishes = {.latency = 200 * GST_MSECOND, .timeout = 60 * GST_SECOND};
  g_autofree gchar *port = NULL;
  g_autofree gchar *sdp = NULL;

  f->recorder = recorder_new (NULL);
  recorder_accept (f->recorder);
  f->caller = caller_new (recorder_uri (f->recorder), FALSE);
  f->probe = caller_new (recorder_uri (f->recorder), FALSE);
  port = caller_word (f->caller, "rtp0");
  sdp = g_strdup_printf ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                         "m=audio %s RTP/AVP 0\r\na=label:1\r\na=sendonly\r\na=rtcp-mux\r\n",
                         port);
  fail_unless_equals_int (caller_invite_with (f->caller, headers, "application/sdp", sdp), 200);
  f->session = recorder_session (f->recorder, 0);
  fail_unless (recorder_claim (f->recorder, f->session));
  g_autoptr (SiprecEvent) added =
      recorder_event (f->recorder, f->session, SIPREC_EVENT_STREAM_ADDED);
  f->stream = siprec_stream_ref (added->stream);
  siprec_stream_claim (f->stream, &wishes, NULL);
}

static void
end (Fixture *f)
{
  siprec_stream_unref (f->stream);
  caller_free (f->caller);
  caller_free (f->probe);
  recorder_free (f->recorder);
}

/* Within so many seconds something comes that keeps the NAT's binding open. */
static void
expect_keepalive (Fixture *f)
{
  guint8 packet[1500];

  fail_unless (caller_receive (f->caller, 0, packet, sizeof packet, 5 * G_USEC_PER_SEC) > 0,
               "nothing came for %d s", BINDING);
  /* What has come before it counts no more. */
  while (caller_receive (f->caller, 0, packet, sizeof packet, 1) > 0)
    continue;
}

/* Not before the recorder has read all that was sent to it, or it would think that its answers were lost. */
static void
jump (Fixture *f, guint seconds)
{
  fail_unless_equals_int (caller_options (f->probe), 200);
  __atomic_add_fetch (&ahead, seconds * (gint64)GST_SECOND, __ATOMIC_SEQ_CST);
}

static void
pass (Fixture *f, guint seconds)
{
  for (guint n = STEP; n <= seconds; n += STEP) {
    jump (f, STEP);
    if (n % BINDING == 0)
      expect_keepalive (f);
  }
}

/* Somebody speaks, and is heard at the time at which it was. */
static void
speak (Fixture *f)
{
  GstClockTime before = gst_util_get_timestamp (), after;
  SiprecUnit unit;

  caller_talk (f->caller, 1, 20);
  after = gst_util_get_timestamp ();
  fail_unless (siprec_stream_wait (f->stream));
  fail_unless_equals_int (siprec_stream_pop (f->stream, &unit, 1), 1);
  fail_unless_equals_int (unit.type, SIPREC_UNIT_DATA);
  fail_unless (unit.time + 20 * GST_MSECOND >= before && unit.time <= after,
               "%" GST_TIME_FORMAT " is not between %" GST_TIME_FORMAT " and %" GST_TIME_FORMAT,
               GST_TIME_ARGS (unit.time), GST_TIME_ARGS (before), GST_TIME_ARGS (after));
  siprec_unit_clear (&unit);
}

static const gchar *
end_cause (Fixture *f)
{
  g_autoptr (SiprecEvent) ended =
      recorder_event (f->recorder, f->session, SIPREC_EVENT_SESSION_ENDED);

  fail_unless (ended != NULL);
  return g_intern_string (json_object_get_string_member (ended->data, "cause"));
}

/* We refresh; at last the client hangs up. */
GST_START_TEST (refreshed_by_us)
{
  Fixture f;

  begin (&f, "Require: siprec\r\nSession-Expires: 1800;refresher=uas\r\n");
  for (guint n = 0; n < HOURS * 3600 / (INTERVAL / 2); n++) {
    pass (&f, INTERVAL / 2);
    fail_unless (caller_await (f.caller, "UPDATE"), "no refresh after %u s", n * INTERVAL / 2);
  }
  g_autoptr (SiprecEvent) timeout =
      recorder_event (f.recorder, f.session, SIPREC_EVENT_MEDIA_TIMEOUT);
  fail_unless (timeout != NULL);
  speak (&f);
  fail_unless_equals_int (caller_bye (f.caller), 200);
  fail_unless_equals_string (end_cause (&f), "bye");
  end (&f);
}
GST_END_TEST

/* RFC 4028 section 7.4: who refreshes says each time that there is a timer, or there is none any more. */
static guint
refresh (Caller *caller)
{
  static const gchar *const names[] = {"target", "transport", "own",    "branch",  "own",
                                       "tag",    "host",      "to-tag", "call-id", "cseq"};
  gchar *words[G_N_ELEMENTS (names)];
  g_autofree gchar *update = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    words[i] = caller_word (caller, names[i]);
  update = g_strdup_printf ("UPDATE %s SIP/2.0\r\n"
                            "Via: SIP/2.0/%s %s;branch=%s;rport\r\n"
                            "From: <sip:client@%s>;tag=%s\r\n"
                            "To: <sip:recorder@%s>%s\r\n"
                            "Call-ID: %s\r\n"
                            "CSeq: %s UPDATE\r\n"
                            "Contact: <sip:client@%s>;+sip.src\r\n"
                            "Max-Forwards: 70\r\n"
                            "Supported: timer\r\n"
                            "Session-Expires: 1800;refresher=uac\r\n"
                            "Content-Length: 0\r\n\r\n",
                            words[0], words[1], words[2], words[3], words[4], words[5], words[6],
                            words[7], words[8], words[9], words[2]);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_free (words[i]);
  return caller_send_whole (caller, update, strlen (update), TRUE);
}

/* The client does, until it is no more: then 32 s are left (RFC 4028 section 10). */
GST_START_TEST (refreshed_by_the_client)
{
  Fixture f;

  begin (&f, "Require: siprec\r\nSupported: timer\r\nSession-Expires: 1800\r\n");
  for (guint n = 0; n < HOURS * 3600 / (INTERVAL / 2); n++) {
    pass (&f, INTERVAL / 2);
    fail_unless_equals_int (refresh (f.caller), 200);
  }
  speak (&f);
  /* It is no more. */
  jump (&f, INTERVAL - 32);
  fail_unless (caller_await (f.caller, "BYE"));
  fail_unless_equals_string (end_cause (&f), "expired");
  end (&f);
}
GST_END_TEST

/* Nobody has asked for a timer: the session lasts. */
GST_START_TEST (without_a_timer)
{
  Fixture f;

  begin (&f, "Require: siprec\r\n");
  pass (&f, HOURS * 3600);
  speak (&f);
  fail_unless_equals_int (caller_bye (f.caller), 200);
  fail_unless_equals_string (end_cause (&f), "bye");
  end (&f);
}
GST_END_TEST

static Suite *
session_hours_suite (void)
{
  Suite *suite = suite_create ("session-hours");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_set_timeout (tcase, 120);
  tcase_add_test (tcase, refreshed_by_us);
  tcase_add_test (tcase, refreshed_by_the_client);
  tcase_add_test (tcase, without_a_timer);
  return suite;
}

GST_CHECK_MAIN (session_hours)
