/*
 * Request URLs and those who are not Slack: each attack by its name. After
 * each a real command is answered, and it is the only thing that was run.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/integration/common.h"
#include "tests/integration/urls.h"

#define OTHER "0123456789abcdef0123456789abcdef"

static struct harness *h;
static struct url_answer answer;

static void start(void)
{
    static const char *const env[] = { "SLACK_SIGNING_SECRET=" URL_SECRET
                                       "," OTHER,
                                       NULL };

    h = harness_start(
        &(struct harness_options){ .road = ROAD_HTTP, .env = env });
}

static void stop(void)
{
    harness_stop(h);
}

static void expect_only_this_ran(void)
{
    url_expect(h->bot, "ping", "pong");
    wait_settled(h, COMES_MS);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events"), 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events"
                               " where command = 'ping'"),
                 1);
}

/* ---- forgery ------------------------------------------------------------------ */

TestSuite(forgery, .init = start, .fini = stop, .timeout = 180);

static void unauthorized(const char *what, struct url_request r)
{
    char *body = r.body ? NULL : url_command("halt all by nobody");

    if (body)
        r.body = body;
    cr_expect_eq(url_ask(h->bot, &r, &answer), 401, "%s: %d", what,
                 answer.status);
    cr_expect_str_eq(answer.body, "", "%s", what);
    free(body);
}

Test(forgery, whoever_does_not_sign_is_401_and_nothing_more)
{
    static const char zeros[] = "v0=0000000000000000000000000000000000000000"
                                "000000000000000000000000";
    double forged;

    unauthorized("no signature", (struct url_request){ .secret = "" });
    unauthorized("wrong secret",
                 (struct url_request){ .secret = "wrong-secret" });
    unauthorized("zeros", (struct url_request){ .signature = zeros });
    unauthorized("empty", (struct url_request){ .signature = "" });
    unauthorized("short", (struct url_request){ .signature = "v0=00" });
    unauthorized("another version",
                 (struct url_request){ .signature = "v1=00" });
    unauthorized("not hex", (struct url_request){ .signature = "v0=xx" });
    unauthorized("no time", (struct url_request){ .timestamp = "" });
    unauthorized("a time that is none",
                 (struct url_request){ .timestamp = "yesterday" });
    unauthorized("a time and more",
                 (struct url_request){ .timestamp = "1531420618x" });
    unauthorized("negative", (struct url_request){ .timestamp = "-1" });
    unauthorized("every URL", (struct url_request){ .path = "/slack/commands",
                                                    .secret = "x-y-z-1-2" });
    unauthorized("every URL",
                 (struct url_request){ .path = "/slack/interactive",
                                       .secret = "x-y-z-1-2" });
    unauthorized("whatever the type",
                 (struct url_request){ .type = "text/x", .secret = "x-y-z-1" });
    unauthorized("nothing is parsed before",
                 (struct url_request){
                     .type = URL_JSON, .body = "[[[", .secret = "x-y-z-1" });
    forged =
        url_metric(h->bot, "opsbot_slack_requests_total{outcome=\"forged\"}");
    cr_expect_eq(forged, 15, "%f", forged);
    expect_only_this_ran();
}

Test(forgery, what_was_signed_may_not_be_changed)
{
    char *body = url_command("ping"), *bytes;
    size_t len;

    bytes = url_bytes(&(struct url_request){ .body = body }, &len);
    for (size_t i = 1; i < 30; i++) { /* of the body's end: the text */
        char was = bytes[len - i];

        bytes[len - i] = was == '0' ? '1' : '0';
        cr_expect_eq(url_ask_bytes(h->bot, bytes, len, &answer), 401);
        bytes[len - i] = was;
    }
    free(bytes);
    free(body);
    expect_only_this_ran();
}

Test(forgery, five_minutes_both_ways)
{
    static const int skews[] = { -330, -302, 302, 330, 100000, -100000 };
    double stale;

    for (size_t i = 0; i < sizeof skews / sizeof *skews; i++)
        unauthorized("stale", (struct url_request){ .skew_s = skews[i] });
    stale =
        url_metric(h->bot, "opsbot_slack_requests_total{outcome=\"stale\"}");
    cr_expect_eq(stale, 6, "%f", stale);
    expect_only_this_ran();
    for (int skew = -280; skew <= 280; skew += 560) {
        char *body = url_command("ping");

        cr_expect_eq(
            url_ask(h->bot,
                    &(struct url_request){ .body = body, .skew_s = skew },
                    &answer),
            200, "%d s is near enough", skew);
        free(body);
    }
}

Test(forgery, two_secrets_while_one_is_replaced)
{
    char *body = url_command("ping");

    cr_expect_eq(url_ask(h->bot,
                         &(struct url_request){ .body = body, .secret = OTHER },
                         &answer),
                 200);
    cr_expect(strstr(answer.body, "pong"));
    free(body);
}

/* ---- duplicate headers --------------------------------------------------------- */

TestSuite(duplicates, .init = start, .fini = stop, .timeout = 180);

/* Of two the first is looked at, and that one is verified. */
Test(duplicates, one_value_is_looked_at_and_that_one_verified)
{
    static const char zeros[] =
        "X-Slack-Signature: v0=000000000000000000000000000000000000000000000"
        "0000000000000000000\r\n";
    char *body = url_command("halt all by nobody"), *bytes, *behind;
    size_t len;

    unauthorized("a wrong signature before",
                 (struct url_request){ .headers = zeros });
    unauthorized("a wrong time before",
                 (struct url_request){
                     .headers = "X-Slack-Request-Timestamp: 1531420618\r\n" });
    bytes =
        url_bytes(&(struct url_request){ .body = body, .skew_s = -400 }, &len);
    behind =
        xasprintf("X-Slack-Request-Timestamp: %lld\r\n", (long long)time(NULL));
    unauthorized("a fresh time before a stale, signed one",
                 (struct url_request){ .headers = behind, .skew_s = -400 });
    free(behind);
    free(bytes);
    free(body);
    expect_only_this_ran();
}

Test(duplicates, two_types_are_none)
{
    char *body = url_command("halt all by nobody");

    cr_expect_eq(
        url_ask(h->bot,
                &(struct url_request){
                    .body = body, .headers = "Content-Type: " URL_JSON "\r\n" },
                &answer),
        400);
    free(body);
    expect_only_this_ran();
}

/* ---- smuggling ------------------------------------------------------------------- */

TestSuite(smuggling, .init = start, .fini = stop, .timeout = 180);

/* A signed command behind a request whose end two readers see elsewhere. */
Test(smuggling, what_hides_behind_another_is_not_run)
{
    static const struct {
        const char *framing, *body;
        int status;
    } rows[] = {
        { "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n",
          400 },
        { "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n",
          400 },
        { "Content-Length: 0\r\nContent-Length: 5\r\n", "0\r\n\r\n", 400 },
        { "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n", 501 },
        { "Transfer-Encoding : chunked\r\n", "0\r\n\r\n", 400 },
        { "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "0\r\n\r\n",
          501 },
        { "Transfer-Encoding: chunked\r\n", "0;x=\n\r\n\r\n", 400 },
        { "Transfer-Encoding: chunked\r\n", "0\r\nX: y\r\n\r\n", 400 },
        { "X: y\r\n Content-Length: 5\r\n", "0\r\n\r\n", 400 },
        { "X: y\nContent-Length: 5\r\n", "0\r\n\r\n", 400 },
        { "X: y\rContent-Length: 5\r\n", "0\r\n\r\n", 400 },
    };
    char *body = url_command("halt all by nobody");
    size_t len;
    char *hidden = url_bytes(&(struct url_request){ .body = body }, &len);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *outer =
            url_bytes(&(struct url_request){ .body = rows[i].body,
                                             .framing = rows[i].framing },
                      NULL);
        int fd = url_dial(h->bot);

        url_send(fd, outer, strlen(outer));
        url_send(fd, hidden, len);
        url_read(fd, &answer);
        cr_expect_eq(answer.status, rows[i].status, "%zu: %d", i,
                     answer.status);
        cr_expect(url_closed(fd), "%zu", i);
        close(fd);
        free(outer);
    }
    free(hidden);
    free(body);
    expect_only_this_ran();
}

/* Two on one connection are two. */
Test(smuggling, what_comes_behind_openly_is_its_own)
{
    char *one = url_command("ping");
    size_t len;
    char *first = url_bytes(&(struct url_request){ .body = one }, &len);
    char *second = url_bytes(
        &(struct url_request){ .body = one, .secret = "wrong-one" }, NULL);
    int fd = url_dial(h->bot);

    url_send(fd, first, len);
    url_send(fd, second, strlen(second));
    url_read(fd, &answer);
    cr_expect_eq(answer.status, 200);
    cr_expect(strstr(answer.body, "pong"));
    url_read(fd, &answer);
    cr_expect_eq(answer.status, 401);
    close(fd);
    free(first);
    free(second);
    free(one);
}

/* ---- oversized, slow, truncated ----------------------------------------------------- */

TestSuite(bodies, .init = start, .fini = stop, .timeout = 180);

/* An event of exactly so many bytes. */
static char *long_event(size_t len)
{
    struct buf b = { 0 };

    buf_str(&b, "{\"type\":\"event_callback\",\"event_id\":\"EvBig\",\"event\":"
                "{\"type\":\"team_join\",\"event_ts\":\"7.7\",\"pad\":\"");
    while (b.len < len - 3)
        buf_char(&b, 'x');
    buf_str(&b, "\"}}");
    return buf_take(&b);
}

Test(bodies, oversized_is_413_and_a_mebibyte_is_not)
{
    char *body = long_event(1 << 20), *over = long_event((1 << 20) + 1);
    struct buf chunked = { 0 };

    cr_expect_eq(
        url_ask(h->bot, &(struct url_request){ .type = URL_JSON, .body = body },
                &answer),
        200, "%d", answer.status);
    cr_expect_eq(
        url_ask(h->bot, &(struct url_request){ .type = URL_JSON, .body = over },
                &answer),
        413, "%d", answer.status);
    cr_expect_eq(url_ask(h->bot,
                         &(struct url_request){
                             .framing = "Content-Length: 99999999999\r\n" },
                         &answer),
                 413, "told by its length alone");
    for (int i = 0; i < 40; i++) {
        buf_str(&chunked, "8000\r\n");
        buf_add(&chunked, over, 0x8000);
        buf_str(&chunked, "\r\n");
    }
    cr_expect_eq(url_ask(h->bot,
                         &(struct url_request){
                             .type = URL_JSON,
                             .body = chunked.data,
                             .len = chunked.len,
                             .framing = "Transfer-Encoding: chunked\r\n" },
                         &answer),
                 413, "in chunks");
    buf_dispose(&chunked);
    free(body);
    free(over);
    expect_only_this_ran();
}

/* Whoever is slow is cut off, and holds up nobody meanwhile. */
Test(bodies, slow_is_cut_off)
{
    char *body = url_command("halt all by nobody");
    size_t len;
    char *bytes = url_bytes(&(struct url_request){ .body = body }, &len);
    int slow[30];

    for (int i = 0; i < 30; i++) {
        slow[i] = url_dial(h->bot);
        url_send(slow[i], bytes, i % 2 ? len - 1 : 20);
    }
    url_expect(h->bot, "ping", "pong");
    for (int i = 0; i < 30; i++) {
        url_read(slow[i], &answer);
        cr_expect_eq(answer.status, 408, "%d: %d", i, answer.status);
        close(slow[i]);
    }
    free(bytes);
    free(body);
    wait_settled(h, COMES_MS);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events"), 1);
}

Test(bodies, truncated_is_not_run)
{
    char *body = url_command("halt all by nobody");
    size_t len;
    char *bytes = url_bytes(&(struct url_request){ .body = body }, &len);

    for (size_t cut = 1; cut < len; cut += 40) {
        int fd = url_dial(h->bot);

        url_send(fd, bytes, len - cut);
        shutdown(fd, SHUT_WR);
        cr_expect(url_closed(fd), "nothing is answered to half a request");
        close(fd);
    }
    free(bytes);
    free(body);
    expect_only_this_ran();
}

/* ---- signed, and not what Slack sends ------------------------------------------------ */

static void bad(const char *type, const char *body)
{
    cr_expect_eq(url_ask(h->bot,
                         &(struct url_request){ .type = type, .body = body },
                         &answer),
                 400, "%.60s: %d", body, answer.status);
}

Test(bodies, signed_nonsense_is_400)
{
    static const char *const events[] = {
        "null",
        "[]",
        "42",
        "\"x\"",
        "{}",
        "{\"type\":\"event_callback\",\"event\":7}",
        "{",
        "",
        "{\"type\":\"a\",\"type\":\"event_callback\"}",
        "{\"type\":\"event_callback\",\"event\":{\"x\":\"\xff\"}}",
    };
    static const char *const forms[] = {
        "command=%2Fops&command=%2Fops&text=halt+all+x",
        "command=%2Fops&text=halt+all+x&text=help",
        "command=%2Fops&text=%zz",
        "command=%2Fops&text=%ff",
        "command=%2Fops&text=a%00b",
        "command=%2Fops&payload={\"type\":\"block_actions\"}",
        "payload=null",
        "payload=[]",
        "payload=7",
        "text=halt+all+x",
    };

    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        bad(URL_JSON, events[i]);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        bad(URL_FORM, forms[i]);
    bad("text/plain", "command=%2Fops&text=halt+all+x");
    bad("", "command=%2Fops&text=halt+all+x");
    expect_only_this_ran();
}

Test(bodies, deep_is_400)
{
    static const int levels[] = { 100, 1000, 200000 };

    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        struct buf b = { 0 };

        buf_str(&b, "{\"type\":\"event_callback\",\"event\":{\"x\":");
        for (int n = 0; n < levels[i]; n++)
            buf_str(&b, "{\"a\":");
        bad(URL_JSON, buf_text(&b));
        buf_dispose(&b);
    }
    expect_only_this_ran();
}

/* ---- where, and how ------------------------------------------------------------------ */

TestSuite(paths, .init = start, .fini = stop, .timeout = 180);

static int plain(const char *text)
{
    return url_ask_bytes(h->bot, text, strlen(text), &answer);
}

Test(paths, other_paths_and_methods)
{
    cr_expect_eq(
        url_ask(h->bot, &(struct url_request){ .path = "/slack/x" }, &answer),
        404);
    cr_expect_eq(
        url_ask(h->bot, &(struct url_request){ .path = "/slack" }, &answer),
        404);
    cr_expect_eq(url_ask(h->bot,
                         &(struct url_request){ .path = "/slack/events/" },
                         &answer),
                 404);
    cr_expect_eq(
        url_ask(h->bot,
                &(struct url_request){ .path = "/health/../slack/events" },
                &answer),
        404);
    cr_expect_eq(plain("GET /slack/events HTTP/1.1\r\nHost: x\r\n\r\n"), 405);
    cr_expect(strstr(answer.head, "allow: POST\r\n"), "%s", answer.head);
    cr_expect_eq(plain("OPTIONS /slack/commands HTTP/1.1\r\nHost: x\r\n\r\n"),
                 405);
    cr_expect_eq(plain("PUT /slack/commands HTTP/1.1\r\nHost: x\r\n"
                       "Content-Length: 0\r\n\r\n"),
                 405);
    expect_only_this_ran();
}

Test(paths, what_slack_asks_of_a_url)
{
    char *body = url_command("halt all by nobody");
    char *with = xasprintf("ssl_check=1&%s", body);

    cr_expect_eq(
        url_ask(h->bot,
                &(struct url_request){ .type = URL_JSON,
                                       .body = "{\"type\":\"url_verification\","
                                               "\"challenge\":\"3eZbrw1a\"}" },
                &answer),
        200);
    cr_expect_str_eq(answer.body, "{\"challenge\":\"3eZbrw1a\"}");
    unauthorized("a challenge that is not signed",
                 (struct url_request){ .type = URL_JSON,
                                       .secret = "wrong-one",
                                       .body = "{\"type\":\"url_verification\","
                                               "\"challenge\":\"x\"}" });
    cr_expect_eq(
        url_ask(h->bot, &(struct url_request){ .body = with }, &answer), 200);
    cr_expect_str_eq(answer.body, "", "the command in it is not run");
    cr_expect_eq(url_ask(h->bot,
                         &(struct url_request){ .body = with, .secret = "" },
                         &answer),
                 200, "nobody signs an ssl_check");
    cr_expect_str_eq(answer.body, "");
    free(with);
    free(body);
    expect_only_this_ran();
}
