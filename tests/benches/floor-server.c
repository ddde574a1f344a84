/* floor-server.c owns the smallest useful token daemon: an epoll loop that answers from memory. It is a
 * yardstick, not a daemon: no authentication, no time-outs, no parsing beyond the length.
 *
 *   floor-server [-b BYTES] [-t THREADS] SOCKET
 *
 * Request: 40 bytes: 'F','L','R',flag, u32le 32, 32 bytes. Reply: u32le length + BYTES bytes (default 1024, the
 * last one '\n'); flag 1 asks for the bytes with no length in front. Connections stay open until the client
 * closes; requests may be pipelined.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUEST 40
#define DESCRIPTORS 65536

static unsigned char reply[4 + 65536];
static unsigned reply_length = 1024;
static int listener;
/* Of each connection's unfinished request: the bytes held, and its flag. */
static unsigned char held[DESCRIPTORS], flag[DESCRIPTORS];

static int answer(int fd) {
    size_t skipped = flag[fd] ? 4 : 0;
    return send(fd, reply + skipped, reply_length + 4 - skipped, MSG_NOSIGNAL) >= 0;
}

/* Answers each request that `bytes` complete; false when the client speaks something else or is gone. */
static int take(int fd, const unsigned char *bytes, size_t length) {
    size_t used = 0;
    while (used < length) {
        size_t piece = REQUEST - held[fd];
        if (piece > length - used)
            piece = length - used;
        if (held[fd] == 0 && bytes[used] != 'F')
            return 0;
        if (held[fd] <= 3 && held[fd] + piece > 3)
            flag[fd] = bytes[used + 3 - held[fd]];
        held[fd] += piece;
        used += piece;
        if (held[fd] < REQUEST)
            return 1;
        held[fd] = 0;
        if (!answer(fd))
            return 0;
    }
    return 1;
}

/* Reads what is there; false when the connection is over. */
static int serve(int fd) {
    unsigned char buffer[REQUEST * 64];
    ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    return got > 0 && take(fd, buffer, got);
}

static void greet(int poller) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    held[fd % DESCRIPTORS] = 0;
    /* The request is nearly always there already, so it is tried before epoll is armed. */
    if (fd >= DESCRIPTORS || !serve(fd))
        close(fd);
    else
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static void *loop(void *unused) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.fd = listener}, events[256];
    int poller = epoll_create1(EPOLL_CLOEXEC);
    (void)unused;
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(poller, events, 256, -1);
        for (int i = 0; i < ready; i++)
            if (events[i].data.fd == listener)
                greet(poller);
            else if (!serve(events[i].data.fd))
                close(events[i].data.fd);
    }
    return NULL;
}

static void prepare_reply(void) {
    for (int i = 0; i < 4; i++)
        reply[i] = reply_length >> 8 * i;
    for (unsigned i = 0; i < reply_length; i++)
        reply[4 + i] = "abcdefghijklmnopqrstuvwxyz012345"[i & 31];
    reply[4 + reply_length - 1] = '\n';
}

static void listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    unlink(path);
    umask(077);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096)) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv) {
    int option, threads = 1;
    struct rlimit files;
    while ((option = getopt(argc, argv, "b:t:")) != -1)
        if (option == 'b')
            reply_length = atoi(optarg);
        else if (option == 't')
            threads = atoi(optarg);
        else
            return 64;
    if (optind >= argc || reply_length > 65536 || reply_length < 1) {
        fprintf(stderr, "usage: floor-server [-b BYTES] [-t THREADS] SOCKET\n");
        return 64;
    }
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    prepare_reply();
    listen_at(argv[optind]);
    for (pthread_t thread; threads > 1; threads--)
        pthread_create(&thread, NULL, loop, NULL);
    loop(NULL);
}
