/*
 * What others post to us: each status of the public listener's alerts, and
 * that what is answered 200 is kept.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/integration/incoming.h"

#define AM      "/alerts/alertmanager"
#define BEARER  "Authorization: Bearer " ALERT_TOKEN "\r\n"
#define TOKENS  "  tokens: [{ name: am, token: " ALERT_TOKEN " }]\n"
#define SECRETS "  secret: " ALERT_SECRET "\n"
#define ONE                                                                    \
    "{\"title\":\"Disk full\",\"severity\":\"critical\","                      \
    "\"traceId\":\"t-1\"}"

static struct harness *h;
static struct url_answer answer;

static void stop(void)
{
    harness_stop(h);
}

TestSuite(alerts_http, .fini = stop, .timeout = 300);

Test(alerts_http, an_alert_is_taken_once_and_shown)
{
    h = incoming_start("", NULL);
    incoming_expect(h->bot, "/alerts", NULL, ONE, 200,
                    "{\"ok\":true,\"taken\":1,\"known\":0,\"bad\":0}");
    incoming_expect(h->bot, "/alerts", NULL, ONE, 200,
                    "{\"ok\":true,\"taken\":0,\"known\":1,\"bad\":0}");
    incoming_cards(h, "Disk full", 1);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alerts"), 1);
}

Test(alerts_http, alertmanager_fires_repeats_and_resolves)
{
    char *fires, *over;

    h = incoming_start("", NULL);
    fires = incoming_webhook("PayDown", "page", false);
    over = incoming_webhook("PayDown", "page", true);
    incoming_expect(h->bot, AM, NULL, fires, 200, "\"taken\":1");
    incoming_cards(h, "PayDown", 1);
    incoming_expect(h->bot, AM, NULL, fires, 200, "\"known\":1");
    incoming_expect(h->bot, AM, NULL, over, 200, "\"taken\":1");
    wait_sql(h, 1, COMES_MS,
             "select count(*) from opsbot.alert_groups where resolved_at"
             " is not null");
    wait_settled(h, COMES_MS);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alert_groups"), 1);
    free(fires);
    free(over);
}

Test(alerts_http, a_bad_one_is_counted_and_the_rest_is_taken)
{
    h = incoming_start("", NULL);
    incoming_expect(h->bot, "/alerts", NULL, "[17,{}," ONE ",{\"x\":1}]", 200,
                    "{\"ok\":true,\"taken\":1,\"known\":0,\"bad\":3}");
    incoming_cards(h, "Disk full", 1);
    incoming_expect(h->bot, AM, NULL, "{\"alerts\":[]}", 200, "\"taken\":0");
    cr_assert(opsbot_log_has(h->bot, "3 alert(s) in /alerts of 127.0.0.1 "
                                     "cannot be read"));
}

Test(alerts_http, what_a_retry_could_never_fix_is_400_and_logged)
{
    h = incoming_start("", NULL);
    incoming_expect(h->bot, "/alerts", NULL, "title=x", 400, "not valid JSON");
    incoming_expect(h->bot, "/alerts", NULL, "", 400, "not valid JSON");
    incoming_expect(h->bot, "/alerts", NULL, "[{}]", 400, "it has no title");
    incoming_expect(h->bot, AM, NULL, "{}", 400, "no webhook of Alertmanager");
    incoming_expect(h->bot, "/events/deploy", NULL, "[]", 400, "\"ok\":false");
    cr_assert(opsbot_log_has(h->bot, "cannot be read: not valid JSON"));
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alerts"), 0);
}

Test(alerts_http, without_a_token_it_is_401_and_nothing_is_taken)
{
    h = incoming_start(TOKENS, NULL);
    incoming_expect(h->bot, "/alerts", NULL, ONE, 401, "Show a token");
    incoming_expect(h->bot, AM, "Authorization: Bearer wrong-token-wrong\r\n",
                    "{}", 401, "no token of alerts.tokens");
    incoming_expect(h->bot, AM, "Authorization: Basic YTpi\r\n", "{}", 401,
                    "Bearer");
    incoming_expect(h->bot, "/events/deploy", NULL, "{}", 401, "token");
    cr_assert(opsbot_log_has(h->bot, "no token of alerts.tokens"));
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alerts"), 0);
    incoming_expect(h->bot, "/alerts", BEARER, ONE, 200, "\"taken\":1");
}

Test(alerts_http, without_tokens_only_this_machine_may)
{
    h = incoming_start("", NULL);
    incoming_expect(h->bot, "/alerts", "X-Forwarded-For: 192.0.2.7\r\n", ONE,
                    403, "this machine alone");
    incoming_expect(h->bot, AM, "Forwarded: for=192.0.2.7\r\n", "{}", 403,
                    "not through a proxy");
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alerts"), 0);
}

Test(alerts_http, what_is_signed_is_verified_and_taken_once)
{
    char *good, *stale, *other;

    h = incoming_start(SECRETS, NULL);
    good = incoming_signed(ALERT_SECRET, ONE, 0);
    stale = incoming_signed(ALERT_SECRET, ONE, -400);
    other = incoming_signed("another-secret-of-somebody", ONE, 0);
    incoming_expect(h->bot, "/alerts", NULL, ONE, 401, "Sign with");
    incoming_expect(h->bot, "/alerts", other, ONE, 401, "is not that of this");
    incoming_expect(h->bot, "/alerts", good, "{\"title\":\"forged\"}", 401,
                    "is not that of this");
    incoming_expect(h->bot, "/alerts", stale, ONE, 401, "five minutes");
    incoming_expect(h->bot, "/alerts",
                    "X-Opsbot-Timestamp: 1\r\nX-Opsbot-Signature: v1=0\r\n",
                    ONE, 401, "64 hex digits");
    incoming_expect(h->bot, "/alerts", good, ONE, 200, "\"taken\":1");
    incoming_expect(h->bot, "/alerts", good, ONE, 200, "\"replay\":true");
    incoming_cards(h, "Disk full", 1);
    free(good);
    free(stale);
    free(other);
}

Test(alerts_http, what_is_signed_with_the_names_of_slack_is_taken)
{
    char *ours, *headers;

    h = incoming_start(SECRETS, NULL);
    ours = incoming_signed(ALERT_SECRET, ONE, 0);
    /* "X-Opsbot-Timestamp: …", "X-Opsbot-Signature: …" */
    headers =
        xasprintf("X-Slack-Request-Timestamp:%.*s\r\nX-Slack-Signature:%s",
                  (int)strcspn(strchr(ours, ':') + 1, "\r"),
                  strchr(ours, ':') + 1, strstr(ours, "Signature:") + 10);
    incoming_expect(h->bot, "/alerts", headers, "{\"title\":\"forged\"}", 401,
                    "is not that of this");
    incoming_expect(h->bot, "/alerts", headers, ONE, 200, "\"taken\":1");
    incoming_expect(h->bot, "/alerts", headers, ONE, 200, "\"replay\":true");
    free(headers);
    free(ours);
}

Test(alerts_http, other_methods_and_paths)
{
    char *body;

    h = incoming_start("", NULL);
    cr_assert_eq(opsbot_get(h->bot, "/alerts", &body), 405);
    free(body);
    incoming_expect(h->bot, "/alerts/nagios", NULL, "{}", 404,
                    "/alerts/alertmanager");
}

Test(alerts_http, what_is_too_large_is_413)
{
    struct buf body = { 0 };
    char *headers;

    h = incoming_start(SECRETS TOKENS, NULL);
    buf_str(&body, "[\"");
    while (body.len < (9 << 20))
        buf_str(&body, "0123456789012345678901234567890123456789012345678901");
    buf_str(&body, "\"]");
    cr_assert_eq(incoming_post(h->bot, "/alerts", BEARER, body.data, &answer),
                 413);
    buf_cut(&body, 2 << 20);
    headers = incoming_signed(ALERT_SECRET, body.data, 0);
    cr_assert_eq(incoming_post(h->bot, "/alerts", headers, body.data, &answer),
                 413);
    free(headers);
    buf_dispose(&body);
    incoming_expect(h->bot, "/alerts", BEARER, ONE, 200, "\"taken\":1");
}

Test(alerts_http, of_one_sender_too_many_are_429_and_told_when)
{
    int limited = 0, taken = 0;

    h = incoming_start("  rate: 1\n" TOKENS, NULL);
    for (int i = 0; i < 20; i++) {
        int status = incoming_post(h->bot, "/alerts", BEARER, ONE, &answer);

        cr_assert(status == 200 || status == 429, "%d", status);
        taken += status == 200;
        limited += status == 429;
        if (status == 429)
            cr_assert(strstr(answer.head, "retry-after: 1"), "%s", answer.head);
    }
    cr_assert_gt(limited, 0);
    cr_assert_gt(taken, 0);
}

/* It gives up at a 4xx. */
Test(alerts_http, alertmanager_is_never_told_429)
{
    char *body = incoming_webhook("Limited", "critical", false);
    int limited = 0;

    h = incoming_start("  rate: 1\n" TOKENS, NULL);
    for (int i = 0; i < 20; i++) {
        int status = incoming_post(h->bot, AM, BEARER, body, &answer);

        cr_assert(status == 200 || status == 503, "%d", status);
        limited += status == 503;
    }
    cr_assert_gt(limited, 0);
    free(body);
}

/* From another address of this machine. The status. */
static int post_from(const char *address, const char *body)
{
    struct sockaddr_in from = { .sin_family = AF_INET };
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    size_t len;
    char *bytes = url_bytes(
        &(struct url_request){
            .path = "/alerts", .type = URL_JSON, .secret = "", .body = body },
        &len);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    inet_pton(AF_INET, address, &from.sin_addr);
    to.sin_port =
        htons((uint16_t)atoi(strrchr(opsbot_address(h->bot), ':') + 1));
    cr_assert_eq(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    url_send(fd, bytes, len);
    url_read(fd, &answer);
    close(fd);
    free(bytes);
    return answer.status;
}

/* Without tokens a sender is its address: one that sends too much takes
 * nothing from the others. */
Test(alerts_http, the_limit_of_one_address_is_not_that_of_another)
{
    int status = 200;

    h = incoming_start("  rate: 1\n", NULL);
    for (int i = 0; i < 500 && status == 200; i++)
        status = post_from("127.0.0.1", ONE);
    cr_assert_eq(status, 429);
    status = post_from("127.0.0.2", ONE);
    cr_assert_eq(status, 200, "%s", answer.body);
    for (int i = 0; i < 500 && status == 200; i++)
        status = post_from("127.0.0.2", ONE);
    cr_assert_eq(status, 429);
    incoming_cards(h, "Disk full", 1);
}

/* No store, no journal: whoever sends it has to send it again. It is posted
 * all the same, and not again when it comes again. */
Test(alerts_http, when_nobody_can_keep_it_503_and_it_comes_again)
{
    static const char *const env[] = { "OPSBOT_STATE=/dev/null/none", NULL };

    h = incoming_start("", env);
    part_stop(h, PART_POSTGRES);
    part_stop(h, PART_REDIS);
    cr_assert_eq(incoming_post(h->bot, "/alerts", NULL, ONE, &answer), 503,
                 "%d %s", answer.status, answer.body);
    cr_assert(strstr(answer.head, "retry-after: 5"), "%s", answer.head);
    incoming_wait(h, "Disk full");
    part_start(h, PART_REDIS);
    part_start(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
    incoming_expect(h->bot, "/alerts", NULL, ONE, 200, "\"taken\":1");
    wait_sql(h, 1, COMES_MS, "select count(*) from opsbot.alerts");
    incoming_cards(h, "Disk full", 1);
}

Test(alerts_http, while_postgres_is_away_it_is_held)
{
    h = incoming_start("", NULL);
    part_stop(h, PART_POSTGRES);
    incoming_expect(h->bot, "/alerts", NULL, ONE, 200, "\"held\":true");
    part_start(h, PART_POSTGRES);
    wait_sql(h, 1, COMES_MS, "select count(*) from opsbot.alerts");
    wait_redis(h, 0, COMES_MS, "XLEN opsbot:alerts");
    incoming_cards(h, "Disk full", 1);
}

Test(alerts_http, a_deployment_is_kept_once_and_refused_while_it_cannot_be)
{
    static const char body[] =
        "{\"service\":\"pay\",\"version\":\"1.2.3\",\"by\":\"ann\","
        "\"at\":1763653260}";

    h = incoming_start("", NULL);
    incoming_expect(h->bot, "/events/deploy", NULL, body, 200, "\"taken\":1");
    incoming_expect(h->bot, "/events/deploy", NULL, body, 200, "\"ok\":true");
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.deploys where"
                               " service = 'pay' and version = '1.2.3'"),
                 1);
    part_stop(h, PART_POSTGRES);
    incoming_expect(h->bot, "/events/deploy", NULL, body, 503, "\"ok\":false");
    part_start(h, PART_POSTGRES);
}

/* A batch larger than one transaction. */
Test(alerts_http, two_thousand_at_once)
{
    struct buf body = { 0 };

    h = incoming_start("", NULL);
    for (int i = 0; i < 2000; i++)
        buf_fmt(&body,
                "%s{\"title\":\"Many\",\"severity\":\"info\",\"labels\":"
                "{\"n\":\"%d\"},\"traceId\":\"m-%d\"}",
                i ? "," : "[", i, i);
    buf_char(&body, ']');
    incoming_expect(h->bot, "/alerts", NULL, body.data, 200, "\"taken\":2000");
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.alerts"), 2000);
    buf_dispose(&body);
}
