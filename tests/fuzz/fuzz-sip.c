/* Fuzz target: what a stream connection brings, up to the SIP stack, and Authorization headers
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <string.h>

#include "siprec-core/guard/digest.h"
#include "siprec-core/sip/front/frame.h"
#include "siprec-core/sip/front/relay.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static const SiprecRelay relay = {.id = "0123456789abcdef0123456789abcdef",
                                  .number = 7,
                                  .inner = "127.0.0.1:5",
                                  .transport = "tls",
                                  .remote_address = "192.0.2.1",
                                  .remote_port = 5061,
                                  .local_address = "2001:db8::1",
                                  .local_port = 5061,
                                  .peer = "tls 192.0.2.1 5061 2001:db8::1 5061 -"};

/* What the relay makes of a message is one message again, of the length that it says. */
static void
relay_message (const gchar *message, const SiprecFrame *frame)
{
  gsize length = siprec_frame_length (frame);
  g_autoptr (GString) inward = g_string_new (NULL);
  g_autoptr (GString) outward =
      siprec_relay_outward (&relay, message, frame->header_length, length);
  g_autoptr (GString) refusal = siprec_relay_refuse (message, length, "400 Bad Request");

  if (siprec_relay_inward (&relay, message, frame->header_length, length, inward) > 0) {
    SiprecFrame again = SIPREC_FRAME_INIT;

    g_assert (siprec_frame_scan (&again, inward->str, inward->len) == SIPREC_FRAME_COMPLETE ||
              inward->len > SIPREC_FRAME_MAX_HEADER);
    if (again.header_length)
      g_assert (siprec_frame_length (&again) == inward->len);
  }
}

/* The same, however the bytes come. */
static void
check_pieces (const GString *text, const SiprecFrame *whole, SiprecFrameState state)
{
  SiprecFrame frame = SIPREC_FRAME_INIT;
  SiprecFrameState found = SIPREC_FRAME_PARTIAL;

  for (gsize n = 0; n <= text->len && found == SIPREC_FRAME_PARTIAL; n++)
    found = siprec_frame_scan (&frame, text->str, n);
  g_assert (found == state || state == SIPREC_FRAME_TOO_LARGE || found == SIPREC_FRAME_TOO_LARGE);
  if (state == SIPREC_FRAME_COMPLETE)
    g_assert (siprec_frame_length (&frame) == siprec_frame_length (whole));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GString) text = g_string_new_len ((const gchar *)data, size);
  g_autofree gchar *nonce = siprec_digest_field (text->str, "nonce");
  g_autoptr (SiprecCredentials) credentials = siprec_credentials_parse (text->str, "file", NULL);
  g_autoptr (GString) refusal = NULL;
  SiprecFrame frame = SIPREC_FRAME_INIT;
  SiprecFrameState state = siprec_frame_scan (&frame, text->str, text->len);

  if (size < 4096)
    check_pieces (text, &frame, state);
  if (state == SIPREC_FRAME_COMPLETE)
    relay_message (text->str, &frame);
  else
    refusal = siprec_relay_refuse (text->str, text->len, "400 Bad Request");
  return 0;
}
