/*
 * slack: Slack's Web API for `opsbot check`. One thread.
 */
#include "bot/check/slack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/sender/sender_body.h"
#include "bot/version.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/net/web_ask.h"

#define CALL_MS 5000

void slack_init(struct slack *s, struct look *l)
{
    *s = (struct slack){ .look = l };
    s->web =
        web_ask_new(version_agent(), !body_url_loopback(l->cfg->slack.api_url));
}

void slack_dispose(struct slack *s)
{
    json_doc_free(s->answer);
    web_ask_free(s->web);
}

/* Its Date is cut to whole seconds, and said somewhere between the two. */
static void compare_clocks(struct slack *s, int64_t before, int64_t after)
{
    int64_t date = web_ask_date(s->web);

    s->has_skew = date > 0;
    if (s->has_skew)
        s->skew_ms = (before + after) / 2 - (date + 500);
}

bool slack_call(struct slack *s, const char *method, const char *token,
                const char *form, struct err *err)
{
    char *url = xasprintf("%s%s", s->look->cfg->slack.api_url, method);
    struct web_request req = { .url = url,
                               .form = form,
                               .token = token,
                               .timeout_ms = look_left_ms(s->look, CALL_MS) };
    int64_t before = clock_wall_ms();
    struct err ignored;
    const char *body;
    size_t len;
    bool ok = web_ask_run(s->web, &req, err);

    free(url);
    json_doc_free(s->answer);
    s->answer = NULL;
    if (!ok)
        return false;
    compare_clocks(s, before, clock_wall_ms());
    body = web_ask_body(s->web, &len);
    s->answer = json_doc_parse(body, len, &ignored);
    if (s->answer && json_doc_has(s->answer, "ok"))
        return true;
    return err_set(err, ERR_SLACK,
                   "answered %d with what is no answer of "
                   "Slack's",
                   web_ask_status(s->web));
}

const char *slack_refusal(const struct slack *s)
{
    const char *word;

    if (json_doc_bool(s->answer, "ok"))
        return "";
    word = json_doc_str(s->answer, "error");
    return *word ? word : "no reason given";
}

/* ---- what to do ------------------------------------------------------------------ */

static const struct {
    const char *refusal, *todo;
} todos[] = {
    { "invalid_auth", "copy the token anew into %s: Slack does not know it" },
    { "not_authed", "copy the token anew into %s" },
    { "token_revoked", "it was revoked: install the app again (or generate a "
                       "new app-level token) and put the new one into %s" },
    { "token_expired", "it has expired: make a new one, put it into %s" },
    { "account_inactive", "the app was uninstalled: install it again and put "
                          "the new token into %s" },
    { "not_allowed_token_type", "put a token of the right kind into %s: "
                                "xapp-… for SLACK_APP_TOKEN, xoxb-… for "
                                "SLACK_BOT_TOKEN" },
    { "missing_scope", "give the token in %s the scope that is missing "
                       "(connections:write for the app-level token)" },
    { "socket_mode_disabled", "switch Socket Mode on in the app's settings "
                              "(https://api.slack.com/apps)" },
    { "ratelimited", "wait a minute, then check again" },
};

const char *slack_token_todo(const char *refusal, const char *variable,
                             char out[SLACK_TODO])
{
    const char *at;

    snprintf(out, SLACK_TODO,
             "look the word up at https://docs.slack.dev, then check again");
    for (size_t i = 0; i < sizeof todos / sizeof *todos; i++) {
        if (strcmp(refusal, todos[i].refusal) != 0)
            continue;
        at = strstr(todos[i].todo, "%s");
        if (at)
            snprintf(out, SLACK_TODO, "%.*s%s%s", (int)(at - todos[i].todo),
                     todos[i].todo, variable, at + 2);
        else
            snprintf(out, SLACK_TODO, "%s", todos[i].todo);
    }
    return out;
}
