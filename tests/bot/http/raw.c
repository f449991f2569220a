#include "tests/bot/http/raw.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int patient(int fd)
{
    struct timeval patience = { .tv_sec = 20 };

    cr_assert_geq(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

int raw_dial(int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = patient(socket(AF_INET, SOCK_STREAM, 0));

    cr_assert_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0, "%s",
                 strerror(errno));
    return fd;
}

int raw_dial_unix(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = patient(socket(AF_UNIX, SOCK_STREAM, 0));

    strcpy(at.sun_path, path);
    cr_assert_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0, "%s",
                 strerror(errno));
    return fd;
}

void raw_send(int fd, const void *data, size_t len)
{
    const char *at = data;

    while (len) {
        ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

        if (n <= 0)
            return; /* refused before all was said */
        at += n;
        len -= (size_t)n;
    }
}

void raw_say(int fd, const char *text)
{
    raw_send(fd, text, strlen(text));
}

/* False: the end, or a reset. */
static bool take(int fd, char *to, size_t len)
{
    while (len) {
        ssize_t n = recv(fd, to, len, 0);

        cr_assert(n >= 0 || errno == ECONNRESET, "%s", strerror(errno));
        if (n <= 0)
            return false;
        to += n;
        len -= (size_t)n;
    }
    return true;
}

void raw_read(int fd, bool of_head, struct raw_answer *out)
{
    size_t n = 0;
    const char *length;

    memset(out, 0, sizeof *out);
    while (!strstr(out->head, "\r\n\r\n")) {
        cr_assert_lt(n, sizeof out->head - 1);
        if (!take(fd, out->head + n++, 1))
            return;
    }
    cr_assert_eq(sscanf(out->head, "HTTP/1.1 %d ", &out->status), 1, "%s",
                 out->head);
    if (of_head || out->status < 200)
        return;
    length = strstr(out->head, "content-length: ");
    cr_assert_not_null(length, "%s", out->head);
    out->len = strtoul(length + 16, NULL, 10);
    cr_assert_lt(out->len, sizeof out->body);
    cr_assert(take(fd, out->body, out->len));
}

bool raw_closed(int fd)
{
    char byte;

    return !take(fd, &byte, 1);
}

int raw_ask(int port, const char *text, struct raw_answer *out)
{
    int fd = raw_dial(port);

    raw_say(fd, text);
    raw_read(fd, strncmp(text, "HEAD", 4) == 0, out);
    close(fd);
    return out->status;
}
