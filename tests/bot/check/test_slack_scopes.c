/*
 * slack_scopes: the table has every method that the code calls, and no other.
 * Reads the sources of bot/, from the repository's root.
 */
#include "bot/slack_scopes.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/sender/sender_rule.h"
#include "core/base/buf.h"

/* All of bot/ but the two tables that name methods without calling them. */
static void read_sources(struct buf *out)
{
    glob_t found = { 0 };
    char chunk[8192];
    size_t n;

    cr_assert_eq(glob("bot/*.c", 0, NULL, &found), 0);
    cr_assert_eq(glob("bot/*/*.c", GLOB_APPEND, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        FILE *f;

        if (strstr(found.gl_pathv[i], "sender_rule.c") ||
            strstr(found.gl_pathv[i], "slack_scopes.c"))
            continue;
        f = fopen(found.gl_pathv[i], "r");
        cr_assert(f);
        while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
            buf_add(out, chunk, n);
        fclose(f);
    }
    globfree(&found);
}

static bool is_method(const struct slack_scope *s)
{
    return s->kind == SCOPE_METHOD || s->kind == SCOPE_APP;
}

static bool in_table(const char *method)
{
    size_t count;
    const struct slack_scope *table = slack_scopes(&count);

    for (size_t i = 0; i < count; i++)
        if (is_method(&table[i]) && strcmp(table[i].what, method) == 0)
            return true;
    return false;
}

/* The next text in quotes that the sender has a rule for, as its method. */
static const char *next_called(const char **at)
{
    char word[64];
    const char *end;

    while ((*at = strchr(*at, '"')) != NULL) {
        const struct call_rule *rule;
        size_t len;

        end = *at + 1 + strcspn(*at + 1, "\"\n");
        len = (size_t)(end - *at - 1);
        (*at)++;
        if (len >= sizeof word)
            continue;
        memcpy(word, *at, len);
        word[len] = '\0';
        rule = call_rule_find(word);
        if (strcmp(rule->method, word) == 0 && strcmp(word, "other") != 0 &&
            strchr(word, '.'))
            return rule->method;
    }
    return NULL;
}

Test(slack_scopes, every_method_that_is_called_is_in_the_table)
{
    struct buf all = { 0 };
    const char *at, *method;
    unsigned seen = 0;

    read_sources(&all);
    at = buf_text(&all);
    while ((method = next_called(&at)) != NULL) {
        cr_expect(in_table(method), "%s is called, and not in the table",
                  method);
        seen++;
    }
    cr_assert_gt(seen, 8);
    buf_dispose(&all);
}

Test(slack_scopes, every_method_of_the_table_is_called)
{
    struct buf all = { 0 };
    size_t count;
    const struct slack_scope *table = slack_scopes(&count);
    char quoted[80];

    read_sources(&all);
    for (size_t i = 0; i < count; i++) {
        snprintf(quoted, sizeof quoted, "\"%s\"", table[i].what);
        cr_expect(!is_method(&table[i]) || strstr(buf_text(&all), quoted),
                  "nobody calls %s", table[i].what);
        cr_expect(*table[i].why != '\0');
        cr_expect_str_eq(
            call_rule_find(is_method(&table[i]) ? table[i].what : "auth.test")
                ->method,
            is_method(&table[i]) ? table[i].what : "auth.test",
            "the sender has no rule for %s", table[i].what);
    }
    buf_dispose(&all);
}
