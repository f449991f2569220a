/*
 * mute_scale: what silences and inhibitors cost while very many alerts are
 * active. Few by default; ALERTS_ACTIVE=100000 makes it the measurement
 * (build/release/tests/core/alert/test_mute_scale).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/alert/mute_parts.h"
#include "core/base/clock.h"
#include "tests/core/alert/fired.h"

TestSuite(mute_scale, .init = fired_start, .fini = fired_stop);

#define BATCH 1000

static int active(void)
{
    const char *text = getenv("ALERTS_ACTIVE");
    int n = text ? atoi(text) : 0;

    return n > BATCH ? n : 2 * BATCH;
}

/* Half of them are effects of a cause. A hundred services. */
static void batch(int from, int round)
{
    static char prints[BATCH][24], services[BATCH][24];
    struct fired list[BATCH];

    for (int i = 0; i < BATCH; i++) {
        int n = from + i;

        snprintf(prints[i], sizeof prints[i], "print-%d", n);
        snprintf(services[i], sizeof services[i], "service-%d", n % 100);
        list[i] = (struct fired){ .print = prints[i],
                                  .service = services[i],
                                  .label = n / 100 % 2 ? "effect" : "",
                                  .at = fired_now + round };
    }
    fired_take(list, BATCH);
}

static void took(const char *what, int64_t began)
{
    printf("  %-46s %6lld ms\n", what, (long long)(clock_mono_ms() - began));
    fflush(stdout);
}

static bool due(void)
{
    return fired_number("select (select count(*) from opsbot.silences where"
                        " not settled and (not applied or ended_at is not"
                        " null)) + (select count(*) from"
                        " opsbot.alert_inhibit_due)") > 0;
}

/* The longest that the alerts' thread was in it. */
static void drain(const char *what, int64_t began)
{
    struct alert_world world = fired_world(w.db);
    int64_t longest = 0;

    while (due()) {
        int64_t from = clock_mono_ms();

        cr_assert(mute_due(&world, &w.err), "%s", w.err.text);
        if (clock_mono_ms() - from > longest)
            longest = clock_mono_ms() - from;
    }
    took(what, began);
    printf("  %-46s %6lld ms\n", "… the longest at once", (long long)longest);
}

static void silence(const char *op, const char *matcher, const char *what)
{
    struct alert_world world = fired_world(w.db);
    struct act act = act_of(op, "silence");
    struct silence_new want = { .matchers = &matcher,
                                .matchers_count = 1,
                                .reason = "x",
                                .until = fired_now + HOUR };
    struct silence_done done;
    int64_t began = clock_mono_ms();

    printf("%s:\n", what);
    cr_assert(silence_add(&world, &act, &want, &done, &w.err), "%s",
              w.err.text);
    took("answered", began);
    silence_done_dispose(&done);
    drain("all muted", began);
}

static void unsilence(const char *op, int64_t id)
{
    struct alert_world world = fired_world(w.db);
    struct act act = act_of(op, "unsilence");
    struct silence_done done;
    int64_t began = clock_mono_ms();

    printf("ended early:\n");
    cr_assert(silence_end(&world, &act, id, &done, &w.err), "%s", w.err.text);
    took("answered", began);
    silence_done_dispose(&done);
    drain("all open again", began);
}

static void refire(const char *what)
{
    int64_t began = clock_mono_ms();

    for (int i = 0; i < 5; i++)
        batch(i * BATCH % active(), 1 + i);
    took(what, began);
}

/* A cause for each service. */
static void causes(bool resolved, const char *what)
{
    static char prints[100][24], services[100][24];
    struct fired list[100];
    int64_t began = clock_mono_ms();

    for (int i = 0; i < 100; i++) {
        snprintf(prints[i], sizeof prints[i], "cause-%d", i);
        snprintf(services[i], sizeof services[i], "service-%d", i);
        list[i] = (struct fired){ .print = prints[i],
                                  .service = services[i],
                                  .label = "cause",
                                  .resolved = resolved };
    }
    printf("%s:\n", what);
    fired_take(list, 100);
    took("taken", began);
    drain("all of its effects know", began);
}

static void idle(void)
{
    struct alert_world world = fired_world(w.db);
    int64_t began = clock_mono_us();

    for (int i = 0; i < 20; i++)
        cr_assert(mute_due(&world, &w.err), "%s", w.err.text);
    printf("the clock, nothing due: %lld us\n",
           (long long)(clock_mono_us() - began) / 20);
    fired_now += 11 * SECOND;
    world = fired_world(w.db);
    began = clock_mono_ms();
    cr_assert(mute_due(&world, &w.err), "%s", w.err.text);
    took("and with the sweep", began);
}

Test(mute_scale, very_many_are_muted_and_open_again, .timeout = 600)
{
    int n = active();
    int64_t began = clock_mono_ms();

    for (int i = 0; i < n; i += BATCH)
        batch(i, 0);
    printf("%d alerts in %lld ms\n", n, (long long)(clock_mono_ms() - began));
    idle();
    refire("5,000 again");
    silence("op1", "severity=warning", "a silence of all by a label");
    cr_expect_eq(fired_number("select count(*) from opsbot.alerts where"
                              " silence = 1"),
                 n);
    refire("5,000 again, silenced");
    unsilence("op2", 1);
    silence("op3", "service=~\".*-[0-4]?[0-9]\"", "of half by an expression");
    cr_expect_eq(fired_number("select count(*) from opsbot.alerts where"
                              " silence = 2"),
                 n / 2);
    unsilence("op4", 2);
    causes(false, "100 causes");
    cr_expect_eq(fired_number("select count(*) from opsbot.alerts where"
                              " quiet_why = 'inhibited by down'"),
                 n / 2);
    refire("5,000 again, half inhibited");
    fired_now += MINUTE;
    causes(true, "100 causes are over");
    cr_expect_eq(fired_number("select count(*) from opsbot.alerts where"
                              " quiet_why <> ''"),
                 0);
    idle();
    fired_check_counts();
}
