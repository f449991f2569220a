/*
 * What the shell is offered for each place of the line.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "bot/opsctl/complete.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* As opsbot would name them; arg: the line that it was asked, or NULL. */
static void names(struct buf *out, const char *command, const char *cell,
                  void *arg)
{
    if (arg)
        buf_fmt(arg, "%s/%s", command, cell);
    buf_str(out, "notify.events\norders\n");
}

static void silent(struct buf *out, const char *command, const char *cell,
                   void *arg)
{
    (void)out;
    (void)command;
    (void)cell;
    (void)arg;
}

static void expect(const char *const *words, const char *want)
{
    struct buf out = { 0 };
    size_t n = 0;

    while (words[n])
        n++;
    complete_words(&out, words, n, names, NULL);
    cr_expect_str_eq(buf_text(&out), want, "%s: %s", words[n ? n - 1 : 0],
                     buf_text(&out));
    buf_dispose(&out);
}

static void expect_asked(const char *const *words, const char *want)
{
    struct buf out = { 0 }, asked = { 0 };
    size_t n = 0;

    while (words[n])
        n++;
    complete_words(&out, words, n, names, &asked);
    cr_expect_str_eq(buf_text(&asked), want);
    buf_dispose(&out);
    buf_dispose(&asked);
}

Test(complete, verbs)
{
    expect(WORDS("orch:"), "orch:halt\norch:unhalt\norch:halts\n");
    expect(WORDS("--yes", "--admin", "unix:x", "notify:u"), "notify:unack\n");
    expect(WORDS("help", "streams:p"), "streams:pending\n");
    expect(WORDS("nothing"), "");
}

Test(complete, options_of_the_verb_and_of_all)
{
    expect(WORDS("streams:dlq:requeue", "--a"), "--all\n--admin\n");
    expect(WORDS("--j"), "--json\n");
    expect(WORDS("orch:unhalt", "--force", "--sc"), "--scope\n");
}

Test(complete, values)
{
    expect(WORDS("streams:dlq:show", "--stream", "o"), "orders\n");
    expect(WORDS("streams:dlq:show", ""), "notify.events\norders\n");
    expect(WORDS("streams:dlq:show", "orders", ""), "");
    expect(WORDS("incident:open", "--severity", "P"), "P0\nP1\nP2\nP3\n");
    expect(WORDS("alert:test", "w"), "warning\n");
    expect(WORDS("orch:halt", "--scope", "a"), "all\n");
    expect(WORDS("health", "--token-file", "x"), COMPLETE_FILES);
    expect(WORDS("orch:halt", "--reason", ""), "");
}

Test(complete, asks_for_the_names_that_are_wanted)
{
    expect_asked(WORDS("streams:pending", "--stream", ""), "streams/stream");
    expect_asked(WORDS("orch:unhalt", "--scope", ""), "halts/scope");
    expect_asked(WORDS("incident:show", ""), "incident list/incident");
    expect_asked(WORDS("alert:show", ""), "alerts/alert");
    expect_asked(WORDS("silence:add", "--alert", ""), "alerts/alert");
    expect_asked(WORDS("silence:end", ""), "silences/silence");
    expect_asked(WORDS("oncall:override", "--rotation", ""), "oncall/rotation");
    expect_asked(WORDS("streams:pending", "--str"), "");
}

Test(complete, says_nothing_when_nobody_answers)
{
    struct buf out = { 0 };

    complete_words(&out, WORDS("streams:dlq:show", ""), 2, silent, NULL);
    complete_words(&out, NULL, 0, silent, NULL);
    cr_expect(strstr(buf_text(&out), "streams:list\n") == buf_text(&out));
    buf_dispose(&out);
}
