/*
 * Stores away for a while, gone or hanging, under a steady trickle of
 * commands: each is answered or refused in time, nothing is lost or done
 * twice, everything is on record in the end (design §3.6, P1, P2, P3).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "tests/integration/common.h"

#define LETTERS   200
#define MOST      1000
#define TICK_MS   120
#define AWAY_MS   20000
#define HANG_MS   10000
#define BACK_MS   10000 /* by itself: one probe a second */
#define SETTLE_MS 60000
#define ACK_MS    2900 /* Slack's 3 s */

#define BOTH (PART_REDIS | PART_POSTGRES)

/* People at work while something is away. */
struct trickle {
    struct harness *h;
    struct asked asked[MOST];
    size_t n;
    int letter; /* the next that nobody asked for yet */
    int64_t due;
};

/* Reads of each kind, and every fourth time a change. */
static struct asked act(struct trickle *t)
{
    static const char *const reads[] = { "ping",   "dlq list", "streams",
                                         "whoami", "audit",    "help" };
    char text[64];

    if (t->n % 4 != 3 || t->letter > LETTERS)
        return type_text(t->h, "U0ANN", "C0OPS", reads[t->n % 6]);
    snprintf(text, sizeof text, "dlq requeue orders 1700000000000-%d",
             t->letter++);
    return type_text(t->h, "U0ANN", "C0OPS", text);
}

static void tick(struct trickle *t)
{
    int64_t now = clock_mono_ms();

    if (now < t->due) {
        harness_sleep(2);
        return;
    }
    t->due = now + TICK_MS;
    cr_assert_lt(t->n, MOST);
    t->asked[t->n] = act(t);
    t->n++;
}

static void trickle_for(struct trickle *t, int ms)
{
    int64_t until = clock_mono_ms() + ms;

    while (clock_mono_ms() < until)
        tick(t);
}

static struct trickle *trickle_new(struct harness *h)
{
    struct trickle *t = calloc(1, sizeof *t);

    t->h = h;
    t->letter = 1;
    dead_letters(h, "orders", LETTERS);
    return t;
}

static bool health_has(struct harness *h, const char *text)
{
    char *body;
    bool has;

    opsbot_get(h->bot, "/health", &body);
    has = strstr(body, text) != NULL;
    free(body);
    return has;
}

/* ---- taking away and giving back ----------------------------------------- */

static const char *const downs[] = {
    "\"redis\":{\"state\":\"down\",\"since\":\"",
    "\"postgres\":{\"state\":\"down\","
    "\"since\":\""
};
static const char *const ups[] = { "\"redis\":{\"state\":\"up\"",
                                   "\"postgres\":{\"state\":\"up\"" };
static const int parts[] = { PART_REDIS, PART_POSTGRES };

static void for_each(struct harness *h, int which,
                     void (*what)(struct harness *h, enum part part))
{
    for (size_t i = 0; i < 2; i++)
        if (which & parts[i])
            what(h, (enum part)parts[i]);
}

/* Health says so with since-when, and its own status. */
static void expect_down(struct harness *h, int which)
{
    for (size_t i = 0; i < 2; i++)
        if (which & parts[i])
            wait_health(h->bot, downs[i], 5000);
    cr_assert(health_has(h, "\"status\":\"degraded\""));
    cr_assert_eq(opsbot_get(h->bot, "/ready", NULL), 503);
    cr_assert_eq(opsbot_get(h->bot, "/health", NULL), 200);
}

static void expect_back(struct harness *h, int which)
{
    int64_t began = clock_mono_ms();

    for (size_t i = 0; i < 2; i++)
        if (which & parts[i])
            wait_health(h->bot, ups[i], 10000);
    cr_assert_lt(clock_mono_ms() - began, BACK_MS, "back after %lld ms",
                 (long long)(clock_mono_ms() - began));
}

/* ---- afterwards ---------------------------------------------------------- */

/* Answered in its ack or by URL, once, in time; or told why not, with
 * since-when or what was missed. */
static void expect_answers(const struct trickle *t)
{
    size_t refused = 0, without = 0;

    for (size_t i = 0; i < t->n; i++) {
        const struct asked *a = &t->asked[i];
        json_t *answer = answers_to(t->h, a->interaction);
        char *shown = reply_shown(answer);
        bool payload;
        long ms = ack_of(t->h, a->envelope, &payload);

        cr_assert_geq(ms, 0, "command %zu of %zu was not acked", i, t->n);
        cr_assert_leq(ms, ACK_MS, "command %zu was acked after %ld ms", i, ms);
        cr_assert_eq(reply_messages(answer), 1, "command %zu: %zu answers:\n%s",
                     i, reply_messages(answer), shown);
        refused += strstr(shown, "down since") != NULL;
        without += strstr(shown, "did not answer") != NULL;
        free(shown);
        json_decref(answer);
    }
    fprintf(stderr, "%zu asked, %zu told since when, %zu the first to notice\n",
            t->n, refused, without);
    cr_assert_gt(refused, 0);
}

/* Every letter in one place; what was moved is on record once. */
static void expect_letters(struct harness *h)
{
    long long dead = redis_number(h, "XLEN orders.dlq");
    long long alive = redis_number(h, "XLEN orders");
    long long twice = redis_number(
        h, "EVAL %s 1 orders",
        "local n, s = 0, {} for _, e in ipairs(redis.call('XRANGE', KEYS[1],"
        " '-', '+')) do for i = 1, #e[2], 2 do if e[2][i] == 'original_id' then"
        " if s[e[2][i + 1]] then n = n + 1 end s[e[2][i + 1]] = 1 end end end"
        " return n");

    fprintf(stderr, "%lld requeued\n", alive);
    cr_assert_eq(dead + alive, LETTERS, "%lld dead, %lld alive", dead, alive);
    cr_assert_eq(twice, 0, "a letter is there twice");
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.operations"
                               " where state = 'done'"),
                 alive);
    cr_assert_eq(sql_number(h, "select count(*) from opsbot.audit_events where"
                               " kind = 'outcome' and outcome = 'ok'"),
                 alive);
    cr_assert_eq((long long)posted_with(h, "C0OPS", "opsbot_outbox"), alive,
                 "a card is missing, or there twice");
}

/* Each command has left a row: what neither store took came by the journal. */
static void expect_audit(const struct trickle *t)
{
    char *all = sql(t->h, "select distinct trace from opsbot.audit_events");

    for (size_t i = 0; i < t->n; i++)
        cr_assert(strstr(all, t->asked[i].trace),
                  "command %zu of %zu is not on record", i, t->n);
    free(all);
    cr_assert_eq(redis_number(t->h, "XLEN opsbot:audit.bad"), 0);
    cr_assert(!opsbot_log_has(t->h->bot, "recorded nowhere but here"));
}

static void expect_all_well(struct trickle *t)
{
    wait_settled(t->h, SETTLE_MS);
    wait_health(t->h->bot, "\"journal\":{\"state\":\"ok\"", SETTLE_MS);
    wait_settled(t->h, SETTLE_MS);
    expect_answers(t);
    expect_letters(t->h);
    expect_audit(t);
    wait_health(t->h->bot, "\"status\":\"ok\"", 30000);
}

static void away(int which, int ms,
                 void (*take)(struct harness *h, enum part part),
                 void (*give)(struct harness *h, enum part part))
{
    struct harness *h = harness_start(NULL);
    struct trickle *t = trickle_new(h);

    trickle_for(t, 1500);
    for_each(h, which, take);
    trickle_for(t, 2000);
    expect_down(h, which);
    trickle_for(t, ms - 2000);
    expect_down(h, which);
    for_each(h, which, give);
    expect_back(h, which);
    trickle_for(t, 2000);
    expect_all_well(t);
    free(t);
    harness_stop(h);
}

Test(degraded, redis_is_stopped_for_20_s)
{
    away(PART_REDIS, AWAY_MS, part_stop, part_start);
}

Test(degraded, postgres_is_stopped_for_20_s)
{
    away(PART_POSTGRES, AWAY_MS, part_stop, part_start);
}

Test(degraded, both_are_stopped_for_20_s)
{
    away(BOTH, AWAY_MS, part_stop, part_start);
}

Test(degraded, redis_hangs_for_10_s)
{
    away(PART_REDIS, HANG_MS, part_pause, part_resume);
}

Test(degraded, postgres_hangs_for_10_s)
{
    away(PART_POSTGRES, HANG_MS, part_pause, part_resume);
}

Test(degraded, both_hang_for_10_s)
{
    away(BOTH, HANG_MS, part_pause, part_resume);
}

/* What waited in the journal survives the bot, and is there once. */
Test(degraded, the_journal_outlives_a_crash)
{
    struct harness *h = harness_start(NULL);

    part_stop(h, PART_REDIS);
    part_stop(h, PART_POSTGRES);
    expect_said(h, "U0ANN", "C0OPS", "ping", "Postgres");
    expect_said(h, "U0ANN", "C0OPS", "whoami", "U0ANN");
    wait_health(h->bot, "\"waiting\":2", 5000);
    opsbot_kill9(h->bot);
    opsbot_restart(h->bot);
    wait_health(h->bot, "\"journal\":{\"state\":\"waiting\"", 20000);
    part_start(h, PART_REDIS); /* alone: they wait there */
    wait_redis(h, 2, 15000, "XLEN opsbot:audit");
    wait_health(h->bot, "\"journal\":{\"state\":\"ok\"", 5000);
    part_start(h, PART_POSTGRES);
    opsbot_wait_ready(h->bot);
    wait_sql(h, 2, 15000, "select count(*) from opsbot.audit_events");
    wait_redis(h, 0, 15000, "XLEN opsbot:audit");
    harness_stop(h);
}
