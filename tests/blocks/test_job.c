/* The cards of bulk moves. */
#include "blocks/job.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/blocks/golden.h"
#include "tests/blocks/shown.h"

#define TEXT(s) ((char *)(size_t)(s))

static const struct job_view view = { .now = NOW, .trash_days = 30 };
static const struct stream_name name = { .stream = TEXT("notify.events"),
                                         .dlq = TEXT("notify.events.dlq") };

static struct job job(enum job_kind kind, enum job_state state, int64_t moved)
{
    return (struct job){ .id = TEXT("7F3K21ABCDEFGHJK"),
                         .kind = kind,
                         .state = state,
                         .stream = name.stream,
                         .dlq = name.dlq,
                         .rate = 200,
                         .total = 4102,
                         .moved = moved,
                         .error = TEXT(""),
                         .actor = TEXT("U0ANN"),
                         .actor_name = TEXT("ann"),
                         .channel = TEXT("C0OPS"),
                         .cancelled_by = TEXT("U0BOB"),
                         .cancelled_name = TEXT("bob"),
                         .created_at = NOW - 30000,
                         .started_at = NOW - 21000,
                         .finished_at = NOW };
}

static struct card *card_of(struct job j)
{
    struct card *card = card_new();

    card_nonce(card, j.id);
    job_card(card, &j, &view);
    return card;
}

/* ---- while and after ------------------------------------------------------- */

Test(job_card, running)
{
    shown("job_running", card_of(job(JOB_REQUEUE, JOB_RUNNING, 1200)));
}

Test(job_card, just_begun_and_as_fast_as_it_goes)
{
    struct job j = job(JOB_RESTORE, JOB_RUNNING, 0);

    j.rate = 0;
    j.started_at = 0;
    shown_text("job_begun", card_of(j));
    j.started_at = NOW - 10000;
    j.moved = 2051;
    shown_text("job_half_way", card_of(j));
}

Test(job_card, waiting)
{
    struct job j = job(JOB_REQUEUE, JOB_RUNNING, 1200);

    j.error = TEXT("Redis is down since 14:02:11 UTC (35 s)");
    shown_text("job_waiting", card_of(j));
}

Test(job_card, cancelling)
{
    shown_text("job_cancelling",
               card_of(job(JOB_REQUEUE, JOB_CANCELLING, 1200)));
}

Test(job_card, requeued)
{
    struct job j = job(JOB_REQUEUE, JOB_DONE, 4101);

    j.gone = 1;
    shown("job_requeued", card_of(j));
}

Test(job_card, discarded_but_for_some)
{
    struct job j = job(JOB_DISCARD, JOB_DONE, 4100);

    shown("job_discarded", card_of(j));
    j.refused = 2;
    j.error = TEXT("too large");
    shown_text("job_discarded_but_two", card_of(j));
}

Test(job_card, cancelled)
{
    shown("job_cancelled", card_of(job(JOB_REQUEUE, JOB_CANCELLED, 1200)));
    shown_text("job_cancelled_discard",
               card_of(job(JOB_DISCARD, JOB_CANCELLED, 4101)));
}

Test(job_card, failed)
{
    struct job j = job(JOB_RESTORE, JOB_FAILED, 12);

    j.error = TEXT("notify.events.dlq is a string in Redis, not a stream");
    shown_text("job_failed", card_of(j));
}

Test(job_card, the_public_message)
{
    struct job j = job(JOB_REQUEUE, JOB_RUNNING, 1200);
    char *body = job_message(&j, &view, "/bot");

    golden_json("job_message.json", body);
    free(body);
}

static struct card *answer(struct job j, bool before)
{
    struct card *card = card_new();

    job_answer_card(card, &j, before, &view);
    return card;
}

Test(job_card, the_answer)
{
    shown_text("job_answer", answer(job(JOB_REQUEUE, JOB_RUNNING, 0), false));
    shown_text("job_answer_discard",
               answer(job(JOB_DISCARD, JOB_RUNNING, 0), false));
    shown_text("job_answer_before",
               answer(job(JOB_REQUEUE, JOB_RUNNING, 1200), true));
    shown_text("job_answer_after",
               answer(job(JOB_REQUEUE, JOB_DONE, 4102), true));
}

/* ---- before ---------------------------------------------------------------- */

static struct card *prompt(enum job_kind kind, struct job_set set, int rate)
{
    struct card *card = card_new();
    struct job_plan plan = { .kind = kind,
                             .name = &name,
                             .set = &set,
                             .rate = rate,
                             .op = "7F3K21ABCDEFGHJK" };

    card_nonce(card, "n");
    if (set.count)
        job_prompt_card(card, &plan, &view);
    else
        job_nothing_card(card, &plan, NULL, &view);
    return card;
}

Test(job_card, prompt_for_all)
{
    struct job_set set = { .count = 4102, .upper_id = TEXT("1700000000000-3") };

    shown("job_prompt", prompt(JOB_REQUEUE, set, 200));
    shown_text("job_prompt_discard", prompt(JOB_DISCARD, set, 0));
    shown_text("job_prompt_restore", prompt(JOB_RESTORE, set, 5000));
}

Test(job_card, prompt_for_some)
{
    const char *ids[] = { "1700000000000-1", "1700000000000-2",
                          "1700000000000-3", "1700000000000-4",
                          "1700000000000-5", "1700000000000-6" };
    struct job_set set = { .count = 2,
                           .upper_id = TEXT("1700000000000-2"),
                           .ids = ids,
                           .ids_count = 2,
                           .missing = 1 };

    shown_text("job_prompt_two", prompt(JOB_REQUEUE, set, 200));
    set.count = 6;
    set.ids_count = 6;
    set.missing = 2;
    shown_text("job_prompt_six", prompt(JOB_DISCARD, set, 200));
}

Test(job_card, nothing_to_move)
{
    struct job_set set = { .upper_id = TEXT("") };

    shown_text("job_nothing", prompt(JOB_REQUEUE, set, 200));
    shown_text("job_nothing_in_trash", prompt(JOB_RESTORE, set, 200));
    set.missing = 2;
    shown_text("job_nothing_of_two", prompt(JOB_DISCARD, set, 200));
}

Test(job_card, moved_by_somebody_else)
{
    struct job_set set = { .upper_id = TEXT(""), .missing = 1 };
    struct job_mover mover = { .op = TEXT("9ZZZ99AAAAAAAAAA"),
                               .by = TEXT("U0LEE"),
                               .by_name = TEXT("lee"),
                               .kind = TEXT("discard"),
                               .at = NOW - MIN };
    struct job_plan plan = { .kind = JOB_DISCARD, .name = &name, .set = &set };
    struct card *card = card_new();

    job_nothing_card(card, &plan, &mover, &view);
    shown_text("job_nothing_moved", card);
}

/* ---- all of them ----------------------------------------------------------- */

Test(job_card, list)
{
    struct job jobs[] = { job(JOB_REQUEUE, JOB_RUNNING, 1200),
                          job(JOB_DISCARD, JOB_CANCELLING, 10),
                          job(JOB_DISCARD, JOB_DONE, 4102),
                          job(JOB_RESTORE, JOB_CANCELLED, 7),
                          job(JOB_REQUEUE, JOB_FAILED, 0) };
    struct job_page page = {
        .jobs = jobs, .count = 5, .page = 2, .more = true
    };
    struct card *card = card_new();

    jobs[4].error = TEXT("out of memory");
    job_list_card(card, &page, &view);
    shown("job_list", card);
}

Test(job_card, list_of_none)
{
    struct job_page page = { .page = 1 };
    struct card *card = card_new();

    job_list_card(card, &page, &view);
    shown_text("job_list_none", card);
}
