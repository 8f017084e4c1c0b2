/* Load on a WebSocket server of this machine: one publisher, many readers, one epoll loop.
 *
 * load -u HOST:PORT/PATH [-k COOKIE] [-j JOIN -a ANSWER] (-r PORT -c CHANNEL [-b HEX] [-e HEX] | -p HOST:PORT/PATH)
 *   -u  where the sockets are opened        -k  the Cookie header, but for the socket's number
 *   -j  a text frame said after the handshake, and -a what the answer to it contains (Socket.IO: "40", "40{")
 *   -r  publish on CHANNEL of the Redis at PORT, each message between the bytes -b and -e
 *   -p  publish by HTTP POST instead
 *
 * Commands come on stdin, each is answered by one line of JSON:
 *   connect N WINDOW      open N more sockets, WINDOW handshakes at a time
 *   idle SECONDS          only answer pings
 *   closed SECONDS        publish a message whenever all readers have the one before
 *   burst COUNT SECONDS   publish COUNT in one write whenever all readers have the ones before
 *   rate N SECONDS        publish N messages per second, whatever has arrived
 *   edit N RATE SECONDS   let the first N sockets, which must be bound ones, change the collection: RATE changes per
 *                         second in all, or with 0 each its next one when its own has come back
 *
 * A message is a JSON object of SIZE bytes with a mark and its number in it. */
#include "load.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MAX_MESSAGES 200000 /* in all loads of one process */
#define MAX_FRAMING 512     /* bytes around a message on its way to the server */
#define STALL 5.0           /* seconds without a delivery after which the next message goes out regardless */
#define OVERRUN 3.0         /* times its own length that a load may take, its backlog included */
#define STDIN (MAX_SOCKETS)
#define PUBLISHER (MAX_SOCKETS + 1)

static struct address target, post;
static const char *channel;
static char before[MAX_FRAMING], after[MAX_FRAMING];
static int before_size, after_size, publisher = -1, loop;

/* One entry per message that was ever published; those below `first` belong to loads that are over. */
static struct { double sent, last; int wanted, got, author; } messages[MAX_MESSAGES];
static int first, published, batch;
static long wanted, missing_of_batch, delivered, duplicates;
static char is_waiting[MAX_SOCKETS]; /* for its own change to come back */
static int waiting;
double progress;

double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

void die(const char *reason) {
    fprintf(stderr, "load: %s (%s)\n", reason, strerror(errno));
    exit(1);
}

void watch(int fd, unsigned who) {
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = who};
    if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &e)) die("epoll");
}

static double own_cpu(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static struct address parse(const char *text) {
    struct address a = {.path = "/"};
    if (sscanf(text, "%63[^:]:%d%511s", a.host, &a.port, a.path) < 2) die("an address is HOST:PORT/PATH");
    return a;
}

static int unhex(const char *hex, char *bytes) {
    int n = 0;
    for (unsigned byte; n < MAX_FRAMING && sscanf(hex + 2 * n, "%2x", &byte) == 1; n++) bytes[n] = byte;
    return n;
}

/* The reader `who` has found the mark of a message. */
void count(int number, unsigned who, double at) {
    if (number < first || number >= published) return;
    if (messages[number].author == (int)who && is_waiting[who]) is_waiting[who] = 0, waiting--;
    if (++messages[number].got > messages[number].wanted) { duplicates++; return; }
    messages[number].last = at;
    delivered++;
    progress = at;
    if (number >= batch) missing_of_batch--;
}

static void discard_replies(void) {
    static char nothing[1 << 16];
    ssize_t n;
    while ((n = read(publisher, nothing, sizeof nothing)) > 0);
    if (n == 0) die("the publisher's connection was closed");
}

/* Take what has come within `timeout` milliseconds; true when there is a command to read. */
static int turn(int timeout) {
    struct epoll_event events[512];
    int command = 0, n = epoll_wait(loop, events, 512, timeout);
    for (int i = 0; i < n; i++) {
        unsigned who = events[i].data.u32;
        if (who == STDIN) command = 1;
        else if (who == PUBLISHER) discard_replies();
        else readable(who);
    }
    return command;
}

static int encode(char *out, int number) {
    char body[SIZE + 1];
    int n = sprintf(body, "{\"k%d\":\"" MARK "%07d", number % 8, number);
    memset(body + n, 'x', SIZE - 2 - n);
    memcpy(body + SIZE - 2, "\"}", 3);
    if (post.port)
        return sprintf(out, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                       post.path, post.host, SIZE, body);
    n = sprintf(out, "*3\r\n$7\r\nPUBLISH\r\n$%zu\r\n%s\r\n$%d\r\n", strlen(channel), channel,
                before_size + SIZE + after_size);
    memcpy(out + n, before, before_size), n += before_size;
    memcpy(out + n, body, SIZE), n += SIZE;
    memcpy(out + n, after, after_size), n += after_size;
    memcpy(out + n, "\r\n", 2);
    return n + 2;
}

static void publish(int count) {
    static char out[1000 * (SIZE + 3 * MAX_FRAMING)];
    int size = 0;
    batch = published;
    missing_of_batch = (long)count * alive;
    wanted += missing_of_batch;
    double at = progress = now();
    for (; count--; published++) {
        messages[published].sent = at;
        messages[published].wanted = alive;
        messages[published].author = -1;
        size += encode(out + size, published);
    }
    for (int sent = 0; sent < size;) {
        ssize_t n = write(publisher, out + sent, size - sent);
        if (n > 0) { sent += n; continue; }
        if (errno != EAGAIN) die("publishing");
        poll(&(struct pollfd){.fd = publisher, .events = POLLIN | POLLOUT}, 1, 1000);
        discard_replies();
    }
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void report(double start, double cpu, int overrun) {
    static double took[MAX_MESSAGES]; /* milliseconds until the last reader had a message */
    int complete = 0;
    for (int i = first; i < published; i++)
        if (messages[i].got >= messages[i].wanted) took[complete++] = (messages[i].last - messages[i].sent) * 1e3;
    qsort(took, complete, sizeof *took, compare);
    double wall = now() - start;
    printf("{\"published\": %d, \"complete\": %d, \"delivered\": %ld, \"lost\": %ld, \"duplicates\": %ld, \"open\": %d, "
           "\"overrun\": %d, \"seconds\": %.4f, \"p50\": %.3f, \"p99\": %.3f, \"generator\": %.3f}\n",
           published - first, complete, delivered, wanted - delivered, duplicates, alive, overrun, progress - start,
           complete ? took[complete / 2] : -1, complete ? took[(int)(complete * .99)] : -1,
           (own_cpu() - cpu) / (wall + 1e-9));
}

/* Publish `count` messages at a time: `pause` seconds after the ones before, or with 0 when those have arrived. */
static void load(int count, double pause, double seconds) {
    double start = now(), cpu = own_cpu(), end = start + seconds, due = start;
    int overrun = 0, again = 1;
    first = batch = published;
    wanted = delivered = duplicates = missing_of_batch = 0;
    progress = start;
    while (again || missing_of_batch > 0 || pause) {
        double t = now();
        int stalled = t - progress > STALL;
        again = t < end && published + count <= MAX_MESSAGES && alive;
        if (again && (pause ? t >= due : missing_of_batch <= 0 || stalled)) publish(count), due += pause;
        if (!again && (stalled || t - start > OVERRUN * seconds)) { overrun = !stalled; break; }
        if (!again && pause && delivered >= wanted) break;
        turn(again && pause ? (due > t ? (int)((due - t) * 1e3) + 1 : 0) : 20);
    }
    report(start, cpu, overrun);
}

/* Let `writers` sockets change the collection, `rate` times per second or, with 0, as fast as their own come back. */
static void change(int writers, double rate, double seconds) {
    double start = now(), cpu = own_cpu(), end = start + seconds, due = start;
    int turns = 0, overrun = 0;
    first = published;
    wanted = delivered = duplicates = waiting = 0;
    memset(is_waiting, 0, sizeof is_waiting);
    progress = start;
    for (;;) {
        double t = now();
        if (t < end)
            for (int i = 0; i < writers && waiting < writers && published < MAX_MESSAGES && !(rate && t < due); i++) {
                int who = turns++ % writers;
                if (is_waiting[who]) continue;
                messages[published].sent = now();
                messages[published].wanted = alive;
                messages[published].author = who;
                is_waiting[who] = 1, waiting++;
                if (!edit(who, published++)) die("a writer cannot write");
                wanted += alive;
                if (rate) due += 1 / rate;
            }
        else if (delivered >= wanted) break;
        else if (t - progress > STALL || t - start > OVERRUN * seconds) { overrun = 1; break; }
        turn(rate && t < end && due > t ? (int)((due - t) * 1e3) + 1 : 20);
    }
    report(start, cpu, overrun);
}

static void connect_more(int n, int window) {
    double start = progress = now();
    for (int todo = n; todo || opening;) {
        while (todo && opening < window) open_socket(&target), todo--;
        turn(100);
        if (now() - progress > 15) break;
    }
    printf("{\"open\": %d, \"refused\": %d, \"pending\": %d, \"seconds\": %.4f}\n", alive, refused, opening,
           progress - start);
}

static void idle(double seconds) {
    double start = now(), cpu = own_cpu();
    while (now() - start < seconds) turn(50);
    printf("{\"open\": %d, \"seconds\": %.4f, \"generator\": %.3f}\n", alive, now() - start, (own_cpu() - cpu) / seconds);
}

static void obey(const char *line) {
    int n;
    double x, seconds;
    if (sscanf(line, "connect %d %d", &n, &(int){0}) == 2) connect_more(n, atoi(strrchr(line, ' ')));
    else if (sscanf(line, "idle %lf", &seconds) == 1) idle(seconds);
    else if (sscanf(line, "closed %lf", &seconds) == 1) load(1, 0, seconds);
    else if (sscanf(line, "burst %d %lf", &n, &seconds) == 2 && n <= 1000) load(n, 0, seconds);
    else if (sscanf(line, "rate %lf %lf", &x, &seconds) == 2) load(1, 1 / x, seconds);
    else if (sscanf(line, "edit %d %lf %lf", &n, &x, &seconds) == 3 && n <= alive) change(n, x, seconds);
    else die("no such command");
    fflush(stdout);
}

int main(int argc, char **argv) {
    struct address redis = {.host = "127.0.0.1"};
    for (int o; (o = getopt(argc, argv, "u:k:j:a:r:c:b:e:p:")) != -1;) switch (o) {
        case 'u': target = parse(optarg); break;
        case 'k': cookie = optarg; break;
        case 'j': join = optarg; break;
        case 'a': answer = optarg; break;
        case 'r': redis.port = atoi(optarg); break;
        case 'c': channel = optarg; break;
        case 'b': before_size = unhex(optarg, before); break;
        case 'e': after_size = unhex(optarg, after); break;
        case 'p': post = parse(optarg); break;
        default: return 2;
    }
    if (!target.port || !(post.port || (redis.port && channel)) || !join != !answer) die("see the top of load.c");
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    loop = epoll_create1(0);
    publisher = dial(post.port ? &post : &redis);
    watch(publisher, PUBLISHER);
    watch(0, STDIN);
    /* One command at a time: the next is sent when the answer has been read, so that stdio keeps none back. */
    for (char line[256];;)
        if (turn(1000)) {
            if (!fgets(line, sizeof line, stdin)) return 0;
            obey(line);
        }
}
