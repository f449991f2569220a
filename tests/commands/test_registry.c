/* What a text means: found, refused, or explained. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tests/commands/calls.h"

#define README_BYTES 65536

TestSuite(registry, .fini = calls_end);

Test(registry, the_table_is_sorted_and_complete)
{
    size_t count;
    const struct command *const *table = command_table(&count);

    cr_assert_gt(count, 0);
    for (size_t i = 0; i < count; i++) {
        const struct command *c = table[i];

        if (i > 0)
            cr_expect_lt(strcmp(table[i - 1]->name, c->name), 0, "%s", c->name);
        cr_expect(c->group && *c->group && c->usage && c->summary, "%s",
                  c->name);
        cr_expect_neq(c->summary[strlen(c->summary) - 1], '.', "%s", c->name);
        cr_expect(!c->run != !c->answer, "%s: one shape", c->name);
        cr_expect(!c->ask || c->answer, "%s", c->name);
        cr_expect_eq(command_named(c->name), c, "%s", c->name);
    }
}

/* An example that does not run would be a bad one. */
Test(registry, every_example_is_understood)
{
    size_t count;
    const struct command *const *table = command_table(&count);
    char admin[] = "U0ADM", *admins[] = { admin };
    struct config config = *calls_config();

    config.admins = admins;
    config.admins_count = 1;
    for (size_t i = 0; i < count; i++) {
        struct args args;
        struct err err;

        cr_expect_eq(
            command_find(&(struct asker){ .config = &config, .user = admin },
                         table[i]->example, &args, &err),
            table[i], "%s: %s", table[i]->example, err.text);
        args_dispose(&args);
    }
}

/* README names each command with its usage and right, in one row. */
Test(registry, readme_lists_every_command)
{
    FILE *f = fopen("README.md", "r");
    const struct command *const *table;
    size_t count, len;
    char *text;

    cr_assert(f, "the tests run where README.md is");
    text = xcalloc(1, README_BYTES);
    len = fread(text, 1, README_BYTES - 1, f);
    cr_assert(len > 0 && len < README_BYTES - 1 && fclose(f) == 0);
    table = command_table(&count);
    for (size_t i = 0; i < count; i++) {
        char *row =
            xasprintf("`%s%s", table[i]->name, *table[i]->usage ? " " : "`");
        char *right =
            xasprintf("| `%s` |", table[i]->right ? table[i]->right : "");
        const char *at = strstr(text, row);

        cr_expect(at, "README does not list `%s`", table[i]->name);
        if (at && table[i]->right) {
            char *line = xstrndup(at, strcspn(at, "\n"));

            cr_expect(strstr(line, right), "%s: no %s", line, right);
            free(line);
        }
        free(row);
        free(right);
    }
    free(text);
}

/* P7: what everyone may, and what needs a rule. */
Test(registry, rights_are_denied_by_default)
{
    size_t count;
    const struct command *const *table = command_table(&count);
    /* confirm and cancel check the right of what they stand for. */
    static const char *const open[] = {
        "cancel",        "confirm",         "dlq list", "halts",
        "health",        "health details",  "help",     "home",
        "incident list", "incident status", "oncall",   "ping",
        "streams",       "streams pending", "version",  "whoami"
    };
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        if (!table[i]->right) {
            cr_assert_lt(n, sizeof open / sizeof *open, "%s is open",
                         table[i]->name);
            cr_expect_str_eq(table[i]->name, open[n++]);
        }
    cr_expect_eq(n, sizeof open / sizeof *open);
}

static const char *named(const char *text)
{
    const struct command *c = command_named(text);

    return c ? c->name : "nothing";
}

Test(registry, names_are_found_in_any_case_and_spacing)
{
    cr_expect_str_eq(named("dlq list"), "dlq list");
    cr_expect_str_eq(named("  DLQ\u00a0 List  x"), "dlq list");
    cr_expect_str_eq(named("--share dlq show x"), "dlq show");
    cr_expect_str_eq(named("Ping"), "ping");
    cr_expect_str_eq(named(""), "help");
    cr_expect_str_eq(named("dlq"), "help");
    cr_expect_str_eq(named("dlq lst"), "nothing");
    cr_expect_str_eq(named("dlq listing"), "nothing");
    cr_expect_str_eq(named("\"open"), "nothing");
}

Test(registry, quick_ones_do_not_wait_for_slow_ones)
{
    cr_expect_eq(command_lane("ping"), LANE_QUICK);
    cr_expect_eq(command_lane("whoami"), LANE_QUICK);
    cr_expect_eq(command_lane("help dlq"), LANE_QUICK);
    cr_expect_eq(command_lane(""), LANE_QUICK);
    cr_expect_eq(command_lane("no such thing"), LANE_QUICK);
    cr_expect_eq(command_lane("dlq list"), LANE_SLOW);
    cr_expect_eq(command_lane("AUDIT --page 2"), LANE_SLOW);
}

static void meant(const char *text, const char *line)
{
    char *got = command_meant(text);

    if (line)
        cr_expect_str_eq(got ? got : "nothing", line, "%s", text);
    else
        cr_expect_null(got, "%s", text);
    free(got);
}

Test(registry, the_nearest_command_is_offered_with_its_words)
{
    meant("dlq lst", "dlq list");
    meant("dql LIST", "dlq list");
    meant("dlq shwo notify.events --page 2", "dlq show notify.events --page 2");
    meant("dlq shwo \"a b\" --page=2", "dlq show \"a b\" --page 2");
    meant("--share dlq lst --page=2 x", "dlq list --page 2 x --share");
    meant("steams notify.events", "streams notify.events");
    meant("pnig", "ping");
    meant("dql", "dlq");
    meant("xylophone", NULL);
    meant("ping", NULL);
    meant("\"open", NULL);
}

static void explains(const char *user, const char *text, enum err_kind kind,
                     const char *why)
{
    struct called *c = call_as(user, text);

    cr_expect_eq(c->err.kind, kind, "%s: %s", text, c->err.text);
    cr_expect_str_eq(c->err.text, why);
}

Test(registry, unknown_words_are_explained)
{
    explains("U0BEN", "dlq lst", ERR_USER,
             "I do not know `dlq lst`. Did you mean `dlq list`?");
    cr_expect(strstr(call_as("U0BEN", "dlq lst")->text,
                     "→ /bot dlq list  (Run dlq list)"));
    explains("U0BEN", "xylophone now", ERR_USER, "I do not know `xylophone`.");
    explains("U0BEN", "dlq xylophone", ERR_USER,
             "I do not know `dlq xylophone`.");
    cr_expect(strstr(call_as("U0BEN", "dlq xylophone")->text,
                     "→ /bot help dlq  (Help)"));
}

Test(registry, wrong_words_and_flags_are_explained_with_usage)
{
    struct called *c;

    explains("U0ANN", "dlq show", ERR_USER,
             "`dlq show` needs <stream> [--trash] [--page n]: you gave no word "
             "after its "
             "name.");
    explains(
        "U0ANN", "dlq requeue", ERR_USER,
        "`dlq requeue` needs <stream> <id…>|--all [--rate n|max]: you gave "
        "no word after its name.");
    explains("U0ANN", "dlq show a b", ERR_USER,
             "`dlq show` does not know what to do with `b`. Quote a text that "
             "belongs together.");
    explains("U0ANN", "dlq show a --pgae 2", ERR_USER,
             "I do not know `--pgae`. Did you mean `--page`? Allowed here: "
             "`--page`, `--trash`, `--share`.");
    explains("U0ANN", "dlq requeue a 1-0 --share", ERR_USER,
             "I do not know `--share`. Allowed here: `--all`, `--rate`.");
    c = call_as("U0ANN", "dlq show");
    cr_expect(strstr(c->text,
                     "Usage:   /bot dlq show <stream> [--trash] [--page n]"));
    cr_expect(strstr(c->text, "Example: /bot dlq show notify.events"));
}

/* Whoever may not use a command learns that first, not its usage. */
Test(registry, the_right_is_checked_before_the_words)
{
    explains("U0ANN", "audit much --more", ERR_DENIED,
             "`audit` needs the right `audit`, which you do not have.");
}

Test(registry, flags_are_bound_to_their_words)
{
    struct args args;
    struct err err;

    cr_assert(command_find(
        &(struct asker){ .config = calls_config(), .user = "U0ANN" },
        "dlq show --page 2 notify.events —share", &args, &err));
    cr_expect_eq(args.count, 1);
    cr_expect_str_eq(args_word(&args, 0), "notify.events");
    cr_expect_str_eq(args_flag(&args, "page"), "2");
    cr_expect_not_null(args_flag(&args, "share"));
    args_dispose(&args);
}

Test(registry, after_a_restart_it_asks)
{
    struct called *c = call_as("U0ANN", "ping");
    struct card *card = card_new();

    command_ask_again(card, &c->call, "dlq requeue notify.events 1-0");
    cr_expect_not(card_empty(card));
    card_free(card);
}

/* Who leaves out the first word of a name is told the whole. */
Test(registry, half_a_name)
{
    static const char *const all[][2] = {
        { "resolve A-7 done", "alert resolve A-7 done" },
        { "note A-7 the disk", "alert note A-7 the disk" },
        { "requeue x --all", "dlq requeue x --all" },
    };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char *meant = command_meant(all[i][0]);

        cr_assert_not_null(meant, "%s", all[i][0]);
        cr_expect_str_eq(meant, all[i][1]);
        free(meant);
    }
}
