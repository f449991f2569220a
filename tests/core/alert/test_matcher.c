/* matcher: both of Alertmanager's ways to write one, and what each takes. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/pattern.h"
#include "core/alert/route.h"
#include "core/alert/route_parts.h"
#include "core/base/mem.h"

/* ---- reading -------------------------------------------------------------------- */

/* As it is understood: name, operator, value; or why it is not. Heap. */
static char *understood(const char *text)
{
    struct err err = { .kind = ERR_NONE };
    struct matcher *m = matcher_new(text, &err);
    char *out = m ? matcher_text(m) : xasprintf("! %s", err.text);

    cr_expect(m || err.kind == ERR_USER);
    matcher_free(m);
    return out;
}

static const struct {
    const char *written, *means;
} readings[] = {
    /* classic */
    { "foo=bar", "foo=\"bar\"" },
    { "foo=\"bar\"", "foo=\"bar\"" },
    { "  foo  =  bar  ", "foo=\"bar\"" },
    { "foo=", "foo=\"\"" },
    { "foo=\"\"", "foo=\"\"" },
    { "foo!=bar", "foo!=\"bar\"" },
    { "foo=~bar.*", "foo=~\"bar.*\"" },
    { "foo!~\"a|b\"", "foo!~\"a|b\"" },
    { "_a:b=c", "_a:b=\"c\"" },
    { "foo=two words", "foo=\"two words\"" },
    { "foo=a=b", "foo=\"a=b\"" },
    { "foo=~[0-9]{2}", "foo=~\"[0-9]{2}\"" },
    { "foo=\"say \\\"hi\\\"\"", "foo=\"say \\\"hi\\\"\"" },
    { "foo=\"a\\nb\"", "foo=\"a\\nb\"" },
    { "foo=a\\nb", "foo=\"a\\nb\"" },
    { "foo=\"a\\\\b\"", "foo=\"a\\\\b\"" },
    { "foo=b\\", "foo=\"b\\\\\"" },
    /* both can read it, and disagree: the classic one is right */
    { "foo=\"\\x41\"", "foo=\"\\\\x41\"" },
    { "foo=\"\\t\"", "foo=\"\\\\t\"" },
    { "foo=~\"\\\\d+\"", "foo=~\"\\\\d+\"" },
    { "foo=~\"\\d+\"", "foo=~\"\\\\d+\"" },
    /* UTF-8 */
    { "\"foo\"=bar", "foo=\"bar\"" },
    { "\"foo bar\"=\"baz\"", "\"foo bar\"=\"baz\"" },
    { "föö=bär", "\"föö\"=\"bär\"" },
    { "\"föö\" != \"bär\"", "\"föö\"!=\"bär\"" },
    { "foo.bar=baz", "foo.bar=\"baz\"" },
    { "\"a\\x41\\u00e9\\U0001f642\\101\"=b", "\"aAé🙂A\"=\"b\"" },
    { "\"a\"=\"\\t\"", "a=\"\t\"" },
    { "\"q\\\"\"=~\"x\"", "\"q\\\"\"=~\"x\"" },
    { "🙂=🙂", "\"🙂\"=\"🙂\"" },
    /* neither */
    { "", "! There is no matcher." },
    { "foo", "! `foo` does not say how it compares." },
    { "foo!bar", "! `foo!bar` does not say how it compares." },
    { "=bar", "! `=bar` names no label." },
    { "\"\"=bar", "! the quotes of `\"\"=bar` do not fit" },
    { "foo=\"bar", "! the quotes of `foo=\"bar` do not fit" },
    { "foo=bar\"", "! the quotes of `foo=bar\"` do not fit" },
    { "foo=\"b\"ar\"", "! the quotes of" },
    { "\"foo\"=\"b\" c", "! the quotes of" },
    { "\"foo\"=\"\\q\"", "! the quotes of" },
    { "\"foo\"=\"\\xff\"", "! the quotes of" },
    { "\"foo\"=\"\\ud800\"", "! the quotes of" },
    { "\"foo\"=\"\\000\"", "! the quotes of" },
    { "\"foo\"=\"a\nb\"", "! the quotes of" },
    { "foo.bar=a b", "! `foo.bar=a b` cannot be read: quote a name" },
    { "1foo=a b", "! `1foo=a b` cannot be read: quote a name" },
    { "foo=\xff", "! a matcher is not UTF-8" },
};

Test(matcher, is_read_as_alertmanager_reads_it)
{
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
        char *got = understood(readings[i].written);
        size_t len = strlen(readings[i].means);

        if (*readings[i].means != '!')
            len++;
        cr_expect(strncmp(got, readings[i].means, len) == 0,
                  "%s: %s, and not %s", readings[i].written, got,
                  readings[i].means);
        free(got);
    }
}

Test(matcher, what_is_written_reads_back_as_the_same)
{
    static const char *const values[] = { "",   "a",    "a\"b", "a\\b", "a\nb",
                                          "\t", "ä {}", "\\",   "\\n",  "=~" };
    static const char *const names[] = { "a",   "a.b", "ä",   "a b",
                                         "q\"", "\\x", "{a}", "a\nb" };

    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            struct matcher m = { .name = (char *)names[n],
                                 .value = (char *)values[v],
                                 .op = MATCH_NOT };
            char *text = matcher_text(&m);
            struct err err = { .kind = ERR_NONE };
            struct matcher *back = matcher_new(text, &err);

            cr_assert(back, "%s: %s", text, err.text);
            cr_expect_str_eq(back->name, names[n]);
            cr_expect_str_eq(back->value, values[v]);
            cr_expect_eq(back->op, MATCH_NOT);
            matcher_free(back);
            free(text);
        }
}

/* ---- several in one text -------------------------------------------------------- */

static const struct {
    const char *written;
    const char *means; /* joined by blanks */
} lists[] = {
    { "{}", "" },
    { "{a=b}", "a=\"b\"" },
    { "a=b,c=d", "a=\"b\" c=\"d\"" },
    { "{a=\"b\", c!=\"d\", }", "a=\"b\" c!=\"d\"" },
    { "{a=\"x, y\",c=~\"p|q\"}", "a=\"x, y\" c=~\"p|q\"" },
    { "{a=\"say \\\"a,b\\\"\",c=d}", "a=\"say \\\"a,b\\\"\" c=\"d\"" },
    { " { \"ä\"=\"b\" } ", "\"ä\"=\"b\"" },
    { "a=b,,c=d", "! There is no matcher" },
    { "{a=b", "! `{a=b` cannot be read" },
};

Test(matcher, one_text_may_hold_several)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct matchers all;
        struct err err = { .kind = ERR_NONE };
        struct buf got = { 0 };
        bool bad = *lists[i].means == '!';

        buf_str(&got, "");
        if (!matchers_read(&all, &lists[i].written, 1, &err))
            buf_fmt(&got, "! %s", err.text);
        for (size_t m = 0; m < all.count; m++) {
            char *text = matcher_text(all.items[m]);

            buf_fmt(&got, "%s%s", m ? " " : "", text);
            free(text);
        }
        cr_expect(
            bad ? strncmp(got.data, lists[i].means, strlen(lists[i].means)) == 0
                : strcmp(got.data, lists[i].means) == 0,
            "%s: %s", lists[i].written, got.data);
        matchers_dispose(&all);
        buf_dispose(&got);
    }
}

Test(matcher, of_several_all_have_to_hold)
{
    static const char *const texts[] = { "a=1", "b!=2" };
    struct labels l = { .items = NULL };
    struct matchers all;
    struct err err;

    cr_assert(matchers_read(&all, texts, 2, &err));
    cr_expect_eq(all.count, 2);
    cr_expect_not(matchers_fit(&all, &l));
    cr_assert(labels_set(&l, "a", "1"));
    cr_expect(matchers_fit(&all, &l), "a label that is not there is not 2");
    cr_assert(labels_set(&l, "b", "2"));
    cr_expect_not(matchers_fit(&all, &l));
    matchers_dispose(&all);
    labels_dispose(&l);
}

/* ---- comparing ------------------------------------------------------------------ */

static const struct {
    const char *matcher, *value;
    bool fits;
} cases[] = {
    { "a=x", "x", true },
    { "a=x", "X", false },
    { "a=x", "", false },
    { "a=", "", true },
    { "a!=x", "", true },
    { "a!=x", "x", false },
    { "a!=", "", false },
    /* an expression has to match all of it */
    { "a=~pay", "pay", true },
    { "a=~pay", "payment", false },
    { "a=~pay", "xpay", false },
    { "a=~pay|bill", "bill", true },
    { "a=~pay|bill", "billing", false },
    { "a=~(pay|bill)", "pay", true },
    { "a=~(?:pay|bill)", "bill", true },
    { "a=~(?:pay|bill)s?", "bills", true },
    { "a=~\"\"", "", true },
    { "a=~\"\"", "x", false },
    { "a=~x|", "", true },
    { "a!~pay.*", "payment", false },
    { "a!~pay.*", "", true },
    { "a=~pay.*", "pay", true },
    { "a=~pay.*", "payment", true },
    { "a=~pay.*", "repay", false },
    { "a=~pay.+", "pay", false },
    { "a=~pay.+", "pays", true },
    { "a=~.*pay", "repay", true },
    { "a=~.*pay", "pays", false },
    { "a=~.+pay", "pay", false },
    { "a=~.*pay.*", "repays", true },
    { "a=~.+pay.+", "pays", false },
    { "a=~.+pay.+", "repays", true },
    { "a=~.+pay.+", "paypays", true },
    { "a=~.*", "", true },
    { "a=~.+", "", false },
    { "a=~.+", "ä", true },
    { "a=~a\\.b", "a.b", true },
    { "a=~a\\.b", "axb", false },
    { "a=~a\\.b.*", "a.bc", true },
    { "a=~a.c", "aäc", true },
    { "a=~\"[äö]\"", "ö", true },
    { "a=~(?i)PAY", "pay", true },
    { "a=~(?i)päy", "PÄY", true },
    { "a=~\"\\d+\"", "42", true },
    { "a=~\"\\d+\"", "d", false },
    { "a=~\"\\D+\"", "ab", true },
    { "a=~\"\\w+\"", "a_1", true },
    { "a=~\"\\W\"", "-", true },
    { "a=~\"a\\sb\"", "a b", true },
    { "a=~\"a\\Sb\"", "a b", false },
    { "a=~\"[\\w.-]+\"", "a-b.c", true },
    { "a=~\"[\\w.-]+\"", "a\\b", false },
    { "a=~\"[^\\d]\"", "5", false },
    { "a=~\"[^\\d]\"", "x", true },
    { "a=~\"[\\]x]\"", "]", true },
    { "a=~\"[x\\^]\"", "^", true },
    { "a=~\"[\\^]\"", "^", true },
    { "a=~\"[\\^-]\"", "^", true },
    { "a=~\"[\\^-]\"", "-", true },
    { "a=~\"[a\\-z]\"", "m", false },
    { "a=~\"[a\\-z]\"", "-", true },
    { "a=~\"[a-c]\"", "b", true },
    { "a=~\"[[:alpha:]]+\"", "ab", true },
    { "a=~\"[[:alpha:]]+\"", "\xc3\xb6", false },
    { "a=~\"[^[:alnum:]]\"", "\xc3\xb6", true },
    { "a=~\"[[:punct:]]{4}\"", "]^-[", true },
    { "a=~\"[[:punct:]]\"", "a", false },
    { "a=~\"[x[:space:]]+\"", "x\t", true },
    { "a=~\"[[:word:]]+\"", "a_1", true },
    { "a=~\".+\"", "a\nb", false },
    { "a=~\".*b\"", "a\nb", false },
    { "a=~\"a.*\"", "a\nb", false },
    { "a=~\".*a.*\"", "a\nb", false },
    { "a=~\".*a\\nb.*\"", "xa\nbx", true },
    { "a=~\".*.b\"", "a\nxb", false },
    { "a=~\"a.x?b\"", "a\nb", false },
    { "a=~\"a[^x]b\"", "a\nb", true },
    { "a=~\"(?i)A.B\"", "a\nb", false },
    { "a=~\".*a.*\"", "bab", true },
    { "a=~\".+a\"", "aa", true },
    { "a=~\".+a.+\"", "aaa", true },
    { "a=~\"[\\\\\\\\]\"", "\\", true },
    { "a=~\"[[]\"", "[", true },
    { "a=~\"[[.x]+\"", "[.x", true },
    { "a=~\"[]a]\"", "]", true },
    { "a=~\"x{2,3}\"", "xx", true },
    { "a=~\"x{2,3}\"", "x", false },
    { "a=~\"x{2}\"", "xx", true },
    { "a=~\"x{2,}\"", "xxxxx", true },
    { "a=~\"x{a}\"", "x{a}", true },
    { "a=~\"a{b|c}xyz\"", "a{b", true },
    { "a=~\"a{b|c}xyz\"", "c}xyz", true },
    { "a=~\"a.*?b\"", "axxb", true },
    { "a=~\"a+?\"", "aa", true },
    { "a=~\"a??\"", "", true },
    { "a=~\"\\<x\\>\"", "<x>", true },
    { "a=~\"a\\tb\"", "a\tb", true },
    { "a=~\"^x$\"", "x", true },
    { "a=~\"x+(y|z)*pay[0-9]\"", "xxyzpay7", true },
    { "a=~\"x+(y|z)*pay[0-9]\"", "xxyzpa7", false },
    { "a=~\"päy?s+\"", "pässs", true },
    { "a=~\"(a\\\\))\"", "a)", true },
};

Test(matcher, takes_what_alertmanager_would)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = { .kind = ERR_NONE };
        struct matcher *m = matcher_new(cases[i].matcher, &err);

        cr_assert(m, "%s: %s", cases[i].matcher, err.text);
        cr_expect_eq(matcher_takes(m, cases[i].value), cases[i].fits,
                     "%s on \"%s\"", cases[i].matcher, cases[i].value);
        matcher_free(m);
    }
}

static const struct {
    const char *pattern, *why;
} refused[] = {
    { "(a)\\1", "back reference" },
    { "[\\1]", "back reference" },
    { "(?=a)", "(?" },
    { "a(?i)b", "(?" },
    { "(?P<x>a)", "(?" },
    { "\\pL", "\\p" },
    { "\\x41", "\\x" },
    { "a\\", "ends in a backslash" },
    { "[a", "[ without its ]" },
    { "[a\\", "ends in a backslash" },
    { "(a", "cannot be read" },
    { "*a", "cannot be read" },
    { "[z-a]", "cannot be read" },
    { "[a-\\d]", "range up to an escape" },
    { "[\\--z]", "a range from one of" },
    { "((a{100}){100}){100}", "repeats too much" },
    { "a{1001}", "repeats too much" },
    { "a{99999999999999999999}", "repeats too much" },
};

Test(matcher, what_posix_would_take_otherwise_is_refused)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct err err = { .kind = ERR_NONE };
        struct pattern *p = pattern_new(refused[i].pattern, &err);

        cr_expect_null(p, "%s", refused[i].pattern);
        cr_expect_eq(err.kind, ERR_USER);
        cr_expect(strstr(err.text, refused[i].why), "%s: %s",
                  refused[i].pattern, err.text);
        pattern_free(p);
    }
}

Test(matcher, a_very_long_expression_is_refused)
{
    char *text = xcalloc(1, PATTERN_MOST + 2);
    struct err err = { .kind = ERR_NONE };

    memset(text, 'a', PATTERN_MOST + 1);
    cr_expect_null(pattern_new(text, &err));
    cr_expect(strstr(err.text, "1001 characters"), "%s", err.text);
    free(text);
}

Test(matcher, lists_of_words_are_known_as_such)
{
    struct err err;
    struct pattern *p = pattern_new("b|a\\.c", &err);
    const char *const *words;
    size_t count;

    words = pattern_words(p, &count);
    cr_assert_eq(count, 2);
    cr_expect_str_eq(words[0], "a.c");
    cr_expect_str_eq(words[1], "b");
    pattern_free(p);
    p = pattern_new("b|a.c", &err);
    cr_expect_null(pattern_words(p, &count));
    cr_expect_eq(count, 0);
    pattern_free(p);
}
