/* Command lines as people and Slack write them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blocks/words.h"
#include "commands/args.h"

static struct args args;
static struct err err;

static void parse(const char *text)
{
    args_dispose(&args);
    cr_assert(args_parse(text, &args, &err), "%s: %s", text, err.text);
}

/* "a|b|c" */
static const char *words(void)
{
    static char out[512];
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < args.count; i++)
        used += (size_t)snprintf(out + used, sizeof out - used, "%s%s",
                                 i ? "|" : "", args_word(&args, i));
    return out;
}

static void reads_as(const char *text, const char *expected)
{
    parse(text);
    cr_expect_str_eq(words(), expected, "%s gives %s", text, words());
}

static void finish(void)
{
    args_dispose(&args);
}

TestSuite(args, .fini = finish);

Test(args, words_are_separated_by_any_blank)
{
    reads_as("", "");
    reads_as("  \t ", "");
    reads_as("dlq list", "dlq|list");
    reads_as("  dlq\t list\n", "dlq|list");
    reads_as("dlq\u00a0list", "dlq|list");
    reads_as("dlq\u202flist\u3000now", "dlq|list|now");
    reads_as("\u00a0dlq\u2003list\u00a0", "dlq|list");
}

Test(args, invisible_characters_vanish)
{
    reads_as("\ufeffdlq li\u200bst\u200e", "dlq|list");
    reads_as("\u200b", "");
}

Test(args, quotes_of_every_shape_keep_a_text_together)
{
    reads_as("a \"b c\" d", "a|b c|d");
    reads_as("a 'b c' d", "a|b c|d");
    reads_as("a “b c” d", "a|b c|d");
    reads_as("a ‘b c’ d", "a|b c|d");
    reads_as("a „b c“ d", "a|b c|d");
    reads_as("\"\"", "");
    cr_expect_eq(args.count, 1);
    reads_as("\"say \\\"hi\\\" \\\\ now\"", "say \"hi\" \\ now");
}

Test(args, an_apostrophe_is_no_quote)
{
    reads_as("can't stop", "can't|stop");
    reads_as("don’t stop", "don’t|stop");
    reads_as("'it's fine' now", "it's fine|now");
}

Test(args, an_open_quote_is_explained)
{
    cr_assert_not(args_parse("halt all \"main tenance", &args, &err));
    cr_expect_eq(err.kind, ERR_USER);
    cr_expect_str_eq(err.text, "A quote is open before `main tenance`. Close "
                               "it, or leave it out.");
}

Test(args, entities_are_decoded_once)
{
    reads_as("a&amp;b &lt;x&gt; &amp;lt; &quot; &", "a&b|<x>|&lt;|&quot;|&");
    reads_as("&lt;@U0ANN&gt;", "<@U0ANN>");
    cr_expect_eq(args.words[0].kind, WORD_PLAIN);
}

Test(args, mentions_keep_their_kind)
{
    reads_as("<@U0ANN|ann> <@U0BEN> <#C0OPS|ops> <!subteam^S0X|oncall>",
             "U0ANN|U0BEN|C0OPS|S0X");
    cr_expect_eq(args.words[0].kind, WORD_USER);
    cr_expect_str_eq(args.words[0].label, "ann");
    cr_expect_str_eq(args.words[1].label, "");
    cr_expect_eq(args.words[2].kind, WORD_CHANNEL);
    cr_expect_eq(args.words[3].kind, WORD_GROUP);
    reads_as("x<@U0ANN>y", "x|U0ANN|y");
    reads_as("<!here> <!channel>", "@here|@channel");
}

Test(args, links_that_slack_made_are_undone)
{
    reads_as("dlq show <http://notify.events|notify.events>",
             "dlq|show|notify.events");
    cr_expect_eq(args.words[2].kind, WORD_PLAIN);
    reads_as("<http://pnl.events|pnl.events>.dlq", "pnl.events.dlq");
    reads_as("<mailto:ann@x.org|ann@x.org>", "ann@x.org");
    reads_as("<https://x.org/a|here>", "https://x.org/a");
    cr_expect_eq(args.words[0].kind, WORD_LINK);
    cr_expect_str_eq(args.words[0].label, "here");
}

Test(args, a_bare_angle_is_text)
{
    reads_as("a<b <x> <", "a<b|<x>|<");
    reads_as("<@> <@|x>", "<@>|<@|x>");
}

Test(args, in_quotes_a_mention_is_its_name)
{
    reads_as("\"thanks <@U0ANN|ann>, see <#C0OPS|ops>\"",
             "thanks @ann, see #ops");
}

Test(args, flags_stand_anywhere)
{
    parse("--share dlq show x --page=2 --all");
    cr_expect_str_eq(words(), "dlq|show|x");
    cr_expect_str_eq(args_flag(&args, "share"), "");
    cr_expect_str_eq(args_flag(&args, "page"), "2");
    cr_expect_str_eq(args_flag(&args, "all"), "");
    cr_expect_null(args_flag(&args, "none"));
}

Test(args, slacks_dashes_are_two_hyphens)
{
    parse("dlq show x —page=2 –all");
    cr_expect_str_eq(args_flag(&args, "page"), "2");
    cr_expect_str_eq(args_flag(&args, "all"), "");
}

Test(args, two_hyphens_alone_end_the_flags)
{
    parse("halt all -- --not a=b flag");
    cr_expect_str_eq(words(), "halt|all|--not|a=b|flag");
    cr_expect_eq(args.flag_count, 0);
}

static const char *const allowed[] = { "page=", "user=", "all", NULL };

static void bind(const char *text)
{
    parse(text);
    cr_assert(args_bind(&args, allowed, &err), "%s: %s", text, err.text);
}

static void refuses(const char *text, const char *why)
{
    parse(text);
    cr_assert_not(args_bind(&args, allowed, &err), "%s", text);
    cr_expect_eq(err.kind, ERR_USER);
    cr_expect_str_eq(err.text, why);
}

Test(args, a_flag_takes_the_word_after_it)
{
    bind("show x --page 2 --all y --user <@U0ANN|ann>");
    cr_expect_str_eq(words(), "show|x|y");
    cr_expect_str_eq(args_flag(&args, "page"), "2");
    cr_expect_str_eq(args_flag(&args, "all"), "");
    cr_expect_str_eq(args_flag(&args, "user"), "U0ANN");
    cr_expect_eq(args.flags[2].word.kind, WORD_USER);
    bind("--PAGE 3 show");
    cr_expect_str_eq(args_flag(&args, "page"), "3");
    bind("--page 3 --page 4");
    cr_expect_str_eq(args_flag(&args, "page"), "4");
}

Test(args, key_value_is_a_flag_where_it_is_allowed)
{
    bind("show page=2 user=<@U0ANN|ann> why=\"a b\" \"page=9\"");
    cr_expect_str_eq(words(), "show|why=a b|page=9");
    cr_expect_str_eq(args_flag(&args, "page"), "2");
    cr_expect_str_eq(args_flag(&args, "user"), "U0ANN");
    bind("who=<@U0ANN|ann> =x");
    cr_expect_str_eq(words(), "who=U0ANN|=x");
    cr_expect_eq(args.words[0].kind, WORD_PLAIN);
}

Test(args, what_a_flag_lacks_is_explained)
{
    static const char *const none[] = { NULL };

    refuses("--pgae 2", "I do not know `--pgae`. Did you mean `--page`? "
                        "Allowed here: `--page`, `--user`, `--all`.");
    refuses("--xylophone", "I do not know `--xylophone`. Allowed here: "
                           "`--page`, `--user`, `--all`.");
    refuses("x --page", "`--page` needs a value after it.");
    refuses("--page --all x", "`--page` needs a value after it.");
    refuses("--page -- 2", "`--page` needs a value after it.");
    refuses("--page=", "The value of `--page` is empty.");
    refuses("--all=yes", "`--all` takes no value.");
    parse("--page 2");
    cr_assert_not(args_bind(&args, none, &err));
    cr_expect_str_eq(err.text,
                     "I do not know `--page`: no flags are allowed here.");
}

Test(args, a_name_is_shifted_from_before_the_flags)
{
    parse("dlq --page show 2 x");
    args_shift(&args, 2);
    cr_expect_str_eq(words(), "2|x");
    cr_assert_not(args_bind(&args, allowed, &err));
    parse("dlq show --page 2 x");
    args_shift(&args, 2);
    cr_assert(args_bind(&args, allowed, &err));
    cr_expect_str_eq(args_flag(&args, "page"), "2");
    cr_expect_str_eq(words(), "x");
    args_shift(&args, 9);
    cr_expect_eq(args.count, 0);
}

/* What is too many stays together in the last word; flags are found among it
 * all the same. */
Test(args, a_long_text_ends_in_the_last_word)
{
    char text[4 * (ARGS_WORDS + 20)] = "";
    char *rest;

    for (int i = 0; i < ARGS_WORDS; i++)
        strcat(text, "a ");
    parse(text);
    cr_expect_eq(args.count, ARGS_WORDS);
    cr_expect_null(args.tail);
    args_dispose(&args);
    strcat(text, "'b  c' --page=2 <@U0ANN|ann> <#C0OPS> end");
    parse(text);
    cr_expect_eq(args.count, ARGS_WORDS);
    cr_expect_str_eq(args_word(&args, ARGS_WORDS - 1),
                     "a b  c @ann #C0OPS end");
    cr_assert(args_bind(&args, allowed, &err), "%s", err.text);
    cr_expect_str_eq(args_flag(&args, "page"), "2");
    rest = args_text(&args, ARGS_WORDS - 2);
    cr_expect_str_eq(rest, "a a b  c @ann #C0OPS end");
    free(rest);
    args_dispose(&args);
    strcat(text, " --page 3");
    parse(text);
    cr_expect_not(args_bind(&args, allowed, &err), "its value is no word");
}

Test(args, words_make_a_text_again)
{
    char *text;

    parse("x tell <@U0ANN|ann> in <#C0OPS|ops>: <https://x.org|x.org>");
    text = args_text(&args, 1);
    cr_expect_str_eq(text, "tell @ann in #ops : x.org");
    free(text);
    text = args_text(&args, 9);
    cr_expect_str_eq(text, "");
    free(text);
}

Test(args, there_is_an_end_to_flags)
{
    char text[4 * (ARGS_FLAGS + 2)] = "";

    for (int i = 0; i <= ARGS_FLAGS; i++)
        strcat(text, "--a ");
    cr_expect_not(args_parse(text, &args, &err));
    cr_expect_eq(err.kind, ERR_USER);
}

/* What a button carries is what it meant, whatever a key is called. */
Test(args, typed_words_come_back)
{
    static const char *const hard[] = {
        "notify.events", "a b",    "",         "--all",    "a=b",
        "say \"hi\"",    "back\\", "“smart”",  "it's",     "<@U0ANN>",
        "&amp;",         "&",      "a\u00a0b", "a\u200bb", "—page",
        "x\ny",          "日本",   "'",        "\\\"",     "<http://x.org|x>",
    };

    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        struct buf line = { 0 };

        buf_str(&line, "dlq show");
        words_typed(&line, hard[i]);
        parse(buf_text(&line));
        cr_expect_eq(args.count, 3, "%s", buf_text(&line));
        cr_expect_str_eq(args_word(&args, 2), hard[i], "%s", buf_text(&line));
        cr_expect(args_bind(&args, allowed, &err));
        cr_expect_eq(args.count, 3);
        buf_dispose(&line);
    }
}

Test(args, random_typed_words_come_back)
{
    static const char letters[] = "ab \"'\\-=<>&@;!|ltgmp\xe2\x80\x9c\xa0\xc2";

    srand(7);
    for (int round = 0; round < 20000; round++) {
        char word[12];
        size_t len = (size_t)rand() % (sizeof word - 1);
        struct buf line = { 0 };

        for (size_t i = 0; i < len; i++)
            word[i] = letters[(size_t)rand() % (sizeof letters - 1)];
        word[len] = '\0';
        words_typed(&line, word);
        parse(buf_text(&line));
        cr_assert_eq(args.count, 1, "%s", buf_text(&line));
        cr_assert_str_eq(args_word(&args, 0), word, "%s", buf_text(&line));
        buf_dispose(&line);
    }
}

Test(args, numbers_have_bounds)
{
    long n = 0;

    cr_expect(args_number("12", 1, 99, &n, &err));
    cr_expect_eq(n, 12);
    cr_expect_not(args_number("0", 1, 99, &n, &err));
    cr_expect_str_eq(err.text, "`0` is not a whole number from 1 to 99.");
    cr_expect_not(args_number("", 1, 99, &n, &err));
    cr_expect_not(args_number("2x", 1, 99, &n, &err));
    cr_expect_not(args_number("99999999999999999999", 1, 99, &n, &err));
}

static int64_t since(const char *text)
{
    int64_t ms = -1;

    /* 2026-11-20T15:00:00Z */
    cr_assert(args_since(text, 1795186800000, &ms, &err), "%s: %s", text,
              err.text);
    return ms;
}

Test(args, times_back)
{
    int64_t ms;

    cr_expect_eq(since("45s"), 45000);
    cr_expect_eq(since("30m"), 30 * 60000);
    cr_expect_eq(since("2h"), 2 * 3600000);
    cr_expect_eq(since("7d"), 7 * 86400000LL);
    cr_expect_eq(since("2026-11-20"), 15 * 3600000);
    cr_expect_eq(since("2026-11-20T14:00"), 3600000);
    cr_expect_eq(since("2026-11-20T14:59:30Z"), 30000);
    cr_expect_not(args_since("2026-11-21", 1795186800000, &ms, &err));
    cr_expect_str_eq(err.text, "`2026-11-21` is in the future.");
    cr_expect_not(args_since("soon", 1795186800000, &ms, &err));
    cr_expect_not(args_since("0h", 1795186800000, &ms, &err));
    cr_expect_not(args_since("-2h", 1795186800000, &ms, &err));
    cr_expect_not(args_since("2hours", 1795186800000, &ms, &err));
    cr_expect_not(args_since("99999999999999d", 1795186800000, &ms, &err));
}
