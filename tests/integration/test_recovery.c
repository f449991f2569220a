/*
 * The bot is killed at random moments while people go on: nothing is lost,
 * nothing is done twice, nothing is unaudited (P1, P2, P3).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/mem.h"
#include "tests/integration/common.h"

#define LETTERS  30
#define KILLS    20
#define MOST     8000
#define LEAST    20 /* acked, or nothing was tested */
#define TICK_MS  5  /* 200 a second */
#define START_MS 20 /* while it starts, however long that takes */
#define SETTLE_S 90

/* People at work: what they typed and pressed. */
struct flow {
    struct harness *h;
    unsigned seed;
    struct seen_button buttons[LETTERS];
    size_t button_count;
    struct asked asked[MOST];
    size_t n;
    int64_t due;
};

static unsigned below_n(struct flow *f, unsigned n)
{
    return (unsigned)rand_r(&f->seed) % n;
}

static const char *some_channel(struct flow *f)
{
    return below_n(f, 2) ? "C0OPS" : "C0GENERAL";
}

static struct asked act(struct flow *f)
{
    char text[64];

    switch (below_n(f, 5)) {
    case 0:
        return type_text(f->h, "U0BOB", some_channel(f), "dlq list");
    case 1:
        snprintf(text, sizeof text, "dlq requeue orders 1700000000000-%u",
                 1 + below_n(f, LETTERS));
        return type_text(f->h, "U0ANN", some_channel(f), text);
    case 2:
        return press_seen(f->h, &f->buttons[below_n(f, LETTERS)]);
    default:
        return type_text(f->h, "U0BOB", some_channel(f), "ping");
    }
}

/* One act, when it is time for it. */
static void flow_tick(struct flow *f, int every_ms)
{
    int64_t now = clock_mono_ms();

    if (now < f->due) {
        harness_sleep(1);
        return;
    }
    f->due = now + every_ms;
    cr_assert_lt(f->n, MOST);
    f->asked[f->n++] = act(f);
}

static void flow_for(struct flow *f, int ms)
{
    int64_t until = clock_mono_ms() + ms;

    while (clock_mono_ms() < until)
        flow_tick(f, TICK_MS);
}

static void flow_until_ready(struct flow *f, struct opsbot *bot)
{
    int64_t until = clock_mono_ms() + patient(60000);

    while (opsbot_get(bot, "/ready", NULL) != 200) {
        cr_assert_lt(clock_mono_ms(), until, "the bot does not come up");
        flow_tick(f, START_MS);
    }
}

static void see_buttons(struct flow *f, const char *channel)
{
    char text[48];

    for (int page = 1; f->button_count < LETTERS; page++) {
        json_t *reply;
        size_t i = 0;

        snprintf(text, sizeof text, "dlq show orders --page %d", page);
        reply = say(f->h, "U0ANN", channel, text);
        while (f->button_count < LETTERS &&
               find_nth_button(reply, "Requeue", i, "U0ANN", channel,
                               &f->buttons[f->button_count])) {
            f->button_count++;
            i++;
        }
        cr_assert_gt(i, 0, "page %d has no button", page);
        json_decref(reply);
    }
}

static struct flow *flow_new(struct harness *h)
{
    struct flow *f = xcalloc(1, sizeof *f);
    const char *given = getenv("SEED");

    f->h = h;
    f->seed = given ? (unsigned)atoi(given) : (unsigned)clock_wall_ms();
    fprintf(stderr, "SEED=%u\n", f->seed);
    dead_letters(h, "orders", LETTERS);
    see_buttons(f, "C0OPS");
    return f;
}

static void flow_free(struct flow *f)
{
    for (size_t i = 0; i < f->button_count; i++)
        free(f->buttons[i].value);
    free(f);
}

/* ---- what must be true afterwards ----------------------------------------- */

/* Envelope id to what the sandbox knows of it. */
static json_t *envelopes(struct harness *h)
{
    json_t *link = control_get(h, "link?envelopes=1"), *e;
    json_t *all = json_object();
    size_t i;

    json_array_foreach(json_object_get(link, "envelopes"), i, e)
        json_object_set(
            all, json_string_value(json_object_get(e, "envelope_id")), e);
    json_decref(link);
    return all;
}

/* Each line of a query as a key. */
static json_t *set_of(struct harness *h, const char *query)
{
    char *text = sql(h, "%s", query), *save = NULL;
    json_t *set = json_object();

    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save))
        json_object_set_new(set, line, json_true());
    free(text);
    return set;
}

/* Acked means answered, and on record. */
static void check_answers(struct flow *f)
{
    json_t *sent = envelopes(f->h);
    json_t *traces =
        set_of(f->h, "select distinct trace from opsbot.audit_events");
    size_t acked = 0, late = 0;

    for (size_t i = 0; i < f->n; i++) {
        const struct asked *a = &f->asked[i];
        const json_t *e = json_object_get(sent, a->envelope);
        json_t *answer;

        if (!e || !json_is_number(json_object_get(e, "acked_ms")))
            continue;
        acked++;
        cr_assert(json_object_get(traces, a->trace),
                  "%s is acked and not on record", a->envelope);
        if (json_is_true(json_object_get(e, "payload")))
            continue;
        late++;
        answer = answers_to(f->h, a->interaction);
        cr_assert_gt(reply_messages(answer), 0, "%s is acked and not answered",
                     a->envelope);
        json_decref(answer);
    }
    fprintf(stderr, "%zu asked, %zu acked, %zu answered by URL\n", f->n, acked,
            late);
    cr_assert_gt(acked, LEAST);
    json_decref(sent);
    json_decref(traces);
}

/* Each letter in one place, and what was requeued is on record once. */
static void check_letters(struct harness *h)
{
    long long dead = redis_number(h, "XLEN orders.dlq");
    long long alive = redis_number(h, "XLEN orders");
    long long distinct = redis_number(
        h, "EVAL %s 1 orders",
        "local n, s = 0, {} for _, e in ipairs(redis.call('XRANGE', KEYS[1],"
        " '-', '+')) do for i = 1, #e[2], 2 do if e[2][i] == 'original_id' and"
        " not s[e[2][i + 1]] then s[e[2][i + 1]] = 1 n = n + 1 end end end"
        " return n");

    fprintf(stderr, "%lld requeued, %lld left\n", alive, dead);
    cr_assert_eq(dead + alive, LETTERS, "%lld dead, %lld alive", dead, alive);
    cr_assert_eq(distinct, alive, "a letter is there twice");
    cr_assert_gt(alive, 0);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.operations"
                               " where state = 'done'"),
                 alive);
    cr_assert_eq(
        sql_number(
            h, "select count(*) from opsbot.operations o where (select"
               " count(*) from opsbot.audit_events a where a.operation = o.id"
               " and a.kind = 'attempt') <> 1 or not exists (select from"
               " opsbot.audit_events a where a.operation = o.id and a.kind ="
               " 'outcome')"),
        0, "an operation without its audit rows");
    cr_assert_eq(
        sql_number(h, "select count(*) from opsbot.audit_events where kind ="
                      " 'outcome' and outcome = 'ok'"),
        alive, "an effect is on record more than once, or not at all");
}

/* Every card is in its channel, once. */
static void check_cards(struct harness *h)
{
    static const char *const channels[] = { "C0OPS", "C0GENERAL" };
    json_t *seen = json_object();
    size_t posts = 0;

    for (size_t c = 0; c < 2; c++) {
        char *path = xasprintf("messages?channel=%s", channels[c]);
        json_t *all = control_get(h, path), *m;
        size_t i;

        json_array_foreach(json_object_get(all, "messages"), i, m)
        {
            json_t *meta = json_object_get(m, "metadata");
            json_t *what = json_object_get(meta, "event_payload");
            const char *op = json_string_value(json_object_get(what, "op"));

            if (!op)
                continue;
            posts++;
            cr_assert(!json_object_get(seen, op), "%s is posted twice", op);
            json_object_set_new(seen, op, json_true());
        }
        json_decref(all);
        free(path);
    }
    cr_assert_eq((long long)posts,
                 sql_number(h, "select count(*) from opsbot.outbox"));
    cr_assert_eq((long long)posts, redis_number(h, "XLEN orders"));
    json_decref(seen);
}

Test(recovery, kill_9_at_20_random_moments)
{
    struct harness *h = harness_start(NULL);
    struct flow *f = flow_new(h);

    for (int i = 0; i < KILLS; i++) {
        flow_until_ready(f, h->bot);
        flow_for(f, 20 + (int)below_n(f, 400));
        cr_assert(opsbot_running(h->bot), "the bot ended by itself");
        opsbot_kill9(h->bot);
        opsbot_restart(h->bot);
    }
    flow_until_ready(f, h->bot);
    flow_for(f, 200);
    wait_settled(h, SETTLE_S * 1000);
    check_answers(f);
    check_letters(h);
    check_cards(h);
    flow_free(f);
    harness_stop(h);
}

/* Two replicas: what one leaves the other takes over. */
Test(recovery, the_other_replica_takes_over)
{
    struct harness *h = harness_start(NULL);
    struct opsbot *other = opsbot_start(h, NULL);
    struct flow *f = flow_new(h);
    struct table_lock *lock;

    opsbot_wait_ready(other);
    flow_for(f, 500);
    lock = table_lock(h, "audit_events"); /* so that something is left */
    flow_for(f, 200);
    opsbot_kill9(other);
    table_unlock(lock);
    flow_for(f, 500);
    wait_settled(h, SETTLE_S * 1000);
    cr_assert(opsbot_running(h->bot));
    cr_assert(opsbot_log_has(h->bot, "taken over from a replica"));
    check_answers(f);
    check_letters(h);
    check_cards(h);
    flow_free(f);
    harness_stop(h);
}
