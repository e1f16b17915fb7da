/* ICE-lite: STUN of RFC 5769, what is answered and what isn't, and a call.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "siprec-core/transport/ice.h"
#include "siprec-core/transport/latch.h"
#include "tests/support/caller.h"
#include "tests/support/recorder.h"

#define COOKIE 0x2112a442u

/* RFC 5769 section 2.1. */
static const guint8 sample[] = {
    0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 'S',  'T',  'U',  'N',  ' ',  't',  'e',  's',
    't',  ' ',  'c',  'l',  'i',  'e',  'n',  't',  0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff,
    0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09,
    'e',  'v',  't',  'j',  ':',  'h',  '6',  'v',  'Y',  ' ',  ' ',  ' ',  0x00, 0x08, 0x00, 0x14,
    0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49,
    0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf};
#define SAMPLE_PASSWORD "VOkJxbRl1RmTxUk/WvJxBt"

GST_START_TEST (the_sample_request_is_read)
{
  SiprecStunRequest request;

  fail_unless (siprec_stun_is_message (sample, sizeof (sample)));
  fail_unless (siprec_stun_read (&request, sample, sizeof (sample), SAMPLE_PASSWORD));
  fail_unless_equals_int (request.username_size, 9);
  fail_unless (memcmp (request.username, "evtj:h6vY", 9) == 0);
  fail_unless (request.controlled);
  fail_if (request.use_candidate);
  fail_unless_equals_int (request.unknown, 0);
  fail_if (siprec_stun_read (&request, sample, sizeof (sample), "another password"));
}
GST_END_TEST

/* No octet may be another one, and none may be missing. */
GST_START_TEST (a_mangled_request_is_refused)
{
  SiprecStunRequest request;

  for (gsize i = 0; i < sizeof (sample); i++) {
    g_autofree guint8 *copy = g_memdup2 (sample, sizeof (sample));
    g_autofree guint8 *cut = g_memdup2 (sample, i);

    copy[i] ^= 0x11;
    /* Another type of the last attribute is one that we needn't know. */
    if (i / 2 != 100 / 2)
      fail_if (siprec_stun_read (&request, copy, sizeof (sample), SAMPLE_PASSWORD), "octet %zu", i);
    fail_if (siprec_stun_read (&request, cut, i, SAMPLE_PASSWORD));
  }
}
GST_END_TEST

/* ---- a client's own side, independent of the code under test ---- */

static void
append_16 (GByteArray *message, guint16 value)
{
  guint8 octets[2];

  GST_WRITE_UINT16_BE (octets, value);
  g_byte_array_append (message, octets, 2);
}

static void
append_attribute (GByteArray *message, guint16 type, gconstpointer value, guint16 size)
{
  static const guint8 padding[4] = {0};

  append_16 (message, type);
  append_16 (message, size);
  g_byte_array_append (message, value, size);
  g_byte_array_append (message, padding, (4 - size % 4) % 4);
  GST_WRITE_UINT16_BE (message->data + 2, message->len - 20);
}

static void
make_hmac (const guint8 *data, gsize size, const gchar *password, guint8 *digest)
{
  g_autoptr (GHmac) hmac =
      g_hmac_new (G_CHECKSUM_SHA1, (const guchar *)password, strlen (password));
  gsize digest_size = 20;

  g_hmac_update (hmac, data, (gssize)size);
  g_hmac_get_digest (hmac, digest, &digest_size);
}

static GByteArray *
make_request (const gchar *username, const gchar *password, guint16 flag)
{
  GByteArray *message = g_byte_array_new ();
  guint8 header[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  guint8 priority[4] = {1, 2, 3, 4}, role[8] = {0}, digest[20];

  g_byte_array_append (message, header, sizeof (header));
  append_attribute (message, 0x0006, username, (guint16)strlen (username));
  append_attribute (message, 0x0024, priority, 4);
  append_attribute (message, flag == 0x8029 ? 0x8029 : 0x802a, role, 8);
  if (flag && flag != 0x8029)
    append_attribute (message, flag, "", 0);
  GST_WRITE_UINT16_BE (message->data + 2, message->len - 20 + 24);
  make_hmac (message->data, message->len, password, digest);
  append_attribute (message, 0x0008, digest, 20);
  return message;
}

/* The value of an attribute of @message, or NULL. */
static const guint8 *
find_attribute (const guint8 *message, gsize size, guint16 type)
{
  for (gsize i = 20; i + 4 <= size; i += 4 + (GST_READ_UINT16_BE (message + i + 2) + 3u) / 4 * 4) {
    if (GST_READ_UINT16_BE (message + i) == type)
      return message + i + 4;
  }
  return NULL;
}

static void
check_response (guint8 *message, gsize size, const gchar *password)
{
  const guint8 *integrity = find_attribute (message, size, 0x0008);
  guint8 digest[20];

  fail_unless (integrity != NULL);
  GST_WRITE_UINT16_BE (message + 2, (guint16)(integrity + 20 - message - 20));
  make_hmac (message, (gsize)(integrity - 4 - message), password, digest);
  fail_unless (memcmp (digest, integrity, 20) == 0);
  fail_unless (find_attribute (message, size, 0x8028) == message + size - 4);
}

static const SiprecIceCredentials credentials = {"ours", "our-password-of-22-characters", "theirs",
                                                 "x"};

static gsize
answer (GByteArray *request, guint8 *out, gboolean *nominated)
{
  SiprecAddress from;

  siprec_address_set (&from, "192.0.2.33", 4711);
  return siprec_ice_answer (&credentials, &from, request->data, request->len, out, nominated);
}

GST_START_TEST (a_check_is_answered_with_the_address)
{
  g_autoptr (GByteArray) request = make_request ("ours:theirs", credentials.pwd, 0);
  guint8 out[SIPREC_STUN_MAX_RESPONSE] __attribute__ ((aligned (4)));
  gboolean nominated;
  gsize size = answer (request, out, &nominated);
  const guint8 *address;

  fail_unless (size > 0);
  fail_if (nominated);
  fail_unless_equals_int (GST_READ_UINT16_BE (out), 0x0101);
  fail_unless_equals_int (GST_READ_UINT16_BE (out + 2), size - 20);
  fail_unless (memcmp (out + 4, request->data + 4, 16) == 0);
  address = find_attribute (out, size, 0x0020);
  fail_unless_equals_int (address[1], 1);
  fail_unless_equals_int (GST_READ_UINT16_BE (address + 2) ^ (COOKIE >> 16), 4711);
  fail_unless ((GST_READ_UINT32_BE (address + 4) ^ COOKIE) == 0xc0000221);
  check_response (out, size, credentials.pwd);
}
GST_END_TEST

GST_START_TEST (the_client_nominates)
{
  g_autoptr (GByteArray) request = make_request ("ours:theirs", credentials.pwd, 0x0025);
  guint8 out[SIPREC_STUN_MAX_RESPONSE] __attribute__ ((aligned (4)));
  gboolean nominated;

  fail_unless (answer (request, out, &nominated) > 0);
  fail_unless (nominated);
}
GST_END_TEST

GST_START_TEST (errors_are_told_to_who_has_the_password)
{
  static const struct {
    guint16 flag;
    guint code;
  } errors[] = {{0x8029, 487}, {0x7777, 420}};

  for (guint i = 0; i < G_N_ELEMENTS (errors); i++) {
    g_autoptr (GByteArray) request = make_request ("ours:theirs", credentials.pwd, errors[i].flag);
    guint8 out[SIPREC_STUN_MAX_RESPONSE] __attribute__ ((aligned (4)));
    gboolean nominated;
    gsize size = answer (request, out, &nominated);
    const guint8 *error = find_attribute (out, size, 0x0009);

    fail_unless_equals_int (GST_READ_UINT16_BE (out), 0x0111);
    fail_unless_equals_int (error[2] * 100 + error[3], errors[i].code);
    check_response (out, size, credentials.pwd);
  }
}
GST_END_TEST

GST_START_TEST (others_get_no_answer)
{
  g_autoptr (GByteArray) stranger = make_request ("ours:theirs", "wrong password", 0);
  g_autoptr (GByteArray) lost = make_request ("ours:somebody", credentials.pwd, 0);
  g_autoptr (GByteArray) reversed = make_request ("theirs:ours", credentials.pwd, 0);
  guint8 out[SIPREC_STUN_MAX_RESPONSE] __attribute__ ((aligned (4)));
  gboolean nominated;

  fail_unless_equals_int (answer (stranger, out, &nominated), 0);
  fail_unless_equals_int (answer (lost, out, &nominated), 0);
  fail_unless_equals_int (answer (reversed, out, &nominated), 0);
}
GST_END_TEST

/* ---- a call ---- */

#define ICE                                                                                        \
  "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdefghijkl\r\na=rtcp-mux\r\n"                         \
  "a=candidate:1 1 UDP 2130706431 127.0.0.1 9 typ host\r\n"

/* Asked on line 1's socket and nominated there, line 0 of the recorder sends its reports to that. */
GST_START_TEST (a_call_with_ice)
{
  Recorder *recorder = recorder_new (NULL);
  Caller *caller = caller_new (recorder_uri (recorder), FALSE);
  GSocket *socket = caller_socket (caller, 1);
  g_autofree gchar *ufrag = NULL, *pwd = NULL, *candidate = NULL, *username = NULL, *again = NULL;
  g_autofree gchar *expected = NULL;
  g_autoptr (GByteArray) request = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  guint8 response[1500];
  gssize size;

  recorder_accept (recorder);
  caller_set_media (caller, 0, NULL, ICE);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  fail_unless (strstr (caller_last (caller), "t=0 0\r\na=ice-lite\r\nm="));
  ufrag = caller_attribute (caller, 0, "ice-ufrag");
  pwd = caller_attribute (caller, 0, "ice-pwd");
  candidate = caller_attribute (caller, 0, "candidate");
  fail_unless (ufrag && strlen (ufrag) >= 4 && pwd && strlen (pwd) >= 22);
  expected = g_strdup_printf ("1 1 UDP 2130706431 127.0.0.1 %u typ host", caller_port (caller, 0));
  fail_unless_equals_string (candidate, expected);

  username = g_strdup_printf ("%s:abcd", ufrag);
  request = make_request (username, pwd, 0x0025);
  address = g_inet_socket_address_new_from_string ("127.0.0.1", caller_port (caller, 0));
  g_socket_set_timeout (socket, 30);
  g_socket_send_to (socket, address, (const gchar *)request->data, request->len, NULL, NULL);
  size = g_socket_receive (socket, (gchar *)response, sizeof (response), NULL, NULL);
  fail_unless (size > 0);
  check_response (response, (gsize)size, pwd);
  size = g_socket_receive (socket, (gchar *)response, sizeof (response), NULL, NULL);
  fail_unless (size > 8 && response[1] == 201);

  /* The same credentials again are no restart. */
  fail_unless_equals_int (caller_reinvite (caller, 1, "sendonly"), 200);
  again = caller_attribute (caller, 0, "ice-pwd");
  fail_unless_equals_string (again, pwd);
  caller_free (caller);
  recorder_free (recorder);
}
GST_END_TEST

GST_START_TEST (without_ice_there_is_none)
{
  Recorder *recorder = recorder_new (NULL);
  Caller *caller = caller_new (recorder_uri (recorder), FALSE);

  recorder_accept (recorder);
  fail_unless_equals_int (caller_invite (caller, 1, "sendonly"), 200);
  fail_if (strstr (caller_last (caller), "ice-"));
  fail_if (strstr (caller_last (caller), "candidate"));
  caller_free (caller);
  recorder_free (recorder);
}
GST_END_TEST

static Suite *
ice_suite (void)
{
  Suite *suite = suite_create ("ice");
  TCase *tcase = tcase_create ("stun"), *calls = tcase_create ("calls");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, the_sample_request_is_read);
  tcase_add_test (tcase, a_mangled_request_is_refused);
  tcase_add_test (tcase, a_check_is_answered_with_the_address);
  tcase_add_test (tcase, the_client_nominates);
  tcase_add_test (tcase, errors_are_told_to_who_has_the_password);
  tcase_add_test (tcase, others_get_no_answer);
  suite_add_tcase (suite, calls);
  tcase_add_test (calls, a_call_with_ice);
  tcase_add_test (calls, without_ice_there_is_none);
  return suite;
}

GST_CHECK_MAIN (ice);
