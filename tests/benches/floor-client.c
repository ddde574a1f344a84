/* floor-client.c owns the smallest useful "print the token" client: connect, send a framed 40-byte request, read
 * a u32le length and the body, write the body to standard output. It checks nothing it need not.
 *
 *   floor-client SOCKET
 *
 * Built in several ways from this one file:
 *   (default)                 ordinary C; linked -static (glibc or musl) or dynamically
 *   -DFREESTANDING            no libc, own _start, raw system calls
 *   -DFREESTANDING -DSPLICE   the body goes from socket to pipe with splice(2): the server is asked for an
 *                             unframed reply (flag byte 1), one system call less and no copy in user space;
 *                             read and write where standard output is no pipe
 *   -DEMPTY                   exits at once: what spawn, exec and exit alone cost
 *   -DNOSOCK                  writes 1 KiB from the binary itself: the same and one write
 */
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#define REQUEST 40
/* Fits the part of the stack page that is already mapped, or one more. */
#define BUFFER 3584

#ifdef FREESTANDING
static inline long call(long number, long a, long b, long c, long d, long e) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = 0;
    __asm__ volatile("syscall"
        : "=a"(result)
        : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
        : "rcx", "r11", "memory");
    return result;
}
#define SOCKET() call(SYS_socket, AF_UNIX, SOCK_STREAM, 0, 0, 0)
#define CONNECT(fd, address, length) call(SYS_connect, fd, (long)(address), length, 0, 0)
#define WRITE(fd, bytes, length) call(SYS_write, fd, (long)(bytes), length, 0, 0)
#define READ(fd, bytes, length) call(SYS_read, fd, (long)(bytes), length, 0, 0)
#define SPLICE_TO(from, to, length) call(SYS_splice, from, 0, to, 0, length)
#else
#include <unistd.h>
#define SOCKET() socket(AF_UNIX, SOCK_STREAM, 0)
#define CONNECT(fd, address, length) connect(fd, address, length)
#define WRITE(fd, bytes, length) write(fd, bytes, length)
#define READ(fd, bytes, length) read(fd, bytes, length)
#endif

#if defined(EMPTY)
static inline int run(const char *path) {
    (void)path;
    return 0;
}
#elif defined(NOSOCK)
static inline int run(const char *path) {
    static const char body[1024] = {[0 ... 1022] = 'x', [1023] = '\n'};
    (void)path;
    return WRITE(1, body, sizeof body) == (long)sizeof body ? 0 : 1;
}
#else
static inline long dial(const char *path) {
    struct sockaddr_un address;
    unsigned i;
    address.sun_family = AF_UNIX;
    for (i = 0; path[i] && i < sizeof address.sun_path - 1; i++)
        address.sun_path[i] = path[i];
    address.sun_path[i] = 0;
    long fd = SOCKET();
    if (fd < 0 || CONNECT(fd, (void *)&address, offsetof(struct sockaddr_un, sun_path) + i + 1) < 0)
        return -1;
    return fd;
}

static inline int ask(long fd, int flag) {
    unsigned char request[REQUEST];
    for (unsigned i = 8; i < REQUEST; i++)
        request[i] = 'a';
    request[0] = 'F';
    request[1] = 'L';
    request[2] = 'R';
    request[3] = flag;
    request[4] = REQUEST - 8;
    request[5] = request[6] = request[7] = 0;
    return WRITE(fd, request, REQUEST) == REQUEST;
}

#ifdef SPLICE
static inline int pass_on(long fd) {
    unsigned char buffer[BUFFER];
    if (SPLICE_TO(fd, 1, 65536) > 0)
        return 0;
    long got = READ(fd, buffer, sizeof buffer);
    return got > 0 && WRITE(1, buffer, got) == got ? 0 : 5;
}
#define FLAG 1
#else
static inline int pass_on(long fd) {
    unsigned char buffer[BUFFER];
    unsigned have = 0, need = 4;
    while (have < need) {
        long got = READ(fd, buffer + have, sizeof buffer - have);
        if (got <= 0)
            return 5;
        have += got;
        if (have >= 4)
            need = 4 + (buffer[0] | buffer[1] << 8 | buffer[2] << 16 | (unsigned)buffer[3] << 24);
        if (need > sizeof buffer)
            return 6;
    }
    return WRITE(1, buffer + 4, need - 4) == (long)(need - 4) ? 0 : 7;
}
#define FLAG 0
#endif

static inline int run(const char *path) {
    long fd = dial(path);
    if (fd < 0)
        return 3;
    return ask(fd, FLAG) ? pass_on(fd) : 4;
}
#endif

#ifdef FREESTANDING
__attribute__((noreturn, used)) void start_c(long *stack) {
    char **argv = (char **)(stack + 1);
    call(SYS_exit_group, stack[0] < 2 ? 64 : run(argv[1]), 0, 0, 0, 0);
    __builtin_unreachable();
}
__asm__(".globl _start\n_start:\n xor %ebp,%ebp\n mov %rsp,%rdi\n and $-16,%rsp\n call start_c\n");
#else
int main(int argc, char **argv) {
    return argc < 2 ? 64 : run(argv[1]);
}
#endif
