/* A connected stream socket that never blocks, with or without TLS
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "tls-failure.h"

/* What is taken at once: a TLS record is no longer. */
#define CHUNK (16 * 1024)

/**
 * @read_waits, @write_waits: what has to happen before it can go on with either: TLS may have to write in order to
 *   read; both are the same until the handshake is over
 * @broken: there has been an error, after which TLS must not say goodbye
 * @problem: OpenSSL's error, if that was it
 */
struct _SiprecChannel {
  gint fd;
  SSL *ssl;
  guint32 read_waits;
  guint32 write_waits;
  gboolean broken;
  gulong problem;
};

SiprecChannel *
siprec_channel_new (gint fd, SSL *ssl)
{
  SiprecChannel *channel = g_new0 (SiprecChannel, 1);

  channel->fd = fd;
  channel->ssl = ssl;
  channel->read_waits = EPOLLIN;
  channel->write_waits = EPOLLOUT;
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

void
siprec_channel_end (SiprecChannel *channel)
{
  shutdown (channel->fd, SHUT_WR);
}

void
siprec_channel_abort (SiprecChannel *channel)
{
  struct linger now = {.l_onoff = 1};

  setsockopt (channel->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static SiprecChannelState
fail (SiprecChannel *channel)
{
  channel->broken = TRUE;
  return SIPREC_CHANNEL_CLOSED;
}

/* What an error of OpenSSL means; @waits: (out): for what to wait, if it is none. */
static SiprecChannelState
tls_state (SiprecChannel *channel, gint result, guint32 *waits)
{
  switch (SSL_get_error (channel->ssl, result)) {
  case SSL_ERROR_WANT_READ:
    *waits = EPOLLIN;
    return SIPREC_CHANNEL_AGAIN;
  case SSL_ERROR_WANT_WRITE:
    *waits = EPOLLOUT;
    return SIPREC_CHANNEL_AGAIN;
  case SSL_ERROR_ZERO_RETURN:
    return SIPREC_CHANNEL_CLOSED;
  case SSL_ERROR_SYSCALL:
    return fail (channel);
  default:
    channel->problem = ERR_peek_error ();
    /* Who goes away without a word, so that it can't be told from being cut off, has done nothing wrong in a handshake. */
    if (ERR_GET_REASON (channel->problem) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
      channel->problem = 0;
    ERR_clear_error ();
    return fail (channel);
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
  result = SSL_do_handshake (channel->ssl);
  if (result != 1) {
    SiprecChannelState state = tls_state (channel, result, &channel->read_waits);

    channel->write_waits = channel->read_waits;
    return state;
  }
  channel->read_waits = EPOLLIN;
  channel->write_waits = EPOLLOUT;
  return SIPREC_CHANNEL_DONE;
}

static SiprecChannelState
plain_state (SiprecChannel *channel, gssize result)
{
  if (result == 0)
    return SIPREC_CHANNEL_CLOSED;
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
    return SIPREC_CHANNEL_AGAIN;
  return fail (channel);
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

  channel->read_waits = EPOLLIN;
  while (limit > 0) {
    gsize wanted = MIN (sizeof data, limit);
    gssize n = read_some (channel, data, wanted);

    if (n <= 0)
      return channel->ssl ? tls_state (channel, n, &channel->read_waits) : plain_state (channel, n);
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

  channel->write_waits = EPOLLOUT;
  while (written < buffer->len && state == SIPREC_CHANNEL_DONE) {
    gssize n = write_some (channel, buffer->str + written, MIN (buffer->len - written, CHUNK));

    if (n > 0)
      written += n;
    else
      state =
          channel->ssl ? tls_state (channel, n, &channel->write_waits) : plain_state (channel, n);
  }
  g_string_erase (buffer, 0, written);
  return state;
}

guint32
siprec_channel_events (SiprecChannel *channel, gboolean reads, gboolean writes)
{
  /* Nothing else, or epoll would tell again and again of what nobody takes. */
  return (reads ? channel->read_waits : 0) | (writes ? channel->write_waits : 0);
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
siprec_channel_failure (SiprecChannel *channel)
{
  return channel->problem ? siprec_tls_failure_describe (channel->ssl, channel->problem) : NULL;
}
