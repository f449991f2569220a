/*
 * The sandbox's web page, as a browser talks to it: its files, what the stream
 * tells to whom, and what a person's messages and App Home become for the bot.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/harness/servers.h"
#include "tests/integration/common.h"

#define LONG_MS 30000

static struct harness *sandbox_alone(void)
{
    return harness_start(&(struct harness_options){ .parts = PART_SANDBOX });
}

/* ---- one connection, bytes as they are ------------------------------------ */

struct line {
    int fd;
    struct buf got;
};

static void line_open(struct line *l, struct harness *h, const char *request)
{
    const char *port = strrchr(h->sandbox_url, ':') + 1;
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)atoi(port)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    ssize_t len = (ssize_t)strlen(request);

    *l = (struct line){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    cr_assert_eq(connect(l->fd, (struct sockaddr *)&at, sizeof at), 0);
    cr_assert_eq(write(l->fd, request, (size_t)len), len);
}

static void line_close(struct line *l)
{
    close(l->fd);
    buf_dispose(&l->got);
}

/* False: the other side is gone, or nothing came in time. */
static bool line_read(struct line *l, int64_t until_us)
{
    int64_t left = (until_us - clock_mono_us()) / 1000;
    struct pollfd look = { .fd = l->fd, .events = POLLIN };
    char bytes[16384];
    ssize_t n;

    if (left <= 0 || poll(&look, 1, (int)left) <= 0)
        return false;
    n = read(l->fd, bytes, sizeof bytes);
    if (n > 0)
        buf_add(&l->got, bytes, (size_t)n);
    return n > 0;
}

static void line_wait(struct line *l, const char *text)
{
    int64_t until = clock_mono_us() + LONG_MS * 1000LL;

    while (!l->got.data || !strstr(buf_text(&l->got), text))
        if (!line_read(l, until))
            harness_fail("no \"%s\" in:\n%s", text,
                         l->got.data ? buf_text(&l->got) : "(nothing)");
}

static bool line_has(struct line *l, const char *text)
{
    return strstr(buf_text(&l->got), text) != NULL;
}

static struct line watch(struct harness *h, const char *user)
{
    char *request = xasprintf("GET /control/stream?user=%s HTTP/1.1\r\n"
                              "Host: sandbox\r\n\r\n",
                              user);
    struct line l;

    line_open(&l, h, request);
    line_wait(&l, "{\"type\":\"link\"");
    free(request);
    return l;
}

/* ---- files ---------------------------------------------------------------- */

static void expect_head(struct harness *h, const char *target,
                        const char *status, const char *header)
{
    char *request = xasprintf("GET %s HTTP/1.1\r\nHost: sandbox\r\n"
                              "Connection: close\r\n\r\n",
                              target);
    struct line l;

    line_open(&l, h, request);
    line_wait(&l, "\r\n\r\n");
    cr_expect(line_has(&l, status), "%s: %.60s", target, buf_text(&l.got));
    cr_expect(line_has(&l, header), "%s: no %s", target, header);
    line_close(&l);
    free(request);
}

Test(page, its_files_are_served)
{
    struct harness *h = sandbox_alone();

    expect_head(h, "/", "HTTP/1.1 200", "Content-Type: text/html");
    expect_head(h, "/?user=U0BOB&theme=dark", "HTTP/1.1 200",
                "Content-Security-Policy: default-src 'self'");
    expect_head(h, "/page/app.js", "HTTP/1.1 200",
                "Content-Type: text/javascript");
    expect_head(h, "/page/base.css", "HTTP/1.1 200", "Content-Type: text/css");
    expect_head(h, "/page/icon.svg", "HTTP/1.1 200",
                "Content-Type: image/svg+xml");
    harness_stop(h);
}

Test(page, nothing_else_is)
{
    struct harness *h = sandbox_alone();

    expect_head(h, "/page/../CONTROL.md", "HTTP/1.1 404", "\r\n");
    expect_head(h, "/page/..%2fCONTROL.md", "HTTP/1.1 404", "\r\n");
    expect_head(h, "/page//etc/passwd", "HTTP/1.1 404", "\r\n");
    expect_head(h, "/page/", "HTTP/1.1 404", "\r\n");
    harness_stop(h);
}

/* ---- the stream ----------------------------------------------------------- */

static void say_plain(struct harness *h, const char *user, const char *channel,
                      const char *text)
{
    json_decref(control_post(h, "message",
                             json_pack("{s:s, s:s, s:s}", "user", user,
                                       "channel", channel, "text", text)));
}

/* Everybody in the channel, and nobody else: the last message is for both, so
 * that what came before it has come. */
Test(page, the_stream_tells_each_what_they_see)
{
    struct harness *h = sandbox_alone();
    struct line ann = watch(h, "U0ANN");
    struct line cat = watch(h, "U0CAT");

    say_plain(h, "U0BOB", "G0SEC", "for members");
    say_plain(h, "U0ANN", "D0ANN", "for the bot");
    say_plain(h, "U0BOB", "C0OPS", "for everybody");
    line_wait(&ann, "for everybody");
    line_wait(&cat, "for everybody");
    cr_expect(line_has(&ann, "for members"));
    cr_expect(line_has(&ann, "for the bot"));
    cr_expect_not(line_has(&cat, "for members"));
    cr_expect_not(line_has(&cat, "for the bot"));
    line_close(&ann);
    line_close(&cat);
    harness_stop(h);
}

Test(page, a_message_is_told_whole_and_again_when_it_goes)
{
    struct harness *h = sandbox_alone();
    struct line ann = watch(h, "U0ANN");
    json_t *said =
        control_post(h, "message",
                     json_pack("{s:s, s:s, s:s}", "user", "U0BOB", "channel",
                               "C0OPS", "text", "short-lived <b>"));

    line_wait(&ann, "short-lived &lt;b&gt;");
    json_decref(control_post(h, "delete",
                             json_pack("{s:s, s:O}", "channel", "C0OPS", "ts",
                                       json_object_get(said, "ts"))));
    line_wait(&ann, "\"deleted\":true");
    json_decref(said);
    line_close(&ann);
    harness_stop(h);
}

/* The sandbox goes on when a page goes away in the middle. */
Test(page, who_leaves_the_stream_is_forgotten)
{
    struct harness *h = sandbox_alone();
    struct line gone = watch(h, "U0ANN");
    struct line ann;

    line_close(&gone);
    ann = watch(h, "U0ANN");
    say_plain(h, "U0BOB", "C0OPS", "still here");
    line_wait(&ann, "still here");
    line_close(&ann);
    harness_stop(h);
}

Test(page, strangers_get_no_stream)
{
    struct harness *h = sandbox_alone();
    json_t *answer = control_get_any(h, "stream?user=U0NOBODY");

    cr_expect(json_is_false(json_object_get(answer, "ok")));
    json_decref(answer);
    harness_stop(h);
}

/* ---- what the bot hears --------------------------------------------------- */

/* Of a person's act the app has acked; its envelope as it was sent is not
 * kept, so what it holds is for the bot's own tests. */
static void expect_acked(struct harness *h, const char *verb, json_t *how)
{
    json_t *answer;

    json_object_set_new(how, "wait", json_integer(LONG_MS));
    answer = control_post(h, verb, how);
    cr_expect(json_is_true(json_object_get(answer, "acked")), "%s", verb);
    cr_expect_not_null(json_object_get(answer, "interaction"));
    json_decref(answer);
}

Test(page, the_bot_hears_direct_messages_mentions_and_its_home)
{
    struct harness *h = harness_start(NULL);

    expect_acked(h, "message",
                 json_pack("{s:s, s:s, s:s}", "user", "U0ANN", "channel",
                           "D0ANN", "text", "ping"));
    expect_acked(h, "message",
                 json_pack("{s:s, s:s, s:s}", "user", "U0BOB", "channel",
                           "C0OPS", "text", "<@U0BOT> ping"));
    expect_acked(h, "home", json_pack("{s:s}", "user", "U0ANN"));
    harness_stop(h);
}

Test(page, the_bot_hears_nothing_else)
{
    struct harness *h = harness_start(NULL);
    long long before = link_number(h, "delivered");
    json_t *said =
        control_post(h, "message",
                     json_pack("{s:s, s:s, s:s}", "user", "U0BOB", "channel",
                               "C0OPS", "text", "lunch?"));

    cr_expect_null(json_object_get(said, "interaction"));
    cr_expect_eq(link_number(h, "delivered"), before);
    json_decref(said);
    harness_stop(h);
}

/* ---- completion ----------------------------------------------------------- */

/* Where the commands of a line of help begin, "*dlq*  dlq list · dlq show", or
 * NULL: it is another line. */
static char *commands_in(char *line)
{
    char *at = strchr(line, '*'), *end = at ? strstr(at, "*  ") : NULL;

    return end ? end + 3 : NULL;
}

/* Each of them is among what the page offers. How many there are. */
static int expect_offered(const char *offers, char *commands)
{
    static const char between[] = " \302\267 "; /* a middle dot */
    int n = 0;

    for (char *at = commands, *end; at; at = end, n++) {
        char *entry;

        end = strstr(at, between);
        if (end)
            *end = '\0', end += strlen(between);
        entry = xasprintf("'/ops %s'", at);
        cr_expect_not_null(strstr(offers, entry), "no %s", entry);
        free(entry);
    }
    return n;
}

/* Every command that the bot's help names is offered by the page. */
Test(page, offers_each_command_of_the_help)
{
    struct harness *h = harness_start(NULL);
    char *help = ask(h, "U0ANN", "C0OPS", "help");
    char *url = xasprintf("%s/page/commands.js", h->sandbox_url);
    char *offers = NULL, *rest;
    int n = 0;

    cr_assert_eq(http_exchange(h, "GET", url, NULL, &offers), 200);
    for (char *line = strtok_r(help, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        char *commands = commands_in(line);

        if (commands)
            n += expect_offered(offers, commands);
    }
    cr_expect_geq(n, 43, "%d", n);
    free(offers);
    free(url);
    free(help);
    harness_stop(h);
}
