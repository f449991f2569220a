/*
 * page_step: whom a step of an escalation policy tells. See page.h.
 *
 * People and user groups are mentioned in a line that is shown in the channel;
 * another channel gets the group's card, which lives on there; a person gets a
 * direct message, a pager a page. Everything has its operation from group,
 * round and step: a step that is taken again tells nobody twice (P2).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/oncall.h"
#include "core/alert/page.h"
#include "core/alert/take.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/ops/outbox.h"

/* A step while it is taken. */
struct telling {
    const struct alert_world *w;
    const struct alert_group *g;
    const struct config_policy *policy;
    int step, round;
    const struct group_change *change;
    char **mention; /* heap, as are they: "U1", "S1" */
    size_t mentions;
    struct buf whom;
    struct err *err;
};

/* What a target is, by how it is written. */
enum target {
    TARGET_USER,
    TARGET_GROUP,
    TARGET_CHANNEL,
    TARGET_DM,
    TARGET_ONCALL,
    TARGET_WEBHOOK
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static enum target target_of(const char *to)
{
    if (begins(to, "oncall:"))
        return TARGET_ONCALL;
    if (begins(to, "webhook:"))
        return TARGET_WEBHOOK;
    if (begins(to, "dm:"))
        return TARGET_DM;
    if (to[0] == 'S')
        return TARGET_GROUP;
    return to[0] == 'U' || to[0] == 'W' ? TARGET_USER : TARGET_CHANNEL;
}

/* ---- for people --------------------------------------------------------------- */

/* Ids as they are: what people see of them is blocks'. */
static void add_whom(struct telling *t, const char *what)
{
    buf_fmt(&t->whom, "%s%s", t->whom.len ? ", " : "", what);
}

/* An id, once. */
static void mention(struct telling *t, const char *id)
{
    for (size_t i = 0; i < t->mentions; i++)
        if (strcmp(t->mention[i], id) == 0)
            return;
    t->mention = xrealloc(t->mention, (t->mentions + 1) * sizeof *t->mention);
    t->mention[t->mentions++] = xstrdup(id);
}

/* ---- what goes out -------------------------------------------------------------- */

/* "0.1"; of one that fires again, since when it had been over: it begins with
 * its first step then, and that is another one. */
#define STEP_NAME 64
static const char *step_name(const struct telling *t, char out[STEP_NAME])
{
    if (t->g->over_at)
        snprintf(out, STEP_NAME, "%lld.%d.%d", (long long)t->g->over_at,
                 t->round, t->step);
    else
        snprintf(out, STEP_NAME, "%d.%d", t->round, t->step);
    return out;
}

static void op_of(const struct telling *t, const char *what, char op[OP_ID])
{
    char step[STEP_NAME];

    step_name(t, step);
    digest_op(op, "step", t->g->op, step, what, NULL);
}

static enum outbox_lane lane_of(const struct alert_group *g)
{
    return g->severity == ALERT_CRITICAL ? OUTBOX_CRITICAL : OUTBOX_WARNING;
}

static bool put(struct telling *t, const char *op, const char *channel,
                const char *body, const char *thing, const char *thread_of)
{
    return outbox_put(t->w->db,
                      &(struct outbox_new){ .op = op,
                                            .channel = channel,
                                            .body = body,
                                            .thing = thing,
                                            .thread_of = thread_of,
                                            .lane = lane_of(t->g) },
                      t->err);
}

/* As a message of text alone: until its card can be loaded. */
static char *body_of(const struct alert_group *g)
{
    char *subject = page_subject(g), *text = page_escaped(subject);
    char *body = json_text(member_str("text", text));

    free(subject);
    free(text);
    return body;
}

/* Its card, where it is not yet: in a channel that the route does not name,
 * or because it had folded into a digest. */
static bool put_card(struct telling *t, const char *channel)
{
    char thing[GROUP_THING], *body = body_of(t->g);
    bool ok;

    group_thing(t->g->number, thing);
    ok = put(t, t->g->op, channel, body, thing, NULL);
    free(body);
    return ok;
}

/* What is said in the thread of a card: the step, and whom it tells. */
static char *line_of(const struct telling *t, enum config_voice voice,
                     bool with_mentions)
{
    const struct config *cfg = t->w->config;
    struct route route = *router_find(router_of(cfg), t->g->route_id);
    struct step_line line = {
        .change = { .reason = REASON_ESCALATED,
                    .at = t->change->at,
                    .actor = t->change->actor,
                    .actor_name = t->change->actor_name,
                    .text = (char *)buf_text(&t->whom),
                    .n = t->step + 1,
                    .of = t->policy->steps_count },
        .voice = voice,
        .tell = true,
    };

    route.mention = (const char *const *)t->mention;
    route.mention_count = with_mentions ? t->mentions : 0;
    /* it is made of them, and keeps neither */
    /* cppcheck-suppress returnDanglingLifetime */
    return t->w->line(t->w->db, cfg, t->g, &line, &route);
}

static bool put_line(struct telling *t, const char *channel,
                     enum config_voice voice, bool with_mentions)
{
    char op[OP_ID], thing[GROUP_THING];
    char *body = line_of(t, voice, with_mentions);
    bool ok;

    op_of(t, "line", op);
    group_thing(t->g->number, thing);
    ok = put(t, op, channel, body, NULL, thing);
    free(body);
    return ok;
}

static bool put_page(struct telling *t, const char *target)
{
    char key[OP_ID];
    char *body;
    bool ok;

    op_of(t, target, key);
    body = page_json(t->g, "escalated", key, t->step + 1,
                     (int)t->policy->steps_count);
    ok = page_put(t->w->db,
                  &(struct page_new){ .key = key,
                                      .target = target,
                                      .group = t->g->number,
                                      .body = body,
                                      .give_up_ms = PAGE_GIVE_UP_MS },
                  t->err);
    free(body);
    return ok;
}

/* To a user's id: Slack opens the conversation. It is the card as it is when
 * its turn comes, with its buttons, and stays so: nobody can edit it by that
 * id. */
static bool put_dm(struct telling *t, const char *user)
{
    char step[STEP_NAME];
    char *thing =
        xasprintf("page:%lld:%s", (long long)t->g->number, step_name(t, step));
    char *body = body_of(t->g), op[OP_ID];
    bool ok;

    op_of(t, user, op);
    ok = put(t, op, user, body, thing, NULL);
    free(thing);
    free(body);
    return ok;
}

/* ---- the targets ------------------------------------------------------------------ */

/* A rotation that the configuration does not have any more tells nobody. */
static bool tell_oncall(struct telling *t, const char *name)
{
    const struct config_rotation *r = oncall_find(t->w->config, name);
    struct oncall on = { 0 };
    bool ok = true;

    if (r)
        ok = oncall_at(t->w->db, r, t->change->at, &on, t->err);
    if (ok && on.user && on.user[0]) {
        mention(t, on.user);
        add_whom(t, on.user);
    } else if (ok) {
        add_whom(t, "nobody on call for ");
        buf_str(&t->whom, name);
    }
    oncall_dispose(&on);
    return ok;
}

static bool is_own(const struct alert_group *g, const char *channel)
{
    for (size_t i = 0; i < g->channels_count; i++)
        if (strcmp(g->channels[i], channel) == 0)
            return true;
    return false;
}

/* Whom it names, and what needs no line to be known before. */
static bool tell(struct telling *t, const char *to)
{
    switch (target_of(to)) {
    case TARGET_USER:
    case TARGET_GROUP:
        mention(t, to);
        add_whom(t, to);
        return true;
    case TARGET_CHANNEL:
        add_whom(t, to);
        return true;
    case TARGET_DM:
        add_whom(t, to + strlen("dm:"));
        return put_dm(t, to + strlen("dm:"));
    case TARGET_ONCALL:
        return tell_oncall(t, to + strlen("oncall:"));
    case TARGET_WEBHOOK:
        add_whom(t, "pager ");
        buf_str(&t->whom, to + strlen("webhook:"));
        return put_page(t, to);
    }
    return true;
}

/* There it has a card, new or from an earlier round, and a line to it. */
static bool tell_channel(struct telling *t, const char *to)
{
    if (target_of(to) != TARGET_CHANNEL || is_own(t->g, to))
        return true;
    return put_card(t, to) && put_line(t, to, VOICE_BROADCAST, false);
}

static bool tell_all(struct telling *t)
{
    const struct config_step *step = &t->policy->steps[t->step];

    for (unsigned i = 0; i < step->to_count; i++)
        if (!tell(t, step->to[i]))
            return false;
    for (unsigned i = 0; i < step->to_count; i++)
        if (!tell_channel(t, step->to[i]))
            return false;
    for (size_t i = 0; i < t->g->channels_count; i++) {
        const char *channel = t->g->channels[i];

        if ((t->g->storm && !put_card(t, channel)) ||
            !put_line(t, channel, VOICE_BROADCAST, true))
            return false;
    }
    return true;
}

bool page_step(const struct alert_world *w, const struct alert_group *g,
               const struct config_policy *policy, int step, int round,
               const struct group_change *change, char **whom, struct err *err)
{
    struct telling t = { .w = w,
                         .g = g,
                         .policy = policy,
                         .step = step,
                         .round = round,
                         .change = change,
                         .err = err };
    bool ok = !policy || step >= (int)policy->steps_count || tell_all(&t);

    for (size_t i = 0; i < t.mentions; i++)
        free(t.mention[i]);
    free(t.mention);
    *whom = ok ? xstrdup(buf_text(&t.whom)) : NULL;
    buf_dispose(&t.whom);
    return ok;
}
