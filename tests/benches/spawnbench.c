/* spawnbench.c owns one measurement: the wall time of "spawn a command, read its output to the end", many times,
 * commands in turn. It judges nothing; it starts no server.
 *
 *   spawnbench [-w WARMUP] [-a CPU] [-q] N CMD ARGS... [-- CMD ARGS...]...
 *
 * Round r runs every command once, in an order rotated by r, so each round gives one paired ratio of each
 * command to the first one. Printed for each command, in microseconds:
 *   eof   posix_spawn to the end of the child's output: when $(...) has all of its text
 *   reap  posix_spawn to the child reaped: when the shell goes on
 * and the median of the paired ratios with a 95 % interval (order statistics). Standard input is /dev/null;
 * standard error is inherited, or /dev/null with -q. -a pins this program, and so the children, to one CPU. A
 * child that exits non-zero or prints nothing is counted under 'bad'; one such makes the exit status 1.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS 64

extern char **environ;

/* One command and what its runs gave. */
struct series {
    char **argv;
    double *eof, *reap, *eof_ratio, *reap_ratio;
    size_t bytes;
    long faults, rss;
    int bad, last_status;
};

struct sample {
    double eof, reap;
    size_t bytes;
    int status;
    struct rusage usage;
};

static struct series all[COMMANDS];
static int commands, rounds, warmup = 20, quiet;

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static double quantile(const double *sorted, double p) {
    return sorted[(int)(p * (rounds - 1) + 0.5)];
}

static pid_t spawn(char **argv, int output) {
    pid_t pid;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (quiet)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    int error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    if (error) {
        fprintf(stderr, "spawnbench: %s: %s\n", argv[0], strerror(error));
        exit(2);
    }
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static struct sample run(char **argv) {
    struct sample s = {0};
    char buffer[65536];
    ssize_t got;
    int ends[2], status;
    if (pipe2(ends, O_CLOEXEC)) {
        perror("pipe2");
        exit(2);
    }
    double start = now();
    pid_t pid = spawn(argv, ends[1]);
    close(ends[1]);
    while ((got = read(ends[0], buffer, sizeof buffer)) > 0)
        s.bytes += got;
    s.eof = now() - start;
    wait4(pid, &status, 0, &s.usage);
    s.reap = now() - start;
    close(ends[0]);
    s.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return s;
}

static void keep(struct series *to, int round, struct sample s) {
    to->eof[round] = s.eof;
    to->reap[round] = s.reap;
    to->bytes = s.bytes;
    to->faults = s.usage.ru_minflt;
    to->rss = s.usage.ru_maxrss;
    if (s.status || !s.bytes) {
        to->bad++;
        to->last_status = s.status;
    }
}

static void run_round(int round) {
    for (int j = 0; j < commands; j++) {
        int i = (j + (round < 0 ? 0 : round)) % commands;
        struct sample s = run(all[i].argv);
        if (round >= 0)
            keep(&all[i], round, s);
    }
    for (int i = 0; round >= 0 && i < commands; i++) {
        all[i].eof_ratio[round] = all[i].eof[round] / all[0].eof[round];
        all[i].reap_ratio[round] = all[i].reap[round] / all[0].reap[round];
    }
}

/* The median of `values` and its 95 % interval by ranks. */
static void describe_ratio(char text[64], double *values) {
    int half = 0.98 * sqrt(rounds), low = rounds / 2 - half - 1, high = rounds / 2 + half;
    qsort(values, rounds, sizeof *values, ascending);
    snprintf(text, 64, "%.3f [%.3f %.3f]", quantile(values, .5), values[low < 0 ? 0 : low],
        values[high >= rounds ? rounds - 1 : high]);
}

static void describe_command(char text[45], char **argv) {
    char *slash = strrchr(argv[0], '/');
    int length = snprintf(text, 45, "%s", slash ? slash + 1 : argv[0]);
    for (argv++; *argv && length < 44; argv++)
        length += snprintf(text + length, 45 - length, " %s", *argv);
}

static void print_row(struct series *s) {
    char name[45], eof_ratio[64], reap_ratio[64];
    describe_command(name, s->argv);
    describe_ratio(eof_ratio, s->eof_ratio);
    describe_ratio(reap_ratio, s->reap_ratio);
    qsort(s->eof, rounds, sizeof *s->eof, ascending);
    qsort(s->reap, rounds, sizeof *s->reap, ascending);
    printf("%-44s %9.1f %9.1f %9.1f %9.1f %9.1f | %-22s %-22s | %6zu %6ld %7ld %d\n", name, s->eof[0],
        quantile(s->eof, .5), quantile(s->eof, .99), quantile(s->reap, .5), quantile(s->reap, .99), eof_ratio,
        reap_ratio, s->bytes, s->faults, s->rss, s->bad);
    if (s->bad)
        fprintf(stderr, "spawnbench: %s: %d of %d runs failed or printed nothing (last exit status %d)\n", name,
            s->bad, rounds, s->last_status);
}

static void add_command(char **argv) {
    if (!*argv || commands == COMMANDS)
        return;
    struct series *s = &all[commands++];
    double **arrays[] = {&s->eof, &s->reap, &s->eof_ratio, &s->reap_ratio};
    s->argv = argv;
    for (int i = 0; i < 4; i++)
        *arrays[i] = calloc(rounds, sizeof(double));
}

static void pin(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set))
        perror("sched_setaffinity");
}

static void parse(int argc, char **argv) {
    int option;
    while ((option = getopt(argc, argv, "+w:a:q")) != -1)
        if (option == 'w')
            warmup = atoi(optarg);
        else if (option == 'a')
            pin(atoi(optarg));
        else if (option == 'q')
            quiet = 1;
        else
            exit(64);
    if (optind + 1 >= argc || (rounds = atoi(argv[optind])) < 1) {
        fprintf(stderr, "usage: spawnbench [-w WARMUP] [-a CPU] [-q] N CMD ARGS... [-- CMD ARGS...]...\n");
        exit(64);
    }
    add_command(argv + optind + 1);
    for (int i = optind + 1; i < argc; i++)
        if (!strcmp(argv[i], "--")) {
            argv[i] = NULL;
            add_command(argv + i + 1);
        }
}

int main(int argc, char **argv) {
    int any_bad = 0;
    parse(argc, argv);
    for (int round = -warmup; round < rounds; round++)
        run_round(round);
    printf("%-44s %9s %9s %9s %9s %9s | %-22s %-22s | %6s %6s %7s %s\n", "command (us)", "eof min", "eof med",
        "eof p99", "reap med", "reap p99", "eof ratio [95%]", "reap ratio [95%]", "bytes", "faults", "rss KiB",
        "bad");
    for (int i = 0; i < commands; i++) {
        print_row(&all[i]);
        any_bad |= all[i].bad != 0;
    }
    return any_bad;
}
