/* Makes handshakes on the sockets of a caller.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dtls-client.h"

#define TICK 10000 /* us */

gchar *
dtls_client_attributes (const gchar *setup, gboolean wrong)
{
  SiprecFingerprint fingerprint;
  g_autofree gchar *text = NULL;

  if (!siprec_dtls_get_fingerprint (&fingerprint))
    g_error ("no certificate");
  if (wrong)
    fingerprint.digest[0] ^= 1;
  text = siprec_fingerprint_write (&fingerprint);
  return g_strdup_printf ("a=fingerprint:%s\r\na=setup:%s\r\na=rtcp-mux\r\n", text, setup);
}

void
dtls_client_send (DtlsClient *client, const guint8 *data, gsize size)
{
  g_autoptr (GSocketAddress) address =
      g_inet_socket_address_new_from_string ("127.0.0.1", client->port);

  g_socket_send_to (caller_socket (client->caller, client->line), address, (const gchar *)data,
                    size, NULL, NULL);
}

static void
on_send (gpointer client, const guint8 *data, gsize size)
{
  dtls_client_send (client, data, size);
}

gboolean
dtls_client_init (DtlsClient *client, Caller *caller, guint line)
{
  g_autofree gchar *fingerprint = caller_attribute (caller, line, "fingerprint");
  g_autofree gchar *setup = caller_attribute (caller, line, "setup");
  SiprecFingerprints expected = {.n = 1};

  *client = (DtlsClient){.caller = caller, .line = line, .port = caller_port (caller, line)};
  if (!fingerprint || !siprec_fingerprint_read (&expected.list[0], fingerprint))
    return FALSE;
  client->dtls = siprec_dtls_new (g_strcmp0 (setup, "passive") == 0, &expected, on_send, client);
  g_socket_set_blocking (caller_socket (caller, line), FALSE);
  return TRUE;
}

void
dtls_client_clear (DtlsClient *client)
{
  g_clear_pointer (&client->dtls, siprec_dtls_free);
  g_clear_pointer (&client->sealer, sealer_free);
}

SiprecDtlsState
dtls_client_shake (DtlsClient *client)
{
  GSocket *socket = caller_socket (client->caller, client->line);
  SiprecDtlsState state = SIPREC_DTLS_HANDSHAKING;

  for (guint i = 0; i < 1500 && state == SIPREC_DTLS_HANDSHAKING; i++) {
    guint8 data[2048];
    gssize size;

    siprec_dtls_tick (client->dtls, (i + 1) * TICK * GST_USECOND);
    while ((size = g_socket_receive (socket, (gchar *)data, sizeof (data), NULL, NULL)) > 0) {
      if (siprec_dtls_is_record (data, (gsize)size))
        siprec_dtls_input (client->dtls, data, (gsize)size);
    }
    state = siprec_dtls_tick (client->dtls, (i + 1) * TICK * GST_USECOND);
    g_usleep (TICK);
  }
  return state;
}

gboolean
dtls_client_use_keys (DtlsClient *client)
{
  SiprecKeying local, remote;

  if (!siprec_dtls_get_keys (client->dtls, &local, &remote))
    return FALSE;
  client->sealer = sealer_new (&local, FALSE);
  caller_set_sealer (client->caller, client->line, client->sealer);
  return TRUE;
}
