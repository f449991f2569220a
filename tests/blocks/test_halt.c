/* The cards of halts. */
#include "blocks/halt.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"
#include "tests/blocks/shown.h"

#define TEXT(s) ((char *)(size_t)(s))

static struct halt_target target(const char *name, enum halt_progress progress,
                                 const char *detail)
{
    return (struct halt_target){ .name = TEXT(name),
                                 .progress = progress,
                                 .detail = TEXT(detail),
                                 .took_ms =
                                     progress == TARGET_STOPPED ? 900 : -1 };
}

static struct halt_target some[] = {
    { .name = TEXT("execution"), .progress = TARGET_WAITING, .took_ms = -1 },
    { .name = TEXT("risk"), .progress = TARGET_WAITING, .took_ms = -1 },
    { .name = TEXT("market-data"), .progress = TARGET_WAITING, .took_ms = -1 },
};

static struct halt_run run_of(enum halt_action action)
{
    return (struct halt_run){ .op = TEXT("7F3K21ABCDEFGHJK"),
                              .scope = TEXT("all"),
                              .reason = TEXT("maintenance window"),
                              .action = action,
                              .generation = 42,
                              .at = NOW - MIN,
                              .by = TEXT("U0ANN"),
                              .by_name = TEXT("ann"),
                              .channel = TEXT("C0OPS"),
                              .response_url = TEXT(""),
                              .targets = some,
                              .count = 3,
                              .took_ms = -1 };
}

static struct halt_view view = { .now = NOW, .slash = "/ops" };

static struct card *card_of(const struct halt_run *run,
                            const struct halt_view *v)
{
    struct card *card = card_new();

    card_slash(card, v->slash);
    halt_run_card(card, run, v);
    return card;
}

static void progress(enum halt_progress a, enum halt_progress b,
                     enum halt_progress c)
{
    some[0] = target("execution", a,
                     a == TARGET_FAILED ? "has not confirmed after 10 s: "
                                          "`halted` is false"
                                        : "");
    some[1] = target("risk", b, b == TARGET_ASKED ? "`halted` is false" : "");
    some[2] = target("market-data", c, "");
}

Test(halt_card, while_targets_stop)
{
    struct halt_run run = run_of(HALT_STOP);

    progress(TARGET_WAITING, TARGET_ASKED, TARGET_STOPPED);
    shown("halt_running", card_of(&run, &view));
}

Test(halt_card, all_have_stopped)
{
    struct halt_run run = run_of(HALT_STOP);

    progress(TARGET_STOPPED, TARGET_STOPPED, TARGET_STOPPED);
    run.finished = true;
    run.took_ms = 1200;
    shown_text("halt_stopped", card_of(&run, &view));
}

Test(halt_card, one_has_not)
{
    struct halt_run run = run_of(HALT_STOP);

    progress(TARGET_FAILED, TARGET_STOPPED, TARGET_STOPPED);
    run.finished = true;
    run.took_ms = 1200;
    shown("halt_failed", card_of(&run, &view));
}

Test(halt_card, one_has_refused)
{
    struct halt_run run = run_of(HALT_STOP);

    progress(TARGET_FAILED, TARGET_STOPPED, TARGET_STOPPED);
    some[0].detail = TEXT("refused the halt: 403");
    run.finished = true;
    run.took_ms = 1200;
    shown_text("halt_refused", card_of(&run, &view));
}

Test(halt_card, nobody_is_configured)
{
    struct halt_run run = run_of(HALT_STOP);

    run.count = 0;
    run.finished = true;
    shown_text("halt_no_targets", card_of(&run, &view));
    run.action = HALT_START;
    shown_text("unhalt_no_targets", card_of(&run, &view));
}

Test(halt_card, is_over)
{
    struct halt_run run = run_of(HALT_STOP), end = run_of(HALT_START);
    struct halt_view v = view;

    progress(TARGET_FAILED, TARGET_STOPPED, TARGET_STOPPED);
    run.finished = true;
    end.by = TEXT("U0BOB");
    end.by_name = TEXT("bob");
    end.at = NOW - 1000;
    v.ended = &end;
    shown_text("halt_over", card_of(&run, &v));
}

Test(halt_card, told_again)
{
    struct halt_run run = run_of(HALT_STOP), first = run_of(HALT_STOP);
    struct halt_view v = view;

    progress(TARGET_WAITING, TARGET_WAITING, TARGET_WAITING);
    first.by = TEXT("U0BOB");
    first.by_name = TEXT("bob");
    first.at = NOW - 5 * MIN;
    v.first = &first;
    shown_text("halt_again", card_of(&run, &v));
}

Test(halt_card, without_redis_and_targets)
{
    struct halt_run run = run_of(HALT_STOP);
    struct halt_view v = view;

    run.generation = 0;
    run.count = 0;
    shown_text("halt_late", card_of(&run, &v));
    v.superseded = true;
    shown_text("halt_superseded", card_of(&run, &v));
}

Test(halt_card, running_again)
{
    struct halt_run run = run_of(HALT_START);

    progress(TARGET_STOPPED, TARGET_STOPPED, TARGET_STOPPED);
    run.finished = true;
    run.took_ms = 400;
    run.generation = 43;
    shown("halt_unhalted", card_of(&run, &view));
}

/* What comes from a target or a person is data. */
Test(halt_card, shows_foreign_text_as_text)
{
    struct halt_run run = run_of(HALT_STOP);
    char *body;

    run.reason = TEXT("<!channel> \"quoted\" & so");
    progress(TARGET_FAILED, TARGET_STOPPED, TARGET_STOPPED);
    some[0].detail = TEXT("<@U0BOB>");
    body = halt_run_message(&run, &view);
    cr_expect_not(strstr(body, "<!channel>"), "%s", body);
    cr_expect_not(strstr(body, "<@U0BOB>"), "%s", body);
    cr_expect(strstr(body, "&lt;!channel&gt;"), "%s", body);
    free(body);
}

/* ---- what is halted ------------------------------------------------------------- */

static struct halt halt_of(const char *scope, int64_t generation)
{
    return (struct halt){ .scope = TEXT(scope),
                          .reason = TEXT("wrong prices"),
                          .by = TEXT("U0ANN"),
                          .by_name = TEXT("ann"),
                          .op = TEXT("7F3K21ABCDEFGHJK"),
                          .at = NOW - 3 * MIN,
                          .generation = generation };
}

static struct card *card_slashed(void)
{
    struct card *card = card_new();

    card_slash(card, "/ops");
    return card;
}

Test(halt_card, list)
{
    struct halt two[] = { halt_of("all", 42), halt_of("execution", 41) };
    struct halt_list list = { .halts = two, .count = 2 };
    struct card *card = card_slashed();

    halts_card(card, &list, true, NOW);
    shown("halts", card);
    card = card_slashed();
    halts_card(card, &list, false, NOW);
    shown_text("halts_bare", card);
    list.count = 0;
    card = card_slashed();
    halts_card(card, &list, true, NOW);
    shown_text("halts_none", card);
}

/* ---- answers -------------------------------------------------------------------- */

static const struct act act = { .op = "7F3K21ABCDEFGHJK",
                                .user = "U0ANN",
                                .user_name = "ann",
                                .channel = "C0OPS" };

static struct halt_want want_of(enum halt_action action)
{
    return (struct halt_want){ .act = &act,
                               .action = action,
                               .scope = "all",
                               .reason = "maintenance window",
                               .at = NOW };
}

static void answered(const char *name, const struct halt_want *want,
                     struct halt_report *report, int64_t redis,
                     int64_t postgres)
{
    struct card *card = card_slashed();

    halt_answer_card(card, &(struct halt_answer){ .want = want,
                                                  .report = report,
                                                  .redis_since = redis,
                                                  .postgres_since = postgres,
                                                  .now = NOW,
                                                  .here = true });
    shown_text(name, card);
}

Test(halt_answer, done)
{
    struct halt_want want = want_of(HALT_STOP), start = want_of(HALT_START);
    struct halt_run run = run_of(HALT_STOP);
    struct halt_report report = {
        .applied = true,
        .done = { .result = HALT_DONE, .generation = 42 },
        .run = &run,
    };

    answered("halt_answer", &want, &report, 0, 0);
    answered("unhalt_answer", &start, &report, 0, 0);
    report.run = NULL;
    report.before = true;
    report.before_at = NOW - MIN;
    answered("halt_answer_before", &want, &report, 0, 0);
}

Test(halt_answer, already_and_superseded)
{
    struct halt_want want = want_of(HALT_STOP), start = want_of(HALT_START);
    struct halt_run run = run_of(HALT_STOP);
    struct halt_report report = {
        .applied = true,
        .done = { .result = HALT_ALREADY,
                  .generation = 42,
                  .now = halt_of("all", 42) },
        .run = &run,
    };

    answered("halt_answer_already", &want, &report, 0, 0);
    report.run = NULL;
    report.done.result = HALT_SUPERSEDED;
    answered("unhalt_answer_superseded", &start, &report, 0, 0);
    report.done.now.scope = NULL;
    answered("halt_answer_superseded", &want, &report, 0, 0);
    report.done.result = HALT_ALREADY;
    answered("unhalt_answer_already", &start, &report, 0, 0);
}

Test(halt_answer, degraded)
{
    struct halt_want want = want_of(HALT_STOP);
    struct halt_run run = run_of(HALT_STOP);
    struct halt_report report = {
        .applied = true,
        .done = { .result = HALT_DONE, .generation = 42 },
        .place = RECORD_REDIS,
        .run = &run,
        .journal = { ERR_SYSTEM, "/var/lib/opsbot/journal: read-only" },
    };

    answered("halt_answer_no_postgres", &want, &report, 0, NOW - MIN);
    report.applied = false;
    report.place = RECORD_JOURNAL;
    report.journaled = true;
    answered("halt_answer_journal", &want, &report, NOW - MIN, NOW - MIN);
    report.place = RECORD_NOWHERE;
    report.journaled = false;
    run.count = 0;
    answered("halt_answer_nowhere", &want, &report, NOW - MIN, NOW - MIN);
}

/* ---- before an unhalt ----------------------------------------------------------- */

static const struct unhalt_condition unmet[] = {
    { .name = "Redis can be written", .met = true },
    { .name = "every audit record is in Postgres",
      .can_skip = true,
      .since = NOW - MIN,
      .why = "still 3 in Redis, 0 in the journal",
      .advice = "They move by themselves." },
};

Test(unhalt_card, not_yet)
{
    struct unhalt_card u = {
        .scope = "all", .conditions = unmet, .count = 2, .now = NOW
    };
    struct card *card = card_slashed();

    unhalt_refused_card(card, &u);
    shown_text("unhalt_refused", card);
    u.may_force = true;
    card = card_slashed();
    unhalt_refused_card(card, &u);
    shown("unhalt_refused_may", card);
}

Test(unhalt_card, asks)
{
    struct halt halt = halt_of("all", 42);
    struct unhalt_card u = { .scope = "all",
                             .halt = &halt,
                             .conditions = unmet,
                             .count = 1,
                             .targets = 8,
                             .confirm = "7F3K21ABCDEFGHJK",
                             .now = NOW };
    struct halt_list list = { .halts = &halt, .count = 1 };
    struct card *card = card_slashed();

    unhalt_prompt_card(card, &u);
    shown("unhalt_prompt", card);
    u.count = 2;
    u.force = true;
    card = card_slashed();
    unhalt_prompt_card(card, &u);
    shown_text("unhalt_prompt_force", card);
    card = card_slashed();
    unhalt_idle_card(card, "execution", &list, NOW);
    shown_text("unhalt_idle", card);
}
