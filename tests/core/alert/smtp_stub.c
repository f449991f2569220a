/* smtp_stub: see smtp_stub.h. */
#include "tests/core/alert/smtp_stub.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

#define MAILS 500
#define CONNS 200

struct conn {
    struct smtp_stub *stub;
    pthread_t thread;
    int fd;
    FILE *in;
    struct smtp_mail mail; /* that is being said */
    struct buf to;
};

struct smtp_stub {
    int fd, stop[2], port;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    struct smtp_manners manners;
    struct smtp_mail mails[MAILS];
    int mail_count, conn_count;
    struct conn conns[CONNS];
};

static struct smtp_manners manners_of(struct smtp_stub *s)
{
    struct smtp_manners manners;

    pthread_mutex_lock(&s->lock);
    manners = s->manners;
    pthread_mutex_unlock(&s->lock);
    return manners;
}

static bool say(struct conn *c, int code, const char *text)
{
    char line[200];
    int len = snprintf(line, sizeof line, "%d %s\r\n", code, text);

    return send(c->fd, line, (size_t)len, MSG_NOSIGNAL) == len;
}

static void keep(struct conn *c, char *data)
{
    struct smtp_stub *s = c->stub;

    pthread_mutex_lock(&s->lock);
    if (s->mail_count == MAILS)
        abort();
    c->mail.to = buf_take(&c->to);
    c->mail.data = data;
    s->mails[s->mail_count++] = c->mail;
    c->mail = (struct smtp_mail){ 0 };
    pthread_mutex_unlock(&s->lock);
}

/* Up to the line with a dot alone. False: it ended before. */
static bool read_data(struct conn *c)
{
    struct smtp_manners manners = manners_of(c->stub);
    char *line = NULL;
    size_t room = 0;
    struct buf data = { 0 };
    bool whole = false;

    while (!whole && getline(&line, &room, c->in) > 0) {
        whole = strcmp(line, ".\r\n") == 0;
        if (!whole)
            buf_str(&data, line[0] == '.' ? line + 1 : line);
    }
    if (!whole || manners.end >= 400)
        buf_dispose(&data);
    else
        keep(c, buf_take(&data));
    if (whole && manners.mute) /* until the other side is gone */
        whole = getline(&line, &room, c->in) > 0;
    free(line);
    return whole && !manners.hang_up &&
           say(c, manners.end ? manners.end : 250, "as you say");
}

static bool envelope(struct conn *c, const char *line)
{
    struct smtp_manners manners = manners_of(c->stub);
    const char *address = strchr(line, '<');
    int len = address ? (int)strcspn(address, ">") + 1 : 0;

    if (strncasecmp(line, "MAIL", 4) == 0) {
        free(c->mail.from);
        c->mail.from = xasprintf("%.*s", len, address ? address : "");
        return say(c, 250, "ok");
    }
    if (manners.rcpt < 400)
        buf_fmt(&c->to, "%.*s ", len, address ? address : "");
    return say(c, manners.rcpt ? manners.rcpt : 250, "who");
}

static bool answer(struct conn *c, const char *line)
{
    if (strncasecmp(line, "EHLO", 4) == 0 || strncasecmp(line, "HELO", 4) == 0)
        return say(c, 250, "stub");
    if (strncasecmp(line, "MAIL", 4) == 0 || strncasecmp(line, "RCPT", 4) == 0)
        return envelope(c, line);
    if (strncasecmp(line, "DATA", 4) == 0)
        return say(c, 354, "go on") && read_data(c);
    if (strncasecmp(line, "QUIT", 4) == 0)
        return say(c, 221, "bye") && false;
    return say(c, strncasecmp(line, "RSET", 4) == 0 ? 250 : 502, "so");
}

static void *run_conn(void *arg)
{
    struct conn *c = arg;
    char *line = NULL;
    size_t room = 0;
    struct smtp_manners manners = manners_of(c->stub);
    struct pollfd ended = { .fd = c->stub->stop[0], .events = POLLIN };
    bool on;

    poll(&ended, 1, manners.greet_ms);
    on = manners.silent || say(c, 220, "stub ESMTP");

    while (on && getline(&line, &room, c->in) > 0)
        on = answer(c, line);
    free(line);
    shutdown(c->fd, SHUT_RDWR);
    return NULL;
}

static void take(struct smtp_stub *s)
{
    int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
    struct conn *c = &s->conns[s->conn_count];

    if (fd < 0)
        return;
    if (s->conn_count == CONNS)
        abort();
    *c = (struct conn){ .stub = s, .fd = fd, .in = fdopen(dup(fd), "r") };
    if (!c->in || pthread_create(&c->thread, NULL, run_conn, c))
        abort();
    s->conn_count++;
}

static void *run_stub(void *arg)
{
    struct smtp_stub *s = arg;
    struct pollfd fds[2] = { { .fd = s->fd, .events = POLLIN },
                             { .fd = s->stop[0], .events = POLLIN } };

    while (poll(fds, 2, -1) >= 0 && !fds[1].revents)
        if (fds[0].revents)
            take(s);
    return NULL;
}

struct smtp_stub *smtp_stub_start(void)
{
    struct smtp_stub *s = xcalloc(1, sizeof *s);
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    pthread_mutex_init(&s->lock, NULL);
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (pipe(s->stop) || bind(s->fd, (struct sockaddr *)&at, len) ||
        getsockname(s->fd, (struct sockaddr *)&at, &len) || listen(s->fd, 64) ||
        pthread_create(&s->thread, NULL, run_stub, s))
        abort();
    s->port = ntohs(at.sin_port);
    return s;
}

static void conn_end(struct conn *c)
{
    shutdown(c->fd, SHUT_RDWR);
    pthread_join(c->thread, NULL);
    fclose(c->in);
    close(c->fd);
    free(c->mail.from);
    buf_dispose(&c->to);
}

void smtp_stub_stop(struct smtp_stub *s)
{
    if (!s)
        return;
    close(s->stop[1]);
    pthread_join(s->thread, NULL);
    close(s->fd);
    for (int i = 0; i < s->conn_count; i++)
        conn_end(&s->conns[i]);
    for (int i = 0; i < s->mail_count; i++) {
        free(s->mails[i].from);
        free(s->mails[i].to);
        free(s->mails[i].data);
    }
    close(s->stop[0]);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

int smtp_stub_port(const struct smtp_stub *s)
{
    return s->port;
}

void smtp_stub_be(struct smtp_stub *s, struct smtp_manners manners)
{
    pthread_mutex_lock(&s->lock);
    s->manners = manners;
    pthread_mutex_unlock(&s->lock);
}

int smtp_stub_count(struct smtp_stub *s)
{
    int n;

    pthread_mutex_lock(&s->lock);
    n = s->mail_count;
    pthread_mutex_unlock(&s->lock);
    return n;
}

const struct smtp_mail *smtp_stub_mail(struct smtp_stub *s, int i)
{
    if (i >= smtp_stub_count(s))
        abort();
    return &s->mails[i];
}
