/*
 * Budgets are kept as one number each: the moment at which the budget would
 * be whole again (GCRA). A call may go while that is less than a burst ahead,
 * and moves it on by one interval.
 */
#include "bot/sender/sender_pace.h"

#include <stdlib.h>
#include <string.h>

#include "bot/sender/sender_rule.h"
#include "core/base/mem.h"
#include "core/base/text.h"

#define CHANNEL_SLOTS 256
#define CHANNELS_KEPT 2048  /* more than that: forget the idle ones */
#define AFTER_TOKEN   60000 /* ms every post has once the token is taken */

struct gate {
    int64_t whole;        /* when the budget is whole again */
    int64_t paused_until; /* Retry-After */
};

struct channel {
    struct channel *next;
    char *id;
    struct gate gate;
};

struct token {
    bool refused;
    int64_t try_at; /* one post may try it then */
    int64_t taken_at;
};

struct limited {
    const char *channel; /* id of a kept channel, or NULL */
    int64_t at;
};

struct pace {
    struct channel *channels[CHANNEL_SLOTS];
    size_t channel_count;
    struct gate methods[CALL_RULES];
    struct token tokens[2]; /* bot, app */
    struct limited limited[PACE_SPREAD];
};

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* What a lesser post leaves of a burst, however many of them wait, a critical
 * one finds there when it comes. */
static int burst_of(const struct post *post, int burst)
{
    int kept = burst < PACE_KEPT ? 1 : burst / PACE_KEPT;

    return post->lane > POST_CLICK ? burst - kept : burst;
}

static int64_t gate_when(const struct gate *g, int64_t interval, int burst)
{
    return later(g->paused_until, g->whole - interval * (burst - 1));
}

static void gate_take(struct gate *g, int64_t interval, int64_t now)
{
    g->whole = later(g->whole, now) + interval;
}

/* ---- channels ------------------------------------------------------------- */

static size_t slot_of(const char *id)
{
    return text_hash(id) % CHANNEL_SLOTS;
}

static struct channel *channel_find(const struct pace *p, const char *id)
{
    struct channel *c = p->channels[slot_of(id)];

    while (c && strcmp(c->id, id) != 0)
        c = c->next;
    return c;
}

static bool channel_idle(const struct pace *p, const struct channel *c,
                         int64_t now)
{
    for (size_t i = 0; i < PACE_SPREAD; i++)
        if (p->limited[i].channel == c->id)
            return false;
    return c->gate.whole <= now && c->gate.paused_until <= now;
}

static void forget_idle(struct pace *p, int64_t now)
{
    for (size_t i = 0; i < CHANNEL_SLOTS; i++) {
        struct channel **at = &p->channels[i];

        while (*at) {
            struct channel *c = *at;

            if (!channel_idle(p, c, now)) {
                at = &c->next;
                continue;
            }
            *at = c->next;
            free(c->id);
            free(c);
            p->channel_count--;
        }
    }
}

static struct channel *channel_get(struct pace *p, const char *id, int64_t now)
{
    struct channel *c = channel_find(p, id);
    size_t slot = slot_of(id);

    if (c)
        return c;
    if (p->channel_count >= CHANNELS_KEPT)
        forget_idle(p, now);
    c = xcalloc(1, sizeof *c);
    c->id = xstrdup(id);
    c->next = p->channels[slot];
    p->channels[slot] = c;
    p->channel_count++;
    return c;
}

static bool paced_by_channel(const struct post *post)
{
    return (post->rule->flags & CALL_CHANNEL) && post->channel;
}

/* ---- tokens --------------------------------------------------------------- */

/* -1: sent without one */
static int token_index(const struct post *post)
{
    if (call_rule_is_url(post->rule))
        return -1;
    return post->app_token ? 1 : 0;
}

/* A post with `once` is not held back: its caller has a policy of its own. */
static const struct token *token_refused(const struct pace *p,
                                         const struct post *post)
{
    int i = token_index(post);

    if (i < 0 || post->once || !p->tokens[i].refused)
        return NULL;
    return &p->tokens[i];
}

void pace_token_refused(struct pace *p, const struct post *post, int64_t now)
{
    int i = token_index(post);

    if (i < 0)
        return;
    p->tokens[i].refused = true;
    p->tokens[i].try_at = now + PACE_TOKEN_MS;
}

bool pace_token_taken(struct pace *p, const struct post *post, int64_t now)
{
    int i = token_index(post);

    if (i < 0 || !p->tokens[i].refused)
        return false;
    p->tokens[i].refused = false;
    p->tokens[i].taken_at = now;
    return true;
}

bool pace_any_refused(const struct pace *p)
{
    return p->tokens[0].refused || p->tokens[1].refused;
}

/* ---- a post --------------------------------------------------------------- */

static int64_t interval_of(const struct call_rule *rule)
{
    return rule->per_minute ? 60000 / rule->per_minute : 0;
}

int64_t pace_when(const struct pace *p, const struct post *post)
{
    const struct call_rule *rule = post->rule;
    const struct gate *method = &p->methods[call_rule_index(rule)];
    const struct token *token = token_refused(p, post);
    int64_t when = post->not_before;

    if (rule->per_minute)
        when = later(when, gate_when(method, interval_of(rule),
                                     burst_of(post, rule->burst)));
    if (paced_by_channel(post)) {
        const struct channel *c = channel_find(p, post->channel);

        if (c)
            when = later(when, gate_when(&c->gate, PACE_CHANNEL_MS,
                                         burst_of(post, PACE_CHANNEL_BURST)));
    }
    if (token)
        when = later(when, token->try_at);
    return when;
}

void pace_take(struct pace *p, const struct post *post, int64_t now)
{
    const struct call_rule *rule = post->rule;
    int token = token_index(post);

    if (rule->per_minute)
        gate_take(&p->methods[call_rule_index(rule)], interval_of(rule), now);
    if (paced_by_channel(post))
        gate_take(&channel_get(p, post->channel, now)->gate, PACE_CHANNEL_MS,
                  now);
    if (token >= 0 && p->tokens[token].refused)
        p->tokens[token].try_at = now + PACE_TOKEN_MS;
}

int64_t pace_end(const struct pace *p, const struct post *post)
{
    int i = token_index(post);

    if (i < 0 || !post->patient)
        return post->deadline;
    if (p->tokens[i].refused)
        return INT64_MAX;
    if (post->started < p->tokens[i].taken_at)
        return later(post->deadline, p->tokens[i].taken_at + AFTER_TOKEN);
    return post->deadline;
}

/* ---- 429 ------------------------------------------------------------------ */

/* Remembers channel; true when enough of them were limited lately. */
static bool limits_spread(struct pace *p, const char *channel, int64_t now)
{
    struct limited *oldest = &p->limited[0], *use = NULL;
    bool spread = true;

    for (size_t i = 0; i < PACE_SPREAD; i++) {
        if (p->limited[i].channel == channel)
            use = &p->limited[i];
        if (p->limited[i].at < oldest->at)
            oldest = &p->limited[i];
    }
    if (!use)
        use = oldest;
    *use = (struct limited){ .channel = channel, .at = now };
    for (size_t i = 0; i < PACE_SPREAD; i++)
        if (!p->limited[i].channel || p->limited[i].at + PACE_SPREAD_MS < now)
            spread = false;
    return spread;
}

void pace_limited(struct pace *p, const struct post *post, int64_t now,
                  int64_t until)
{
    struct gate *method = &p->methods[call_rule_index(post->rule)];

    if (call_rule_is_url(post->rule))
        return; /* each is limited by itself: its own back-off is enough */
    if (paced_by_channel(post)) {
        struct channel *c = channel_get(p, post->channel, now);

        c->gate.paused_until = later(c->gate.paused_until, until);
        if (!limits_spread(p, c->id, now))
            return;
    }
    method->paused_until = later(method->paused_until, until);
}

/* ---- life ----------------------------------------------------------------- */

struct pace *pace_new(void)
{
    return xcalloc(1, sizeof(struct pace));
}

void pace_free(struct pace *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < CHANNEL_SLOTS; i++) {
        while (p->channels[i]) {
            struct channel *c = p->channels[i];

            p->channels[i] = c->next;
            free(c->id);
            free(c);
        }
    }
    free(p);
}
