/* The Slack app's manifest: within Slack's limits, and neither more nor less
 * than what the bot calls and listens to. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/slack_scopes.h"
#include "commands/command.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/config.h"
#include "tests/deploy/yaml.h"

#define MANIFEST "deploy/slack/manifest.yaml"
#define SCOPES   "oauth_config.scopes.bot"
#define EVENTS   "settings.event_subscriptions.bot_events"

static json_t *manifest;

static void start(void)
{
    manifest = yaml_file(MANIFEST);
}

static void stop(void)
{
    json_decref(manifest);
}

TestSuite(manifest, .init = start, .fini = stop, .timeout = 30);

/* ---- the one table of what needs which scopes ---------------------------------- */

#define TABLE_FILE "bot/slack_scopes.c"
#define COUNT(of)  (sizeof of / sizeof *of)

/* An entry for what, that has the scope if one is given; or NULL. */
static const struct slack_scope *find(const char *what, const char *scope)
{
    size_t count;
    const struct slack_scope *table = slack_scopes(&count);

    for (size_t i = 0; i < count; i++)
        if ((!what || strcmp(table[i].what, what) == 0) &&
            (!scope || (table[i].scope && table[i].kind != SCOPE_APP &&
                        strcmp(table[i].scope, scope) == 0)))
            return &table[i];
    return NULL;
}

/* Names of methods, "a.b\n", in the source; heap. The tables of the sender and
 * of the scopes have them too, and call nothing. */
static char *called(void)
{
    int status;
    char *out =
        shell(&status,
              "grep -rhoE '\"((apps|auth|bookmarks|bots|chat|conversations|"
              "pins|reactions|team|usergroups|users|views)"
              "(\\.[a-z][A-Za-z]+)+|files\\.(complete|get|upload)[A-Za-z]*)\"'"
              " bot core commands --include='*.c' "
              "--exclude=sender_rule.c --exclude=slack_scopes.c | "
              "tr -d '\"' | sort -u");

    cr_assert_eq(status, 0, "%s", out);
    cr_assert(strstr(out, "chat.postMessage\n"), "%s", out);
    return out;
}

Test(manifest, every_method_that_is_called_is_known)
{
    char *all = called(), *rest = all, *method;

    while ((method = strsep(&rest, "\n")))
        cr_expect(!*method || find(method, NULL),
                  "%s is called: say in " TABLE_FILE " what scope it needs",
                  method);
    free(all);
}

Test(manifest, has_the_scope_of_all_that_is_used)
{
    size_t count;
    const struct slack_scope *table = slack_scopes(&count);

    for (size_t i = 0; i < count; i++)
        cr_expect(!table[i].scope || table[i].kind == SCOPE_APP ||
                      has(manifest, SCOPES, table[i].scope),
                  MANIFEST ": the scope %s is missing, for %s (%s)",
                  table[i].scope, table[i].what, table[i].why);
}

Test(manifest, has_no_scope_that_nothing_needs)
{
    const json_t *scope;
    size_t i;

    json_array_foreach(at(manifest, SCOPES), i, scope)
    {
        cr_expect(find(NULL, json_string_value(scope)),
                  MANIFEST ": nothing needs %s", json_string_value(scope));
    }
}

Test(manifest, what_is_said_to_be_called_is)
{
    char *all = called(), *lines = xasprintf("\n%s", all);
    size_t count;
    const struct slack_scope *table = slack_scopes(&count);

    for (size_t i = 0; i < count; i++) {
        char *line = xasprintf("\n%s\n", table[i].what);
        bool is_method =
            table[i].kind == SCOPE_METHOD || table[i].kind == SCOPE_APP;

        cr_expect(!is_method || strstr(lines, line),
                  TABLE_FILE ": nobody calls %s", table[i].what);
        free(line);
    }
    free(lines);
    free(all);
}

/* ---- events --------------------------------------------------------------------- */

/* The word of bot/flow/event.c for it: "message" of "message.im". */
static bool is_taken(const char *source, const char *event)
{
    size_t word = strcspn(event, ".");
    char *quoted = xasprintf("\"%.*s\"", (int)word, event);
    bool is = strstr(source, quoted) != NULL;

    free(quoted);
    return is;
}

Test(manifest, has_the_events_that_are_taken)
{
    char *source = deploy_text("bot/flow/event.c");
    size_t count, i;
    const struct slack_scope *table = slack_scopes(&count);
    const json_t *event;

    for (i = 0; i < count; i++) {
        if (table[i].kind != SCOPE_EVENT)
            continue;
        cr_expect(has(manifest, EVENTS, table[i].what), "%s", table[i].what);
        cr_expect(is_taken(source, table[i].what),
                  "bot/flow/event.c does not take %s", table[i].what);
    }
    json_array_foreach(at(manifest, EVENTS), i, event)
    {
        const struct slack_scope *known = find(json_string_value(event), NULL);

        cr_expect(known && known->kind == SCOPE_EVENT, "nobody takes %s",
                  json_string_value(event));
    }
    free(source);
}

/* ---- what Slack accepts ----------------------------------------------------------- */

struct limit {
    const char *path;
    size_t least, most; /* characters */
};

#define FEATURES "features.slash_commands.0."

static const struct limit limits[] = {
    { "display_information.name", 1, 35 },
    { "display_information.description", 1, 140 },
    { "display_information.long_description", 175, 4000 },
    { "display_information.background_color", 7, 7 },
    { "features.bot_user.display_name", 1, 80 },
    { FEATURES "command", 2, 32 },
    { FEATURES "description", 1, 2000 },
    { FEATURES "usage_hint", 1, 1000 },
};

static void expect_true(const char *path, bool yes)
{
    cr_expect(yes ? json_is_true(at(manifest, path))
                  : json_is_false(at(manifest, path)),
              "%s", path);
}

Test(manifest, is_one_that_slack_accepts)
{
    for (size_t i = 0; i < COUNT(limits); i++) {
        size_t length = text_length(text_at(manifest, limits[i].path));

        cr_expect(length >= limits[i].least && length <= limits[i].most,
                  "%s has %zu characters, not %zu to %zu", limits[i].path,
                  length, limits[i].least, limits[i].most);
    }
    cr_expect_eq(json_integer_value(at(manifest, "_metadata.major_version")),
                 2);
    cr_expect_leq(json_array_size(at(manifest, EVENTS)), 100);
    cr_expect_leq(json_array_size(at(manifest, SCOPES)), 255);
    cr_expect_eq(json_array_size(at(manifest, "features.slash_commands")), 1);
}

Test(manifest, switches_on_what_the_bot_uses)
{
    expect_true("features.app_home.home_tab_enabled", true);
    expect_true("features.app_home.messages_tab_enabled", true);
    expect_true("features.app_home.messages_tab_read_only_enabled", false);
    expect_true("settings.interactivity.is_enabled", true);
    expect_true("settings.socket_mode_enabled", true);
    expect_true("settings.token_rotation_enabled", false);
    expect_true(FEATURES "should_escape", true);
    cr_expect_null(at(manifest, "features.shortcuts"));
}

/* By HTTP these three are the same server's, where the bot listens. */
Test(manifest, shows_the_addresses_for_http)
{
    static const char *const paths[] = { "url: https://opsbot.example.com"
                                         "/slack/commands",
                                         "request_url: https://opsbot.example"
                                         ".com/slack/events",
                                         "request_url: https://opsbot.example"
                                         ".com/slack/interactive" };
    char *text = deploy_text(MANIFEST);

    for (size_t i = 0; i < COUNT(paths); i++)
        cr_expect(strstr(text, paths[i]), "%s", paths[i]);
    free(text);
}

/* ---- the slash command ------------------------------------------------------------- */

static void add_first_word(struct buf *hint, const char *name)
{
    size_t len = strcspn(name, " ");
    char *word = xstrndup(name, len);
    char *last = strrchr(buf_text(hint), '|');

    if (strcmp(last ? last + 1 : buf_text(hint), word) != 0)
        buf_fmt(hint, "%s%s", hint->len ? "|" : "", word);
    free(word);
}

Test(manifest, hints_at_the_commands_there_are)
{
    struct buf hint = { 0 };
    size_t count;
    const struct command *const *table = command_table(&count);

    for (size_t i = 0; i < count; i++)
        add_first_word(&hint, table[i]->name);
    cr_expect_str_eq(text_at(manifest, FEATURES "usage_hint"), buf_text(&hint));
    cr_expect_str_eq(text_at(manifest, FEATURES "command"),
                     "/ops"); /* the default of slack.command */
    buf_dispose(&hint);
}
