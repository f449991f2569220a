/*
 * The verbs: what becomes of a command line of the shell's, and what is wrong
 * with one that cannot be meant.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bot/opsctl/options.h"
#include "bot/opsctl/usage.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static bool parse(const char *const *words, struct options *o, struct err *err)
{
    size_t n = 0;

    while (words[n])
        n++;
    return options_parse(words, n, o, err);
}

static void expect_line(const char *const *words, const char *line)
{
    struct options o;
    struct err err = { 0 };
    struct buf out = { 0 };

    cr_assert(parse(words, &o, &err), "%s: %s", words[0], err.text);
    verb_line(&out, o.verb, o.given, o.count, o.words, o.word_count);
    cr_expect_str_eq(buf_text(&out), line);
    buf_dispose(&out);
}

static void expect_wrong(const char *const *words, const char *why)
{
    struct options o;
    struct err err = { 0 };

    cr_assert_not(parse(words, &o, &err), "%s passes", words[0]);
    cr_expect_eq(err.kind, ERR_USER);
    cr_expect(strstr(err.text, why), "no \"%s\" in: %s", why, err.text);
}

Test(verb, says_what_opsbot_understands)
{
    expect_line(WORDS("streams:list"), "streams");
    expect_line(
        WORDS("streams:pending", "--stream", "notify.events", "--group=notify"),
        "streams pending notify.events notify");
    expect_line(WORDS("streams:dlq:list"), "dlq list");
    expect_line(WORDS("streams:dlq:list", "--stream", "notify.events.dlq"),
                "dlq show notify.events.dlq");
    expect_line(WORDS("streams:dlq:show", "orders", "--trash", "--page", "2"),
                "dlq show orders --trash --page 2");
    expect_line(WORDS("streams:dlq:requeue", "--stream", "orders", "--id",
                      "1-0", "--id", "2-0"),
                "dlq requeue orders 1-0 2-0");
    expect_line(WORDS("streams:dlq:requeue", "orders", "1-0", "2-0"),
                "dlq requeue orders 1-0 2-0");
    expect_line(WORDS("streams:dlq:discard", "--all", "--rate", "max",
                      "--stream", "orders"),
                "dlq discard orders --all --rate max");
    expect_line(WORDS("notify:ack", "--traceId", "7c2f", "--note", "on it"),
                "ack \"7c2f\" \"on it\"");
    expect_line(WORDS("notify:unack", "7c2f"), "unack \"7c2f\"");
    expect_line(WORDS("orch:halts"), "halts");
    expect_line(WORDS("orch:unhalt", "--force"), "unhalt \"all\" --force");
    expect_line(WORDS("incident:open", "--severity", "P1", "--title",
                      "No fills", "--impact", "a \"b\"", "--due", "30m"),
                "incident open P1 \"No fills\" --impact \"a \\\"b\\\"\" --due "
                "30m");
    expect_line(WORDS("incident:show", "12", "--timeline"),
                "incident status 12 --timeline");
    expect_line(WORDS("health"), "health");
    expect_line(WORDS("audit", "--user", "unix:ann", "--denied"),
                "audit --user unix:ann --denied");
    expect_line(WORDS("outbox:retry", "17"), "outbox retry 17");
}

Test(verb, says_it_of_alerts_too)
{
    expect_line(WORDS("alert:list", "critical", "--unacked"),
                "alerts \"critical\" --unacked");
    expect_line(WORDS("alert:list", "--text", "full disk", "--all"),
                "alerts \"full disk\" --all");
    expect_line(WORDS("alert:show", "A-7", "--history", "--page=2"),
                "alert show A-7 --history --page 2");
    expect_line(WORDS("alert:ack", "A-7", "--note", "on it"),
                "ack \"A-7\" \"on it\"");
    expect_line(WORDS("alert:assign", "A-7", "U0ANN"), "assign \"A-7\" U0ANN");
    expect_line(WORDS("alert:note", "A-7", "--text=--all"),
                "alert note A-7 \"--all\"");
    expect_line(WORDS("alert:test", "high"), "alert test high");
    expect_line(WORDS("route:test", "severity=critical", "--at", "03:00"),
                "route test \"severity=critical\" --at 03:00");
    expect_line(WORDS("silence:add", "--match", "a=b", "--match", "c!=d",
                      "--for", "4h", "--reason", "why not"),
                "silence \"a=b\" \"c!=d\" 4h \"why not\"");
    expect_line(WORDS("silence:add", "--for", "1h", "--alert", "A-7"),
                "silence \"A-7\" 1h");
    expect_wrong(WORDS("silence:add", "--for", "1h"), "--alert");
    expect_line(WORDS("silence:end", "S-7"), "unsilence \"S-7\"");
    expect_line(WORDS("oncall", "override"), "oncall \"override\"");
    expect_line(WORDS("oncall:override", "--user", "U0BEN", "--for", "4h",
                      "--rotation", "pay"),
                "oncall override U0BEN 4h pay");
}

/* The words of a reason are one text, and no scope is everything. */
Test(verb, halts_with_a_reason)
{
    expect_line(WORDS("orch:halt", "--reason", "daily loss > 1 %"),
                "halt \"all\" \"daily loss > 1 %\"");
    expect_line(WORDS("orch:halt", "--reason", "--force it", "--scope", "all"),
                "halt \"all\" \"--force it\"");
    expect_wrong(WORDS("orch:halt"), "needs --reason TEXT");
    expect_wrong(WORDS("orch:halt", "maintenance", "--reason", "x"),
                 "does not know what to do with `maintenance`");
}

/* Whatever a key of Redis is called. */
Test(verb, names_are_one_word)
{
    expect_line(WORDS("streams:list", "pending"), "streams \"pending\"");
    expect_line(WORDS("streams:dlq:show", "--stream=--all"),
                "dlq show \"--all\"");
    expect_line(WORDS("streams:dlq:show", "--", "--all"), "dlq show \"--all\"");
    expect_line(WORDS("streams:dlq:show", "a b'c"), "dlq show \"a b'c\"");
}

Test(verb, any_line_goes_through)
{
    expect_line(WORDS("ops", "halt all \"a reason\""), "halt all \"a reason\"");
    expect_line(WORDS("ops", "dlq", "show", "orders", "--page", "2"),
                "dlq show orders --page 2");
    expect_line(WORDS("ops", "halt", "all", "a reason"),
                "halt all \"a reason\"");
    expect_line(
        WORDS("ops", "incident", "open", "P1", "x", "--impact=all of it"),
        "incident open P1 x --impact \"all of it\"");
    expect_line(WORDS("--json", "ops", "--yes", "ping"), "ping");
    expect_line(WORDS("ops", "audit", "-x"), "audit -x");
    expect_wrong(WORDS("ops"), "needs a command line");
}

Test(verb, says_what_is_wrong)
{
    expect_wrong(WORDS("stream:list"), "did you mean streams:list?");
    expect_wrong(WORDS("stream:list"), "opsctl ops stream:list");
    expect_wrong(WORDS("streams:dlq:show"), "needs --stream NAME");
    expect_wrong(WORDS("streams:dlq:show", "--strem", "x"),
                 "did you mean --stream?");
    expect_wrong(WORDS("streams:dlq:requeue", "orders"),
                 "needs --id ID or --all");
    expect_wrong(WORDS("streams:dlq:show", "--stream"), "needs a value");
    expect_wrong(WORDS("streams:dlq:show", "--stream="), "is empty");
    expect_wrong(WORDS("streams:dlq:show", "--stream", "a", "--stream", "b"),
                 "given twice");
    expect_wrong(WORDS("orch:unhalt", "--force=yes"), "takes no value");
    expect_wrong(WORDS("health", "-x"), "no option -x");
    expect_wrong(WORDS("orch:halts", "extra"), "`extra`");
    expect_wrong((const char *const[]){ NULL }, "What is to be done?");
}

Test(verb, common_options_stand_anywhere)
{
    struct options o;
    struct err err = { 0 };

    cr_assert(parse(WORDS("-yf", "--admin", "unix:/x", "health", "--timeout=3",
                          "--json"),
                    &o, &err),
              "%s", err.text);
    cr_expect_str_eq(o.verb->name, "health");
    cr_expect_str_eq(options_value(&o, "admin"), "unix:/x");
    cr_expect_str_eq(options_value(&o, "timeout"), "3");
    cr_expect(options_has(&o, "yes") && options_has(&o, "follow"));
    cr_expect(options_has(&o, "json") && !options_has(&o, "text"));
}

/* A token on a command line could be read by everybody (P8). */
Test(verb, no_option_takes_a_token)
{
    cr_expect_null(option_find(options_common(), "token"));
    expect_wrong(WORDS("health", "--token", "secret-word"), "no option");
}

Test(verb, help_asks_for_nothing_more)
{
    struct options o;
    struct err err = { 0 };

    cr_expect(parse(WORDS("orch:halt", "--help"), &o, &err));
    cr_expect(parse(WORDS("--version"), &o, &err));
    cr_expect(parse(WORDS("help", "orch:halt"), &o, &err));
    cr_expect_str_eq(options_value(&o, "verb"), "orch:halt");
}

/* The examples of the help are lines that opsctl takes. */
Test(verb, examples_can_be_typed)
{
    const struct verb *verb;

    for (size_t i = 0; (verb = verb_at(i)) != NULL; i++)
        for (const char *const *e = verb->examples; *e; e++) {
            char *copy = strdup(*e), *at = copy;
            const char *words[32] = { 0 };
            struct options o;
            struct err err = { 0 };

            for (size_t n = 0; *at && n < 31;) {
                char end = *at == '\'' ? '\'' : ' ';

                words[n++] = end == '\'' ? ++at : at;
                at += strcspn(at, end == '\'' ? "'" : " ");
                if (*at)
                    *at++ = '\0';
                at += strspn(at, " ");
            }
            cr_expect(parse(words, &o, &err), "%s: %s", *e, err.text);
            cr_expect_eq(o.verb, verb, "%s", *e);
            free(copy);
        }
}

Test(verb, each_is_in_the_help_with_all_its_options)
{
    const struct verb *verb;
    struct buf whole = { 0 }, one = { 0 };

    usage_all(&whole);
    for (size_t i = 0; (verb = verb_at(i)) != NULL; i++) {
        cr_expect(strstr(buf_text(&whole), verb->name), "%s", verb->name);
        buf_cut(&one, 0);
        usage_verb(&one, verb);
        cr_expect(strstr(buf_text(&one), verb->summary));
        for (const struct option_spec *s = verb->options; s->name; s++)
            cr_expect(strstr(buf_text(&one), s->help), "%s --%s", verb->name,
                      s->name);
    }
    for (const struct option_spec *s = options_common(); s->name; s++)
        cr_expect(strstr(buf_text(&whole), s->name), "--%s", s->name);
    buf_dispose(&whole);
    buf_dispose(&one);
}
