/*
 * route: decisions against Alertmanager's own, asked of it by `amtool config
 * routes test`, on trees and labels by chance: its expressions are RE2's, its
 * matchers read by its own parser.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/alert/route.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/core/alert/routed.h"

#define TREES  6
#define ALERTS 5 /* of one tree: amtool is started for each */

/* The seed of a run is in what it says when it fails. */
static unsigned seed;

static unsigned below(unsigned n)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % n;
}

#define ONE_OF(list) (list)[below(sizeof(list) / sizeof *(list))]

/* ---- what is asked ------------------------------------------------------------- */

static const char *const names[] = { "a", "b", "c", "d" };

/* Everything that an expression below could tell apart. */
static const char *const values[] = {
    "pay", "Pay", "PAY",  "pay-db", "pay_1", "web2",  "2",    "",
    "7",   "a.b", "a\nb", "größe",  "x y",   "\"q\"", "b\\s", "db-eu-1",
    "a+b", "(x)", "ß",    "payx",   "[ab]",  "a-b",   "^",    "wweb"
};

static const char *const expressions[] = {
    "pay",
    "pay|web.*",
    "(pay|web2)",
    "(?:pay|7)",
    ".*",
    ".+",
    "",
    "|pay",
    "(?i)pay",
    "(?i)pay|x.y",
    "\\d+",
    "\\w+",
    "\\W",
    "\\D*",
    "[^a-z]+",
    "[a-z-]+",
    "[\\w.-]+",
    "pay.?",
    "p.y",
    ".*db.*",
    "db-(eu|us)-\\d",
    "a\\.b",
    "a.b",
    "gr..e",
    ".",
    "[[:alpha:]]+",
    "w{2}eb",
    "w{1,2}eb2?",
    "a\\+b",
    "\\(x\\)",
    "pay$|^web2",
    "^pay$",
    "x\\s?y",
    "\"q\"",
    "[]]|[[]ab]",
    "[+.]|a[+-]b",
    "pa*?y",
    "(a|b)+",
    "\\^",
    "(pay|web)(-db|2)?",
    ".*-1|pay_.*",
    "[^p]*",
    "(pay-db|)",
    "b\\\\s",
};

/* In double quotes, as both parsers read it. */
static char *quoted(const char *s)
{
    struct buf out = { 0 };

    label_quoted(&out, s);
    return buf_take(&out);
}

static char *random_matcher(void)
{
    static const char *const ops[] = { "=", "=", "!=", "=~", "=~", "!~" };
    const char *op = ONE_OF(ops);
    char *value = quoted(op[1] == '~' ? ONE_OF(expressions) : ONE_OF(values));
    char *text = xasprintf("%s%s%s", ONE_OF(names), op, value);

    free(value);
    return text;
}

static void random_route(struct config_route *of, int depth)
{
    *of = (struct config_route){ .go_on = below(4) > 0,
                                 .match_count = 1 + (below(4) == 0) };
    of->match = xcalloc(2, sizeof *of->match);
    for (unsigned i = 0; i < of->match_count; i++)
        of->match[i] = random_matcher();
    of->routes_count = depth ? below(depth == 2 ? 40 : 6) : 0;
    of->routes = xcalloc(of->routes_count + 1, sizeof *of->routes);
    for (unsigned i = 0; i < of->routes_count; i++)
        random_route(&of->routes[i], depth - 1);
}

/* ---- the same tree for Alertmanager -------------------------------------------- */

/* A receiver for each route, so that its name says which one it was. */
static void write_route(FILE *f, const struct config_route *of, int indent,
                        bool root, struct buf *receivers)
{
    fprintf(f, "receiver: r%p\n", (const void *)of);
    buf_fmt(receivers, "  - name: r%p\n", (const void *)of);
    if (!root) {
        fprintf(f, "%*scontinue: %s\n%*smatchers:\n", indent, "",
                of->go_on ? "true" : "false", indent, "");
        for (unsigned i = 0; i < of->match_count; i++) {
            char *text = quoted(of->match[i]); /* YAML's are the same */

            fprintf(f, "%*s- %s\n", indent + 2, "", text);
            free(text);
        }
    }
    if (of->routes_count)
        fprintf(f, "%*sroutes:\n", indent, "");
    for (unsigned i = 0; i < of->routes_count; i++) {
        fprintf(f, "%*s- ", indent, "");
        write_route(f, &of->routes[i], indent + 2, false, receivers);
    }
}

static void write_config(const char *path, const struct config_route *root)
{
    struct buf receivers = { 0 };
    FILE *f = fopen(path, "w");

    cr_assert_not_null(f);
    fputs("route:\n  ", f);
    write_route(f, root, 2, true, &receivers);
    fprintf(f, "receivers:\n%s", buf_text(&receivers));
    cr_assert_eq(fclose(f), 0);
    buf_dispose(&receivers);
}

/* A shell's word. */
static void put_word(struct buf *out, const char *s)
{
    buf_str(out, " '");
    for (; *s; s++)
        if (*s == '\'')
            buf_str(out, "'\\''");
        else
            buf_char(out, *s);
    buf_char(out, '\'');
}

/* What amtool says: "rX,rY". Heap. */
static char *asked(const char *path, const struct labels *l)
{
    struct buf line = { 0 };
    char answer[9000] = "";
    FILE *f;

    buf_fmt(&line, "amtool config routes test --config.file=%s", path);
    for (size_t i = 0; i < l->count; i++) {
        char *value = quoted(l->items[i].value);
        char *word = xasprintf("%s=%s", l->items[i].name, value);

        put_word(&line, word);
        free(word);
        free(value);
    }
    buf_str(&line, " 2>&1 | grep -v overrides");
    f = popen(buf_text(&line), "r");
    cr_assert_not_null(f);
    if (!fgets(answer, sizeof answer, f))
        answer[0] = '\0';
    pclose(f);
    buf_dispose(&line);
    answer[strcspn(answer, "\n")] = '\0';
    return xstrdup(answer);
}

static char *decided(const struct router *r, const struct labels *l, size_t *n)
{
    const struct route *got[ROUTES_MOST];
    struct buf out = { 0 };
    unsigned muted;

    *n = router_decide(r, l, 0, got, &muted);
    for (size_t i = 0; i < *n; i++)
        buf_fmt(&out, "%sr%p", i ? "," : "", (const void *)got[i]->of);
    return buf_take(&out);
}

/* The tree, for whoever reads why. */
static void tell(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[4000];

    while (f && fgets(line, sizeof line, f))
        fputs(line, stderr);
    if (f)
        fclose(f);
}

static void compare(const struct router *r, const char *path)
{
    struct labels l = { .items = NULL };
    char *expected, *got, *shown;
    size_t n;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_assert(labels_set(&l, names[i], ONE_OF(values)));
    shown = labels_shown(&l);
    expected = asked(path, &l);
    got = decided(r, &l, &n);
    /* We stop after ROUTES_MOST of them. */
    if (strlen(expected) > strlen(got) && n == ROUTES_MOST)
        expected[strlen(got)] = '\0';
    if (strcmp(got, expected) != 0)
        tell(path);
    cr_expect_str_eq(got, expected, "%s goes to %s, not %s", shown, expected,
                     got);
    free(got);
    free(expected);
    free(shown);
    labels_dispose(&l);
}

Test(route, decides_as_alertmanager_does, .timeout = 300)
{
    char path[] = "/tmp/opsbot-amtool-XXXXXX";
    int fd = mkstemp(path);

    cr_assert_geq(fd, 0);
    close(fd);
    for (unsigned tree = 0; tree < TREES; tree++) {
        struct config_alerts cfg = { .stream = NULL };
        struct router *r;

        seed = tree;
        random_route(&cfg.route, 2);
        write_config(path, &cfg.route);
        r = router_new(&cfg);
        for (int i = 0; i < ALERTS; i++)
            compare(r, path);
        router_free(r);
        routed_dispose(&cfg.route);
    }
    unlink(path);
}
