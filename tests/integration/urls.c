#include "tests/integration/urls.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"

/* ---- requests ---------------------------------------------------------------- */

static void sign(const char *secret, const char *timestamp, const char *body,
                 size_t len, char out[80])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = sizeof mac;
    struct buf base = { 0 };

    buf_fmt(&base, "v0:%s:", timestamp);
    buf_add(&base, body, len);
    cr_assert_not_null(HMAC(EVP_sha256(), secret, (int)strlen(secret),
                            (const unsigned char *)base.data, base.len, mac,
                            &size));
    buf_dispose(&base);
    strcpy(out, "v0=");
    for (unsigned i = 0; i < size; i++)
        snprintf(out + 3 + 2 * i, 3, "%02x", mac[i]);
}

static const char * or (const char *given, const char *otherwise)
{
    return given ? given : otherwise;
}

char *url_bytes(const struct url_request *r, size_t *len)
{
    const char *secret = or (r->secret, URL_SECRET), *body = or (r->body, "");
    size_t body_len = r->len ? r->len : strlen(body);
    char now[24], signature[80];
    struct buf b = { 0 };

    snprintf(now, sizeof now, "%lld", (long long)time(NULL) + r->skew_s);
    sign(secret, or (r->timestamp, now), body, body_len, signature);
    buf_fmt(&b, "POST %s HTTP/1.1\r\nHost: bot\r\n%s",
            or (r->path, "/slack/events"), or (r->headers, ""));
    if (r->type == NULL || *r->type)
        buf_fmt(&b, "Content-Type: %s\r\n", or (r->type, URL_FORM));
    if (*secret)
        buf_fmt(&b,
                "X-Slack-Request-Timestamp: %s\r\nX-Slack-Signature: %s\r\n",
                or (r->timestamp, now), or (r->signature, signature));
    if (r->framing)
        buf_str(&b, r->framing);
    else
        buf_fmt(&b, "Content-Length: %zu\r\n", body_len);
    buf_str(&b, "\r\n");
    buf_add(&b, body, body_len);
    if (len)
        *len = b.len;
    return buf_take(&b);
}

char *url_command(const char *text)
{
    static int number;
    struct buf b = { 0 };

    buf_fmt(&b,
            "token=x&team_id=T0EX&channel_id=C0OPS&channel_name=ops&user_id="
            "U0ANN&user_name=ann&command=%%2Fops&response_url=&trigger_id="
            "%lld.%d.%d&text=",
            (long long)time(NULL), getpid(), ++number);
    for (; *text; text++)
        buf_fmt(&b, "%%%02x", (unsigned char)*text);
    return buf_take(&b);
}

char *url_event(void)
{
    static int number;

    number++;
    return xasprintf("{\"type\":\"event_callback\",\"team_id\":\"T0EX\","
                     "\"event_id\":\"Ev%lld%d.%d\",\"event\":{\"type\":"
                     "\"team_join\",\"event_ts\":\"%d.%d\"}}",
                     (long long)time(NULL), getpid(), number, getpid(), number);
}

/* ---- the wire ------------------------------------------------------------------ */

int url_dial(const struct opsbot *bot)
{
    const char *address = opsbot_address(bot);
    struct timeval patience = { .tv_sec = patient(0) / 1000 + 60 };
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    at.sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    cr_assert_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0, "%s: %s",
                 address, strerror(errno));
    return fd;
}

void url_send(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

        if (n <= 0)
            return; /* refused before all of it was said */
        bytes += n;
        len -= (size_t)n;
    }
}

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

void url_read(int fd, struct url_answer *out)
{
    const char *length;
    size_t n = 0;

    memset(out, 0, sizeof *out);
    while (!strstr(out->head, "\r\n\r\n")) {
        cr_assert_lt(n, sizeof out->head - 1);
        if (!take(fd, out->head + n++, 1))
            return;
    }
    cr_assert_eq(sscanf(out->head, "HTTP/1.1 %d ", &out->status), 1);
    length = strstr(out->head, "content-length: ");
    cr_assert_not_null(length, "%s", out->head);
    n = strtoul(length + 16, NULL, 10);
    cr_assert_lt(n, sizeof out->body);
    cr_assert(take(fd, out->body, n));
}

bool url_closed(int fd)
{
    char byte;

    return !take(fd, &byte, 1);
}

int url_ask_bytes(const struct opsbot *bot, const char *bytes, size_t len,
                  struct url_answer *out)
{
    static struct url_answer unread;
    int fd = url_dial(bot);

    url_send(fd, bytes, len);
    url_read(fd, out ? out : &unread);
    close(fd);
    return out ? out->status : unread.status;
}

int url_ask(const struct opsbot *bot, const struct url_request *r,
            struct url_answer *out)
{
    size_t len;
    char *bytes = url_bytes(r, &len);
    int status = url_ask_bytes(bot, bytes, len, out);

    free(bytes);
    return status;
}

void url_expect(const struct opsbot *bot, const char *text, const char *shown)
{
    char *body = url_command(text);
    static struct url_answer answer;

    cr_assert_eq(url_ask(bot, &(struct url_request){ .body = body }, &answer),
                 200, "%s: %d", text, answer.status);
    cr_assert(strstr(answer.body, shown), "%s is not in %s", shown,
              answer.body);
    free(body);
}

double url_metric(const struct opsbot *bot, const char *sample)
{
    char *page = NULL, *line = xasprintf("\n%s ", sample);
    const char *at;
    double value = -1;

    cr_assert_eq(opsbot_get(bot, "/metrics", &page), 200);
    at = strstr(page, line);
    if (at)
        value = strtod(at + strlen(line), NULL);
    free(page);
    free(line);
    return value;
}
