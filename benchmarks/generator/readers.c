/* The readers: WebSockets that look for marks in what they receive and never parse it; a generator that works harder
 * than the server would hide it. */
#include "load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD_SIZE 4096 /* bytes that the answer to a handshake may have, and what comes with it */

enum state { GONE, UPGRADING, JOINING, OPEN };

struct reader {
    int fd;
    enum state state;
    int kept;                  /* bytes of `tail`: the end of what was read, where a mark may have begun */
    char tail[MARK_SIZE];
    char *head;                /* the answer to the handshake, until it is complete */
    int head_size;
    int edits;                 /* changes that it has sent */
};

static struct reader readers[MAX_SOCKETS];
static int opened; /* entries of `readers` in use, those that have gone included */

const char *cookie, *join, *answer;
int alive, opening, refused;

int dial(const struct address *to) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(to->port)};
    inet_pton(AF_INET, to->host, &a.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a)) die("no connection");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* Write one masked frame (the mask is zero) of less than 1000 bytes; false if not all of it was taken. */
static int put(struct reader *r, int opcode, const char *data, int size) {
    char frame[1024] = {0x80 | opcode, 0x80 | (size < 126 ? size : 126), size >> 8, size};
    int head = size < 126 ? 6 : 8;
    if (size < 126) frame[2] = frame[3] = 0;
    memcpy(frame + head, data, size);
    return write(r->fd, frame, head + size) == head + size;
}

/* Say something short, which always fits an idle socket's buffer. */
static void say(struct reader *r, int opcode, const char *data, int size) {
    if (!put(r, opcode, data, size)) errno = 0; /* the server has closed; reading will tell */
}

/* Change one of FIELDS properties as a bound client does, to a text with the mark of message `number`; false if the
 * socket cannot take it. */
int edit(unsigned who, int number) {
    struct reader *r = &readers[who];
    char body[SIZE + 64];
    int n = sprintf(body, "{\"field_%d\":\"" MARK "%07d", number % FIELDS, number);
    memset(body + n, 'x', SIZE - n);
    n = SIZE + sprintf(body + SIZE, "\",\"$$djng\":{\"s\":%d}}", ++r->edits);
    return r->state == OPEN && put(r, 0x1, body, n);
}

/* Begin a handshake; each socket brings the cookie with its own number behind it, so that it has its own session, and
 * where the path ends with "=" so does that: a client id. */
void open_socket(const struct address *to) {
    if (opened == MAX_SOCKETS) die("too many sockets");
    struct reader *r = &readers[opened];
    *r = (struct reader){.fd = dial(to), .state = UPGRADING, .head = malloc(HEAD_SIZE)};
    char request[2048], session[256] = "", id[33] = "";
    if (to->path[strlen(to->path) - 1] == '=') snprintf(id, sizeof id, "%032d", opened);
    if (cookie) snprintf(session, sizeof session, "Cookie: %s%07d\r\n", cookie, opened);
    int n = snprintf(request, sizeof request,
        "GET %s%s HTTP/1.1\r\nHost: %s:%d\r\nOrigin: http://%s:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
        to->path, id, to->host, to->port, to->host, to->port, session);
    if (write(r->fd, request, n) != n) die("handshake");
    watch(r->fd, opened++);
    opening++;
}

static void is_open(struct reader *r) {
    r->state = OPEN;
    alive++;
    opening--;
    progress = now();
}

static void lose(struct reader *r) {
    if (r->state == OPEN) alive--;
    else opening--, refused++;
    progress = now();
    close(r->fd);
    free(r->head);
    r->head = NULL;
    r->state = GONE;
}

static void answer_pings(struct reader *r, const char *data, int size) {
    /* Messages are ASCII, so that these bytes begin a control frame; Engine.IO's ping is the text "2". */
    const char *end = data + size, *p = data;
    while ((p = memchr(p, 0x89, end - p)) && end - p >= 2 && p[1] >= 0 && end - p >= 2 + p[1]) {
        say(r, 0xA, p + 2, p[1]);
        p += 2 + p[1];
    }
    if (join && memmem(data, size, "\x81\x01" "2", 3)) say(r, 0x1, "3", 1);
}

/* Look at `size` bytes that were read behind what `tail` holds. */
static void received(struct reader *r, char *data, int size) {
    answer_pings(r, data, size);
    char *from = data - r->kept, *end = data + size, *mark;
    memcpy(from, r->tail, r->kept);
    if (r->state == JOINING && memmem(from, end - from, answer, strlen(answer))) is_open(r);
    double at = now();
    while ((mark = memmem(from, end - from, MARK, 3)) && end - mark >= MARK_SIZE) {
        int number = 0;
        for (int i = 3; i < MARK_SIZE; i++) number = number * 10 + mark[i] - '0';
        count(number, r - readers, at);
        from = mark + MARK_SIZE;
    }
    r->kept = end - from < MARK_SIZE - 1 ? end - from : MARK_SIZE - 1;
    memcpy(r->tail, end - r->kept, r->kept);
}

/* Take what has come for the reader with this number. */
void readable(unsigned who) {
    struct reader *r = &readers[who];
    static char buffer[MARK_SIZE + (1 << 18)];
    char *data = buffer + MARK_SIZE;
    ssize_t n = read(r->fd, data, sizeof buffer - MARK_SIZE);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) { lose(r); return; }
    if (r->state != UPGRADING) { received(r, data, n); return; }
    if (r->head_size + n >= HEAD_SIZE) die("the answer to the handshake is too long");
    memcpy(r->head + r->head_size, data, n);
    r->head[r->head_size += n] = 0;
    char *end = strstr(r->head, "\r\n\r\n");
    if (!end) return;
    if (strncmp(r->head, "HTTP/1.1 101", 12)) {
        if (!refused) fprintf(stderr, "load: refused: %s\n", r->head);
        lose(r);
        return;
    }
    int rest = r->head + r->head_size - (end + 4);
    memcpy(data, end + 4, rest);
    free(r->head);
    r->head = NULL;
    if (join) r->state = JOINING, say(r, 0x1, join, strlen(join));
    else is_open(r);
    if (rest) received(r, data, rest);
}
