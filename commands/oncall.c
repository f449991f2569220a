/*
 * oncall, oncall override: who is on call, and who stands in. Whoever is on
 * call is everyone's to know, Postgres or not: then without overrides.
 */
#include <stdlib.h>
#include <string.h>

#include "blocks/alert.h"
#include "blocks/oncall.h"
#include "blocks/render.h"
#include "blocks/words.h"
#include "commands/registry.h"
#include "commands/when.h"
#include "core/base/mem.h"

#define AHEAD    5
#define LEAST_MS 60000

static struct oncall_view view_of(const struct call *call)
{
    return (struct oncall_view){
        .now = call->now,
        .sure = true,
        .may_override = call_may(call, command_oncall_override.right),
    };
}

/* Without Postgres the rotation is what is known. */
static void ahead(struct call *call, const struct config_rotation *r,
                  struct oncall *out, size_t count, bool *sure)
{
    struct err err = { 0 };

    if (oncall_ahead(call->db, r, call->now, out, count, &err))
        return;
    *sure = false;
    for (size_t i = 0; i < count; i++)
        oncall_turn(r, i ? out[i - 1].until : call->now, &out[i]);
}

/* ---- looking ----------------------------------------------------------------------- */

/* "pay", or the only one there is. ERR_USER names those there are. */
static const struct config_rotation *rotation_of(const struct call *call,
                                                 size_t word, struct err *err)
{
    const struct config_alerts *a = &call->config->alerts;
    const char *name = args_word(&call->args, word);
    const struct config_rotation *r =
        name[0] ? oncall_find(call->config, name) : NULL;
    struct buf names = { 0 };

    if (!name[0] && a->rotations_count == 1)
        return &a->rotations[0];
    if (r)
        return r;
    for (unsigned i = 0; i < a->rotations_count; i++)
        buf_fmt(&names, "%s`%s`", words_between(i, a->rotations_count),
                a->rotations[i].name);
    if (!names.len)
        err_set(err, ERR_USER,
                "There are no rotations: they are `alerts.rotations` in the "
                "configuration.");
    else if (name[0])
        err_set(err, ERR_USER, "`%.60s` is no rotation. There %s %.200s.", name,
                a->rotations_count == 1 ? "is" : "are", buf_text(&names));
    else
        err_set(err, ERR_USER, "Which one? There are %.200s.",
                buf_text(&names));
    buf_dispose(&names);
    return NULL;
}

static void show_all(struct call *call, struct card *card)
{
    const struct config_alerts *a = &call->config->alerts;
    struct oncall *items = xcalloc(a->rotations_count + 1, sizeof *items);
    struct oncall_view view = view_of(call);

    for (unsigned i = 0; i < a->rotations_count; i++)
        ahead(call, &a->rotations[i], &items[i], 1, &view.sure);
    if (view.sure)
        oncall_names(call->db, items, a->rotations_count);
    oncall_list_card(card, items, a->rotations_count, &view);
    for (unsigned i = 0; i < a->rotations_count; i++)
        oncall_dispose(&items[i]);
    free(items);
}

static bool oncall_run(struct call *call, struct card *card, struct err *err)
{
    struct oncall_view view = view_of(call);
    struct oncall items[AHEAD];
    const struct config_rotation *r;

    if (call->args.count == 0) {
        show_all(call, card);
        return true;
    }
    r = rotation_of(call, 0, err);
    if (!r)
        return false;
    ahead(call, r, items, AHEAD, &view.sure);
    if (view.sure)
        oncall_names(call->db, items, AHEAD);
    oncall_card(card, items, AHEAD, &view);
    for (size_t i = 0; i < AHEAD; i++)
        oncall_dispose(&items[i]);
    return true;
}

const struct command command_oncall = {
    .name = "oncall",
    .group = "oncall",
    .usage = "[rotation]",
    .summary = "Who is on call, until when, and who is next",
    .example = "oncall",
    .max_words = 1,
    .run = oncall_run,
};

/* ---- standing in ---------------------------------------------------------------------- */

static bool user_of(const struct call *call, const char **user, struct err *err)
{
    const struct word *w = &call->args.words[0];

    *user = w->text;
    if (w->kind == WORD_USER)
        return true;
    return (w->kind == WORD_PLAIN && strchr("UW", w->text[0]) && w->text[0] &&
            strlen(w->text) < 64 &&
            strspn(w->text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") ==
                strlen(w->text)) ||
           err_set(err, ERR_USER,
                   "`%.60s` is nobody I know: mention who it is to be, like "
                   "`oncall override @ann 4h`.",
                   w->text);
}

/* "4h", "until 18:00 Europe/Berlin". *used: how many words it is. */
static bool time_of(const struct call *call, struct when *out, size_t *used,
                    struct err *err)
{
    size_t first = strcmp(args_word(&call->args, 1), "until") == 0 ? 2 : 1;
    struct when_how how = when_how(call);
    char *text = when_words(&call->args, first, used);
    bool ok = when_until(text, &how, out, err);
    int64_t ms = out->at - call->now;

    if (ok && (ms < LEAST_MS || ms > ONCALL_MOST_MS))
        ok = err_set(err, ERR_USER,
                     "`%.40s` is too %s: somebody stands in for a minute at "
                     "least, and for 30 days at most. Say `4h`, `2d` or "
                     "`until 18:00`.",
                     text, ms < LEAST_MS ? "short" : "long");
    free(text);
    *used += first - 1;
    return ok;
}

static char *told(const struct call *call, const struct oncall_taken *t)
{
    struct card *card = card_new();
    char *body;

    card_slash(card, command_slash(call->config));
    oncall_taken_card(card, t);
    body = render_message(card, RENDER_POST, 0);
    card_free(card);
    return body;
}

/* Whose it would be, and what both are called. who: to be disposed of. */
static void between(struct call *call, const struct config_rotation *r,
                    struct oncall_taken *t, struct oncall who[2])
{
    struct err err = { 0 };

    t->instead = "";
    if (!oncall_at(call->db, r, call->now, &who[0], &err))
        return;
    who[1] = (struct oncall){ .user = xstrdup(t->user),
                              .next = xstrdup(""),
                              .override_by = xstrdup("") };
    oncall_names(call->db, who, 2);
    t->user_name = who[1].user_name;
    if (strcmp(who[0].user, t->user) != 0) {
        t->instead = who[0].user;
        t->instead_name = who[0].user_name;
    }
}

static bool take(struct call *call, const struct config_rotation *r,
                 const char *user, const struct when *when, struct card *card,
                 struct err *err)
{
    struct oncall who[2] = { 0 };
    struct oncall_taken t = { .rotation = r->name,
                              .user = user,
                              .until = when->at,
                              .by = call->act.user,
                              .by_name = call->act.user_name,
                              .op = call->act.op };
    struct oncall_word word = { .rotation = r,
                                .user = user,
                                .from = call->now,
                                .until = t.until,
                                .config = call->config,
                                .response_url = call->response_url };
    struct oncall_done done = { 0 };
    char *body;
    bool ok;

    between(call, r, &t, who);
    word.body = body = told(call, &t);
    ok = oncall_override(call->db, &call->act, &word, &done, err);
    if (ok) {
        call->outcome = done.before ? "already" : "ok";
        oncall_done_card(card, &t, done.at, call->now);
        if (when->zone[0])
            alert_zone_note(card, when->zone, when->said);
    }
    oncall_dispose(&who[0]);
    oncall_dispose(&who[1]);
    free(body);
    return ok;
}

static bool override_run(struct call *call, struct card *card, struct err *err)
{
    const struct config_rotation *r;
    const char *user;
    struct when when;
    size_t used;

    if (!user_of(call, &user, err) || !time_of(call, &when, &used, err))
        return false;
    r = rotation_of(call, 1 + used, err);
    return r && take(call, r, user, &when, card, err);
}

const struct command command_oncall_override = {
    .name = "oncall override",
    .group = "oncall",
    .usage = "<@user> <4h | until 18:00> [rotation]",
    .summary = "Somebody stands in, from now on for so long",
    .example = "oncall override @ann 4h pay",
    .right = "oncall.override",
    .min_words = 2,
    .max_words = 5,
    .changes = true,
    .run = override_run,
};
