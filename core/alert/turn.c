/*
 * turn: see turn.h. No state of its own: it runs on the thread whose
 * connection it is given.
 */
#include "core/alert/turn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alert/group_parts.h"
#include "core/alert/page.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/ops/outbox.h"

static const struct db_stmt stmt_history = {
    .name = "alert_history_add",
    .sql =
        "insert into opsbot.alert_history (\"group\", reason, actor,"
        " actor_name, text, n, n_of, until, at) select x.number, x.reason,"
        " x.actor, x.actor_name, x.text, x.n, x.n_of, " ALERT_MOMENT(
            "x.until") ", " ALERT_MOMENT("x.at") " from "
                                                 "jsonb_to_recordset($1::jsonb)"
                                                 " as x (number bigint,"
                                                 "  reason text, actor text, "
                                                 "actor_name text, text text, "
                                                 "n bigint,"
                                                 "  n_of bigint, until bigint, "
                                                 "at bigint)",
    .params = 1,
};

int64_t world_now(const struct alert_world *w)
{
    return w->now ? w->now : clock_wall_ms();
}

/* ---- rows ------------------------------------------------------------------------ */

void turn_add(struct turn_rows *rows, char *object)
{
    buf_char(&rows->text, rows->count++ ? ',' : '[');
    buf_str(&rows->text, object);
    free(object);
}

const char *turn_list(struct turn_rows *rows)
{
    size_t len = rows->text.len;

    if (!rows->count)
        return "[]";
    if (rows->text.data[len - 1] != ']')
        buf_char(&rows->text, ']');
    return buf_text(&rows->text);
}

void turns_begin(struct turns *t, const struct alert_world *w)
{
    *t = (struct turns){ .w = w,
                         .router = router_of(w->config),
                         .now = world_now(w) };
}

void turns_dispose(struct turns *t)
{
    struct turn_rows *all[] = { &t->groups, &t->cards, &t->touched, &t->history,
                                &t->lines };

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buf_dispose(&all[i]->text);
    for (size_t i = 0; i < t->pages_count; i++) {
        group_change_dispose(t->pages[i].change);
        free(t->pages[i].change);
    }
    free(t->pages);
    free(t->channels);
    *t = (struct turns){ 0 };
}

/* ---- what follows ------------------------------------------------------------------ */

static enum outbox_lane lane_of(const struct alert_group *g)
{
    if (group_state(g) == GROUP_SILENCED || g->severity == ALERT_INFO)
        return OUTBOX_INFO;
    return g->severity == ALERT_CRITICAL ? OUTBOX_CRITICAL : OUTBOX_WARNING;
}

static void add_history(struct turns *t, const struct alert_group *g,
                        const struct group_change *c)
{
    turn_add(&t->history,
             json_text(member_int("number", g->number),
                       member_str("reason", group_reason_name(c->reason)),
                       member_str("actor", c->actor),
                       member_str("actor_name", c->actor_name),
                       member_str("text", c->text), member_int("n", c->n),
                       member_int("n_of", c->of), member_int("until", c->until),
                       member_int("at", c->at)));
}

/* What is said until the card can be loaded. */
static char *card_body(const struct alert_group *g)
{
    char *subject = page_subject(g), *text = page_escaped(subject);
    char *body = json_text(member_str("text", text));

    free(subject);
    free(text);
    return body;
}

static void note_channel(struct turns *t, char *channel)
{
    for (size_t i = 0; i < t->channels_count; i++)
        if (strcmp(t->channels[i], channel) == 0)
            return;
    t->channels =
        xrealloc(t->channels, (t->channels_count + 1) * sizeof *t->channels);
    t->channels[t->channels_count++] = channel;
}

/* Put each time: one that retention has taken away comes back. */
static void add_cards(struct turns *t, const struct alert_group *g,
                      const struct step_out *out)
{
    char thing[GROUP_THING], *body = card_body(g);

    group_thing(g->number, thing);
    for (size_t i = 0; i < g->channels_count; i++) {
        turn_add(&t->cards, outbox_new_text(
                                &(struct outbox_new){ .op = g->op,
                                                      .channel = g->channels[i],
                                                      .body = body,
                                                      .thing = thing,
                                                      .lane = lane_of(g),
                                                      .look = t->posted }));
        if (out->post && out->critical)
            note_channel(t, g->channels[i]);
    }
    free(body);
}

static void add_touch(struct turns *t, const struct alert_group *g)
{
    char thing[GROUP_THING];

    group_thing(g->number, thing);
    turn_add(&t->touched, json_text(member_str("thing", thing),
                                    member_int("lane", (int)lane_of(g))));
}

static void add_line(struct turns *t, const struct alert_group *g,
                     const struct route *route, const struct step_line *line,
                     size_t place)
{
    char thing[GROUP_THING], what[64], op[OP_ID];
    char *body = t->w->line(t->w->db, t->w->config, g, line, route);

    group_thing(g->number, thing);
    snprintf(what, sizeof what, "%lld.%zu", (long long)g->version, place);
    digest_op(op, "alert line", g->op, what, NULL);
    for (size_t i = 0; i < g->channels_count; i++)
        turn_add(&t->lines, outbox_new_text(
                                &(struct outbox_new){ .op = op,
                                                      .channel = g->channels[i],
                                                      .body = body,
                                                      .thread_of = thing,
                                                      .lane = lane_of(g) }));
    free(body);
}

static struct group_change *change_copy(const struct group_change *c)
{
    struct group_change *copy = xmalloc(sizeof *copy);

    *copy = *c;
    copy->actor = xstrdup(c->actor);
    copy->actor_name = xstrdup(c->actor_name);
    copy->text = xstrdup(c->text);
    return copy;
}

static void add_page(struct turns *t, const struct alert_group *g,
                     const struct step_out *out,
                     const struct group_change *change)
{
    t->pages = xrealloc(t->pages, (t->pages_count + 1) * sizeof *t->pages);
    t->pages[t->pages_count++] = (struct turn_page){
        .g = g,
        .step = out->page_step,
        .round = out->page_round,
        .change = change_copy(change),
    };
}

static void add_lines(struct turns *t, const struct alert_group *g,
                      const struct route *route, const struct step_out *out,
                      bool *spoken)
{
    *spoken = false;
    for (size_t i = 0; i < out->lines_count; i++) {
        const struct step_line *line = &out->lines[i];

        if (line->change.reason == REASON_ESCALATED)
            add_page(t, g, out, &line->change); /* whom: known later */
        else
            add_history(t, g, &line->change);
        if (line->voice == VOICE_NONE)
            continue;
        *spoken = true;
        add_line(t, g, route, line, i);
    }
}

void turn_group(struct turns *t, struct alert_group *g, struct step_input *in,
                struct step_out *out)
{
    const struct route *route = router_find(t->router, g->route_id);
    struct step_terms terms = { .route = route, .of = t->w->config->alerts.of };
    bool spoken;

    in->now = t->now;
    in->quiet = route_muted(route, t->now, &in->look_at);
    group_step(g, &terms, in, out);
    if (out->result != STEP_DONE)
        return;
    turn_add(&t->groups, group_row(g));
    if (!out->changed)
        return;
    add_lines(t, g, route, out, &spoken);
    if (out->post || spoken)
        add_cards(t, g, out);
    if (g->posted_at && g->version > 1)
        add_touch(t, g);
}

/* ---- written ------------------------------------------------------------------------ */

/* The targets of the steps that were taken, when their cards are there. */
static bool tell_targets(struct turns *t, struct err *err)
{
    for (size_t i = 0; i < t->pages_count; i++) {
        const struct turn_page *p = &t->pages[i];
        const struct route *route = router_find(t->router, p->g->route_id);
        char *whom = NULL;

        if (!page_step(t->w, p->g, route->policy, p->step, p->round, p->change,
                       &whom, err))
            return false;
        free(p->change->text);
        p->change->text = whom;
        add_history(t, p->g, p->change);
    }
    return true;
}

static bool call_rolls(struct turns *t, struct err *err)
{
    for (size_t i = 0; i < t->channels_count; i++)
        if (!roll_call(t->w, t->channels[i], err))
            return false;
    return true;
}

/* A kind of row of which there is none costs nothing. */
static bool put(bool (*how)(struct db *, const char *, struct err *),
                struct db *db, struct turn_rows *rows, struct err *err)
{
    return !rows->count || how(db, turn_list(rows), err);
}

static bool add_all_history(struct db *db, const char *rows, struct err *err)
{
    return db_run(db, &stmt_history, NULL, err, rows);
}

bool turns_write(struct turns *t, struct err *err)
{
    struct db *db = t->w->db;

    return put(groups_save, db, &t->groups, err) &&
           put(outbox_put_all, db, &t->cards, err) &&
           put(outbox_touch_all, db, &t->touched, err) &&
           tell_targets(t, err) && put(add_all_history, db, &t->history, err) &&
           put(outbox_put_all, db, &t->lines, err) && call_rolls(t, err);
}
