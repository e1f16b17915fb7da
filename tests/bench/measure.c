/* The measured process of the benchmark: what it used in a window of time.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"

/**
 * Usage:
 * @cpu: user and system time, us
 * @switches: context switches of all threads
 * @resident: KiB
 */
typedef struct {
  gint64 time;
  guint64 cpu, switches, threads, resident, packets;
} Usage;

/* The number behind @key in a file like /proc/self/status. */
static guint64
read_number (const gchar *path, const gchar *key)
{
  g_autofree gchar *text = NULL;
  const gchar *found;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  found = strstr (text, key);
  return found ? g_ascii_strtoull (found + strlen (key) + strspn (found + strlen (key), ": \t"),
                                   NULL, 10)
               : 0;
}

static guint64
read_switches (GPid pid)
{
  g_autofree gchar *tasks = g_strdup_printf ("/proc/%d/task", (gint)pid);
  g_autoptr (GDir) dir = g_dir_open (tasks, 0, NULL);
  const gchar *name;
  guint64 sum = 0;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_strdup_printf ("%s/%s/status", tasks, name);

    sum += read_number (path, "\nvoluntary_ctxt_switches");
    sum += read_number (path, "\nnonvoluntary_ctxt_switches");
  }
  return sum;
}

/* CPU time of another process, which is told in ticks of 10 ms. */
static guint64
read_cpu (GPid pid)
{
  g_autofree gchar *path = g_strdup_printf ("/proc/%d/stat", (gint)pid);
  g_autofree gchar *text = NULL;
  guint64 user = 0, system = 0;
  const gchar *rest;

  if (!g_file_get_contents (path, &text, NULL, NULL) || !(rest = strrchr (text, ')')))
    return 0;
  sscanf (rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
  return (user + system) * (G_USEC_PER_SEC / sysconf (_SC_CLK_TCK));
}

static void
take_usage (Usage *usage, const Receiver *receiver, const Load *load)
{
  GPid pid = receiver->pid ? receiver->pid () : 0;
  g_autofree gchar *status =
      pid ? g_strdup_printf ("/proc/%d/status", (gint)pid) : g_strdup ("/proc/self/status");
  struct rusage used;

  usage->packets = receiver->count (load);
  usage->time = g_get_monotonic_time ();
  if (pid) {
    usage->cpu = read_cpu (pid);
    usage->switches = read_switches (pid);
  } else {
    getrusage (RUSAGE_SELF, &used);
    usage->cpu = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * G_USEC_PER_SEC +
                 used.ru_utime.tv_usec + used.ru_stime.tv_usec;
    usage->switches = used.ru_nvcsw + used.ru_nivcsw;
  }
  usage->threads = read_number (status, "Threads");
  usage->resident = read_number (status, "VmRSS");
}

static void
tell (const Usage *base, const Usage *begin, const Usage *end)
{
  printf ("window %" G_GINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
          " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT "\n",
          end->time - begin->time, end->cpu - begin->cpu, end->packets - begin->packets,
          end->switches - begin->switches, end->threads,
          (gint64)end->resident - (gint64)base->resident);
  fflush (stdout);
}

static void
raise_limits (void)
{
  struct rlimit limit = {65536, 65536};

  if (setrlimit (RLIMIT_NOFILE, &limit) == 0)
    return;
  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

int
bench_measure (const Receiver *receiver, const Load *load)
{
  g_autofree guint16 *ports = g_new0 (guint16, load->streams);
  Usage base = {0}, begin = {0}, end = {0};
  gchar line[64];

  raise_limits ();
  base.resident = read_number ("/proc/self/status", "VmRSS");
  if (!receiver->open (load, ports))
    return 2;
  /* Another process is all the receiver's. */
  if (receiver->pid)
    base.resident = 0;
  for (guint i = 0; i < load->streams; i++)
    printf ("%u ", ports[i]);
  printf ("0\n");
  fflush (stdout);

  while (fgets (line, sizeof (line), stdin)) {
    if (g_str_has_prefix (line, "begin")) {
      take_usage (&begin, receiver, load);
    } else if (g_str_has_prefix (line, "end")) {
      take_usage (&end, receiver, load);
      tell (&base, &begin, &end);
    } else if (g_str_has_prefix (line, "lost ")) {
      gchar *rest;
      guint64 sent = g_ascii_strtoull (line + 5, &rest, 10);
      guint64 first = g_ascii_strtoull (rest, NULL, 10);
      guint64 count = receiver->count (load);
      guint64 lost = receiver->lost ? receiver->lost (load, sent, first) : sent - MIN (sent, count);

      printf ("lost %" G_GUINT64_FORMAT "\n", lost);
      fflush (stdout);
    }
  }
  /* Thousands of calls are not closed one by one; nobody is there to answer the BYEs. */
  fflush (NULL);
  _exit (0);
}
