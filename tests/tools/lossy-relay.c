/* lossy-relay: passes datagrams on as a bad network does, the same way for the same seed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <gio/gio.h>

#include "tests/support/network.h"

#define MAX_ROUTES 8

#define USAGE                                                                                      \
  "Each DEST is an IPv4 ADDRESS:PORT. For each one the relay takes a pair of ports on 127.0.0.1, " \
  "prints the\n"                                                                                   \
  "first on a line of its own, and passes what comes there on to DEST, and what comes to the "     \
  "second one on to\n"                                                                             \
  "the next port of DEST, unharmed. On SIGTERM it prints a line of JSON with its counts, and by "  \
  "how much it fell behind, and ends."

typedef struct {
  GSocket *sockets[2];
  GSocketAddress *dests[2];
  Network network;
} Route;

typedef struct {
  gint64 due;
  GSocket *socket;
  GSocketAddress *dest;
  GBytes *data;
} Packet;

static gint seed = 1;
static gdouble drop, duplicate, reorder, burst;
static gint burst_length = 5, delay, jitter, hold = 30;

static const GOptionEntry entries[] = {
    {"seed", 0, 0, G_OPTION_ARG_INT, &seed, "Of all that is random (1)", "N"},
    {"drop", 0, 0, G_OPTION_ARG_DOUBLE, &drop, "Single packets lost", "%"},
    {"burst", 0, 0, G_OPTION_ARG_DOUBLE, &burst, "Packets that begin a burst of losses", "%"},
    {"burst-length", 0, 0, G_OPTION_ARG_INT, &burst_length, "How many it takes (5)", "N"},
    {"duplicate", 0, 0, G_OPTION_ARG_DOUBLE, &duplicate, "Packets sent twice", "%"},
    {"reorder", 0, 0, G_OPTION_ARG_DOUBLE, &reorder, "Packets held back", "%"},
    {"hold", 0, 0, G_OPTION_ARG_INT, &hold, "How long those are held back (30)", "MS"},
    {"delay", 0, 0, G_OPTION_ARG_INT, &delay, "Delay of all", "MS"},
    {"jitter", 0, 0, G_OPTION_ARG_INT, &jitter, "At most so much more", "MS"},
    {NULL},
};

static Route routes[MAX_ROUTES];
static guint n_routes;
static GQueue packets = G_QUEUE_INIT; /* Packet, by time */

static gint64 latest; /* most that a packet was sent after it was due, us */

static volatile sig_atomic_t stopped;

static void
stop (int signal_number)
{
  stopped = 1;
}

static GSocket *
bind_socket (guint16 port)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", port);
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);

  g_socket_set_blocking (socket, FALSE);
  g_socket_set_option (socket, SOL_SOCKET, SO_TIMESTAMPNS, 1, NULL);
  if (!g_socket_bind (socket, address, FALSE, NULL))
    return NULL;
  return g_steal_pointer (&socket);
}

static guint16
get_port (GSocket *socket)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

/* Two ports in a row; the kernel chooses the first. */
static void
bind_pair (Route *route)
{
  while (!route->sockets[1]) {
    guint16 port;

    g_clear_object (&route->sockets[0]);
    route->sockets[0] = bind_socket (0);
    port = get_port (route->sockets[0]);
    if (port % 2 == 0)
      route->sockets[1] = bind_socket (port + 1);
  }
}

static gboolean
open_route (Route *route, const gchar *dest)
{
  g_auto (GStrv) parts = g_strsplit (dest, ":", 2);
  guint port = parts[0] && parts[1] ? (guint)g_ascii_strtoull (parts[1], NULL, 10) : 0;

  if (port == 0 || port >= G_MAXUINT16)
    return FALSE;
  for (guint i = 0; i < 2; i++) {
    route->dests[i] = g_inet_socket_address_new_from_string (parts[0], port + i);
    if (!route->dests[i])
      return FALSE;
  }
  bind_pair (route);
  g_print ("%u\n", get_port (route->sockets[0]));
  return TRUE;
}

static gint
compare_packets (gconstpointer a, gconstpointer b, gpointer user_data)
{
  gint64 difference = ((const Packet *)a)->due - ((const Packet *)b)->due;

  return (difference > 0) - (difference < 0);
}

static void
add_packet (Route *route, guint which, GBytes *data, gint64 due)
{
  Packet *packet = g_new (Packet, 1);

  *packet = (Packet){due, route->sockets[which], route->dests[which], g_bytes_ref (data)};
  g_queue_insert_sorted (&packets, packet, compare_packets, NULL);
}

/* Reads a datagram; @waited is for how many us it lay there. Returns its size, -1 if there is none. */
static gssize
read_datagram (GSocket *socket, gchar *buffer, gsize capacity, gint64 *waited)
{
  gchar control[CMSG_SPACE (sizeof (struct timespec))];
  struct iovec vector = {buffer, capacity};
  struct msghdr message = {.msg_iov = &vector,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
  gssize size = recvmsg (g_socket_get_fd (socket), &message, 0);
  struct cmsghdr *header = size >= 0 ? CMSG_FIRSTHDR (&message) : NULL;
  struct timespec came;

  *waited = 0;
  if (header && header->cmsg_type == SCM_TIMESTAMPNS) {
    memcpy (&came, CMSG_DATA (header), sizeof came);
    *waited = g_get_real_time () - (came.tv_sec * G_USEC_PER_SEC + came.tv_nsec / 1000);
  }
  return size;
}

static void
receive (Route *route, guint which)
{
  gchar buffer[2048];
  gint64 waited;
  gssize size;

  while ((size = read_datagram (route->sockets[which], buffer, sizeof buffer, &waited)) > 0) {
    g_autoptr (GBytes) data = g_bytes_new (buffer, (gsize)size);
    gint64 came = g_get_monotonic_time () - waited;
    gint64 due[2] = {came + delay * 1000};
    guint n = which == 0 ? network_send (&route->network, came, due) : 1;

    for (guint i = 0; i < n; i++)
      add_packet (route, which, data, due[i]);
  }
}

/* Sends what is due; returns the ms until the next one, -1 if there is none. */
static gint
send_due (void)
{
  gint64 now = g_get_monotonic_time ();
  Packet *packet;

  while ((packet = g_queue_peek_head (&packets)) && packet->due <= now) {
    gsize size;
    const gchar *data = g_bytes_get_data (packet->data, &size);

    latest = MAX (latest, now - packet->due);
    g_socket_send_to (packet->socket, packet->dest, data, size, NULL, NULL);
    g_bytes_unref (packet->data);
    g_free (g_queue_pop_head (&packets));
  }
  return packet ? (gint)((packet->due - now + 999) / 1000) : -1;
}

static void
relay (void)
{
  struct pollfd fds[2 * MAX_ROUTES];

  for (guint i = 0; i < 2 * n_routes; i++)
    fds[i] =
        (struct pollfd){.fd = g_socket_get_fd (routes[i / 2].sockets[i % 2]), .events = POLLIN};
  while (!stopped) {
    poll (fds, 2 * n_routes, send_due ());
    for (guint i = 0; i < n_routes; i++) {
      receive (&routes[i], 0);
      receive (&routes[i], 1);
    }
  }
}

static void
make_network (Network *network, guint index)
{
  *network = (Network){.drop = drop,
                       .burst = burst,
                       .duplicate = duplicate,
                       .reorder = reorder,
                       .burst_length = (guint)burst_length,
                       .delay = delay * 1000,
                       .jitter = jitter * 1000,
                       .hold = hold * 1000};
  network_init (network, (guint32)seed + index);
}

static void
print_counts (void)
{
  Network sum = {0};

  for (guint i = 0; i < n_routes; i++) {
    sum.n_passed += routes[i].network.n_passed;
    sum.n_dropped += routes[i].network.n_dropped;
    sum.n_duplicated += routes[i].network.n_duplicated;
    sum.n_reordered += routes[i].network.n_reordered;
    network_clear (&routes[i].network);
  }
  g_print ("{\"passed\":%u,\"dropped\":%u,\"duplicated\":%u,\"reordered\":%u,\"latest_ms\":%.3f}\n",
           sum.n_passed, sum.n_dropped, sum.n_duplicated, sum.n_reordered, (gdouble)latest / 1000);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("DEST... - a bad network");
  g_autoptr (GError) error = NULL;
  struct sigaction action = {.sa_handler = stop};

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_description (context, USAGE);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc < 2 ||
      argc > MAX_ROUTES + 1) {
    g_printerr ("lossy-relay: %s\n", error ? error->message : "From 1 to 8 DESTs are needed.");
    return 2;
  }
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  for (n_routes = 0; (gint)n_routes < argc - 1; n_routes++) {
    if (!open_route (&routes[n_routes], argv[n_routes + 1])) {
      g_printerr ("lossy-relay: \"%s\" is not ADDRESS:PORT.\n", argv[n_routes + 1]);
      return 2;
    }
    make_network (&routes[n_routes].network, n_routes);
  }
  relay ();
  print_counts ();
  return 0;
}
