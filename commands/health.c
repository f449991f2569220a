/*
 * health: how the checks stand, asked now.
 *
 * The checks take as long as they take, so no worker waits for them: the
 * answer is a struct later, which is shown when all are in, or after two
 * seconds with what is there. Without any board (no daemon around it) nothing
 * is known of them.
 */
#include "commands/health.h"

#include <stdlib.h>
#include <string.h>

#include "blocks/words.h"
#include "commands/registry.h"
#include "core/base/mem.h"
#include "core/base/text.h"
#include "core/check/round.h"
#include "core/check/share.h"

/* ---- which ------------------------------------------------------------------- */

static bool unknown(const struct config *cfg, const char *typed,
                    struct err *err)
{
    const char **ids = xcalloc(cfg->checks_count + 1, sizeof *ids);
    const char *near;

    for (unsigned i = 0; i < cfg->checks_count; i++)
        ids[i] = cfg->checks[i].id;
    near = text_nearest(typed, ids, cfg->checks_count);
    free(ids);
    if (cfg->checks_count == 0)
        return err_set(err, ERR_USER,
                       "There is no check `%.60s`: none is configured.", typed);
    if (near)
        return err_set(err, ERR_USER,
                       "There is no check `%.60s`. Did you mean `%s`?", typed,
                       near);
    return err_set(err, ERR_USER,
                   "There is no check `%.60s`. `health` alone shows all there "
                   "are.",
                   typed);
}

static bool find(const struct config *cfg, const char *typed, unsigned *check)
{
    for (*check = 0; *check < cfg->checks_count; ++*check)
        if (strcmp(cfg->checks[*check].id, typed) == 0)
            return true;
    return false;
}

static bool contains(const unsigned *which, size_t count, unsigned check)
{
    for (size_t i = 0; i < count; i++)
        if (which[i] == check)
            return true;
    return false;
}

bool health_named(const struct call *call, unsigned *which, size_t *count,
                  struct err *err)
{
    const struct config *cfg = call->config;
    unsigned check;

    *count = 0;
    for (size_t i = 0; i < call->args.count; i++) {
        const char *typed = args_word(&call->args, i);

        if (!find(cfg, typed, &check))
            return unknown(cfg, typed, err);
        if (!contains(which, *count, check))
            which[(*count)++] = check;
    }
    return true;
}

char *health_typed(const struct config *cfg, const unsigned *which,
                   size_t count)
{
    struct buf b = { 0 };
    char *typed;

    buf_str(&b, "health"); /* words_typed() puts a blank after something */
    for (size_t i = 0; i < count; i++)
        words_typed(&b, cfg->checks[which[i]].id);
    typed = xstrdup(buf_text(&b) + strlen("health"));
    buf_dispose(&b);
    return typed;
}

/* ---- what is shown ------------------------------------------------------------- */

/* Everything a card of this asking needs, also when the call is over. */
struct asking {
    const struct config *config;
    struct check_board *board; /* NULL: nothing is known */
    struct round *round;       /* of the struct later that holds this */
    char *named;
    char *by, *by_name; /* shared by; NULL: it is for the asker alone */
    bool asked, no_channel;
};

static struct health_store store_of(const struct store_health *h)
{
    struct health_store out = { .us = -1 };

    if (!h)
        return out;
    out.us = atomic_load(&h->round_trip_us);
    out.down_since = atomic_load(&h->down_since);
    return out;
}

static struct health_self self_of(const struct vitals *v)
{
    struct health_self self = {
        .socket_off = v->socket_off,
        .socket_up_ms = v->socket_up_ms,
        .slack_us = v->slack_us,
        .redis = store_of(v->redis),
        .postgres = store_of(v->postgres),
        .outbox_waiting = v->outbox_waiting,
        .outbox_oldest_ms = v->outbox_oldest_ms,
        .outbox_undeliverable = v->outbox_undeliverable,
        .journal_waiting = v->journal_waiting,
        .alerts_held = v->alerts_held,
        .alerts_unread_since = v->alerts_unread_since,
    };

    self.redis.refuses_since = v->redis_refuses;
    return self;
}

static void fill(const struct asking *a, struct health_item *items)
{
    for (size_t i = 0; i < round_count(a->round); i++) {
        items[i].spec = round_check(a->round, i);
        items[i].in = round_get(a->round, i, &items[i].result);
        if (a->board)
            check_board_get(a->board, items[i].spec->id, &items[i].state);
    }
}

static void show(void *arg, const struct vitals *vitals, int64_t now,
                 struct card *card)
{
    const struct asking *a = arg;
    size_t count = round_count(a->round);
    struct health_item *items = xcalloc(count + 1, sizeof *items);
    struct health_report report = {
        .self = self_of(vitals),
        .items = items,
        .count = count,
        .configured = a->config->checks_count,
        .asked = a->asked,
        .named = a->named,
        .by = a->by,
        .by_name = a->by_name,
        .no_channel = a->no_channel,
        .now = now,
    };

    fill(a, items);
    health_card(card, &report);
    if (a->by)
        card_audience(card, AUDIENCE_CHANNEL);
    free(items);
}

static void dispose(void *arg)
{
    struct asking *a = arg;

    free(a->named);
    free(a->by);
    free(a->by_name);
    free(a);
}

/* ---- asking -------------------------------------------------------------------- */

/* Takes round. */
static struct later *later_new(const struct call *call, struct round *round,
                               char *named)
{
    const struct services *s = call->services;
    struct asking *a = xcalloc(1, sizeof *a);
    struct later *later = xcalloc(1, sizeof *later);
    bool share = args_flag(&call->args, "share") != NULL;

    *a =
        (struct asking){ .config = call->config,
                         .board = s ? s->board : NULL,
                         .round = round,
                         .named = named,
                         .by = share ? xstrdup(call->act.user) : NULL,
                         .by_name = share ? xstrdup(call->act.user_name) : NULL,
                         .no_channel = !call->act.channel[0] };
    a->asked = round_count(round) > 0 && s && s->checks_ask &&
               s->checks_ask(s->arg, round);
    *later = (struct later){ round, a, show, dispose };
    return later;
}

void later_free(struct later *later)
{
    if (!later)
        return;
    later->dispose(later->arg);
    round_drop(later->round);
    free(later);
}

/* All, when none is named. */
static void every(const struct config *cfg, unsigned *which, size_t *count)
{
    for (unsigned i = 0; i < cfg->checks_count; i++)
        which[(*count)++] = i;
}

static bool health_answer(struct call *call, const struct reads *reads,
                          struct card *card, struct err *err)
{
    unsigned *which = xcalloc(call->config->checks_count + 1, sizeof *which);
    struct later *later;
    char *named;
    size_t count;

    (void)reads;
    if (!health_named(call, which, &count, err)) {
        free(which);
        return false;
    }
    named = health_typed(call->config, which, count);
    if (count == 0)
        every(call->config, which, &count);
    later = later_new(call, round_new(call->config, which, count), named);
    free(which);
    if (((struct asking *)later->arg)->asked) {
        call->later = later;
        return true;
    }
    show(later->arg, call->vitals, call->now, card);
    later_free(later);
    return true;
}

const struct command command_health = {
    .name = "health",
    .group = "health",
    .usage = "[check…]",
    .summary = "Asks the health checks now, and shows how they stand",
    .example = "health",
    .max_words = -1,
    .answer = health_answer,
};

char *health_thing(struct db *db, const struct config *cfg, const char *op,
                   int64_t now, struct err *err)
{
    char *message;

    (void)cfg;
    (void)now;
    if (!share_load(db, op, &message, err))
        return NULL;
    if (!message)
        err_set(err, ERR_USER, "there is no health report %.20s", op);
    return message;
}
