/* Places a call of one line whose media is encrypted, and says a tone.
 *
 *   srtp-call HOST:PORT SECONDS HOW
 *
 * HOW is "plain", "dtls", or a suite of SDES as the SDP names it. Prints the status of the INVITE; exits with 0 if that is
 * 200 and all went well.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "siprec-core/sdp/crypto.h"
#include "tests/support/dtls-client.h"

#define RATE  8000
#define FRAME 160
#define TONE  440

/* One way of protecting a call. */
typedef struct {
  const gchar *how;
  SiprecKeying keying;
  Sealer *sealer;
  DtlsClient dtls;
} Protection;

/* FALSE if there is no such way. */
static gboolean
offer (Caller *caller, Protection *protection)
{
  const SiprecSuite *suite = siprec_suite_find (protection->how);
  g_autofree gchar *crypto = NULL, *attributes = NULL;

  if (g_str_equal (protection->how, "plain"))
    return TRUE;
  if (g_str_equal (protection->how, "dtls")) {
    attributes = dtls_client_attributes ("actpass", FALSE);
    caller_set_media (caller, 0, "UDP/TLS/RTP/SAVPF", attributes);
    return TRUE;
  }
  if (!suite || !siprec_keying_generate (&protection->keying, suite, FALSE))
    return FALSE;
  crypto = siprec_crypto_write (1, protection->how, &protection->keying);
  attributes = g_strdup_printf ("a=crypto:%s\r\n", crypto);
  caller_set_media (caller, 0, "RTP/SAVP", attributes);
  protection->sealer = sealer_new (&protection->keying, FALSE);
  caller_set_sealer (caller, 0, protection->sealer);
  return TRUE;
}

/* What the answer asks for. FALSE if it can't be had. */
static gboolean
agree (Caller *caller, Protection *protection)
{
  return !g_str_equal (protection->how, "dtls") ||
         (dtls_client_init (&protection->dtls, caller, 0) &&
          dtls_client_shake (&protection->dtls) == SIPREC_DTLS_DONE &&
          dtls_client_use_keys (&protection->dtls));
}

/* A square wave in mu-law, of packets that are sent every 20 ms. */
static void
talk (Caller *caller, guint seconds)
{
  gint64 next = g_get_monotonic_time ();
  guint8 samples[FRAME];

  for (guint i = 0; i < seconds * RATE / FRAME; i++, next += 20000) {
    gint64 now = g_get_monotonic_time ();

    for (guint j = 0; j < FRAME; j++)
      samples[j] = (i * FRAME + j) * 2 * TONE / RATE % 2 ? 0x98 : 0x18;
    if (next > now)
      g_usleep (next - now);
    caller_send_frame (caller, 0, samples);
  }
}

int
main (int argc, char **argv)
{
  g_autofree gchar *uri = NULL;
  Protection protection = {0};
  Caller *caller;
  guint status;
  gboolean done = FALSE;

  if (argc != 4) {
    g_printerr ("srtp-call HOST:PORT SECONDS plain|dtls|SUITE\n");
    return 2;
  }
  uri = g_strdup_printf ("sip:%s", argv[1]);
  caller = caller_new (uri, FALSE);
  protection.how = argv[3];
  if (!offer (caller, &protection)) {
    g_printerr ("\"%s\" is no suite that there is.\n", argv[3]);
    return 2;
  }
  status = caller_invite (caller, 1, "sendonly");
  g_print ("%u\n", status);
  if (status == 200) {
    done = agree (caller, &protection);
    if (done)
      talk (caller, atoi (argv[2]));
    else
      g_printerr ("The handshake failed.\n");
    done = caller_bye (caller) == 200 && done;
  }
  dtls_client_clear (&protection.dtls);
  g_clear_pointer (&protection.sealer, sealer_free);
  caller_free (caller);
  return done ? 0 : 1;
}
