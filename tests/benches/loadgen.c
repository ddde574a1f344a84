/* loadgen.c owns closed-loop load on a Unix socket: requests a second and latency. One thread, epoll. It knows
 * no protocol beyond where a reply ends.
 *
 *   loadgen [-c CONNECTIONS] [-d SECONDS] [-m persist|connect] [-r REQUEST_FILE] [-R END] SOCKET
 *   loadgen -i IDLE -d SECONDS SOCKET      opens IDLE connections, sends nothing, holds them, exits
 *
 * -c  connections, each with one request under way at a time (default 1)
 * -m  persist: every connection is used again and again; connect: connect, one request, close, repeat
 * -r  file with the request's bytes (default: the floor's 40-byte request)
 * -R  how the end of a reply is known: u32le (length in front; default), u32le@N (the length after N bytes),
 *     eof (the server closes)
 * Latency of 'connect' includes socket(), connect() and close(); reply_bytes is the length of the last reply.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define HEAD 64
#define MAX_ERRORS 100000
#define IDLE_PATIENCE_US 2e6

enum progress { MORE, WHOLE, DEAD };

struct connection {
    int fd;
    double start;
    size_t have;
    unsigned char head[HEAD];
};

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static unsigned char request[1 << 20];
static size_t request_length, length_offset;
static int count = 1, idle, persist = 1, ends_with_eof, poller;
static double seconds = 3;
static long errors, backlog_full;
static double *latencies;
static size_t replies, capacity, reply_bytes;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void record(double latency) {
    if (replies == capacity) {
        capacity = capacity ? capacity * 2 : 1 << 20;
        latencies = realloc(latencies, capacity * sizeof *latencies);
    }
    latencies[replies++] = latency;
}

/* Opens the connection, waiting out a full backlog, and sends one request. False when the server is gone. */
static int open_connection(struct connection *c) {
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    while (connect(c->fd, (void *)&address, sizeof address)) {
        if (errno != EAGAIN && errno != EINTR) {
            close(c->fd);
            return 0;
        }
        backlog_full += errno == EAGAIN;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
    return 1;
}

static void send_request(struct connection *c) {
    c->have = 0;
    if (send(c->fd, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length)
        errors++;
}

static enum progress take(struct connection *c, const unsigned char *bytes, ssize_t got) {
    size_t head_length = length_offset + 4;
    if (got <= 0)
        return ends_with_eof && got == 0 && c->have ? WHOLE : DEAD;
    for (ssize_t i = 0; i < got && c->have + i < head_length; i++)
        c->head[c->have + i] = bytes[i];
    c->have += got;
    if (ends_with_eof || c->have < head_length)
        return MORE;
    const unsigned char *l = c->head + length_offset;
    return c->have >= head_length + (l[0] | l[1] << 8 | l[2] << 16 | (size_t)l[3] << 24) ? WHOLE : MORE;
}

/* Ends one request and begins the next; false when the server is gone. */
static int next_request(struct connection *c, enum progress ended) {
    if (persist && ended == WHOLE) {
        double t = now();
        record(t - c->start);
        c->start = t;
        send_request(c);
        return 1;
    }
    close(c->fd);
    double t = now();
    if (ended == WHOLE)
        record(t - c->start);
    c->start = t;
    if (!open_connection(c))
        return 0;
    send_request(c);
    return 1;
}

/* Reads what has come for one connection; false when the server is gone. */
static int serve(struct connection *c) {
    static unsigned char buffer[1 << 17];
    ssize_t got = recv(c->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return 1;
    enum progress progress = take(c, buffer, got);
    errors += progress == DEAD;
    if (progress == WHOLE)
        reply_bytes = c->have;
    return progress == MORE || next_request(c, progress);
}

static double run_load(void) {
    struct connection *connections = calloc(count, sizeof *connections);
    struct epoll_event events[512];
    int live = count;
    double start = now(), end = start + seconds * 1e6;
    poller = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < count; i++) {
        connections[i].start = now();
        if (!open_connection(&connections[i])) {
            perror("connect");
            exit(2);
        }
        send_request(&connections[i]);
    }
    while (now() < end && live && errors < MAX_ERRORS) {
        int ready = epoll_wait(poller, events, 512, 200);
        for (int i = 0; i < ready; i++)
            live -= !serve(events[i].data.ptr);
    }
    return (now() - start) / 1e6;
}

static int report(double elapsed) {
    const char *mode = persist ? "persist" : "connect";
    if (!replies) {
        printf("mode=%s conns=%d NO REPLIES errors=%ld\n", mode, count, errors);
        return 1;
    }
    qsort(latencies, replies, sizeof *latencies, ascending);
    printf("mode=%s conns=%d secs=%.2f replies=%zu rps=%.0f p50_us=%.1f p99_us=%.1f max_us=%.1f reply_bytes=%zu "
           "errors=%ld eagain=%ld\n",
        mode, count, elapsed, replies, replies / elapsed, latencies[replies / 2],
        latencies[(size_t)(replies * .99)], latencies[replies - 1], reply_bytes, errors, backlog_full);
    return 0;
}

static int hold_idle(void) {
    int opened = 0;
    for (; opened < idle; opened++) {
        int failed, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        double end = now() + IDLE_PATIENCE_US;
        while ((failed = connect(fd, (void *)&address, sizeof address)) && errno == EAGAIN && now() < end)
            usleep(1000);
        if (failed) {
            printf("idle: connection %d: %s\n", opened + 1, strerror(errno));
            break;
        }
    }
    printf("idle: %d connections open\n", opened);
    fflush(stdout);
    usleep(seconds * 1e6);
    return 0;
}

static void read_request(const char *path) {
    if (!path) {
        memset(request, 'a', 40);
        memcpy(request, "FLR\0\x20\0\0\0", 8);
        request_length = 40;
        return;
    }
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(2);
    }
    request_length = fread(request, 1, sizeof request, file);
    fclose(file);
}

static int set_reply_end(const char *text) {
    ends_with_eof = !strcmp(text, "eof");
    if (!strncmp(text, "u32le@", 6))
        length_offset = atoi(text + 6);
    else if (!ends_with_eof && strcmp(text, "u32le"))
        return 0;
    return length_offset <= HEAD - 4;
}

static const char *parse(int argc, char **argv) {
    const char *request_file = NULL;
    int option, valid = 1;
    while (valid && (option = getopt(argc, argv, "c:d:m:r:R:i:")) != -1)
        switch (option) {
        case 'c': count = atoi(optarg); break;
        case 'd': seconds = atof(optarg); break;
        case 'm': persist = optarg[0] == 'p'; break;
        case 'r': request_file = optarg; break;
        case 'R': valid = set_reply_end(optarg); break;
        case 'i': idle = atoi(optarg); break;
        default: valid = 0;
        }
    if (!valid || optind >= argc) {
        fprintf(stderr, "usage: see the top of loadgen.c\n");
        exit(64);
    }
    strncpy(address.sun_path, argv[optind], sizeof address.sun_path - 1);
    return request_file;
}

int main(int argc, char **argv) {
    struct rlimit files;
    read_request(parse(argc, argv));
    signal(SIGPIPE, SIG_IGN);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    return idle ? hold_idle() : report(run_load());
}
