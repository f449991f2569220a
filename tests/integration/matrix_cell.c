#include "tests/integration/matrix_cell.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/integration/alerting.h"
#include "tests/integration/urls.h"

#define LOST_MS 5000 /* Slack has said by then that nobody took it */

const char *const matrix_op_names[] = { "post", "edit", "ack", "escalate",
                                        "silence" };
const char *const matrix_channels[] = { "C0POST", "C0EDIT", "C0ACK",
                                        "C0ESCALATE", "C0SILENCE" };
const char *const matrix_trouble_names[] = {
    "429 once",        "429 for ever",       "500",        "timeout after acc.",
    "duplicate click", "out-of-order click", "stale card", "deleted card",
    "invalid_blocks",  "socket drop",
};

const struct matrix_act matrix_acts[] = {
    [OP_POST] = { .reason = "first" },
    [OP_EDIT] = { .reason = "more", .line = ": 1 new in group" },
    [OP_ACK] = { "ack A-%d", "Acknowledge A-%d", "ack", "acked",
                 ": acknowledged" },
    [OP_ESCALATE] = { "escalate A-%d", "Escalate now", "escalate", "escalated",
                      ": escalated" },
    [OP_SILENCE] = { "silence A-%d 1h the disk", "Silence for 1 h", "silence",
                     "silenced", ": silenced" },
};

/* ---- life ---------------------------------------------------------------- */

void cell_init(struct cell *c, enum matrix_op op, enum matrix_trouble trouble,
               int run)
{
    c->op = op;
    c->trouble = trouble;
    c->channel = matrix_channels[op];
    c->typed = trouble == DELETED ||
               (op == OP_SILENCE &&
                (trouble <= STATUS_500 || trouble == REFUSED_BLOCKS));
    snprintf(c->service, sizeof c->service, "%s%d", matrix_op_names[op], run);
}

void cell_dispose(struct cell *c)
{
    for (size_t i = 0; i < c->bodies_count; i++) {
        free(c->bodies[i]);
        if (c->sent[i] >= 0)
            close(c->sent[i]);
    }
    json_decref(c->card);
}

/* ---- news ---------------------------------------------------------------- */

static char *moment(int age_s)
{
    time_t at = time(NULL) - age_s;
    char text[32];
    struct tm tm;

    gmtime_r(&at, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return xstrdup(text);
}

static bool by_alertmanager(const struct cell *c)
{
    return c->op == OP_POST;
}

/* As Alertmanager sends it, or as anybody may. */
char *cell_alert(const struct cell *c, const char *print, int age_s,
                 const char *status)
{
    static const char webhook[] =
        "{\"version\":\"4\",\"groupKey\":\"{}\",\"status\":\"%s\","
        "\"receiver\":\"opsbot\",\"groupLabels\":{},\"commonLabels\":{},"
        "\"commonAnnotations\":{},\"externalURL\":\"http://am\",\"alerts\":[{"
        "\"status\":\"%s\",\"labels\":{\"alertname\":\"Slow\",\"severity\":"
        "\"critical\",\"service\":\"%s\",\"cell\":\"%s\"},\"annotations\":{"
        "\"summary\":\"%s is slow\"},\"startsAt\":\"%s\",\"endsAt\":\"%s\","
        "\"generatorURL\":\"\",\"fingerprint\":\"%s-%s\"}]}";
    static const char plain[] =
        "{\"severity\":\"critical\",\"status\":\"%s\",\"labels\":{\"service\":"
        "\"%s\",\"cell\":\"%s\"},\"title\":\"%s is slow\",\"at\":\"%s\","
        "\"source\":\"probe\",\"fingerprint\":\"%s-%s\"}";
    bool over = strcmp(status, "resolved") == 0;
    char *at = moment(age_s), *from = moment(over ? age_s + 60 : age_s);
    const char *op = matrix_op_names[c->op], *s = c->service;
    char *json;

    if (by_alertmanager(c))
        json = xasprintf(webhook, status, status, s, op, s, from,
                         over ? at : "0001-01-01T00:00:00Z", s, print);
    else
        json = xasprintf(plain, status, s, op, s, at, s, print);
    free(at);
    free(from);
    return json;
}

static void send_news(struct harness *h, struct cell *c, size_t i)
{
    struct url_request r = { .path = by_alertmanager(c) ? "/alerts/alertmanager"
                                                        : "/alerts",
                             .type = URL_JSON,
                             .body = c->bodies[i],
                             .secret = "" };
    size_t len;
    char *bytes = url_bytes(&r, &len);

    c->sent[i] = url_dial(h->bot);
    url_send(c->sent[i], bytes, len);
    free(bytes);
}

/* Takes body. */
static void add_news(struct harness *h, struct cell *c, char *body)
{
    size_t i = c->bodies_count++;

    cr_assert_lt(i, CELL_BODIES);
    c->bodies[i] = body;
    send_news(h, c, i);
}

/* False: nobody took it, and it has to be sent again. */
static bool was_taken(struct cell *c, size_t i)
{
    static struct url_answer answer;

    url_read(c->sent[i], &answer);
    close(c->sent[i]);
    c->sent[i] = -1;
    return answer.status / 100 == 2;
}

/* What was taken is forgotten here. */
void cell_deliver(struct harness *h, struct cell *c)
{
    int64_t until = clock_mono_ms() + patient(COMES_MS);

    while (c->bodies_count > 0) {
        size_t last = c->bodies_count - 1;

        if (c->sent[last] >= 0 && was_taken(c, last)) {
            free(c->bodies[last]);
            c->bodies_count--;
            continue;
        }
        if (clock_mono_ms() >= until)
            harness_fail("%s: nobody takes %s", c->service, c->bodies[last]);
        harness_sleep(50);
        send_news(h, c, last);
    }
}

static void fire(struct harness *h, struct cell *c, const char *print)
{
    add_news(h, c, cell_alert(c, print, 0, "firing"));
    cell_deliver(h, c);
}

void cell_join(struct harness *h, struct cell *c)
{
    fire(h, c, "joins");
    c->joined = true;
}

/* ---- its group ----------------------------------------------------------- */

static bool known(struct harness *h, struct cell *c)
{
    if (!c->number)
        c->number = (int)sql_number(
            h,
            "select coalesce(max(id), 0) from opsbot.alert_groups where"
            " labels->>'service' = '%s'",
            c->service);
    return c->number > 0;
}

long long cell_audited(struct harness *h, const struct cell *c, bool turned)
{
    const char *command = matrix_acts[c->op].command;

    return sql_number(h,
                      "select count(*) from opsbot.audit_events where command ="
                      " '%s' and channel = '%s' and (kind = 'outcome' and"
                      " outcome = 'ok') = %s and outcome <> 'asked'",
                      command ? command : "", c->channel,
                      turned ? "false" : "true");
}

/* ---- before -------------------------------------------------------------- */

/* Since the card was looked at something has joined, or somebody has
 * acknowledged it. */
static void ages(struct harness *h, struct cell *c)
{
    char *text = xasprintf("ack A-%d", c->number);

    if (c->trouble == OUT_OF_ORDER)
        cell_join(h, c);
    else
        expect_said(h, "U0ANN", c->channel, text, "A-");
    wait_history(h, c->number, c->trouble == OUT_OF_ORDER ? "more" : "acked",
                 1);
    free(text);
}

/* Slack edits nothing: people go on seeing the card that there is. */
static void stays_old(struct harness *h, struct cell *c)
{
    c->old = matrix_fault(h, json_pack("{ss si ss s{ss}}", "on", "chat.update",
                                       "times", -1, "error", "internal_error",
                                       "match", "channel", c->channel));
}

static void may_be_new(struct harness *h, struct cell *c)
{
    char path[40];

    if (!c->old)
        return;
    snprintf(path, sizeof path, "fault?id=%d", c->old);
    control_delete(h, path);
    c->old = 0;
}

void cell_fire(struct harness *h, struct cell *c)
{
    if (c->op == OP_POST)
        return;
    fire(h, c, "a");
    cr_assert(known(h, c), "%s is not there", c->service);
}

void cell_prepare(struct harness *h, struct cell *c)
{
    bool act = c->op >= OP_ACK;

    if (c->op == OP_POST)
        return;
    cr_assert_eq(cell_cards(h, c, &c->card), 1u, "%s", c->service);
    if (act && (c->trouble == OUT_OF_ORDER || c->trouble == STALE)) {
        stays_old(h, c);
        ages(h, c);
    }
    if (c->trouble == DELETED)
        cell_delete(h, c);
    if (act) {
        wait_redis(h, 0, COMES_MS, "XLEN opsbot:inbox");
        c->audited = cell_audited(h, c, false);
        c->refused = cell_audited(h, c, true);
    }
}

/* ---- it is done ---------------------------------------------------------- */

/* Nothing happens when the card has no such button any more. */
static void press_by(struct harness *h, struct cell *c, const char *user)
{
    char *label = xasprintf(matrix_acts[c->op].label, c->number);
    struct asked asked = card_press_try(h, user, c->channel, c->card, label);

    if (asked.interaction[0]) {
        c->asked = asked;
        c->by = user;
        c->asked_ms = clock_mono_ms();
    }
    free(label);
}

static void type_it(struct harness *h, struct cell *c)
{
    char *text = xasprintf(matrix_acts[c->op].typed, c->number);

    c->by = "U0BOB";
    c->asked = type_text(h, c->by, c->channel, text);
    c->asked_ms = clock_mono_ms();
    free(text);
}

void cell_press_again(struct harness *h, struct cell *c)
{
    if (c->op >= OP_ACK && !c->typed)
        press_by(h, c, "U0BOB");
}

/* The news, and what is wrong with them. */
static void send_all(struct harness *h, struct cell *c)
{
    const char *print = c->op == OP_POST ? "a" : "b";

    add_news(h, c, cell_alert(c, print, 5, "firing"));
    if (c->trouble == TWICE)
        add_news(h, c, xstrdup(c->bodies[0]));
    if (c->trouble == OUT_OF_ORDER)
        add_news(h, c, cell_alert(c, print, 600, "resolved"));
    if (c->trouble == STALE)
        add_news(h, c, cell_alert(c, print, 3600, "firing"));
}

void cell_act(struct harness *h, struct cell *c)
{
    if (c->op < OP_ACK) {
        send_all(h, c);
        return;
    }
    if (c->typed) {
        type_it(h, c);
        return;
    }
    press_by(h, c, c->trouble == OUT_OF_ORDER ? "U0ANN" : "U0BOB");
    cr_assert(c->asked.interaction[0], "%s cannot be pressed", c->service);
    if (c->trouble == TWICE || c->trouble == OUT_OF_ORDER)
        press_by(h, c, "U0BOB");
    may_be_new(h, c);
}

/* ---- until it is done ---------------------------------------------------- */

bool cell_turned_away(const struct cell *c)
{
    return c->trouble == STALE && (c->op == OP_ACK || c->op == OP_ESCALATE);
}

bool cell_recorded(struct harness *h, struct cell *c)
{
    if (!known(h, c))
        return false;
    if (cell_turned_away(c))
        return cell_audited(h, c, true) > c->refused;
    return history_of(h, c->number, matrix_acts[c->op].reason) > 0;
}

/* What may be said of what was not done: that Postgres could not be reached,
 * or whether it is still wanted. */
static void expect_told(const struct cell *c, const json_t *told)
{
    char *whole = json_dumps(told, JSON_COMPACT);

    if (!strstr(whole, "could not use Postgres") && !strstr(whole, "Run it?"))
        harness_fail("%s under \"%s\" is not done, but %s", c->service,
                     matrix_trouble_names[c->trouble], whole);
    free(whole);
}

/* Whoever waits for it is told something that is not its end. */
static void answer_back(struct harness *h, struct cell *c, const json_t *told)
{
    struct seen_button b;

    expect_told(c, told);
    if (!find_nth_button(told, "Run it", 0, c->by, c->channel, &b)) {
        type_it(h, c);
        return;
    }
    c->asked = press_seen(h, &b);
    c->asked_ms = clock_mono_ms();
    free(b.value);
}

/* It is done, or the clock does the rest of it. */
static bool promised(struct harness *h, struct cell *c)
{
    return cell_recorded(h, c) ||
           (c->op == OP_SILENCE &&
            sql_number(h,
                       "select count(*) from opsbot.silences where \"group\" ="
                       " %d",
                       c->number) > 0);
}

/* Nobody works on it, and it is not done. */
static void ask_again(struct harness *h, struct cell *c)
{
    json_t *told = answers_to(h, c->asked.interaction);
    bool late = clock_mono_ms() - c->asked_ms > LOST_MS, payload;

    if (promised(h, c)) { /* what is told now is its end */
        json_decref(told);
        return;
    }
    if (reply_messages(told) > 0)
        answer_back(h, c, told);
    else if (late && ack_of(h, c->asked.envelope, &payload) < 0)
        type_it(h, c); /* Slack says that it did not work */
    json_decref(told);
}

void cell_insist(struct harness *h, struct cell *c)
{
    int64_t until = clock_mono_ms() + patient(COMES_MS);

    for (;;) {
        bool idle = redis_number(h, "XLEN opsbot:inbox") == 0;

        if (cell_recorded(h, c))
            return;
        if (clock_mono_ms() >= until)
            harness_fail("%s under \"%s\": nothing came of it, and nobody was"
                         " told",
                         c->service, matrix_trouble_names[c->trouble]);
        if (idle && c->op >= OP_ACK)
            ask_again(h, c);
        harness_sleep(30);
    }
}
