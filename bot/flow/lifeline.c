/*
 * A beat is a health check of the kind http, turned round: what it finds is
 * not how they are, but whether they heard us. See lifeline.h.
 */
#include "bot/flow/lifeline.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/flow/pulse.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/check/check.h"

#define TURN_MS 1000

struct lifeline {
    struct lifeline_needs needs;
    struct pulse *pulse; /* NULL: off */
    struct config_check spec;
    struct checker *checker;
    bool told;   /* that it is not taken; the thread's, as is … */
    int64_t due; /* mono ms */

    pthread_mutex_t gate; /* held while somebody is asked how we are */
    bool ended;

    pthread_mutex_t lock; /* the facts */
    struct lifeline_facts facts;
};

static const char *const names[LIFELINE_STATES] = {
    [LIFELINE_OFF] = "off",
    [LIFELINE_OK] = "ok",
    [LIFELINE_HELD] = "held back",
    [LIFELINE_FAILING] = "failing",
};

const char *lifeline_name(enum lifeline_state state)
{
    return names[state];
}

static void enter(struct lifeline *l, enum lifeline_state state,
                  const char *why)
{
    struct lifeline_facts *f = &l->facts;

    pthread_mutex_lock(&l->lock);
    if (f->state != state || !f->since)
        f->since = clock_wall_ms();
    f->state = state;
    if (state == LIFELINE_OK)
        f->at = clock_wall_ms();
    snprintf(f->why, sizeof f->why, "%s", why);
    pthread_mutex_unlock(&l->lock);
}

static void taken(struct lifeline *l)
{
    enter(l, LIFELINE_OK, "");
    if (l->told)
        log_info("heartbeat", NULL, "heartbeat.url takes our heartbeat again");
    l->told = false;
    l->due = clock_mono_ms() + LIFELINE_EVERY_MS;
}

/* After the end nobody is asked: what they would look at is going. */
static bool well(struct lifeline *l)
{
    struct err why = { 0 };
    bool ok = false, ended;

    pthread_mutex_lock(&l->gate);
    ended = l->ended;
    if (!ended)
        ok = l->needs.well(l->needs.arg, &why);
    pthread_mutex_unlock(&l->gate);
    if (!ok && !ended)
        enter(l, LIFELINE_HELD, why.text);
    return ok;
}

/* Why it was not may change from time to time; that it was not is the news. */
static void not_taken(struct lifeline *l, const char *why)
{
    enter(l, LIFELINE_FAILING, why);
    if (!l->told)
        log_warn("heartbeat", NULL,
                 "heartbeat.url does not take our heartbeat: %s; trying again "
                 "every %d s. Whoever watches it may think that we are dead.",
                 why, LIFELINE_AGAIN_MS / 1000);
    l->told = true;
    l->due = clock_mono_ms() + LIFELINE_AGAIN_MS;
}

static void turn(void *arg)
{
    struct lifeline *l = arg;
    struct check_result result;

    if (!well(l)) {
        l->due = 0; /* as soon as it is again */
        return;
    }
    if (clock_mono_ms() < l->due)
        return;
    checker_run(l->checker, &result);
    if (result.ok)
        taken(l);
    else
        not_taken(l, result.text);
}

/* ---- life ------------------------------------------------------------------ */

struct lifeline *lifeline_start(const struct lifeline_needs *needs,
                                struct err *err)
{
    struct lifeline *l = xcalloc(1, sizeof *l);

    l->needs = *needs;
    pthread_mutex_init(&l->lock, NULL);
    pthread_mutex_init(&l->gate, NULL);
    if (!needs->config->url)
        return l;
    l->spec = (struct config_check){ .id = (char *)"heartbeat",
                                     .kind = CHECK_HTTP,
                                     .url = needs->config->url,
                                     .token = needs->config->token,
                                     .timeout_ms = LIFELINE_MS };
    l->checker = checker_new(&l->spec, NULL);
    l->facts.state = LIFELINE_HELD;
    l->pulse = pulse_start("lifeline", TURN_MS, turn, l, err);
    if (l->pulse)
        return l;
    lifeline_stop(l);
    return NULL;
}

void lifeline_facts(struct lifeline *l, struct lifeline_facts *out)
{
    *out = (struct lifeline_facts){ .turned_ms = -1 };
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    *out = l->facts;
    pthread_mutex_unlock(&l->lock);
    out->turned_ms = l->pulse ? pulse_turned_ms(l->pulse) : -1;
}

void lifeline_end(struct lifeline *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->gate);
    l->ended = true;
    pthread_mutex_unlock(&l->gate);
    pulse_end(l->pulse);
}

void lifeline_stop(struct lifeline *l)
{
    if (!l)
        return;
    pulse_stop(l->pulse);
    checker_free(l->checker);
    pthread_mutex_destroy(&l->gate);
    pthread_mutex_destroy(&l->lock);
    free(l);
}
