/* deploy/runbooks: what they tell a person at 3 a.m. to type and to look at
 * exists: commands and their flags, metrics, members of /health, tables, files
 * that they lead to. */
#include <criterion/criterion.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bot/http/health.h"
#include "commands/command.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "tests/deploy/yaml.h"

#define DIR "deploy/runbooks/"

TestSuite(runbooks, .timeout = 60);

static const char *const books[] = { "alerts-stuck", "bot-deaf",
                                     "dead-letters", "postgres-down",
                                     "redis-down",   "restore",
                                     "slack-down",   "upgrade" };
#define BOOKS (sizeof books / sizeof *books)

/* Calls each with what the first group of pattern matches in each runbook, and
 * fails when a pattern is found nowhere: then it is wrong. */
static void each_match(const char *pattern,
                       void (*each)(const char *book, const char *text))
{
    regmatch_t at[2];
    regex_t re;
    size_t found = 0;

    cr_assert_eq(regcomp(&re, pattern, REG_EXTENDED | REG_NEWLINE), 0);
    for (size_t i = 0; i < BOOKS; i++) {
        char *path = xasprintf(DIR "%s.md", books[i]);
        char *text = deploy_text(path);

        for (const char *rest = text; regexec(&re, rest, 2, at, 0) == 0;
             rest += at[0].rm_eo) {
            char *part = xstrndup(rest + at[1].rm_so,
                                  (size_t)(at[1].rm_eo - at[1].rm_so));

            each(path, part);
            found++;
            free(part);
        }
        free(text);
        free(path);
    }
    regfree(&re);
    cr_expect_gt(found, 0, "nothing fits %s", pattern);
}

/* ---- commands ----------------------------------------------------------------- */

/* Each --flag of the line is one of its command's. */
static void expect_flags(const char *book, const struct command *command,
                         const char *line)
{
    for (const char *at = line; (at = strstr(at, "--")); at += 2) {
        char *flag = xstrndup(at, strcspn(at, " "));

        cr_expect(command->usage && strstr(command->usage, flag),
                  "%s: %s has no %s", book, command->name, flag);
        free(flag);
    }
}

static void expect_command(const char *book, const char *line)
{
    const struct command *command = command_named(line);

    cr_expect(command, "%s: `%s` is no command", book, line);
    if (command)
        expect_flags(book, command, line);
}

Test(runbooks, commands_exist)
{
    each_match("`/ops ([^`]+)`", expect_command);
    each_match("opsctl ops '([^']+)'", expect_command);
}

static char *help;

static void expect_verb(const char *book, const char *verb)
{
    cr_expect(strstr(help, verb), "%s: opsbot has no `%s`", book, verb);
}

Test(runbooks, the_program_has_what_is_typed)
{
    help = deploy_text("bot/help.c");
    each_match("opsbot(\\.yaml)? (check|run|--version)\\b", expect_verb);
    each_match("/opsbot\\.yaml (check)", expect_verb);
    free(help);
}

/* ---- metrics, health ------------------------------------------------------------ */

static char *exported;

static void expect_metric(const char *book, const char *name)
{
    char *word = xasprintf("%s\n", name);

    cr_expect(strstr(exported, word), "%s: there is no metric %s", book, name);
    free(word);
}

Test(runbooks, metrics_exist)
{
    int status;

    exported = shell(&status, "grep -rhoE 'opsbot_[a-z0-9_]+' bot "
                              "--include='*.c' | sort -u");
    cr_assert_eq(status, 0);
    each_match("(opsbot_[a-z0-9_]+)", expect_metric);
    free(exported);
}

static json_t *health;

/* ".redis,.journal": each is there. */
static void expect_members(const char *book, const char *paths)
{
    char *copy = xstrdup(paths), *rest = copy, *path;

    while ((path = strsep(&rest, ",")))
        cr_expect(at(health, path + 1), "%s: /health has no %s", book, path);
    free(copy);
}

Test(runbooks, members_of_health_exist)
{
    struct health_facts facts = { .version = "",
                                  .replica = "",
                                  .socket_state = "up" };
    struct buf body = { 0 };

    health_report(&facts, 1, &body);
    health = json_loads(buf_text(&body), 0, NULL);
    cr_assert_not_null(health);
    each_match("jq ([.a-z_,]+)", expect_members);
    json_decref(health);
    buf_dispose(&body);
}

/* ---- tables, columns, keys ------------------------------------------------------- */

static char *migrations;

static void expect_table(const char *book, const char *name)
{
    char *create = xasprintf("create table opsbot.%s ", name);

    cr_expect(strstr(migrations, create), "%s: there is no table opsbot.%s",
              book, name);
    free(create);
}

Test(runbooks, tables_exist)
{
    int status;

    migrations = shell(&status, "cat core/store/migrations/*.sql");
    cr_assert_eq(status, 0);
    each_match("from opsbot\\.([a-z_]+)", expect_table);
    free(migrations);
}

/* ---- what leads on ---------------------------------------------------------------- */

static void expect_file(const char *book, const char *name)
{
    char *path = xasprintf(DIR "%s", name);

    cr_expect_eq(access(path, R_OK), 0, "%s: there is no %s", book, name);
    free(path);
}

Test(runbooks, links_lead_somewhere)
{
    each_match("\\]\\(([^):]+)\\)", expect_file);
}

static char *rules;

static void expect_alert(const char *book, const char *name)
{
    char *line = xasprintf("alert: %s\n", name);

    cr_expect(strstr(rules, line), "%s: there is no alert %s", book, name);
    free(line);
}

Test(runbooks, alerts_exist)
{
    static const char path[] = "deploy/prometheus/opsbot.rules.yml";

    if (access(path, R_OK) != 0)
        cr_skip_test("there are no alerts");
    rules = deploy_text(path);
    each_match("(Opsbot[A-Z][A-Za-z]+)", expect_alert);
    free(rules);
}

/* For whoever has just been woken: all of them are made alike. */
Test(runbooks, each_says_how_to_know_that_it_is_over)
{
    for (size_t i = 0; i < BOOKS; i++) {
        char *path = xasprintf(DIR "%s.md", books[i]);
        char *text = deploy_text(path);

        cr_expect(strncmp(text, "# ", 2) == 0, "%s", path);
        cr_expect(strstr(text, "\n## Over\n"), "%s", path);
        cr_expect(strstr(text, "\n```\n"), "%s shows no command", path);
        cr_expect(strstr(text, "\n| what you see | do |\n") ||
                      strstr(text, "\n| what you see | what it is | do |\n") ||
                      strstr(text, "\n1. "),
                  "%s", path);
        free(text);
        free(path);
    }
}
