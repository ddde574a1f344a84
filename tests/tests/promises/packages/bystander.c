/* Owns a program that tells which signals reach it: "u" for SIGUSR2, "t" for SIGTERM, which ends it, into the file that
   is its first argument. With a second argument it expects no SIGUSR2. It says when it is ready. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int record;

static void note(int number) {
    if (write(record, number == SIGTERM ? "t" : "u", 1) != 1 || number == SIGTERM) _exit(0);
}

int main(int count, char **words) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note;
    record = open(words[1], O_WRONLY | O_CREAT | O_TRUNC, 0666);
    sigaction(SIGTERM, &action, 0);
    if (count == 2) sigaction(SIGUSR2, &action, 0);
    if (write(1, "ready\n", 6) != 6) return 1;
    for (;;) pause();
}
