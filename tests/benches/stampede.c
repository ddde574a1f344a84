/* stampede.c owns one measurement: many callers at once, each running a command several times in a row. It
 * starts no server and expires no token.
 *
 *   stampede [-c CALLERS] [-n CALLS_EACH] [-T TIMEOUT_S] CMD ARGS...
 *
 * All callers start together. A call is good when the command exits 0 and prints something. Printed: calls a
 * second, latency from spawn to reap, failures, and how many different outputs were seen (of a command that
 * prints a token: how many different tokens). The command's standard error is dropped; a call longer than
 * TIMEOUT_S is killed and counted as failed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILLED 124
#define SILENT 126
#define NOT_STARTED 127

extern char **environ;

struct result {
    double us;
    uint64_t hash;
    int status;
};

static int callers = 64, calls_each = 1;
static double timeout_s = 60;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int by_number(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int by_hash(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int spawn(pid_t *pid, char **argv, int output) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    int error = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Reads to the end of the output: its FNV-1a hash, 0 for none. False when the deadline passed first. */
static int read_output(int fd, double deadline, uint64_t *hash) {
    unsigned char buffer[8192];
    ssize_t got;
    uint64_t h = 1469598103934665603ull;
    *hash = 0;
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int left_ms = (deadline - now()) / 1e3;
        if (left_ms <= 0 || poll(&ready, 1, left_ms) == 0)
            return 0;
        if ((got = read(fd, buffer, sizeof buffer)) <= 0)
            return 1;
        for (ssize_t i = 0; i < got; i++)
            h = (h ^ buffer[i]) * 1099511628211ull;
        *hash = h;
    }
}

static struct result call(char **argv) {
    struct result r = {.status = NOT_STARTED};
    pid_t pid;
    int ends[2], status;
    double start = now();
    if (pipe2(ends, O_CLOEXEC) || spawn(&pid, argv, ends[1]))
        return r;
    close(ends[1]);
    int in_time = read_output(ends[0], start + timeout_s * 1e6, &r.hash);
    if (!in_time)
        kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    close(ends[0]);
    r.us = now() - start;
    if (!in_time)
        r.status = KILLED;
    else if (WIFSIGNALED(status))
        r.status = 128 + WTERMSIG(status);
    else
        r.status = WEXITSTATUS(status) ? WEXITSTATUS(status) : r.hash ? 0 : SILENT;
    return r;
}

/* Forks the callers, opens the gate for all of them at once, and waits for the last; the seconds it took. */
static double run_callers(char **argv, struct result *results) {
    int gate[2];
    if (pipe2(gate, O_CLOEXEC))
        exit(2);
    for (int c = 0; c < callers; c++)
        if (fork() == 0) {
            char byte;
            close(gate[1]);
            while (read(gate[0], &byte, 1) > 0)
                ;
            for (int i = 0; i < calls_each; i++)
                results[c * calls_each + i] = call(argv);
            _exit(0);
        }
    usleep(100000);
    double start = now();
    close(gate[0]);
    close(gate[1]);
    while (wait(NULL) > 0)
        ;
    return (now() - start) / 1e6;
}

static int report(const struct result *results, int total, double seconds) {
    double *times = calloc(total, sizeof *times);
    uint64_t *hashes = calloc(total, sizeof *hashes);
    int good = 0, different = 0, last_bad = 0;
    for (int i = 0; i < total; i++) {
        times[i] = results[i].us;
        if (results[i].status)
            last_bad = results[i].status;
        else
            hashes[good++] = results[i].hash;
    }
    qsort(times, total, sizeof *times, by_number);
    qsort(hashes, good, sizeof *hashes, by_hash);
    for (int i = 0; i < good; i++)
        different += !i || hashes[i] != hashes[i - 1];
    printf("callers=%d calls=%d wall_s=%.3f calls_per_s=%.0f p50_ms=%.2f p99_ms=%.2f max_ms=%.2f failed=%d "
           "last_bad_status=%d different_outputs=%d\n",
        callers, total, seconds, total / seconds, times[total / 2] / 1e3, times[(int)(total * .99)] / 1e3,
        times[total - 1] / 1e3, total - good, last_bad, different);
    return good != total;
}

int main(int argc, char **argv) {
    int option;
    while ((option = getopt(argc, argv, "+c:n:T:")) != -1)
        if (option == 'c')
            callers = atoi(optarg);
        else if (option == 'n')
            calls_each = atoi(optarg);
        else if (option == 'T')
            timeout_s = atof(optarg);
        else
            return 64;
    if (optind >= argc || callers < 1 || calls_each < 1)
        return 64;
    int total = callers * calls_each;
    struct result *results =
        mmap(NULL, sizeof *results * total, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    double seconds = run_callers(argv + optind, results);
    return report(results, total, seconds);
}
