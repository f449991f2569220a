/* incoming: see incoming.h. */
#include "tests/integration/incoming.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/mem.h"
#include "core/base/signature.h"

struct harness *incoming_start(const char *more, const char *const *env)
{
    static char yaml[4000]; /* borrowed by the harness */

    snprintf(yaml, sizeof yaml,
             "admins: [U0ANN, U0BOB]\nchannels: { ops: C0OPS }\n"
             "streams: [{ name: notify.events }]\n"
             "alerts:\n  stream: notify.events\n%s",
             more);
    return harness_start(&(struct harness_options){ .yaml = yaml, .env = env });
}

int incoming_post(const struct opsbot *bot, const char *path,
                  const char *headers, const char *body,
                  struct url_answer *answer)
{
    return url_ask(bot,
                   &(struct url_request){ .path = path,
                                          .headers = headers,
                                          .type = URL_JSON,
                                          .secret = "",
                                          .body = body },
                   answer);
}

void incoming_expect(const struct opsbot *bot, const char *path,
                     const char *headers, const char *body, int status,
                     const char *text)
{
    static struct url_answer answer;

    cr_assert_eq(incoming_post(bot, path, headers, body, &answer), status,
                 "%s %.200s: %d %s", path, body, answer.status, answer.body);
    cr_assert(strstr(answer.body, text), "%s %.200s: %s", path, body,
              answer.body);
}

char *incoming_signed(const char *secret, const char *body, int skew_s)
{
    char at[24], signature[SIGNATURE_TEXT];

    snprintf(at, sizeof at, "%lld", (long long)time(NULL) + skew_s);
    signature_text(signature, secret, strlen(secret), at, body, strlen(body));
    return xasprintf("X-Opsbot-Timestamp: %s\r\nX-Opsbot-Signature: %s\r\n", at,
                     signature);
}

char *incoming_webhook(const char *name, const char *severity, bool resolved)
{
    const char *status = resolved ? "resolved" : "firing";

    return xasprintf(
        "{\"version\":\"4\",\"receiver\":\"ops\",\"status\":\"%s\",\"alerts\":["
        "{\"status\":\"%s\",\"labels\":{\"alertname\":\"%s\",\"severity\":"
        "\"%s\",\"service\":\"pay\"},\"annotations\":{\"summary\":\"%s\"},"
        "\"startsAt\":\"2025-11-20T15:41:00.301Z\",\"endsAt\":\"%s\"}],"
        "\"groupLabels\":{},\"externalURL\":\"http://am.example:9093\","
        "\"truncatedAlerts\":0}",
        status, status, name, severity, name,
        resolved ? "2025-11-20T16:00:00Z" : "0001-01-01T00:00:00Z");
}

void incoming_add(struct harness *h, const char *trace, const char *severity,
                  const char *title)
{
    redis_send(h, "XADD notify.events * traceId %s severity %s title %s", trace,
               severity, title);
}

/* Of a title: messages that are in nobody's thread. */
static size_t cards_of(struct harness *h, const char *title)
{
    json_t *all = control_get(h, "messages?channel=C0OPS"), *message;
    size_t i, n = 0;

    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        char *whole = json_dumps(message, JSON_COMPACT);
        const json_t *thread = json_object_get(message, "thread_ts"),
                     *ts = json_object_get(message, "ts");

        n += strstr(whole, title) && (!thread || json_equal(thread, ts));
        free(whole);
    }
    json_decref(all);
    return n;
}

struct wanted {
    struct harness *h;
    const char *title;
};

static bool card_there(void *arg)
{
    struct wanted *w = arg;

    return cards_of(w->h, w->title) > 0;
}

void incoming_wait(struct harness *h, const char *title)
{
    struct wanted w = { h, title };

    wait_until(card_there, &w, COMES_MS, title);
}

void incoming_cards(struct harness *h, const char *title, size_t n)
{
    incoming_wait(h, title);
    wait_settled(h, COMES_MS);
    cr_assert_eq(cards_of(h, title), n, "%zu cards of %s", cards_of(h, title),
                 title);
}

bool incoming_shows(struct harness *h, const char *text)
{
    json_t *all = control_get(h, "messages?channel=C0OPS");
    char *whole = json_dumps(all, JSON_COMPACT);
    bool yes = strstr(whole, text) != NULL;

    free(whole);
    json_decref(all);
    return yes;
}

static bool unmarked(void *arg)
{
    return !incoming_shows(arg, INCOMING_AWAY);
}

static bool grouped(void *arg)
{
    struct wanted *w = arg;

    return sql_number(w->h,
                      "select count(*) from opsbot.alert_groups where"
                      " resolved_at is null and title = '%s'",
                      w->title) == 1;
}

void incoming_recorded(struct harness *h, const char *title)
{
    struct wanted w = { h, title };

    wait_until(grouped, &w, COMES_MS, "its group");
    wait_settled(h, COMES_MS);
    wait_until(unmarked, h, COMES_MS, "the card to be as any other");
    incoming_cards(h, title, 1);
    cr_assert_eq(sql_number(h,
                            "select count(*) from opsbot.outbox o join"
                            " opsbot.alert_groups g on o.thing = 'alert:' ||"
                            " g.id where g.title = '%s' and o.state = 'sent'"
                            " and o.ts is not null",
                            title),
                 1);
}

static bool is_read(void *arg)
{
    struct harness *h = arg;
    char *groups = redis_text(h, "XINFO GROUPS notify.events");
    bool read = strstr(groups, "\npending\n0\n") != NULL &&
                strstr(groups, "\nlag\n0") != NULL;

    free(groups);
    return read;
}

void incoming_read(struct harness *h)
{
    wait_until(is_read, h, COMES_MS, "the stream to be read and confirmed");
}
