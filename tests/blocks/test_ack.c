/* The cards of acknowledgements. */
#include "blocks/ack.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/render.h"
#include "tests/blocks/shown.h"

#define TEXT(s) ((char *)(size_t)(s))

static struct act act = { .op = "7F3K21ABCDEFGHJK",
                          .channel = "C0OPS",
                          .user = "U0ANN",
                          .user_name = "ann" };
static struct ack_want want;
static struct ack_done done;
static struct ack_report report;
static struct ack_answer answer;

static struct ack ann = { .by = TEXT("U0ANN"),
                          .by_name = TEXT("ann"),
                          .note = TEXT("looking into it"),
                          .op = TEXT("7F3K21ABCDEFGHJK"),
                          .at = NOW - 5 * MIN,
                          .until = NOW + 55 * MIN };
static const struct ack bob = { .by = TEXT("U0BOB"),
                                .by_name = TEXT("bob"),
                                .at = NOW - MIN };

static void start(void)
{
    want = (struct ack_want){ .act = &act,
                              .action = ACK_TAKE,
                              .trace = "4bf92f3577b34da6",
                              .note = "looking into it",
                              .at = NOW - 5 * MIN };
    done = (struct ack_done){ .held = true, .who = ann };
    report = (struct ack_report){ .applied = true, .done = done };
    answer = (struct ack_answer){
        .want = &want, .report = &report, .now = NOW, .here = true
    };
}

TestSuite(ack_card, .init = start);

static struct card *public_card(const struct ack *left)
{
    struct ack_view view = {
        .want = &want, .done = &done, .left = left, .slash = "/ops"
    };
    struct card *card = card_new();

    ack_public_card(card, &view);
    return card;
}

static struct card *answer_card(void)
{
    struct card *card = card_new();

    ack_answer_card(card, &answer);
    return card;
}

static void leaves(void)
{
    want.action = ACK_LEAVE;
    want.note = "";
    report.done.held = false;
}

/* ---- the public one ------------------------------------------------------------ */

Test(ack_card, taken)
{
    shown("ack", public_card(NULL));
}

Test(ack_card, without_a_note_or_a_name)
{
    done.who.note = TEXT("");
    done.who.by_name = TEXT("");
    shown_text("ack_bare", public_card(NULL));
}

Test(ack_card, over)
{
    shown_text("ack_over", public_card(&bob));
}

Test(ack_card, left)
{
    act.user = "U0BOB";
    act.user_name = "bob";
    leaves();
    shown("unack", public_card(NULL));
}

Test(ack_card, as_it_is_posted)
{
    struct ack_view view = { .want = &want, .done = &done, .slash = "/bot" };
    char *body = ack_public_message(&view);

    cr_expect_not_null(strstr(body, "unack 4bf92f3577b34da6"), "%s", body);
    cr_expect_not_null(strstr(body, "\"text\":"), "%s", body);
    free(body);
}

/* ---- to who asked ---------------------------------------------------------------- */

Test(ack_card, answered)
{
    shown("ack_answer", answer_card());
}

Test(ack_card, answered_before)
{
    report.before = true;
    report.before_at = NOW - 5 * MIN;
    shown_text("ack_answer_before", answer_card());
}

Test(ack_card, somebody_has_it)
{
    report.done.result = ACK_ALREADY;
    shown("ack_already", answer_card());
}

Test(ack_card, somebody_has_it_without_end)
{
    report.done.result = ACK_ALREADY;
    report.done.who = (struct ack){ .by = TEXT("pager"),
                                    .by_name = TEXT(""),
                                    .note = TEXT("") };
    shown_text("ack_already_bare", answer_card());
}

Test(ack_card, superseded)
{
    report.done.result = ACK_SUPERSEDED;
    shown_text("ack_superseded", answer_card());
    report.done = (struct ack_done){ .result = ACK_SUPERSEDED };
    shown_text("ack_superseded_left", answer_card());
}

Test(ack_card, expired)
{
    report.done = (struct ack_done){ .result = ACK_EXPIRED };
    shown_text("ack_expired", answer_card());
}

Test(ack_card, refused)
{
    report.done = (struct ack_done){ .result = ACK_REFUSED };
    err_set(&report.redis, ERR_USER,
            "`notify:ack:4bf92f3577b34da6` is a list in Redis, not a string: "
            "nothing was changed.");
    shown_text("ack_refused", answer_card());
}

Test(ack_card, unacknowledged)
{
    leaves();
    shown_text("unack_answer", answer_card());
}

Test(ack_card, nobody_had_it)
{
    leaves();
    report.done = (struct ack_done){ .result = ACK_ALREADY };
    shown_text("unack_already", answer_card());
}

Test(ack_card, waits_for_redis)
{
    report = (struct ack_report){ .kept = true };
    err_set(&report.redis, ERR_REDIS, "Redis did not answer within 1000 ms");
    answer.redis_since = NOW - 2 * MIN;
    shown_text("ack_late", answer_card());
    answer.redis_since = 0;
    report.place = RECORD_JOURNAL;
    answer.postgres_since = NOW - MIN;
    shown_text("ack_late_both", answer_card());
}

Test(ack_card, cannot_be_written_down)
{
    report = (struct ack_report){ .place = RECORD_NOWHERE };
    err_set(&report.redis, ERR_REDIS, "Redis is down");
    err_set(&report.journal, ERR_SYSTEM, "there is no journal");
    err_set(&report.postgres, ERR_DB, "Postgres is down");
    shown_text("ack_nowhere", answer_card());
}

Test(ack_card, its_record_waits)
{
    report.place = RECORD_REDIS;
    answer.postgres_since = NOW - MIN;
    answer.here = false;
    shown_text("ack_no_postgres", answer_card());
}
