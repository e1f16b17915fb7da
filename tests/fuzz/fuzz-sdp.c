/* Fuzz target: SDP offers, and the answers to them, which must be read again
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <string.h>

#include "siprec-core/deviation.h"
#include "siprec-core/sdp/answer.h"

int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  gst_init (argc, argv);
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  return 0;
}

static gchar *
answer (const SiprecOffer *offer)
{
  g_autofree SiprecAnswerLine *lines = g_new0 (SiprecAnswerLine, offer->mlines->len);

  for (guint i = 0; i < offer->mlines->len; i++) {
    lines[i].port = 10000 + 2 * i;
    lines[i].formats = siprec_answer_choose (siprec_offer_mline (offer, i), NULL);
  }
  gchar *text = siprec_answer_make (offer, lines, "192.0.2.1", 1, 1);
  for (guint i = 0; i < offer->mlines->len; i++)
    g_ptr_array_unref (lines[i].formats);
  return text;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GPtrArray) deviations = siprec_deviations_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (SiprecOffer) offer = siprec_offer_parse (bytes, deviations, &error);

  g_assert ((offer == NULL) == (error != NULL));
  if (offer == NULL)
    return 0;

  g_autofree gchar *text = answer (offer);
  g_autoptr (GBytes) again = g_bytes_new (text, strlen (text));
  if (strlen (text) > 64 * 1024) /* a long answer to a long offer is no offer */
    return 0;
  g_autoptr (SiprecOffer) back = siprec_offer_parse (again, NULL, &error);
  g_assert (back != NULL && back->mlines->len == offer->mlines->len);
  return 0;
}
