/* What is taken away from what people say, and nothing else. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bot/flow/said.h"
#include "core/base/mem.h"

#define ME "U0BOT"

static void to(const char *text, const char *rest)
{
    const char *got = said_to(text, ME);

    if (!rest)
        cr_expect_null(got, "%s", text);
    else
        cr_expect_str_eq(got ? got : "(null)", rest);
}

Test(said, a_mention_at_the_beginning)
{
    to("<@U0BOT> dlq list", "dlq list");
    to("<@U0BOT>", "");
    to("<@U0BOT>dlq", "dlq");
    to(" \n<@U0BOT|opsbot>: ping", "ping");
    to("<@U0BOT>, ping", "ping");
    to("thanks <@U0BOT>", NULL);
    to("<@U0BOT2> ping", NULL);
    to("<@U0BOB> <@U0BOT> ping", NULL);
    to("<@U0BOT", NULL);
    to("<@U0BOT|x", NULL);
    to("", NULL);
    cr_expect_null(said_to("<@> ping", ""));
}

static void tidy(const char *text, const char *want)
{
    char *copy = xstrdup(text);

    said_tidy(copy);
    cr_expect_str_eq(copy, want);
    free(copy);
}

Test(said, links_that_nobody_typed)
{
    tidy("dlq show <http://notify.events|notify.events> x",
         "dlq show notify.events x");
    tidy("<https://a.b|a.b><mailto:x@y.z|x@y.z>", "a.bx@y.z");
    tidy("<http://a.b|A.B>", "A.B");
    tidy("<http://a.b|here>", "<http://a.b|here>");
    tidy("<http://a.b/c|a.b>", "<http://a.b/c|a.b>");
    tidy("<http://a.b>", "<http://a.b>");
    tidy("<@U0ANN|ann> <#C0OPS|ops>", "<@U0ANN|ann> <#C0OPS|ops>");
    tidy("a &lt;http://a.b|a.b&gt; <", "a &lt;http://a.b|a.b&gt; <");
    tidy("<|>", "<|>");
    tidy("<http://|>", "");
}

Test(said, code_as_a_whole)
{
    tidy("`dlq list`", "dlq list");
    tidy("```\ndlq list\n```", "dlq list");
    tidy("`dlq` `list`", "`dlq` `list`");
    tidy("`dlq list", "`dlq list");
    tidy("``", "``");
    tidy("``` ", "```");
    tidy("  ping \n", "ping");
    tidy("", "");
}

Test(said, our_own_name_in_front)
{
    cr_expect_str_eq(said_command("/ops dlq list", "/ops"), "dlq list");
    cr_expect_str_eq(said_command("ops  dlq list", "/ops"), "dlq list");
    cr_expect_str_eq(said_command("OPS", "/ops"), "");
    cr_expect_str_eq(said_command("opsy", "/ops"), "opsy");
    cr_expect_str_eq(said_command("dlq ops", "/ops"), "dlq ops");
    cr_expect_str_eq(said_command("o", "/ops"), "o");
    cr_expect_str_eq(said_command("ping", ""), "ping");
    cr_expect_str_eq(said_command("ping", "/"), "ping");
    cr_expect_str_eq(said_command("ops ping", "ops"), "ping");
}
