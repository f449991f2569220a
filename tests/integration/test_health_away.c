/*
 * `health` while its own ground gives way: Redis, both stores, Postgres for a
 * moment between two edits, and a crash between two answers.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/integration/halting.h"
#include "tests/integration/healthy.h"

#define REDIS_DOWN    "\"redis\":{\"state\":\"down\""
#define POSTGRES_DOWN "\"postgres\":{\"state\":\"down\""

/* What U0ANN has in C0OPS by now. New ref. */
static json_t *seen(struct healthy *t)
{
    return control_get(t->h, "messages?channel=C0OPS&user=U0ANN");
}

static void wait_empty_inbox(struct healthy *t)
{
    wait_redis(t->h, 0, COMES_MS, "XLEN opsbot:inbox");
}

/* ---- stores away ----------------------------------------------------------------- */

Test(health_away, it_says_that_redis_is_away)
{
    struct healthy t = healthy_start("");
    json_t *answer;

    healthy_wait(&t, "risk", "passing");
    part_stop(t.h, PART_REDIS);
    wait_health(t.h->bot, REDIS_DOWN, COMES_MS);
    answer = healthy_ask(&t, "health");
    expect_shown(answer, "Redis down since");
    expect_shown(answer, "HEALTHY · 4 checks");
    json_decref(answer);
    healthy_down(&t, "risk", true);
    healthy_wait(&t, "risk", "failing");
    answer = healthy_ask(&t, "health risk");
    expect_shown(answer, "UNHEALTHY · 1 critical of 1");
    json_decref(answer);
    part_start(t.h, PART_REDIS);
    opsbot_wait_ready(t.h->bot);
    healthy_stop(&t);
}

/* And what it knows of its checks it knows without either. */
Test(health_away, it_says_that_both_are_away)
{
    struct healthy t = healthy_start("");
    json_t *answer;

    healthy_wait(&t, "risk", "passing");
    part_stop(t.h, PART_POSTGRES);
    part_stop(t.h, PART_REDIS);
    wait_health(t.h->bot, REDIS_DOWN, COMES_MS);
    wait_health(t.h->bot, POSTGRES_DOWN, COMES_MS);
    healthy_down(&t, "risk", true);
    wait_health(t.h->bot, "\"failing\":{\"critical\":1", COMES_MS);
    answer = healthy_ask(&t, "health");
    expect_shown(answer, "UNHEALTHY · 1 critical of 4");
    expect_shown(answer, "Redis down since");
    expect_shown(answer, "Postgres down since");
    json_decref(answer);
    part_start(t.h, PART_REDIS);
    part_start(t.h, PART_POSTGRES);
    opsbot_wait_ready(t.h->bot);
    healthy_wait(&t, "risk", "failing");
    healthy_stop(&t);
}

/* ---- between the first and the second ------------------------------------------------ */

/* The slow one is in while nothing can be written: the edit waits for it.
 * Stopped and not killed: the harness's Postgres forgets what it committed
 * last when it is killed, and the card with it. */
Test(health_away, a_shared_card_is_edited_when_postgres_is_back)
{
    struct healthy t = healthy_start_slow();

    json_decref(healthy_ask(&t, "health --share"));
    wait_card(t.h, "1 still being asked", COMES_MS);
    part_stop(t.h, PART_POSTGRES);
    wait_health(t.h->bot, POSTGRES_DOWN, COMES_MS);
    wait_health(t.h->bot, "\"high\":1,", COMES_MS);
    part_start(t.h, PART_POSTGRES);
    opsbot_wait_ready(t.h->bot);
    wait_card(t.h, "DEGRADED · 1 high of 5", COMES_MS);
    wait_settled(t.h, COMES_MS);
    cr_expect_eq(cards_with(t.h, "opsbot: socket up"), 1, "edited, not posted");
    cr_expect_eq(cards_with(t.h, "still being asked"), 0);
    healthy_stop(&t);
}

/* The first answer stands, says that more was to come, and can be had anew
 * where it stands; nothing comes twice. */
Test(health_away, a_crash_before_the_rest_leaves_the_first_answer)
{
    struct healthy t = healthy_start_slow();
    struct asked a = type_text(t.h, "U0ANN", "C0OPS", "health slow");
    json_t *answer = wait_answers(t.h, a.interaction, 1, COMES_MS), *again;

    expect_shown(answer, "1 still being asked: the rest follows");
    wait_empty_inbox(&t); /* it was told: nobody is to be told again */
    opsbot_kill9(t.h->bot);
    opsbot_restart(t.h->bot);
    opsbot_wait_ready(t.h->bot);
    again = press(t.h, "U0ANN", "C0OPS", answer, "Run again");
    expect_shown(again, "the slow one");
    json_decref(again);
    again = seen(&t);
    cr_expect_eq(reply_messages(again), 1, "in the place of the first");
    json_decref(again);
    wait_settled(t.h, COMES_MS);
    json_decref(answer);
    answer = answers_to(t.h, a.interaction);
    cr_expect_leq(reply_messages(answer), 1);
    json_decref(answer);
    healthy_stop(&t);
}
