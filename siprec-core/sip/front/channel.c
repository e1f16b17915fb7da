/* A connected stream socket that never blocks, with or without TLS
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

/* What is taken at once: a TLS record is no longer. */
#define CHUNK (16 * 1024)

/**
 * @wants: what TLS waits for: it may have to write in order to read
 * @broken: there has been an error, after which TLS must not say goodbye
 * @code: errno, if that was the error
 * @problem: OpenSSL's error, if that was it
 */
struct _SiprecChannel {
  gint fd;
  SSL *ssl;
  guint32 wants;
  gboolean broken;
  gint code;
  gulong problem;
};

SiprecChannel *
siprec_channel_new (gint fd, SSL *ssl)
{
  SiprecChannel *channel = g_new0 (SiprecChannel, 1);

  channel->fd = fd;
  channel->ssl = ssl;
  if (ssl && SSL_set_fd (ssl, fd) != 1)
    channel->broken = TRUE;
  return channel;
}

void
siprec_channel_free (SiprecChannel *channel)
{
  if (channel->ssl) {
    ERR_clear_error ();
    if (!channel->broken && SSL_is_init_finished (channel->ssl))
      SSL_shutdown (channel->ssl);
    SSL_free (channel->ssl);
  }
  close (channel->fd);
  g_free (channel);
}

static SiprecChannelState
fail (SiprecChannel *channel, gint code)
{
  channel->broken = TRUE;
  channel->code = code;
  return SIPREC_CHANNEL_CLOSED;
}

/* What an error of OpenSSL means. */
static SiprecChannelState
tls_state (SiprecChannel *channel, gint result)
{
  gint code = errno;

  switch (SSL_get_error (channel->ssl, result)) {
  case SSL_ERROR_WANT_READ:
    channel->wants = EPOLLIN;
    return SIPREC_CHANNEL_AGAIN;
  case SSL_ERROR_WANT_WRITE:
    channel->wants = EPOLLOUT;
    return SIPREC_CHANNEL_AGAIN;
  case SSL_ERROR_ZERO_RETURN:
    return SIPREC_CHANNEL_CLOSED;
  case SSL_ERROR_SYSCALL:
    return fail (channel, code);
  default:
    channel->problem = ERR_peek_error ();
    ERR_clear_error ();
    return fail (channel, 0);
  }
}

SiprecChannelState
siprec_channel_handshake (SiprecChannel *channel)
{
  gint result;

  if (!channel->ssl || SSL_is_init_finished (channel->ssl))
    return SIPREC_CHANNEL_DONE;
  if (channel->broken)
    return SIPREC_CHANNEL_CLOSED;
  ERR_clear_error ();
  channel->wants = 0;
  result = SSL_do_handshake (channel->ssl);
  return result == 1 ? SIPREC_CHANNEL_DONE : tls_state (channel, result);
}

static SiprecChannelState
plain_state (SiprecChannel *channel, gssize result)
{
  if (result == 0)
    return SIPREC_CHANNEL_CLOSED;
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
    return SIPREC_CHANNEL_AGAIN;
  return fail (channel, errno);
}

static gssize
read_some (SiprecChannel *channel, gchar *data, gsize length)
{
  if (!channel->ssl)
    return recv (channel->fd, data, length, 0);
  ERR_clear_error ();
  errno = 0;
  return SSL_read (channel->ssl, data, length);
}

SiprecChannelState
siprec_channel_read (SiprecChannel *channel, GString *buffer, gsize limit)
{
  gchar data[CHUNK];

  channel->wants = 0;
  while (limit > 0) {
    gsize wanted = MIN (sizeof data, limit);
    gssize n = read_some (channel, data, wanted);

    if (n <= 0)
      return channel->ssl ? tls_state (channel, n) : plain_state (channel, n);
    g_string_append_len (buffer, data, n);
    limit -= n;
    /* That was all there is; whoever waits is told of more. A TLS record may be short for itself. */
    if (!channel->ssl && (gsize)n < wanted)
      return SIPREC_CHANNEL_AGAIN;
  }
  return SIPREC_CHANNEL_DONE;
}

static gssize
write_some (SiprecChannel *channel, const gchar *data, gsize length)
{
  if (!channel->ssl)
    return send (channel->fd, data, length, MSG_NOSIGNAL);
  ERR_clear_error ();
  errno = 0;
  return SSL_write (channel->ssl, data, length);
}

SiprecChannelState
siprec_channel_write (SiprecChannel *channel, GString *buffer)
{
  SiprecChannelState state = SIPREC_CHANNEL_DONE;
  gsize written = 0;

  channel->wants = 0;
  while (written < buffer->len && state == SIPREC_CHANNEL_DONE) {
    gssize n = write_some (channel, buffer->str + written, MIN (buffer->len - written, CHUNK));

    if (n > 0)
      written += n;
    else
      state = channel->ssl ? tls_state (channel, n) : plain_state (channel, n);
  }
  g_string_erase (buffer, 0, written);
  return state;
}

guint32
siprec_channel_events (SiprecChannel *channel, gboolean reads, gboolean writes)
{
  return channel->wants | (reads ? EPOLLIN : 0) | (writes ? EPOLLOUT : 0);
}

gint
siprec_channel_fd (SiprecChannel *channel)
{
  return channel->fd;
}

SSL *
siprec_channel_ssl (SiprecChannel *channel)
{
  return channel->ssl;
}

gchar *
siprec_channel_error (SiprecChannel *channel)
{
  const gchar *reason = channel->problem ? ERR_reason_error_string (channel->problem) : NULL;

  if (channel->ssl && SSL_get_verify_result (channel->ssl) != X509_V_OK)
    return g_strdup (X509_verify_cert_error_string (SSL_get_verify_result (channel->ssl)));
  if (reason)
    return g_strdup (reason);
  return g_strdup (channel->code ? g_strerror (channel->code) : "closed by the peer");
}
