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

/* What people do, as it is typed, as the card has it, and what is left. */
static const struct {
    const char *typed, *label, *command, *reason, *line;
} acts[] = {
    [OP_POST] = { .reason = "first" },
    [OP_EDIT] = { .reason = "more", .line = ": 1 new in group" },
    [OP_ACK] = { "ack A-%d", "Acknowledge A-%d", "ack", "acked",
                 ": acknowledged" },
    [OP_ESCALATE] = { "escalate A-%d", "Escalate now", "escalate", "escalated",
                      ": escalated" },
    [OP_SILENCE] = { "silence A-%d 1h the disk", "Silence for 1 h", "silence",
                     "silenced",
                     ": silenced" },
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

static long long group(struct harness *h, const struct cell *c,
                       const char *what)
{
    return sql_number(h, "select (%s) from opsbot.alert_groups where id = %d",
                      what, c->number);
}

/* Effects of its command in its channel; turned: what had none. */
static long long audited(struct harness *h, const struct cell *c, bool turned)
{
    const char *command = acts[c->op].command;

    return sql_number(h,
                      "select count(*) from opsbot.audit_events where command ="
                      " '%s' and channel = '%s' and (kind = 'outcome' and"
                      " outcome = 'ok') = %s and outcome <> 'asked'",
                      command ? command : "", c->channel,
                      turned ? "false" : "true");
}

/* ---- its card ------------------------------------------------------------ */

static const char *str(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* "A-1" and not "A-10". */
static bool names(const char *text, int number)
{
    char name[24];
    size_t len;

    snprintf(name, sizeof name, "A-%d", number);
    len = strlen(name);
    while ((text = strstr(text, name))) {
        text += len;
        if (!isdigit((unsigned char)*text))
            return true;
    }
    return false;
}

/* It stands in the channel itself and is its headline. */
static bool is_card(const json_t *message, int number)
{
    const char *thread = str(message, "thread_ts");

    return (!*thread || strcmp(thread, str(message, "ts")) == 0) &&
           strstr(str(message, "text"), "[CRITICAL] ") &&
           names(str(message, "text"), number);
}

size_t cell_cards(struct harness *h, const struct cell *c, json_t **one)
{
    char *path = xasprintf("messages?channel=%s", c->channel);
    json_t *all = control_get(h, path), *message;
    size_t i, n = 0;

    if (one)
        *one = NULL;
    json_array_foreach(json_object_get(all, "messages"), i, message)
    {
        if (!is_card(message, c->number))
            continue;
        if (n++ == 0 && one)
            *one = json_incref(message);
    }
    free(path);
    json_decref(all);
    return n;
}

void cell_delete(struct harness *h, const struct cell *c)
{
    json_t *card;

    if (cell_cards(h, c, &card) == 0)
        harness_fail("%s has no card to be deleted", c->service);
    json_decref(control_post(
        h, "delete",
        json_pack("{ss ss}", "channel", c->channel, "ts", str(card, "ts"))));
    json_decref(card);
}

/* ---- before -------------------------------------------------------------- */

/* Acknowledged by somebody else since the card was looked at. */
static void ages(struct harness *h, struct cell *c)
{
    char *text = xasprintf("ack A-%d", c->number);

    if (c->op == OP_EDIT)
        fire(h, c, "b");
    else
        expect_said(h, "U0ANN", c->channel, text, "A-");
    free(text);
}

void cell_prepare(struct harness *h, struct cell *c)
{
    bool act = c->op >= OP_ACK;

    if (c->op != OP_POST) {
        fire(h, c, "a");
        cr_assert(known(h, c), "%s is not there", c->service);
        wait_settled(h, COMES_MS);
        cr_assert_eq(cell_cards(h, c, &c->card), 1u, "%s", c->service);
    }
    if (act && c->trouble == OUT_OF_ORDER)
        cell_join(h, c);
    if (act && c->trouble == STALE)
        ages(h, c);
    if (c->op != OP_POST && c->trouble == DELETED)
        cell_delete(h, c);
    wait_settled(h, COMES_MS);
    if (act) {
        c->audited = audited(h, c, false);
        c->refused = audited(h, c, true);
    }
}

/* ---- it is done ---------------------------------------------------------- */

static void press_by(struct harness *h, struct cell *c, const char *user)
{
    char *label = xasprintf(acts[c->op].label, c->number);

    c->asked = card_press_now(h, user, c->channel, c->card, label);
    c->asked_ms = clock_mono_ms();
    free(label);
}

static void type_it(struct harness *h, struct cell *c)
{
    char *text = xasprintf(acts[c->op].typed, c->number);

    c->asked = type_text(h, "U0BOB", c->channel, text);
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
    if (c->trouble == OUT_OF_ORDER)
        press_by(h, c, "U0ANN");
    press_by(h, c, "U0BOB");
    if (c->trouble == TWICE)
        press_by(h, c, "U0BOB");
}

/* ---- until it is done ---------------------------------------------------- */

/* Somebody else has it: neither may it be acknowledged nor escalated. */
static bool turned_away(const struct cell *c)
{
    return c->trouble == STALE && (c->op == OP_ACK || c->op == OP_ESCALATE);
}

bool cell_recorded(struct harness *h, struct cell *c)
{
    if (!known(h, c))
        return false;
    if (turned_away(c))
        return audited(h, c, true) > c->refused;
    return history_of(h, c->number, acts[c->op].reason) > 0;
}

/* Whoever waits for it is told something that is not its end. */
static void answer_back(struct harness *h, struct cell *c, const json_t *told)
{
    struct seen_button b;

    if (!find_nth_button(told, "Run it", 0, "U0BOB", c->channel, &b)) {
        type_it(h, c);
        return;
    }
    c->asked = press_seen(h, &b);
    c->asked_ms = clock_mono_ms();
    free(b.value);
}

/* Nobody works on it, and it is not done. */
static void ask_again(struct harness *h, struct cell *c)
{
    json_t *told = answers_to(h, c->asked.interaction);
    bool late = clock_mono_ms() - c->asked_ms > LOST_MS, payload;

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

/* ---- in the end ---------------------------------------------------------- */

static bool expect(struct cell *c, bool good, const char *what, long long is)
{
    if (!good)
        fprintf(stderr, "%s under \"%s\" (A-%d): %s: %lld\n",
                matrix_op_names[c->op], matrix_trouble_names[c->trouble],
                c->number, what, is);
    return good;
}

/* Its buttons carry the version that they were made of. As text alone it has
 * none. */
static bool shows_version(const struct cell *c, const json_t *card)
{
    char *whole = json_dumps(card, JSON_COMPACT);
    char *want = xasprintf(".%lld:", c->version);
    bool ok = !strstr(whole, "\"value\"") || strstr(whole, want);

    free(want);
    free(whole);
    return ok;
}

static const char *state_word(struct harness *h, const struct cell *c)
{
    static const char *const words[] = { "resolved", "silenced", "acknowledged",
                                         "unacknowledged" };
    long long i = group(h, c,
                        "case when resolved_at is not null then 0 when"
                        " quiet_why <> '' then 1 when acked_by <> '' then 2"
                        " else 3 end");

    return words[i];
}

static bool check_card(struct harness *h, struct cell *c)
{
    char *state = xasprintf(" — %s. ", state_word(h, c));
    json_t *card;
    size_t n = cell_cards(h, c, &card);
    const char *text = str(card, "text");
    bool ok = expect(c, n == 1, "cards in its channel", (long long)n);

    if (ok) {
        ok = expect(c, strstr(text, state), text, 0) &&
             expect(c, !strstr(text, "(repeated)"), text, 0) &&
             expect(c, shows_version(c, card), "it does not show version",
                    c->version);
        ok = expect(c,
                    sql_number(h,
                               "select count(*) from opsbot.outbox where thing"
                               " = 'alert:%d' and ts = '%s' and shown = wanted"
                               " and channel = '%s' and state = 'sent'",
                               c->number, str(card, "ts"), c->channel) == 1,
                    "the outbox knows another card", 0) &&
             ok;
    }
    json_decref(card);
    free(state);
    return ok;
}

/* What the group has to be after it. */
static bool check_group(struct harness *h, struct cell *c)
{
    static const char *const ends[MATRIX_OPS] = {
        [OP_POST] = "acked_by = '' and quiet_why = '' and step = 0",
        [OP_EDIT] = "acked_by = '' and quiet_why = '' and step = 0",
        [OP_ACK] = "acked_by = 'U0BOB' and step_at is null",
        [OP_ESCALATE] = "step = 1 and step_at is not null",
        [OP_SILENCE] = "quiet_why <> '' and muted = firing and step_at is null",
    };
    const char *want = ends[c->op];
    long long firing = (c->op == OP_EDIT) + c->joined + 1, is;
    bool ok;

    if (c->trouble == OUT_OF_ORDER && c->op == OP_ACK)
        want = "acked_by in ('U0ANN', 'U0BOB') and step_at is null";
    if (turned_away(c))
        want = "acked_by = 'U0ANN' and step_at is null and step = 0";
    is = group(h, c, "firing");
    ok = expect(c, is == firing, "alerts that fire", is);
    is = group(h, c, "total");
    ok = expect(c, is == firing, "alerts in all", is) && ok;
    is = sql_number(h,
                    "select (%s and resolved_at is null)::int from"
                    " opsbot.alert_groups where id = %d",
                    want, c->number);
    return expect(c, is == 1, want, is) && ok;
}

static long long wanted_history(const struct cell *c)
{
    return !(turned_away(c) && c->op == OP_ESCALATE);
}

/* Once in the history, in the thread, and in the audit. */
static bool check_once(struct harness *h, struct cell *c)
{
    const char *line = acts[c->op].line;
    long long want = wanted_history(c);
    long long is = history_of(h, c->number, acts[c->op].reason);
    bool ok = expect(c, is == want, "times in its history", is);
    json_t *card;

    if (c->op >= OP_ACK) {
        is = audited(h, c, false) - c->audited;
        ok = expect(c, is == !turned_away(c), "effects in the audit", is) && ok;
    }
    if (c->op == OP_SILENCE) {
        is = sql_number(h,
                        "select count(*) from opsbot.silences where"
                        " \"group\" = %d",
                        c->number);
        ok = expect(c, is == 1, "silences", is) && ok;
    }
    if (line && cell_cards(h, c, &card) > 0) {
        is = (long long)thread_count(h, c->channel, card, line);
        ok = expect(c, is == want, "lines in its thread", is) && ok;
        if (c->op == OP_ESCALATE && want)
            ok = expect(c, thread_count(h, c->channel, card, "<@U0CAT>") > 0,
                        "nobody is paged in its thread", 0) &&
                 ok;
        json_decref(card);
    }
    return ok;
}

static bool check_outbox(struct harness *h, struct cell *c)
{
    long long n = sql_number(h,
                             "select count(*) from opsbot.outbox where channel"
                             " = '%s' and state <> 'sent'",
                             c->channel);

    return expect(c, n == 0, "posts that wait or cannot be delivered", n);
}

bool cell_check(struct harness *h, struct cell *c)
{
    bool card, state, once, outbox;

    c->version = group(h, c, "version");
    card = check_card(h, c);
    state = check_group(h, c);
    once = check_once(h, c);
    outbox = check_outbox(h, c);
    return card && state && once && outbox;
}

bool cell_undisturbed(struct harness *h, const struct cell *c)
{
    size_t cards = cell_cards(h, c, NULL);
    long long version = group(h, c, "version");

    if (cards == 1 && version == c->version)
        return true;
    fprintf(stderr, "A-%d was disturbed: %zu cards, version %lld, not %lld\n",
            c->number, cards, version, c->version);
    return false;
}
