/* The client's side of a line whose keys come from DTLS; it shows the certificate of this process.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "caller.h"
#include "siprec-core/srtp/dtls.h"

typedef struct {
  Caller *caller;
  guint line;
  guint16 port; /* of the recorder */
  SiprecDtls *dtls;
  Sealer *sealer;
} DtlsClient;

/* The attributes of an offer with our certificate's fingerprint, or with @wrong another one. Free with g_free(). */
gchar *dtls_client_attributes (const gchar *setup, gboolean wrong);

/* For @line of the last answer. FALSE if that has no fingerprint. */
gboolean dtls_client_init (DtlsClient *client, Caller *caller, guint line);
void dtls_client_clear (DtlsClient *client);

/* Sends a datagram to the recorder's port. */
void dtls_client_send (DtlsClient *client, const guint8 *data, gsize size);

/* Until the handshake is over one way or the other, for 15 s at most. */
SiprecDtlsState dtls_client_shake (DtlsClient *client);

/* What the caller sends on that line is sealed with the new keys from now on. FALSE if there are none. */
gboolean dtls_client_use_keys (DtlsClient *client);
