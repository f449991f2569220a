/* The Slack app's manifest: within Slack's limits, and neither more nor less
 * than what the bot calls and listens to. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- what needs which scopes --------------------------------------------------- */

/* Scopes, with blanks between; where there are several for the kinds of a
 * conversation, those for channels, public and private. "-": none. */
struct need {
    const char *what, *scopes;
};

static const struct need methods[] = {
    { "apps.connections.open", "-" }, /* the app-level token's */
    { "auth.test", "-" },
    { "bookmarks.add", "bookmarks:write" },
    { "chat.delete", "chat:write" },
    { "chat.getPermalink", "-" },
    { "chat.postEphemeral", "chat:write" },
    { "chat.postMessage", "chat:write" },
    { "chat.update", "chat:write" },
    { "conversations.archive", "channels:manage groups:write" },
    { "conversations.create", "channels:manage" },
    { "conversations.history", "channels:history groups:history" },
    { "conversations.info", "channels:read groups:read" },
    { "conversations.invite", "channels:manage groups:write" },
    { "conversations.join", "channels:join" },
    { "conversations.list", "channels:read groups:read" },
    { "conversations.members", "channels:read groups:read" },
    { "conversations.open", "im:write" },
    { "conversations.replies", "channels:history groups:history" },
    { "conversations.setPurpose", "channels:manage groups:write" },
    { "conversations.setTopic", "channels:manage groups:write" },
    { "files.completeUploadExternal", "files:write" },
    { "files.getUploadURLExternal", "files:write" },
    { "pins.add", "pins:write" },
    { "reactions.add", "reactions:write" },
    { "team.info", "team:read" },
    { "usergroups.list", "usergroups:read" },
    { "usergroups.users.list", "usergroups:read" },
    { "users.info", "users:read" },
    { "users.list", "users:read" },
    { "users.lookupByEmail", "users:read users:read.email" },
    { "views.open", "-" },
    { "views.publish", "-" },
    { "views.push", "-" },
    { "views.update", "-" },
};

/* As bot/flow/event.c takes them. */
static const struct need events[] = {
    { "app_home_opened", "-" },
    { "app_mention", "app_mentions:read" },
    { "message.im", "im:history" },
};

#define COUNT(of) (sizeof of / sizeof *of)

static const struct need *find(const struct need *table, size_t count,
                               const char *what)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].what, what) == 0)
            return &table[i];
    return NULL;
}

static bool needs(const struct need *need, const char *scope)
{
    char *list = xasprintf(" %s ", need->scopes);
    char *word = xasprintf(" %s ", scope);
    bool is = strstr(list, word) != NULL;

    free(list);
    free(word);
    return is;
}

/* Names of methods, "a.b\n", in the source; heap. The table of the sender
 * has those that nobody calls too. */
static char *called(void)
{
    int status;
    char *out = shell(
        &status, "grep -rhoE '\"(apps|auth|bookmarks|bots|chat|conversations|"
                 "files|pins|reactions|team|usergroups|users|views)"
                 "(\\.[a-z][A-Za-z]+)+\"' bot core commands --include='*.c' "
                 "--exclude=sender_rule.c | tr -d '\"' | sort -u");

    cr_assert_eq(status, 0, "%s", out);
    cr_assert(strstr(out, "chat.postMessage\n"), "%s", out);
    return out;
}

static void expect_scopes(const struct need *need)
{
    char *copy = xstrdup(need->scopes), *rest = copy, *scope;

    while ((scope = strsep(&rest, " ")))
        cr_expect(*scope == '-' || has(manifest, SCOPES, scope),
                  MANIFEST ": %s needs the scope %s", need->what, scope);
    free(copy);
}

Test(manifest, has_the_scope_of_each_method_that_is_called)
{
    char *all = called(), *rest = all, *method;

    while ((method = strsep(&rest, "\n"))) {
        const struct need *need = find(methods, COUNT(methods), method);

        if (!*method)
            continue;
        cr_expect(need,
                  "%s is called, and this test does not know what scopes "
                  "it needs",
                  method);
        if (need)
            expect_scopes(need);
    }
    free(all);
}

/* Is it one that a called method or an event needs? */
static bool is_needed(const char *scope, char *all)
{
    char *copy = xstrdup(all), *rest = copy, *method;
    bool is = strcmp(scope, "commands") == 0;

    while (!is && (method = strsep(&rest, "\n"))) {
        const struct need *need = find(methods, COUNT(methods), method);

        is = need && needs(need, scope);
    }
    for (size_t i = 0; i < COUNT(events); i++)
        is = is || needs(&events[i], scope);
    free(copy);
    return is;
}

Test(manifest, has_no_scope_that_nothing_needs)
{
    char *all = called();
    const json_t *scope;
    size_t i;

    cr_expect(has(manifest, SCOPES, "commands"));
    json_array_foreach(at(manifest, SCOPES), i, scope)
    {
        cr_expect(is_needed(json_string_value(scope), all),
                  MANIFEST ": nothing that is called needs %s",
                  json_string_value(scope));
    }
    free(all);
}

/* ---- events --------------------------------------------------------------------- */

Test(manifest, has_the_events_that_are_taken)
{
    char *source = deploy_text("bot/flow/event.c");
    const json_t *event;
    size_t i;

    for (i = 0; i < COUNT(events); i++) {
        size_t word = strcspn(events[i].what, ".");
        char *quoted = xasprintf("\"%.*s\"", (int)word, events[i].what);

        cr_expect(has(manifest, EVENTS, events[i].what), "%s", events[i].what);
        cr_expect(strstr(source, quoted), "bot/flow/event.c does not take %s",
                  events[i].what);
        expect_scopes(&events[i]);
        free(quoted);
    }
    json_array_foreach(at(manifest, EVENTS), i, event)
    {
        cr_expect(find(events, COUNT(events), json_string_value(event)),
                  "nobody takes %s", json_string_value(event));
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
