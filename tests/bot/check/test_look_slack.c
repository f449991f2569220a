/*
 * look_slack: what only a Slack of the test's own can answer: another time, no
 * scopes, a person's token, far too much.
 */
#include "bot/check/look_slack.c"

#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

#include "core/base/clock.h"
#include "tests/bot/sender/http_stub.h"

#define BOT_ANSWER                                                             \
    "{\"ok\":true,\"team\":\"acme\",\"user\":\"opsbot\",\"bot_id\":\"B1\"}"

/* What the next answer is. */
struct answer {
    const char *body;
    char headers[200];
};

static struct stub_reply reply(void *arg, const struct stub_request *request,
                               int number)
{
    const struct answer *a = arg;

    (void)request;
    (void)number;
    return (struct stub_reply){ .headers = a->headers, .body = a->body };
}

/* Slack's clock goes so many seconds ahead of ours. */
static void at_time(struct answer *a, int seconds)
{
    time_t at = (time_t)(clock_wall_ms() / 1000 + seconds);
    char date[64];
    struct tm tm;

    gmtime_r(&at, &tm);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    snprintf(a->headers, sizeof a->headers,
             "Date: %s\r\nX-OAuth-Scopes: chat:write\r\n", date);
}

/* The line of that id after one look. */
static void expect(struct answer *a, const char *id, enum report_level level,
                   const char *text)
{
    struct stub *st = stub_start(reply, a);
    char *url = xasprintf("http://127.0.0.1:%d/api/", st->port);
    char token[] = "xoxb-1";
    struct config cfg = { .slack = { .bot_token = token, .api_url = url } };
    struct look l = { .cfg = &cfg, .until = clock_mono_ms() + 60000 };
    bool found = false;

    web_start();
    report_section(&l.report, "Slack");
    look_slack(&l);
    for (size_t i = 0; i < l.report.count && !found; i++) {
        const struct report_line *line = &l.report.lines[i];

        found = strcmp(line->id, id) == 0;
        cr_assert(!found || line->level == level, "%s", line->text);
        cr_assert(!found || strstr(line->text, text), "%s", line->text);
    }
    cr_assert(found, "no line %s", id);
    report_dispose(&l.report);
    stub_stop(st);
    free(url);
}

Test(look_slack, the_clock)
{
    struct answer a = { .body = BOT_ANSWER };

    at_time(&a, 0);
    expect(&a, "slack.clock", REPORT_OK, "agrees");
    at_time(&a, -100);
    expect(&a, "slack.clock", REPORT_WARNING, "s ahead of Slack's");
    at_time(&a, 100);
    expect(&a, "slack.clock", REPORT_WARNING, "s behind Slack's");
    at_time(&a, -400);
    expect(&a, "slack.clock", REPORT_FAILURE, "s ahead of Slack's");
    at_time(&a, 400);
    expect(&a, "slack.clock", REPORT_FAILURE, "300 s");
    snprintf(a.headers, sizeof a.headers, "Date: yesterday\r\n");
    expect(&a, "slack.clock", REPORT_WARNING, "did not say");
}

Test(look_slack, the_scopes)
{
    struct answer a = { .body = BOT_ANSWER };

    at_time(&a, 0);
    expect(&a, "slack.scopes", REPORT_FAILURE, "missing commands (");
    a.headers[0] = '\0';
    expect(&a, "slack.scopes", REPORT_WARNING, "does not say");
    snprintf(a.headers, sizeof a.headers,
             "x-oauth-scopes: commands, chat:write,channels:join, "
             "channels:history,app_mentions:read,im:history\r\n");
    expect(&a, "slack.scopes", REPORT_OK, "all that");
    /* One whose name only ends in what is wanted is another one. */
    snprintf(a.headers, sizeof a.headers,
             "x-oauth-scopes: commands,chat:write,channels:join,"
             "channels:history,app_mentions:read,mpim:history\r\n");
    expect(&a, "slack.scopes", REPORT_WARNING, "im:history");
}

Test(look_slack, tokens_that_are_none_of_a_bot)
{
    struct answer a = { .body = "{\"ok\":true,\"user\":\"ann\"}" };

    expect(&a, "slack.bot_token", REPORT_FAILURE, "is a person's, ann's");
    a.body = "{\"ok\":false}";
    expect(&a, "slack.bot_token", REPORT_FAILURE, "no reason given");
    a.body = "{\"ok\":false,\"error\":\"something_new\"}";
    expect(&a, "slack.bot_token", REPORT_FAILURE, "something_new");
    a.body = "null";
    expect(&a, "slack.bot_token", REPORT_FAILURE, "no answer of Slack's");
    a.body = "[1]";
    expect(&a, "slack.bot_token", REPORT_FAILURE, "no answer of Slack's");
}

Test(look_slack, an_answer_without_end)
{
    char *much = xmalloc(WEB_ASK_BODY + 2);
    struct answer a = { .body = much };

    memset(much, ' ', WEB_ASK_BODY + 1);
    much[WEB_ASK_BODY + 1] = '\0';
    expect(&a, "slack.bot_token", REPORT_FAILURE, "larger than 1024 KiB");
    free(much);
}
