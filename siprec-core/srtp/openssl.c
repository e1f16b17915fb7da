/* Keeps OpenSSL alive as long as our threads.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <openssl/crypto.h>

/* When a process exits, OpenSSL takes itself apart while I/O workers still open packets, and they crash. It can be
 * told not to by whoever uses it first. */
static void __attribute__ ((constructor)) keep_openssl (void)
{
  OPENSSL_init_crypto (OPENSSL_INIT_NO_ATEXIT, NULL);
}
