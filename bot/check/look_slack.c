/*
 * look_slack: the bot token, what it allows, what time Slack thinks it is, and
 * the channels that the configuration names (its user groups: look_groups.c).
 * Its own thread; calls one after the other, as Slack counts them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/check/slack.h"
#include "bot/sender/sender_body.h"
#include "bot/slack_scopes.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include "core/net/web_ask.h"
#include "core/roster.h"

#define SKEW_WARN_MS 30000
#define SKEW_FAIL_MS 240000 /* Slack's signatures live 300 s */

/* ---- scopes ----------------------------------------------------------------------- */

/* Is scope one of "a,b, c"? */
static bool in_list(const char *list, const char *scope)
{
    size_t len = strlen(scope);

    for (const char *at = list; *at;) {
        size_t n;

        at += strspn(at, ", ");
        n = strcspn(at, ", ");
        if (n == len && strncmp(at, scope, len) == 0)
            return true;
        at += n;
    }
    return false;
}

static bool rotations_have_groups(const struct config *cfg)
{
    for (unsigned i = 0; i < cfg->alerts.rotations_count; i++)
        if (cfg->alerts.rotations[i].group)
            return true;
    return false;
}

static bool is_needed(const struct config *cfg, const struct slack_scope *s)
{
    const char **groups;
    size_t count;

    if (!s->scope || s->kind == SCOPE_APP)
        return false;
    if (s->need == SCOPE_PICTURE)
        return cfg->alerts.on;
    if (s->need == SCOPE_STANDBY)
        return rotations_have_groups(cfg);
    if (s->need != SCOPE_GROUPS)
        return s->need == SCOPE_ALWAYS || s->need == SCOPE_TALK;
    groups = roster_groups(cfg, &count);
    free(groups);
    return count > 0;
}

struct missing {
    struct buf must, less; /* "channels:join (to post …), …" */
};

static void miss(struct missing *m, const struct slack_scope *s)
{
    bool less = s->need == SCOPE_TALK || s->need == SCOPE_PICTURE;
    struct buf *out = less ? &m->less : &m->must;

    if (!strstr(buf_text(&m->must), s->scope) &&
        !strstr(buf_text(&m->less), s->scope))
        buf_fmt(out, "%s%s (%s)", out->len ? ", " : "", s->scope, s->why);
}

#define SCOPES_TODO                                                            \
    "add them under OAuth & Permissions, Bot Token Scopes (or update the app " \
    "by deploy/slack/manifest.yaml), then install the app again"

static void look_at_scopes(struct slack *s)
{
    const char *given = web_ask_header(s->web, "x-oauth-scopes");
    struct report *r = &s->look->report;
    struct missing m = { 0 };
    size_t count;
    const struct slack_scope *table = slack_scopes(&count);

    if (!given) {
        report_warn(r, "slack.scopes", "compare them with the README",
                    "scopes: Slack does not say which ones the token has");
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (is_needed(s->look->cfg, &table[i]) &&
            !in_list(given, table[i].scope))
            miss(&m, &table[i]);
    if (m.must.len)
        report_fail(r, "slack.scopes", SCOPES_TODO, "scopes: missing %s",
                    buf_text(&m.must));
    if (m.less.len)
        report_warn(r, m.must.len ? "slack.scopes.messages" : "slack.scopes",
                    SCOPES_TODO, "scopes: missing %s", buf_text(&m.less));
    if (!m.must.len && !m.less.len)
        report_ok(r, "slack.scopes", "scopes: all that opsbot needs");
    buf_dispose(&m.must);
    buf_dispose(&m.less);
}

/* ---- the clock --------------------------------------------------------------------- */

static void look_at_clock(struct slack *s)
{
    static const char id[] = "slack.clock";
    static const char todo[] =
        "let this machine keep time (systemd-timesyncd, chrony)";
    struct report *r = &s->look->report;
    int64_t off = s->skew_ms < 0 ? -s->skew_ms : s->skew_ms;
    const char *way = s->skew_ms < 0 ? "behind" : "ahead of";

    if (!s->has_skew)
        report_warn(r, id, "see whether a proxy takes the Date header away",
                    "clock: Slack did not say what time it is");
    else if (off > SKEW_FAIL_MS)
        report_fail(r, id, todo,
                    "clock: %lld s %s Slack's. From 300 s on nothing that "
                    "Slack signs is accepted",
                    (long long)off / 1000, way);
    else if (off > SKEW_WARN_MS)
        report_warn(r, id, todo, "clock: %lld s %s Slack's",
                    (long long)off / 1000, way);
    else
        report_ok(r, id, "clock: agrees with Slack's");
}

/* ---- channels ---------------------------------------------------------------------- */

struct channel {
    const char *id;   /* borrowed */
    const char *what; /* "channels.ops" */
    bool posted_to;   /* else it is only where rights hold */
};

static void channel_refused(struct slack *s, const struct channel *c,
                            const char *id)
{
    const char *why = slack_refusal(s);
    struct report *r = &s->look->report;

    if (strcmp(why, "channel_not_found") == 0)
        report_fail(r, id,
                    "correct the id (in Slack: the channel's name, About); if "
                    "it is private, /invite the bot first",
                    "channel %s (%s): there is none that the bot can see",
                    c->id, c->what);
    else if (strcmp(why, "missing_scope") == 0)
        report_warn(r, id,
                    "add the bot scope of that name, if you want channels "
                    "checked",
                    "channel %s (%s): not looked at, %s is missing", c->id,
                    c->what, json_doc_str(s->answer, "needed"));
    else
        report_warn(r, id, "check again in a minute",
                    "channel %s (%s): not looked at: %s", c->id, c->what, why);
}

static void channel_found(struct slack *s, const struct channel *c,
                          const char *id)
{
    const char *name = json_doc_str(s->answer, "channel.name");
    bool member = json_doc_bool(s->answer, "channel.is_member");
    bool private = json_doc_bool(s->answer, "channel.is_private");
    struct report *r = &s->look->report;

    if (json_doc_bool(s->answer, "channel.is_archived"))
        report_fail(r, id, "unarchive it, or name another one",
                    "channel #%s (%s) is archived", name, c->what);
    else if (member || !c->posted_to)
        report_ok(r, id, "channel #%s (%s)%s", name, c->what,
                  member ? ": the bot is a member" : "");
    else if (private)
        report_fail(r, id, "/invite the bot there",
                    "channel #%s (%s) is private, and the bot is no member",
                    name, c->what);
    else
        report_ok(r, id,
                  "channel #%s (%s): the bot joins it with its first post",
                  name, c->what);
}

static void look_at_channel(struct slack *s, const struct channel *c)
{
    const struct config *cfg = s->look->cfg;
    char *json = json_text(member_str("channel", c->id));
    struct buf form = { 0 };
    struct err err = { 0 };
    char id[LOOK_ID];

    look_id(id, "slack.channel.", c->id);
    if (!body_form(json, &form, &err) ||
        !slack_call(s, "conversations.info", cfg->slack.bot_token,
                    buf_text(&form), &err))
        report_warn(&s->look->report, id, "check again",
                    "channel %s (%s): not looked at: Slack: %s", c->id, c->what,
                    err.text);
    else if (*slack_refusal(s))
        channel_refused(s, c, id);
    else
        channel_found(s, c, id);
    buf_dispose(&form);
    free(json);
}

/* Each once, however often it is named. */
struct channels {
    struct channel *list;
    size_t count;
};

static void name_channel(struct channels *all, const char *id, const char *what,
                         bool posted_to)
{
    if (!id)
        return;
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->list[i].id, id) == 0)
            return;
    all->list = xrealloc(all->list, (all->count + 1) * sizeof *all->list);
    all->list[all->count++] = (struct channel){ id, what, posted_to };
}

static void name_routes(struct channels *all, const struct config_route *of)
{
    for (unsigned i = 0; i < of->channels_count; i++)
        name_channel(all, of->channels[i], "alerts.route", true);
    for (unsigned i = 0; i < of->routes_count; i++)
        name_routes(all, &of->routes[i]);
}

static void name_step(struct channels *all, const struct config_step *step)
{
    for (unsigned i = 0; i < step->to_count; i++)
        if (strchr("CG", *step->to[i]))
            name_channel(all, step->to[i], "alerts.policies", true);
}

/* A wrong one is not noticed before the night in which it is needed. */
static void name_alerts(struct channels *all, const struct config_alerts *a)
{
    name_routes(all, &a->route);
    for (unsigned i = 0; i < a->policies_count; i++)
        for (unsigned j = 0; j < a->policies[i].steps_count; j++)
            name_step(all, &a->policies[i].steps[j]);
}

static void look_at_channels(struct slack *s)
{
    const struct config *cfg = s->look->cfg;
    struct channels all = { 0 };

    name_channel(&all, cfg->channels.ops, "channels.ops", true);
    name_channel(&all, cfg->channels.incidents, "channels.incidents", true);
    name_channel(&all, cfg->channels.fallback, "channels.fallback", true);
    name_alerts(&all, &cfg->alerts);
    for (unsigned i = 0; i < cfg->roles_count; i++)
        for (unsigned j = 0; j < cfg->roles[i].channels_count; j++)
            name_channel(&all, cfg->roles[i].channels[j], cfg->roles[i].name,
                         false);
    for (size_t i = 0; i < all.count; i++)
        look_at_channel(s, &all.list[i]);
    free(all.list);
}

/* ---- the token ----------------------------------------------------------------------- */

/* False: the others cannot be asked either. */
static bool look_at_bot_token(struct slack *s)
{
    static const char id[] = "slack.bot_token";
    struct report *r = &s->look->report;
    char out[SLACK_TODO];
    struct err err = { 0 };

    if (!slack_call(s, "auth.test", s->look->cfg->slack.bot_token, "", &err)) {
        report_fail(r, id, SLACK_AWAY_TODO, "bot token: Slack: %s", err.text);
        return false;
    }
    look_at_clock(s);
    if (*slack_refusal(s)) {
        report_fail(r, id,
                    slack_token_todo(slack_refusal(s), "SLACK_BOT_TOKEN", out),
                    "bot token: Slack refuses it: %s", slack_refusal(s));
        return false;
    }
    if (!*json_doc_str(s->answer, "bot_id")) {
        report_fail(r, id, "put the Bot User OAuth Token (xoxb-…) there",
                    "bot token: SLACK_BOT_TOKEN is a person's, %s's",
                    json_doc_str(s->answer, "user"));
        return false;
    }
    report_ok(r, id, "bot token: @%s in %s", json_doc_str(s->answer, "user"),
              json_doc_str(s->answer, "team"));
    return true;
}

void look_slack(struct look *l)
{
    struct slack s;

    slack_init(&s, l);
    if (look_at_bot_token(&s)) {
        look_at_scopes(&s);
        look_at_channels(&s);
        look_groups(&s);
    }
    slack_dispose(&s);
}
