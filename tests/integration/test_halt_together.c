/*
 * Halts and unhalts that meet: two people, two replicas, one after the other
 * before the first is through.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/integration/halting.h"
#include "tests/integration/relay.h"

#define SOON_MS 20000
#define BACK_MS 40000

static char *shown_of(struct harness *h, const struct asked *a)
{
    json_t *answer = wait_answers(h, a->interaction, 1, SOON_MS);
    char *text = reply_shown(answer);

    json_decref(answer);
    return text;
}

/* One of the two says the one thing, the other the other. */
static void expect_either(struct harness *h, const struct asked *a,
                          const struct asked *b, const char *first,
                          const char *second)
{
    char *x = shown_of(h, a), *y = shown_of(h, b);
    bool straight = strstr(x, first) && strstr(y, second);
    bool crossed = strstr(y, first) && strstr(x, second);

    cr_assert(straight || crossed, "%s\n%s", x, y);
    free(x);
    free(y);
}

Test(halt_together, two_people_halt_on_two_replicas)
{
    static const char *const scopes[] = { "all", "execution", "risk", "pnl" };
    struct halting t = halting_start(8, "");
    struct harness *h = t.h;

    opsbot_wait_ready(opsbot_start(h, NULL));
    for (int i = 0; i < 4; i++) {
        char *line = xasprintf("halt %s at once", scopes[i]);
        char *first = xasprintf("Halted %s · generation %d", scopes[i], i + 1);
        struct asked a = type_text(h, "U0ANN", "C0OPS", line);
        struct asked b = type_text(h, "U0BOB", "C0OPS", line);

        expect_either(h, &a, &b, first, "Already halted");
        cr_assert_eq(redis_number(h, "GET opsbot:halt:generation"), i + 1);
        cr_assert_eq(redis_number(h, "XLEN ops.control"), i + 1);
        free(line);
        free(first);
    }
    agents_wait_halted(t.agents, 8, SOON_MS);
    wait_settled(h, BACK_MS);
    halting_stop(&t);
}

static struct seen_button button_of(const json_t *prompt, const char *user)
{
    struct seen_button b;

    cr_assert(find_nth_button(prompt, "Unhalt all", 0, user, "C0OPS", &b));
    return b;
}

/* Each has a prompt of their own, both for the same halt. */
Test(halt_together, two_people_confirm_an_unhalt)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;
    json_t *anns, *bobs;
    struct seen_button ann, bob;
    struct asked a, b;

    opsbot_wait_ready(opsbot_start(h, NULL));
    expect_said(h, "U0ANN", "C0OPS", "halt all why", "Halted all");
    wait_card(h, "stopped 2/2 in ", SOON_MS);
    wait_settled(h, SOON_MS);
    anns = say(h, "U0ANN", "C0OPS", "unhalt all");
    bobs = say(h, "U0BOB", "C0OPS", "unhalt all");
    ann = button_of(anns, "U0ANN");
    bob = button_of(bobs, "U0BOB");
    a = press_seen(h, &ann);
    b = press_seen(h, &bob);
    expect_either(h, &a, &b, "Unhalted all · generation 2", "not halted");
    agents_wait_halted(t.agents, 0, SOON_MS);
    wait_settled(h, BACK_MS);
    wait_redis(h, 2, COMES_MS, "GET opsbot:halt:generation");
    wait_redis(h, 2, COMES_MS, "XLEN ops.control");
    wait_cards(h, "Running again · all", 1, SOON_MS);
    json_decref(anns);
    json_decref(bobs);
    free(ann.value);
    free(bob.value);
    halting_stop(&t);
}

static void stick(struct halting *t, bool stuck)
{
    json_decref(agents_control(
        t->agents, stuck ? "{\"agent\":\"execution\",\"stuck\":true}"
                         : "{\"agent\":\"execution\",\"stuck\":false}"));
}

static void wait_run(struct harness *h, const char *where)
{
    char *query =
        xasprintf("select count(*) from opsbot.halts where %s", where);

    wait_sql(h, 1, SOON_MS, query);
    free(query);
}

/* The card of what is overtaken says by whom, and asks nobody to do anything
 * about those who had not confirmed. */
Test(halt_together, an_unhalt_overtakes_a_halt_and_a_halt_that)
{
    struct halting t = halting_start(2, "");
    struct harness *h = t.h;

    stick(&t, true);
    expect_said(h, "U0ANN", "C0OPS", "halt all first", "generation 1");
    wait_run(h, "generation = 1 and state = 'running'");
    unhalt_all(h);
    wait_run(h, "generation = 1 and state = 'unverified'");
    wait_card(h, "had not confirmed by then", SOON_MS);
    wait_card(h, "overtaken by unhalt 2", SOON_MS);
    wait_card(h, "ended by", SOON_MS);
    expect_said(h, "U0BOB", "C0OPS", "halt all second", "generation 3");
    wait_run(h, "generation = 2 and state <> 'running'");
    wait_card(h, "halted again by", SOON_MS);
    stick(&t, false);
    agents_wait_halted(t.agents, 2, SOON_MS);
    wait_settled(h, BACK_MS);
    wait_redis(h, 3, COMES_MS, "GET opsbot:halt:generation");
    wait_redis(h, 1, COMES_MS, "EXISTS opsbot:halt:all");
    halting_stop(&t);
}

/* Only the second bot is left for people. */
static void talk_to_the_other(struct harness *h)
{
    if (over_http(h)) {
        opsbot_unheard(h->bot);
        return;
    }
    fault(h, json_pack("{s:s, s:s, s:i}", "on", "apps.connections.open",
                       "error", "internal_error", "times", -1));
    json_decref(control_post(
        h, "socket", json_pack("{s:s, s:s}", "do", "drop", "which", "oldest")));
}

/* A is alone without Redis when it is asked; meanwhile B halts and unhalts.
 * What A applies late must not stop what B started. */
Test(halt_together, a_late_halt_is_superseded_by_another_bot)
{
    struct agents *agents = agents_start(NULL, 1);
    char *part = agents_yaml_each(agents);
    char *yaml = xasprintf("admins: [U0ANN, U0BOB]\n%s  verify_s: 4\n", part);
    struct harness *h = harness_start(&(struct harness_options){
        .parts = PART_REDIS | PART_POSTGRES | PART_SANDBOX, .yaml = yaml });
    const char *env[] = { NULL, NULL };
    struct opsbot *a;
    struct relay relay;

    relay_start(&relay, h);
    env[0] = relay.env;
    a = opsbot_start(h, env);
    opsbot_wait_ready(a);
    relay_stop(&relay);
    expect_patiently(h, "halt all by the first", "Halting all without Redis");
    agents_wait_halted(agents, 1, SOON_MS);
    wait_sql(h, 1, SOON_MS,
             "select count(*) from opsbot.halts where state <> 'running'");
    opsbot_wait_ready(opsbot_start(h, NULL));
    talk_to_the_other(h);
    expect_patiently(h, "halt all by the second", "Halted all · generation 1");
    unhalt_all(h);
    agents_wait_halted(agents, 0, SOON_MS);
    relay_again(&relay);
    opsbot_wait_log(a, "superseded", BACK_MS);
    wait_card(h, "not set in Redis", BACK_MS);
    cr_assert_eq(redis_number(h, "EXISTS opsbot:halt:all"), 0);
    wait_redis(h, 2, COMES_MS, "GET opsbot:halt:generation");
    cr_assert_eq(agents_halted(agents), 0);
    control_delete(h, "fault");
    harness_stop(h);
    relay_stop(&relay);
    agents_stop(agents);
    free(yaml);
    free(part);
}
