/* The floor: what one write() of a frame to a loopback socket costs, and nothing else: no Redis, no event loop.
 *
 * write SOCKETS SECONDS: a process writes one frame of FRAME bytes to each socket in turn; another reads them, and says
 * when it has them all, whereupon the next round begins. Prints the writer's CPU time per write() in microseconds. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define FRAME 110
#define MAX_SOCKETS 9000 /* both ends of each are open in one process for a moment */

static int ends[MAX_SOCKETS], others[MAX_SOCKETS];

static void check(int failed, const char *what) {
    if (failed) {
        perror(what);
        exit(1);
    }
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void connect_all(int n) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    check(bind(listener, (struct sockaddr *)&a, size) || listen(listener, 128), "listen");
    getsockname(listener, (struct sockaddr *)&a, &size);
    for (int i = 0; i < n; i++) {
        ends[i] = socket(AF_INET, SOCK_STREAM, 0);
        check(ends[i] < 0 || connect(ends[i], (struct sockaddr *)&a, size), "connect");
        check((others[i] = accept(listener, NULL, NULL)) < 0, "accept");
    }
}

static void read_all(int n, int done) {
    static char buffer[1 << 16];
    struct epoll_event events[512];
    int loop = epoll_create1(0);
    for (int i = 0; i < n; i++) {
        struct epoll_event e = {.events = EPOLLIN, .data.fd = ends[i]};
        check(epoll_ctl(loop, EPOLL_CTL_ADD, ends[i], &e), "epoll");
        close(others[i]);
    }
    for (long missing = (long)n * FRAME;;) {
        int k = epoll_wait(loop, events, 512, -1);
        for (int i = 0; i < k; i++) {
            ssize_t size = read(events[i].data.fd, buffer, sizeof buffer);
            if (size <= 0) exit(0);
            missing -= size;
        }
        if (missing == 0) {
            check(write(done, "", 1) != 1, "pipe");
            missing = (long)n * FRAME;
        }
    }
}

int main(int argc, char **argv) {
    int n = argc > 1 ? atoi(argv[1]) : 500, done[2];
    double seconds = argc > 2 ? atof(argv[2]) : 5;
    check(n < 1 || n > MAX_SOCKETS, "write SOCKETS SECONDS");
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    check(pipe(done), "pipe");
    connect_all(n);
    pid_t child = fork();
    check(child < 0, "fork");
    if (child == 0) {
        close(done[0]);
        read_all(n, done[1]);
    }
    close(done[1]);
    for (int i = 0; i < n; i++) close(ends[i]);
    char frame[FRAME] = {0}, token;
    double used = 0, start = now(), begun = 0;
    long rounds = 0;
    for (int round = 0; now() - start < seconds; round++) {
        if (round == 3) begun = cpu(), rounds = 0; /* the first rounds warm up */
        for (int i = 0; i < n; i++) check(write(others[i], frame, FRAME) != FRAME, "write");
        check(read(done[0], &token, 1) != 1, "the reader has ended");
        rounds++;
    }
    used = cpu() - begun;
    printf("%.3f\n", used / rounds / n * 1e6);
    return 0;
}
