/* The card of each kind of failure. */
#include "blocks/problem.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/blocks/shown.h"

static struct problem problem(enum err_kind kind, const char *text)
{
    return (struct problem){ .kind = kind,
                             .text = text,
                             .command = "dlq show",
                             .usage = "<stream> [--page n]",
                             .example = "dlq show notify.events",
                             .topic = "dlq",
                             .again = "dlq show notify.events",
                             .op = "7F3K21ABCDEFGHJK" };
}

static void looks(const char *file, struct problem p)
{
    struct card *card = card_new();

    problem_card(card, &p);
    shown_text(file, card);
}

/* Whatever people call the bot, no text says another name. */
Test(problem_card, by_another_name)
{
    struct problem p = problem(ERR_USER, "that is no stream");
    struct card *card = card_new();

    card_slash(card, "/bot");
    problem_card(card, &p);
    p.kind = ERR_REDIS;
    problem_card(card, &p);
    shown_text("problem_by_another_name", card);
}

Test(problem_card, input)
{
    struct problem p = problem(ERR_USER, "there is no stream `notfy.events`: "
                                         "did you mean `notify.events`?");

    looks("problem_input", p);
}

Test(problem_card, unknown_command)
{
    struct problem p = problem(ERR_USER, "I do not know `dlq lst`. Did you "
                                         "mean `dlq list`?");
    struct card *card = card_new();

    p.command = NULL;
    p.meant = "dlq list";
    problem_card(card, &p);
    shown("problem_unknown", card);
}

Test(problem_card, denied)
{
    struct problem p = problem(ERR_DENIED, "`dlq show` needs the right "
                                           "`dlq.show`, which you do not "
                                           "have.");
    struct card *card = card_new();

    problem_card(card, &p);
    shown("problem_denied", card);
}

Test(problem_card, stores)
{
    struct problem p =
        problem(ERR_REDIS, "Redis is down since 14:02:11 UTC (35 s)");

    looks("problem_redis", p);
    p.kind = ERR_DB;
    p.text = "Postgres is down since 14:02:11 UTC (35 s)";
    p.changes = true;
    looks("problem_postgres", p);
    p.begun = true;
    p.text = "`1700-0` is requeued to `notify.events` as `1701-0`; its record "
             "follows (no answer)";
    looks("problem_begun", p);
}

Test(problem_card, others)
{
    looks("problem_busy", problem(ERR_BUSY, "the queue of workers is full"));
    looks("problem_slack", problem(ERR_SLACK, "Slack says channel_not_found"));
    looks("problem_inside", problem(ERR_SYSTEM, ""));
}

Test(problem_card, asked_after_a_restart)
{
    struct card *card = card_new();

    problem_ask_again(card, "dlq requeue notify.events 1700-0");
    shown("problem_ask_again", card);
}

/* No button: it would be another operation than submitting the form again. */
Test(problem_card, a_form_is_submitted_again)
{
    struct card *card = card_new();

    problem_submit_again(card, "incident open P1 down");
    shown_text("problem_submit_again", card);
}

static void in_form(enum err_kind kind, const char *text, const char *want)
{
    char *line = problem_in_form(kind, text);

    cr_expect_str_eq(line, want);
    free(line);
}

Test(problem_card, in_a_form_it_is_a_line)
{
    in_form(ERR_USER, "`P9` is no severity", "\"P9\" is no severity.");
    in_form(ERR_DENIED, "you may not.",
            "You may not. Nothing was changed, and this is on record.");
    in_form(ERR_DB, "Postgres is down",
            "Postgres is down. Nothing was recorded, as far as I can tell. "
            "What you wrote stays here: submit it again in a moment. It is "
            "never done twice.");
    in_form(ERR_SYSTEM, "",
            " Something went wrong inside me: show this to whoever runs the "
            "bot.");
}
